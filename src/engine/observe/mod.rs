//! Input of the engine: group states and metrics each minute, backfilled history, and the state that an earlier run
//! left on disk.
//!
//! `collect` only reads: groups learn in their own step. `restore` builds a group from the store; `backfill` saves old
//! history chunk by chunk; `unread` says what could not be read, `sources` which accounts could not; `anomalies` watches the clock; `api_budget` counts calls and their price.

pub(super) mod anomalies;
mod api_budget;
mod backfill;
pub(super) mod collect;
mod restore;
pub(super) mod sources;
mod unread;

use std::collections::BTreeSet;

/// What the engine keeps about observing.
#[derive(Default)]
pub(super) struct Observing {
    pub anomalies: anomalies::Anomalies,
    pub api_budget: api_budget::ApiBudget,
    pub backfill: backfill::Backfill,
    /// What could not be read at the newest look, by what and why, with the groups that it concerns.
    pub unread: unread::Unread,
    /// Sources whose open intents of an earlier run have been reconciled.
    pub reconciled: BTreeSet<String>,
}
