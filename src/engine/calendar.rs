//! The engine's calendar: the file, its last valid content, the occurrences, and the operators' edits
//! with undo (`history`).

mod history;

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use opening_hours::localization::Country;

use self::history::{EditHistory, EditStep};
use crate::{
    calendar::{self, Calendar, CalendarEntry, CalendarError, Document, MOST_ICAL},
    domain::{Seconds, Time, event::Event, file_draft::FileDraft, shift},
    files,
    link::{CalendarEdit, CalendarView},
};

const DAY: Seconds = 86_400;
/// Occurrences are computed this far before and after the current day.
const BACK: Seconds = 400 * DAY;
const AHEAD: Seconds = 366 * DAY;

/// Business events, from the calendar file and from those given.
pub struct Events {
    path: Option<PathBuf>,
    extra: Vec<Event>,
    holidays: Vec<Country>,
    zone: Tz,
    /// The file's last valid content.
    document: Option<Document>,
    /// Text of the file when it was last read, valid or not.
    seen: Option<String>,
    problem: Option<String>,
    occurrences: Vec<Event>,
    history: EditHistory,
    /// Day for which occurrences were computed.
    day: Option<i64>,
}

impl Events {
    /// Events of the file at `path` and those in `extra`; `zone` holds where the file names none.
    pub fn new(path: Option<PathBuf>, extra: Vec<Event>, zone: Tz) -> Events {
        Events {
            path,
            occurrences: extra.clone(),
            extra,
            holidays: Vec::new(),
            zone,
            document: None,
            seen: None,
            problem: None,
            history: EditHistory::default(),
            day: None,
        }
    }

    /// Adds the public holidays of `countries`.
    pub fn with_holidays(mut self, countries: Vec<Country>) -> Events {
        self.holidays = countries;
        self
    }

    /// Time zone of local days.
    pub fn zone(&self) -> Tz {
        self.document.as_ref().map_or(self.zone, Document::zone)
    }

