//! Demand so far, with gaps filled for those who look back, in people's time.

use chrono::{Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::domain::{Seconds, Time, at_epoch, shift};

/// Demand so far with gaps filled from the past, and sums that make means cheap.
#[derive(Debug, Clone)]
pub struct Past {
    start: Time,
    step: Seconds,
    zone: Tz,
    day: usize,
    raw: Vec<Option<f64>>,
    /// Seconds by which the local clock was ahead of UTC.
    offsets: Vec<Seconds>,
    filled: Vec<f64>,
    sums: Vec<f64>,
}

impl Past {
    /// Nothing yet; the first step starts at `start`, and people's clocks run in `zone`.
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        Past {
            start,
            step,
            zone,
            day: (86_400 / step).max(1) as usize,
            raw: vec![],
            offsets: vec![],
            filled: vec![],
            sums: vec![0.0],
        }
    }

    /// Appends the next step. A gap is filled for lags only: with the value of the day before where that is
    /// known, else with the newest one.
    pub fn push(&mut self, value: Option<f64>) {
        let fill = || {
            let day_ago = self.filled.len().checked_sub(self.day).and_then(|i| self.raw[i]);
            day_ago.or(self.filled.last().copied()).unwrap_or(0.0)
        };
        let filled = value.unwrap_or_else(fill);
        self.offsets.push(offset(self.time_of(self.len()), self.zone));
        self.raw.push(value);
        self.filled.push(filled);
        self.sums.push(self.sums[self.sums.len() - 1] + filled);
    }

    /// Steps so far.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whole steps in a day.
    pub fn day(&self) -> usize {
        self.day
    }

    /// The local moment at which step `index` starts.
    pub fn local(&self, index: usize) -> Local {
        Local::new(self.time_of(index), self.zone)
    }

    /// The step at the local time of day of `target`, `days` days before it, if that lies in the past. Where the
    /// clocks were changed in between, that is an hour more or less than so many times 24 hours.
    pub fn days_before(&self, target: usize, local: Local, days: usize) -> Option<usize> {
        let steps = |seconds: Seconds| (seconds + self.step / 2).div_euclid(self.step);
        let plain = target.checked_sub(steps(86_400 * days as Seconds) as usize)?;
        let changed = local.offset - self.offsets.get(plain)?;
        let index = (plain as Seconds + steps(changed)).min(self.len() as Seconds - 1);
        usize::try_from(index).ok()
    }

    /// Start of step `index`.
    pub fn time_of(&self, index: usize) -> Time {
        at_epoch(self.start.timestamp() + self.step * index as i64)
    }

    /// The value of step `index` as it was seen; `None` for a gap.
    pub fn seen(&self, index: usize) -> Option<f64> {
        self.raw.get(index).copied().flatten()
    }

    /// The newest value, gaps filled.
    pub fn last(&self) -> f64 {
        self.filled.last().copied().unwrap_or(0.0)
    }

    /// The value `back` steps before step `target`, if that lies in the past.
    pub fn back(&self, target: usize, back: usize) -> Option<f64> {
        self.filled.get(target.checked_sub(back)?).copied()
    }

    /// Size of error to expect of the next step while none has been seen: the mean change between steps of the
    /// last day, and at least a share of the level that is the smaller the more is known.
    pub fn doubt(&self) -> f64 {
        let recent = &self.filled[self.len().saturating_sub(self.day + 1)..];
        let changes: f64 = recent.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let level = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let least = 0.3 * level / (recent.len().max(1) as f64).sqrt();
        (changes / (recent.len() as f64 - 1.0).max(1.0)).max(least)
    }

    /// Mean of the filled values over `[from, until)`, cut to what there is; `None` if nothing is left.
    pub fn mean(&self, from: usize, until: usize) -> Option<f64> {
        let until = until.min(self.len());
        (from < until).then(|| (self.sums[until] - self.sums[from]) / (until - from) as f64)
    }
}

/// A moment in people's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Local {
    /// Share of the day gone, 0 ≤ slot < 1.
    pub slot: f64,
    /// Share of the hour gone.
    pub hour: f64,
    /// 0 is Monday.
    pub weekday: usize,
    /// Seconds by which the local clock is ahead of UTC.
    pub offset: Seconds,
}

/// Seconds by which clocks in `zone` are ahead of UTC at `time`.
fn offset(time: Time, zone: Tz) -> Seconds {
    Seconds::from(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}

impl Local {
    /// `time` in `zone`.
    pub fn new(time: Time, zone: Tz) -> Self {
        let offset = offset(time, zone);
        let local = shift(time, offset).naive_utc();
        let seconds = local.num_seconds_from_midnight();
        Local {
            slot: f64::from(seconds) / 86_400.0,
            hour: f64::from(seconds % 3_600) / 3_600.0,
            weekday: local.weekday().num_days_from_monday() as usize,
            offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_follows_daylight_saving() {
        let zone = chrono_tz::America::New_York;
        let before = Local::new(at_epoch(1_414_904_400), zone); // 2014-11-02 05:00 UTC, 01:00 EDT
        let after = Local::new(at_epoch(1_414_908_000), zone); // 06:00 UTC, 01:00 EST
        assert_eq!((before.slot, before.hour, before.weekday), (after.slot, after.hour, 6));
        assert_eq!((before.offset, after.offset), (-4 * 3_600, -5 * 3_600));
    }

    #[test]
    fn a_day_before_is_at_the_same_local_time_across_both_changes_of_the_clock() {
        let zone = chrono_tz::Europe::Berlin;
        // 2026-03-28 and 2026-10-24, each 00:00 local time: the day after is the Sunday of the change.
        for (start, hours) in [(1_774_652_400, 23), (1_792_792_800, 25)] {
            let mut past = Past::new(at_epoch(start), 3_600, zone);
            (0..48).for_each(|hour| past.push(Some(f64::from(hour))));
            let noon = 24 + hours + 12;
            let local = past.local(noon);
            assert_eq!(local.slot, 0.5, "noon of Monday");
            assert_eq!(past.days_before(noon, local, 1), Some(24 + hours - 12), "noon of Sunday");
            assert_eq!(past.days_before(noon, local, 2), Some(12), "noon of Saturday");
        }
    }

    #[test]
    fn steps_that_do_not_divide_a_day_do_not_drift() {
        let mut past = Past::new(at_epoch(0), 420, Tz::UTC);
        (0..2_200).for_each(|i| past.push(Some(f64::from(i))));
        let back = past.days_before(2_200, past.local(2_200), 7).expect("ten days are known");
        let away = (past.time_of(2_200) - past.time_of(back)).num_seconds() - 7 * 86_400;
        assert!(away.abs() <= 210, "{away}");
    }

    #[test]
    fn a_gap_is_filled_for_lags_but_not_seen() {
        let mut past = Past::new(at_epoch(0), 43_200, Tz::UTC);
        [Some(5.0), Some(7.0), None, None].into_iter().for_each(|v| past.push(v));
        assert_eq!(past.back(2, 0), Some(5.0));
        assert_eq!(past.last(), 7.0);
        assert_eq!(past.seen(3), None);
        assert_eq!(past.mean(0, 9), Some(6.0));
    }
}
