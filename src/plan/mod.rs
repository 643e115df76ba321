//! From a forecast to a capacity, and from a capacity to what may be done.
//!
//! Pure functions of their arguments: no I/O, no clock, no store, so that the console, the agent and the
//! backtest cannot disagree. A [`PlanContext`] goes in, a [`Plan`](crate::domain::plan::Plan) with its reasons comes out
//! ([`Policy::plan`]); [`preflight`] then passes, clamps or blocks it.
//!
//! Start with [`policies::capacity`], the default policy; the others in [`policies`] exist for comparison. [`learn`] and [`lead`] measure what the policies need: what one instance can serve, and how long a new one
//! takes, booted or out of a warm pool; [`silence`] tells a period in which nothing happened from one that is missing.
//! [`upstream_dip`] tells an outage upstream from a quiet hour. [`list_price`] is what an instance costs where nobody said so. [`baseline`] simulates a group under target tracking, for comparison.
//!
//! [`recorded`] keeps in a decision's record all that plan and preflight looked at, and [`replay`] computes both again from it.
//! [`what_if`] computes what the next hours and the last days would bring under other settings.
//!
//! What an operator may choose stands once: [`GroupOptions`] with [`Settings`] and [`preflight::Limits`] inside, each
//! with its keys in `prescale.toml`, its defaults, and what is allowed.

pub mod baseline;
pub mod cost_and_risk;
pub mod demand;
pub mod group;
pub mod incident;
pub mod lead;
pub mod learn;
pub mod list_price;
pub mod objective;
pub mod policies;
pub mod preflight;
pub mod recorded;
pub mod replay;
pub mod setting;
pub mod silence;
pub mod upstream_dip;
pub mod what_if;

#[cfg(test)]
pub(crate) mod fixture;

pub use group::GroupOptions;
pub use policies::Policy;

use serde::{Deserialize, Serialize};

use self::{setting::SettingRule, upstream_dip::UpstreamDip};
use crate::domain::{
    Seconds, Time, event::Event, forecast::Forecast, group::GroupState, objective::Objective,
    plan::instances_for, series::Series,
};

/// What is allowed for a utilisation.
const SHARE: &str = "a number from 0.1 to 1.0 (0.8 is 80 %)";

/// Share of the target utilisation that the load of now may reach, where nothing else is configured.
pub const REACTIVE_SHARE: f64 = 0.925;

/// What the operator may choose about planning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rule.
    pub policy: Policy,
    /// Quantile of demand to buy (0.95 = enough in 95 of 100 cases).
    pub risk: f64,
    /// What is to be kept instead: the quantile follows it, from `risk` on.
    pub objective: Option<Objective>,
    /// Utilisation not to exceed (0.8 = 80 %).
    pub target: f64,
    /// Utilisation that the load of the last two minutes may reach before capacity is added at once; [`REACTIVE_SHARE`] of
    /// `target` when absent.
    pub reactive_target: Option<f64>,
    /// `target-tracking`, `hpa` and `aws-predictive`: utilisation to hold; also that of the reactive policy shown for
    /// comparison.
    pub tracking_target: f64,
    /// Scale in only below the most that was wanted during this long.
    #[serde(rename(deserialize = "hold_minutes"), deserialize_with = "setting::minutes")]
    pub hold: Seconds,
    /// `threshold`: predicted CPU in percent above which one is added.
    pub threshold_up: f64,
    /// `threshold`: predicted CPU in percent below which one is removed.
    pub threshold_down: f64,
    /// Seconds between two full plans. The same for all groups: `[cycle]` of the configuration.
    #[serde(skip)]
    pub cycle: Seconds,
}

impl Settings {
    /// What `risk` may be.
    pub const RISK: SettingRule = SettingRule::number("risk", (0.5, 0.995), "a number from 0.5 to 0.995");

    /// What its keys may be. The words for `policy` are those of the list of policies.
    pub const RULES: &[SettingRule] = &[
        Settings::RISK,
        SettingRule::word("objective", objective::ALLOWED),
        SettingRule::number("target", (0.1, 1.0), SHARE),
        SettingRule::number("reactive_target", (0.1, 1.0), SHARE),
        SettingRule::number("tracking_target", (0.1, 1.0), SHARE),
        SettingRule::number("hold_minutes", (0.0, 1_440.0), "a whole number of minutes from 0 to 1440"),
        SettingRule::number("threshold_up", (1.0, 100.0), "a number of percent from 1 to 100"),
        SettingRule::number("threshold_down", (0.0, 99.0), "a number of percent from 0 to 99"),
    ];

    /// Utilisation that the load of now may reach.
    pub fn reactive_target(&self) -> f64 {
        self.reactive_target.unwrap_or(REACTIVE_SHARE * self.target)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            policy: Policy::Capacity,
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

/// All that a policy may look at.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// The moment of the plan.
    pub now: Time,
    /// True once a cycle, when a fresh forecast has been made; false in the minutes between.
    pub cycle_due: bool,
    /// The group as just read.
    pub group: &'a GroupState,
    /// The newest forecast.
    pub forecast: Option<&'a Forecast>,
    /// Highest load of the last two minutes, in load per step.
    pub load: Option<f64>,
    /// Measured CPU in percent, the newest point first: as many as policies look at, and no further than to a gap.
    pub cpu: &'a [f64],
    /// Demand so far, load per step.
    pub history: &'a Series,
    /// Load per step that one instance serves at 100 %.
    pub capacity: Option<f64>,
    /// Seconds from ordering an instance until it serves.
    pub lead: Seconds,
    /// Events that concern the group and touch the lead time.
    pub events: &'a [Event],
    /// The most that was wanted during [`Settings::hold`].
    pub recent_most: Option<u32>,
    /// CPU in percent where it is saturated and `load` is measured by it: then demand is at least `load`, and unknown above.
    pub saturated: Option<f64>,
    /// The load that has vanished, while what the season needs is kept.
    pub dip: Option<UpstreamDip>,
    /// What the operator chose.
    pub settings: &'a Settings,
}

/// What target tracking would set, for comparison: `ceil(in service × utilisation / tracking target)`.
pub fn reactive(context: &PlanContext<'_>) -> Option<u32> {
    let want = instances_for(context.load?, context.capacity?, context.settings.tracking_target)?;
    Some(want.max(context.group.min).min(context.group.max))
}
