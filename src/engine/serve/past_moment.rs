//! A moment of the past in the order of the decisions.

use crate::{domain::Time, store::DecisionHead};

/// A moment of the past: what was decided then has its place before it.
pub(super) struct Then {
    pub at: Time,
    /// Decisions of the moment itself count below this id.
    below: i64,
    /// The decision that it is the moment of.
    pub own: Option<DecisionHead>,
}

impl Then {
    /// The moment `at`, with all that was decided at it.
    pub(super) fn whole(at: Time) -> Then {
        Then { at, below: i64::MAX, own: None }
    }

    /// The moment of this decision.
    pub(super) fn of(head: DecisionHead) -> Then {
        Then { at: head.at, below: head.id.saturating_add(1), own: Some(head) }
    }

    /// Where it stands in the order of decisions: those that were made then are before it.
    pub(super) fn place(&self) -> (Time, i64) {
        (self.at, self.below)
    }

    /// The last place in that order that is before it: those that came are after it.
    pub(super) fn end(&self) -> (Time, i64) {
        (self.at, self.below.saturating_sub(1))
    }
}
