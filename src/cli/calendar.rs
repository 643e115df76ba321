//! `prescale calendar`: list, add, remove and check events, print the next ones, import and export iCalendar.

mod args;
mod ical;

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::json;

use self::args::{AddOptions, CalendarFileArgs};
pub use self::args::{CalendarCommand, EntryArgs};
use super::{Failure, Global, print};
use crate::{
    calendar::{
        self, Calendar, CalendarEntry, CalendarError, Document, EntryField, Upcoming, load, notes, save,
    },
    domain::{Time, text::clean},
};

/// Name of the calendar in the home folder.
const FILE: &str = "calendar.toml";

/// Runs `prescale calendar`.
///
/// # Errors
/// [`Failure::Usage`] for a calendar or an entry that is wrong, [`Failure::Failed`] where files cannot be read,
/// written, or were changed meanwhile.
pub fn run(global: &Global, action: CalendarCommand) -> Result<(), Failure> {
    let text = match action {
        CalendarCommand::List(place) => list(&load(&path(global, &place)?)?, global.json),
        CalendarCommand::Add(options) => add(&path(global, &options.place)?, &options, global.json)?,
        CalendarCommand::Remove(options) => {
            remove(&path(global, &options.place)?, &options.which, global.json)?
        }
        CalendarCommand::Check(place) => check(&path(global, &place)?, global.json)?,
        CalendarCommand::Next(options) => {
            let document = load(&path(global, &options.place)?)?;
            let calendar = Calendar::parse(&document.to_text(), document.path())?;
            let from = options.from.unwrap_or_else(chrono::Utc::now);
            next(&calendar, from, usize::from(options.count), global.json)?
        }
        CalendarCommand::Import(options) => {
            ical::import(&path(global, &options.place)?, &options, global.json)?
        }
        CalendarCommand::Export(options) => {
            ical::export(&path(global, &options.place)?, &options, chrono::Utc::now())?
        }
    };
    print(&format!("{}\n", text.trim_end()))
}

impl From<CalendarError> for Failure {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::Read { .. } | CalendarError::Write { .. } | CalendarError::Conflict { .. } => {
                Failure::Failed(error.to_string())
            }
            _ => Failure::Usage(error.to_string()),
        }
    }
}

fn path(global: &Global, place: &CalendarFileArgs) -> Result<PathBuf, Failure> {
    match &place.file {
        Some(path) => Ok(path.clone()),
        None => {
            let home = crate::config::home(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
            Ok(home.join(FILE))
        }
    }
}

fn json_text(value: &serde_json::Value) -> String {
    format!("{value:#}")
}

fn list(document: &Document, as_json: bool) -> String {
    let entries = document.entries();
    if as_json {
        return json_text(&json!({
            "file": document.path().display().to_string(), "hash": document.hash(), "timezone": document.zone().name(), "entries": entries,
        }));
    }
    if entries.is_empty() {
        return format!("{} has no events", document.path().display());
    }
    let rows = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| format!("{index:>3}  {}", summary(entry, document.zone())));
    rows.collect::<Vec<_>>().join("\n")
}

/// An entry on one line.
fn summary(entry: &CalendarEntry, zone: Tz) -> String {
    let zone = if entry.zone.is_empty() { zone.name() } else { &entry.zone };
    let mut line = format!(
        "{:<28} {:<9}  {:<16} to {:<16} {zone}",
        clean(&entry.name, 28),
        clean(&entry.kind, 9),
        clean(&entry.start, 19),
        clean(&entry.end, 19),
    );
    let details = [
        ("", EntryField::Repeat),
        ("x", EntryField::Multiplier),
        ("at least ", EntryField::MinInstances),
        ("for ", EntryField::Groups),
    ];
    for (word, field) in details.into_iter().filter(|(_, field)| !entry.text(*field).is_empty()) {
        line += &format!("; {word}{}", clean(entry.text(field), 120));
    }
    line
}

