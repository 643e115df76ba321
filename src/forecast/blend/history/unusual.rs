//! Steps that were unlike the same time of all days before: one odd hour must not be expected again a day and a week later.
//!
//! A step is compared some hours after it ended, when it is known whether load stayed there. What lasted for most of a day, or
//! came at the same time on one of the days before, is not odd. For an odd step, lookups by time of day see what is usual.

use super::{DemandHistory, average};
use crate::domain::Seconds;

/// Days before the step that it is compared with, and how many of them must be known.
const DAYS: usize = 7;
const LEAST: usize = 3;
/// Seconds by which a recurring event may come earlier or later.
const JITTER: Seconds = 1_800;
/// The hours on both sides that tell the level of the day: from so many seconds away, to so many.
const SIDES: (Seconds, Seconds) = (7_200, 28_800);
/// Above so many times the highest of those days, or below that part of the lowest, a step is odd.
const ODD: f64 = 2.0;
/// What differs by less than this share of the load of these hours is left alone.
const MATTERS: f64 = 0.25;

impl DemandHistory {
    /// Compares the newest step whose sides are known with the days before, and notes what is usual where it was odd.
    pub(super) fn compare_settled(&mut self) {
        let (near, far) = (self.steps_in(SIDES.0), self.steps_in(SIDES.1));
        let Some(index) = self.len().checked_sub(far + 1) else { return };
        if self.steps.kind(index).is_none()
            && let Some(load) = self.steps.observed(index).and(self.lag(index, 0))
            && let Some(usual) = self.usual_instead(index, load, (near, far))
        {
            self.steps.set_usual(index, usual);
        }
    }

    fn usual_instead(&self, index: usize, load: f64, (near, far): (usize, usize)) -> Option<f64> {
        let local = self.local(index);
        let days = (1..=DAYS).filter_map(|days| self.days_before(index, local, days));
        let days: Vec<usize> = days.filter(|day| self.steps.kind(*day).is_none()).collect();
        let jitter = self.steps_in(JITTER);
        let around = |day: usize| (day.saturating_sub(jitter)..=day + jitter).filter_map(|i| self.lag(i, 0));
        let (mut low, mut high) = (f64::MAX, 0.0f64);
        for load in days.iter().flat_map(|day| around(*day)) {
            (low, high) = (low.min(load), high.max(load));
        }
        if days.len() < LEAST || (load <= ODD * high && load >= low / ODD) {
            return None;
        }
        let before = |i: usize| self.mean(i.saturating_sub(far), i.saturating_sub(near));
        let after = |i: usize| self.mean(i + near + 1, i + far + 1);
        let ratio = |here: Option<f64>, then: Option<f64>| match (here, then) {
            (Some(here), Some(then)) if then > 0.0 => here / then,
            _ => 1.0,
        };
        let sides = [
            ratio(before(index), average(days.iter().filter_map(|day| before(*day)))),
            ratio(after(index), average(days.iter().filter_map(|day| after(*day)))),
        ];
        let (least, most) = (sides[0].min(sides[1]).min(1.0), sides[0].max(sides[1]).max(1.0));
        let level = self.mean(index.saturating_sub(far), index + far + 1)?;
        let beyond = (load - load.clamp(low * least, high * most)).abs();
        if (load <= ODD * high * most && load >= low * least / ODD) || beyond < MATTERS * level {
            return None;
        }
        let usual = average(days.iter().filter_map(|day| self.lag(*day, 0)))?;
        Some((usual * (sides[0] + sides[1]) / 2.0).clamp(low * least, high * most))
    }

    /// Steps in `seconds`, at least one.
    fn steps_in(&self, seconds: Seconds) -> usize {
        (seconds / self.step).max(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::at_epoch,
        forecast::blend::{calendar_features::CalendarFeatures, history::DemandHistory},
    };

    /// Hours of half-hour steps at 100, except where `load` says otherwise.
    fn history(days: usize, load: impl Fn(usize) -> Option<f64>) -> DemandHistory {
        let mut history = DemandHistory::new(at_epoch(1_700_438_400), 1_800, chrono_tz::UTC);
        (0..48 * days).for_each(|i| history.push(Some(load(i).unwrap_or(100.0)), &CalendarFeatures::PLAIN));
        history
    }

    /// What a day ago is taken to be, at that step of the last day.
    fn day_ago(history: &DemandHistory, step: usize) -> Option<f64> {
        let target = history.len() + step;
        history.days_ago(target, history.local(target), None, 1)
    }

    #[test]
    fn one_odd_hour_is_not_expected_again() {
        let noon = 48 * 9 + 24;
        let spike = history(10, |i| (noon..noon + 2).contains(&i).then_some(900.0));
        assert_eq!(day_ago(&spike, 24), Some(100.0));
        let dip = history(10, |i| (noon..noon + 2).contains(&i).then_some(3.0));
        assert_eq!(day_ago(&dip, 25), Some(100.0), "nor is an outage");
        assert_eq!(spike.observed(noon), Some(900.0), "what was observed stays");
        let week = noon + 48 * 7;
        let spike = history(16, |i| (noon..noon + 2).contains(&i).then_some(900.0));
        assert_eq!(spike.days_ago(week, spike.local(week), None, 7), Some(100.0), "nor a week later");
        assert_eq!(spike.days_ago_mean(week, spike.local(week), None, 7), Some(100.0));
        assert!(
            spike.usual_mean(noon - 4, noon + 4) == Some(100.0)
                && spike.mean(noon - 4, noon + 4) > Some(200.0)
        );
    }

    #[test]
    fn what_recurs_or_stays_is_expected() {
        let noon =
            |days: [usize; 2]| move |i: usize| (i % 48 == 24 && days.contains(&(i / 48))).then_some(900.0);
        assert_eq!(day_ago(&history(10, noon([8, 9])), 24), Some(900.0), "it came the day before");
        assert_eq!(day_ago(&history(10, noon([2, 9])), 24), Some(900.0), "it came a week before");
        let shift = history(10, |i| (i >= 48 * 9 + 10).then_some(900.0));
        assert_eq!(day_ago(&shift, 20), Some(900.0), "a new level");
        let collapse = history(10, |i| (i >= 48 * 9 + 10).then_some(1.0));
        assert_eq!(day_ago(&collapse, 12), Some(1.0), "a service that went away");
        let short = history(3, noon([2, 2]));
        assert_eq!(day_ago(&short, 24), Some(900.0), "too little is known to call it odd");
    }
}
