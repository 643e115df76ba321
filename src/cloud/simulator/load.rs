//! The load of every tick, from a recorded trace.

use serde::{Deserialize, Serialize};

use super::{TICK, trace::Trace};
use crate::domain::{Seconds, Time, series::Series, shift};

/// Seconds of a week.
const WEEK: Seconds = 7 * 86_400;

/// How the load runs within the steps of a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Linear between the centres of steps, flat beyond the ends.
    #[default]
    Linear,
    /// The same throughout a step.
    Hold,
}

/// The rate of a trace on the grid of ticks: tick `i` starts at `start + i × 60 s`.
#[derive(Debug, Clone)]
pub struct LoadCurve {
    trace: Series,
    per_step: usize,
    ticks: Vec<f64>,
    wraps: bool,
}

impl LoadCurve {
    /// Spreads `trace` over ticks; with `wraps` it begins anew after its end, moved by whole weeks, so that
    /// hours and weekdays stay.
    ///
    /// Gaps are bridged by a line between the known neighbours (the service was used, the meter was out) but stay
    /// marked as not counted. A trace shorter than a week never wraps.
    pub fn new(trace: &Trace, how: Interpolation, wraps: bool) -> LoadCurve {
        let series = trace.series.clone();
        let per_step = usize::try_from(series.step() / TICK).unwrap_or(1).max(1);
        let steps = bridge(&series);
        let ticks = match how {
            Interpolation::Linear if per_step > 1 => between_centres(&steps, per_step),
            _ => steps.iter().flat_map(|v| std::iter::repeat_n(*v, per_step)).collect(),
        };
        let ticks: Vec<f64> = ticks.into_iter().map(|v: f64| v.max(0.0)).collect();
        let week_fits = WEEK % series.step() == 0 && ticks.len() as i64 * TICK >= WEEK;
        LoadCurve { trace: series, per_step, ticks, wraps: wraps && week_fits }
    }

    /// Start of tick 0.
    pub fn start(&self) -> Time {
        self.trace.start()
    }

    /// Seconds of one step of the trace.
    pub fn step(&self) -> Seconds {
        self.trace.step()
    }

    /// Ticks in one step.
    pub fn per_step(&self) -> usize {
        self.per_step
    }

    /// Ticks until the recording ends (it may go on by wrapping).
    pub fn len(&self) -> usize {
        self.ticks.len()
    }

    /// True when nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.ticks.is_empty()
    }

    /// Start of tick `index`.
    pub fn time_of(&self, index: i64) -> Time {
        shift(self.start(), index.saturating_mul(TICK))
    }

    /// The first tick that starts at or after `time`; negative before the trace.
    pub fn first_tick_at(&self, time: Time) -> i64 {
        let offset = time.timestamp().saturating_sub(self.start().timestamp());
        -(-offset).div_euclid(TICK)
    }

    /// The rate during tick `index`, in load per *step*, gaps bridged; `None` outside the recording.
    pub fn rate(&self, index: i64) -> Option<f64> {
        self.ticks.get(self.recorded(index)?).copied()
    }

    /// False when tick `index` lies in a gap, or outside the recording.
    pub fn counted(&self, index: i64) -> bool {
        self.recorded(index).is_some_and(|i| self.trace.get(i / self.per_step).is_some())
    }

    /// The raw value of step `index` of the trace; `None` for a gap or outside the recording.
    pub fn raw(&self, index: i64) -> Option<f64> {
        let tick = self.recorded(index.checked_mul(self.per_step as i64)?)?;
        self.trace.get(tick / self.per_step)
    }

    /// Where in the recording tick `index` is found.
    fn recorded(&self, index: i64) -> Option<usize> {
        let (index, len) = (usize::try_from(index).ok()?, self.ticks.len());
        if index < len {
            return Some(index);
        }
        let week = (WEEK / TICK) as usize;
        self.wraps.then(|| index - ((index - len) / week + 1) * week)
    }
}

