//! What would come of settings that an operator changes in thought.

use serde::{Deserialize, Serialize};

use crate::domain::{
    cost_and_risk::HourlyPrice,
    what_if::{HoursAhead, PastDays, Terms, WhatIf},
};

/// The same of what is in force and of what is thought of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared<T> {
    /// In force.
    pub now: T,
    /// In thought.
    pub then: T,
}

/// What would come of what is thought of; the charts beside it show it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhatIfView {
    /// What was asked for.
    pub asked: WhatIf,
    /// What the group is planned by.
    pub terms: Option<Compared<Terms>>,
    /// The next hours.
    pub ahead: Option<Compared<HoursAhead>>,
    /// The last days: at most a week, as far as forecasts are kept.
    pub days: Option<Compared<PastDays>>,
    /// Price of an instance-hour, where it is known.
    pub price: Option<HourlyPrice>,
    /// What cannot be computed, and why.
    pub problems: Vec<String>,
    /// The files that would say it, and how they would change.
    pub files: Vec<FileChange>,
    /// What no file here can say, and what to do about it.
    pub unwritten: Vec<String>,
    /// What to know of what is written.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// How a file would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Its path, where the engine runs.
    pub path: String,
    /// Hash of what it says; writing names it.
    pub base: String,
    /// Lines that go, with `- `, lines that come, with `+ `, and a few around them.
    pub lines: Vec<String>,
}
