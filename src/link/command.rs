//! Everything that an operator may ask of the engine.

use serde::{Deserialize, Serialize};

use super::Viewport;
use crate::{
    calendar::CalendarEntry,
    domain::{decision::Mode, fault::Fault, what_if::WhatIf},
};

/// One thing an operator may ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Approve the proposal as seen; preflight runs again on fresh state before anything is done.
    Approve {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
    },
    /// Reject a proposal.
    Reject {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
        /// Why, for the journal.
        reason: String,
    },
    /// Put a proposal off; it comes back by itself, sooner if more is needed.
    Snooze {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
        /// For how long, 1 to 1440.
        minutes: u32,
    },
    /// Propose the inverse of what was done; it waits for approval like any proposal.
    Undo {
        /// Id of the decision that was carried out.
        decision: i64,
    },
    /// Change how far `prescale` may go with a group.
    SetMode {
        /// The group.
        group: String,
        /// The new mode.
        mode: Mode,
    },
    /// Freeze or release scale-in everywhere.
    SetBrake {
        /// True freezes.
        on: bool,
    },
    /// Suspend the process Terminate of groups until the brake is released: AWS's own policies cannot shrink them then.
    SuspendTerminate {
        /// Which groups.
        groups: Vec<String>,
    },
    /// Change `calendar.toml`.
    Calendar(CalendarEdit),
    /// Write the calendar as a new iCalendar file.
    ExportCalendar {
        /// Path of the file, where the engine runs; one that exists is not replaced.
        path: String,
    },
    /// Train a challenger for a group in the background.
    Train {
        /// The group.
        group: String,
    },
    /// Stop the training under way.
    CancelTraining,
    /// Make a model version the group's champion.
    Promote {
        /// The group.
        group: String,
        /// The version.
        version: String,
    },
    /// Go back to the champion before the present one.
    RollBack {
        /// The group.
        group: String,
    },
    /// Walk the newest days of a group's history anew under several policies, in the background.
    Backtest {
        /// The group.
        group: String,
        /// Names of the policies, as [`super::BacktestView::contenders`] has them.
        contenders: Vec<String>,
        /// How many days, 1 to 31.
        days: u32,
    },
    /// Stop the backtest under way.
    CancelBacktest,
    /// Read the configuration again; one that is wrong is refused, and the present one stays in force.
    Reload,
    /// Write what is thought of into the configuration and the calendar, and take it from there.
    Adopt {
        /// The group.
        group: String,
        /// What is thought of.
        what_if: WhatIf,
        /// Each file that is to change, by its path, with the hash that the operator saw.
        bases: Vec<(String, String)>,
    },
    /// What the screen shows, so that views carry just that.
    Show(Viewport),
    /// Drive the simulated clock; refused on a real account.
    Clock(ClockCommand),
    /// Make something go wrong in the simulation; refused on a real account.
    Inject {
        /// The group.
        group: String,
        /// What goes wrong.
        fault: Fault,
    },
}

impl Command {
    /// What is asked, in a few words, for the log.
    pub fn what(&self) -> String {
        match self {
            Command::Approve { id, revision } => format!("approve proposal {id} (revision {revision})"),
            Command::Reject { id, .. } => format!("reject proposal {id}"),
            Command::Snooze { id, minutes, .. } => format!("snooze proposal {id} for {minutes} min"),
            Command::Undo { decision } => format!("undo decision {decision}"),
            Command::SetMode { group, mode } => format!("{group} to {}", mode.name()),
            Command::SetBrake { on: true } => "freeze scale-in".into(),
            Command::SetBrake { on: false } => "release scale-in".into(),
            Command::SuspendTerminate { groups } => format!("suspend Terminate of {}", groups.join(", ")),
            Command::Calendar(_) => "edit the calendar".into(),
            Command::ExportCalendar { .. } => "export the calendar".into(),
            Command::Train { group } => format!("train a model for {group}"),
            Command::CancelTraining => "cancel the training".into(),
            Command::Promote { group, version } => format!("promote {version} of {group}"),
            Command::RollBack { group } => format!("roll {group} back to what served before"),
            Command::Backtest { group, contenders, .. } => {
                format!("backtest of {group} under {}", contenders.join(", "))
            }
            Command::CancelBacktest => "cancel the backtest".into(),
            Command::Reload => "reload the configuration".into(),
            Command::Adopt { group, .. } => format!("write what was thought of for {group}"),
            Command::Show(_) => "show another part".into(),
            Command::Clock(_) => "control the simulated clock".into(),
            Command::Inject { group, fault } => format!("inject into {group}: {}", fault.name()),
        }
    }
}

/// A change of the calendar file. `base` is the hash of the file that the operator saw: a file changed
/// since then is a conflict, and nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarEdit {
    /// Add an entry at the end of the file.
    Add {
        /// Hash seen.
        base: String,
        /// What to add.
        entry: CalendarEntry,
    },
    /// Replace the entry at `index`, keeping its comments.
    Replace {
        /// Hash seen.
        base: String,
        /// Position in the file, from zero.
        index: usize,
        /// What stands there from now on.
        entry: CalendarEntry,
    },
    /// Remove the entry at `index`.
    Remove {
        /// Hash seen.
        base: String,
        /// Position in the file, from zero.
        index: usize,
    },
    /// Take the newest edit back: the file is again as it was before.
    Undo {
        /// Hash seen.
        base: String,
    },
    /// Do again what was taken back last.
    Redo {
        /// Hash seen.
        base: String,
    },
    /// Add what an iCalendar file holds and the calendar does not.
    Import {
        /// Hash seen.
        base: String,
        /// Path of the file, where the engine runs.
        path: String,
    },
}

/// The simulated clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockCommand {
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// Run at this many simulated seconds a second, 1 to 3600.
    Speed(f64),
}
