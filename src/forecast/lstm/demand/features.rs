//! Inputs of the demand network at an origin: history, calendar and clock, never a later sample.

use std::f64::consts::TAU;

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;

use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
    series::Series,
};

/// Features per step of the window: value and difference to a day before (both against the anchor's level),
/// whether each is known, event flag.
pub const STEP_FEATURES: usize = 5;

/// Context features besides those of the horizons: sine and cosine of the local time of day and of week,
/// event flag now, difference of the last steps to the same a day before.
pub const CLOCK_FEATURES: usize = 6;

/// Context per horizon: reference a day and a week before its target with known and event flags, event flag at
/// the target.
pub const HORIZON_FEATURES: usize = 7;

const DAY: Seconds = 86_400;

/// Bound of an input's absolute value, so that an outlier does not dominate.
const MOST: f64 = 8.0;

/// A series and the announced events.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Demand.
    pub history: &'a Series,
    /// Event flag for steps of `history` and beyond.
    pub flags: &'a Flags,
    /// Time zone of the group's users.
    pub zone: Tz,
}

/// For each step, whether an event lasts at its start.
#[derive(Debug, Clone)]
pub struct Flags(Vec<bool>);

impl Flags {
    /// Flags of the steps of `series` and `ahead` further ones. Freezes and incidents are left out.
    pub fn new(series: &Series, events: &[Event], ahead: usize) -> Flags {
        let mut flags = vec![false; series.len() + ahead];
        let end = series.time_of(flags.len());
        for event in events {
            let counts = !matches!(event.kind, EventKind::Freeze | EventKind::Incident);
            if !counts || event.end <= series.start() || event.start >= end {
                continue;
            }
            let first = series.index_of(event.start).unwrap_or(0);
            let last = series.index_of(event.end.min(end)).unwrap_or(0).min(flags.len() - 1);
            for (index, flag) in flags.iter_mut().enumerate().take(last + 1).skip(first) {
                *flag |= event.covers(series.time_of(index));
            }
        }
        Flags(flags)
    }

    fn at(&self, index: Option<usize>) -> f64 {
        f64::from(u8::from(index.and_then(|i| self.0.get(i)).copied().unwrap_or(false)))
    }
}

/// The level by which one origin's numbers are made comparable with another's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// The newest known demand; forecasts are differences to it.
    pub last: f64,
    /// Mean of known demand over the day before the origin, above zero.
    pub scale: f64,
}

impl Anchor {
    /// The anchor for forecasts of step `origin` and later; `None` while the last three steps are gaps, or when
    /// there was no demand for a day.
    pub fn at(history: &Series, origin: usize, window: usize) -> Option<Anchor> {
        let last = (origin.saturating_sub(3)..origin).rev().find_map(|i| history.get(i))?;
        let length = per_day(history.step()).unwrap_or(window).max(window);
        let (mut sum, mut count) = (0.0, 0usize);
        for value in (origin.saturating_sub(length)..origin).filter_map(|i| history.get(i)) {
            sum += value.abs();
            count += 1;
        }
        let scale = sum / count.max(1) as f64;
        (scale > 1e-9 && scale.is_finite()).then_some(Anchor { last, scale })
    }

    /// `value` as a share of the level, against the anchor.
    pub fn relative(&self, value: f64) -> f64 {
        (value - self.last) / self.scale
    }
}

/// Steps in a day, where the step divides it.
pub fn per_day(step: Seconds) -> Option<usize> {
    (step > 0 && DAY % step == 0).then(|| (DAY / step) as usize)
}

