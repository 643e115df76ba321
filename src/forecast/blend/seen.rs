//! How high load has been, so that a reading or a forecast far beyond it is told apart.
//!
//! A level counts as seen once it has lasted a quarter of an hour, or was reached in three hours; a single odd reading does
//! neither. Everything is kept by day, so that what was seen long ago stops counting.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::domain::Seconds;

/// Days after which a level no longer counts.
const DAYS: usize = 35;
/// The same for steps that the calendar announces: last year's event counts.
const DAYS_OF_EVENTS: usize = 400;
/// Hours in which a level must have been reached to count without lasting.
const HOURS: usize = 3;
/// A reading of more than so many times the highest load seen is set aside until it has lasted [`LASTS`].
const ABSURD: f64 = 10.0;
/// Beyond so many times it must last an hour, and never counts by being repeated.
const IMPOSSIBLE: f64 = 100.0;
/// Seconds that a level must last.
const LASTS: Seconds = 900;
/// Growth in one forecast: above the highest load seen by this share of the load of the last quarter of an hour, and to so many
/// times that load. The first two are for the median.
const GROWTH: [(f64, f64); 2] = [(0.0, 1.5), (0.25, 2.0)];

/// What was seen, in load without the operator's multiplier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeenLoad {
    step: Seconds,
    /// Steps so far, gaps included.
    steps: usize,
    /// Readings so far.
    readings: usize,
    /// Readings of the newest hour, at least three, absurd ones included; `true` where believed.
    newest: VecDeque<(f64, bool)>,
    /// Newest last.
    days: VecDeque<DaySeen>,
}

/// The highest levels of one day.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct DaySeen {
    /// Days since the start.
    day: usize,
    /// The highest level that lasted.
    lasting: f64,
    /// The highest readings of as many hours, highest first, with the hour.
    hours: [(f64, usize); HOURS],
}

/// The highest values that a forecast of an ordinary step may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastBound {
    /// Of the median and of each expert's prediction.
    pub median: f64,
    /// Of the quantiles.
    pub quantiles: f64,
}

impl ForecastBound {
    /// No bound: nothing was seen yet.
    pub const NONE: ForecastBound = ForecastBound { median: f64::MAX, quantiles: f64::MAX };

    /// The bound of a step for which the operator expects `multiplier` times an ordinary load.
    #[must_use]
    pub fn times(self, multiplier: f64) -> ForecastBound {
        let multiplier = multiplier.max(1.0);
        ForecastBound { median: self.median * multiplier, quantiles: self.quantiles * multiplier }
    }
}

impl SeenLoad {
    /// Nothing seen yet, in steps of `step` seconds.
    pub fn new(step: Seconds) -> Self {
        SeenLoad { step, steps: 0, readings: 0, newest: VecDeque::new(), days: VecDeque::new() }
    }

    /// Takes the next step (`None` for a gap). False where the reading is so far above all that was seen that it is not
    /// believed yet.
    pub fn take(&mut self, reading: Option<f64>) -> bool {
        let step = self.steps;
        self.steps += 1;
        let Some(load) = reading else { return true };
        let (before, recent) = (self.highest(), self.recent());
        self.readings += 1;
        self.newest.push_back((load, true));
        while self.newest.len() > self.many(3_600, 3) {
            self.newest.pop_front();
        }
        let impossible = before.filter(|seen| *seen > 0.0 && load > IMPOSSIBLE * seen).is_some();
        let lasting = self.lowest(if impossible { self.many(3_600, 3) } else { self.many(LASTS, 2) });
        self.keep(step, lasting, if impossible { 0.0 } else { load });
        let known = before.filter(|_| self.readings > self.many(3_600, 12));
        let seen = known.map(|_| self.highest().unwrap_or(0.0).max(recent));
        let believed = seen.is_none_or(|seen| load <= ABSURD * seen);
        if let Some(newest) = self.newest.back_mut() {
            newest.1 = believed;
        }
        believed
    }

