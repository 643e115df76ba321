//! What happens next, however far away that is.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::{Calendar, CalendarEntry, CalendarError, Definition, occurrences};
use crate::domain::{Time, event::Event};

/// How far to look, in days: near first, so that a dense rule is not unfolded for years.
const WINDOWS_DAYS: [i64; 5] = [7, 60, 400, 1_500, 4_000];

/// An occurrence to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Upcoming {
    /// What happens.
    pub event: Event,
    /// The zone that its times were written in.
    pub zone: Tz,
}

/// The first `count` occurrences of `calendar` that have not ended at `from`, ascending by start; those under way come
/// first. Looks about eleven years ahead.
///
/// # Errors
/// [`CalendarError::TooMany`], where a rule yields more than the time looked at may hold.
pub fn next(calendar: &Calendar, from: Time, count: usize) -> Result<Vec<Upcoming>, CalendarError> {
    let mut found = Vec::new();
    for days in WINDOWS_DAYS {
        let until = from.checked_add_signed(TimeDelta::days(days)).unwrap_or(Time::MAX_UTC);
        found = within(calendar, from, until)?;
        if found.len() >= count {
            break;
        }
    }
    found.truncate(count);
    Ok(found)
}

/// [`next`] of one entry alone, in a calendar whose own zone is `zone`.
///
/// # Errors
/// As there, and where the entry is wrong.
pub fn next_of(
    entry: &CalendarEntry,
    zone: Tz,
    from: Time,
    count: usize,
) -> Result<Vec<Upcoming>, CalendarError> {
    let definition = Definition::from_entry(entry, zone).map_err(CalendarError::Entry)?;
    next(&Calendar { zone, entries: vec![entry.clone()], definitions: vec![definition] }, from, count)
}

fn within(calendar: &Calendar, from: Time, until: Time) -> Result<Vec<Upcoming>, CalendarError> {
    let mut found = Vec::new();
    for definition in &calendar.definitions {
        let events = occurrences(definition, from, until)?.into_iter();
        found.extend(events.map(|event| Upcoming { event, zone: definition.zone }));
    }
    found.sort_by(|Upcoming { event: a, .. }, Upcoming { event: b, .. }| {
        (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_under_way_comes_first_and_what_is_far_is_found() {
        let text = "[[event]]\nname = 'far'\nkind = 'launch'\nstart = '2033-01-02'\nend = '2033-01-03'\nzone = 'Asia/Tokyo'\n\
            [[event]]\nname = 'over'\nkind = 'sale'\nstart = '2026-01-01'\nend = '2026-01-02'\n\
            [[event]]\nname = 'now'\nkind = 'sale'\nstart = '2026-01-01'\nend = '2026-01-04'\n";
        let calendar = Calendar::parse(text, Path::new("c.toml")).unwrap();
        let from = "2026-01-02T00:00:00Z".parse().unwrap();
        let seen = next(&calendar, from, 9).unwrap();
        let names: Vec<_> = seen.iter().map(|u| (u.event.name.as_str(), u.zone.name())).collect();
        assert_eq!(names, [("now", "UTC"), ("far", "Asia/Tokyo")]);
        assert_eq!(next(&calendar, from, 1).unwrap().len(), 1);
        assert!(next(&calendar, Time::MAX_UTC, 1).unwrap().is_empty());
    }

    #[test]
    fn a_daily_rule_does_not_fill_the_answer_with_years() {
        let text = "[[event]]\nname = 'd'\nkind = 'other'\nrepeat = 'FREQ=DAILY;BYHOUR=1,5,9'\n\
            start = '2026-01-01'\nend = '2026-01-01 01:00'\n";
        let calendar = Calendar::parse(text, Path::new("c.toml")).unwrap();
        let seen = next(&calendar, "2026-06-01T02:00:00Z".parse().unwrap(), 3).unwrap();
        let hours: Vec<_> = seen.iter().map(|u| u.event.start.format("%d %H").to_string()).collect();
        assert_eq!(hours, ["01 05", "01 09", "02 01"]);
    }
}
