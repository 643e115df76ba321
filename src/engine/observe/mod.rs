//! What is asked of the world: looks and metrics each minute, history that the source will forget, and what an earlier run
//! left on disk.
//!
//! `collect` asks, and only asks: groups learn in their own step. `restore` builds a group from the store; `backfill` saves old
//! history piece by piece; `anomalies` watches the clock; `api_budget` counts calls and their price.

pub(super) mod anomalies;
mod api_budget;
mod backfill;
pub(super) mod collect;
mod restore;

/// What the engine keeps about observing.
#[derive(Default)]
pub(super) struct Observing {
    pub anomalies: anomalies::Anomalies,
    pub api_budget: api_budget::ApiBudget,
    pub backfill: backfill::Backfill,
    /// Intentions that an earlier run left have been looked at.
    pub reconciled: bool,
}
