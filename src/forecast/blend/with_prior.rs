//! The second chain of a horizon model: what the experts say, mixed with what the prior says.
//!
//! The first chain, of the experts alone, never learns from a mixture with the prior, since the prior speaks of the next hour
//! only: longer lead times are served by the first chain as if there were no prior.

use serde::{Deserialize, Serialize};

use super::{aggregation::Blend, conformal::Conformal};
use crate::domain::forecast::{LEVELS, MEDIAN, Quantiles, tidy};

/// Voices: the experts' quantiles, and the prior's.
const VOICES: usize = 2;

/// Weighs the experts' quantiles against the prior's, level by level, and calibrates the mixture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WithPrior {
    /// By level. A new group begins with half the weight on the prior.
    blends: Vec<Blend>,
    calibration: Conformal,
}

/// A mixture whose outcome is not known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mixture {
    experts: Quantiles,
    prior: Quantiles,
    mixed: Quantiles,
}

impl WithPrior {
    /// A chain that has learned nothing; `half_life` of its memory in rounds.
    pub fn new(half_life: f64) -> Self {
        WithPrior { blends: vec![Blend::new(VOICES, half_life); LEVELS.len()], calibration: Conformal::new() }
    }

    /// Starts with the weights of `others`, which fade sooner by `share`.
    pub fn warm_start(&mut self, others: &[&WithPrior], share: f64) {
        for (l, blend) in self.blends.iter_mut().enumerate() {
            blend.warm_start(&others.iter().map(|o| &o.blends[l]).collect::<Vec<_>>(), share);
        }
    }

    /// The mixture of both voices, and its calibrated quantiles.
    pub fn mix(&self, experts: Quantiles, prior: Quantiles) -> (Mixture, Quantiles) {
        let mut mixed: Quantiles = std::array::from_fn(|l| self.blends[l].mix(&[experts[l], prior[l]]));
        tidy(&mut mixed);
        let mut predicted = self.calibration.calibrate(&mixed);
        tidy(&mut predicted);
        (Mixture { experts, prior, mixed }, predicted)
    }

    /// Learns from the outcome `actual`; `scale` is a typical size of errors.
    pub fn learn(&mut self, mixture: &Mixture, actual: f64, scale: f64) {
        let Mixture { experts, prior, mixed } = mixture;
        self.calibration.learn(mixed, actual);
        for (l, level) in LEVELS.iter().enumerate() {
            self.blends[l].learn(*level, &[experts[l], prior[l]], actual, scale);
        }
    }

    /// Weight of the prior in the median.
    pub fn share(&self) -> f64 {
        self.blends[MEDIAN].weights()[1]
    }

    /// As [`Conformal::alarm`].
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.calibration.alarm()
    }
}
