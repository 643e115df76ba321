//! What a linear model sees of the past and of the calendar, for one step ahead.

use std::f64::consts::TAU;

use super::{
    marks::{LABELS, Mark},
    past::{Local, Past, average},
};

/// A step with what clock and calendar say of it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Its index in the past or beyond.
    pub index: usize,
    /// People's time.
    pub local: Local,
    /// The calendar's.
    pub mark: Mark,
}

/// Steps back whose change against the newest value is a feature.
const LAGS: [usize; 11] = [1, 2, 3, 4, 5, 7, 9, 12, 18, 24, 36];
/// Number of features.
pub const WIDTH: usize = 1 + LAGS.len() + 5 + 8 + 3 + 8 + 5 + 4 + 2 * LABELS;

/// Number of features of [`clock`].
pub const CLOCK_WIDTH: usize = 1 + 8 + 6 + 3 * LABELS;

/// Where the features that only events set begin, here and in [`clock`].
pub const FLAGS: usize = WIDTH - 2 * LABELS;
/// As [`FLAGS`], among the features of [`clock`].
pub const CLOCK_FLAGS: usize = CLOCK_WIDTH - 3 * LABELS;

/// Fills `x` (of [`WIDTH`]) for the step `target`, seen from `now`, the end of `past`.
///
/// `shape` is the transform in which the model works (a monotone function); all values enter as differences
/// to the newest one, so that a shift of level is followed at once.
pub fn fill(x: &mut Vec<f64>, past: &Past, now: &Moment, target: &Moment, shape: impl Fn(f64) -> f64) {
    let (n, day, local) = (past.len(), past.day(), target.local);
    let last = shape(past.last());
    let rel = |v: Option<f64>| v.map_or(0.0, |v| shape(v) - last);
    x.clear();
    x.push(1.0);
    x.extend(LAGS.map(|lag| rel(n.checked_sub(1 + lag).and_then(|i| past.back(i, 0)))));
    for span in [3, 6, 12, 36, day] {
        x.push(rel(past.mean(n.saturating_sub(span), n)));
    }
    seasonal(x, past, target, &rel);
    for days in [1, 7] {
        x.push(rel(past.earlier(now.index, now.local, now.mark.day, days)));
    }
    x.push(rel(n.checked_sub(day + 12).and_then(|from| past.mean(from, from + 12))));
    for k in 1..=4 {
        let angle = TAU * local.slot * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    for weekday in [0, 4, 5, 6] {
        x.push(if local.weekday == weekday { 1.0 } else { 0.0 });
    }
    x.push(if local.weekday >= 5 { (TAU * local.slot).cos() } else { 0.0 });
    for k in 1..=2 {
        let angle = TAU * local.hour * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    x.extend(target.mark.flags);
    x.extend(now.mark.flags);
    debug_assert_eq!(x.len(), WIDTH);
}

/// Features of a moment that do not depend on demand: time of day, weekday, and the events that hold, each with
/// a daily wave of its own; [`CLOCK_WIDTH`] of them.
pub fn clock(local: Local, mark: &Mark) -> Vec<f64> {
    let mut x = vec![1.0];
    for k in 1..=4 {
        let angle = TAU * local.slot * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    x.extend((1..7).map(|weekday| if local.weekday == weekday { 1.0 } else { 0.0 }));
    let (sin, cos) = (TAU * local.slot).sin_cos();
    x.extend(mark.flags.into_iter().flat_map(|flag| [flag, flag * sin, flag * cos]));
    debug_assert_eq!(x.len(), CLOCK_WIDTH);
    x
}

/// The same time of day on days gone by. Where a week ago is not known, the days before stand in.
fn seasonal(x: &mut Vec<f64>, past: &Past, target: &Moment, rel: &impl Fn(Option<f64>) -> f64) {
    // Whole days back far enough to be in the past.
    let first = (target.index - past.len()) / past.day() + 1;
    let at = |days: usize| past.earlier(target.index, target.local, target.mark.day, days);
    let around = |days: usize| past.around(target.index, target.local, target.mark.day, days);
    let one = at(first);
    x.push(rel(one));
    x.push(rel(around(first).or(one)));
    x.push(rel(at(first + 1).or(one)));
    x.push(rel(average((first..first + 3).filter_map(at))));
    let days = average((first..first + 7).filter_map(at));
    x.push(rel(days));
    let weeks = first.div_ceil(7);
    x.push(rel(at(7 * weeks).or(days)));
    x.push(rel(around(7 * weeks).or(days)));
    x.push(rel(average((weeks..weeks + 4).filter_map(|w| at(7 * w))).or(days)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use chrono_tz::Tz;

    #[test]
    fn features_are_differences_to_the_newest_value() {
        let past = |level: f64| {
            let mut past = Past::new(at_epoch(0), 300, Tz::UTC);
            (0..3_000).for_each(|i| past.push(Some(level + f64::from(i % 288)), &Mark::PLAIN));
            past
        };
        let features = |past: &Past| {
            let moment = |index| Moment { index, local: past.local(index), mark: Mark::PLAIN };
            let mut x = Vec::new();
            fill(&mut x, past, &moment(2_999), &moment(3_005), |v| v);
            x
        };
        let (low, high) = (features(&past(0.0)), features(&past(1_000.0)));
        assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(low.len(), WIDTH);
    }

    #[test]
    fn clock_and_calendar_tell_moments_apart_but_not_weeks() {
        let at = |hour: i64, flag: Option<usize>| {
            let mut mark = Mark::PLAIN;
            flag.iter().for_each(|place| mark.flags[*place] = 1.0);
            clock(Local::new(at_epoch(3_600 * hour), Tz::UTC), &mark)
        };
        let plain = at(0, None);
        assert_eq!(plain.len(), CLOCK_WIDTH);
        assert_eq!(at(7 * 24, None), plain);
        assert_ne!(at(24, None), plain);
        assert_ne!(at(1, None), plain);
        let (sale, match_day) = (at(0, Some(0)), at(0, Some(1)));
        assert!(sale != plain && match_day != plain && sale != match_day);
        assert_eq!(sale[..CLOCK_FLAGS], plain[..CLOCK_FLAGS], "events set their own features only");
    }
}
