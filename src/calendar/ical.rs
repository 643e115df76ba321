//! iCalendar (RFC 5545) out and in, so that a team's calendar and `calendar.toml` can be brought together.
//!
//! Out: each entry is one VEVENT with local times, its IANA zone and its rule; what iCalendar has no word for goes
//! into `X-PRESCALE-…` properties, so that an export comes back as it was. Zones are named and not described
//! (no VTIMEZONE): every common calendar knows the IANA names. In: what `calendar.toml` cannot say (exceptions to a
//! rule, single changed occurrences) is left out and told, never bent.

mod lines;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use self::lines::{Property, put, quoted};
use super::{Calendar, CalendarEntry, Definition, local::written, resolve};
use crate::domain::{Time, event::EventKind, text::clean};

/// Largest file that is read, in bytes.
pub const MOST_ICAL: usize = 2 << 20;
/// Local times in iCalendar.
const LOCAL: &str = "%Y%m%dT%H%M%S";
/// Longest name of an entry.
const NAME: usize = 80;

const MULTIPLIER: &str = "X-PRESCALE-MULTIPLIER";
const LEAST: &str = "X-PRESCALE-MIN-INSTANCES";
const GROUPS: &str = "X-PRESCALE-GROUPS";

/// `calendar` as an iCalendar file made at `now`.
pub fn export(calendar: &Calendar, now: Time) -> String {
    let mut out = String::new();
    put(&mut out, "BEGIN:VCALENDAR");
    put(&mut out, "VERSION:2.0");
    put(&mut out, "PRODID:-//prescale//calendar.toml//EN");
    put(&mut out, "CALSCALE:GREGORIAN");
    put(&mut out, &format!("X-WR-TIMEZONE:{}", calendar.zone.name()));
    for (entry, definition) in calendar.entries.iter().zip(&calendar.definitions) {
        event_out(&mut out, entry, definition, now);
    }
    put(&mut out, "END:VCALENDAR");
    out
}

fn event_out(out: &mut String, entry: &CalendarEntry, definition: &Definition, now: Time) {
    let identity = format!("{}\n{}\n{}\n{}", entry.name, entry.kind, entry.start, definition.zone);
    let uid: String = Sha256::digest(identity.as_bytes())[..16].iter().map(|b| format!("{b:02x}")).collect();
    let moment = |key: &str, local: NaiveDateTime| match definition.zone {
        Tz::UTC => format!("{key}:{}Z", local.format(LOCAL)),
        zone => format!("{key};TZID={}:{}", zone.name(), local.format(LOCAL)),
    };
    put(out, "BEGIN:VEVENT");
    put(out, &format!("UID:{uid}@prescale"));
    put(out, &format!("DTSTAMP:{}Z", now.format(LOCAL)));
    put(out, &format!("SUMMARY:{}", quoted(&definition.name)));
    put(out, &format!("CATEGORIES:{}", definition.kind.name()));
    put(out, &moment("DTSTART", definition.start));
    put(out, &moment("DTEND", definition.end));
    if definition.repeat.is_some() {
        put(out, &format!("RRULE:{}", rule_out(entry.repeat.trim(), definition.zone)));
    }
    let own = [(MULTIPLIER, &entry.multiplier), (LEAST, &entry.min_instances), (GROUPS, &entry.groups)];
    for (key, value) in own.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
        put(out, &format!("{key}:{}", quoted(value.trim())));
    }
    put(out, "END:VEVENT");
}

/// A rule in the standard's words: FREQ spelled out, UNTIL in UTC as a start with a zone demands it.
fn rule_out(text: &str, zone: Tz) -> String {
    let lower = text.to_ascii_lowercase();
    if ["daily", "weekly", "monthly", "yearly"].contains(&lower.as_str()) {
        return format!("FREQ={}", lower.to_ascii_uppercase());
    }
    let upper = text.to_ascii_uppercase();
    let parts = upper.strip_prefix("RRULE:").unwrap_or(&upper).split(';').filter(|p| !p.is_empty());
    let part = |part: &str| match part.strip_prefix("UNTIL=") {
        Some(value) if !value.ends_with('Z') => until_out(value, zone).unwrap_or_else(|| part.to_owned()),
        _ => part.to_owned(),
    };
    parts.map(part).collect::<Vec<_>>().join(";")
}

