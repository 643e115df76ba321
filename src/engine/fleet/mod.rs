//! Several processes that share a fleet: who may act, and what all of them must know.
//!
//! `leases` says which groups are ours to act on. `operator_state` shares what operators decide (brake, modes, open proposals),
//! `calendar_sync` the calendar, `history_sync` finished days of history, `model_sync` networks that serve.

mod calendar_sync;
mod history_sync;
pub(super) mod leases;
mod model_sync;
mod operator_state;

use crate::shared::LeaseManager;

/// What the engine shares with other processes; nothing of it where a process is alone.
#[derive(Default)]
pub(super) struct SharedFleet {
    pub leases: Option<LeaseManager>,
    pub history: Option<history_sync::HistorySync>,
    pub models: Option<model_sync::ModelSync>,
    pub calendar: Option<calendar_sync::CalendarSync>,
    pub operator_state: Option<operator_state::OperatorStateSync>,
}
