//! How a policy did over some time, in a few figures.

use serde::{Deserialize, Serialize};

use super::elasticity::Elasticity;

/// Sums over the minutes that count: those of gaps in the load do not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rule under test.
    pub policy: String,
    /// Quantile bought.
    pub risk: f64,
    /// Hours that count.
    pub hours: f64,
    /// Minutes with utilisation above the SLO.
    pub under_provisioned_minutes: f64,
    /// Their share of all, in percent.
    pub above_slo_percent: f64,
    /// Load beyond what the instances could serve, in percent of all load.
    pub lost_load_percent: f64,
    /// Instance-hours paid for, booting ones included.
    pub instance_hours: f64,
    /// The same, divided by what one who knows the future pays.
    pub hours_over_oracle: f64,
    /// What they cost, where a price was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Mean utilisation of the instances in service.
    pub mean_utilisation: f64,
    /// Changes of desired capacity.
    pub actions: usize,
    /// Changes against the direction of the one before.
    pub flips: usize,
    /// How closely supply followed demand.
    pub elasticity: Elasticity,
}
