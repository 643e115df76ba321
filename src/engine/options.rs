//! What an engine is told at its start.

use std::path::PathBuf;

use chrono_tz::Tz;
use opening_hours::localization::Country;

use crate::{
    cloud::{MetricSource, Scaler, simulator::Simulator},
    domain::{Seconds, Time, decision::Licence},
};

pub use crate::plan::{GroupOptions, demand::DemandMeasure};

/// Builds the writer from a licence that only acting groups hold.
pub type ScalerBuilder = Box<dyn Fn(&Licence) -> Box<dyn Scaler> + Send>;

/// The outside world, reading and writing apart.
pub struct CloudAccess {
    /// Reads.
    pub source: Box<dyn MetricSource>,
    /// Builds the writer; not called before a group leaves `observe` and has something to do.
    pub scaler: ScalerBuilder,
    /// The embedded simulation, when the world is one: for its clock and its faults.
    pub simulator: Option<Simulator>,
}

/// Everything about one engine.
pub struct EngineOptions {
    /// Zone of people's days, unless the calendar names one.
    pub zone: Tz,
    /// Options of a group, by its name.
    pub group: Box<dyn Fn(&str) -> GroupOptions + Send>,
    /// The calendar file; without one the events are those given.
    pub calendar: Option<PathBuf>,
    /// Events that stand beside the calendar file's (a backtest's).
    pub events: Vec<crate::domain::event::Event>,
    /// Countries whose public holidays stand beside both.
    pub holidays: Vec<Country>,
    /// Folder of models; without one there is no training.
    pub models: Option<PathBuf>,
    /// Demand older than this is not asked for at the start.
    pub backfill: Seconds,
    /// Training.
    pub training: super::jobs::training::TrainingOptions,
    /// A moment at which a step of demand starts; steps are counted from it.
    pub anchor: Time,
    /// First moment of the engine.
    pub start: Time,
}
