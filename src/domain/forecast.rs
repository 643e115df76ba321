//! A forecast is a distribution: quantiles of demand for every step ahead.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Seconds, Time, shift};

/// The quantile levels of every forecast, ascending.
pub const LEVELS: [f64; 9] = [0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95, 0.975, 0.99];

/// Index of 0.10 in [`LEVELS`].
pub const P10: usize = 0;
/// Index of 0.25 in [`LEVELS`].
pub const P25: usize = 1;
/// Index of the median in [`LEVELS`].
pub const MEDIAN: usize = 2;
/// Index of 0.75 in [`LEVELS`].
pub const P75: usize = 3;
/// Index of 0.80 in [`LEVELS`].
pub const P80: usize = 4;
/// Index of 0.90 in [`LEVELS`].
pub const P90: usize = 5;
/// Index of 0.95 in [`LEVELS`].
pub const P95: usize = 6;
/// Index of 0.975 in [`LEVELS`].
pub const P97_5: usize = 7;
/// Index of 0.99 in [`LEVELS`].
pub const P99: usize = 8;

/// Quantiles of one step, in the order of [`LEVELS`].
pub type Quantiles = [f64; LEVELS.len()];

/// A forecast, made at `origin`, of the steps that start at or after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// When it was made; nothing known only later went into it.
    pub origin: Time,
    /// Seconds between two targets, the step of the demand series.
    pub step: Seconds,
    /// Name of the model that made it, for people.
    pub model: String,
    /// Row `i` forecasts the step that starts at `first + i × step`.
    pub rows: Vec<Quantiles>,
    /// Start of the first step of the forecast: the first that was not known at `origin` (data may arrive
    /// late).
    pub first: Time,
}

impl Forecast {
    /// Start of the step that row `index` forecasts.
    pub fn target(&self, index: usize) -> Time {
        shift(self.first, self.step * index as i64)
    }

    /// The quantiles of the step that contains `time`.
    pub fn at(&self, time: Time) -> Option<&Quantiles> {
        let offset = (time - self.first).num_seconds();
        self.rows.get(usize::try_from(offset.div_euclid(self.step)).ok()?)
    }

    /// Demand that is not exceeded with probability `level` in row `index`, linear between levels.
    pub fn quantile(&self, index: usize, level: f64) -> Option<f64> {
        self.rows.get(index).map(|row| interpolate(row, level))
    }

