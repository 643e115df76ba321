//! How far back decisions have changed: what was read of earlier ones need not be read again.

use std::collections::VecDeque;

use super::Store;
use crate::domain::Time;

/// Moments that are remembered.
const MOST: usize = 256;

/// Decisions that were written or removed since the history was opened.
#[derive(Debug, Default)]
pub(super) struct Changes {
    made: u64,
    /// Numbers of changes, each with the earliest moment from it on: both grow from one to the next.
    earliest: VecDeque<(u64, Time)>,
    /// The newest change whose moment is not remembered.
    forgotten: u64,
}

impl Changes {
    /// Counts a change of decisions of which the earliest was made at `at`.
    pub(super) fn add(&mut self, at: Time) {
        self.made += 1;
        while self.earliest.pop_back_if(|(_, earliest)| *earliest >= at).is_some() {}
        self.earliest.push_back((self.made, at));
        if self.earliest.len() > MOST {
            self.forgotten = self.earliest.pop_front().map_or(0, |(number, _)| number);
        }
    }

    fn since(&self, mark: u64) -> Option<Time> {
        if mark < self.forgotten {
            return Some(Time::MIN_UTC);
        }
        self.earliest.iter().find(|(number, _)| *number > mark).map(|(_, at)| *at)
    }
}

impl Store {
    /// Grows with each decision that is written or removed.
    pub fn decision_changes(&self) -> u64 {
        self.changes.made
    }

    /// The earliest moment at which a decision was, or is now, that has changed since `mark`, a number of
    /// [`decision_changes`](Store::decision_changes); `None` where none has.
    pub fn decisions_changed_since(&self, mark: u64) -> Option<Time> {
        self.changes.since(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            at_epoch,
            decision::{Decision, Stage},
            journal::JournalEntry,
            keep::Keep,
            shift,
        },
        store::decisions::tests::{decision, line},
    };
    use proptest::prelude::*;

    proptest! {
        /// It says the earliest moment of those that came, or an earlier one where it no longer knows.
        #[test]
        fn the_earliest_moment_of_what_came_is_known(times in prop::collection::vec(0i64..2_000, 0..600), mark in 0usize..600) {
            let mut changes = Changes::default();
            times.iter().for_each(|at| changes.add(at_epoch(*at)));
            let came = times.iter().skip(mark).min().map(|at| at_epoch(*at));
            let said = changes.since(mark as u64);
            prop_assert!(said == came || said == Some(Time::MIN_UTC) && mark < changes.forgotten as usize);
            prop_assert!(changes.earliest.len() <= MOST);
        }
    }

    #[test]
    fn every_way_of_changing_decisions_counts() {
        let mut store = Store::in_memory().expect("memory");
        let mut mark = 0;
        let mut changed = |store: &Store| {
            let since = store.decisions_changed_since(std::mem::replace(&mut mark, store.decision_changes()));
            since.map(|at| at.timestamp())
        };
        let mut one = Decision { at: at_epoch(600), ..decision("web", Stage::Proposed) };
        store.insert_decision(&mut one).expect("writable");
        assert_eq!(changed(&store), Some(600));
        one.at = at_epoch(900);
        store.update_decision(&one).expect("it is there");
        assert_eq!(changed(&store), Some(600), "it is no longer there");
        store.record_with(&mut one, Vec::new(), &[]).expect("it is there");
        assert_eq!(changed(&store), Some(900));
        store.note(&JournalEntry { decision: None, ..line("went") }).expect("writable");
        assert_eq!(changed(&store), None);
        let mut copy = Store::in_memory().expect("memory");
        copy.take_rows(&store.rows_since(&Default::default()).expect("readable").0).expect("writable");
        assert_eq!(copy.decisions_changed_since(0), Some(at_epoch(900)));
        one.stage = Stage::Expired;
        store.update_decision(&one).expect("it is there");
        changed(&store);
        let keep = Keep::default();
        store.prune(&keep, shift(one.at, 86_400), 1_000).expect("writable");
        assert_eq!(changed(&store), None, "it is kept");
        store.prune(&keep, shift(one.at, 86_400 * 2_000), 1_000).expect("writable");
        assert!(store.decision(one.id).expect("readable").is_none() && changed(&store).is_some());
    }
}