fn add(path: &Path, options: &AddOptions, as_json: bool) -> Result<String, Failure> {
    let entry = options.entry.entry()?;
    let mut document = load(path)?;
    let index = document.add(&entry)?;
    let hash = save(path, &document, document.hash())?;
    let notes = notes(&entry, document.zone());
    if as_json {
        let notes: Vec<_> =
            notes.iter().map(|note| json!({"field": note.field, "message": note.message})).collect();
        return Ok(json_text(
            &json!({"file": path.display().to_string(), "added": index, "entry": entry.tidied(), "notes": notes, "hash": hash}),
        ));
    }
    let mut text = format!(
        "added as entry {index} to {}: {}",
        path.display(),
        summary(&entry.tidied(), document.zone())
    );
    for note in notes {
        text += &format!("\nnote: {}: {}", note.field.name(), note.message);
    }
    Ok(text)
}

fn remove(path: &Path, which: &str, as_json: bool) -> Result<String, Failure> {
    let mut document = load(path)?;
    let entries = document.entries();
    let index = find(&entries, which)?;
    document.remove(index)?;
    let hash = save(path, &document, document.hash())?;
    if as_json {
        return Ok(json_text(
            &json!({"file": path.display().to_string(), "removed": index, "entry": entries[index], "hash": hash}),
        ));
    }
    Ok(format!(
        "removed entry {index} from {}: {}",
        path.display(),
        summary(&entries[index], document.zone())
    ))
}

/// The entry called `which`, or else the one with that number.
pub(super) fn find(entries: &[CalendarEntry], which: &str) -> Result<usize, Failure> {
    let named: Vec<usize> = (0..entries.len()).filter(|i| entries[*i].name.trim() == which.trim()).collect();
    match (named.as_slice(), which.trim().parse::<usize>()) {
        ([index], _) => Ok(*index),
        ([], Ok(index)) if index < entries.len() => Ok(index),
        ([], Ok(index)) => Err(CalendarError::NoEntry { index, count: entries.len() }.into()),
        ([], Err(_)) => Err(Failure::Usage(format!(
            "no entry is called \"{}\"; `prescale calendar list` shows names and numbers",
            clean(which, 80)
        ))),
        (several, _) => Err(Failure::Usage(format!(
            "{} entries are called \"{}\"; give the number of one: {}",
            several.len(),
            clean(which, 80),
            several.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
        ))),
    }
}

fn check(path: &Path, as_json: bool) -> Result<String, Failure> {
    if !path.exists() {
        return Err(Failure::Usage(format!(
            "{} does not exist; name the calendar with --file or --home",
            path.display()
        )));
    }
    let text = calendar::read(path)?;
    let calendar = match Calendar::parse(&text, path) {
        Ok(calendar) => calendar,
        Err(CalendarError::Invalid(places)) if as_json => {
            let problems = places.iter().map(|p| {
                json!({"line": p.line, "column": p.column, "entry": p.entry, "message": p.message, "fix": p.fix})
            });
            print(&format!(
                "{:#}\n",
                json!({"file": path.display().to_string(), "ok": false, "problems": problems.collect::<Vec<_>>()})
            ))?;
            return Err(CalendarError::Invalid(places).into());
        }
        Err(error) => return Err(error.into()),
    };
    let mut findings = Vec::new();
    for entry in &calendar.entries {
        findings.extend(notes(entry, calendar.zone).into_iter().map(|note| (entry.name.clone(), note)));
    }
    if as_json {
        let notes: Vec<_> = findings
            .iter()
            .map(|(name, note)| json!({"entry": name, "field": note.field, "message": note.message}))
            .collect();
        return Ok(json_text(
            &json!({"file": path.display().to_string(), "ok": true, "events": calendar.entries.len(), "notes": notes}),
        ));
    }
    let mut text =
        format!("{}: {} events, valid; times in {}", path.display(), calendar.entries.len(), calendar.zone);
    for (name, note) in findings {
        text += &format!("\nnote: \"{name}\": {}: {}", note.field.name(), note.message);
    }
    Ok(text)
}

