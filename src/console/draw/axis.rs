//! Axes: round numbers for values, round local times for moments.

use chrono::{DateTime, Timelike};
use chrono_tz::Tz;

use crate::domain::{Seconds, Time, at_epoch, floor_to, shift};

/// The zone called `name`; UTC where no zone has that name.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// `value` with a unit prefix, in at most six characters for anything below 10¹⁵.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    let size = value.abs();
    let (scaled, suffix) = match size {
        s if s >= 999.5e9 => (value / 1e12, "T"),
        s if s >= 999.5e6 => (value / 1e9, "G"),
        s if s >= 999.5e3 => (value / 1e6, "M"),
        s if s >= 9_999.5 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        s if s >= 100.0 || (s - s.round()).abs() < 1e-9 => 0,
        s if s >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

/// A value axis: from `low` to `high` with a tick every `step`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Value of the lowest edge.
    pub low: f64,
    /// Value of the highest edge; always above `low`.
    pub high: f64,
    /// Distance of two ticks.
    pub step: f64,
    /// Equal ratios, not differences, are equally far apart; then `low` is above zero.
    pub log: bool,
}

impl Scale {
    /// The axis for values up to `top` (and down to `bottom`, where that is below zero) with about `ticks`
    /// steps of 1, 2, 2.5 or 5 × 10ⁿ. Zero is always on it: a curve must not look steeper than it is.
    pub fn new(bottom: f64, top: f64, ticks: usize) -> Scale {
        let sane = |v: f64| if v.is_finite() { v.clamp(-1e15, 1e15) } else { 0.0 };
        let (bottom, top) = (sane(bottom).min(0.0), sane(top).max(0.0));
        let top = if top - bottom > 1e-9 { top } else { bottom + 1.0 };
        let span = top - bottom;
        let rough = span / ticks.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|s| s * power)
            .find(|s| *s >= rough * 0.999)
            .unwrap_or(10.0 * power);
        // On a low plot one step would pass the top: then the largest that does not, so that a number is seen.
        let most = top.max(-bottom);
        let lower = [5.0, 2.5, 2.0, 1.0, 0.5].into_iter().map(|s| s * power).find(|s| *s <= most);
        let step = if step > most { lower.unwrap_or(step) } else { step };
        // The edges lie on quarters of a step: a plot whose upper half is empty shows half as much.
        let quarter = step / 4.0;
        let low = (bottom / quarter + 1e-9).floor() * quarter;
        let high = ((top / quarter - 1e-9).ceil() * quarter).max(low + quarter);
        Scale { low, high, step, log: false }
    }

    /// The axis for values from `least`, above zero, up to `top` on which equal ratios are equally far apart; the highest is
    /// at most `most` times the lowest.
    pub fn logarithmic(least: f64, top: f64, most: f64) -> Scale {
        let top = if top.is_finite() && top > 0.0 { top.clamp(1e-9, 1e15) } else { 1.0 };
        let least = if least.is_finite() && least > 0.0 { least } else { top / 10.0 };
        let least = least.clamp(top / most, top / 2.0);
        let steps = [5.0, 2.0, 1.0].map(|step| step * power(least));
        let low = steps.into_iter().find(|step| *step <= least * (1.0 + 1e-9)).unwrap_or(least);
        Scale { low, high: (top * 1.05).max(4.0 * low), step: low, log: true }
    }

    /// Where `value` lies, 0 at the low edge and 1 at the high one, cut to that.
    pub fn share(&self, value: f64) -> f64 {
        if self.log {
            let ratio = |of: f64| (of / self.low).max(1e-300).ln();
            return (ratio(value.max(self.low)) / ratio(self.high)).clamp(0.0, 1.0);
        }
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The ticks, lowest first: on a logarithmic axis the powers of ten, with those between where there are few.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (low, high) = (self.low * (1.0 - 1e-9), self.high * (1.0 + 1e-9));
        let ticks: Vec<f64> = if self.log {
            let steps: &[f64] = if high / low > 200.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
            let decades =
                (0..30).map(|n| power(self.low) * 10f64.powi(n)).take_while(|decade| *decade <= high);
            decades.flat_map(|decade| steps.iter().map(move |step| step * decade)).collect()
        } else {
            let first = (self.low / self.step - 1e-9).ceil();
            let count = (self.high / self.step - first + 1e-9).floor().clamp(0.0, 100.0) as usize;
            (0..=count).map(|i| (first + i as f64) * self.step).collect()
        };
        let log = self.log;
        ticks.into_iter().filter(move |tick| !log || (low..=high).contains(tick))
    }
}

/// The power of ten at or below `value`.
fn power(value: f64) -> f64 {
    10f64.powf(value.log10().floor())
}

