//! Forecasts of demand: quantiles for every step ahead.
//!
//! - [`blend`] makes the forecast that capacity is planned with: an online aggregation of simple experts.
//!   Start there.
//! - [`outlook`] forecasts the next two days in hours, for people to see.
//! - [`lstm`] holds the neural networks, their training and their files. One of them, the demand network,
//!   implements [`Forecaster`] and is one expert of the blend; the others are the student project's models of
//!   CPU utilisation, which [`student`] has the data and baselines for.
//! - [`prior`] is a small net that forecasts the next hour of a load that it has never seen; [`adaptation`] fits it to one group,
//!   and [`retraining`] does so daily while recorded load is replayed. `matrix` multiplies for both.
//! - [`registry`] keeps trained models in a folder; [`score`] scores forecasts online; [`walk`] measures the
//!   accuracy of blend and outlook on a history.
//!
//! Nothing here does I/O beyond model files, reads a clock, or sees a sample that had not ended at the origin
//! of the forecast.

pub mod adaptation;
pub mod blend;
pub mod lstm;
mod matrix;
pub mod outlook;
pub mod prior;
pub mod registry;
pub mod retraining;
pub mod score;
pub mod student;
pub mod training;
pub mod walk;

use chrono_tz::Tz;

use crate::domain::{Time, event::Event, forecast::Quantiles, series::Series};

/// What a [`Forecaster`] may look at.
#[derive(Debug, Clone, Copy)]
pub struct ForecastInput<'a> {
    /// The time of the forecast.
    pub origin: Time,
    /// Demand as load per step; every step had ended at `origin`. Incidents are gaps.
    pub history: &'a Series,
    /// The calendar as known at `origin`: past occurrences and announced ones, by start.
    pub events: &'a [Event],
    /// Time zone of the group's users, in which days and weeks run.
    pub zone: Tz,
}

/// Forecasts quantiles of demand for the steps ahead from what was known at an origin: a trained network, in
/// the blend or alone.
pub trait Forecaster: Send {
    /// Name for people and records.
    fn name(&self) -> String;

    /// Quantiles for the `steps` steps that follow the end of `known.history`, ascending and not negative.
    ///
    /// `None` when the history is too short or has too many gaps for this forecaster.
    fn forecast(&self, known: &ForecastInput<'_>, steps: usize) -> Option<Vec<Quantiles>>;
}
