//! What a linear model sees of the past and of the calendar, for one step ahead.

use std::f64::consts::TAU;

use super::past::{Local, Past};
use crate::domain::{Time, event::Event};

/// Steps back whose change against the newest value is a feature.
const LAGS: [usize; 11] = [1, 2, 3, 4, 5, 7, 9, 12, 18, 24, 36];
/// Kinds of events told apart; further ones share the last place.
const LABELS: usize = 4;
/// Number of features.
pub const WIDTH: usize = 1 + LAGS.len() + 5 + 8 + 3 + 8 + 5 + 4 + 2 * LABELS;

/// Number of features of [`clock`].
pub const CLOCK_WIDTH: usize = 1 + 8 + 6 + 3 * LABELS;

/// The places of event labels among the features, in order of first appearance.
#[derive(Debug, Clone, Default)]
pub struct Labels(Vec<String>);

impl Labels {
    /// Place of `label`; labels beyond the last place share it.
    fn place(&mut self, label: &str) -> usize {
        let known = self.0.iter().position(|l| l == label).unwrap_or_else(|| {
            self.0.push(label.to_owned());
            self.0.len() - 1
        });
        known.min(LABELS - 1)
    }

    /// Which kinds of events hold at `time`.
    fn at(&mut self, time: Time, events: &[Event]) -> [f64; LABELS] {
        let mut flags = [0.0; LABELS];
        for event in events.iter().filter(|e| e.covers(time)) {
            flags[self.place(&event.label)] = 1.0;
        }
        flags
    }
}

/// Fills `x` (of [`WIDTH`]) for the step `target`, seen from the end of `past`.
///
/// `shape` is the transform in which the model works (a monotone function); all values enter as differences
/// to the newest one, so that a shift of level is followed at once.
pub fn fill(
    x: &mut Vec<f64>,
    past: &Past,
    target: usize,
    local: Local,
    events: &[Event],
    labels: &mut Labels,
    shape: impl Fn(f64) -> f64,
) {
    let (n, day) = (past.len(), past.day());
    let week = 7 * day;
    let last = shape(past.last());
    let rel = |v: Option<f64>| v.map_or(0.0, |v| shape(v) - last);
    x.clear();
    x.push(1.0);
    x.extend(LAGS.map(|lag| rel(n.checked_sub(1 + lag).and_then(|i| past.back(i, 0)))));
    for span in [3, 6, 12, 36, day] {
        x.push(rel(past.mean(n.saturating_sub(span), n)));
    }
    seasonal(x, past, target, local, &rel);
    for back in [day, week] {
        x.push(rel((n - 1).checked_sub(back).and_then(|i| past.back(i, 0))));
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
    x.extend(labels.at(past.time_of(target), events));
    x.extend(labels.at(past.time_of(n - 1), events));
    debug_assert_eq!(x.len(), WIDTH);
}

/// Features of a moment that do not depend on demand: time of day, weekday, and the events that hold, each with
/// a daily wave of its own; [`CLOCK_WIDTH`] of them.
pub fn clock(time: Time, local: Local, events: &[Event], labels: &mut Labels) -> Vec<f64> {
    let mut x = vec![1.0];
    for k in 1..=4 {
        let angle = TAU * local.slot * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    x.extend((1..7).map(|weekday| if local.weekday == weekday { 1.0 } else { 0.0 }));
    let (sin, cos) = (TAU * local.slot).sin_cos();
    x.extend(labels.at(time, events).into_iter().flat_map(|flag| [flag, flag * sin, flag * cos]));
    debug_assert_eq!(x.len(), CLOCK_WIDTH);
    x
}

/// The same time of day on days gone by. Where a week ago is not known, the days before stand in.
fn seasonal(x: &mut Vec<f64>, past: &Past, target: usize, local: Local, rel: &impl Fn(Option<f64>) -> f64) {
    // Whole days back far enough to be in the past.
    let first = (target - past.len()) / past.day() + 1;
    let index = |days: usize| past.days_before(target, local, days);
    let at = |days: usize| past.back(index(days)?, 0);
    let around = |days: usize| index(days)?.checked_sub(2).and_then(|from| past.mean(from, from + 5));
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

fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, event::EventKind};
    use chrono_tz::Tz;

    #[test]
    fn features_are_differences_to_the_newest_value() {
        let (mut low, mut high) =
            (Past::new(at_epoch(0), 300, Tz::UTC), Past::new(at_epoch(0), 300, Tz::UTC));
        for i in 0..3_000 {
            let v = f64::from(i % 288);
            low.push(Some(v));
            high.push(Some(v + 1_000.0));
        }
        let features = |past: &Past| {
            let mut x = Vec::new();
            let local = past.local(3_005);
            fill(&mut x, past, 3_005, local, &[], &mut Labels::default(), |v| v);
            x
        };
        let (low, high) = (features(&low), features(&high));
        assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(low.len(), WIDTH);
    }
    #[test]
    fn clock_and_calendar_tell_moments_apart_but_not_weeks() {
        let event = |label: &str| Event {
            name: label.into(),
            kind: EventKind::Other,
            label: label.into(),
            start: at_epoch(0),
            end: at_epoch(3_600),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        };
        let mut labels = Labels::default();
        let mut at = |time: i64, events: &[Event]| {
            let time = at_epoch(time);
            clock(time, Local::new(time, chrono_tz::UTC), events, &mut labels)
        };
        let plain = at(0, &[]);
        assert_eq!(plain.len(), CLOCK_WIDTH);
        assert_eq!(at(7 * 86_400, &[]), plain);
        assert_ne!(at(86_400, &[]), plain);
        assert_ne!(at(3_600, &[]), plain);
        let (sale, match_day) = (at(0, &[event("sale")]), at(0, &[event("match")]));
        assert!(sale != plain && match_day != plain && sale != match_day);
        assert_eq!(at(7 * 86_400, &[event("sale")]), plain, "the event is over");
    }
}
