//! TODO essay

pub(super) mod approvals;
pub(super) mod decide;
pub(super) mod execute;
pub(super) mod floor;
