//! The checks between a plan and an action.
//!
//! [`run`] walks through one visible list of named checks (`checks::ALL`, by theme in the folder); each passes, cuts the change
//! (`Clamp`) or stops it (`Block`), always with its numbers. All of them run, also after one has blocked, so
//! that the screen shows the whole checklist. Whatever goes in, what comes out lies within the group's bounds.

mod checks;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    actuator::Actuator,
    event::Event,
    group::GroupState,
    preflight::{Preflight, PreflightCheck, Verdict},
};

/// Limits that the operator may choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Data older than this (seconds) allow no scale-in, and no forecast is trusted.
    pub max_data_age: Seconds,
    /// Most instances added at once.
    pub step_out: Option<u32>,
    /// Most instances removed at once.
    pub step_in: Option<u32>,
    /// Seconds between two scale-outs.
    pub cooldown_out: Seconds,
    /// Seconds between two scale-ins, and between a scale-out and a scale-in.
    pub cooldown_in: Seconds,
    /// Most changes an hour.
    pub actions_per_hour: u32,
    /// Most changes of direction an hour.
    pub reversals_per_hour: u32,
    /// Seconds for which a change by somebody else is not reversed.
    pub yield_for: Seconds,
    /// Most API calls a minute, all groups together, before scale-in waits.
    pub calls_per_minute: u32,
    /// A model that is worse than seasonal-naive, or does not cover, puts its group back to `observe`.
    pub model_gate: bool,
    /// The brake trips by itself when work falls while errors or unhealthy instances rise.
    pub incident_brake: bool,
    /// Name of this installation, for the tag `prescale:owner`.
    pub owner: String,
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
            owner: "prescale".into(),
        }
    }
}

/// A change of the desired capacity that was not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// When it was seen.
    pub at: Time,
    /// Desired capacity before.
    pub from: u32,
    /// Desired capacity after.
    pub to: u32,
}

/// All that a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct PreflightContext<'a> {
    /// The moment.
    pub now: Time,
    /// The group as just read.
    pub group: &'a GroupState,
    /// Seconds since the newest load reading ended; `None` if there never was one.
    pub data_age: Option<Seconds>,
    /// When `prescale` last added.
    pub last_out: Option<Time>,
    /// When `prescale` last removed.
    pub last_in: Option<Time>,
    /// Changes by `prescale` during the last hour.
    pub actions_last_hour: u32,
    /// Changes of direction by `prescale` during the last hour.
    pub reversals: u32,
    /// Launches failed in a row, newest first.
    pub failed_launches: u32,
    /// Seconds from order to service.
    pub lead: Seconds,
    /// Events that concern the group and hold now.
    pub events: &'a [Event],
    /// Scale-in is frozen everywhere.
    pub brake: bool,
    /// Nobody will approve: the group is in `auto`.
    pub auto: bool,
    /// How capacity is moved.
    pub actuator: Actuator,
    /// Seconds by which the clock jumped, during the cycle after it did.
    pub jump: Option<Seconds>,
    /// Why the model is not to be trusted, if it is not.
    pub sick_model: Option<&'a str>,
    /// The newest change by somebody else.
    pub foreign: Option<&'a Foreign>,
    /// API calls during the last minute, all groups together.
    pub calls: u32,
    /// The capacity that an operator said no to, from where the group stands.
    pub rejected: Option<u32>,
    /// Why this process holds no lease of the group, where several share a fleet, it does not, and there is
    /// something to change: a floor may move without a change of the capacity.
    pub no_lease: Option<&'a str>,
    /// What the operator chose.
    pub limits: &'a Limits,
}

/// Runs every check on the wish to go from the group's desired capacity to `want`.
pub fn run(want: u32, context: &PreflightContext<'_>) -> Preflight {
    let mut to = want;
    let mut blocked = false;
    let mut checks = Vec::with_capacity(checks::ALL.len());
    for (name, check) in checks::ALL {
        let verdict = check(to, context);
        match &verdict {
            Verdict::Pass => {}
            Verdict::Clamp { to: cut, .. } => to = *cut,
            Verdict::Block { .. } => blocked = true,
        }
        checks.push(PreflightCheck { name: (*name).to_owned(), verdict });
    }
    Preflight { checks, allowed: (!blocked).then_some(to) }
}
