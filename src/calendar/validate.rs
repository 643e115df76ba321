//! From an entry as typed to a definition that can be relied upon, field by field.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::{
    CalendarEntry, EntryField, LocalMeaning, Problem, RecurrenceRule,
    fields::{floor, groups, kind, moment, multiplier, name, order, repeat, zone_of},
    parse_local, resolve,
};
use crate::domain::event::EventKind;

/// Something right that an operator should know, such as a time that the clocks skip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub field: EntryField,
    /// What to know.
    pub message: String,
}

/// An entry in which every field has been understood.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Name, cleaned.
    pub name: String,
    /// Kind.
    pub kind: EventKind,
    /// Zone of the local times.
    pub zone: Tz,
    /// First local moment of the first occurrence.
    pub start: NaiveDateTime,
    /// First local moment after the first occurrence.
    pub end: NaiveDateTime,
    /// Recurrence, if it repeats.
    pub repeat: Option<RecurrenceRule>,
    /// Demand against an ordinary day (2.0 = twice).
    pub multiplier: Option<f64>,
    /// Least number of instances.
    pub min_instances: Option<u32>,
    /// Groups it speaks of; empty for all.
    pub groups: Vec<String>,
}

impl Definition {
    /// Understands `entry`; an empty zone means `zone`, the calendar's own.
    ///
    /// # Errors
    /// Every problem found, in the order of the fields.
    pub fn from_entry(entry: &CalendarEntry, zone: Tz) -> Result<Definition, Vec<Problem>> {
        let mut problems = Problems::default();
        let name = problems.take(name(&entry.name));
        let kind = problems.take(kind(entry.kind.trim()));
        let start = problems.take(moment(EntryField::Start, entry.start.trim()));
        let end = problems.take(moment(EntryField::End, entry.end.trim()));
        let zone = problems.take(zone_of(entry.zone.trim(), zone));
        if let (Some(start), Some(end)) = (start, end) {
            problems.take(order(start, end, zone));
        }
        let repeat = match (start, zone) {
            (Some(start), Some(zone)) => problems.take(repeat(entry.repeat.trim(), start, zone)).flatten(),
            _ => None,
        };
        let multiplier = problems.take(multiplier(entry.multiplier.trim())).flatten();
        let min_instances = problems.take(floor(entry.min_instances.trim())).flatten();
        let groups = problems.take(groups(entry)).unwrap_or_default();
        match (name, kind, start, end, zone) {
            (Some(name), Some(kind), Some(start), Some(end), Some(zone)) if problems.0.is_empty() => {
                Ok(Definition { name, kind, zone, start, end, repeat, multiplier, min_instances, groups })
            }
            _ => {
                problems.0.sort_by_key(|problem| problem.field);
                Err(problems.0)
            }
        }
    }
}

impl Definition {
    /// True if both speak of the same event at the same moments, however that is spelled.
    pub fn says_the_same(&self, other: &Definition) -> bool {
        let rule = |of: &Definition| of.repeat.as_ref().map(ToString::to_string);
        let groups = |of: &Definition| {
            let mut names = of.groups.clone();
            names.sort();
            names
        };
        (&self.name, self.kind, self.zone, self.start, self.end)
            == (&other.name, other.kind, other.zone, other.start, other.end)
            && (self.multiplier, self.min_instances) == (other.multiplier, other.min_instances)
            && (rule(self), groups(self)) == (rule(other), groups(other))
    }
}

/// Everything wrong with `entry`, in the order of the fields; an empty zone means `zone`.
pub fn check(entry: &CalendarEntry, zone: Tz) -> Vec<Problem> {
    Definition::from_entry(entry, zone).err().unwrap_or_default()
}

/// What an operator should know of an entry that is right, or of those fields that are.
pub fn notes(entry: &CalendarEntry, zone: Tz) -> Vec<Note> {
    let Ok(zone) = zone_of(entry.zone.trim(), zone) else { return Vec::new() };
    [EntryField::Start, EntryField::End]
        .into_iter()
        .filter_map(|field| note(field, entry.text(field).trim(), zone))
        .collect()
}

fn note(field: EntryField, text: &str, zone: Tz) -> Option<Note> {
    let (time, meaning) = resolve(parse_local(text)?, zone);
    let meant = time.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
    let message = match meaning {
        LocalMeaning::Once => return None,
        LocalMeaning::Skipped => {
            format!("the clocks of {zone} skip this time; {meant} is meant, the first moment after")
        }
        LocalMeaning::Twice => {
            format!("the clocks of {zone} show this time twice; {meant} is meant, the earlier")
        }
    };
    Some(Note { field, message })
}