    /// The highest load seen in the last weeks; `None` before there were enough readings.
    pub fn highest(&self) -> Option<f64> {
        self.highest_of(DAYS, 0)
    }

    /// The highest load seen in the last weeks, or the level of the newest quarter of an hour where that is higher, believed or
    /// not: capacity for a load that lasts is not held back.
    pub fn highest_or_lasting(&self) -> Option<f64> {
        Some(self.highest()?.max(self.lowest(self.many(LASTS, 2))))
    }

    /// The highest load seen in the last weeks before yesterday.
    pub fn highest_before(&self) -> Option<f64> {
        self.highest_of(DAYS, 2)
    }

    /// Bounds of an ordinary step, or of one that the calendar announces.
    pub fn bound(&self, announced: bool) -> ForecastBound {
        let Some(seen) = self.highest() else { return ForecastBound::NONE };
        let recent = self.recent();
        let [median, quantiles] = GROWTH.map(|(above, times)| (seen + above * recent).max(times * recent));
        let event = if announced { 2.0 * self.highest_of(DAYS_OF_EVENTS, 0).unwrap_or(seen) } else { 0.0 };
        ForecastBound { median: median.max(event), quantiles: quantiles.max(event) }
    }

    fn highest_of(&self, days: usize, but: usize) -> Option<f64> {
        if self.readings < self.many(LASTS, 2).max(HOURS) {
            return None;
        }
        let today = self.days.back()?.day;
        let newest = self.days.iter().rev().take_while(|day| day.day + days >= today);
        let newest = newest.filter(|day| day.day + but <= today);
        let (mut lasting, mut hours) = (0.0f64, [(0.0, 0); HOURS]);
        for day in newest {
            lasting = lasting.max(day.lasting);
            day.hours.iter().for_each(|hour| insert(&mut hours, *hour));
        }
        Some(lasting.max(hours[HOURS - 1].0))
    }

    /// The highest believed reading of the newest quarter of an hour.
    fn recent(&self) -> f64 {
        let believed = self.newest.iter().rev().filter(|(_, believed)| *believed);
        believed.take(self.many(LASTS, 1)).map(|(load, _)| *load).fold(0.0, f64::max)
    }

    /// The lowest of the newest `count` readings; 0 while there are fewer.
    fn lowest(&self, count: usize) -> f64 {
        if self.newest.len() < count {
            return 0.0;
        }
        self.newest.iter().rev().take(count).map(|(load, _)| *load).fold(f64::MAX, f64::min)
    }

    fn keep(&mut self, step: usize, lasting: f64, load: f64) {
        let seconds = step as Seconds * self.step;
        let (day, hour) = ((seconds / 86_400) as usize, (seconds / 3_600) as usize);
        if self.days.back().is_none_or(|newest| newest.day != day) {
            self.days.push_back(DaySeen { day, ..DaySeen::default() });
        }
        while self.days.front().is_some_and(|oldest| oldest.day + DAYS_OF_EVENTS < day) {
            self.days.pop_front();
        }
        if let Some(newest) = self.days.back_mut() {
            newest.lasting = newest.lasting.max(lasting);
            insert(&mut newest.hours, (load, hour));
        }
    }

    /// Steps in `seconds`, at least `least`.
    fn many(&self, seconds: Seconds, least: usize) -> usize {
        ((seconds / self.step.max(1)) as usize).max(least)
    }
}

