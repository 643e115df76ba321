//! Moments as people type them into a form: `Fri 18:00`, `tomorrow 9:00`, `24:00`. The file has none of these; what is typed
//! becomes the local time that the file holds.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::{local::written, parse_local};

/// `text` as the calendar's file has it, where it is one of the spellings of this module or of the file; else as it is.
///
/// `now` is the time on the calendar's clocks; an end comes `after` its start. A weekday or an hour without a date is the next
/// one after that.
pub fn spelled_out(text: &str, now: NaiveDateTime, after: Option<NaiveDateTime>) -> String {
    match parse_local(text) {
        Some(_) => text.to_owned(),
        None => moment(text, now, after).map_or_else(|| text.to_owned(), written),
    }
}

fn moment(text: &str, now: NaiveDateTime, after: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    let base = after.unwrap_or(now);
    let mut words = text.split_whitespace();
    let (first, second) = (words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let (day, time) = match (clock(first), second) {
        (Some(time), None) => (None, time),
        (None, None) => (Some(first), Clock { time: NaiveTime::MIN, next_day: false }),
        (None, Some(time)) => (Some(first), clock(time)?),
        (Some(_), Some(_)) => return None,
    };
    let Some(day) = day else { return next(base, |_| true, time) };
    if let Ok(date) = NaiveDate::parse_from_str(day, "%Y-%m-%d") {
        return time.on(date).filter(|at| parse_local(&written(*at)).is_some());
    }
    match day.to_lowercase().as_str() {
        "today" => time.on(now.date()),
        "tomorrow" => time.on(now.date().checked_add_days(Days::new(1))?),
        name if name.len() >= 2 && name.is_ascii() => {
            let weekday = weekday(name)?;
            next(base, |date| date.weekday() == weekday, time)
        }
        _ => None,
    }
}

/// The first moment after `base` on a day that fits.
fn next(base: NaiveDateTime, fits: impl Fn(NaiveDate) -> bool, time: Clock) -> Option<NaiveDateTime> {
    let days = base.date().pred_opt()?.iter_days().take(10);
    days.filter(|date| fits(*date)).filter_map(|date| time.on(date)).find(|at| *at > base)
}

/// The day whose name begins so: `fr`, `fri`, `friday`.
fn weekday(name: &str) -> Option<Weekday> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = DAYS.iter().position(|day| day.starts_with(name))?;
    Weekday::try_from(at as u8).ok()
}

/// A time of a day; `24:00` is the first moment of the next.
#[derive(Debug, Clone, Copy)]
struct Clock {
    time: NaiveTime,
    next_day: bool,
}

impl Clock {
    fn on(self, date: NaiveDate) -> Option<NaiveDateTime> {
        let date = if self.next_day { date.succ_opt()? } else { date };
        Some(date.and_time(self.time))
    }
}

fn clock(text: &str) -> Option<Clock> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || minutes.len() != 2 || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    match (hours, minutes) {
        (24, 0) => Some(Clock { time: NaiveTime::MIN, next_day: true }),
        _ => Some(Clock { time: NaiveTime::from_hms_opt(hours, minutes, 0)?, next_day: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> NaiveDateTime {
        parse_local(text).expect("a local time")
    }

    #[test]
    fn what_people_type_is_what_they_mean() {
        // A Friday, early in the afternoon.
        let now = at("2026-11-27 14:02");
        for (typed, meant) in [
            ("Fri 18:00", "2026-11-27 18:00"),
            ("friday 9:00", "2026-12-04 09:00"),
            ("sat 24:00", "2026-11-29 00:00"),
            ("24:00", "2026-11-28 00:00"),
            ("18:00", "2026-11-27 18:00"),
            ("9:30", "2026-11-28 09:30"),
            ("tomorrow", "2026-11-28 00:00"),
            ("Today 23:59", "2026-11-27 23:59"),
            ("2026-12-24 24:00", "2026-12-25 00:00"),
            ("2026-12-24 9:00", "2026-12-24 09:00"),
            ("2026-12-24T09:00", "2026-12-24T09:00"),
        ] {
            assert_eq!(spelled_out(typed, now, None), meant, "{typed}");
        }
        let start = Some(at("2026-12-04 18:00"));
        assert_eq!(spelled_out("24:00", now, start), "2026-12-05 00:00", "an end comes after its start");
        assert_eq!(spelled_out("fri 22:00", now, start), "2026-12-04 22:00");
        assert_eq!(spelled_out("mon", now, start), "2026-12-07 00:00");
    }

    #[test]
    fn anything_else_stays_as_it_is() {
        let now = at("2026-11-27 14:02");
        for text in [
            "",
            "soon",
            "f 18:00",
            "Fri 25:00",
            "18",
            "18:0",
            "24:01",
            "Fri 18:00 x",
            "18:00 19:00",
            "2026-02-30 24:00",
        ] {
            assert_eq!(spelled_out(text, now, None), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}|[a-z]{2,9} [0-9:]{1,5}|[0-9-]{8,10} [0-9:]{1,5}") {
            let far = NaiveDate::MAX.and_time(NaiveTime::MIN);
            for now in [at("2026-11-27 14:02"), far, NaiveDate::MIN.and_time(NaiveTime::MIN)] {
                spelled_out(&text, now, None);
            }
        }
    }
}