    /// Highest point in `[from, until]` of the line through the `level` quantiles at the middles of the steps,
    /// with its moment. The line is flat before the first middle and after the last.
    pub fn peak_over_window(&self, from: Time, until: Time, level: f64) -> Option<(Time, f64)> {
        let inside = self.middles(from, until).map(|index| shift(self.target(index), self.step / 2));
        [from, until]
            .into_iter()
            .chain(inside)
            .filter_map(|at| Some((at, self.along(at, level)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// The steps whose middle lies in `[from, until)`.
    fn middles(&self, from: Time, until: Time) -> Range<usize> {
        let first = self.first.timestamp().saturating_add(self.step / 2);
        // The first whole second that is not before a moment.
        let second = |time: Time| time.timestamp() + i64::from(time.timestamp_subsec_nanos() > 0);
        let index = |time: Time| {
            let after = second(time).saturating_sub(first).max(0);
            let step = self.step.max(1);
            let whole = after / step + i64::from(after % step > 0);
            usize::try_from(whole).map_or(self.rows.len(), |whole| whole.min(self.rows.len()))
        };
        let (low, high) = (index(from), index(until));
        low..high.max(low)
    }

    /// The line of [`Forecast::peak_over_window`] at one moment.
    fn along(&self, at: Time, level: f64) -> Option<f64> {
        let last = self.rows.len().checked_sub(1)?;
        let past = at.timestamp() - self.first.timestamp();
        let middle = past as f64 / self.step as f64 - 0.5;
        let place = middle.clamp(0.0, last as f64);
        let (near, share) = (place.floor() as usize, place.fract());
        let (low, high) = (self.quantile(near, level)?, self.quantile((near + 1).min(last), level)?);
        Some(low + share * (high - low))
    }

    /// The highest `level` quantile among the steps that overlap `[from, until)`, with the step's start.
    pub fn peak(&self, from: Time, until: Time, level: f64) -> Option<(Time, f64)> {
        (0..self.rows.len())
            .map(|i| (self.target(i), i))
            .filter(|(start, _)| *start < until && shift(*start, self.step) > from)
            .map(|(start, i)| (start, interpolate(&self.rows[i], level)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Value of a quantile function at `level`, linear between [`LEVELS`] and flat outside.
pub fn interpolate(row: &Quantiles, level: f64) -> f64 {
    let above = LEVELS.partition_point(|l| *l < level);
    if above == 0 {
        return row[0];
    }
    if above == LEVELS.len() {
        return row[above - 1];
    }
    let share = (level - LEVELS[above - 1]) / (LEVELS[above] - LEVELS[above - 1]);
    // Exactly the value of a level that is one of them: what is rounded on the way is not.
    if share >= 1.0 {
        return row[above];
    }
    row[above - 1] + share * (row[above] - row[above - 1])
}

/// Probability that demand is above `value`, linear between [`LEVELS`]. A forecast has no information beyond
/// the outermost levels: there it is the probability at that level (0.9 below the lowest, 0.01 above the
/// highest).
pub fn exceedance(row: &Quantiles, value: f64) -> f64 {
    let below = row.partition_point(|q| *q <= value);
    let level = match below {
        0 => LEVELS[0],
        n if n == LEVELS.len() => LEVELS[n - 1],
        n => {
            let share = (value - row[n - 1]) / (row[n] - row[n - 1]);
            LEVELS[n - 1] + share * (LEVELS[n] - LEVELS[n - 1])
        }
    };
    1.0 - level
}

/// Makes quantiles ascend and keeps them from going below zero (demand is never negative).
pub fn tidy(row: &mut Quantiles) {
    row.sort_by(f64::total_cmp);
    row.iter_mut().for_each(|v| *v = v.max(0.0));
}

/// Pinball (quantile) loss of the prediction `predicted` of the `level` quantile when the outcome is `actual`.
pub fn pinball(level: f64, predicted: f64, actual: f64) -> f64 {
    let error = actual - predicted;
    (level * error).max((level - 1.0) * error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn ramp() -> Forecast {
        let row = |top: f64| LEVELS.map(|l| l * top);
        Forecast {
            origin: at_epoch(900),
            step: 300,
            model: "ramp".into(),
            rows: vec![row(10.0), row(30.0), row(20.0)],
            first: at_epoch(900),
        }
    }

    #[test]
    fn names_are_those_of_the_levels() {
        let named = [P10, P25, MEDIAN, P75, P80, P90, P95, P97_5, P99].map(|index| LEVELS[index]);
        assert_eq!(named, LEVELS);
        assert_eq!((LEVELS[MEDIAN], LEVELS[P90], LEVELS[P95], LEVELS[P99]), (0.5, 0.9, 0.95, 0.99));
    }

    #[test]
    fn peak_looks_only_at_overlapping_steps() {
        let f = ramp();
        assert_eq!(f.peak(at_epoch(900), at_epoch(1_200), 0.5), Some((at_epoch(900), 5.0)));
        assert_eq!(f.peak(at_epoch(900), at_epoch(1_201), 0.5), Some((at_epoch(1_200), 15.0)));
        assert_eq!(f.peak(at_epoch(1_501), at_epoch(9_999), 0.5), Some((at_epoch(1_500), 10.0)));
        assert_eq!(f.peak(at_epoch(1_800), at_epoch(9_999), 0.5), None);
    }

    #[test]
    fn the_peak_follows_the_line_through_the_middles() {
        let f = ramp();
        assert_eq!(f.peak_over_window(at_epoch(0), at_epoch(900), 0.5), Some((at_epoch(0), 5.0)));
        assert_eq!(f.peak_over_window(at_epoch(1_050), at_epoch(1_200), 0.5), Some((at_epoch(1_200), 10.0)));
        assert_eq!(f.peak_over_window(at_epoch(1_200), at_epoch(1_500), 0.5), Some((at_epoch(1_350), 15.0)));
        assert_eq!(f.peak_over_window(at_epoch(9_000), at_epoch(9_060), 0.5), Some((at_epoch(9_000), 10.0)));
        assert_eq!(Forecast { rows: vec![], ..f }.peak_over_window(at_epoch(0), at_epoch(900), 0.5), None);
    }

    proptest! {
        #[test]
        fn the_middles_within_a_window_are_those_between_its_ends(
            step in 1i64..1_000, rows in 0usize..40, from in -5_000i64..20_000, length in -100i64..20_000, nanos in 0i64..2,
        ) {
            let forecast = Forecast { step, rows: vec![[1.0; LEVELS.len()]; rows], ..ramp() };
            let from = at_epoch(from) + chrono::TimeDelta::nanoseconds(nanos);
            let until = from + chrono::TimeDelta::seconds(length);
            let inside = |index: &usize| {
                let middle = shift(forecast.target(*index), step / 2);
                from <= middle && middle < until
            };
            let expected: Vec<usize> = (0..rows).filter(inside).collect();
            prop_assert_eq!(forecast.middles(from, until).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn interpolation_is_linear_and_flat_outside() {
        let row = LEVELS.map(|l| l * 100.0);
        assert!((interpolate(&row, 0.93) - 93.0).abs() < 1e-9);
        assert_eq!(interpolate(&row, 0.01), 10.0);
        let uneven = [0.1, 0.7, 1.9, 2.3, 5.7, 6.1, 9.3, 9.7, 9.9];
        for (level, value) in LEVELS.iter().zip(uneven) {
            assert_eq!(interpolate(&uneven, *level).to_bits(), value.to_bits(), "exact at {level}");
        }
        assert_eq!(interpolate(&row, 0.999), 99.0);
    }

    #[test]
    fn exceedance_is_the_other_side_of_interpolation() {
        let row = LEVELS.map(|l| l * 100.0);
        assert!((exceedance(&row, 93.0) - 0.07).abs() < 1e-9);
        assert!((exceedance(&row, 0.0) - 0.9).abs() < 1e-9);
        assert!((exceedance(&row, 500.0) - 0.01).abs() < 1e-9);
        let flat = [7.0; LEVELS.len()];
        assert!((exceedance(&flat, 6.9) - 0.9).abs() < 1e-9 && (exceedance(&flat, 7.0) - 0.01).abs() < 1e-9);
    }

    #[test]
    fn pinball_weighs_the_two_sides_by_the_level() {
        assert!((pinball(0.9, 10.0, 20.0) - 9.0).abs() < 1e-12);
        assert!((pinball(0.9, 20.0, 10.0) - 1.0).abs() < 1e-12);
    }
}