/// Puts the reading of an hour into the highest of as many hours, which are told apart.
fn insert(hours: &mut [(f64, usize); HOURS], (load, hour): (f64, usize)) {
    let same = hours.iter().position(|(highest, known)| *known == hour && *highest > 0.0);
    let place = same.unwrap_or(HOURS - 1);
    if load > hours[place].0 {
        hours[place] = (load, hour);
        hours.sort_by(|a, b| b.0.total_cmp(&a.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two days around 100, in steps of five minutes.
    fn calm() -> SeenLoad {
        let mut seen = SeenLoad::new(300);
        (0..576).for_each(|i| assert!(seen.take(Some(80.0 + f64::from(i % 40)))));
        seen
    }

    #[test]
    fn one_absurd_reading_is_set_aside_and_a_level_that_lasts_is_not() {
        let mut seen = calm();
        let before = seen.bound(false);
        assert!(!seen.take(Some(1e9)) && seen.take(Some(95.0)));
        assert_eq!(seen.bound(false), before, "it does not raise what may be expected");
        let believed: Vec<bool> = (0..5).map(|_| seen.take(Some(5_000.0))).collect();
        assert_eq!(believed, [false, false, true, true, true], "after a quarter of an hour it is believed");
        assert_eq!(seen.highest(), Some(5_000.0));
        (0..3).for_each(|_| assert!(!seen.take(Some(1e9))));
        assert_eq!(seen.highest_or_lasting(), Some(1e9), "capacity may follow sooner");
        assert!(seen.take(Some(5_000.0)));
        let hour: Vec<bool> = (0..13).map(|_| seen.take(Some(1e9))).collect();
        assert_eq!(hour.iter().filter(|believed| !**believed).count(), 11, "after an hour: {hour:?}");
    }

    #[test]
    fn a_surge_is_believed_at_once_and_a_spike_that_comes_again_is() {
        let mut seen = calm();
        assert!(seen.take(Some(900.0)), "eight times the highest");
        assert_eq!(seen.bound(false).quantiles, 1_800.0);
        let mut seen = calm();
        let spike = |seen: &mut SeenLoad| {
            (0..12).for_each(|_| assert!(seen.take(Some(100.0))));
            seen.take(Some(2_500.0))
        };
        assert_eq!([(); 4].map(|()| spike(&mut seen)), [false, false, true, true]);
    }

    #[test]
    fn the_bound_leaves_room_to_grow_where_load_is_high_and_none_where_it_is_gone() {
        let mut seen = calm();
        assert_eq!(seen.bound(false).quantiles, 190.0);
        (0..12).for_each(|_| assert!(seen.take(Some(1.0))));
        let bound = seen.bound(false);
        assert!((bound.quantiles - 119.0).abs() < 0.5 && bound.median == 119.0, "{bound:?}");
        assert!(seen.bound(true).quantiles > 230.0, "an announced event may be larger");
        assert_eq!(bound.times(3.0).median, 357.0);
        assert_eq!(bound.times(0.5), bound, "a quiet event needs no lower bound");
    }

    #[test]
    fn what_was_seen_long_ago_counts_for_events_only() {
        let mut seen = SeenLoad::new(3_600);
        (0..48).for_each(|_| assert!(seen.take(Some(1_000.0))));
        (0..24 * 60).for_each(|_| assert!(seen.take(Some(10.0))));
        assert_eq!((seen.highest(), seen.bound(true).quantiles), (Some(10.0), 2_000.0));
    }

    #[test]
    fn a_new_group_believes_its_first_readings() {
        let mut seen = SeenLoad::new(300);
        assert_eq!(seen.bound(false), ForecastBound::NONE);
        assert!([0.0, 0.0, 0.0, 50.0, 900.0].into_iter().all(|load| seen.take(Some(load))));
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_no_level_passes_the_highest_reading(
            loads in prop::collection::vec(prop::option::of(0.0..1e12f64), 1..400), step in 60i64..7_200,
        ) {
            let mut seen = SeenLoad::new(step);
            for load in &loads {
                seen.take(*load);
            }
            let most = loads.iter().flatten().copied().fold(0.0, f64::max);
            prop_assert!(seen.highest().is_none_or(|highest| highest <= most));
            prop_assert!(seen.newest.len() <= 60 && seen.days.len() <= DAYS_OF_EVENTS + 1);
        }
    }
}
