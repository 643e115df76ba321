//! What a policy looked at.

use serde::{Deserialize, Serialize};

use super::{EventInputs, unusual, unusual_each, unusual_option};
use crate::domain::{Seconds, Time, at_epoch, objective::Objective};

/// What a policy looked at when it made a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanInputs {
    /// It was made in a minute between two cycles: no fresh forecast had been made.
    pub between_cycles: bool,
    /// Sizes of the group.
    #[serde(serialize_with = "unusual")]
    pub group: SizeInputs,
    /// The newest forecast, as far as it was looked at.
    #[serde(serialize_with = "unusual_option")]
    pub forecast: Option<ForecastInputs>,
    /// Highest load of the last two minutes, in load per step.
    pub load: Option<f64>,
    /// CPU in percent, the newest point first, of policies that look at it.
    pub cpu: Vec<f64>,
    /// Hours of earlier days, each with the mean load that speaks for an hour to come.
    pub hours: Vec<(i64, f64)>,
    /// Load per step that one instance serves at 100 %.
    pub capacity: Option<f64>,
    /// Seconds from ordering an instance until it serves.
    pub lead: Seconds,
    /// The same out of the warm pool.
    pub warm: Option<Seconds>,
    /// Events that touched the lead time.
    #[serde(serialize_with = "unusual_each")]
    pub events: Vec<EventInputs>,
    /// The most that was wanted during the hold.
    pub recent_most: Option<u32>,
    /// CPU in percent where it was saturated.
    pub saturated: Option<f64>,
    /// The load that had vanished.
    pub dip: Option<DipInputs>,
    /// What the operator had chosen.
    #[serde(serialize_with = "unusual")]
    pub settings: SettingsInputs,
    /// Lines about the way capacity is moved, added to the reasons of the policy.
    pub notes: Vec<String>,
}

/// Sizes of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SizeInputs {
    /// MinSize of its own.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// DesiredCapacity.
    pub desired: u32,
    /// Serving.
    pub in_service: u32,
    /// The warm pool.
    pub warm_pool: Option<u32>,
}

/// The part of a forecast that a plan looks at. The model that made it stands in the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForecastInputs {
    /// When it was made.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub origin: Time,
    /// Start of its first step.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub first: Time,
    /// Seconds of a step.
    pub step: Seconds,
    /// Steps before those that are kept.
    pub skipped: usize,
    /// Medians of the first two steps: what was expected of the moment of the plan.
    pub medians: Vec<f64>,
    /// Of each step the two quantiles beside the one that was bought.
    pub rows: Vec<[f64; 2]>,
}

impl Default for ForecastInputs {
    fn default() -> Self {
        let epoch = at_epoch(0);
        ForecastInputs { origin: epoch, first: epoch, step: 300, skipped: 0, medians: vec![], rows: vec![] }
    }
}

/// A load that had vanished, while what the season needs is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DipInputs {
    /// Since when.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub since: Time,
    /// Until when what the season needs is kept.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub until: Time,
    /// The lowest mean load of this hour on the last days.
    pub lowest: f64,
    /// The highest load that the season brings within the next hour.
    pub season: f64,
}

/// What the operator had chosen about planning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsInputs {
    /// Name of the policy.
    pub policy: String,
    /// Quantile of demand that was bought.
    pub risk: f64,
    /// The objective that it followed.
    pub objective: Option<Objective>,
    /// Utilisation not to exceed.
    pub target: f64,
    /// Utilisation that the load of now may reach.
    pub reactive_target: Option<f64>,
    /// Utilisation that reactive policies hold.
    pub tracking_target: f64,
    /// Seconds of the hold before scale-in.
    pub hold: Seconds,
    /// Predicted CPU above which `threshold` adds one.
    pub threshold_up: f64,
    /// Predicted CPU below which `threshold` removes one.
    pub threshold_down: f64,
    /// Seconds between two full plans.
    pub cycle: Seconds,
}

impl Default for SettingsInputs {
    fn default() -> Self {
        SettingsInputs {
            policy: "capacity".into(),
            risk: 0.95,
            objective: None,
            target: 0.8,
            reactive_target: None,
            tracking_target: 0.5,
            hold: 300,
            threshold_up: 70.0,
            threshold_down: 35.0,
            cycle: 300,
        }
    }
}
