//! The calendar as the engine holds it: the file, its last good reading, and what falls when.

use std::path::PathBuf;

use chrono_tz::Tz;

use crate::{
    calendar::{self, Calendar, CalendarError, Document},
    domain::{Seconds, Time, event::Event, shift},
    link::{CalendarEdit, CalendarView},
};

const DAY: Seconds = 86_400;
/// Occurrences are known this far back and ahead of the day they were worked out.
const BACK: Seconds = 400 * DAY;
const AHEAD: Seconds = 366 * DAY;

/// Business events, from the calendar file and from those given.
pub struct Events {
    path: Option<PathBuf>,
    extra: Vec<Event>,
    zone: Tz,
    /// The file's last good reading.
    document: Option<Document>,
    /// Text of the file when it was last looked at, good or not.
    seen: Option<String>,
    problem: Option<String>,
    occurrences: Vec<Event>,
    /// Day for which occurrences were worked out.
    day: Option<i64>,
}

impl Events {
    /// Events of the file at `path` and those in `extra`; `zone` holds where the file names none.
    pub fn new(path: Option<PathBuf>, extra: Vec<Event>, zone: Tz) -> Events {
        Events {
            path,
            occurrences: extra.clone(),
            extra,
            zone,
            document: None,
            seen: None,
            problem: None,
            day: None,
        }
    }

    /// Zone of people's days.
    pub fn zone(&self) -> Tz {
        self.document.as_ref().map_or(self.zone, Document::zone)
    }

    /// Reads the file again if it changed, and works out occurrences anew when the file or the day did.
    /// Returns true when a file that had been read before has changed.
    pub fn look(&mut self, now: Time) -> bool {
        let changed = self.read();
        let day = now.timestamp().div_euclid(DAY);
        if changed || self.day != Some(day) {
            self.fall(now);
            let first = self.day.is_none();
            self.day = Some(day);
            return changed && !first;
        }
        false
    }

    /// Reads the file; true when its text differs from what was last seen.
    fn read(&mut self) -> bool {
        let Some(path) = &self.path else { return false };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                self.problem =
                    Some(format!("{}: {error}; the last good calendar stays in force", path.display()));
                return false;
            }
        };
        if self.seen.as_ref() == Some(&text) {
            return false;
        }
        match Document::parse(&text, path).and_then(|d| Calendar::parse(&text, path).map(|_| d)) {
            Ok(document) => (self.document, self.problem) = (Some(document), None),
            Err(error) => self.problem = Some(format!("{error}; the last good calendar stays in force")),
        }
        self.seen = Some(text);
        true
    }

    /// Works out what falls when.
    fn fall(&mut self, now: Time) {
        let mut all = self.extra.clone();
        if let (Some(document), Some(path)) = (&self.document, &self.path) {
            let fallen = Calendar::parse(&document.to_text(), path)
                .and_then(|c| c.occurrences(shift(now, -BACK), shift(now, AHEAD)));
            match fallen {
                Ok(events) => all.extend(events),
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
        all.sort_by(|a, b| (a.start, &a.name).cmp(&(b.start, &b.name)));
        self.occurrences = all;
    }

    /// The events that concern `group`, by start.
    pub fn concerning(&self, group: &str) -> Vec<Event> {
        self.occurrences.iter().filter(|e| e.concerns(group)).cloned().collect()
    }

    /// Carries out an edit of the file, unless the file is not what the operator saw.
    ///
    /// # Errors
    /// In words that say what to do; the file is then as it was.
    pub fn edit(&mut self, edit: &CalendarEdit, now: Time) -> Result<String, String> {
        let Some(path) = self.path.clone() else { return Err("there is no calendar file here".into()) };
        if self.problem.is_some() {
            return Err(format!("{} cannot be edited until it is mended", path.display()));
        }
        let mut document =
            self.document.clone().map_or_else(|| Document::parse("", &path), Ok).map_err(words)?;
        let (base, said) = apply(&mut document, edit).map_err(words)?;
        calendar::save(&path, &document, base).map_err(words)?;
        self.look(now);
        Ok(said)
    }

    /// The file's text, where there is a file or may be one, and nothing is wrong with it.
    pub fn text(&self) -> Option<String> {
        self.path.as_ref().filter(|_| self.problem.is_none()).and(self.seen.clone())
    }

    /// Puts `text` in the place of the file, if that is still `before`. It is read with the next look.
    ///
    /// # Errors
    /// In words, where `text` is no calendar or the file cannot be written; it is then as it was.
    pub fn replace(&mut self, before: &str, text: &str) -> Result<(), String> {
        let Some(path) = &self.path else { return Err("there is no calendar file here".into()) };
        Calendar::parse(text, path).map_err(words)?;
        let base = Document::parse(before, path).map_err(words)?;
        let document = Document::parse(text, path).map_err(words)?;
        calendar::save(path, &document, base.hash()).map(drop).map_err(words)
    }

    /// What screens see of it.
    pub fn view(&self, now: Time) -> CalendarView {
        let (from, until) = (shift(now, -31 * DAY), shift(now, AHEAD));
        let empty = || Document::parse("", std::path::Path::new("calendar.toml")).ok();
        let shown = self.document.clone().or_else(empty);
        CalendarView {
            path: self.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default(),
            hash: shown.as_ref().map(|d| d.hash().to_owned()).unwrap_or_default(),
            zone: self.zone().name().to_owned(),
            entries: shown.map(|d| d.entries()).unwrap_or_default(),
            occurrences: self.occurrences.iter().filter(|e| e.touches(from, until)).cloned().collect(),
            problem: self.problem.clone(),
        }
    }
}

/// Changes `document`; gives the hash that the operator saw, and what was done in words.
fn apply<'a>(document: &mut Document, edit: &'a CalendarEdit) -> Result<(&'a str, String), CalendarError> {
    match edit {
        CalendarEdit::Add { base, entry } => {
            document.add(entry)?;
            Ok((base, format!("“{}” added", entry.name)))
        }
        CalendarEdit::Replace { base, index, entry } => {
            document.replace(*index, entry)?;
            Ok((base, format!("“{}” saved", entry.name)))
        }
        CalendarEdit::Remove { base, index } => {
            let name = document.entries().get(*index).map(|e| e.name.clone()).unwrap_or_default();
            document.remove(*index)?;
            Ok((base, format!("“{name}” deleted")))
        }
    }
}

