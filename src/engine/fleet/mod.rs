//! TODO essay

pub(super) mod calendar_sync;
pub(super) mod history_sync;
pub(super) mod leases;
pub(super) mod model_sync;
pub(super) mod operator_state;
