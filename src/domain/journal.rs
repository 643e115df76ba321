//! A line of the journal, and the kinds of lines there are.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::{Time, decision::Stage};

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Row.
    pub id: i64,
    /// When, by the engine's clock.
    pub at: Time,
    /// Group it speaks of, if one.
    pub group: Option<String>,
    /// What kind of thing happened.
    pub kind: JournalKind,
    /// Who: an operator as `user@host`, or `prescale`.
    pub operator: String,
    /// What happened, in words with numbers.
    pub text: String,
    /// Decision it belongs to.
    pub decision: Option<i64>,
}

/// What kind of thing a line of the journal speaks of. In the store, in JSON and on the screen it is its [name](Self::name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum JournalKind {
    /// `intent`: a call that changes the group is about to be made.
    Intent,
    /// `outcome`: what became of an intent.
    Outcome,
    /// `unconfirmed`: the cloud took a change, and the group does not show it.
    Unconfirmed,
    /// `advised`: what would be done; the group is in `observe`.
    Advised,
    /// `proposed`: a proposal waits for a person.
    Proposed,
    /// `approved`: a person said yes.
    Approved,
    /// `rejected`: a person said no.
    Rejected,
    /// `snoozed`: a person put a proposal off.
    Snoozed,
    /// `superseded`: a proposal was taken back.
    Superseded,
    /// `expired`: nobody answered a proposal in time.
    Expired,
    /// `blocked`: a preflight check stands against a change.
    Blocked,
    /// `failed`: a decision came to nothing.
    Failed,
    /// `mode`: how far `prescale` may go with a group was changed.
    Mode,
    /// `brake`: scale-in was frozen or released everywhere.
    Brake,
    /// `floor`: a MinSize of ours was changed by somebody else.
    Floor,
    /// `foreign`: somebody else changed the group's capacity.
    Foreign,
    /// `demoted`: a group went back to `observe` because its model cannot be trusted.
    Demoted,
    /// `model`: a model was promoted, rolled back, or gained or lost trust.
    Model,
    /// `training`: a training was asked for, or why there is none.
    Training,
    /// `backtest`: a backtest was asked for.
    Backtest,
    /// `calendar`: the calendar was edited, or read anew.
    Calendar,
    /// `demand`: demand is counted in another way from now on, a reading of it was set aside, or it vanished.
    Demand,
    /// `history`: samples of the past were fetched.
    History,
    /// `clock`: the clock jumped, or it differs from the cloud's.
    Clock,
    /// `cloud`: the cloud cannot be read, or can be read again.
    Cloud,
    /// `fault`: something was made to go wrong in the simulation.
    Fault,
    /// `lease`: the right to act on a group was gained or lost.
    Lease,
    /// `shared`: what came from the shared store, or went to it.
    Shared,
    /// `notify`: a notification could not be delivered.
    Notify,
    /// `config`: the configuration was read again, or refused.
    Config,
    /// A kind that this version does not know, as another version wrote it.
    Other(String),
}

impl JournalKind {
    /// All kinds that have a name of their own.
    pub const ALL: [JournalKind; 30] = [
        JournalKind::Intent,
        JournalKind::Outcome,
        JournalKind::Unconfirmed,
        JournalKind::Advised,
        JournalKind::Proposed,
        JournalKind::Approved,
        JournalKind::Rejected,
        JournalKind::Snoozed,
        JournalKind::Superseded,
        JournalKind::Expired,
        JournalKind::Blocked,
        JournalKind::Failed,
        JournalKind::Mode,
        JournalKind::Brake,
        JournalKind::Floor,
        JournalKind::Foreign,
        JournalKind::Demoted,
        JournalKind::Model,
        JournalKind::Training,
        JournalKind::Backtest,
        JournalKind::Calendar,
        JournalKind::Demand,
        JournalKind::History,
        JournalKind::Clock,
        JournalKind::Cloud,
        JournalKind::Fault,
        JournalKind::Lease,
        JournalKind::Shared,
        JournalKind::Notify,
        JournalKind::Config,
    ];

    /// The word in the store, in JSON and on the screen.
    pub fn name(&self) -> &str {
        match self {
            JournalKind::Intent => "intent",
            JournalKind::Outcome => "outcome",
            JournalKind::Unconfirmed => "unconfirmed",
            JournalKind::Advised => "advised",
            JournalKind::Proposed => "proposed",
            JournalKind::Approved => "approved",
            JournalKind::Rejected => "rejected",
            JournalKind::Snoozed => "snoozed",
            JournalKind::Superseded => "superseded",
            JournalKind::Expired => "expired",
            JournalKind::Blocked => "blocked",
            JournalKind::Failed => "failed",
            JournalKind::Mode => "mode",
            JournalKind::Brake => "brake",
            JournalKind::Floor => "floor",
            JournalKind::Foreign => "foreign",
            JournalKind::Demoted => "demoted",
            JournalKind::Model => "model",
            JournalKind::Training => "training",
            JournalKind::Backtest => "backtest",
            JournalKind::Calendar => "calendar",
            JournalKind::Demand => "demand",
            JournalKind::History => "history",
            JournalKind::Clock => "clock",
            JournalKind::Cloud => "cloud",
            JournalKind::Fault => "fault",
            JournalKind::Lease => "lease",
            JournalKind::Shared => "shared",
            JournalKind::Notify => "notify",
            JournalKind::Config => "config",
            JournalKind::Other(name) => name,
        }
    }

    /// Kind of the line that says that a decision has come to `stage`.
    pub fn of(stage: &Stage) -> JournalKind {
        match stage {
            Stage::Advised => JournalKind::Advised,
            Stage::Proposed => JournalKind::Proposed,
            Stage::Superseded => JournalKind::Superseded,
            Stage::Expired => JournalKind::Expired,
            Stage::Rejected { .. } => JournalKind::Rejected,
            Stage::Snoozed { .. } => JournalKind::Snoozed,
            Stage::Blocked { .. } => JournalKind::Blocked,
            Stage::Intended => JournalKind::Intent,
            Stage::Applied => JournalKind::Outcome,
            Stage::Failed { .. } => JournalKind::Failed,
        }
    }
}

impl fmt::Display for JournalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for JournalKind {
    type Err = Infallible;

    /// Never fails: an unknown word is kept as [`JournalKind::Other`].
    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(JournalKind::from(name.to_owned()))
    }
}

impl From<String> for JournalKind {
    fn from(name: String) -> Self {
        JournalKind::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(JournalKind::Other(name))
    }
}

impl From<JournalKind> for String {
    fn from(kind: JournalKind) -> Self {
        match kind {
            JournalKind::Other(name) => name,
            kind => kind.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_as_their_names_and_unknown_ones_are_kept() {
        for kind in JournalKind::ALL {
            let json = serde_json::to_string(&kind).expect("a word");
            assert_eq!(json, format!("\"{}\"", kind.name()));
            assert_eq!(serde_json::from_str::<JournalKind>(&json).expect("as written"), kind);
        }
        let newer: JournalKind = serde_json::from_str("\"rebooted\"").expect("any word is a kind");
        assert_eq!(newer, JournalKind::Other("rebooted".into()));
        assert_eq!(serde_json::to_string(&newer).expect("a word"), "\"rebooted\"");
    }

    #[test]
    fn no_two_kinds_have_one_name() {
        let mut names: Vec<String> = JournalKind::ALL.into_iter().map(String::from).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), JournalKind::ALL.len());
    }
}
