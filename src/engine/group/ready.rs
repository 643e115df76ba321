//! What a step of a group asks of its caller: first to write it down, then to carry it out.

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
};

/// A line of the journal, before the engine dates and signs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who did it; the engine itself where it is `None`.
    pub operator: Option<String>,
    /// What kind of line.
    pub kind: JournalKind,
    /// The text.
    pub text: String,
}

impl Line {
    /// A line of the engine's own.
    pub fn own(kind: JournalKind, text: String) -> Line {
        Line { operator: None, kind, text }
    }

    /// A line about what `operator` did.
    pub fn by(operator: &str, kind: JournalKind, text: String) -> Line {
        Line { operator: Some(operator.to_owned()), kind, text }
    }
}

/// A small thing that outlives a restart.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// How far `prescale` may go with the group.
    Mode(Mode),
    /// The floor held.
    Floor(Option<HeldFloor>),
    /// The id of the proposal that an operator put off.
    Snoozed(Option<i64>),
    /// Why the model is not to be trusted.
    Sick(Option<String>),
    /// Scale-in is frozen everywhere: an incident was found here.
    Brake,
    /// Time that the models do not learn from.
    Incidents(Vec<ExcludedTime>),
    /// One day of the scorecard.
    Score(Time, Score),
    /// Everything else.
    Memory(Box<Memory>),
}

/// What is written in one transaction: all of it or nothing.
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
    /// The operator's own MinSize goes back.
    PutBack,
    /// A scheduled floor is kept up.
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
    /// Who asked for it; the engine itself where it is `None`.
    pub operator: Option<String>,
    /// Lines that are written with the intent.
    pub before: Vec<Line>,
}

/// What one step came to.
#[derive(Debug, Default)]
pub struct Ready {
    /// Samples to keep.
    pub samples: Vec<(Metric, Series)>,
    /// Forecasts to keep.
    pub forecasts: Vec<Forecast>,
    /// What is to be written, in this order, before anything is done.
    pub records: Vec<Record>,
    /// Settings that are written with those of all other groups at the end of the step.
    pub settings: Vec<Setting>,
    /// What is to be done once all of that is written, in this order.
    pub acts: Vec<Wish>,
    /// A decision that is news for whoever prints them: advised or proposed.
    pub decided: Option<Decision>,
    /// The group asks for the brake: an incident was found.
    pub brake: bool,
    /// Something was decided that other processes must hear of.
    pub announces: bool,
}

impl Ready {
    /// Adds a line of the engine's own.
    pub fn note(&mut self, kind: JournalKind, text: String) {
        self.records.push(Record { lines: vec![Line::own(kind, text)], ..Record::default() });
    }

    /// Adds a decision with its line.
    pub fn record(&mut self, decision: &Decision, line: Line, settings: Vec<Setting>) {
        self.records.push(Record { decision: Some(decision.clone()), lines: vec![line], settings });
    }

    /// Brings a decision that is written already up to date, without a line.
    pub fn update(&mut self, decision: &Decision) {
        self.records.push(Record { decision: Some(decision.clone()), ..Record::default() });
    }

    /// Adds settings with the line that says why, if there is one.
    pub fn set(&mut self, settings: Vec<Setting>, line: Option<Line>) {
        self.records.push(Record { decision: None, lines: line.into_iter().collect(), settings });
    }
}
