//! Online scores of forecasts, against naive forecasts of the same targets.

use serde::{Deserialize, Serialize};

use crate::domain::forecast::{LEVELS, MEDIAN, P95, Quantiles, pinball};

/// Exponentially fading sums of errors of one lead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RollingScore {
    keep: f64,
    load: f64,
    error: f64,
    last: f64,
    seasonal: f64,
    pinball: f64,
    held: Quantiles,
    rounds: f64,
    /// Load and error that fade seven times as fast.
    recent: (f64, f64),
}

/// Ratio of the recent error to the usual one from which on it is drift.
const DRIFT: f64 = 1.5;

impl RollingScore {
    /// Errors fade with this half-life in rounds.
    pub fn new(half_life: f64) -> Self {
        let keep = (-std::f64::consts::LN_2 / half_life).exp();
        RollingScore {
            keep,
            load: 0.0,
            error: 0.0,
            last: 0.0,
            seasonal: 0.0,
            pinball: 0.0,
            held: [0.0; LEVELS.len()],
            rounds: 0.0,
            recent: (0.0, 0.0),
        }
    }

    /// Adds one forecast with its outcome; `last` and `seasonal` are the naive forecasts of the same target.
    pub fn learn(&mut self, predicted: &Quantiles, last: f64, seasonal: f64, actual: f64) {
        let loss: f64 = LEVELS.iter().zip(predicted).map(|(level, q)| pinball(*level, *q, actual)).sum();
        let keep = self.keep;
        let add = |sum: &mut f64, value: f64| *sum = keep * *sum + value;
        add(&mut self.load, actual.abs());
        add(&mut self.error, (actual - predicted[MEDIAN]).abs());
        add(&mut self.last, (actual - last).abs());
        add(&mut self.seasonal, (actual - seasonal).abs());
        add(&mut self.pinball, loss / LEVELS.len() as f64);
        self.held
            .iter_mut()
            .zip(predicted)
            .for_each(|(sum, q)| add(sum, if actual <= *q { 1.0 } else { 0.0 }));
        add(&mut self.rounds, 1.0);
        let fast = keep.powi(7);
        self.recent.0 = fast * self.recent.0 + actual.abs();
        self.recent.1 = fast * self.recent.1 + (actual - predicted[MEDIAN]).abs();
    }

    /// WAPE of the median: absolute error as a share of load.
    pub fn wape(&self) -> f64 {
        self.share(self.error)
    }

    /// WAPE of the last value.
    pub fn last_wape(&self) -> f64 {
        self.share(self.last)
    }

    /// WAPE of seasonal-naive (a day ago).
    pub fn seasonal_wape(&self) -> f64 {
        self.share(self.seasonal)
    }

    /// Mean pinball loss over the levels, as a share of load.
    pub fn pinball(&self) -> f64 {
        self.share(self.pinball)
    }

    /// Share of targets at or below the 0.95 quantile.
    pub fn coverage(&self) -> f64 {
        self.held()[P95]
    }

    /// Share of targets at or below each quantile.
    pub fn held(&self) -> Quantiles {
        self.held.map(|sum| if self.rounds > 0.0 { sum / self.rounds } else { 0.0 })
    }

    /// [`RollingScore::wape`] with a seventh of the memory: about the last day if that is about the last week.
    pub fn recent_wape(&self) -> f64 {
        if self.recent.0 > 0.0 { self.recent.1 / self.recent.0 } else { 0.0 }
    }

    /// Number of outcomes, faded.
    pub fn rounds(&self) -> f64 {
        self.rounds
    }

    /// The recent WAPE of the median (over about a seventh of the memory) and the usual one, while the recent
    /// one is at least half as large again: the load has changed its pattern.
    pub fn drift(&self) -> Option<(f64, f64)> {
        // A full memory holds 1 / (1 - keep) rounds; after one half-life it is half full.
        let filled = self.rounds * (1.0 - self.keep) >= 0.5;
        (filled && self.recent_wape() > DRIFT * self.wape()).then(|| (self.recent_wape(), self.wape()))
    }

    fn share(&self, sum: f64) -> f64 {
        if self.load > 0.0 { sum / self.load } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_changes_its_pattern_is_drift() {
        let mut score = RollingScore::new(700.0);
        let predicted = LEVELS.map(|_| 100.0);
        let learn = |score: &mut RollingScore, times: usize, actual: f64| {
            (0..times).for_each(|_| score.learn(&predicted, 100.0, 100.0, actual));
        };
        learn(&mut score, 60, 130.0);
        assert_eq!(score.drift(), None, "too early to say");
        learn(&mut score, 2_000, 110.0);
        assert_eq!(score.drift(), None);
        learn(&mut score, 80, 160.0);
        let (recent, usual) = score.drift().expect("six times the error");
        assert!(recent > 1.5 * usual, "{recent} {usual}");
    }

    #[test]
    fn shares_are_of_load() {
        let mut score = RollingScore::new(1e9);
        let predicted = LEVELS.map(|l| 100.0 * l);
        score.learn(&predicted, 40.0, 80.0, 60.0);
        score.learn(&predicted, 60.0, 60.0, 140.0);
        assert!((score.wape() - 100.0 / 200.0).abs() < 1e-6);
        assert!((score.last_wape() - 100.0 / 200.0).abs() < 1e-6);
        assert!((score.coverage() - 0.5).abs() < 1e-6);
        assert_eq!(score.held()[MEDIAN], 0.0, "both were above the median");
    }

    #[test]
    fn the_recent_score_forgets_sooner() {
        let mut score = RollingScore::new(70.0);
        let predicted = [100.0; LEVELS.len()];
        (0..400).for_each(|_| score.learn(&predicted, 100.0, 100.0, 100.0));
        (0..20).for_each(|_| score.learn(&predicted, 100.0, 100.0, 200.0));
        assert!(score.recent_wape() > 2.0 * score.wape() && score.wape() > 0.0, "{score:?}");
    }
}
