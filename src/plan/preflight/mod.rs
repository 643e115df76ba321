//! The checks between a plan and an action.
//!
//! [`run`] walks through one visible list of named checks (`checks::ALL`, by theme in the folder); each passes, clamps the change
//! (`Clamp`) or blocks it (`Block`), always with its numbers. All of them run, also after one has blocked, so
//! that the screen shows the whole checklist. A check is asked about changes in the direction that its row of the list says;
//! one that holds scale-in alone holds scale-out too where the operator asks for it ([`ScaleOutHold`]). Whatever goes in, what comes out lies within the group's bounds.

mod checks;
mod limits;

pub use checks::{ALL, Check, Directions, WITHIN_SEEN};
pub use limits::{Limits, ScaleOutHold};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    actuator::Actuator,
    event::Event,
    group::GroupState,
    preflight::{Preflight, PreflightCheck, Verdict},
};

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
    /// Events that concern the group and hold now.
    pub events: &'a [Event],
    /// What is known, and how far it can be trusted.
    pub data: DataQuality<'a>,
    /// How the group's capacity is moved, and how its launches go.
    pub scaling: ScalingState,
    /// What `prescale` did lately.
    pub pace: Pace,
    /// Who else may change the group.
    pub others: OtherActors<'a>,
    /// What operators chose.
    pub operator: OperatorChoice,
    /// What the configuration allows.
    pub limits: &'a Limits,
}

/// How far the data can be trusted.
#[derive(Debug, Clone, Copy, Default)]
pub struct DataQuality<'a> {
    /// Seconds since the newest load reading ended; `None` if there never was one.
    pub age: Option<Seconds>,
    /// Seconds by which the clock jumped, during the cycle after it did.
    pub clock_jump: Option<Seconds>,
    /// Why the model is not to be trusted, if it is not.
    pub sick_model: Option<&'a str>,
    /// Instances that the highest load seen in the last weeks needs, with what the calendar announces; `None` while little
    /// was seen.
    pub most_seen: Option<u32>,
}

/// How capacity is moved, and how launches go.
#[derive(Debug, Clone, Copy)]
pub struct ScalingState {
    /// How capacity is moved.
    pub actuator: Actuator,
    /// Seconds from order to service.
    pub lead: Seconds,
    /// Launches failed in a row, newest first.
    pub failed_launches: u32,
}

/// What `prescale` did lately.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// When it last added.
    pub last_out: Option<Time>,
    /// When it last removed.
    pub last_in: Option<Time>,
    /// Changes during the last hour.
    pub actions: u32,
    /// Changes of direction during the last hour.
    pub reversals: u32,
    /// API calls during the last minute, all groups together.
    pub calls: u32,
}

/// Who else may change the group.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherActors<'a> {
    /// The newest change by somebody else.
    pub foreign: Option<&'a Foreign>,
    /// Why this process holds no lease of the group, where several share a fleet, it does not, and there is
    /// something to change: a floor may move without a change of the capacity.
    pub no_lease: Option<&'a str>,
}

/// What operators chose on the screen.
#[derive(Debug, Clone, Copy, Default)]
pub struct OperatorChoice {
    /// Nobody will approve: the group is in `auto`.
    pub auto: bool,
    /// Scale-in is frozen everywhere.
    pub brake: bool,
    /// The capacity that an operator rejected, from where the group stands.
    pub rejected: Option<u32>,
}

/// Runs every check on the wish to go from the group's desired capacity to `want`.
pub fn run(want: u32, context: &PreflightContext<'_>) -> Preflight {
    let mut to = want;
    let mut blocked = false;
    let mut checks = Vec::with_capacity(ALL.len());
    for check in ALL {
        let verdict = if check.concerns(to, context) { (check.run)(to, context) } else { Verdict::Pass };
        match &verdict {
            Verdict::Pass => {}
            Verdict::Clamp { to: cut, .. } => to = *cut,
            Verdict::Block { .. } => blocked = true,
        }
        checks.push(PreflightCheck::of(check.name, verdict));
    }
    Preflight { checks, allowed: (!blocked).then_some(to), inputs: None }
}
