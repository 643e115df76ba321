//! Online aggregation of experts: the mixture does nearly as well as the best fixed mixture would have done.

use serde::{Deserialize, Serialize};

/// Weights of several experts for one quantile level, learned from pinball loss.
///
/// ML-Poly (Gaillard, Stoltz and van Erven 2014, "A second-order bound with excess losses") with the gradient
/// trick: an expert's weight is its positive regret divided by the sum of its squared regrets, so that there
/// is no learning rate to tune. Regrets fade by the factor `keep` per round, because last month's best
/// mixture is not today's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Blend {
    keep: f64,
    regret: Vec<f64>,
    square: Vec<f64>,
    weights: Vec<f64>,
}

impl Blend {
    /// Equal weights; `half_life` of memory in rounds.
    pub fn new(experts: usize, half_life: f64) -> Self {
        Blend {
            keep: (-std::f64::consts::LN_2 / half_life).exp(),
            regret: vec![0.0; experts],
            square: vec![0.0; experts],
            weights: vec![1.0 / experts as f64; experts],
        }
    }

    /// Starts from the mean regrets of `others`, scaled by `keep_share` so that they fade sooner.
    pub fn warm_start(&mut self, others: &[&Blend], keep_share: f64) {
        let share = keep_share / others.len().max(1) as f64;
        for other in others.iter().filter(|o| o.weights.len() == self.weights.len()) {
            for i in 0..self.weights.len() {
                self.regret[i] += share * other.regret[i];
                self.square[i] += share * other.square[i];
            }
        }
        self.reweigh();
    }

    /// The weighted mean of the experts' predictions.
    pub fn mix(&self, predicted: &[f64]) -> f64 {
        self.weights.iter().zip(predicted).map(|(w, v)| w * v).sum()
    }

    /// Current weights; they are not negative and sum to one.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Learns from one round: the experts predicted `predicted` for the `level` quantile, and the outcome was
    /// `actual`. `scale` is a typical size of the errors, which makes rounds comparable.
    pub fn learn(&mut self, level: f64, predicted: &[f64], actual: f64, scale: f64) {
        if scale.is_nan() || scale <= 0.0 || !actual.is_finite() || predicted.iter().any(|v| !v.is_finite()) {
            return;
        }
        let mixed = self.mix(predicted);
        // Gradient of the pinball loss at the blend.
        let slope = if actual > mixed { -level } else { 1.0 - level };
        for (i, value) in predicted.iter().enumerate() {
            let regret = (slope * (mixed - value) / scale).clamp(-10.0, 10.0);
            self.regret[i] = self.keep * self.regret[i] + regret;
            self.square[i] = self.keep * self.square[i] + regret * regret;
        }
        self.reweigh();
    }

    fn reweigh(&mut self) {
        for (i, weight) in self.weights.iter_mut().enumerate() {
            *weight = self.regret[i].max(0.0) / (1.0 + self.square[i]);
        }
        let total: f64 = self.weights.iter().sum();
        if total > 1e-12 {
            self.weights.iter_mut().for_each(|w| *w /= total);
        } else {
            let equal = 1.0 / self.weights.len() as f64;
            self.weights.fill(equal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_better_expert_gets_the_weight() {
        let mut blend = Blend::new(3, 1_000.0);
        for i in 0..2_000 {
            let actual = f64::from(i % 17);
            blend.learn(0.5, &[actual + 0.1, actual + 5.0, actual - 7.0], actual, 1.0);
        }
        assert!(blend.weights()[0] > 0.9, "{:?}", blend.weights());
    }

    #[test]
    fn opposite_errors_are_mixed() {
        let mut blend = Blend::new(2, 5_000.0);
        for i in 0..4_000 {
            let actual = 50.0 + f64::from(i % 13);
            blend.learn(0.5, &[actual + 2.0, actual - 2.0], actual, 1.0);
        }
        assert!((blend.mix(&[2.0, -2.0])).abs() < 1.0, "{:?}", blend.weights());
    }

    proptest! {
        #[test]
        fn weights_stay_a_mixture(rounds in prop::collection::vec((prop::array::uniform3(-1e6..1e6f64), -1e6..1e6f64, 0.01..0.99f64), 1..80)) {
            let mut blend = Blend::new(3, 50.0);
            for (predicted, actual, level) in rounds {
                blend.learn(level, &predicted, actual, 1_000.0);
                prop_assert!((blend.weights().iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(blend.weights().iter().all(|w| *w >= 0.0));
                let mixed = blend.mix(&predicted);
                let (low, high) = predicted.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
                prop_assert!(mixed >= low - 1e-6 && mixed <= high + 1e-6);
            }
        }
    }
}
