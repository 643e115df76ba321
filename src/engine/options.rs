//! Options of an engine at its start.

use std::path::PathBuf;

use chrono_tz::Tz;
use opening_hours::localization::Country;

use crate::{
    cloud::{MetricSource, Scaler, simulator::Simulator},
    domain::{Seconds, Time, decision::Licence},
};

pub use crate::plan::{
    GroupOptions,
    demand::{DemandMeasure, StepLoad},
};

/// Creates the writer from a licence that only acting groups hold.
pub type ScalerBuilder = Box<dyn Fn(&Licence) -> Box<dyn Scaler> + Send>;

/// The options of a group, by its name.
pub type OptionsOfGroup = Box<dyn Fn(&str) -> GroupOptions + Send>;

/// The cloud, with reading and writing separated.
pub struct CloudAccess {
    /// Reads.
    pub source: Box<dyn MetricSource>,
    /// Creates the writer; not called before a group leaves `observe` and has a change to make.
    pub scaler: ScalerBuilder,
    /// The embedded simulation, if there is one: for its clock and its faults.
    pub simulator: Option<Simulator>,
}

/// Options of one engine.
pub struct EngineOptions {
    /// Time zone of local days, unless the calendar names one.
    pub zone: Tz,
    /// Options of a group, by its name.
    pub group: OptionsOfGroup,
    /// The calendar file; without one only `events` apply.
    pub calendar: Option<PathBuf>,
    /// Events in addition to the calendar file (for a backtest).
    pub events: Vec<crate::domain::event::Event>,
    /// Countries whose public holidays are added.
    pub holidays: Vec<Country>,
    /// Folder of models; without one there is no training.
    pub models: Option<PathBuf>,
    /// Demand older than this is not fetched at the start.
    pub backfill: Seconds,
    /// Training.
    pub training: super::jobs::training::TrainingOptions,
    /// A time at which a step of demand starts; steps are aligned to it.
    pub anchor: Time,
    /// Start time of the engine.
    pub start: Time,
}
