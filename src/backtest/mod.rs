//! Backtests: the same engine on a recorded trace, with a simulated clock.
//!
//! The trace before `from` is history to learn from; from there on the engine runs minute by minute against
//! the embedded simulation, whose ticks, boots and scale-ins follow the rules in [`crate::cloud::simulator`].
//! Only the clock and the cloud differ from production, so the results carry over.
//!
//! Start with [`run`]; `files` writes the result for scripts, `summary` sums it up, [`history()`] turns a
//! group's stored demand into a trace. [`EngineBacktester`] runs backtests for the screen as `prescale
//! backtest` does for the command line. `oracle` knows the future and shows what was possible; nothing
//! outside of this room uses it.

mod files;
mod history;
mod job;
mod oracle;
mod recorded;
mod summary;

pub use crate::domain::{elasticity::Elasticity, summary::Summary};
pub use history::{RecordedHistory, history};
pub use job::EngineBacktester;

use std::{ops::ControlFlow, path::PathBuf};

use chrono_tz::Tz;

use crate::{
    cloud::simulator::{
        GroupSpec, Interpolation, Publishing, Simulator, Tick, Trace, World as SimulatedWorld,
    },
    domain::{
        Seconds, Time,
        actuator::Actuator,
        decision::{Mode, Stage},
        event::Event,
        forecast::Forecast,
        series::Series,
        shift,
    },
    engine::{
        Engine,
        jobs::training::{Retraining, TrainingOptions},
        options::{CloudAccess, DemandMeasure, EngineOptions, GroupOptions, StepLoad},
    },
    plan::{Policy, Settings, preflight::Limits},
    store::Store,
};

/// Name of the group of a backtest.
const GROUP: &str = "trace";

/// Most instances of a simulated group: each is kept, with its activities.
pub const MOST_INSTANCES: u32 = 20_000;

/// What decides the capacity in a backtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// A policy of the program.
    Policy(Policy),
    /// A policy that knows the future.
    Oracle,
    /// The group's recorded size.
    Recorded,
}

impl Contender {
    /// The word on the command line and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Policy(policy) => policy.name(),
            Contender::Oracle => "oracle",
            Contender::Recorded => "recorded",
        }
    }

    /// All of them, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Contender> {
        Policy::ALL.iter().copied().map(Contender::Policy).chain([Contender::Oracle, Contender::Recorded])
    }
}

/// Input of a backtest. It has many fields because each is one option of the command.
#[derive(Debug, Clone)]
pub struct BacktestOptions {
    /// The recorded load.
    pub trace: Trace,
    /// The calendar.
    pub events: Vec<Event>,
    /// Time zone of the group's users.
    pub zone: Tz,
    /// Load per step that one instance serves at 100 % utilisation.
    pub capacity: f64,
    /// Seconds from launch to in service.
    pub boot: Seconds,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// First moment of the test.
    pub from: Time,
    /// What decides the capacity.
    pub contender: Contender,
    /// Settings of the policies; `target` is the utilisation not to exceed; `policy` is ignored in favour of
    /// `contender`.
    pub settings: Settings,
    /// Limits of single changes.
    pub limits: Limits,
    /// Recorded instances in service, by the minute: what [`Contender::Recorded`] shows.
    pub recorded: Option<Series>,
    /// Price of an instance-hour, where costs are wanted.
    pub price: Option<f64>,
    /// Seed of the simulation.
    pub seed: u64,
    /// How the load runs between the centres of steps.
    pub interpolation: Interpolation,
    /// Whether the prior is adapted to the load once a local day.
    pub retrain: bool,
    /// Seconds of a step of forecasts, a multiple of the trace's; those of the trace where it is not given.
    pub step: Option<Seconds>,
}

impl BacktestOptions {
    /// Steps of the trace in a step of forecasts.
    fn steps_in_one(&self) -> i64 {
        self.step.map_or(1, |step| step / self.trace.series.step())
    }
}

/// Result of a backtest.
#[derive(Debug, Default)]
pub struct BacktestReport {
    /// Desired capacity, one row per change, the first at `from`.
    pub decisions: Vec<(Time, u32)>,
    /// Every forecast, one per cycle.
    pub forecasts: Vec<Forecast>,
    /// Load and size of every minute.
    pub ticks: Vec<Tick>,
    /// Summary figures.
    pub summary: Summary,
}

/// Why a backtest has no result.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The options make no sense together.
    #[error("{0}")]
    Usage(String),
    /// The progress callback cancelled it.
    #[error("cancelled")]
    Cancelled,
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

