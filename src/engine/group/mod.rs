//! TODO essay

pub(super) mod forecasters;
pub(super) mod registration_delay;
pub mod runtime;
pub(super) mod scorecard;
pub(super) mod spill;
pub mod training_data;