fn words(error: CalendarError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::Entry, domain::at_epoch};

    const NOW: i64 = 1_795_000_000; // November 2026

    fn entry(name: &str) -> Entry {
        Entry {
            name: name.into(),
            kind: "sale".into(),
            start: "2026-11-27 00:00".into(),
            end: "2026-11-28 00:00".into(),
            ..Entry::default()
        }
    }

    fn events(text: &str) -> (tempfile::TempDir, Events) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("calendar.toml");
        std::fs::write(&path, text).expect("a new file");
        let mut events = Events::new(Some(path), vec![], chrono_tz::UTC);
        events.look(at_epoch(NOW));
        (folder, events)
    }

    #[test]
    fn an_edit_reaches_the_file_and_keeps_its_comments() {
        let (_folder, mut events) = events("# ours\ntimezone = \"Europe/Berlin\"\n");
        let base = events.view(at_epoch(NOW)).hash;
        events.edit(&CalendarEdit::Add { base, entry: entry("Sale") }, at_epoch(NOW)).expect("valid");
        let view = events.view(at_epoch(NOW));
        assert_eq!((view.entries.len(), view.occurrences.len()), (1, 1));
        let text = std::fs::read_to_string(&view.path).expect("written");
        assert!(text.starts_with("# ours"), "{text}");
    }

    #[test]
    fn a_calendar_from_elsewhere_replaces_the_file_only_as_it_was_seen() {
        let (_folder, mut events) = events("# ours\n");
        let theirs = "[[event]]\nname = \"Sale\"\nkind = \"sale\"\nstart = 2026-11-27\nend = 2026-11-28\n";
        assert_eq!(events.text().as_deref(), Some("# ours\n"));
        events.replace("# ours\n", "[[event]]\n").expect_err("an event without a name");
        events.replace("# older\n", theirs).expect_err("the file is not that");
        events.replace("# ours\n", theirs).expect("it is a calendar");
        assert!(events.look(at_epoch(NOW)), "it is read anew");
        assert_eq!((events.text().as_deref(), events.view(at_epoch(NOW)).entries.len()), (Some(theirs), 1));
    }

    #[test]
    fn a_file_changed_outside_is_a_conflict() {
        let (_folder, mut events) = events("");
        let view = events.view(at_epoch(NOW));
        std::fs::write(&view.path, "# theirs\n").expect("writable");
        let edit = CalendarEdit::Add { base: view.hash, entry: entry("Sale") };
        assert!(events.edit(&edit, at_epoch(NOW)).is_err());
        assert_eq!(std::fs::read_to_string(&view.path).expect("still there"), "# theirs\n");
    }

    #[test]
    fn a_broken_file_keeps_the_last_good_calendar() {
        let (_folder, mut events) = events("");
        let base = events.view(at_epoch(NOW)).hash;
        events.edit(&CalendarEdit::Add { base, entry: entry("Sale") }, at_epoch(NOW)).expect("valid");
        let path = events.view(at_epoch(NOW)).path;
        std::fs::write(&path, "[[event]\nname=").expect("writable");
        assert!(events.look(at_epoch(NOW)));
        let view = events.view(at_epoch(NOW));
        assert_eq!(view.occurrences.len(), 1);
        assert!(view.problem.is_some_and(|p| p.contains("calendar.toml")));
    }
}
