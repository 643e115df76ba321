//! Puts an engine together from the configuration.

use std::{path::PathBuf, sync::Arc};

use chrono_tz::Tz;

pub use super::error::AssembleError;
use super::{account, log, notify::Notifier, shared};
use crate::{
    backtest::EngineBacktester,
    cloud::simulator::{Simulator, World as SimulatedWorld, demo_fleet, demo_start},
    config::{Config, Location, Source},
    domain::{Seconds, Time, at_epoch, decision::Mode, floor_to},
    engine::{
        Engine,
        clock::Clock,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, OptionsOfGroup},
    },
    files,
    plan::{GroupOptions, demand::DemandMeasure},
    store::{Store, keys},
};

/// Seconds of demand asked for at the start.
const BACKFILL: Seconds = 35 * 86_400;
/// Seconds of an operator's time that a proposal lives in the simulation, however fast its clock runs.
const PATIENCE: f64 = 120.0;

/// An engine that is ready to run, its clock, and the configuration it was made from.
pub struct Assembled {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: Clock,
    /// What it was made from.
    pub config: Config,
    /// Steps of the recorded groups, where they are simulated.
    pub(super) recorded: RecordedSteps,
}

/// The recorded step of each simulated group.
pub(super) type RecordedSteps = Vec<(String, Seconds)>;

/// Reads the configuration, opens the store, connects to the world. `read_only` makes an engine that takes no command
/// and changes nothing outside, whatever the configuration says.
///
/// # Errors
/// [`AssembleError`], in words that name the fix.
pub async fn assemble(location: &Location, read_only: bool) -> Result<Assembled, AssembleError> {
    assemble_from(Config::load(location)?, read_only).await
}

/// The same from a configuration that has been read already.
///
/// # Errors
/// [`AssembleError`], in words that name the fix.
pub async fn assemble_from(config: Config, read_only: bool) -> Result<Assembled, AssembleError> {
    assemble_as(config, read_only, None).await
}

/// The same for a process that holds leases as `holder`, where that is not an identity of its own.
///
/// # Errors
/// [`AssembleError`], in words that name the fix.
pub(super) async fn assemble_as(
    config: Config,
    read_only: bool,
    holder: Option<String>,
) -> Result<Assembled, AssembleError> {
    // Before anything is made in a folder that may be somebody else's.
    config.check_command()?;
    for folder in ["data", "models", "logs"] {
        files::make_private(&config.home.join(folder)).map_err(|e| AssembleError::Log(e.to_string()))?;
    }
    let log = log::start(&config.log, &config.home).map_err(AssembleError::Log)?;
    let file = config.file.as_ref().map_or("none, using defaults".into(), |f| f.display().to_string());
    tracing::info!(
        "prescale {}, home {}, configuration {file}",
        env!("CARGO_PKG_VERSION"),
        config.home.display()
    );
    let store = Store::open(&config.home.join("data").join("prescale.db"))?;
    let accounts = account::accounts(&config.source);
    let (world, clock) = match &config.source {
        Source::Simulated { speed, seed } => simulated(&store, *speed, *seed)?,
        Source::Aws(_) => (account::access(accounts.clone(), config.source.routes()).await?, Clock::Real),
    };
    let recorded: RecordedSteps = world.simulator.iter().flat_map(recorded_steps).collect();
    let options = options(&config, recorded.clone(), clock.now());
    let mut engine = Engine::new(options, world, store)?.with_log(log).keeping(config.keep);
    engine.backtest_with(Arc::new(EngineBacktester));
    if config.read_only || read_only {
        engine = engine.read_only();
    }
    if let Some(place) = &config.shared {
        let shared = shared::open_as(place, &config.source, &accounts).await?;
        let cycle = Seconds::from(config.cycle.minutes) * 60;
        let lease_manager = shared::lease_manager(shared.clone(), &clock, cycle, holder);
        engine.share(lease_manager, shared);
    }
    if let Some(notifier) = Notifier::start(&config.notify).map_err(AssembleError::Notify)? {
        engine.subscribe(Box::new(notifier))?;
    }
    Ok(Assembled { engine, clock, config, recorded })
}