/// A time axis: dot columns tied to absolute buckets, so that a column means the same moments in every frame.
///
/// The end lies on a multiple of a sixteenth of the axis. So time moves through a plot that stands still: a tick
/// redraws a column, and only once in sixteen such stretches everything moves to the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeAxis {
    /// Start of column 0.
    pub start: Time,
    /// Seconds a column covers.
    pub bucket: Seconds,
    /// Number of columns.
    pub columns: usize,
}

impl TimeAxis {
    /// The axis of `columns` columns that shows as much as lies between `from` and `until`, and `until` itself.
    pub fn new(from: Time, until: Time, columns: usize) -> TimeAxis {
        let columns = columns.max(1);
        let span = (until - from).num_seconds().max(1);
        let bucket = (span + columns as i64 - 1) / columns as i64;
        let stretch = bucket.saturating_mul((columns as i64 / 16).max(1));
        let end = floor_to(shift(until, stretch - 1), stretch);
        TimeAxis { start: shift(end, -bucket.saturating_mul(columns as i64)), bucket, columns }
    }

    /// The same axis with every `many` columns made one.
    pub fn coarser(&self, many: usize) -> TimeAxis {
        let many = many.max(1);
        TimeAxis { bucket: self.bucket.saturating_mul(many as i64), columns: self.columns / many, ..*self }
    }

    /// First moment of `column`.
    pub fn time_of(&self, column: usize) -> Time {
        shift(self.start, self.bucket.saturating_mul(column as i64))
    }

    /// The column that `time` falls in, if it is on the axis.
    pub fn column_of(&self, time: Time) -> Option<usize> {
        let offset = time.timestamp() - self.start.timestamp();
        usize::try_from(offset.div_euclid(self.bucket)).ok().filter(|c| *c < self.columns)
    }

    /// Round local times with their column, at least `apart` columns from each other.
    pub fn ticks(&self, zone: Tz, apart: usize) -> Vec<(usize, String)> {
        const STEPS: [i64; 13] =
            [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];
        let wanted = self.bucket.saturating_mul(apart as i64);
        let Some(step) = STEPS.into_iter().find(|s| *s >= wanted) else { return Vec::new() };
        // Zones differ from UTC by multiples of a quarter of an hour; a clock change moves the local hours,
        // so each candidate is judged by its own local time.
        let stride = step.min(900);
        let end = self.time_of(self.columns);
        let mut time = floor_to(self.start, stride);
        let mut ticks = Vec::new();
        while time < end {
            let local = in_zone(time, zone).naive_local();
            let seconds = i64::from(local.time().num_seconds_from_midnight());
            let day = local.and_utc().timestamp().div_euclid(86_400);
            let round =
                if step <= 86_400 { seconds % step == 0 } else { seconds == 0 && day % (step / 86_400) == 0 };
            if round && let Some(column) = self.column_of(time) {
                let form = if step >= 86_400 || seconds == 0 { "%a %d" } else { "%H:%M" };
                ticks.push((column, local.format(form).to_string()));
            }
            time = shift(time, stride);
        }
        ticks
    }
}

/// `time` on the clocks of `zone`, kept within the years 1 to 9999.
pub fn in_zone(time: Time, zone: Tz) -> DateTime<Tz> {
    time.clamp(at_epoch(-62_135_337_600), at_epoch(253_402_041_600)).with_timezone(&zone)
}

/// `time` on the clocks of `zone`, by a `strftime` format.
pub fn stamp(time: Time, zone: Tz, format: &str) -> String {
    in_zone(time, zone).format(format).to_string()
}

/// `time` in `zone`, as `Fri 27 15:04`.
pub fn local(time: Time, zone: Tz) -> String {
    stamp(time, zone, "%a %d %H:%M")
}

/// `time` in `zone`, as `15:04`.
pub fn clock(time: Time, zone: Tz) -> String {
    stamp(time, zone, "%H:%M")
}

