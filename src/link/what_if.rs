//! What would come of settings that an operator changes in thought.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Time,
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
    /// The last days, since when: at most a week, as far as forecasts are kept.
    pub days: Option<(Time, Compared<PastDays>)>,
    /// Price of an instance-hour, where it is known.
    pub price: Option<HourlyPrice>,
    /// What cannot be computed, and why.
    pub problems: Vec<String>,
}