fn until_out(value: &str, zone: Tz) -> Option<String> {
    let local = match value.len() {
        8 => chrono::NaiveDate::parse_from_str(value, "%Y%m%d").ok()?.and_hms_opt(23, 59, 59)?,
        _ => NaiveDateTime::parse_from_str(value, LOCAL).ok()?,
    };
    Some(format!("UNTIL={}", resolve(local, zone).0.format("%Y%m%dT%H%M%SZ")))
}

/// What an iCalendar file comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Entries that keep every rule of the calendar, in the order of the file.
    pub entries: Vec<CalendarEntry>,
    /// What was left out, each with its name and why.
    pub left_out: Vec<String>,
}

/// Reads an iCalendar file; times without a zone are of `zone`, the calendar's own.
///
/// # Errors
/// In words, where it is no iCalendar file at all.
pub fn import(text: &str, zone: Tz) -> Result<Imported, String> {
    if text.len() > MOST_ICAL {
        return Err("the file is larger than 2 MiB; export a shorter stretch of time".into());
    }
    let mut imported = Imported::default();
    for event in lines::events(text)? {
        let event = Vevent(event);
        let name = clean(event.text("SUMMARY").as_deref().unwrap_or("without a name"), NAME);
        match entry(&event, name.clone(), zone) {
            Ok(entry) => imported.entries.push(entry),
            Err(why) => imported.left_out.push(format!("“{name}”: {why}")),
        }
    }
    Ok(imported)
}

/// The properties of one event.
struct Vevent(Vec<Property>);

impl Vevent {
    fn get(&self, name: &str) -> Option<&Property> {
        self.0.iter().find(|property| property.name == name)
    }

