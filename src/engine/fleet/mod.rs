//! Several processes that share a fleet: which may act, and the state they share.
//!
//! `leases` says which groups this agent may act on. `operator_state` shares the brake, modes and open proposals,
//! `calendar_sync` the calendar, `history_sync` completed days of history, `model_sync` networks in service. `write_ahead` is for a
//! process whose disk does not outlive it.

mod calendar_sync;
mod history_sync;
pub(super) mod leases;
mod model_sync;
mod operator_state;
pub(super) mod write_ahead;

use crate::shared::LeaseManager;

/// State shared with other processes; empty where a process is alone.
#[derive(Default)]
pub(super) struct SharedFleet {
    pub leases: Option<LeaseManager>,
    pub history: Option<history_sync::HistorySync>,
    pub models: Option<model_sync::ModelSync>,
    pub calendar: Option<calendar_sync::CalendarSync>,
    pub operator_state: Option<operator_state::OperatorStateSync>,
    pub ahead: Option<write_ahead::Ahead>,
}