/// The embedded fleet, as an earlier run left it.
fn simulated(store: &Store, speed: f64, seed: u64) -> Result<(CloudAccess, Clock), AssembleError> {
    let fleet = demo_fleet().map_err(|e| AssembleError::Simulation(e.to_string()))?;
    let simulator = Simulator::new(SimulatedWorld::new(fleet, demo_start(), seed));
    if let Some(snapshot) = store.get(&keys::simulator())? {
        let fix = "remove data/prescale.db to start over, or give the seed it was made with";
        simulator.restore(&snapshot).map_err(|e| AssembleError::Simulation(format!("{e}; {fix}")))?;
    }
    Ok(access(simulator, speed))
}

/// A simulated world as a cloud, and the clock that drives it.
pub(super) fn access(simulator: Simulator, speed: f64) -> (CloudAccess, Clock) {
    let now = simulator.with(|world| world.now());
    let (writer, source) = (simulator.clone(), simulator.source());
    let world = CloudAccess {
        source: Box::new(source),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    (world, Clock::simulated(now, speed))
}

/// Options of each group by its name, as `config` says; of recorded groups the step is their own.
pub(super) fn options_of_group(config: &Config, recorded: RecordedSteps) -> OptionsOfGroup {
    let patience = if let Source::Simulated { speed, .. } = config.source { PATIENCE * speed } else { 0.0 };
    let patience = patience as Seconds;
    let keys = config.clone();
    Box::new(move |name: &str| {
        let mut options = keys.group(name).clone();
        options.proposal_life = options.proposal_life.max(patience);
        if let Some((_, step)) = recorded.iter().find(|(n, _)| n == name) {
            options.step = *step;
            options.limits.max_data_age = options.limits.max_data_age.max(2 * step);
            demonstrate(name, keys.file.is_none(), &mut options);
        }
        options
    })
}

/// Options of an engine that starts at `now`, as `config` says.
pub(super) fn options(config: &Config, recorded: RecordedSteps, now: Time) -> EngineOptions {
    EngineOptions {
        zone: config.timezone.unwrap_or(Tz::UTC),
        group: options_of_group(config, recorded),
        calendar: Some(config.home.join("calendar.toml")),
        events: Vec::new(),
        holidays: config.holidays.clone(),
        models: Some(models(config)),
        backfill: BACKFILL,
        training: training(config),
        anchor: at_epoch(0),
        start: floor_to(now, 60),
    }
}

/// The recorded step of each simulated group.
pub(super) fn recorded_steps(simulator: &Simulator) -> RecordedSteps {
    simulator.with(|world| {
        let names =
            world.groups().map(|groups| groups.into_iter().map(|g| g.name).collect()).unwrap_or_default();
        let names: Vec<String> = names;
        names.into_iter().filter_map(|n| world.load(&n).map(|l| l.step()).map(|s| (n, s))).collect()
    })
}

/// Without a configuration the embedded fleet shows each mode once, and demand counted by CPU.
fn demonstrate(name: &str, unconfigured: bool, options: &mut GroupOptions) {
    if !unconfigured {
        return;
    }
    options.mode = match name {
        "web-sessions" => Mode::Auto,
        "batch-steady" => Mode::Observe,
        _ => Mode::Approve,
    };
    if name == "batch-steady" {
        options.demand = DemandMeasure::Cpu;
    }
}

fn models(config: &Config) -> PathBuf {
    config.home.join("models")
}

/// How groups' networks are trained.
pub fn training(config: &Config) -> TrainingOptions {
    let drift = config.train.daily && config.train.drift;
    TrainingOptions { drift, ..config.train.clone() }
}
