//! The rules that turn load and forecast into a capacity, one short file each.
//!
//! [`capacity`] is the default. [`threshold`] is the student project's rule. The others are what groups have
//! today, modelled on their documentation and run in the same engine, so that a backtest can put them side by side:
//! [`target_tracking`], [`step_scaling`], [`hpa`] and [`aws_predictive`]. They look at measured CPU point by point, as the
//! alarms of AWS and the metrics of Kubernetes do, and know no more of an overload than 100 %.
//!
//! Each file exports a [`PolicyRule`] called `RULE`, and the list below makes [`Policy`] out of them: to add a policy, write
//! its file, add its `mod` and its line in the list, and describe it in `docs/commands.md` and the sample configuration.
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

use super::{PlanContext, Settings, reactive};
use crate::domain::{
    Seconds,
    plan::{Plan, instances_for},
};

/// Points of CPU above a bound that make an alarm, of those that AWS creates for a target-tracking policy.
const HIGH: usize = 3;
/// Points below a bound that make one.
const LOW: usize = 15;
/// Points of CPU at which policies look.
pub const LOOKS_BACK: usize = LOW;

/// What a policy says of itself.
pub struct PolicyRule {
    /// The word in the configuration and on the screen: the variant's name in kebab-case.
    pub name: &'static str,
    /// Whether it acts on the forecasts of `prescale`.
    pub forecasts: bool,
    /// Seconds for which it remembers what was wanted before it goes down.
    pub hold: fn(&Settings) -> Seconds,
    /// What it wants now. `None` when it cannot say: no forecast, or no capacity per instance.
    pub plan: fn(&PlanContext<'_>) -> Option<Plan>,
}

/// Makes [`Policy`] out of the list of policies: the help text, the variant, and the file whose `RULE` it is.
macro_rules! policies {
    ($($(#[doc = $help:literal])+ $variant:ident = $file:ident,)+) => {
        /// Which rule turns a forecast into a capacity.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Policy {
            $($(#[doc = $help])+ $variant,)+
        }

        impl Policy {
            /// All of them, in the order in which they are listed.
            pub const ALL: &[Policy] = &[$(Policy::$variant,)+];

            fn rule(self) -> &'static PolicyRule {
                match self {
                    $(Policy::$variant => &$file::RULE,)+
                }
            }

            /// What it does, in one sentence.
            pub fn help(self) -> &'static str {
                match self {
                    $(Policy::$variant => concat!($($help,)+).trim_ascii(),)+
                }
            }
        }
    };
}

// The list: configuration, command line, backtests and the documentation's test follow it.
policies! {
    /// Provisions for a quantile of forecast demand over the lead time.
    Capacity = capacity,
    /// Adds one instance above `threshold_up` percent of predicted CPU, removes one below `threshold_down`.
    Threshold = threshold,
    /// Holds CPU near `tracking_target`, as an AWS target-tracking policy does with its alarms.
    TargetTracking = target_tracking,
    /// Adds or removes 10 to 30 % of the group by its CPU, as an AWS step scaling policy does.
    StepScaling = step_scaling,
    /// Holds CPU near `tracking_target`, as Kubernetes' Horizontal Pod Autoscaler does.
    Hpa = hpa,
    /// Target tracking above an hourly forecast of earlier days, as AWS predictive scaling does.
    AwsPredictive = aws_predictive,
}

impl Policy {
    /// The word in the configuration and on the screen.
    pub fn name(self) -> &'static str {
        self.rule().name
    }

    /// Whether it acts on the forecasts of `prescale`.
    pub fn forecasts(self) -> bool {
        self.rule().forecasts
    }

    /// Seconds for which the policy remembers what was wanted before it goes down.
    pub fn hold(self, settings: &Settings) -> Seconds {
        (self.rule().hold)(settings)
    }

    /// What the policy wants now. `None` when it cannot say: no forecast, or no capacity per instance.
    pub fn plan(self, context: &PlanContext<'_>) -> Option<Plan> {
        (self.rule().plan)(context)
    }
}

/// Goes to `need`, but on the way down not below the most that was wanted during the policy's hold.
fn held(context: &PlanContext<'_>, need: u32, why: String) -> Plan {
    let settings = context.settings;
    let from = context.group.desired;
    let held = context.recent_most.map(|most| most.min(from)).filter(|most| *most > need);
    let mut reasons = vec![why];
    if let Some(most) = held {
        let minutes = settings.policy.hold(settings) / 60;
        reasons.insert(0, format!("{most} were needed within the last {minutes} min: holding that"));
    }
    Plan {
        at: context.now,
        policy: settings.policy.name().into(),
        from,
        want: held.unwrap_or(need),
        unheld: held.map(|_| need),
        reasons,
        basis: None,
        reactive: reactive(context),
        inputs: None,
    }
}

/// Instances that make the newest point of CPU the share `target`.
fn by_cpu(context: &PlanContext<'_>, target: f64) -> Option<u32> {
    instances_for(f64::from(context.group.in_service()) * context.cpu.first()? / 100.0, 1.0, target)
}

/// Whether CPU was above the share `bound` at as many points as make an alarm.
fn stays_above(context: &PlanContext<'_>, bound: f64) -> bool {
    context.cpu.get(..HIGH).is_some_and(|points| points.iter().all(|cpu| *cpu > 100.0 * bound))
}

/// Whether CPU was below the share `bound` at as many points as make an alarm.
fn stays_below(context: &PlanContext<'_>, bound: f64) -> bool {
    context.cpu.get(..LOW).is_some_and(|points| points.iter().all(|cpu| *cpu < 100.0 * bound))
}

/// Whether something that was ordered does not serve yet.
fn is_starting(context: &PlanContext<'_>) -> bool {
    context.group.in_service() < context.group.desired
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

    #[test]
    fn every_policy_stands_in_the_sample_and_in_the_documentation() {
        let sample = include_str!("../../config/prescale.sample.toml");
        let page = include_str!("../../../docs/commands.md");
        for policy in Policy::ALL {
            assert!(sample.contains(&format!("\"{}\"", policy.name())), "the sample lacks {}", policy.name());
            assert!(
                page.contains(&format!("`{}`", policy.name())),
                "docs/commands.md lacks {}",
                policy.name()
            );
        }
    }
}
