//! What a step of a group asks of its caller: first to persist it, then to carry it out.

use super::memory::{ExcludedTime, Memory};
use crate::domain::{
    Time,
    actuator::HeldFloor,
    decision::{Decision, Mode},
    forecast::Forecast,
    journal::JournalKind,
    metric::Metric,
    scorecard::Score,
    series::Series,
    suspension::Suspension,
};

/// A line of the journal, before the engine dates and signs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who did it; `None` for the engine itself.
    pub operator: Option<String>,
    /// What kind of line.
    pub kind: JournalKind,
    /// The text.
    pub text: String,
}

impl Line {
    /// A line by the engine itself.
    pub fn own(kind: JournalKind, text: String) -> Line {
        Line { operator: None, kind, text }
    }

    /// A line about what `operator` did.
    pub fn by(operator: &str, kind: JournalKind, text: String) -> Line {
        Line { operator: Some(operator.to_owned()), kind, text }
    }
}

/// A setting that survives a restart.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// The mode of the group.
    Mode(Mode),
    /// The floor held.
    Floor(Option<HeldFloor>),
    /// The process Terminate, where it was suspended here.
    Suspension(Option<Suspension>),
    /// The id of the snoozed proposal.
    Snoozed(Option<i64>),
    /// Why the model is unhealthy.
    Sick(Option<String>),
    /// Scale-in is frozen for all groups: an incident was detected here.
    Brake,
    /// Periods excluded from training.
    Incidents(Vec<ExcludedTime>),
    /// One day of the scorecard.
    Score(Time, Score),
    /// Everything else.
    Memory(Box<Memory>),
}

/// What is written in one transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// A decision: inserted where its id is 0, else updated.
    pub decision: Option<Decision>,
    /// Lines of the journal, oldest first.
    pub lines: Vec<Line>,
    /// Settings.
    pub settings: Vec<Setting>,
}

/// Why a change is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WishKind {
    /// A plan asks for it; the group is read again and preflight runs again before the call.
    Plan,
    /// The original MinSize is restored.
    PutBack,
    /// A scheduled floor is extended.
    Renew,
    /// An operator approved it; the group has been read again.
    Approved,
}

/// A change that a group wants carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Why.
    pub kind: WishKind,
    /// The change with all that explains it.
    pub decision: Decision,
    /// Who asked for it; `None` for the engine itself.
    pub operator: Option<String>,
    /// Lines written with the intent.
    pub before: Vec<Line>,
}

/// Output of one step.
#[derive(Debug, Default)]
pub struct Ready {
    /// Samples to keep.
    pub samples: Vec<(Metric, Series)>,
    /// Forecasts to keep.
    pub forecasts: Vec<Forecast>,
    /// What to write, in this order, before anything is done.
    pub records: Vec<Record>,
    /// Settings written together with those of all other groups at the end of the step.
    pub settings: Vec<Setting>,
    /// What to do once all of that is written, in this order.
    pub acts: Vec<Wish>,
    /// A new decision to print: advised or proposed.
    pub decided: Option<Decision>,
    /// The group asks for the brake: an incident was detected.
    pub brake: bool,
    /// An operator's decision must be shared with other processes.
    pub announces: bool,
}

impl Ready {
    /// Adds a line by the engine itself.
    pub fn note(&mut self, kind: JournalKind, text: String) {
        self.records.push(Record { lines: vec![Line::own(kind, text)], ..Record::default() });
    }

    /// Adds a decision with its line.
    pub fn record(&mut self, decision: &Decision, line: Line, settings: Vec<Setting>) {
        self.records.push(Record { decision: Some(decision.clone()), lines: vec![line], settings });
    }

    /// Updates a decision that is already written, without a line.
    pub fn update(&mut self, decision: &Decision) {
        self.records.push(Record { decision: Some(decision.clone()), ..Record::default() });
    }

    /// Adds settings with the line that says why, if there is one.
    pub fn set(&mut self, settings: Vec<Setting>, line: Option<Line>) {
        self.records.push(Record { decision: None, lines: line.into_iter().collect(), settings });
    }
}
