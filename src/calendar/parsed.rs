//! A whole calendar, proven: every entry understood, ready to say what happens when.

use std::path::Path;

use chrono_tz::Tz;
use toml_edit::{Item, Table};

use super::{
    CalendarEntry, CalendarError, Definition, EntryField, Located,
    fields::zone_of,
    occurrences,
    table::{self, EVENTS, TIMEZONE},
};
use crate::domain::{Time, event::Event, text::clean};

/// Most bytes of a calendar: some ten thousand entries.
pub const MOST_BYTES: u64 = 2 << 20;
/// Most entries of a calendar.
const MOST_ENTRIES: usize = 5_000;
/// Most occurrences of all entries together in one answer.
const MOST_EVENTS: usize = 20_000;
/// Most mistakes that are named; each costs a walk through the text.
const MOST_PROBLEMS: usize = 100;

/// A calendar in which every entry is right.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The zone of entries that name none.
    pub zone: Tz,
    /// The entries as written, in the order of the file.
    pub entries: Vec<CalendarEntry>,
    /// What the entries mean, one for each.
    pub definitions: Vec<Definition>,
}

impl Default for Calendar {
    /// The empty calendar, in UTC.
    fn default() -> Self {
        Calendar { zone: Tz::UTC, entries: Vec::new(), definitions: Vec::new() }
    }
}

impl Calendar {
    /// Reads `text`, the content of `path`.
    ///
    /// # Errors
    /// [`CalendarError::Invalid`] with every place that is wrong, as `file:line:column: entry: message; fix`.
    pub fn parse(text: &str, path: &Path) -> Result<Calendar, CalendarError> {
        let tree = read_tree(text, path)?;
        let mut problems = Places { text, path, found: Vec::new() };
        problems.found.extend(mistyped_keys(&tree, text, path));
        let mut calendar = Calendar { zone: calendar_zone(&tree, &mut problems), ..Calendar::default() };
        for (index, table) in
            tree.get(EVENTS).and_then(Item::as_array_of_tables).into_iter().flatten().enumerate()
        {
            if index >= MOST_ENTRIES {
                problems.too_many_entries(table);
            }
            if problems.found.len() >= MOST_PROBLEMS || index >= MOST_ENTRIES {
                break;
            }
            let entry = table::entry_of(table);
            if let Some(definition) = problems.understand(index, table, &entry, calendar.zone) {
                calendar.entries.push(entry);
                calendar.definitions.push(definition);
            }
        }
        if problems.found.is_empty() { Ok(calendar) } else { Err(CalendarError::Invalid(problems.found)) }
    }

    /// What happens in `[from, until)`, ascending by start, then end, then name.
    ///
    /// # Errors
    /// [`CalendarError::TooMany`] where one entry happens more often than [`super::MOST_OCCURRENCES`], or all together
    /// happen too often or take too long to work out.
    pub fn occurrences(&self, from: Time, until: Time) -> Result<Vec<Event>, CalendarError> {
        let (mut events, mut steps) = (Vec::new(), occurrences::MOST_STEPS_TOGETHER);
        for definition in &self.definitions {
            events.extend(occurrences::within(definition, from, until, &mut steps)?);
            if events.len() > MOST_EVENTS {
                return Err(CalendarError::TooMany { name: definition.name.clone(), most: MOST_EVENTS });
            }
        }
        events.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
        Ok(events)
    }

    /// [`Calendar::occurrences`] that concern `group`.
    ///
    /// # Errors
    /// As there.
    pub fn for_group(&self, group: &str, from: Time, until: Time) -> Result<Vec<Event>, CalendarError> {
        let mut events = self.occurrences(from, until)?;
        events.retain(|event| event.concerns(group));
        Ok(events)
    }
}

/// `text` as a tree that knows its places, with `event` an array of tables or absent.
pub(super) fn read_tree<'a>(
    text: &'a str,
    path: &Path,
) -> Result<toml_edit::Document<&'a str>, CalendarError> {
    let wrong = |at, message: &str, fix: &str| {
        let message = message.lines().collect::<Vec<_>>().join(", ");
        CalendarError::Invalid(vec![Located::new(path, text, at, message, fix.into())])
    };
    if text.len() as u64 > MOST_BYTES {
        return Err(wrong(
            0,
            "the file is larger than 2 MiB",
            "this is not a calendar, or its old events can go",
        ));
    }
    let tree = toml_edit::Document::parse(text).map_err(|error| {
        wrong(error.span().map_or(0, |span| span.start), error.message(), "correct the TOML at this place")
    })?;
    match tree.get(EVENTS) {
        Some(item) if !item.is_array_of_tables() => {
            let at = tree.key(EVENTS).and_then(|key| key.span()).map_or(0, |span| span.start);
            Err(wrong(at, "`event` is not an array of tables", "write each event under a header [[event]]"))
        }
        _ => Ok(tree),
    }
}

