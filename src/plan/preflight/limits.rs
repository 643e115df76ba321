//! The limits of preflight that the operator may choose.

use serde::{Deserialize, Serialize};

use crate::{
    domain::Seconds,
    plan::setting::{SettingRule, minutes},
};

/// Limits that the operator may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Data older than this (seconds) allow no scale-in, and no forecast is trusted.
    #[serde(rename(deserialize = "max_data_age_minutes"), deserialize_with = "minutes")]
    pub max_data_age: Seconds,
    /// Most instances added at once.
    #[serde(rename = "step_out_max")]
    pub step_out: Option<u32>,
    /// Most instances removed at once.
    #[serde(rename = "step_in_max")]
    pub step_in: Option<u32>,
    /// Seconds between two scale-outs.
    #[serde(rename(deserialize = "cooldown_out_seconds"))]
    pub cooldown_out: Seconds,
    /// Seconds between two scale-ins, and between a scale-out and a scale-in.
    #[serde(rename(deserialize = "cooldown_in_seconds"))]
    pub cooldown_in: Seconds,
    /// Most changes an hour.
    pub actions_per_hour: u32,
    /// Most changes of direction an hour.
    pub reversals_per_hour: u32,
    /// Seconds for which a change by somebody else is not reversed.
    #[serde(rename(deserialize = "yield_minutes"), deserialize_with = "minutes")]
    pub yield_for: Seconds,
    /// Most API calls a minute, all groups together, before scale-in waits.
    pub calls_per_minute: u32,
    /// A model that is worse than seasonal-naive, or does not cover, puts its group back to `observe`.
    pub model_gate: bool,
    /// The brake trips by itself when work falls while errors or unhealthy instances rise.
    pub incident_brake: bool,
    /// Checks that hold scale-out as well; the rest hold scale-in alone.
    pub hold_scale_out: Vec<ScaleOutHold>,
    /// Name of this installation, for the tag `prescale:owner`.
    pub owner: String,
}

/// A check that holds scale-in alone, unless the operator asks that it holds scale-out too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleOutHold {
    /// A change freeze of the calendar.
    Freeze,
    /// An instance refresh that runs, or may run.
    Refresh,
    /// A change by somebody else, which is not reversed for a while.
    Foreign,
    /// A scheduled action of somebody else that is about to fire.
    Schedule,
    /// A predictive policy of AWS.
    Predictive,
    /// The process AlarmNotification is suspended.
    Alarms,
}

impl ScaleOutHold {
    /// All of them.
    pub const ALL: [ScaleOutHold; 6] = [
        ScaleOutHold::Freeze,
        ScaleOutHold::Refresh,
        ScaleOutHold::Foreign,
        ScaleOutHold::Schedule,
        ScaleOutHold::Predictive,
        ScaleOutHold::Alarms,
    ];

    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            ScaleOutHold::Freeze => "freeze",
            ScaleOutHold::Refresh => "refresh",
            ScaleOutHold::Foreign => "foreign",
            ScaleOutHold::Schedule => "schedule",
            ScaleOutHold::Predictive => "predictive",
            ScaleOutHold::Alarms => "alarms",
        }
    }
}

impl Limits {
    /// What its keys may be.
    pub const RULES: &[SettingRule] = &[
        SettingRule::number("step_out_max", (1.0, 10_000.0), "a whole number of instances from 1 to 10000"),
        SettingRule::number("step_in_max", (1.0, 10_000.0), "a whole number of instances from 1 to 10000"),
        SettingRule::number(
            "cooldown_out_seconds",
            (0.0, 86_400.0),
            "a whole number of seconds from 0 to 86400",
        ),
        SettingRule::number(
            "cooldown_in_seconds",
            (0.0, 86_400.0),
            "a whole number of seconds from 0 to 86400",
        ),
        SettingRule::number("actions_per_hour", (1.0, 1_000.0), "a whole number from 1 to 1000"),
        SettingRule::number("reversals_per_hour", (1.0, 1_000.0), "a whole number from 1 to 1000"),
        SettingRule::number("yield_minutes", (0.0, 1_440.0), "a whole number of minutes from 0 to 1440"),
        SettingRule::number("calls_per_minute", (1.0, 1e6), "a whole number from 1 to 1000000"),
        SettingRule::word("model_gate", "true or false"),
        SettingRule::word("incident_brake", "true or false"),
        SettingRule::word(
            "hold_scale_out",
            "a list of \"freeze\", \"refresh\", \"foreign\", \"schedule\", \"predictive\" and \"alarms\"",
        ),
        SettingRule::word("owner", "a text in quotes"),
        SettingRule::number(
            "max_data_age_minutes",
            (1.0, 1_440.0),
            "a whole number of minutes from 1 to 1440",
        ),
    ];
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_data_age: 1_200,
            step_out: None,
            step_in: None,
            cooldown_out: 0,
            cooldown_in: 0,
            actions_per_hour: 60,
            reversals_per_hour: 8,
            yield_for: 600,
            calls_per_minute: 600,
            model_gate: true,
            incident_brake: true,
            hold_scale_out: Vec::new(),
            owner: "prescale".into(),
        }
    }
}