/// `seconds` in words: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`; never negative.
pub fn length(seconds: Seconds) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds / 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 if minutes % 60 == 0 => format!("{hours} h"),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Time in UTC from its parts, for tests of the views.
#[cfg(test)]
pub(crate) fn utc(text: &str) -> Time {
    text.parse::<chrono::DateTime<chrono::Utc>>().expect("an RFC 3339 time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scales_are_round() {
        assert_eq!(Scale::new(0.0, 87.0, 5), Scale { low: 0.0, high: 90.0, step: 20.0, log: false });
        assert_eq!(Scale::new(0.0, 87.0, 5).ticks().collect::<Vec<_>>(), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(Scale::new(-3.0, 87.0, 5).ticks().collect::<Vec<_>>(), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(Scale::new(0.0, 4_370.0, 1).ticks().collect::<Vec<_>>(), [0.0, 2_500.0]);
        assert_eq!(Scale::new(5.0, 5.0, 2).high, 5.0);
        assert_eq!(Scale::new(0.0, 0.0, 4).high, 1.0);
        assert_eq!(Scale::new(f64::NAN, f64::INFINITY, 0).low, 0.0);
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        let scale = Scale::logarithmic(3.0, 800.0, 1e5);
        assert_eq!((scale.low, scale.ticks().collect::<Vec<_>>()), (2.0, vec![10.0, 100.0]));
        let far = scale.share(20.0) - scale.share(2.0);
        assert!((far - (scale.share(200.0) - scale.share(20.0))).abs() < 1e-9);
        let few = Scale::logarithmic(300.0, 6_000.0, 1e5);
        assert_eq!(
            few.ticks().map(f64::round).collect::<Vec<_>>(),
            [200.0, 500.0, 1_000.0, 2_000.0, 5_000.0]
        );
        assert_eq!((scale.share(0.0), scale.share(-5.0), scale.share(1e9)), (0.0, 0.0, 1.0));
        assert_eq!(Scale::logarithmic(1e-9, 1e6, 1e5).low, 10.0, "no more decades than can be read");
    }

    #[test]
    fn numbers_are_short() {
        let said = [0.0, 0.25, 12.345, 1234.0, 12_345.0, 1.5e6, -3.0, f64::NAN].map(short);
        assert_eq!(said, ["0", "0.25", "12.3", "1234", "12.3k", "1.5M", "-3", "?"]);
    }

    #[test]
    fn columns_stand_still_within_a_bucket() {
        let at = |from, until| TimeAxis::new(utc(from), utc(until), 120);
        let a = at("2026-11-27T10:00:00Z", "2026-11-27T16:00:00Z");
        assert_eq!((a.start, a.bucket), (utc("2026-11-27T10:15:00Z"), 180));
        assert_eq!(at("2026-11-27T10:15:00Z", "2026-11-27T16:15:00Z"), a);
        let b = at("2026-11-27T10:15:01Z", "2026-11-27T16:15:01Z");
        assert_eq!((b.start, b.bucket), (utc("2026-11-27T10:36:00Z"), 180), "seven columns on");
    }

    #[test]
    fn local_hours_stay_round_over_a_clock_change() {
        let axis = TimeAxis::new(utc("2026-10-24T20:00:00Z"), utc("2026-10-25T08:00:00Z"), 240);
        let labels: Vec<String> = axis.ticks(zone("Europe/Berlin"), 30).into_iter().map(|(_, l)| l).collect();
        assert_eq!(labels, ["Sun 25", "02:00", "02:00", "04:00", "06:00", "08:00"]);
        assert_eq!(zone("Nowhere/At_All"), Tz::UTC);
    }

    #[test]
    fn far_times_do_not_panic() {
        assert_eq!(stamp(at_epoch(0), zone("Europe/Berlin"), "%H:%M %:z"), "01:00 +01:00");
        assert_eq!(stamp(Time::MAX_UTC, zone("Asia/Tokyo"), "%Y"), "9999");
        assert_eq!(stamp(Time::MIN_UTC, zone("America/Lima"), "%Y"), "0001");
        for (from, until) in
            [(shift(Time::MAX_UTC, -36_000), Time::MAX_UTC), (Time::MIN_UTC, shift(Time::MIN_UTC, 36_000))]
        {
            TimeAxis::new(from, until, 120).ticks(zone("America/Lima"), 10);
            TimeAxis::new(from, until, 120).ticks(zone("Asia/Tokyo"), 10);
        }
    }

    #[test]
    fn lengths_are_worded() {
        assert_eq!(
            [5, 720, 7_200, 12_000, 187_200, -4].map(length),
            ["5 s", "12 min", "2 h", "3 h 20 min", "2 d 4 h", "0 s"]
        );
    }

    proptest! {
        #[test]
        fn any_value_fits_its_scale(bottom in any::<f64>(), top in any::<f64>(), ticks in 0usize..20) {
            let scale = Scale::new(bottom, top, ticks);
            prop_assert!(scale.high > scale.low && scale.step > 0.0);
            prop_assert!((0.0..=1.0).contains(&scale.share(top.clamp(-1e15, 1e15)).max(0.0)));
            prop_assert!(scale.ticks().count() <= 101);
            let log = Scale::logarithmic(bottom, top, 1e5);
            prop_assert!(log.high > log.low && log.low > 0.0 && log.ticks().count() <= 101);
            prop_assert!((0.0..=1.0).contains(&log.share(top)) || top.is_nan());
        }

        #[test]
        fn time_axes_hold_their_range(from in -1_000_000i64..1_000_000_000, span in 1i64..10_000_000, columns in 2usize..500) {
            let axis = TimeAxis::new(at_epoch(from), at_epoch(from + span), columns);
            let stretch = axis.bucket * (columns as i64 / 16).max(1);
            prop_assert!(axis.start <= at_epoch(from + stretch));
            prop_assert!(axis.time_of(columns) >= at_epoch(from + span));
            prop_assert!(axis.time_of(columns) < at_epoch(from + span + stretch));
            prop_assert!(axis.ticks(Tz::UTC, 8).len() <= columns + 1);
        }
    }
}
