//! Sales as the student project writes them down: a flag beside each row of metrics, and a flag for today.

use std::path::Path;

use serde_json::{Map, Value};

use super::CalendarEntry;
use crate::domain::{Time, text::clean};

/// What imported sales are called.
const NAME: &str = "Sale (imported)";
/// The only key of a `business_calendar.json`.
const FLAG: &str = "is_sale_active";
/// How a moment is written in an entry.
const MOMENT: &str = "%Y-%m-%d %H:%M";

/// One sale, from `start` to `end`, for `groups` (comma-separated; empty for all).
pub fn sale(start: Time, end: Time, groups: &str) -> CalendarEntry {
    CalendarEntry {
        name: NAME.into(),
        kind: "sale".into(),
        start: start.format(MOMENT).to_string(),
        end: end.format(MOMENT).to_string(),
        zone: "UTC".into(),
        groups: groups.to_owned(),
        ..CalendarEntry::default()
    }
}

/// The stretches of `flags` during which a sale lasts: where the first row says so until where the first does not. A
/// row that says nothing ends none. The last one ends with `end`.
pub fn stretches(flags: impl Iterator<Item = (Time, Option<bool>)>, end: Time) -> Vec<(Time, Time)> {
    let (mut found, mut since) = (Vec::new(), None);
    for (time, flag) in flags {
        match (flag, since) {
            (Some(true), None) => since = Some(time),
            (Some(false), Some(start)) => {
                found.push((start, time));
                since = None;
            }
            _ => {}
        }
    }
    found.extend(since.map(|start| (start, end)));
    found
}

/// True when `text`, the content of a `business_calendar.json`, says that a sale is on.
///
/// # Errors
/// A sentence with file, line and fix.
pub fn parse_flag(text: &str, path: &Path) -> Result<bool, String> {
    let name = clean(&path.display().to_string(), 200);
    let fix = "write {\"is_sale_active\": 1} or {\"is_sale_active\": 0}";
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let flags: Map<String, Value> = serde_json::from_str(text)
        .map_err(|e| format!("{name}:{}: {}; {fix}", e.line().max(1), clean(&e.to_string(), 200)))?;
    if let Some(other) = flags.keys().find(|key| *key != FLAG) {
        return Err(format!("{name}: {} is not known; {fix}", clean(other, 40)));
    }
    let flag = flags.get(FLAG).ok_or_else(|| format!("{name}: there is no {FLAG}; {fix}"))?;
    match flag.as_f64().or(flag.as_bool().map(f64::from)) {
        Some(1.0) => Ok(true),
        Some(0.0) => Ok(false),
        _ => Err(format!("{name}: {FLAG} is {}; {fix}", clean(&flag.to_string(), 40))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::check, domain::at_epoch};

    #[test]
    fn a_sale_is_a_stretch_of_rows() {
        let flags = [None, Some(true), None, Some(true), Some(false), Some(false), Some(true)];
        let rows = flags.into_iter().enumerate().map(|(n, flag)| (at_epoch(300 * n as i64), flag));
        let found = stretches(rows, at_epoch(2_100));
        let times = [(300, 1_200), (1_800, 2_100)].map(|(a, b)| (at_epoch(a), at_epoch(b)));
        assert_eq!(found, times);
        let entry = sale(found[0].0, found[0].1, "web");
        assert_eq!((entry.start.as_str(), entry.end.as_str()), ("1970-01-01 00:05", "1970-01-01 00:20"));
        assert!(check(&entry, chrono_tz::UTC).is_empty());
    }

    #[test]
    fn the_flag_of_today_is_one_or_nothing() {
        let flag = |text| parse_flag(text, Path::new("business_calendar.json"));
        assert_eq!(flag("{\"is_sale_active\": 1}"), Ok(true));
        assert_eq!(flag("\u{feff}{\"is_sale_active\": false}"), Ok(false));
        for (text, word) in [
            ("", ":1: "),
            ("{\n\"is_sale_active\": 1,\n}", ":3: "),
            ("{\"is_sale_active\": 3}", "is_sale_active is 3"),
            ("{\"sale\": 1}", "sale is not known"),
            ("{}", "there is no is_sale_active"),
            ("[1]", "is_sale_active"),
        ] {
            let why = flag(text).expect_err(text);
            assert!(why.starts_with("business_calendar.json:") && why.contains(word), "{why}");
        }
    }
}