/// Input window and context for forecasts of step `origin` and later, from steps before it alone.
///
/// `unit` is the typical size of a change, as a share of the level: inputs are divided by it. `None` when more
/// than a quarter of the window is missing or there is no [`Anchor`].
pub fn inputs(
    sight: Sight<'_>,
    origin: usize,
    window: usize,
    horizons: &[usize],
    unit: f64,
) -> Option<(Vec<f32>, Vec<f32>, Anchor)> {
    let history = sight.history;
    let first = origin.checked_sub(window)?;
    let missing = (first..origin).filter(|i| history.get(*i).is_none()).count();
    if missing * 4 > window {
        return None;
    }
    let anchor = Anchor::at(history, origin, window)?;
    let day = per_day(history.step());
    let size = |value: f64| (value / unit).clamp(-MOST, MOST) as f32;
    let earlier = |index: usize, lag: Option<usize>| index.checked_sub(lag?).filter(|i| *i < origin);
    let mut steps = Vec::with_capacity(window * STEP_FEATURES);
    // A missing value is carried forward and flagged as unknown; it is never taken for zero demand.
    let mut carried = history.get(first).map_or(0.0, |v| anchor.relative(v));
    let (mut drift, mut drifts) = (0.0, 0.0);
    for index in first..origin {
        let value = history.get(index);
        carried = value.map_or(carried, |v| anchor.relative(v));
        let reference = earlier(index, day).and_then(|i| history.get(i));
        let change = value.zip(reference).map(|(v, r)| (v - r) / anchor.scale);
        if let Some(change) = change.filter(|_| index + 6 >= origin) {
            drift += change;
            drifts += 1.0;
        }
        steps.extend([
            size(carried),
            size(change.unwrap_or(0.0)),
            flag(value.is_some()),
            flag(change.is_some()),
        ]);
        steps.push(sight.flags.at(Some(index)) as f32);
    }
    let mut context = Vec::with_capacity(CLOCK_FEATURES + horizons.len() * HORIZON_FEATURES);
    context.extend(clock(history.time_of(origin), sight.zone));
    context.extend([sight.flags.at(Some(origin - 1)) as f32, size(drift / f64::max(drifts, 1.0))]);
    for horizon in horizons {
        let target = origin + horizon - 1;
        for lag in [day, day.map(|d| 7 * d)] {
            let place = earlier(target, lag);
            let reference = place.and_then(|i| history.get(i));
            context.push(reference.map_or(0.0, |v| size(anchor.relative(v))));
            context.extend([flag(reference.is_some()), sight.flags.at(place) as f32]);
        }
        context.push(sight.flags.at(Some(target)) as f32);
    }
    Some((steps, context, anchor))
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// Sine and cosine of the local time of day and of week.
fn clock(time: Time, zone: Tz) -> [f32; 4] {
    let local = time.with_timezone(&zone);
    let day = f64::from(local.num_seconds_from_midnight()) / DAY as f64;
    let week = (f64::from(local.weekday().num_days_from_monday()) + day) / 7.0;
    [(day * TAU).sin(), (day * TAU).cos(), (week * TAU).sin(), (week * TAU).cos()].map(|v| v as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn sight<'a>(history: &'a Series, flags: &'a Flags) -> Sight<'a> {
        Sight { history, flags, zone: Tz::Europe__Berlin }
    }

    proptest! {
        #[test]
        fn nothing_at_or_after_the_origin_is_seen(
            values in prop::collection::vec(prop::option::weighted(0.9, 1.0..1e6f64), 40..80),
            origin in 10usize..40,
        ) {
            let horizons = [1, 3, 6];
            let whole = Series::from_values(at_epoch(0), 21_600, values.iter().copied());
            let poisoned = Series::from_values(at_epoch(0), 21_600,
                values.iter().enumerate().map(|(i, v)| if i < origin { *v } else { Some(9e99) }));
            let cut = whole.between(whole.start(), whole.time_of(origin));
            let flags = Flags::new(&whole, &[], 10);
            let seen = |series| inputs(sight(series, &flags), origin, 8, &horizons, 0.1);
            prop_assert_eq!(seen(&whole), seen(&poisoned));
            prop_assert_eq!(seen(&whole), seen(&cut));
        }
    }

    #[test]
    fn events_flag_their_steps_only() {
        let series = Series::from_values(at_epoch(0), 300, (0..10).map(|_| Some(1.0)));
        let event = |kind, from: i64, until: i64| Event {
            name: "e".into(),
            kind,
            label: "e".into(),
            start: at_epoch(from),
            end: at_epoch(until),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        };
        let events = [
            event(EventKind::Sale, 600, 1_200),
            event(EventKind::Freeze, 0, 9_000),
            event(EventKind::Sale, 3_000, 99_999),
        ];
        let flags = Flags::new(&series, &events, 2);
        let on: Vec<usize> = (0..12).filter(|i| flags.0[*i]).collect();
        assert_eq!(on, [2, 3, 10, 11]);
    }

    #[test]
    fn windows_with_many_gaps_have_no_inputs() {
        let flat = |gaps: std::ops::Range<usize>| {
            Series::from_values(at_epoch(0), 300, (0..20).map(|i| (!gaps.contains(&i)).then_some(5.0)))
        };
        let has_inputs = |s: &Series| inputs(sight(s, &Flags::new(s, &[], 2)), 20, 12, &[1], 0.1).is_some();
        assert!(has_inputs(&flat(0..0)));
        assert!(has_inputs(&flat(12..15)));
        assert!(!has_inputs(&flat(12..16)), "a third of the window is missing");
        assert!(!has_inputs(&flat(17..20)), "the newest steps are missing");
        let nothing = Series::from_values(at_epoch(0), 300, (0..20).map(|_| Some(0.0)));
        assert!(!has_inputs(&nothing), "there is no level to scale by");
    }
}
