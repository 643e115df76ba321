//! Local times: how they are written, and which moment each one means where the clocks change.

use chrono::{Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::domain::Time;

/// Years that the calendar knows; the bounds keep every calculation small.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// The longest a zone has ever put its clocks forward (Samoa left out a whole day), in minutes.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// How a local time stands to the clocks of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalMeaning {
    /// The clocks show it once.
    Once,
    /// The clocks skip it; the first moment after the gap is meant.
    Skipped,
    /// The clocks show it twice; the earlier is meant.
    Twice,
}

/// Reads `2026-11-27 09:30`, the same with seconds or with a `T` between, or `2026-11-27` for its first moment.
///
/// `None` for any other spelling, a date that does not exist, and years outside 1970 to 2199.
pub fn parse_local(text: &str) -> Option<NaiveDateTime> {
    if !text.is_ascii() || text.contains(['+', '%']) {
        return None;
    }
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let time = match text.len() {
        10 => NaiveTime::MIN,
        16 | 19 if matches!(&text[10..11], " " | "T") => {
            let format = if text.len() == 16 { "%H:%M" } else { "%H:%M:%S" };
            NaiveTime::parse_from_str(&text[11..], format).ok()?
        }
        _ => return None,
    };
    // Chrono reads 23:59:60 as a leap second, which no zone's clock in the calendar shows.
    (YEARS.contains(&date.year()) && time.nanosecond() < 1_000_000_000).then(|| date.and_time(time))
}

/// The newest moment until `now` at which the clocks of `zone` show the time of day `text`, as `03:12`; `None` for any other
/// spelling.
pub fn newest_of_day(text: &str, now: Time, zone: Tz) -> Option<Time> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    let today = now.with_timezone(&zone).date_naive();
    let days = [Some(today), today.pred_opt()].into_iter().flatten();
    days.map(|day| resolve(day.and_time(time), zone).0).find(|moment| *moment <= now)
}

/// A local time as the calendar writes it; seconds only where there are some.
pub fn written(local: NaiveDateTime) -> String {
    let format = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    local.format(format).to_string()
}

/// The moment that `local` means in `zone`, and how clear that was.
pub fn resolve(local: NaiveDateTime, zone: Tz) -> (Time, LocalMeaning) {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(time) => (time.to_utc(), LocalMeaning::Once),
        MappedLocalTime::Ambiguous(a, b) => (a.min(b).to_utc(), LocalMeaning::Twice),
        MappedLocalTime::None => (after_gap(local, zone), LocalMeaning::Skipped),
    }
}

/// The first moment of `zone` after the gap that `local` lies in; zones change their clocks on whole minutes.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Time {
    let minute = local.with_second(0).unwrap_or(local);
    (1..=LONGEST_GAP_MINUTES)
        .filter_map(|m| minute.checked_add_signed(TimeDelta::minutes(m)))
        .find_map(|later| zone.from_local_datetime(&later).earliest())
        .map_or(local.and_utc(), |time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str, zone: Tz) -> (String, LocalMeaning) {
        let (time, meaning) = resolve(parse_local(text).unwrap(), zone);
        (time.format("%m-%d %H:%M").to_string(), meaning)
    }

    #[test]
    fn gaps_end_and_folds_take_the_earlier_in_berlin() {
        let zone = Tz::Europe__Berlin;
        assert_eq!(utc("2026-03-29 01:59", zone), ("03-29 00:59".into(), LocalMeaning::Once));
        assert_eq!(utc("2026-03-29 02:00", zone), ("03-29 01:00".into(), LocalMeaning::Skipped));
        assert_eq!(utc("2026-03-29 02:30:15", zone), ("03-29 01:00".into(), LocalMeaning::Skipped));
        assert_eq!(utc("2026-03-29 03:00", zone), ("03-29 01:00".into(), LocalMeaning::Once));
        assert_eq!(utc("2026-10-25 02:30", zone), ("10-25 00:30".into(), LocalMeaning::Twice));
        assert_eq!(utc("2026-10-25 03:00", zone), ("10-25 02:00".into(), LocalMeaning::Once));
    }

    #[test]
    fn gaps_end_and_folds_take_the_earlier_in_new_york() {
        let zone = Tz::America__New_York;
        assert_eq!(utc("2026-03-08 02:30", zone), ("03-08 07:00".into(), LocalMeaning::Skipped));
        assert_eq!(utc("2026-11-01 01:30", zone), ("11-01 05:30".into(), LocalMeaning::Twice));
        assert_eq!(utc("2026-11-01 02:00", zone), ("11-01 07:00".into(), LocalMeaning::Once));
    }

    #[test]
    fn a_day_that_a_country_left_out_ends_too() {
        assert_eq!(utc("2011-12-30 12:00", Tz::Pacific__Apia), ("12-30 10:00".into(), LocalMeaning::Skipped));
    }

    #[test]
    fn a_time_of_day_is_the_newest_until_now_also_where_the_clocks_change() {
        let now = |text: &str| text.parse::<Time>().unwrap();
        let newest = |text: &str, at: &str| {
            let found = newest_of_day(text, now(at), Tz::Europe__Berlin);
            found.map(|time| time.format("%m-%d %H:%M").to_string())
        };
        let found = |text: &str| Some(text.to_owned());
        assert_eq!(newest("03:12", "2026-11-27T02:12:00Z"), found("11-27 02:12"));
        assert_eq!(newest("03:12", "2026-11-27T02:11:59Z"), found("11-26 02:12"), "of the day before");
        assert_eq!(newest("23:30", "2026-11-26T23:10:00Z"), found("11-26 22:30"), "the day is the zone's");
        assert_eq!(newest("02:30", "2026-03-29T00:59:00Z"), found("03-28 01:30"));
        assert_eq!(newest("02:30", "2026-03-29T12:00:00Z"), found("03-29 01:00"), "the end of the gap");
        assert_eq!(newest("02:30", "2026-10-25T12:00:00Z"), found("10-25 00:30"), "the earlier of two");
        for bad in ["", "noon", "24:00", "+3:12", " 3:12", "03:12:00", "2026-11-27", "03", "03:60"] {
            assert_eq!(newest_of_day(bad, now("2026-11-27T12:00:00Z"), Tz::UTC), None, "{bad}");
        }
    }

    #[test]
    fn only_the_documented_spellings_are_read() {
        for good in ["2026-11-27", "2026-11-27 09:30", "2026-11-27T09:30", "2026-11-27 09:30:15"] {
            assert!(parse_local(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "2026-1-2",
            "2026-02-30",
            "2026-11-27 9:30",
            "2026-11-27 24:00",
            "2026-11-27T09:30:00Z",
            "1969-12-31",
            "2200-01-01",
            "2026-11-27x09:30",
            "27.11.2026",
            "2026-06-30 23:59:60",
        ] {
            assert!(parse_local(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,24}|[0-9T: -]{8,20}") {
            if let Some(local) = parse_local(&text) {
                prop_assert_eq!(parse_local(&written(local)), Some(local));
            }
        }

        #[test]
        fn later_on_the_clock_is_never_earlier_in_time(day in 0i64..80_000, minutes in 0i64..1_440, step in 1i64..600) {
            let first = NaiveDate::from_ymd_opt(1971, 1, 1).unwrap().and_time(NaiveTime::MIN)
                + TimeDelta::days(day) + TimeDelta::minutes(minutes);
            for zone in [Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe] {
                prop_assert!(resolve(first, zone).0 <= resolve(first + TimeDelta::minutes(step), zone).0);
            }
        }
    }
}