fn next(calendar: &Calendar, from: Time, count: usize, as_json: bool) -> Result<String, Failure> {
    let coming = calendar::next(calendar, from, count)?;
    if as_json {
        let events: Vec<_> = coming.iter().map(|Upcoming { event, zone }| {
            json!({"event": event, "zone": zone.name(), "local_start": local(event.start, *zone), "local_end": local(event.end, *zone)})
        }).collect();
        return Ok(json_text(&json!({"from": from, "events": events})));
    }
    if coming.is_empty() {
        return Ok(format!("no events after {}", from.format("%Y-%m-%d %H:%M UTC")));
    }
    let rows = coming.iter().map(|Upcoming { event, zone }| {
        let under_way = if event.covers(from) { "; in progress" } else { "" };
        format!(
            "{:<28} {:<9}  {} to {} {zone}  ({} to {} UTC){under_way}",
            event.name,
            event.kind.name(),
            local(event.start, *zone),
            local(event.end, *zone),
            local(event.start, Tz::UTC),
            local(event.end, Tz::UTC),
        )
    });
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

fn local(time: Time, zone: Tz) -> String {
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(file: &Path, name: &str) -> AddOptions {
        AddOptions {
            place: CalendarFileArgs { file: Some(file.to_owned()) },
            entry: EntryArgs {
                name: name.into(),
                kind: "launch".into(),
                start: "2026-03-29 02:30".into(),
                end: "2026-03-29 04:00".into(),
                zone: "Europe/Berlin".into(),
                repeat: "weekly".into(),
                multiplier: String::new(),
                min_instances: "2".into(),
                groups: vec!["web".into(), "api".into()],
            },
        }
    }

    #[test]
    fn what_is_added_is_listed_comes_next_and_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let said = add(&file, &options(&file, "Launch"), false).unwrap();
        assert!(said.starts_with("added as entry 0") && said.contains("skip this time"), "{said}");
        assert!(list(&load(&file).unwrap(), false).contains("at least 2; for web, api"));
        assert!(check(&file, false).unwrap().contains("1 events"));
        let text = std::fs::read_to_string(&file).unwrap();
        let calendar = Calendar::parse(&text, &file).unwrap();
        let said = next(&calendar, "2026-03-29T01:30:00Z".parse().unwrap(), 2, false).unwrap();
        let lines: Vec<_> = said.lines().collect();
        assert!(
            lines[0].contains("2026-03-29 03:00 to 2026-03-29 04:00 Europe/Berlin  (2026-03-29 01:00 to"),
            "{said}"
        );
        assert!(lines[0].ends_with("in progress"));
        assert!(lines[1].contains("2026-04-05 02:30") && lines[1].contains("(2026-04-05 00:30"), "{said}");
        assert!(remove(&file, "Launch", false).unwrap().starts_with("removed entry 0"));
        assert!(list(&load(&file).unwrap(), false).ends_with("has no events"));
    }

    #[test]
    fn entries_are_found_by_name_then_by_number() {
        let entries: Vec<_> = ["a", "2", "b", "b"]
            .map(|name| CalendarEntry { name: name.into(), ..CalendarEntry::default() })
            .into();
        assert_eq!(find(&entries, "2").unwrap(), 1);
        assert_eq!(find(&entries, "3").unwrap(), 3);
        assert!(find(&entries, "b").unwrap_err().to_string().ends_with("2, 3"));
        for wrong in ["9", "c", "-1"] {
            assert_eq!(find(&entries, wrong).unwrap_err().exit_code(), 2);
        }
    }

    #[test]
    fn wrong_files_and_entries_are_bad_input() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(check(&file, false).unwrap_err().exit_code(), 2);
        let mut wrong = options(&file, "x");
        wrong.entry.kind = "party".into();
        assert_eq!(add(&file, &wrong, true).unwrap_err().exit_code(), 2);
        assert!(!file.exists());
        std::fs::write(&file, "[[event]]\nname = 'x'\n").unwrap();
        let failure = check(&file, false).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("calendar.toml:1:"), "{failure}");
    }
}
