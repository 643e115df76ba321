//! A decision, from a plan to its outcome, and what the journal keeps of it.

use serde::{Deserialize, Serialize};

use super::{
    Time,
    actuator::{Act, Actuator, HeldFloor},
    cost_and_risk::CostAndRisk,
    plan::Plan,
    preflight::Preflight,
    suspension::{Suspension, SuspensionStage},
};

/// How far `prescale` may go with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Forecasts and says what it would do.
    Observe,
    /// Proposes; a person approves.
    Approve,
    /// Acts within preflight.
    Auto,
}

impl Mode {
    /// The word in the configuration and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Observe => "observe",
            Mode::Approve => "approve",
            Mode::Auto => "auto",
        }
    }
}

/// Leave to change groups. No writer is built without one, and `observe` gives none, so that a process whose
/// groups only observe cannot change anything, by its types.
#[derive(Debug)]
pub struct Licence(());

impl Mode {
    /// Leave to change a group in this mode.
    pub fn licence(self) -> Option<Licence> {
        (self > Mode::Observe).then_some(Licence(()))
    }
}

impl Licence {
    /// Leave to put back a floor that was set with leave, in whatever mode the group is now.
    pub fn to_put_back(held: &HeldFloor, act: &Act) -> Option<Licence> {
        matches!(act, Act::Floor { min, .. } if *min == held.own).then_some(Licence(()))
    }

    /// Leave to resume what was suspended with leave, in whatever mode the group is now.
    pub fn to_resume(suspension: &Suspension) -> Option<Licence> {
        (suspension.stage == SuspensionStage::Ending).then_some(Licence(()))
    }
}

/// Where a decision stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Stage {
    /// Said, not done: the group is in `observe`.
    Advised,
    /// Waits for a person until `Decision::expires`.
    Proposed,
    /// A newer proposal took its place.
    Superseded,
    /// Nobody answered in time.
    Expired,
    /// A person said no.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// A person put it off; it comes back by itself, sooner if the need grows.
    Snoozed {
        /// Who.
        by: String,
        /// Until when.
        until: Time,
    },
    /// A check stood against it.
    Blocked {
        /// Which check.
        check: String,
        /// Why.
        reason: String,
    },
    /// In the journal, call not yet answered. Found after a crash, the group is looked at first.
    Intended,
    /// The cloud took it.
    Applied,
    /// The cloud refused it, or it could not be asked.
    Failed {
        /// What it said.
        error: String,
    },
}

impl Stage {
    /// One word for tables and the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Stage::Advised => "advised",
            Stage::Proposed => "proposed",
            Stage::Superseded => "superseded",
            Stage::Expired => "expired",
            Stage::Rejected { .. } => "rejected",
            Stage::Snoozed { .. } => "snoozed",
            Stage::Blocked { .. } => "blocked",
            Stage::Intended => "intended",
            Stage::Applied => "applied",
            Stage::Failed { .. } => "failed",
        }
    }
}

/// A change of capacity with all that explains it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Row in the journal.
    pub id: i64,
    /// Grows by one whenever an open proposal's numbers change; an approval names the one it saw.
    pub revision: u32,
    /// Group it speaks of.
    pub group: String,
    /// When it was made.
    pub at: Time,
    /// What its act moves, before: desired capacity, or MinSize.
    pub from: u32,
    /// The same after.
    pub to: u32,
    /// Where it stands.
    #[serde(flatten)]
    pub stage: Stage,
    /// After this moment a proposal can no longer be approved.
    pub expires: Time,
    /// Mode of the group when it was made.
    pub mode: Mode,
    /// The plan that asked for it.
    pub plan: Plan,
    /// The checklist that let it through, cut it or stopped it.
    pub preflight: Preflight,
    /// What is asked of AWS; old records have none and mean the desired capacity.
    #[serde(default)]
    pub act: Option<Act>,
    /// What it costs, and what may happen without it.
    #[serde(default, rename = "stakes")]
    pub cost_and_risk: Option<CostAndRisk>,
    /// The executed decision that it takes back, where a person asked for that.
    #[serde(default)]
    pub undoes: Option<i64>,
    /// Fencing token of the lease under which it was carried out, where several processes share a fleet.
    #[serde(default)]
    pub lease: Option<u64>,
}

impl Decision {
    /// What `from` and `to` count, in words.
    pub fn moves(&self) -> &'static str {
        if self.moves_min_size() { Actuator::Floor.moves() } else { Actuator::Desired.moves() }
    }

    /// True where it moves MinSize and leaves the desired capacity alone.
    pub fn moves_min_size(&self) -> bool {
        !matches!(self.act(), Act::Desired { .. })
    }

    /// `4 → 7`, and where it moves MinSize `2 → 8, MinSize`.
    pub fn change(&self) -> String {
        let what = if self.moves_min_size() { ", MinSize" } else { "" };
        format!("{} → {}{what}", self.from, self.to)
    }

    /// The same without what it was made of, which is for the record alone.
    #[must_use]
    pub fn without_inputs(mut self) -> Decision {
        self.plan.inputs = None;
        self.preflight = self.preflight.without_inputs();
        self
    }

    /// The act; a record without one set the desired capacity.
    pub fn act(&self) -> Act {
        self.act.unwrap_or(Act::Desired { to: self.to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observe_permits_nothing_but_restoring_a_floor() {
        assert!(Mode::Observe.licence().is_none());
        assert!(Mode::Approve.licence().is_some() && Mode::Auto.licence().is_some());
        let held = HeldFloor { own: 2, held: 6, before: 2, window: None, ending: true };
        let to = |min| Licence::to_put_back(&held, &Act::Floor { min, unschedule: false });
        assert!(to(2).is_some() && to(3).is_none());
        assert!(Licence::to_put_back(&held, &Act::Desired { to: 2 }).is_none());
    }
}