/// Top-level keys that look like slips of the pen; others are none of our business.
fn mistyped_keys(tree: &Table, text: &str, path: &Path) -> Vec<Located> {
    let slip =
        |key: &str| [EVENTS, TIMEZONE].into_iter().find(|known| *known != key && distance(key, known) <= 2);
    let keys = tree.iter().filter_map(|(key, _)| slip(key).map(|known| (key, known)));
    keys.take(MOST_PROBLEMS)
        .map(|(key, known)| {
            let at = tree.key(key).and_then(|key| key.span()).map_or(0, |span| span.start);
            let message = format!("`{}` is not known here", clean(key, 40));
            Located::new(path, text, at, message, format!("did you mean `{known}`?"))
        })
        .collect()
}

fn calendar_zone(tree: &Table, problems: &mut Places) -> Tz {
    let Some(item) = tree.get(TIMEZONE) else { return Tz::UTC };
    let name = item.as_str().unwrap_or("(not text)");
    zone_of(name, Tz::UTC).unwrap_or_else(|problem| {
        let at = item.span().map_or(0, |span| span.start);
        problems.found.push(Located::new(problems.path, problems.text, at, problem.message, problem.fix));
        Tz::UTC
    })
}

/// Gathers what is wrong, each with its place.
struct Places<'a> {
    text: &'a str,
    path: &'a Path,
    found: Vec<Located>,
}

impl Places<'_> {
    /// The entry of `table` is one too many.
    fn too_many_entries(&mut self, table: &Table) {
        let at = table.span().map_or(0, |span| span.start);
        let message = format!("the calendar has more than {MOST_ENTRIES} entries");
        let fix = "remove events that are over".into();
        self.found.push(Located::new(self.path, self.text, at, message, fix));
    }

    fn understand(
        &mut self,
        index: usize,
        table: &Table,
        entry: &CalendarEntry,
        zone: Tz,
    ) -> Option<Definition> {
        let label = match clean(entry.name.trim(), 40) {
            name if name.is_empty() => format!("event {index}"),
            name => format!("event {index} \"{name}\""),
        };
        let before = self.found.len();
        self.unknown_keys(table);
        self.commas_in_groups(table);
        let definition = Definition::from_entry(entry, zone);
        for problem in definition.as_ref().err().into_iter().flatten() {
            let item = table.get(problem.field.name());
            let at = item.and_then(Item::span).or(table.span()).map_or(0, |span| span.start);
            let message = format!("{}: {}", problem.field.name(), problem.message);
            self.found.push(Located::new(self.path, self.text, at, message, problem.fix.clone()));
        }
        self.found[before..].iter_mut().for_each(|located| located.entry.clone_from(&label));
        definition.ok()
    }

    fn unknown_keys(&mut self, table: &Table) {
        for (key, _) in table.iter().filter(|(key, _)| EntryField::ALL.iter().all(|f| f.name() != *key)) {
            let near =
                EntryField::ALL.into_iter().map(EntryField::name).min_by_key(|name| distance(key, name));
            let fix = match near.filter(|name| distance(key, name) <= 3) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("an event has {}", EntryField::ALL.map(EntryField::name).join(", ")),
            };
            let at = table.key(key).and_then(|key| key.span()).map_or(0, |span| span.start);
            let message = format!("`{}` is not known here", clean(key, 40));
            self.found.push(Located::new(self.path, self.text, at, message, fix));
        }
    }

    fn commas_in_groups(&mut self, table: &Table) {
        let groups = table.get(EntryField::Groups.name()).and_then(Item::as_array);
        for value in
            groups.into_iter().flatten().filter(|v| v.as_str().is_some_and(|name| name.contains(',')))
        {
            let at = value.span().map_or(0, |span| span.start);
            let message = "groups: the name of a group has a comma".to_owned();
            let fix = "write each group between its own quotes".to_owned();
            self.found.push(Located::new(self.path, self.text, at, message, fix));
        }
    }
}

