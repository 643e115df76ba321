//! The last word on a band: whether what it promised came true, and by how much it is stretched if not.

use serde::{Deserialize, Serialize};

use crate::domain::forecast::{LEVELS, MEDIAN, Quantiles};

/// Index of 0.95 among the levels.
const P95: usize = 6;
/// Step of the stretch after an outcome.
const RATE: f64 = 0.04;
/// Least and most that a distance from the median is stretched.
const STRETCH: (f64, f64) = (0.5, 5.0);
/// Outcomes that are looked at together.
const RECENT: u32 = 24;
/// So many of them above p95 are an alarm (by chance once in a thousand times), and so few end it.
const ALARM: (u32, u32) = (6, 3);
/// By how much an alarm widens what lies above the median.
const WIDER: f64 = 1.3;

/// Stretches the distances of the quantiles from the median until each covers what it says.
///
/// Each level follows its own share of misses, as in adaptive conformal inference (Gibbs and Candès 2021): the experts'
/// bands cover one by one, but a mixture of them need not. When p95 is missed far more often than it may be,
/// everything above the median is widened at once, until it covers again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conformal {
    stretch: Quantiles,
    /// The newest outcomes, one a bit, the newest lowest: set where p95 was missed.
    missed: u32,
    alarm: bool,
}

impl Conformal {
    /// Nothing is stretched.
    pub fn new() -> Self {
        Conformal { stretch: [1.0; LEVELS.len()], missed: 0, alarm: false }
    }

    /// The quantiles to say where the mixture is `mixed`.
    pub fn stretch(&self, mixed: &Quantiles) -> Quantiles {
        let wider = if self.alarm { WIDER } else { 1.0 };
        let calm = self.calm(mixed);
        std::array::from_fn(|l| {
            if l > MEDIAN { mixed[MEDIAN] + wider * (calm[l] - mixed[MEDIAN]) } else { calm[l] }
        })
    }

    /// How many of the newest outcomes lay above p95, and of how many, while that is an alarm.
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.alarm.then(|| (self.missed.count_ones(), RECENT))
    }

    /// Learns that `actual` came where the mixture had been `mixed`.
    pub fn learn(&mut self, mixed: &Quantiles, actual: f64) {
        let predicted = self.calm(mixed);
        for (l, level) in LEVELS.iter().enumerate().filter(|(l, _)| *l != MEDIAN) {
            let (missed, share) = if l < MEDIAN {
                (actual < predicted[l], *level)
            } else {
                (actual > predicted[l], 1.0 - level)
            };
            let step = if missed { 1.0 - share } else { -share };
            self.stretch[l] = (self.stretch[l] + RATE * step).clamp(STRETCH.0, STRETCH.1);
        }
        self.missed = (self.missed << 1 | u32::from(actual > predicted[P95])) & ((1 << RECENT) - 1);
        let misses = self.missed.count_ones();
        self.alarm = misses >= ALARM.0 || (self.alarm && misses > ALARM.1);
    }

    /// As [`Conformal::stretch`] without the alarm, which so does not hear itself.
    fn calm(&self, mixed: &Quantiles) -> Quantiles {
        std::array::from_fn(|l| mixed[MEDIAN] + self.stretch[l] * (mixed[l] - mixed[MEDIAN]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Quantiles of a uniform distribution from 0 to `width`, that are right for a width of 1.
    fn uniform(width: f64) -> Quantiles {
        LEVELS.map(|level| 0.5 + width * (level - 0.5))
    }

    #[test]
    fn calibration_restores_coverage_of_narrow_and_wide_quantiles() {
        for width in [0.6, 1.0, 1.6] {
            let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(2);
            let (mut calibration, mut inside) = (Conformal::new(), [0u32; LEVELS.len()]);
            for round in 0..6_000 {
                let actual = rng.random::<f64>();
                if round >= 2_000 {
                    let predicted = calibration.stretch(&uniform(width));
                    (0..LEVELS.len()).for_each(|l| inside[l] += u32::from(actual <= predicted[l]));
                }
                calibration.learn(&uniform(width), actual);
            }
            for (level, count) in LEVELS.iter().zip(inside) {
                let share = f64::from(count) / 4_000.0;
                assert!((share - level).abs() < 0.02, "width {width}: {share} for {level}");
            }
        }
    }

    #[test]
    fn quantiles_that_stop_covering_are_widened_at_once_with_an_alarm() {
        let mut calibration = Conformal::new();
        (0..200).for_each(|_| calibration.learn(&uniform(1.0), 0.5));
        assert_eq!(calibration.alarm(), None);
        let before = calibration.stretch(&uniform(1.0))[P95];
        (0..6).for_each(|_| calibration.learn(&uniform(1.0), 2.0));
        assert_eq!(calibration.alarm(), Some((6, 24)));
        let after = calibration.stretch(&uniform(1.0))[P95];
        assert!(after - 0.5 > 1.3 * (before - 0.5), "{before} to {after}");
        (0..24).for_each(|_| calibration.learn(&uniform(1.0), 0.5));
        assert_eq!(calibration.alarm(), None, "it covers again");
    }

    #[test]
    fn the_median_is_left_alone() {
        let mut calibration = Conformal::new();
        (0..500).for_each(|_| calibration.learn(&uniform(1.0), 9.0));
        let predicted = calibration.stretch(&uniform(1.0));
        assert_eq!(predicted[MEDIAN], 0.5);
        assert!(predicted.is_sorted());
    }
}