/// Gathers problems while it hands out what was understood.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn take<T>(&mut self, outcome: Result<T, Problem>) -> Option<T> {
        outcome.map_err(|problem| self.0.push(problem)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn good() -> CalendarEntry {
        CalendarEntry {
            name: "Black Friday".into(),
            kind: "sale".into(),
            start: "2026-11-27 00:00".into(),
            end: "2026-11-30".into(),
            zone: "Europe/Berlin".into(),
            repeat: "yearly".into(),
            multiplier: "2.5".into(),
            min_instances: "6".into(),
            groups: "web, api".into(),
        }
    }

    fn with(field: EntryField, text: &str) -> Vec<Problem> {
        let mut entry = good();
        *entry.text_mut(field) = text.into();
        check(&entry, Tz::UTC)
    }

    #[test]
    fn a_good_entry_is_understood() {
        let definition = Definition::from_entry(&good(), Tz::UTC).unwrap();
        assert_eq!(definition.zone, Tz::Europe__Berlin);
        assert_eq!((definition.multiplier, definition.min_instances), (Some(2.5), Some(6)));
        assert_eq!(definition.groups, ["web", "api"]);
    }

    #[test]
    fn each_field_refuses_what_is_wrong_and_only_there() {
        let long = "x".repeat(81);
        let cases: &[(EntryField, &[&str])] = &[
            (EntryField::Name, &["", "  ", &long, "a\u{1b}[31m", "a\nb", "a\u{202e}b"]),
            (EntryField::Kind, &["", "Sale", "party"]),
            (EntryField::Start, &["", "tomorrow", "2026-11-27T00:00:00Z", "2026-02-30"]),
            (EntryField::End, &["", "2026-11-27 00:00", "2026-11-26", "2028-11-27"]),
            (EntryField::Zone, &["Berlin", "CEST", "europe/berlin"]),
            (
                EntryField::Repeat,
                &[
                    "hourly",
                    "FREQ=HOURLY",
                    "FREQ=",
                    "FREQ=DAILY;BYMINUTE=1",
                    "ö",
                    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
                ],
            ),
            (EntryField::Multiplier, &["0", "-1", "NaN", "inf", "1001", "two", "2,5"]),
            (EntryField::MinInstances, &["-1", "1.5", "10001", "99999999999"]),
            (EntryField::Groups, &["a\u{7}b", "web, a\u{200b}b"]),
        ];
        for (field, texts) in cases {
            for text in *texts {
                let problems = with(*field, text);
                assert_eq!(problems.len(), 1, "{field:?} {text:?}: {problems:?}");
                assert_eq!(problems[0].field, *field, "{text:?}");
                assert!(!problems[0].fix.is_empty());
            }
        }
    }

    #[test]
    fn edges_are_accepted() {
        for (field, text) in [
            (EntryField::Multiplier, "1000"),
            (EntryField::MinInstances, "0"),
            (EntryField::MinInstances, "10000"),
            (EntryField::Groups, "a,"),
            (EntryField::Zone, ""),
        ] {
            assert_eq!(with(field, text), [], "{field:?} {text}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once_and_zones_are_guessed() {
        let fields: Vec<_> = check(&CalendarEntry::default(), Tz::UTC).into_iter().map(|p| p.field).collect();
        assert_eq!(fields, [EntryField::Name, EntryField::Kind, EntryField::Start, EntryField::End]);
        assert_eq!(with(EntryField::Zone, "new york")[0].fix, "did you mean America/New_York?");
    }

    #[test]
    fn skipped_and_doubled_times_are_accepted_with_a_note() {
        let mut entry = CalendarEntry {
            start: "2026-03-29 02:30".into(),
            end: "2026-03-29 05:00".into(),
            repeat: String::new(),
            ..good()
        };
        assert_eq!(check(&entry, Tz::UTC), []);
        assert!(notes(&entry, Tz::UTC)[0].message.contains("2026-03-29 03:00 CEST"));
        entry.start = "2026-10-25 02:30".into();
        entry.end = "2026-10-25 05:00".into();
        assert!(notes(&entry, Tz::UTC)[0].message.contains("2026-10-25 02:30 CEST"));
        entry.start = "2026-03-29 02:10".into();
        entry.end = "2026-03-29 02:50".into();
        assert_eq!(check(&entry, Tz::UTC)[0].field, EntryField::End);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_answered(texts in prop::array::uniform9("\\PC{0,30}|.{0,8}|[0-9-]{0,10}|FREQ=[A-Z=;,0-9+-]{0,30}")) {
            let mut entry = good();
            for (field, text) in EntryField::ALL.into_iter().zip(texts) {
                let mut one = good();
                *one.text_mut(field) = text.clone();
                let _ = (check(&one, Tz::Europe__Berlin), notes(&one, Tz::Europe__Berlin));
                *entry.text_mut(field) = text;
            }
            check(&entry, Tz::UTC);
        }
    }
}
