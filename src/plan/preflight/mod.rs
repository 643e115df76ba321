//! The checks between a plan and an action.
//!
//! [`run`] walks through one visible list of named checks (`checks::ALL`); each passes, cuts the change
//! (`Clamp`) or stops it (`Block`), always with its numbers. All of them run, also after one has blocked, so
//! that the screen shows the whole checklist. Whatever goes in, what comes out lies within the group's bounds.

mod checks;

use crate::domain::{
    Seconds, Time,
    event::Event,
    group::GroupState,
    preflight::{Check, Preflight, Verdict},
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
        }
    }
}

/// All that a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The moment.
    pub now: Time,
    /// The group as just read.
    pub group: &'a GroupState,
    /// Seconds since the newest load reading ended; `None` if there never was one.
    pub data_age: Option<Seconds>,
    /// When `prescale` last added and last removed.
    pub last_out: Option<Time>,
    /// When `prescale` last removed.
    pub last_in: Option<Time>,
    /// Changes by `prescale` during the last hour.
    pub actions_last_hour: u32,
    /// Launches failed in a row, newest first.
    pub failed_launches: u32,
    /// Events that concern the group and hold now.
    pub events: &'a [Event],
    /// Scale-in is frozen everywhere.
    pub brake: bool,
    /// What the operator chose.
    pub limits: &'a Limits,
}

/// Runs every check on the wish to go from the group's desired capacity to `want`.
pub fn run(want: u32, circumstances: &Circumstances<'_>) -> Preflight {
    let mut to = want;
    let mut blocked = false;
    let mut checks = Vec::with_capacity(checks::ALL.len());
    for (name, check) in checks::ALL {
        let verdict = check(to, circumstances);
        match &verdict {
            Verdict::Pass => {}
            Verdict::Clamp { to: cut, .. } => to = *cut,
            Verdict::Block { .. } => blocked = true,
        }
        checks.push(Check { name: (*name).to_owned(), verdict });
    }
    Preflight { checks, allowed: (!blocked).then_some(to) }
}
