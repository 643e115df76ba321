//! A group as it was known when a decision was made.

use serde::{Deserialize, Serialize};

use crate::domain::{Time, decision::Decision};

/// Ids of the decisions before and after the one that is shown, where there are some.
pub type DecisionsBeside = (Option<i64>, Option<i64>);

/// The moment of the past that a screen asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastMoment {
    /// That of this decision.
    Decision(i64),
    /// That of the newest decision until then.
    At(Time),
}

/// What was known then. The charts beside it end the past at this moment and show what came after it apart; without a decision
/// there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastGroup {
    /// What was asked for.
    pub asked: PastMoment,
    /// The decision with its whole record; `None` where there is none of this group.
    pub decision: Option<Decision>,
    /// Why it cannot be read, where it is kept and cannot.
    #[serde(default)]
    pub unread: Option<String>,
    /// When the forecast of then was made, and by which model; `None` where it is no longer kept.
    pub made: Option<(Time, String)>,
    /// The newest step of demand before it, as it is known today.
    pub newest: Option<(Time, f64)>,
    /// The decision of the group before it.
    pub earlier: Option<i64>,
    /// The decision of the group after it.
    pub later: Option<i64>,
}

/// The fleet as it was known at a moment of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastFleet {
    /// What was asked for.
    pub asked: PastMoment,
    /// The moment that is shown; `None` where the decision asked for is not kept.
    pub at: Option<Time>,
    /// The newest decision then, of whatever group.
    pub newest: Option<PastDecision>,
    /// The decision before it, of whatever group.
    pub earlier: Option<i64>,
    /// The decision after it, of whatever group.
    pub later: Option<i64>,
    /// The groups of now, in their order, each as it was known then.
    pub groups: Vec<PastRow>,
    /// Why it cannot be read, where it cannot.
    pub unread: Option<String>,
}

/// One group in a fleet of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastRow {
    /// Its name.
    pub name: String,
    /// Demand of the newest step that had ended, as it is known today.
    pub demand: Option<f64>,
    /// Median of the demand one lead time ahead, as it was forecast.
    pub predicted: Option<f64>,
    /// Mean CPU of the newest minute in percent, as it is known today.
    pub cpu: Option<f64>,
    /// Instances in service in that minute.
    pub in_service: Option<f64>,
    /// The group's newest decision then.
    pub decision: Option<PastDecision>,
}

/// A decision in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastDecision {
    /// Its id.
    pub id: i64,
    /// Its group.
    pub group: String,
    /// When it was made.
    pub at: Time,
    /// The word for the stage at which it stands today.
    pub stage: String,
    /// What it moves, from what, to what; `None` where its record cannot be read.
    pub change: Option<(String, u32, u32)>,
}
