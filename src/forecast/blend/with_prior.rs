//! The second chain of a horizon model: what the experts say, mixed with what the prior says.
//!
//! The first chain, of the experts alone, never learns from a mixture with the prior, since the prior speaks of the next hour
//! only: longer lead times are served by the first chain as if there were no prior.

use serde::{Deserialize, Serialize};

use super::conformal::Conformal;
use crate::domain::forecast::{LEVELS, MEDIAN, Quantiles, tidy};

/// Step of a stretch factor after an outcome. The experts' quantiles are calibrated already; a faster one costs more than it mends.
const RATE: f64 = 0.003;
/// How fast weights follow regrets.
const SPEED: f64 = 0.5;
/// Days after which a regret counts half.
const HALF_LIFE_DAYS: f64 = 14.0;

/// Weighs the experts' quantiles against the prior's, level by level, and calibrates the mixture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WithPrior {
    keep: f64,
    /// By level. A new group begins with half the weight on the prior.
    balances: Vec<Balance>,
    calibration: Conformal,
}

/// The weight of the prior against the experts, by exponentiated gradient of the pinball loss with a rate that falls with the
/// regrets so far. (Of two voices, ML-Poly now and then silences one; this does not.)
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Balance {
    /// How much less the loss would have been with the prior than with the experts.
    gain: f64,
    /// Sum of squared regrets of both.
    square: f64,
}

/// A mixture whose outcome is not known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mixture {
    experts: Quantiles,
    prior: Quantiles,
    mixed: Quantiles,
}

impl Balance {
    /// Weight of the prior.
    fn share(self) -> f64 {
        let rate = SPEED / (1.0 + self.square / 2.0).sqrt();
        1.0 / (1.0 + (-rate * self.gain).exp())
    }

    fn mix(self, experts: f64, prior: f64) -> f64 {
        experts + self.share() * (prior - experts)
    }

    /// Learns that `actual` came; regrets so far fade to `keep`.
    fn learn(&mut self, level: f64, (experts, prior): (f64, f64), actual: f64, (scale, keep): (f64, f64)) {
        let mixed = self.mix(experts, prior);
        let slope = if actual > mixed { -level } else { 1.0 - level };
        let regret = |voice: f64| (slope * (mixed - voice) / scale).clamp(-10.0, 10.0);
        let (experts, prior) = (regret(experts), regret(prior));
        self.gain = keep * self.gain + prior - experts;
        self.square = keep * self.square + experts * experts + prior * prior;
    }
}

impl WithPrior {
    /// A chain that has learned nothing, for steps of which `day` make a day.
    pub fn new(day: usize) -> Self {
        WithPrior {
            keep: (-std::f64::consts::LN_2 / (HALF_LIFE_DAYS * day as f64)).exp(),
            balances: vec![Balance::default(); LEVELS.len()],
            calibration: Conformal::following(RATE),
        }
    }

    /// Starts with the mean regrets of `others`, which count as `share` of theirs.
    pub fn warm_start(&mut self, others: &[&WithPrior], share: f64) {
        let share = share / others.len().max(1) as f64;
        for (l, balance) in self.balances.iter_mut().enumerate() {
            for other in others {
                balance.gain += share * other.balances[l].gain;
                balance.square += share * other.balances[l].square;
            }
        }
    }

    /// The mixture of both voices, and its calibrated quantiles.
    pub fn mix(&self, experts: Quantiles, prior: Quantiles) -> (Mixture, Quantiles) {
        let mut mixed: Quantiles = std::array::from_fn(|l| self.balances[l].mix(experts[l], prior[l]));
        tidy(&mut mixed);
        let mut predicted = self.calibration.calibrate(&mixed);
        tidy(&mut predicted);
        (Mixture { experts, prior, mixed }, predicted)
    }

    /// Learns from the outcome `actual`; `scale` is a typical size of errors.
    pub fn learn(&mut self, mixture: &Mixture, actual: f64, scale: f64) {
        let Mixture { experts, prior, mixed } = mixture;
        self.calibration.learn(mixed, actual);
        let known = scale > 0.0 && actual.is_finite();
        for (l, level) in LEVELS.iter().enumerate().filter(|_| known) {
            self.balances[l].learn(*level, (experts[l], prior[l]), actual, (scale, self.keep));
        }
    }

    /// Weight of the prior in the median.
    pub fn share(&self) -> f64 {
        self.balances[MEDIAN].share()
    }

    /// As [`Conformal::alarm`].
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.calibration.alarm()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Quantiles of a uniform distribution of `width` around `centre`.
    fn uniform(centre: f64, width: f64) -> Quantiles {
        LEVELS.map(|level| centre + width * (level - 0.5))
    }

    #[test]
    fn the_better_voice_is_heard_and_the_mixture_covers() {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(6);
        let mut chain = WithPrior::new(288);
        assert_eq!(chain.share(), 0.5);
        let mut below = [0u32; LEVELS.len()];
        for round in 0..6_000 {
            let centre = 100.0 * rng.random::<f64>();
            let actual = centre + 10.0 * (rng.random::<f64>() - 0.5);
            let astray = centre + 30.0 * (rng.random::<f64>() - 0.5);
            let (mixture, predicted) = chain.mix(uniform(astray, 30.0), uniform(centre, 6.0));
            if round >= 3_000 {
                (0..LEVELS.len()).for_each(|l| below[l] += u32::from(actual <= predicted[l]));
            }
            chain.learn(&mixture, actual, 5.0);
        }
        assert!(chain.share() > 0.9, "{}", chain.share());
        for (level, count) in LEVELS.iter().zip(below) {
            assert!((f64::from(count) / 3_000.0 - level).abs() < 0.03, "{level}: {count}");
        }
    }
}
