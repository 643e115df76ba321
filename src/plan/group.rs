//! Everything that is in force for one group: [`GroupOptions`], with the settings of planning and of preflight inside.

use serde::{Deserialize, Serialize};

use super::{
    Settings,
    demand::{DemandMeasure, StepLoad},
    preflight::Limits,
    setting::{SettingRule, minutes},
};
use crate::domain::{Seconds, actuator::Actuator, decision::Mode};

/// What is in force for one group. In `prescale.toml` all keys stand side by side in `[defaults]` and `[group.NAME]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupOptions {
    /// How far `prescale` may go until an operator changes it.
    pub mode: Mode,
    /// Planning.
    #[serde(flatten, skip_deserializing)]
    pub settings: Settings,
    /// Preflight.
    #[serde(flatten, skip_deserializing)]
    pub limits: Limits,
    /// How demand is counted.
    pub demand: DemandMeasure,
    /// Seconds a step of demand.
    #[serde(rename(deserialize = "step_minutes"), deserialize_with = "minutes")]
    pub step: Seconds,
    /// What the demand of a step is, of the minutes within it.
    pub step_load: StepLoad,
    /// Load per step that one instance serves at 100 %; learned when absent.
    pub capacity: Option<f64>,
    /// Seconds from order to service; measured when absent.
    #[serde(rename(deserialize = "lead_seconds"))]
    pub lead: Option<Seconds>,
    /// How capacity is moved; what fits the group when absent.
    pub actuator: Option<Actuator>,
    /// Price of an instance-hour, in the operator's currency.
    pub price: Option<f64>,
    /// Price of a minute in which one instance too few serves, where `settings.risk` follows from the two prices.
    pub shortage_price: Option<f64>,
    /// Seconds until a proposal expires.
    #[serde(rename(serialize = "proposal", deserialize = "proposal_minutes"), deserialize_with = "minutes")]
    pub proposal_life: Seconds,
    /// How long a missing point may be late before it counts as a gap. No key of the configuration.
    #[serde(skip)]
    pub late: Seconds,
}

impl GroupOptions {
    /// What its own keys may be; those of [`Settings`] and [`Limits`] are listed there.
    pub const RULES: &[SettingRule] = &[
        SettingRule::word("mode", "\"observe\", \"approve\" or \"auto\""),
        SettingRule::word(
            "demand",
            "\"requests\", \"cpu\" or { namespace = \"...\", name = \"...\", dimensions = { NAME = \"...\" }, statistic = \"Sum\", missing = \"gap\" }",
        ),
        SettingRule::number("step_minutes", (1.0, 60.0), "a whole number of minutes from 1 to 60"),
        SettingRule::word("step_load", "\"peak\" or \"mean\""),
        SettingRule::number("capacity", (f64::MIN_POSITIVE, 1e15), "a number above 0, at most 1e15"),
        SettingRule::number("lead_seconds", (0.0, 43_200.0), "a whole number of seconds from 0 to 43200"),
        SettingRule::word("actuator", "\"desired\", \"floor\" or \"scheduled\""),
        SettingRule::number("price", (0.0, 1e6), "a number from 0 to 1000000"),
        SettingRule::number("shortage_price", (0.0, 1e6), "a number from 0 to 1000000"),
        SettingRule::number("proposal_minutes", (1.0, 1_440.0), "a whole number of minutes from 1 to 1440"),
    ];
}

impl Default for GroupOptions {
    fn default() -> Self {
        GroupOptions {
            mode: Mode::Observe,
            settings: Settings::default(),
            limits: Limits::default(),
            demand: DemandMeasure::Requests,
            step: 300,
            step_load: StepLoad::Peak,
            capacity: None,
            lead: None,
            actuator: None,
            price: None,
            shortage_price: None,
            proposal_life: 900,
            late: 600,
        }
    }
}