/// Values with gaps bridged linearly, flat at the ends; zero where nothing at all is known.
fn bridge(series: &Series) -> Vec<f64> {
    let known: Vec<(usize, f64)> = (0..series.len()).filter_map(|i| series.get(i).map(|v| (i, v))).collect();
    let mut next = 0;
    (0..series.len())
        .map(|i| {
            while next < known.len() && known[next].0 < i {
                next += 1;
            }
            match (next.checked_sub(1).map(|p| known[p]), known.get(next)) {
                (_, Some(&(j, v))) if j == i => v,
                (Some((a, x)), Some(&(b, y))) => x + (y - x) / (b - a) as f64 * (i - a) as f64,
                (Some((_, x)), None) => x,
                (None, Some(&(_, y))) => y,
                (None, None) => 0.0,
            }
        })
        .collect()
}

/// Linear between the centres of steps, flat before the first centre and after the last.
fn between_centres(steps: &[f64], per_step: usize) -> Vec<f64> {
    (0..steps.len() * per_step)
        .map(|i| {
            // Distance from the centre of step 0, in steps.
            let x = (i as f64 + 0.5) / per_step as f64 - 0.5;
            if x <= 0.0 {
                return steps[0];
            }
            let left = (x.floor() as usize).min(steps.len() - 1);
            let right = (left + 1).min(steps.len() - 1);
            steps[left] + (steps[right] - steps[left]) * (x - left as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn load(step: Seconds, values: &[Option<f64>], how: Interpolation, wraps: bool) -> LoadCurve {
        let series = Series::from_values(at_epoch(0), step, values.iter().copied());
        LoadCurve::new(&Trace { series, column: "x".into() }, how, wraps)
    }

    fn rates(load: &LoadCurve) -> Vec<f64> {
        (0..load.len() as i64).filter_map(|i| load.rate(i)).collect()
    }

    #[test]
    fn linear_runs_between_centres() {
        let l = load(120, &[Some(0.0), Some(100.0), Some(200.0)], Interpolation::Linear, false);
        assert_eq!(rates(&l), [0.0, 25.0, 75.0, 125.0, 175.0, 200.0]);
        let h = load(120, &[Some(0.0), Some(100.0)], Interpolation::Hold, false);
        assert_eq!(rates(&h), [0.0, 0.0, 100.0, 100.0]);
    }

    #[test]
    fn gaps_are_bridged_but_not_counted() {
        let l = load(60, &[None, Some(10.0), None, None, Some(40.0), None], Interpolation::Linear, false);
        assert_eq!(rates(&l), [10.0, 10.0, 20.0, 30.0, 40.0, 40.0]);
        let counted: Vec<bool> = (0..7).map(|i| l.counted(i)).collect();
        assert_eq!(counted, [false, true, false, false, true, false, false]);
        assert_eq!((l.raw(2), l.raw(4), l.raw(6), l.raw(-1)), (None, Some(40.0), None, None));
    }

    #[test]
    fn wrapping_goes_back_by_whole_weeks() {
        let values: Vec<_> = (0..7 * 24 + 3).map(|i| Some(f64::from(i))).collect();
        let l = load(3_600, &values, Interpolation::Hold, true);
        assert_eq!(l.raw(7 * 24 + 3), Some(3.0));
        assert_eq!(l.raw(3 * 7 * 24 + 5), Some(5.0));
        assert_eq!(l.rate((7 * 24 + 4) * 60), Some(4.0));
        assert_eq!(load(3_600, &values, Interpolation::Hold, false).rate(171 * 60), None);
    }

    #[test]
    fn ticks_are_found_by_time() {
        let l = load(60, &[Some(1.0)], Interpolation::Hold, false);
        let found = [-61, -60, 0, 1, 60].map(|t| l.first_tick_at(at_epoch(t)));
        assert_eq!(found, [-1, -1, 0, 1, 1]);
    }

    proptest! {
        #[test]
        fn interpolation_stays_between_neighbours(values in prop::collection::vec(prop::option::of(0.0..1e6f64), 1..30), k in 1i64..20) {
            let l = load(60 * k, &values, Interpolation::Linear, false);
            let known: Vec<f64> = values.iter().flatten().copied().collect();
            let (low, high) = known.iter().fold((0f64, 0f64), |(a, b), v| (a.min(*v), b.max(*v)));
            prop_assert_eq!(rates(&l).len(), values.len() * k as usize);
            prop_assert!(rates(&l).iter().all(|r| (low..=high).contains(r)));
        }
    }
}
