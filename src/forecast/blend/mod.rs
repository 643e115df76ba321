//! TODO essay

pub(super) mod aggregation;
pub(super) mod calendar_features;
pub mod champion;
pub(super) mod conformal;
pub(super) mod error_quantiles;
pub(super) mod features;
pub(super) mod history;
pub(super) mod horizon;
pub(super) mod ridge;
pub(super) mod shrinkage;
#[cfg(test)]
mod tests;