/// Backtests the trace from `options.from` on; `progress` gets the share done, 0 to 1, and may cancel.
///
/// # Errors
/// [`BacktestError::Usage`] for a group of more than [`MOST_INSTANCES`], a step of forecasts that is no multiple of the trace's,
/// and when `from` does not lie inside the trace; [`BacktestError::Cancelled`] when `progress` cancelled.
pub async fn run(
    options: &BacktestOptions,
    mut progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<BacktestReport, BacktestError> {
    let (from, until) = range(options)?;
    let simulator = simulator(options, from);
    let mut report = match options.contender {
        Contender::Policy(policy) => {
            let mut share =
                |now: Time| progress((now - from).num_seconds() as f64 / (until - from).num_seconds() as f64);
            walk(options, policy, &simulator, (from, until), &mut share).await?
        }
        Contender::Oracle => oracle::walk(options, &simulator, (from, until)),
        Contender::Recorded => recorded::walk(options, &simulator, (from, until))?,
    };
    if report.ticks.is_empty() {
        simulator.with(|world| world.advance(until));
        report.ticks = simulator.with(|world| world.ticks(GROUP, from, until));
    }
    report.summary = summary::of(options, &report.ticks, &report.decisions);
    Ok(report)
}

/// Runs the engine with `policy`, minute by minute.
async fn walk(
    options: &BacktestOptions,
    policy: Policy,
    simulator: &Simulator,
    (from, until): (Time, Time),
    progress: &mut dyn FnMut(Time) -> ControlFlow<()>,
) -> Result<BacktestReport, BacktestError> {
    let engine_options = engine_options(options, policy, from);
    let mut engine = Engine::new(engine_options, world(simulator), Store::in_memory()?)?;
    let mut report = BacktestReport::default();

    engine.minute(from).await?;
    keep_forecast(&engine, from, &mut report);
    let first =
        engine.groups().first().and_then(|w| w.plan.as_ref()).map_or(options.min, |(plan, _)| plan.want);
    let first = first.clamp(options.min, options.max);
    simulator.with(|world| world.begin_with(GROUP, first));
    engine.begin_in(Mode::Auto);
    report.decisions.push((from, first));

    let mut now = shift(from, 60);
    let mut retraining = options.retrain.then(Retraining::default);
    while now < until {
        if let Some(retraining) = &mut retraining {
            engine.retrain(GROUP, retraining);
        }
        for step in engine.minute(now).await? {
            if step.decision.stage == Stage::Applied {
                report.decisions.push((now, step.decision.to));
            }
        }
        keep_forecast(&engine, now, &mut report);
        now = shift(now, 60);
        if progress(now).is_break() {
            return Err(BacktestError::Cancelled);
        }
    }
    Ok(report)
}

/// The first minute of the trace at or after `from`, and the end of the trace.
fn range(options: &BacktestOptions) -> Result<(Time, Time), BacktestError> {
    if options.max > MOST_INSTANCES || options.min > options.max {
        return Err(BacktestError::Usage(format!(
            "MaxSize {} is out of range; allowed: MinSize to {MOST_INSTANCES}",
            options.max
        )));
    }
    let series = &options.trace.series;
    if let Some(step) = options.step.filter(|step| *step < series.step() || step % series.step() != 0) {
        return Err(BacktestError::Usage(format!(
            "a step of forecasts of {step} s is no multiple of the trace's, {} s",
            series.step()
        )));
    }
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

fn simulator(options: &BacktestOptions, from: Time) -> Simulator {
    let spec = GroupSpec {
        interpolation: options.interpolation,
        boot: (options.boot, options.boot),
        min: options.min,
        max: options.max,
        // A recording is what had been published in the end; a backtest measures the policy, not CloudWatch.
        publishing: Publishing::AtOnce,
        ..GroupSpec::plain(GROUP, options.trace.clone(), options.capacity)
    };
    Simulator::new(SimulatedWorld::new(vec![spec], from, options.seed))
}

fn world(simulator: &Simulator) -> CloudAccess {
    let writer = simulator.clone();
    CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: None,
    }
}

fn engine_options(options: &BacktestOptions, policy: Policy, from: Time) -> EngineOptions {
    let series = &options.trace.series;
    let step = options.step.unwrap_or(series.step());
    let group = GroupOptions {
        mode: Mode::Observe,
        settings: Settings { policy, ..options.settings.clone() },
        // A backtest measures the model; it does not stop at a bad score.
        limits: Limits { max_data_age: 1_200.max(2 * step), model_gate: false, ..options.limits.clone() },
        demand: DemandMeasure::Requests,
        step,
        // Minutes within a step of the trace would be interpolated, not recorded.
        step_load: if step > series.step() { StepLoad::Peak } else { StepLoad::Mean },
        capacity: Some(options.capacity * options.steps_in_one() as f64),
        lead: Some(options.boot),
        actuator: Some(Actuator::Desired),
        price: None,
        shortage_price: None,
        proposal_life: 900,
        late: 0,
    };
    EngineOptions {
        zone: options.zone,
        group: Box::new(move |_| group.clone()),
        calendar: None,
        events: options.events.clone(),
        holidays: Vec::new(),
        models: None,
        backfill: (from - series.start()).num_seconds(),
        training: TrainingOptions::on_request(),
        anchor: series.start(),
        start: from,
    }
}

/// Adds the forecast that was made at `now`, if there is one, to the report.
fn keep_forecast(engine: &Engine, now: Time, report: &mut BacktestReport) {
    let forecast = engine.groups().first().and_then(|w| w.forecast.as_ref());
    report.forecasts.extend(forecast.filter(|f| f.origin == now).cloned());
}

#[cfg(test)]
mod tests;
