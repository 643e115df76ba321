//! A group as it was known when a decision was made.

use serde::{Deserialize, Serialize};

use crate::domain::{Time, decision::Decision};

/// Ids of the decisions before and after the one that is shown, where there are some.
pub type DecisionsBeside = (Option<i64>, Option<i64>);

/// The moment of the past that a screen asks for. The engine says which time that is, and answers for one later than its own as
/// for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastMoment {
    /// That of this decision, of whatever group.
    Decision(i64),
    /// This one.
    At(Time),
    /// That of the newest decision until then: of the group that is shown, or of the fleet. This one where there is none.
    NewestUntil(Time),
}

/// What was known then. The charts beside it end the past at this moment and show what came after it apart; without a decision
/// there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastGroup {
    /// What was asked for.
    pub asked: PastMoment,
    /// The moment that is shown; `None` where the decision asked for is not kept.
    #[serde(default)]
    pub at: Option<Time>,
    /// The group's newest decision then with its whole record; `None` where there is none.
    pub decision: Option<Decision>,
    /// Why it cannot be read, where it is kept and cannot.
    #[serde(default)]
    pub unread: Option<String>,
    /// When the forecast of then was made, and by which model; `None` where it is no longer kept.
    pub made: Option<(Time, String)>,
    /// The newest step of demand before the moment, as it is known today.
    pub newest: Option<(Time, f64)>,
    /// The newest decision of the group before the moment.
    pub earlier: Option<i64>,
    /// The first decision of the group after it.
    pub later: Option<i64>,
}

impl PastGroup {
    /// An answer that knows nothing yet.
    pub fn of(asked: PastMoment) -> PastGroup {
        PastGroup {
            asked,
            at: None,
            decision: None,
            unread: None,
            made: None,
            newest: None,
            earlier: None,
            later: None,
        }
    }
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
    /// The newest decision before the moment, of whatever group.
    pub earlier: Option<i64>,
    /// The first decision after it, of whatever group.
    pub later: Option<i64>,
    /// The groups of now, in their order, each as it was known then.
    pub groups: Vec<PastRow>,
    /// Why it cannot be read, where it cannot.
    pub unread: Option<String>,
}

impl PastFleet {
    /// An answer that knows nothing yet.
    pub fn of(asked: PastMoment) -> PastFleet {
        PastFleet {
            asked,
            at: None,
            newest: None,
            earlier: None,
            later: None,
            groups: Vec::new(),
            unread: None,
        }
    }

    /// The moment that is shown, as a group is asked for at the same one.
    pub fn moment(&self) -> Option<PastMoment> {
        let at = self.at?;
        Some(match (self.asked, &self.newest) {
            (PastMoment::NewestUntil(_), Some(newest)) => PastMoment::Decision(newest.id),
            (PastMoment::NewestUntil(_), None) => PastMoment::At(at),
            (asked, _) => asked,
        })
    }
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
