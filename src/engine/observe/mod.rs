//! TODO essay

pub(super) mod anomalies;
pub(super) mod backfill;
pub(super) mod collect;
pub(super) mod restore;
