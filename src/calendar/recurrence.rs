//! Rules of recurrence: which moments an event that repeats falls on.
//!
//! A rule is walked on the wall clock of the entry's zone and only its results become moments, so 09:00 stays
//! 09:00 whatever daylight saving time does, and gaps and folds mean what they mean everywhere else.

use chrono::{NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use rrule::{RRule, RRuleSet, Unvalidated};

/// Longest rule, in characters.
const LONGEST_RULE: usize = 300;

/// A rule of recurrence that has been understood and is known to happen at least once.
#[derive(Debug, Clone)]
pub struct RecurrenceRule(RRuleSet);

impl RecurrenceRule {
    /// Understands `daily`, `weekly`, `monthly`, `yearly` or an RFC 5545 rule, from the local time `start` on.
    ///
    /// UNTIL may be a date (that day included), a local time, or a time in UTC (`…Z`), which `zone` makes local.
    ///
    /// # Errors
    /// Why not, in words: not a rule, finer than daily, or one that never happens.
    pub fn parse(text: &str, start: NaiveDateTime, zone: Tz) -> Result<RecurrenceRule, String> {
        let text = match text.to_ascii_lowercase().as_str() {
            "daily" => "FREQ=DAILY",
            "weekly" => "FREQ=WEEKLY",
            "monthly" => "FREQ=MONTHLY",
            "yearly" => "FREQ=YEARLY",
            _ => text.strip_prefix("RRULE:").unwrap_or(text),
        };
        let rule: RRule<Unvalidated> = on_the_wall(text, zone)?.parse().map_err(in_words)?;
        let start = start.and_utc().with_timezone(&rrule::Tz::UTC);
        let set = RRuleSet::new(start).rrule(rule.validate(start).map_err(in_words)?).limit();
        match (&set).into_iter().next() {
            Some(_) => Ok(RecurrenceRule(set)),
            None => Err("the rule never happens".into()),
        }
    }

    /// The local starts, ascending.
    pub(super) fn starts(&self) -> impl Iterator<Item = NaiveDateTime> + '_ {
        (&self.0).into_iter().map(|start| start.naive_utc())
    }
}

impl std::fmt::Display for RecurrenceRule {
    /// The rule as it is walked: on the wall clock, spelled as if that were UTC.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn in_words(error: rrule::RRuleError) -> String {
    format!("the rule cannot be read: {error}")
}

/// The rule with each part checked for what the calendar takes, and UNTIL on the zone's wall clock.
fn on_the_wall(text: &str, zone: Tz) -> Result<String, String> {
    if !text.is_ascii() || text.chars().any(|c| c.is_ascii_control()) || text.len() > LONGEST_RULE {
        return Err(format!("a rule is plain text of at most {LONGEST_RULE} characters"));
    }
    let mut parts = Vec::new();
    for part in text.to_ascii_uppercase().split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("\"{part}\" has no value"))?;
        parts.push(match key.trim() {
            "FREQ" if !["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&value.trim()) => {
                return Err("an event repeats daily at the most".into());
            }
            "BYMINUTE" | "BYSECOND" => {
                return Err(format!("{key} is not supported; the start sets the minute"));
            }
            "UNTIL" => format!("UNTIL={}", until_on_the_wall(value.trim(), zone)?),
            _ => part.to_owned(),
        });
    }
    if !parts.iter().any(|part| part.starts_with("FREQ=")) {
        return Err("the rule has no FREQ".into());
    }
    Ok(parts.join(";"))
}

/// UNTIL in the form the rule is walked in: the wall clock, spelled as if it were UTC.
fn until_on_the_wall(value: &str, zone: Tz) -> Result<String, String> {
    let local = if let Some(utc) = value.strip_suffix('Z') {
        let time = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok();
        time.map(|time| time.and_utc().with_timezone(&zone).naive_local())
    } else if value.len() == 8 {
        let day = chrono::NaiveDate::parse_from_str(value, "%Y%m%d").ok();
        day.zip(NaiveTime::from_hms_opt(23, 59, 59)).map(|(day, last)| day.and_time(last))
    } else {
        NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok()
    };
    let local = local.filter(|local| local.format("%Y").to_string().len() == 4);
    local
        .map(|local| local.format("%Y%m%dT%H%M%SZ").to_string())
        .ok_or_else(|| format!("UNTIL={value} is neither 20271231 nor 20271231T235959Z"))
}
