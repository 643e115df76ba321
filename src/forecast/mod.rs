//! Forecasts of demand: from seasonal-naive to the LSTMs.
//!
//! A [`Forecaster`] is a function of what was known at an origin ([`ForecastInput`]) and gives quantiles for every
//! step ahead. Nothing here does I/O beyond model files ([`registry`]), reads a clock, or sees a sample that
//! had not ended at the origin.
//!
//! Start with [`Forecaster`], then [`champion`] (the blend that the plan buys from), [`outlook`] (two days, for
//! people to see) and [`lstm`] (the networks, their training and their files). [`student`] holds what those networks are measured
//! against, and [`walk`] tells how good champion and outlook are on a history.

pub mod blend;
pub mod lstm;
pub mod outlook;
pub mod registry;
pub mod score;
pub mod student;
pub mod walk;

use chrono_tz::Tz;

use crate::domain::{Time, event::Event, forecast::Quantiles, series::Series};

/// What a forecaster may look at.
#[derive(Debug, Clone, Copy)]
pub struct ForecastInput<'a> {
    /// The moment of the forecast.
    pub origin: Time,
    /// Demand, load per step; every step had ended at `origin`. Incidents are gaps.
    pub history: &'a Series,
    /// The calendar as known at `origin`: past occurrences and announced ones, by start.
    pub events: &'a [Event],
    /// Zone in which people's days and weeks run.
    pub zone: Tz,
}

/// Gives quantiles of demand for the steps ahead.
pub trait Forecaster: Send {
    /// Name for people and records.
    fn name(&self) -> String;

    /// Quantiles for the `steps` steps that follow the end of `known.history`, ascending and not negative.
    ///
    /// `None` when the history is too short or too broken for this forecaster to say anything.
    fn forecast(&self, known: &ForecastInput<'_>, steps: usize) -> Option<Vec<Quantiles>>;
}
