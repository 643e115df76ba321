//! What an engine is told at its start.

use std::{path::PathBuf, sync::Arc};

use chrono_tz::Tz;
use opening_hours::localization::Country;

use crate::{
    cloud::{MetricSource, Scaler, simulator::Simulator},
    domain::{
        Seconds, Time,
        actuator::Actuator,
        decision::{Licence, Mode},
        metric::{CustomMetric, Metric},
    },
    plan::{Settings, preflight::Limits},
};

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

/// How demand is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandMeasure {
    /// Requests a step.
    Requests,
    /// CPU × instances in service: how many instances' worth of work there is.
    Cpu,
    /// A metric of the operator's own.
    Metric(Arc<CustomMetric>),
}

impl DemandMeasure {
    /// The metric that tells whether there is news.
    pub fn metric(&self) -> Metric {
        match self {
            DemandMeasure::Requests => Metric::Requests,
            DemandMeasure::Cpu => Metric::Cpu,
            DemandMeasure::Metric(_) => Metric::Custom,
        }
    }

    /// By what it is counted, in words that tell one way from another.
    pub fn words(&self) -> String {
        match self {
            DemandMeasure::Requests => "requests".into(),
            DemandMeasure::Cpu => "cpu".into(),
            DemandMeasure::Metric(custom) => {
                let CustomMetric { namespace, name, dimensions, statistic } = custom.as_ref();
                let dimensions: Vec<String> = dimensions.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("{} of {namespace} {name} [{}]", statistic.name(), dimensions.join(", "))
            }
        }
    }

    /// What a minute's value is multiplied by to be load per step: how many minutes a step has where the metric adds up.
    pub fn minutes(&self, step: Seconds) -> f64 {
        match self {
            DemandMeasure::Requests => step as f64 / 60.0,
            DemandMeasure::Metric(custom) if custom.statistic.adds_up() => step as f64 / 60.0,
            DemandMeasure::Metric(_) | DemandMeasure::Cpu => 1.0,
        }
    }
}

/// One group's share of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupOptions {
    /// How far `prescale` may go until an operator changes it.
    pub mode: Mode,
    /// Planning.
    pub settings: Settings,
    /// Preflight.
    pub limits: Limits,
    /// How demand is counted.
    pub demand: DemandMeasure,
    /// Seconds a step of demand.
    pub step: Seconds,
    /// Load per step that one instance serves at 100 %; learned when absent.
    pub capacity: Option<f64>,
    /// Seconds from order to service; measured when absent.
    pub lead: Option<Seconds>,
    /// How capacity is moved; what fits the group when absent.
    pub actuator: Option<Actuator>,
    /// Price of an instance-hour, in the operator's currency.
    pub price: Option<f64>,
    /// Seconds until a proposal expires.
    pub proposal_life: Seconds,
    /// How long a missing point may be late before it counts as a gap.
    pub late: Seconds,
}

impl Default for GroupOptions {
    fn default() -> Self {
        GroupOptions {
            mode: Mode::Observe,
            settings: Settings::default(),
            limits: Limits::default(),
            demand: DemandMeasure::Requests,
            step: 300,
            capacity: None,
            lead: None,
            actuator: None,
            price: None,
            proposal_life: 900,
            late: 600,
        }
    }
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
