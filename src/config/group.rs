//! What is in force for one group.

use serde::{Deserialize, Serialize};

use super::{DemandSetting, keys::GroupKeys};
use crate::domain::{Seconds, actuator::Actuator, cost_and_risk::worthwhile, decision::Mode};

/// Rule that turns a forecast into capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicySetting {
    /// A quantile of demand over what one instance serves.
    Capacity,
    /// Predicted CPU above one number adds an instance, below another removes one.
    Threshold,
    /// The CPU of now is held near a target, as AWS's target tracking does.
    TargetTracking,
    /// A share of the group is added or removed by the CPU of now, as by AWS's step scaling.
    StepScaling,
    /// Target tracking by the rules of Kubernetes' Horizontal Pod Autoscaler.
    Hpa,
    /// Target tracking above an hourly forecast, as AWS's predictive scaling makes it.
    AwsPredictive,
}

impl PolicySetting {
    /// The word in the file and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            PolicySetting::Capacity => "capacity",
            PolicySetting::Threshold => "threshold",
            PolicySetting::TargetTracking => "target-tracking",
            PolicySetting::StepScaling => "step-scaling",
            PolicySetting::Hpa => "hpa",
            PolicySetting::AwsPredictive => "aws-predictive",
        }
    }
}

/// Everything that is in force for one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupConfig {
    /// How far `prescale` may go, until an operator says otherwise.
    pub mode: Mode,
    /// Rule that turns a forecast into capacity.
    pub policy: PolicySetting,
    /// Quantile of demand that is bought, 0.5 to 0.995: given, or what the two prices make worthwhile.
    pub risk: f64,
    /// Utilisation not to exceed, 0.1 to 1.0.
    pub target: f64,
    /// What demand is counted in.
    pub demand: DemandSetting,
    /// Seconds a sample covers, whole minutes.
    pub step: Seconds,
    /// Load per step that one instance serves at 100 %; learned when absent.
    pub capacity: Option<f64>,
    /// Seconds from order to service; measured when absent.
    pub lead: Option<Seconds>,
    /// How capacity is moved; what fits the group when absent.
    pub actuator: Option<Actuator>,
    /// Price of an instance-hour, from 0.
    pub price: Option<f64>,
    /// Price of a minute in which one instance too few serves, where `risk` follows from it.
    pub shortage_price: Option<f64>,
    /// Utilisation that `target-tracking`, `hpa` and `aws-predictive` hold, 0.1 to 1.0.
    pub tracking_target: f64,
    /// Predicted CPU percent above which `threshold` adds one.
    pub threshold_up: f64,
    /// Predicted CPU percent below which `threshold` removes one; below `threshold_up`.
    pub threshold_down: f64,
    /// Utilisation that the load of the last two minutes may reach, 0.1 to 1.0; nine tenths of `target` when absent.
    pub reactive_target: Option<f64>,
    /// Scale-in goes no lower than the most needed in so many seconds.
    pub hold: Seconds,
    /// Most instances added at once.
    pub step_out_max: Option<u32>,
    /// Most instances removed at once.
    pub step_in_max: Option<u32>,
    /// Seconds after an action before the next scale-out.
    pub cooldown_out: Seconds,
    /// Seconds after an action before the next scale-in.
    pub cooldown_in: Seconds,
    /// Most actions within an hour.
    pub actions_per_hour: u32,
    /// Most changes of direction within an hour.
    pub reversals_per_hour: u32,
    /// Seconds for which a change by somebody else is not reversed.
    pub yield_for: Seconds,
    /// Most API calls within a minute, all groups together, before scale-in waits.
    pub calls_per_minute: u32,
    /// A model that is worse than seasonal-naive puts its group back to `observe`.
    pub model_gate: bool,
    /// The incident brake trips by itself.
    pub incident_brake: bool,
    /// Name of this installation.
    pub owner: String,
    /// Seconds until a proposal expires.
    pub proposal: Seconds,
    /// Seconds after which the newest metric is too old to act on.
    pub max_data_age: Seconds,
}

impl GroupConfig {
    /// The group's own keys over `defaults` over the program's; `mode` is the source's default.
    pub(super) fn resolve(own: &GroupKeys, defaults: &GroupKeys, mode: Mode) -> GroupConfig {
        let minutes = |own: Option<u32>, default: Option<u32>, program: u32| {
            Seconds::from(own.or(default).unwrap_or(program)) * 60
        };
        let seconds =
            |own: Option<u32>, default: Option<u32>| Seconds::from(own.or(default).unwrap_or_default());
        let price = own.price.or(defaults.price);
        let nearer = if own.risk.is_some() || own.shortage_price.is_some() { own } else { defaults };
        let worthwhile = price.zip(nearer.shortage_price).map(|(hour, minute)| worthwhile(hour, minute));
        GroupConfig {
            mode: own.mode.or(defaults.mode).unwrap_or(mode),
            policy: own.policy.or(defaults.policy).unwrap_or(PolicySetting::Capacity),
            risk: worthwhile.or(nearer.risk).unwrap_or(0.95),
            target: own.target.or(defaults.target).unwrap_or(0.8),
            demand: own.demand.clone().or(defaults.demand.clone()).unwrap_or(DemandSetting::Requests),
            step: minutes(own.step_minutes, defaults.step_minutes, 5),
            capacity: own.capacity.or(defaults.capacity),
            lead: own.lead_seconds.or(defaults.lead_seconds).map(Seconds::from),
            actuator: own.actuator.or(defaults.actuator),
            price,
            shortage_price: nearer.shortage_price,
            tracking_target: own.tracking_target.or(defaults.tracking_target).unwrap_or(0.5),
            threshold_up: own.threshold_up.or(defaults.threshold_up).unwrap_or(70.0),
            threshold_down: own.threshold_down.or(defaults.threshold_down).unwrap_or(35.0),
            reactive_target: own.reactive_target.or(defaults.reactive_target),
            hold: minutes(own.hold_minutes, defaults.hold_minutes, 5),
            step_out_max: own.step_out_max.or(defaults.step_out_max),
            step_in_max: own.step_in_max.or(defaults.step_in_max),
            cooldown_out: seconds(own.cooldown_out_seconds, defaults.cooldown_out_seconds),
            cooldown_in: seconds(own.cooldown_in_seconds, defaults.cooldown_in_seconds),
            actions_per_hour: own.actions_per_hour.or(defaults.actions_per_hour).unwrap_or(60),
            reversals_per_hour: own.reversals_per_hour.or(defaults.reversals_per_hour).unwrap_or(8),
            yield_for: minutes(own.yield_minutes, defaults.yield_minutes, 10),
            calls_per_minute: own.calls_per_minute.or(defaults.calls_per_minute).unwrap_or(600),
            model_gate: own.model_gate.or(defaults.model_gate).unwrap_or(true),
            incident_brake: own.incident_brake.or(defaults.incident_brake).unwrap_or(true),
            owner: own.owner.clone().or(defaults.owner.clone()).unwrap_or_else(|| "prescale".into()),
            proposal: minutes(own.proposal_minutes, defaults.proposal_minutes, 15),
            max_data_age: minutes(own.max_data_age_minutes, defaults.max_data_age_minutes, 20),
        }
    }
}
