//! Conformal calibration: stretches the quantiles of the blend until each has its nominal coverage.

use serde::{Deserialize, Serialize};

use crate::domain::forecast::{LEVELS, MEDIAN, P95, Quantiles};

/// Step of a stretch factor after an outcome.
const RATE: f64 = 0.04;
/// Smallest and largest stretch factor.
const STRETCH: (f64, f64) = (0.5, 5.0);
/// Recent outcomes that decide on an alarm.
const RECENT: u32 = 24;
/// This many of them above p95 raise an alarm (by chance once in a thousand times), and this few end it.
const ALARM: (u32, u32) = (6, 3);
/// Factor by which an alarm widens the quantiles above the median.
const WIDER: f64 = 1.3;

/// Stretches the distances of the quantiles from the median until each has its nominal coverage.
///
/// Each level follows its own share of misses, as in adaptive conformal inference (Gibbs and Candès 2021):
/// the quantiles of each expert are calibrated, but a mixture of them need not be. While p95 is exceeded far
/// more often than it should be, everything above the median is widened by a further factor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conformal {
    rate: f64,
    stretch: Quantiles,
    /// The recent outcomes, one per bit, the newest lowest: set where p95 was exceeded.
    missed: u32,
    alarm: bool,
}

impl Conformal {
    /// All stretch factors are 1.
    pub fn new() -> Self {
        Conformal::following(RATE)
    }

    /// The same with another `rate`: the step of a stretch factor after an outcome.
    pub fn following(rate: f64) -> Self {
        Conformal { rate, stretch: [1.0; LEVELS.len()], missed: 0, alarm: false }
    }

    /// The calibrated quantiles of the blend `blended`.
    pub fn calibrate(&self, blended: &Quantiles) -> Quantiles {
        let wider = if self.alarm { WIDER } else { 1.0 };
        let stretched = self.stretched(blended);
        std::array::from_fn(|l| {
            if l > MEDIAN { blended[MEDIAN] + wider * (stretched[l] - blended[MEDIAN]) } else { stretched[l] }
        })
    }

    /// While there is an alarm: how many of the recent outcomes exceeded p95, and of how many.
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.alarm.then(|| (self.missed.count_ones(), RECENT))
    }

    /// Learns from the outcome `actual` of the blend `blended`.
    pub fn learn(&mut self, blended: &Quantiles, actual: f64) {
        let predicted = self.stretched(blended);
        for (l, level) in LEVELS.iter().enumerate().filter(|(l, _)| *l != MEDIAN) {
            let (missed, share) = if l < MEDIAN {
                (actual < predicted[l], *level)
            } else {
                (actual > predicted[l], 1.0 - level)
            };
            let step = if missed { 1.0 - share } else { -share };
            self.stretch[l] = (self.stretch[l] + self.rate * step).clamp(STRETCH.0, STRETCH.1);
        }
        self.missed = (self.missed << 1 | u32::from(actual > predicted[P95])) & ((1 << RECENT) - 1);
        let misses = self.missed.count_ones();
        self.alarm = misses >= ALARM.0 || (self.alarm && misses > ALARM.1);
    }

    /// As [`Conformal::calibrate`] without the factor of an alarm, so that an alarm does not end itself.
    pub fn stretched(&self, blended: &Quantiles) -> Quantiles {
        std::array::from_fn(|l| blended[MEDIAN] + self.stretch[l] * (blended[l] - blended[MEDIAN]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Quantiles of a uniform distribution of that `width` around 0.5; right for a width of 1.
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
                    let predicted = calibration.calibrate(&uniform(width));
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
        let before = calibration.calibrate(&uniform(1.0))[P95];
        (0..6).for_each(|_| calibration.learn(&uniform(1.0), 2.0));
        assert_eq!(calibration.alarm(), Some((6, 24)));
        let after = calibration.calibrate(&uniform(1.0))[P95];
        assert!(after - 0.5 > 1.3 * (before - 0.5), "{before} to {after}");
        (0..24).for_each(|_| calibration.learn(&uniform(1.0), 0.5));
        assert_eq!(calibration.alarm(), None, "coverage is back");
    }

    #[test]
    fn the_median_is_left_alone() {
        let mut calibration = Conformal::new();
        (0..500).for_each(|_| calibration.learn(&uniform(1.0), 9.0));
        let predicted = calibration.calibrate(&uniform(1.0));
        assert_eq!(predicted[MEDIAN], 0.5);
        assert!(predicted.is_sorted());
    }
}
