//! The rules that turn load and forecast into a capacity, one short file each.
//!
//! [`capacity`] is what the program is about. [`threshold`] is the student project's rule. The others are what groups have
//! today, modelled on their documentation and run in the same engine, so that a backtest can put them side by side:
//! [`target_tracking`], [`step_scaling`], [`hpa`] and [`aws_predictive`]. They look at the busiest of the last two minutes,
//! where AWS's alarms wait for several points: they answer a little sooner than the real ones.
//!
//! None keeps anything of its own from minute to minute. What was wanted lately, which the engine remembers, is all that a
//! hold on the way down needs (`held`).

pub mod aws_predictive;
pub mod capacity;
pub mod hpa;
pub mod step_scaling;
pub mod target_tracking;
pub mod threshold;

use serde::{Deserialize, Serialize};

use super::{Settings, Situation, reactive};
use crate::domain::{Seconds, plan::Plan};

/// Which rule turns a forecast into a capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Buys a quantile of demand over the lead time.
    Capacity,
    /// One more above a predicted CPU, one less below another.
    Threshold,
    /// Holds the CPU of now near a target, as an AWS target-tracking policy does.
    TargetTracking,
    /// Adds or removes a share of the group by how far the CPU of now is from bounds, as an AWS step policy does.
    StepScaling,
    /// Target tracking with the tolerance and the shorter memory of Kubernetes' Horizontal Pod Autoscaler.
    Hpa,
    /// Target tracking above an hourly forecast of the same hours of earlier days, as AWS predictive scaling does.
    AwsPredictive,
}

impl Policy {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Policy; 6] = [
        Policy::Capacity,
        Policy::Threshold,
        Policy::TargetTracking,
        Policy::StepScaling,
        Policy::Hpa,
        Policy::AwsPredictive,
    ];

    /// The word in the configuration and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Capacity => "capacity",
            Policy::Threshold => "threshold",
            Policy::TargetTracking => "target-tracking",
            Policy::StepScaling => "step-scaling",
            Policy::Hpa => "hpa",
            Policy::AwsPredictive => "aws-predictive",
        }
    }

    /// Whether it acts on the forecasts of `prescale`.
    pub fn forecasts(self) -> bool {
        matches!(self, Policy::Capacity | Policy::Threshold)
    }

    /// Seconds for which the policy remembers what was wanted before it goes down.
    pub fn hold(self, settings: &Settings) -> Seconds {
        match self {
            Policy::Capacity | Policy::Threshold => settings.hold,
            Policy::TargetTracking | Policy::AwsPredictive => target_tracking::HOLD,
            Policy::StepScaling => step_scaling::HOLD,
            Policy::Hpa => hpa::HOLD,
        }
    }

    /// What the policy wants now. `None` when it cannot say: no forecast, or no capacity per instance.
    pub fn plan(self, situation: &Situation<'_>) -> Option<Plan> {
        match self {
            Policy::Capacity => capacity::plan(situation),
            Policy::Threshold => threshold::plan(situation),
            Policy::TargetTracking => target_tracking::plan(situation),
            Policy::StepScaling => step_scaling::plan(situation),
            Policy::Hpa => hpa::plan(situation),
            Policy::AwsPredictive => aws_predictive::plan(situation),
        }
    }
}

/// Goes to `need`, but on the way down not below the most that was wanted during the policy's hold.
fn held(situation: &Situation<'_>, need: u32, why: String) -> Plan {
    let settings = situation.settings;
    let from = situation.group.desired;
    let held = situation.recent_most.map(|most| most.min(from)).filter(|most| *most > need);
    let mut reasons = vec![why];
    if let Some(most) = held {
        let minutes = settings.policy.hold(settings) / 60;
        reasons.insert(0, format!("{most} were needed within the last {minutes} min: not below that yet"));
    }
    Plan {
        at: situation.now,
        policy: settings.policy.name().into(),
        from,
        want: held.unwrap_or(need),
        unheld: held.map(|_| need),
        reasons,
        basis: None,
        reactive: reactive(situation),
    }
}

/// Share of the instances in service that the load of now keeps busy, where both are known.
fn utilisation(situation: &Situation<'_>) -> Option<f64> {
    let serving = f64::from(situation.group.in_service().max(1));
    Some(situation.load? / (serving * situation.capacity?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_words_of_the_configuration() {
        for policy in Policy::ALL {
            assert_eq!(serde_json::to_value(policy).expect("a word"), policy.name());
        }
    }
}