/// Edit distance (Levenshtein) of two short words, in characters.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: &str = include_str!("../../calendar.toml");

    fn problems(text: &str) -> Vec<String> {
        match Calendar::parse(text, Path::new("c.toml")) {
            Err(error) => error.to_string().lines().map(str::to_owned).collect(),
            Ok(_) => Vec::new(),
        }
    }

    const GOOD: &str = "[[event]]\nname = 'A'\nkind = 'sale'\nstart = '2026-11-27'\nend = '2026-11-28'\n";

    #[test]
    fn the_sample_is_right_and_says_what_the_demo_needs() {
        let calendar = Calendar::parse(SAMPLE, Path::new("calendar.toml")).unwrap();
        assert_eq!(calendar.zone, Tz::America__New_York);
        let (from, until) =
            ("2026-11-23T13:00:00Z".parse().unwrap(), "2026-11-30T13:00:00Z".parse().unwrap());
        let of = |group| calendar.for_group(group, from, until).unwrap();
        let thanksgiving = of("checkout-web").into_iter().find(|e| e.name.contains("Thanksgiving")).unwrap();
        assert_eq!(thanksgiving.start.to_rfc3339(), "2026-11-26T05:00:00+00:00");
        assert!(
            of("web-sessions")
                .iter()
                .any(|e| e.min_instances.is_some() && e.start.to_rfc3339() == "2026-11-23T20:00:00+00:00")
        );
        assert!(of("batch-steady").iter().any(|e| e.kind == crate::domain::event::EventKind::Freeze));
        let blizzard = calendar.for_group(
            "checkout-web",
            "2027-01-26T04:00:00Z".parse().unwrap(),
            "2027-01-26T04:00:01Z".parse().unwrap(),
        );
        assert_eq!(blizzard.unwrap().len(), 1);
    }

    #[test]
    fn errors_name_file_line_column_entry_and_fix() {
        assert_eq!(
            problems(&format!("{GOOD}multiplier = 'two'\n")),
            [
                "c.toml:6:14: event 0 \"A\": multiplier: \"two\" is not a valid demand multiplier; write a number above 0, at most 1000, such as 2.5, or leave it out"
            ]
        );
        assert_eq!(
            problems(&format!("{GOOD}multipler = 2\n")),
            ["c.toml:6:1: event 0 \"A\": `multipler` is not known here; did you mean `multiplier`?"]
        );
        assert!(problems("timezone = 'Mars'\n")[0].starts_with("c.toml:1:12: \"Mars\" is not a time zone"));
        assert!(
            problems("a = 1\n[[event]]\nname = 'B'\n")[0]
                .starts_with("c.toml:2:1: event 0 \"B\": kind: no kind")
        );
        assert!(problems("x = \n")[0].starts_with("c.toml:1:"));
        assert_eq!(
            problems("[[events]]\nname = 'A'\n")[0],
            "c.toml:1:3: `events` is not known here; did you mean `event`?"
        );
        assert!(problems("event = 1\n")[0].contains("[[event]]"));
        assert!(problems(&format!("{GOOD}groups = ['a,b']\n"))[0].starts_with("c.toml:6:11: "));
    }

    #[test]
    fn unknown_tables_are_left_alone_and_nothing_is_a_calendar() {
        assert!(problems(&format!("[owner]\nteam = 'sre'\n{GOOD}")).is_empty());
        assert!(problems("").is_empty());
    }

    #[test]
    fn occurrences_are_sorted_and_chosen_by_group() {
        let text = "[[event]]\nname = 'late'\nkind = 'sale'\nstart = '2026-01-02'\nend = '2026-01-03'\ngroups = ['web']\n\
            [[event]]\nname = 'early'\nkind = 'freeze'\nstart = '2026-01-01'\nend = '2026-01-02'\n";
        let calendar = Calendar::parse(text, Path::new("c.toml")).unwrap();
        let names = |events: Vec<Event>| events.into_iter().map(|e| e.name).collect::<Vec<_>>();
        assert_eq!(names(calendar.occurrences(Time::MIN_UTC, Time::MAX_UTC).unwrap()), ["early", "late"]);
        assert_eq!(names(calendar.for_group("api", Time::MIN_UTC, Time::MAX_UTC).unwrap()), ["early"]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC*|.*|([a-z_]{1,14} = ('[ -&(-~]{0,20}'|[0-9.:T-]{1,20})\n|\\[\\[event\\]\\]\n){0,12}") {
            let _ = Calendar::parse(&text, Path::new("c.toml"));
        }
    }
}
