//! The subcommands of `prescale ctl` and their options.

use crate::{cli::calendar::EntryArgs, domain::decision::Mode};

/// Options of `prescale ctl`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Attaches to the agent of the home folder, as a console does: run it as the agent's user, or as root.
An answer without --revision is given to the proposal as it is now; with it, one that has changed since is refused.

Exit codes: 0 done, 1 failed (no agent), 2 bad usage or input, 3 refused by the agent, 4 asked for and not answered:
the journal shows whether it was executed.

Example:
  prescale ctl proposals --json
  prescale ctl approve 41 --revision 2")]
pub struct CtlArgs {
    /// Seconds to wait for the agent
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(super) timeout: u64,
    /// What to ask
    #[command(subcommand)]
    pub(super) command: CtlCommand,
}

/// What to ask.
#[derive(Debug, clap::Subcommand)]
pub enum CtlCommand {
    /// Show the fleet; with a group, its plan and checks
    Status {
        /// Group to show in full
        group: Option<String>,
    },
    /// List the open proposals
    Proposals,
    /// Something that changes the agent or a group.
    #[command(flatten)]
    Ask(CtlRequest),
}

/// What changes the agent or a group.
#[derive(Debug, clap::Subcommand)]
pub enum CtlRequest {
    /// Approve a proposal; preflight runs again on fresh data first
    Approve(AnswerArgs),
    /// Reject a proposal; the same change is not proposed again until the plan changes
    Reject {
        #[command(flatten)]
        answer: AnswerArgs,
        /// Why, for the journal
        #[arg(long)]
        reason: String,
    },
    /// Snooze a proposal; it returns by itself, sooner if more capacity is needed
    Snooze {
        #[command(flatten)]
        answer: AnswerArgs,
        /// For how long
        #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1_440))]
        minutes: u32,
    },
    /// Propose the inverse of a decision that was carried out
    Undo {
        /// Number of the decision
        decision: i64,
    },
    /// Change how far prescale may go with a group
    Mode {
        /// The group
        group: String,
        /// The new mode
        mode: ModeArg,
    },
    /// Freeze scale-in for all groups, or release it
    Brake {
        /// on freezes
        state: BrakeArg,
    },
    /// Train a model for a group in the background
    Train {
        /// The group
        group: String,
    },
    /// Read the configuration again, as SIGHUP does; one that is wrong is refused
    Reload,
    /// Change the agent's calendar
    #[command(subcommand)]
    Calendar(CtlCalendarCommand),
}

/// Which proposal.
#[derive(Debug, clap::Args)]
pub struct AnswerArgs {
    /// Number of the proposal
    pub(super) id: i64,
    /// Revision that was seen; another one is refused [default: the present one]
    #[arg(long, value_name = "N")]
    pub(super) revision: Option<u32>,
}

/// How the calendar is changed.
#[derive(Debug, clap::Subcommand)]
pub enum CtlCalendarCommand {
    /// Add an entry at the end of the file
    Add(Box<EntryArgs>),
    /// Remove an entry by name, or by its number in `prescale calendar list`
    Remove {
        /// Name of the entry, or its number
        #[arg(value_name = "NAME|INDEX")]
        which: String,
    },
}

/// A mode, as a word.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ModeArg {
    /// Forecasts and advises; changes nothing
    Observe,
    /// Proposes; a person approves
    Approve,
    /// Acts within preflight
    Auto,
}

impl ModeArg {
    pub(in crate::cli) fn mode(self) -> Mode {
        match self {
            ModeArg::Observe => Mode::Observe,
            ModeArg::Approve => Mode::Approve,
            ModeArg::Auto => Mode::Auto,
        }
    }
}

/// The brake.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum BrakeArg {
    /// Freeze scale-in
    On,
    /// Release it
    Off,
}

impl BrakeArg {
    pub(super) fn is_on(self) -> bool {
        matches!(self, BrakeArg::On)
    }
}
