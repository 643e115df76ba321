//! The same engine, on a recorded trace, with a clock that jumps.
//!
//! The trace before `from` is history to learn from; from there on the engine lives minute by minute in the
//! embedded simulation, whose ticks, boots and scale-ins follow the rules in [`crate::cloud::simulator`]. Nothing
//! is special about a backtest but the clock, so it tells the truth about production.
//!
//! Start with [`run`]; `files` writes what scripts and judges read, `summary` and `elasticity` sum up, [`history()`] turns a
//! group's stored demand into a trace. `oracle`, which knows the future, is the measure of what was possible, and never
//! leaves this room.

mod elasticity;
mod files;
mod history;
mod oracle;
mod summary;

pub use elasticity::Elasticity;
pub use history::{History, history};
pub use summary::Summary;

use std::path::PathBuf;

use chrono_tz::Tz;

use crate::{
    cloud::simulator::{GroupSpec, Interpolation, Simulator, Trace, World as SimulatedWorld},
    domain::{
        Seconds, Time, actuator::Actuator, decision::Mode, decision::Stage, event::Event, forecast::Forecast,
        shift,
    },
    engine::{
        Engine,
        models::TrainingOptions,
        options::{Demand, EngineOptions, GroupOptions, World},
    },
    plan::{self, Policy, Settings, preflight::Limits},
    store::Store,
};

/// Name of the one group.
const GROUP: &str = "trace";

/// Who decides in a backtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// A rule of the program.
    Policy(Policy),
    /// One who knows the future.
    Oracle,
}

impl Contender {
    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Policy(policy) => policy.name(),
            Contender::Oracle => "oracle",
        }
    }
}

/// Everything that a backtest is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The recorded load.
    pub trace: Trace,
    /// The calendar.
    pub events: Vec<Event>,
    /// Zone of people's days.
    pub zone: Tz,
    /// Load per step that one instance serves at 100 %.
    pub capacity: f64,
    /// Seconds from order to service.
    pub boot: Seconds,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// Utilisation not to exceed.
    pub slo: f64,
    /// First moment of the test.
    pub from: Time,
    /// Rule under test.
    pub contender: Contender,
    /// Quantile bought.
    pub risk: f64,
    /// Utilisation that the policies `target-tracking`, `hpa` and `aws-predictive` hold.
    pub tracking_target: f64,
    /// Price of an instance-hour, where costs are wanted.
    pub price: Option<f64>,
    /// Seed of the simulation.
    pub seed: u64,
    /// How the load runs between the centres of steps.
    pub interpolation: Interpolation,
}

/// What a backtest found.
#[derive(Debug, Default)]
pub struct Report {
    /// Desired capacity, one row a change, the first at `from`.
    pub decisions: Vec<(Time, u32)>,
    /// Every forecast, one a cycle.
    pub forecasts: Vec<Forecast>,
    /// Sums.
    pub summary: Summary,
}

/// Why a backtest could not be done.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The options make no sense together.
    #[error("{0}")]
    Usage(String),
    /// The engine's store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// A file could not be written.
    #[error("{}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Walks the trace forward from `options.from`; `progress` hears the share done, 0 to 1.
///
/// # Errors
/// [`BacktestError::Usage`] when `from` does not lie inside the trace.
pub async fn run(options: &Options, mut progress: impl FnMut(f64)) -> Result<Report, BacktestError> {
    let (from, until) = range(options)?;
    let simulator = simulator(options, from);
    let mut report = match options.contender {
        Contender::Policy(policy) => {
            let mut share =
                |now: Time| progress((now - from).num_seconds() as f64 / (until - from).num_seconds() as f64);
            walk(options, policy, &simulator, (from, until), &mut share).await?
        }
        Contender::Oracle => oracle::walk(options, &simulator, (from, until)),
    };
    simulator.with(|world| world.advance(until));
    let ticks = simulator.with(|world| world.ticks(GROUP, from, until));
    report.summary = Summary::new(options, &ticks, &report.decisions);
    Ok(report)
}

