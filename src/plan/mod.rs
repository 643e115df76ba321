//! From a forecast to a capacity, and from a capacity to what may be done.
//!
//! Pure functions of their arguments: no I/O, no clock, no store, so that the console, the agent and the
//! backtest cannot disagree. A [`Situation`] goes in, a [`Plan`] with its reasons comes out
//! ([`Policy::plan`]); [`preflight`] then lets it through, cuts it or stops it.
//!
//! Start with [`capacity`], the policy the program is about. [`threshold`] is the student project's rule, kept
//! for comparison; [`tracking`] holds the two reactive policies that most groups have today. [`learn`] and [`lead`] measure what the policies need: what one instance can serve, and
//! how long a new one takes.

pub mod capacity;
pub mod incident;
pub mod lead;
pub mod learn;
pub mod preflight;
pub mod stakes;
pub mod threshold;
pub mod tracking;

#[cfg(test)]
pub(crate) mod fixture;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    event::Event,
    forecast::Forecast,
    group::GroupState,
    plan::{Plan, instances_for},
};

/// Share of the target utilisation that the load of now may reach, where nothing else is configured.
pub const REACTIVE_SHARE: f64 = 0.925;

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
    /// The same with the tolerance and the shorter memory of Kubernetes' Horizontal Pod Autoscaler.
    Hpa,
}

impl Policy {
    /// The word in the configuration and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Capacity => "capacity",
            Policy::Threshold => "threshold",
            Policy::TargetTracking => "target-tracking",
            Policy::Hpa => "hpa",
        }
    }

    /// Seconds for which the policy remembers what was wanted before it goes down.
    pub fn hold(self, settings: &Settings) -> Seconds {
        match self {
            Policy::Capacity | Policy::Threshold => settings.hold,
            Policy::TargetTracking => tracking::TRACKING_HOLD,
            Policy::Hpa => tracking::HPA_HOLD,
        }
    }

    /// What the policy wants now. `None` when it cannot say: no forecast, or no capacity per instance.
    pub fn plan(self, situation: &Situation<'_>) -> Option<Plan> {
        match self {
            Policy::Capacity => capacity::plan(situation),
            Policy::Threshold => threshold::plan(situation),
            Policy::TargetTracking => tracking::target_tracking(situation),
            Policy::Hpa => tracking::hpa(situation),
        }
    }
}

/// Numbers that the operator may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The rule.
    pub policy: Policy,
    /// Quantile of demand to buy (0.95 = enough in 95 of 100 cases).
    pub risk: f64,
    /// Utilisation not to exceed (0.8 = 80 %).
    pub target: f64,
    /// Utilisation that the load of the last two minutes may reach before more is bought at once.
    pub reactive_target: f64,
    /// `target-tracking` and `hpa`: utilisation to hold; also that of the reactive policy shown for comparison.
    pub tracking_target: f64,
    /// Scale in only below the most that was wanted during this long.
    pub hold: Seconds,
    /// `threshold`: predicted CPU in percent above which one is added.
    pub threshold_up: f64,
    /// `threshold`: predicted CPU in percent below which one is removed.
    pub threshold_down: f64,
    /// Seconds between two full plans.
    pub cycle: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            policy: Policy::Capacity,
            risk: 0.96,
            target: 0.8,
            reactive_target: REACTIVE_SHARE * 0.8,
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
pub struct Situation<'a> {
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
    /// Load per step that one instance serves at 100 %.
    pub capacity: Option<f64>,
    /// Seconds from ordering an instance until it serves.
    pub lead: Seconds,
    /// Events that concern the group and touch the lead time.
    pub events: &'a [Event],
    /// The most that was wanted during [`Settings::hold`].
    pub recent_most: Option<u32>,
    /// What the operator chose.
    pub settings: &'a Settings,
}

/// What target tracking would set, for comparison: `ceil(in service × utilisation / tracking target)`.
pub fn reactive(situation: &Situation<'_>) -> Option<u32> {
    let want = instances_for(situation.load?, situation.capacity?, situation.settings.tracking_target)?;
    Some(want.clamp(situation.group.min, situation.group.max))
}
