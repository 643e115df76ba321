//! The quantile that keeps an objective.
//!
//! Which quantile of demand keeps a promise differs from load to load, and changes with it. So the quantile follows what came:
//! each minute that goes wrong raises it, each other minute lowers it, in the proportion in which it stands still where the share
//! is the objective's. This is adaptive conformal inference (I. Gibbs, E. Candès, "Adaptive Conformal Inference Under
//! Distribution Shift", NeurIPS 2021; A. Angelopoulos, E. Candès, R. Tibshirani, "Conformal PID Control for Time Series Prediction",
//! NeurIPS 2023), on the log odds of the quantile.
//!
//! **What is guaranteed**, of any load: as long as the quantile is below its upper bound, no stretch of time has more than
//! [`QuantileLevel::slack`] minutes above the target beyond its share, 45 (for lost load: the load of 4.5 minutes). At the upper bound more
//! than p99.5 would be needed: forecasts cannot keep the objective then. At the lower one the load is served with less risk than allowed.

use serde::{Deserialize, Serialize};

use crate::domain::objective::Objective;

/// By how much a minute above the target raises the log odds of the quantile.
const RATE: f64 = 0.1;
/// The same of a minute whose load is all lost. Minutes lose a tenth of their load where they lose any.
const LOSS_RATE: f64 = 1.0;
/// The quantiles between which it moves.
const BOUNDS: (f64, f64) = (0.7, 0.995);
/// What is allowed, in words.
pub(super) const ALLOWED: &str =
    "{ minutes_above = \"0.3 %\" } or { lost_load = \"0.01 %\" }, from 0.001 % to 20 %";

/// The quantile to provision for, as its log odds, that follows what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QuantileLevel(f64);

impl QuantileLevel {
    /// One that begins at the quantile `risk`.
    pub fn starting_at(risk: f64) -> QuantileLevel {
        QuantileLevel(log_odds(risk.clamp(BOUNDS.0, BOUNDS.1)))
    }

    /// Takes in a minute: `bad` is 1 where utilisation was above the target and 0 elsewhere, or the share of the load that was
    /// lost.
    pub fn count(&mut self, bad: f64, objective: Objective) {
        let next = self.0 + rate(objective) * (bad - objective.allowed());
        self.0 = next.clamp(log_odds(BOUNDS.0), log_odds(BOUNDS.1));
    }

    /// The quantile.
    pub fn risk(self) -> f64 {
        1.0 / (1.0 + (-self.0).exp())
    }

    /// Bad minutes beyond the share of `objective` that there may be in any stretch of time in which it is below its upper bound.
    pub fn slack(objective: Objective) -> f64 {
        (log_odds(BOUNDS.1) - log_odds(BOUNDS.0)) / rate(objective)
    }

    /// Bad minutes in a row that would bring it to its upper bound.
    pub fn room(self, objective: Objective) -> f64 {
        (log_odds(BOUNDS.1) - self.0) / rate(objective)
    }
}

/// By how much a bad minute raises the log odds.
fn rate(objective: Objective) -> f64 {
    match objective {
        Objective::MinutesAbove(_) => RATE,
        Objective::LostLoad(_) => LOSS_RATE,
    }
}

fn log_odds(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALPHA: Objective = Objective::MinutesAbove(0.005);

    #[test]
    fn it_stands_still_where_the_share_is_the_objectives() {
        let mut level = QuantileLevel::starting_at(0.95);
        (0..20_000).for_each(|minute| level.count(f64::from(u8::from(minute % 200 == 0)), ALPHA));
        assert!((level.risk() - 0.95).abs() < 1e-3, "{}", level.risk());
        assert!((44.0..45.0).contains(&QuantileLevel::slack(ALPHA)), "as the documentation says");
        let mut level = QuantileLevel::starting_at(0.95);
        (0..20_000).for_each(|minute| {
            level.count(if minute % 200 == 0 { 0.1 } else { 0.0 }, Objective::LostLoad(0.0005));
        });
        assert!((level.risk() - 0.95).abs() < 1e-3, "{}", level.risk());
    }

    #[test]
    fn ten_minutes_above_buy_more_and_quiet_days_less() {
        let mut level = QuantileLevel::starting_at(0.95);
        (0..10).for_each(|_| level.count(1.0, ALPHA));
        assert!((0.97..0.985).contains(&level.risk()), "{}", level.risk());
        (0..3 * 1_440).for_each(|_| level.count(0.0, ALPHA));
        assert!((0.8..0.9).contains(&level.risk()), "{}", level.risk());
        (0..100 * 1_440).for_each(|_| level.count(0.0, ALPHA));
        assert!((level.risk() - BOUNDS.0).abs() < 1e-9, "and no less than that");
        (0..100).for_each(|_| level.count(1.0, ALPHA));
        assert!(level.room(ALPHA) == 0.0 && (level.risk() - BOUNDS.1).abs() < 1e-9, "nor more than that");
    }

    proptest! {
        /// A world in which a minute is above with a probability that depends on the quantile that was bought some minutes
        /// earlier, and on what is not known: how hard the load is, which changes.
        #[test]
        fn no_stretch_has_more_minutes_above_than_is_promised(
            minutes in prop::collection::vec(0.0..1.0f64, 5_000..20_000),
            hardness in prop::collection::vec(0.05..3.0f64, 1..5),
            percent in 0.2..5.0f64,
            delay in 0usize..15,
        ) {
            let objective = Objective::MinutesAbove(percent / 100.0);
            let mut level = QuantileLevel::starting_at(0.95);
            let mut bought = std::collections::VecDeque::from(vec![level.risk(); delay + 1]);
            let (mut beyond, mut least) = (0.0, 0.0f64);
            for (at, luck) in minutes.iter().enumerate() {
                bought.push_back(level.risk());
                let risk = bought.pop_front().unwrap_or(0.95);
                let is_above = *luck < hardness[at * hardness.len() / minutes.len()] * (1.0 - risk);
                let bad = f64::from(u8::from(is_above));
                level.count(bad, objective);
                beyond += bad - objective.allowed();
                least = least.min(beyond);
                if level.room(objective) <= 0.0 {
                    (beyond, least) = (0.0, 0.0);
                }
                prop_assert!(beyond - least <= QuantileLevel::slack(objective) + 1e-6, "{}", beyond - least);
            }
        }
    }
}
