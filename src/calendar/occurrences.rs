//! The moments on which an entry falls.

use chrono::NaiveDateTime;

use super::{CalendarError, Definition, resolve};
use crate::domain::{Time, event::Event};

/// Most occurrences of one entry in one answer.
pub const MOST_OCCURRENCES: usize = 5_000;
/// Most steps of a rule from its start to the end of the time asked for.
const MOST_STEPS: usize = 200_000;
/// Most steps of the rules of a whole calendar.
pub(super) const MOST_STEPS_TOGETHER: usize = 1_000_000;

/// The occurrences of `definition` that touch `[from, until)`, ascending by start.
///
/// An occurrence of which the clocks skip every minute does not happen.
///
/// # Errors
/// [`CalendarError::TooMany`] beyond [`MOST_OCCURRENCES`].
pub fn occurrences(definition: &Definition, from: Time, until: Time) -> Result<Vec<Event>, CalendarError> {
    let mut steps = MOST_STEPS;
    within(definition, from, until, &mut steps)
}

/// [`occurrences`], with what is left of the `steps` that several definitions share.
pub(super) fn within(
    definition: &Definition,
    from: Time,
    until: Time,
    steps: &mut usize,
) -> Result<Vec<Event>, CalendarError> {
    let Some(rule) = &definition.repeat else {
        let event = occurrence(definition, definition.start);
        return Ok(event.filter(|event| event.touches(from, until)).into_iter().collect());
    };
    let too_many = || CalendarError::TooMany { name: definition.name.clone(), most: MOST_OCCURRENCES };
    let mut found = Vec::new();
    for (step, start) in rule.starts().enumerate() {
        if step >= MOST_STEPS || *steps == 0 {
            return Err(too_many());
        }
        *steps -= 1;
        if resolve(start, definition.zone).0 >= until {
            break;
        }
        found.extend(occurrence(definition, start).filter(|event| event.touches(from, until)));
        if found.len() > MOST_OCCURRENCES {
            return Err(too_many());
        }
    }
    Ok(found)
}

/// The occurrence that starts at local time `start`.
fn occurrence(definition: &Definition, start: NaiveDateTime) -> Option<Event> {
    let end = start.checked_add_signed(definition.end - definition.start)?;
    let (start, _) = resolve(start, definition.zone);
    let (end, _) = resolve(end, definition.zone);
    (start < end).then(|| Event {
        name: definition.name.clone(),
        kind: definition.kind,
        label: definition.kind.name().to_owned(),
        start,
        end,
        multiplier: definition.multiplier,
        min_instances: definition.min_instances,
        groups: definition.groups.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::CalendarEntry;
    use chrono_tz::Tz;

    fn entry(start: &str, end: &str, repeat: &str, zone: &str) -> CalendarEntry {
        let [start, end, repeat, zone] = [start, end, repeat, zone].map(str::to_owned);
        CalendarEntry {
            name: "e".into(),
            kind: "other".into(),
            start,
            end,
            repeat,
            zone,
            ..CalendarEntry::default()
        }
    }

    fn starts(entry: &CalendarEntry, from: &str, until: &str) -> Vec<String> {
        let definition = Definition::from_entry(entry, Tz::UTC).unwrap();
        let events = occurrences(&definition, from.parse().unwrap(), until.parse().unwrap()).unwrap();
        events.iter().map(|e| e.start.format("%Y-%m-%d %H:%M").to_string()).collect()
    }

    #[test]
    fn local_times_survive_clock_changes() {
        let berlin = entry("2026-03-27 09:00", "2026-03-27 10:00", "daily", "Europe/Berlin");
        let seen = starts(&berlin, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z");
        assert_eq!(seen, ["2026-03-28 08:00", "2026-03-29 07:00"]);
        let york = entry("2026-10-25 09:00", "2026-10-25 10:00", "weekly", "America/New_York");
        let seen = starts(&york, "2026-10-25T00:00:00Z", "2026-11-08T00:00:00Z");
        assert_eq!(seen, ["2026-10-25 13:00", "2026-11-01 14:00"]);
    }

    #[test]
    fn a_rule_through_gap_and_fold_loses_no_day() {
        let gap = entry("2026-03-28 02:30", "2026-03-28 04:00", "daily", "Europe/Berlin");
        let seen = starts(&gap, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z");
        assert_eq!(seen, ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"]);
        let fold = entry("2026-10-31 01:30", "2026-10-31 03:00", "daily", "America/New_York");
        let seen = starts(&fold, "2026-10-31T00:00:00Z", "2026-11-03T00:00:00Z");
        assert_eq!(seen, ["2026-10-31 05:30", "2026-11-01 05:30", "2026-11-02 06:30"]);
    }

    #[test]
    fn a_day_is_as_long_as_its_clocks_say() {
        let day = entry("2026-10-25", "2026-10-26", "", "Europe/Berlin");
        let definition = Definition::from_entry(&day, Tz::UTC).unwrap();
        let from = "2026-10-25T22:30:00Z".parse().unwrap();
        let event = occurrences(&definition, from, Time::MAX_UTC).unwrap().remove(0);
        assert_eq!((event.end - event.start).num_hours(), 25);
    }

    #[test]
    fn rules_end_where_they_say_and_on_the_wall() {
        let window = ("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
        let count = |rule: &str| {
            starts(
                &entry("2026-01-05 20:00", "2026-01-05 21:00", rule, "America/New_York"),
                window.0,
                window.1,
            )
            .len()
        };
        assert_eq!(count("FREQ=DAILY;COUNT=3"), 3);
        assert_eq!(count("freq=daily;until=20260107"), 3);
        assert_eq!(count("FREQ=DAILY;UNTIL=20260107T195959"), 2);
        assert_eq!(count("RRULE:FREQ=DAILY;UNTIL=20260107T010000Z"), 2, "20:00 on the 6th in New York");
        let last = "the last one, 20:00 on 31 December 2027 in New York, is 2028 in UTC";
        assert_eq!(count("FREQ=MONTHLY;BYDAY=-1FR;COUNT=30"), 23, "{last}");
        assert_eq!(count("yearly"), 2);
    }

    #[test]
    fn an_occurrence_under_way_is_found_and_the_window_is_half_open() {
        let freeze = entry("2026-11-20 17:00", "2026-11-23 08:00", "weekly", "UTC");
        assert_eq!(starts(&freeze, "2026-11-30T07:59:59Z", "2026-11-30T08:00:00Z"), ["2026-11-27 17:00"]);
        assert!(starts(&freeze, "2026-11-30T08:00:00Z", "2026-12-04T17:00:00Z").is_empty());
    }

    #[test]
    fn a_rule_without_end_is_an_error_not_a_hang() {
        let dense = entry("1970-01-01", "1970-01-02", "daily", "UTC");
        let definition = Definition::from_entry(&dense, Tz::UTC).unwrap();
        let all = occurrences(&definition, Time::MIN_UTC, Time::MAX_UTC);
        assert!(matches!(all, Err(CalendarError::TooMany { .. })));
        assert_eq!(starts(&dense, "2150-01-01T00:00:00Z", "2150-01-02T00:00:00Z").len(), 1);
        let hourly =
            entry("1970-01-01", "1970-01-02", "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14", "UTC");
        let definition = Definition::from_entry(&hourly, Tz::UTC).unwrap();
        let late = crate::domain::at_epoch(5_600_000_000);
        assert!(occurrences(&definition, late, Time::MAX_UTC).is_err());
    }
}
