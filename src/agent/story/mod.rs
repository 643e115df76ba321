//! Stories: some hours of the simulated fleet with one thing that happens in them, and captions, for talks and for who wants to see
//! what prescale does about it.
//!
//! What happens is a `script`: faults at their minutes, an event in the calendar; `beats` has the captions. What prescale does is not
//! scripted: captions about that are made of its journal, so that none says what was not done. It is the same engine, simulation and
//! clock as without a story, on a store in memory. The same story and seed give the same run each time.

mod beats;
mod script;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::script::Script;
use super::{
    assemble::{self, AssembleError, Assembled, RecordedSteps},
    log,
};
use crate::{
    backtest::EngineBacktester,
    cloud::simulator::{Simulator, World as SimulatedWorld, demo_fleet},
    config::{Config, Source},
    domain::{Time, caption::Caption, decision::Mode, shift},
    engine::{Engine, GroupDecision, jobs::training::TrainingOptions, options::EngineOptions},
    link::View,
    store::{Store, StoreError},
};

/// MaxSize of the group of a story: large enough for what happens to it.
const MOST: u32 = 60;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Story {
    /// A sale that the calendar announces doubles the load
    Sale,
    /// AWS's API throttles every call for an hour
    Throttling,
    /// An instance refresh runs while the load falls
    Refresh,
    /// The load doubles within minutes, unannounced
    Flood,
}

impl Story {
    /// Its length.
    pub fn minutes(self) -> i64 {
        Script::of(self).minutes
    }

    /// What makes its captions of a view.
    pub fn narrator(self) -> fn(&View) -> Vec<Caption> {
        match self {
            Story::Sale => |view| Script::of(Story::Sale).captions(view),
            Story::Throttling => |view| Script::of(Story::Throttling).captions(view),
            Story::Refresh => |view| Script::of(Story::Refresh).captions(view),
            Story::Flood => |view| Script::of(Story::Flood).captions(view),
        }
    }
}

/// An engine at the start of `story`, as `config` has speed, seed and home; nothing of it is kept.
///
/// # Errors
/// [`AssembleError`] for a configuration that is not simulated, and when the store in memory cannot be made.
pub fn staged(config: Config, story: Story) -> Result<Assembled, AssembleError> {
    let Source::Simulated { speed, seed } = config.source else {
        return Err(AssembleError::Simulation("a story is played in the simulation alone".into()));
    };
    let log = log::start(&config.log, &config.home).map_err(AssembleError::Log)?;
    let script = Script::of(story);
    let simulator = world(&script, seed)?;
    let recorded: RecordedSteps = assemble::recorded_steps(&simulator);
    let (cloud, clock) = assemble::access(simulator, speed);
    let usual = assemble::options(&config, recorded.clone(), script.start);
    let (group, options_of) = (script.group, usual.group);
    let options = EngineOptions {
        group: Box::new(move |name| {
            let mut options = options_of(name);
            if name == group {
                options.mode = Mode::Auto;
            }
            options
        }),
        calendar: None,
        events: script.events(),
        models: None,
        training: TrainingOptions::on_request(),
        ..usual
    };
    let mut engine = Engine::new(options, cloud, Store::in_memory()?)?.with_log(log);
    engine.backtest_with(Arc::new(EngineBacktester));
    Ok(Assembled { engine, clock, config, recorded })
}

/// The fleet with what will happen to it.
fn world(script: &Script, seed: u64) -> Result<Simulator, AssembleError> {
    let failed = |e: &dyn std::fmt::Display| AssembleError::Simulation(e.to_string());
    let mut fleet = demo_fleet().map_err(|e| failed(&e))?;
    fleet.iter_mut().filter(|spec| spec.name == script.group).for_each(|spec| spec.max = MOST);
    let mut world = SimulatedWorld::new(fleet, script.start, seed);
    for (minute, fault) in &script.faults {
        world.inject_at(script.group, *fault, script.moment(*minute)).map_err(|e| failed(&e))?;
    }
    Ok(Simulator::new(world))
}

/// What is told of a story as it goes on.
#[derive(Debug)]
pub enum Told {
    /// A caption that has become true.
    Caption(Caption),
    /// A decision of the engine.
    Decision(Box<GroupDecision>),
}

/// Plays `story` to its end as fast as it can be computed, and tells what happens in its order.
///
/// # Errors
/// When the store in memory cannot be written, or as `tell` fails.
pub async fn play<E: From<StoreError>>(
    mut assembled: Assembled,
    story: Story,
    mut tell: impl FnMut(Told) -> Result<(), E>,
) -> Result<(), E> {
    let script = Script::of(story);
    let mut told: Vec<Caption> = Vec::new();
    for minute in 0..=script.minutes {
        let now: Time = shift(script.start, 60 * minute);
        let decided = assembled.engine.minute(now).await?;
        let view = assembled.engine.view(&assembled.clock)?;
        for caption in script.captions(&view) {
            if !told.contains(&caption) {
                told.push(caption.clone());
                tell(Told::Caption(caption))?;
            }
        }
        for decision in decided {
            tell(Told::Decision(Box::new(decision)))?;
        }
    }
    Ok(())
}