    /// The text of a property, if it is there and not empty.
    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|property| property.text().trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// What came of an import, in words: how many of its entries were new, and what was left out and why.
pub fn import_summary(added: usize, read: &Imported) -> String {
    let there = match read.entries.len() - added.min(read.entries.len()) {
        0 => String::new(),
        n => format!(", {n} were there already"),
    };
    let left_out = match read.left_out.as_slice() {
        [] => String::new(),
        all => format!("; left out {}: {}", all.len(), all.join("; ")),
    };
    format!("{added} entries added{there}{left_out}")
}

fn entry(event: &Vevent, name: String, own: Tz) -> Result<CalendarEntry, String> {
    refuse_what_cannot_be_said(event)?;
    let start = IcalTime::of(event.get("DTSTART").ok_or("it has no DTSTART")?, own)?;
    let end = match (event.get("DTEND"), event.get("DURATION")) {
        (Some(end), _) => IcalTime::of(end, own)?.on_the_clock_of(start.zone),
        (None, Some(length)) => {
            start.local.checked_add_signed(duration(&length.value)?).ok_or("its DURATION is too long")?
        }
        (None, None) if start.whole_day => start.local + TimeDelta::days(1),
        (None, None) => return Err("it has neither DTEND nor DURATION".into()),
    };
    let text = |key: &str| event.text(key).unwrap_or_default();
    let entry = CalendarEntry {
        name,
        kind: kind(event).name().to_owned(),
        start: written(start.local),
        end: written(end),
        zone: if start.zone == own { String::new() } else { start.zone.name().to_owned() },
        repeat: text("RRULE"),
        multiplier: text(MULTIPLIER),
        min_instances: text(LEAST),
        groups: text(GROUPS),
    };
    match Definition::from_entry(&entry, own) {
        Ok(_) => Ok(entry.tidied()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    }
}

fn refuse_what_cannot_be_said(event: &Vevent) -> Result<(), String> {
    if event.text("STATUS").is_some_and(|s| s.eq_ignore_ascii_case("CANCELLED")) {
        return Err("it is cancelled".into());
    }
    for (key, what) in [
        ("RECURRENCE-ID", "it changes one occurrence of another event"),
        ("EXDATE", "its rule has exceptions (EXDATE)"),
        ("RDATE", "it has dates beside its rule (RDATE)"),
        ("EXRULE", "its rule has exceptions (EXRULE)"),
    ] {
        if event.get(key).is_some() {
            return Err(format!("{what}, which calendar.toml cannot represent; add single events instead"));
        }
    }
    Ok(())
}

/// The first category that is one of our kinds; anything else has a shape of its own.
fn kind(event: &Vevent) -> EventKind {
    let all = event.0.iter().filter(|property| property.name == "CATEGORIES");
    let mut words = all.flat_map(|property| property.value.split(','));
    words.find_map(|word| EventKind::from_name(&word.trim().to_ascii_lowercase())).unwrap_or(EventKind::Other)
}

/// A time as iCalendar gives it.
struct IcalTime {
    local: NaiveDateTime,
    zone: Tz,
    whole_day: bool,
}

impl IcalTime {
    fn of(property: &Property, own: Tz) -> Result<IcalTime, String> {
        let value = property.value.trim();
        let wrong = || format!("{}: \"{}\" is not a valid time", property.name, clean(value, 40));
        if value.len() == 8 {
            let date = chrono::NaiveDate::parse_from_str(value, "%Y%m%d").map_err(|_| wrong())?;
            return Ok(IcalTime { local: date.and_time(NaiveTime::MIN), zone: own, whole_day: true });
        }
        let (digits, utc) = value.strip_suffix('Z').map_or((value, false), |digits| (digits, true));
        let local = NaiveDateTime::parse_from_str(digits, LOCAL).map_err(|_| wrong())?;
        let zone = match property.parameter("TZID") {
            _ if utc => Tz::UTC,
            Some(name) => zone_called(name)?,
            None => own,
        };
        Ok(IcalTime { local, zone, whole_day: false })
    }

    fn on_the_clock_of(&self, zone: Tz) -> NaiveDateTime {
        if zone == self.zone || self.whole_day {
            return self.local;
        }
        resolve(self.local, self.zone).0.with_timezone(&zone).naive_local()
    }
}

/// The zone called `name`, also where a program put its own path before the IANA name.
fn zone_called(name: &str) -> Result<Tz, String> {
    let name = name.trim_matches('"');
    let tails = name.match_indices('/').map(|(at, _)| &name[at + 1..]);
    std::iter::once(name).chain(tails).find_map(|tail| tail.parse().ok()).ok_or_else(|| {
        format!(
            "the zone \"{}\" is none of the IANA names; write one, such as Europe/Berlin",
            clean(name, 60)
        )
    })
}

/// `P1DT2H30M` or `P2W`.
fn duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("DURATION \"{}\" is not of the form P1DT2H30M", clean(text, 40));
    let rest = text.trim().trim_start_matches('+').strip_prefix('P').ok_or_else(wrong)?;
    let (mut seconds, mut digits) = (0i64, String::new());
    for c in rest.chars() {
        let unit = match c {
            '0'..='9' if digits.len() < 9 => {
                digits.push(c);
                continue;
            }
            'T' if digits.is_empty() => continue,
            'W' => 7 * 86_400,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return Err(wrong()),
        };
        let count = digits.parse::<i64>().map_err(|_| wrong())?;
        seconds = seconds.saturating_add(count * unit);
        digits.clear();
    }
    let length = TimeDelta::try_seconds(seconds).filter(|_| digits.is_empty() && seconds > 0);
    length.ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