    /// Reloads the file if it changed, and recomputes occurrences when the file or the day changed.
    /// Returns true when a file that was read before has changed.
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
        let text = match calendar::read(path) {
            Ok(text) => text,
            Err(error) => {
                self.problem = Some(format!("{error}; the last valid calendar remains in use"));
                return false;
            }
        };
        if self.seen.as_ref() == Some(&text) {
            return false;
        }
        match Document::parse(&text, path).and_then(|d| Calendar::parse(&text, path).map(|_| d)) {
            Ok(document) => (self.document, self.problem) = (Some(document), None),
            Err(error) => {
                tracing::warn!("{error}; the last valid calendar remains in use");
                self.problem = Some(format!("{error}; the last valid calendar remains in use"));
            }
        }
        self.seen = Some(text);
        true
    }

    /// Computes the occurrences.
    fn fall(&mut self, now: Time) {
        let mut all = self.extra.clone();
        let (from, until) = (shift(now, -BACK), shift(now, AHEAD));
        let zone = self.zone();
        all.extend(self.holidays.iter().flat_map(|c| calendar::holidays(*c, zone, from, until)));
        if let (Some(document), Some(path)) = (&self.document, &self.path) {
            let fallen = Calendar::parse(&document.to_text(), path).and_then(|c| c.occurrences(from, until));
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

    /// Applies an edit to the file, unless the file differs from what the operator saw.
    ///
    /// # Errors
    /// A message that says what to do; the file is unchanged.
    pub fn edit(&mut self, edit: &CalendarEdit, now: Time) -> Result<String, String> {
        let Some(path) = self.path.clone() else { return Err("there is no calendar file here".into()) };
        if self.problem.is_some() {
            return Err(format!("{} cannot be edited until it is fixed", path.display()));
        }
        let document = self.document.clone().map_or_else(|| Document::parse("", &path), Ok).map_err(words)?;
        let before = document.to_text();
        match edit {
            CalendarEdit::Undo { base } => {
                let step = self.history.last(&before).ok_or(NOTHING_TO_UNDO)?.clone();
                self.write(&path, &step.before, base, now)?;
                self.history.stepped_back();
                Ok(format!("undone: {}", step.words))
            }
            CalendarEdit::Redo { base } => {
                let step = self.history.next(&before).ok_or(NOTHING_TO_REDO)?.clone();
                self.write(&path, &step.after, base, now)?;
                self.history.stepped_forward();
                Ok(format!("redone: {}", step.words))
            }
            edit => {
                let mut changed = document;
                let (base, summary) = apply(&mut changed, edit)?;
                self.write(&path, &changed.to_text(), base, now)?;
                let after = changed.to_text();
                if after != before {
                    self.history.record(EditStep { words: summary.clone(), before, after });
                }
                Ok(summary)
            }
        }
    }

    /// By what it is known whether a [`draft`](Events::draft) would be another: the hash of the file and what is wrong with it.
    pub fn stamp(&self) -> (Option<String>, Option<String>) {
        (self.document.as_ref().map(|document| document.hash().to_owned()), self.problem.clone())
    }

    /// What the file would say with `entry` added; nothing is written.
    ///
    /// # Errors
    /// Why it cannot be added.
    pub fn draft(&self, entry: &CalendarEntry) -> Result<FileDraft, String> {
        let path = self.path.as_ref().ok_or("there is no calendar file to write the event into")?;
        if self.problem.is_some() {
            return Err(format!("{} cannot be edited until it is fixed", path.display()));
        }
        let mut document =
            self.document.clone().map_or_else(|| Document::parse("", path), Ok).map_err(words)?;
        let (before, base) = (document.to_text(), document.hash().to_owned());
        document.add(entry).map_err(words)?;
        Ok(FileDraft { path: path.display().to_string(), base, before, after: document.to_text() })
    }

    /// Writes `text` to the file if its hash is still `base`, and reloads it.
    fn write(&mut self, path: &Path, text: &str, base: &str, now: Time) -> Result<(), String> {
        let document = Document::parse(text, path).map_err(words)?;
        calendar::save(path, &document, base).map_err(words)?;
        self.look(now);
        Ok(())
    }

    /// Writes the calendar as a new iCalendar file.
    ///
    /// # Errors
    /// A message that says what to do; an existing file is not overwritten.
    pub fn export(&self, file: &str, now: Time) -> Result<String, String> {
        let (Some(document), Some(path)) = (&self.document, &self.path) else {
            return Err("the calendar is empty: there is nothing to export".into());
        };
        let calendar = Calendar::parse(&document.to_text(), path).map_err(words)?;
        let text = calendar::export(&calendar, now);
        let failed = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::AlreadyExists => format!("{file} exists already; choose another name"),
            _ => format!("{file}: {e}; check the path and its permissions"),
        };
        let mut new = std::fs::File::create_new(file).map_err(failed)?;
        std::io::Write::write_all(&mut new, text.as_bytes()).map_err(failed)?;
        Ok(format!("{} entries written to {file}", calendar.entries.len()))
    }

    /// The file's text, where there is a file or may be one, and nothing is wrong with it.
    pub fn text(&self) -> Option<String> {
        self.path.as_ref().filter(|_| self.problem.is_none()).and(self.seen.clone())
    }

    /// Replaces the file with `text` if it still holds `before`. It is reloaded in the next minute.
    ///
    /// # Errors
    /// A message, if `text` is not a calendar or the file cannot be written; the file is unchanged.
    pub fn replace(&mut self, before: &str, text: &str) -> Result<(), String> {
        let Some(path) = &self.path else { return Err("there is no calendar file here".into()) };
        Calendar::parse(text, path).map_err(words)?;
        let base = Document::parse(before, path).map_err(words)?;
        let document = Document::parse(text, path).map_err(words)?;
        calendar::save(path, &document, base.hash()).map(drop).map_err(words)
    }

    /// Its view for the console.
    pub fn view(&self, now: Time) -> CalendarView {
        let (from, until) = (shift(now, -31 * DAY), shift(now, AHEAD));
        let text = self.seen.as_deref().filter(|_| self.problem.is_none()).unwrap_or("");
        let empty = || Document::parse("", std::path::Path::new("calendar.toml")).ok();
        let shown = self.document.clone().or_else(empty);
        CalendarView {
            path: self.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default(),
            hash: shown.as_ref().map(|d| d.hash().to_owned()).unwrap_or_default(),
            zone: self.zone().name().to_owned(),
            entries: shown.map(|d| d.entries()).unwrap_or_default(),
            occurrences: self.occurrences.iter().filter(|e| e.touches(from, until)).cloned().collect(),
            problem: self.problem.clone(),
            undo: self.history.last(text).map(|step| step.words.clone()),
            redo: self.history.next(text).map(|step| step.words.clone()),
        }
    }
}

const NOTHING_TO_UNDO: &str =
    "nothing to undo: no edit was made here, or the file was changed by another program";
const NOTHING_TO_REDO: &str = "nothing to redo: nothing was undone, or the file was changed since";

/// Changes `document`; returns the hash that the operator saw, and a description of the edit.
fn apply<'a>(document: &mut Document, edit: &'a CalendarEdit) -> Result<(&'a str, String), String> {
    match edit {
        CalendarEdit::Add { base, entry } => {
            document.add(entry).map_err(words)?;
            Ok((base, format!("“{}” added", entry.name)))
        }
        CalendarEdit::Replace { base, index, entry } => {
            document.replace(*index, entry).map_err(words)?;
            Ok((base, format!("“{}” saved", entry.name)))
        }
        CalendarEdit::Remove { base, index } => {
            let name = document.entries().get(*index).map(|e| e.name.clone()).unwrap_or_default();
            document.remove(*index).map_err(words)?;
            Ok((base, format!("“{name}” deleted")))
        }
        CalendarEdit::Import { base, path } => Ok((base, import(document, path)?)),
        CalendarEdit::Undo { .. } | CalendarEdit::Redo { .. } => Err("not an edit of an entry".into()),
    }
}

/// Adds what the iCalendar file at `path` holds and `document` does not.
fn import(document: &mut Document, path: &str) -> Result<String, String> {
    let text = files::read_text(Path::new(path), MOST_ICAL as u64).map_err(|e| {
        format!("{path}: {e}; check the path, which is one of the machine the engine runs on")
    })?;
    let read = calendar::import(&text, document.zone()).map_err(|why| format!("{path}: {why}"))?;
    let added = document.merge(&read.entries).map_err(words)?;
    Ok(calendar::import_summary(added, &read))
}

fn words(error: CalendarError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
