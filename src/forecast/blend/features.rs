//! Features of the regressions: recent values, the same time of earlier days, clock and calendar.

use std::f64::consts::TAU;

use super::{
    calendar_features::{CalendarFeatures, LABELS},
    history::{DemandHistory, LocalTime, average},
};

/// A step with its local time and its calendar features.
#[derive(Debug, Clone, Copy)]
pub struct StepContext {
    /// Its index in the history or beyond its end.
    pub index: usize,
    /// Its local time.
    pub local: LocalTime,
    /// Its calendar features.
    pub calendar: CalendarFeatures,
}

/// Lags whose difference to the newest value is a feature.
const LAGS: [usize; 11] = [1, 2, 3, 4, 5, 7, 9, 12, 18, 24, 36];
/// Number of features.
pub const WIDTH: usize = 1 + LAGS.len() + 5 + 8 + 3 + 8 + 5 + 4 + 1 + 2 * LABELS;

/// Number of features of [`clock`].
pub const CLOCK_WIDTH: usize = 1 + 8 + 6 + 3 * LABELS;

/// Index of the first feature that only events set, in [`fill`].
pub const FLAGS: usize = WIDTH - 2 * LABELS;
/// The same in [`clock`].
pub const CLOCK_FLAGS: usize = CLOCK_WIDTH - 3 * LABELS;

/// Fills `x` (of [`WIDTH`]) with the features of the step `target`, seen from `now`, the newest step of
/// `history`.
///
/// Loads are transformed by `transform` (monotone) and enter as differences to the newest one, so that a
/// shift of level is followed at once.
pub fn fill(
    x: &mut Vec<f64>,
    history: &DemandHistory,
    now: &StepContext,
    target: &StepContext,
    transform: impl Fn(f64) -> f64,
) {
    let (n, day, local) = (history.len(), history.day(), target.local);
    let last = transform(history.last());
    let rel = |v: Option<f64>| v.map_or(0.0, |v| transform(v) - last);
    x.clear();
    x.push(1.0);
    x.extend(LAGS.map(|lag| rel(n.checked_sub(1 + lag).and_then(|i| history.lag(i, 0)))));
    for span in [3, 6, 12, 36, day] {
        x.push(rel(history.mean(n.saturating_sub(span), n)));
    }
    seasonal(x, history, target, &rel);
    for days in [1, 7] {
        x.push(rel(history.days_ago(now.index, now.local, now.calendar.day, days)));
    }
    x.push(rel(n.checked_sub(day + 12).and_then(|from| history.usual_mean(from, from + 12))));
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
    x.push(rel(history.period_ago(target.index)));
    x.extend(target.calendar.flags);
    x.extend(now.calendar.flags);
    debug_assert_eq!(x.len(), WIDTH);
}

/// Features of a step that do not depend on demand ([`CLOCK_WIDTH`] of them): time of day, weekday, and the
/// kinds of event, each with a daily wave of its own.
pub fn clock(local: LocalTime, calendar: &CalendarFeatures) -> Vec<f64> {
    let mut x = vec![1.0];
    for k in 1..=4 {
        let angle = TAU * local.slot * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    x.extend((1..7).map(|weekday| if local.weekday == weekday { 1.0 } else { 0.0 }));
    let (sin, cos) = (TAU * local.slot).sin_cos();
    x.extend(calendar.flags.into_iter().flat_map(|flag| [flag, flag * sin, flag * cos]));
    debug_assert_eq!(x.len(), CLOCK_WIDTH);
    x
}

/// The same time of day on earlier days. Where the value of a week ago is not known, the mean of the days
/// since stands in.
fn seasonal(
    x: &mut Vec<f64>,
    history: &DemandHistory,
    target: &StepContext,
    rel: &impl Fn(Option<f64>) -> f64,
) {
    // Whole days back far enough to lie in the history.
    let first = (target.index - history.len()) / history.day() + 1;
    let at = |days: usize| history.days_ago(target.index, target.local, target.calendar.day, days);
    let around = |days: usize| history.days_ago_mean(target.index, target.local, target.calendar.day, days);
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
        let history = |level: f64| {
            let mut history = DemandHistory::new(at_epoch(0), 300, Tz::UTC);
            (0..3_000).for_each(|i| history.push(Some(level + f64::from(i % 288)), &CalendarFeatures::PLAIN));
            history
        };
        let features = |history: &DemandHistory| {
            let step =
                |index| StepContext { index, local: history.local(index), calendar: CalendarFeatures::PLAIN };
            let mut x = Vec::new();
            fill(&mut x, history, &step(2_999), &step(3_005), |v| v);
            x
        };
        let (low, high) = (features(&history(0.0)), features(&history(1_000.0)));
        assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(low.len(), WIDTH);
    }

    #[test]
    fn clock_features_tell_hours_and_events_apart_but_not_weeks() {
        let at = |hour: i64, flag: Option<usize>| {
            let mut calendar = CalendarFeatures::PLAIN;
            flag.iter().for_each(|kind| calendar.flags[*kind] = 1.0);
            clock(LocalTime::new(at_epoch(3_600 * hour), Tz::UTC), &calendar)
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