/// The engine under `policy`, minute by minute.
async fn walk(
    options: &Options,
    policy: Policy,
    simulator: &Simulator,
    (from, until): (Time, Time),
    progress: &mut dyn FnMut(Time),
) -> Result<Report, BacktestError> {
    let engine_options = engine_options(options, policy, from);
    let mut engine = Engine::new(engine_options, world(simulator), Store::in_memory()?)?;
    let mut report = Report::default();

    engine.minute(from).await?;
    keep_forecast(&engine, from, &mut report);
    let first =
        engine.groups().first().and_then(|w| w.plan.as_ref()).map_or(options.min, |(plan, _)| plan.want);
    let first = first.clamp(options.min, options.max);
    simulator.with(|world| world.begin_with(GROUP, first));
    engine.begin_in(Mode::Auto);
    report.decisions.push((from, first));

    let mut now = shift(from, 60);
    while now < until {
        for step in engine.minute(now).await? {
            if step.decision.stage == Stage::Applied {
                report.decisions.push((now, step.decision.to));
            }
        }
        keep_forecast(&engine, now, &mut report);
        now = shift(now, 60);
        progress(now);
    }
    Ok(report)
}

/// The first minute of the trace at or after `from`, and the end of the trace.
fn range(options: &Options) -> Result<(Time, Time), BacktestError> {
    let series = &options.trace.series;
    let (start, end) = (series.start(), series.known_until());
    let offset = (options.from - start).num_seconds();
    let first = shift(start, -(-offset).div_euclid(60) * 60);
    if first <= start || first >= end {
        return Err(BacktestError::Usage(format!(
            "--from {} does not lie inside the trace ({start} to {end}) with history before it",
            options.from
        )));
    }
    Ok((first, end))
}

fn simulator(options: &Options, from: Time) -> Simulator {
    let spec = GroupSpec {
        interpolation: options.interpolation,
        boot: (options.boot, options.boot),
        min: options.min,
        max: options.max,
        ..GroupSpec::plain(GROUP, options.trace.clone(), options.capacity)
    };
    Simulator::new(SimulatedWorld::new(vec![spec], from, options.seed))
}

fn world(simulator: &Simulator) -> World {
    let writer = simulator.clone();
    World {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: None,
    }
}

fn engine_options(options: &Options, policy: Policy, from: Time) -> EngineOptions {
    let series = &options.trace.series;
    let group = GroupOptions {
        mode: Mode::Observe,
        settings: Settings {
            policy,
            risk: options.risk,
            target: options.slo,
            reactive_target: plan::REACTIVE_SHARE * options.slo,
            tracking_target: options.tracking_target,
            ..Settings::default()
        },
        // A backtest measures the model; it does not stop at a bad score.
        limits: Limits { max_data_age: 1_200.max(2 * series.step()), model_gate: false, ..Limits::default() },
        demand: Demand::Requests,
        step: series.step(),
        capacity: Some(options.capacity),
        lead: Some(options.boot),
        actuator: Some(Actuator::Desired),
        price: None,
        proposal_life: 900,
        late: 0,
    };
    EngineOptions {
        zone: options.zone,
        group: Box::new(move |_| group.clone()),
        calendar: None,
        events: options.events.clone(),
        models: None,
        backfill: (from - series.start()).num_seconds(),
        training: TrainingOptions::default(),
        anchor: series.start(),
        start: from,
    }
}

/// Keeps the forecast that was made at `now`, if one was.
fn keep_forecast(engine: &Engine, now: Time, report: &mut Report) {
    let forecast = engine.groups().first().and_then(|w| w.forecast.as_ref());
    report.forecasts.extend(forecast.filter(|f| f.origin == now).cloned());
}

#[cfg(test)]
mod tests;
