//! What each field of an entry may hold, and what to say where it holds something else.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::{CalendarEntry, EntryField, Problem, RecurrenceRule, local, parse_local, resolve};
use crate::domain::{event::EventKind, text::clean};

/// Longest name of an event, in characters.
const LONGEST_NAME: usize = 80;
/// Longest name of a group, AWS's own limit.
const LONGEST_GROUP: usize = 255;
/// Longest event, in days: what is longer is a mistyped year.
const LONGEST_DAYS: i64 = 366;
/// Greatest multiplier of demand.
const MOST_TIMES: f64 = 1_000.0;
/// Greatest floor of instances.
const MOST_INSTANCES: u32 = 10_000;

fn problem<T>(field: EntryField, message: impl Into<String>, fix: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { field, message: message.into(), fix: fix.into() })
}

/// `text` as it may be shown in a message.
fn shown(text: &str) -> String {
    format!("\"{}\"", clean(text, 40))
}

/// The name, free of anything that could upset a screen.
pub(super) fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    if name.is_empty() {
        return problem(EntryField::Name, "the event has no name", "write what people call it");
    }
    if name.chars().count() > LONGEST_NAME {
        return problem(
            EntryField::Name,
            "the name is too long",
            format!("use at most {LONGEST_NAME} characters"),
        );
    }
    if clean(name, LONGEST_NAME) != name {
        return problem(
            EntryField::Name,
            "the name has control or invisible characters",
            "type it again by hand",
        );
    }
    Ok(name.to_owned())
}

/// The kind called `text`.
pub(super) fn kind(text: &str) -> Result<EventKind, Problem> {
    EventKind::from_name(text).ok_or_else(|| Problem {
        field: EntryField::Kind,
        message: if text.is_empty() {
            "no kind is given".into()
        } else {
            format!("{} is not a kind of event", shown(text))
        },
        fix: format!("use one of {}", EventKind::ALL.map(EventKind::name).join(", ")),
    })
}

/// The local time that `text` writes.
pub(super) fn moment(field: EntryField, text: &str) -> Result<NaiveDateTime, Problem> {
    let fix = "write local time as 2026-11-27 09:00, or 2026-11-27 for the first moment of that day";
    if text.is_empty() {
        return problem(field, "no time is given", fix);
    }
    if chrono::DateTime::parse_from_rfc3339(text).is_ok() {
        let fix = "write local time without an offset, as 2026-11-27 09:00, and name the zone in `zone`";
        return problem(field, format!("{} carries an offset from UTC", shown(text)), fix);
    }
    match parse_local(text) {
        Some(local) => Ok(local),
        None => problem(field, format!("{} is not a local time between 1970 and 2199", shown(text)), fix),
    }
}

/// The end must come after the start, on the wall and in fact.
pub(super) fn order(start: NaiveDateTime, end: NaiveDateTime, zone: Option<Tz>) -> Result<(), Problem> {
    if end <= start {
        let next = start.date().succ_opt().unwrap_or(start.date());
        let fix = format!(
            "the end is the first moment after the event: for the whole day of the start write {next}"
        );
        return problem(EntryField::End, "the event does not end after it starts", fix);
    }
    if (end - start).num_days() > LONGEST_DAYS {
        return problem(
            EntryField::End,
            format!("the event lasts more than {LONGEST_DAYS} days"),
            "check the years",
        );
    }
    match zone {
        Some(zone) if resolve(end, zone).0 <= resolve(start, zone).0 => problem(
            EntryField::End,
            format!(
                "the clocks of {zone} skip all the time from {} to {}",
                local::written(start),
                local::written(end)
            ),
            "move the event out of the hour that daylight saving time leaves out",
        ),
        _ => Ok(()),
    }
}

/// The zone called `text`, or `otherwise` if it is empty.
pub(super) fn zone_of(text: &str, otherwise: Tz) -> Result<Tz, Problem> {
    if text.is_empty() {
        return Ok(otherwise);
    }
    text.parse().map_err(|_| Problem {
        field: EntryField::Zone,
        message: format!("{} is not a time zone", shown(text)),
        fix: match similar_zone(text) {
            Some(zone) => format!("did you mean {zone}?"),
            None => "use an IANA name such as America/New_York, Europe/Berlin or UTC".into(),
        },
    })
}

/// A zone whose name, or whose city, is `text` but for case and spaces.
fn similar_zone(text: &str) -> Option<&'static str> {
    let wanted = text.replace(' ', "_");
    let city = wanted.rsplit('/').next().unwrap_or(&wanted);
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    names().find(|name| name.eq_ignore_ascii_case(&wanted)).or_else(|| {
        names().find(|name| name.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(city)))
    })
}

/// The rule that `text` writes, for an event that first starts at `start`; `None` for an event that happens once.
pub(super) fn repeat(text: &str, start: NaiveDateTime, zone: Tz) -> Result<Option<RecurrenceRule>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    RecurrenceRule::parse(text, start, zone).map(Some).or_else(|why| {
        let fix = "use daily, weekly, monthly, yearly, or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO,FR";
        problem(EntryField::Repeat, why, fix)
    })
}

/// The multiplier of demand, if one is given.
pub(super) fn multiplier(text: &str) -> Result<Option<f64>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= MOST_TIMES => Ok(Some(value)),
        _ => problem(
            EntryField::Multiplier,
            format!("{} is not a valid demand multiplier", shown(text)),
            format!("write a number above 0, at most {MOST_TIMES}, such as 2.5, or leave it out"),
        ),
    }
}

/// The least number of instances, if one is given.
pub(super) fn floor(text: &str) -> Result<Option<u32>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<u32>() {
        Ok(value) if value <= MOST_INSTANCES => Ok(Some(value)),
        _ => problem(
            EntryField::MinInstances,
            format!("{} is not a valid number of instances", shown(text)),
            format!("write a whole number from 0 to {MOST_INSTANCES}, or leave it out"),
        ),
    }
}

/// The groups that `entry` names.
pub(super) fn groups(entry: &CalendarEntry) -> Result<Vec<String>, Problem> {
    for name in entry.group_names() {
        if clean(name, LONGEST_GROUP) != name {
            let message = format!("{} is not a valid group name", shown(name));
            return problem(
                EntryField::Groups,
                message,
                format!("use plain characters, at most {LONGEST_GROUP}"),
            );
        }
    }
    Ok(entry.group_names().map(str::to_owned).collect())
}
