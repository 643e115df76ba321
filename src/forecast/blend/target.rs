//! What a model of one lead is asked about.

use super::{features::StepContext, seen::ForecastBound};
use crate::domain::forecast::Quantiles;

/// A step ahead, with what bears on its forecast.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its local time and calendar.
    pub step: &'a StepContext,
    /// The trained network's median for it, where there is one.
    pub network: Option<f64>,
    /// The prior's quantiles of it, where it speaks of it.
    pub prior: Option<Quantiles>,
    /// What its forecast stays below.
    pub bound: ForecastBound,
}
