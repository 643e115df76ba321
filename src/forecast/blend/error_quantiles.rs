//! Quantiles of one expert's errors: how large errors are now, and how they are distributed.

use serde::{Deserialize, Serialize};

use crate::domain::forecast::{LEVELS, MEDIAN, Quantiles};

/// Learns quantiles of an expert's errors online.
///
/// Errors are divided by a conditional scale (a blend of the recent mean absolute error, fast and slow, and
/// that of the time of day); the quantiles of what remains are followed by stochastic approximation, as in
/// adaptive conformal inference (Gibbs and Candès 2021): a quantile that is exceeded too often moves up at
/// once, one that is too wide comes down slowly.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorQuantiles {
    fast: f64,
    slow: f64,
    slots: Vec<f64>,
    quantiles: Quantiles,
    rate: f64,
    seen: u32,
}

/// A time of day learns at once no error larger than so many usual ones: one odd hour does not make it uncertain the next day.
const ODD: f64 = 4.0;

/// Quantiles of normalised, Laplace-like errors to start from.
const START: Quantiles = [-1.6, -0.7, 0.0, 0.7, 0.9, 1.6, 2.3, 3.0, 3.9];

impl ErrorQuantiles {
    /// `slots` is the number of times of day for which the mean error is kept apart; `rate` is the step with
    /// which quantiles follow, in units of the scale (0.01 slow … 0.1 fast).
    pub fn new(slots: usize, rate: f64) -> Self {
        ErrorQuantiles { fast: 0.0, slow: 0.0, slots: vec![0.0; slots], quantiles: START, rate, seen: 0 }
    }

    /// Size of error to expect in `slot` of the day (0 ≤ slot < 1).
    pub fn scale(&self, slot: f64) -> f64 {
        let usual = self.slots[self.index(slot)];
        let usual = if usual > 0.0 { usual } else { self.slow };
        (0.35 * self.fast + 0.25 * self.slow + 0.4 * usual).max(1e-9)
    }

    /// Starts with the mean quantiles of `others`; sizes of errors are not taken over.
    pub fn warm_start(&mut self, others: &[&ErrorQuantiles]) {
        if !others.is_empty() {
            let mean = |l: usize| others.iter().map(|o| o.quantiles[l]).sum::<f64>() / others.len() as f64;
            self.quantiles = std::array::from_fn(mean);
        }
    }

    /// Sets the size of error to expect; no effect once an error has been seen.
    pub fn expect(&mut self, size: f64) {
        if self.seen == 0 {
            (self.fast, self.slow) = (size, size);
        }
    }

    /// Recent size of error, at any time of day.
    pub fn usual(&self) -> f64 {
        self.slow.max(1e-9)
    }

    /// Quantiles around the point forecast `point`; `factor` is how much larger errors are than usual under
    /// the conditions of this forecast, in any unit.
    pub fn around(&self, point: f64, slot: f64, factor: f64) -> Quantiles {
        let scale = factor * self.scale(slot);
        self.quantiles.map(|q| point + q * scale)
    }

    /// Learns from the outcome `actual` of the point forecast `point` for a step in `slot`, with the same
    /// `factor`.
    pub fn learn(&mut self, point: f64, slot: f64, factor: f64, actual: f64) {
        let error = (actual - point) / factor;
        if !error.is_finite() {
            return;
        }
        if self.seen > 0 {
            self.follow(error / self.scale(slot));
        }
        self.resize(error.abs(), slot);
        self.seen = self.seen.saturating_add(1);
    }

    /// Moves every quantile towards the value that its share of errors lies below.
    fn follow(&mut self, z: f64) {
        // Large steps at first, so that a short history is enough for rough quantiles.
        let rate = self.rate.max(1.0 / (f64::from(self.seen) + 4.0));
        for (quantile, level) in self.quantiles.iter_mut().zip(LEVELS) {
            let below = if z <= *quantile { 1.0 } else { 0.0 };
            *quantile += rate * (1.0 + quantile.abs()) * (level - below);
        }
        let median = self.quantiles[MEDIAN].clamp(-1.0, 1.0);
        self.quantiles[MEDIAN] = median;
        self.quantiles.sort_by(f64::total_cmp);
    }

    fn index(&self, slot: f64) -> usize {
        ((slot * self.slots.len() as f64) as usize).min(self.slots.len() - 1)
    }

    fn resize(&mut self, size: f64, slot: f64) {
        let warm = 1.0 / (f64::from(self.seen) + 1.0);
        self.fast += warm.max(1.0 / 12.0) * (size - self.fast);
        self.slow += warm.max(1.0 / 400.0) * (size - self.slow);
        let index = self.index(slot);
        let memory = 960.0 / self.slots.len() as f64;
        let (slow, usual) = (self.slow, &mut self.slots[index]);
        *usual = if *usual > 0.0 {
            *usual + (size.min(ODD * slow.max(*usual)) - *usual) / memory.max(20.0)
        } else {
            size.max(0.5 * self.slow)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::forecast::P95;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn error_quantiles_cover_their_level() {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(7);
        let mut errors = ErrorQuantiles::new(24, 0.02);
        let mut inside = [0u32; LEVELS.len()];
        for i in 0..40_000 {
            let slot = f64::from(i % 288) / 288.0;
            let noise: f64 = rng.random::<f64>() + rng.random::<f64>() - 1.0;
            let actual = 100.0 + noise * (1.0 + 20.0 * slot);
            if i >= 10_000 {
                let predicted = errors.around(100.0, slot, 1.0);
                (0..LEVELS.len()).for_each(|l| inside[l] += u32::from(actual <= predicted[l]));
            }
            errors.learn(100.0, slot, 1.0, actual);
        }
        for (level, n) in LEVELS.iter().zip(inside) {
            assert!((f64::from(n) / 30_000.0 - level).abs() < 0.015, "{level}: {n}");
        }
    }

    #[test]
    fn error_quantiles_that_stop_covering_widen_at_once() {
        let mut errors = ErrorQuantiles::new(24, 0.02);
        (0..2_000).for_each(|i| errors.learn(10.0, 0.5, 1.0, 10.0 + f64::from(i % 3) - 1.0));
        let before = errors.around(10.0, 0.5, 1.0)[P95];
        (0..6).for_each(|_| errors.learn(10.0, 0.5, 1.0, 30.0));
        assert!(errors.around(10.0, 0.5, 1.0)[P95] > before + 3.0);
    }
}
