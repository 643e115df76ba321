//! Promises of a floor: it rises, it holds, and it always finds its way back.

use crate::domain::fault::Fault;
use crate::domain::journal::JournalKind;
use crate::domain::shift;
use crate::store::keys;
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;

use super::*;
use crate::{
    cloud::{
        CloudError, Scaler,
        simulator::{GroupSpec, SimulatedScaler, Simulator},
    },
    domain::{
        actuator::{Act, Actuator, FloorWindow, HeldFloor, SCHEDULE_END, SCHEDULE_HOLDS},
        decision::Stage,
    },
    engine::{options::GroupOptions, *},
    link::Command,
};

/// A group that AWS's own target tracking sizes.
pub(in crate::engine) fn tracked(spec: GroupSpec) -> GroupSpec {
    GroupSpec { target_tracking: Some(60.0), min: 2, ..spec }
}

pub(in crate::engine) fn options(mode: Mode, actuator: Option<Actuator>) -> GroupOptions {
    GroupOptions { mode, actuator, ..GroupOptions::default() }
}

/// An engine that really acts on `world`.
pub(in crate::engine) fn acting(world: &Simulator, group: GroupOptions, store: Store, now: Time) -> Engine {
    let writer = world.clone();
    engine_with(world, group, move || Box::new(writer.scaler()), store, now)
}

pub(in crate::engine) fn min(world: &Simulator) -> u32 {
    world.with(|w| w.groups()).expect("nothing throttles")[0].min
}

pub(in crate::engine) fn texts(engine: &Engine, kind: JournalKind) -> Vec<String> {
    let lines = engine.store().journal(5_000, None).expect("readable");
    lines.into_iter().rev().filter(|l| l.kind == kind).map(|l| l.text).collect()
}

/// Lives until a floor is held and has been seen.
fn until_held(engine: &mut Engine) -> HeldFloor {
    for _ in 0..900 {
        live(engine, 1);
        let group = &engine.groups[0];
        let seen = group.state.as_ref().map(|s| s.min);
        if let Some(held) = group.memory.held.filter(|h| Some(h.held) == seen && h.held > h.own) {
            return held;
        }
    }
    panic!("no floor in fifteen hours")
}

#[test]
fn a_group_that_aws_sizes_is_steered_by_its_floor_and_gets_it_back() {
    let world = simulator_of(tracked);
    let mut engine = acting(&world, options(Mode::Auto, None), store(), start());
    let mut seen = Vec::new();
    for _ in 0..900 {
        live(&mut engine, 1);
        let state = engine.groups[0].state.as_ref().expect("seen");
        assert!(state.min >= 2 && state.min <= state.desired && state.desired <= state.max, "{state:?}");
        seen.push(state.min);
    }
    assert!(seen.iter().max() > Some(&4), "the floor rose with demand");
    let outcomes = texts(&engine, JournalKind::Outcome);
    assert!(outcomes.len() > 5 && outcomes.iter().all(|t| t.starts_with("MinSize is")), "{outcomes:?}");
    assert_eq!(texts(&engine, JournalKind::Unconfirmed), Vec::<String>::new());

    until_held(&mut engine);
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Observe }).expect("it goes back");
    assert_eq!((min(&world), engine.groups[0].memory.held), (2, None));
    assert_eq!(engine.store().get::<Option<HeldFloor>>(&keys::floor("web")).expect("readable"), Some(None));
    assert!(engine.scaler.is_none(), "nothing is left to be done");
}

#[test]
fn a_clean_shutdown_restores_the_floor() {
    let world = simulator_of(tracked);
    let mut engine = acting(&world, options(Mode::Auto, Some(Actuator::Floor)), store(), start());
    assert!(until_held(&mut engine).held > 2);
    block(engine.leave()).expect("writable");
    assert_eq!((min(&world), engine.groups[0].memory.held), (2, None));
}

#[test]
fn what_could_not_be_put_back_is_tried_again() {
    let world = simulator_of(tracked);
    let mut engine = acting(&world, options(Mode::Auto, Some(Actuator::Floor)), store(), start());
    let held = until_held(&mut engine);
    ask(&mut engine, Command::Inject { group: GROUP.into(), fault: Fault::Throttling }).expect("simulated");
    let answer = ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Observe });
    assert!(answer.expect("the mode changes all the same").contains("is retried every cycle"));
    assert_eq!(engine.groups[0].memory.held.map(|h| (h.held, h.own, h.ending)), Some((held.held, 2, true)));
    live(&mut engine, 20);
    assert_eq!((min(&world), engine.groups[0].memory.held), (2, None));
    let intents = texts(&engine, JournalKind::Intent).into_iter().filter(|t| t.contains("observe")).count();
    assert_eq!(intents, 1, "the first try; the second is the loop's");
}

#[test]
fn the_operators_min_size_wins() {
    let world = simulator_of(tracked);
    let mut engine = acting(&world, options(Mode::Auto, Some(Actuator::Floor)), store(), start());
    let held = until_held(&mut engine);
    world.with(|w| w.set_floor(GROUP, held.held + 3)).expect("within max");
    live(&mut engine, 1);
    assert!(
        texts(&engine, JournalKind::Floor)[0].contains("MinSize was set to"),
        "{:?}",
        texts(&engine, JournalKind::Floor)
    );
    for _ in 0..600 {
        live(&mut engine, 1);
        assert!(min(&world) >= held.held + 3, "never below the operator's own floor");
    }
}

/// Does what it is asked, or not, and then never answers: the process is killed while it waits.
struct HangingScaler {
    inner: SimulatedScaler,
    done: bool,
}

#[async_trait]
impl Scaler for HangingScaler {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        if self.done {
            self.inner.set_desired(now, group, desired).await?;
        }
        std::future::pending().await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        if self.done {
            self.inner.set_floor(now, group, min).await?;
        }
        std::future::pending().await
    }

    async fn schedule_floor(&mut self, _: Time, _: &str, _: &FloorWindow) -> Result<(), CloudError> {
        std::future::pending().await
    }

    async fn unschedule_floor(&mut self, _: Time, _: &str) -> Result<(), CloudError> {
        std::future::pending().await
    }
}

/// Lives until the engine waits for the cloud, and kills it there. Gives the moment.
fn killed_in_the_act(world: &Simulator, path: &Path, done: bool) -> Time {
    let writer = world.clone();
    let scaler = move || -> Box<dyn Scaler> { Box::new(HangingScaler { inner: writer.scaler(), done }) };
    let group = options(Mode::Auto, Some(Actuator::Floor));
    let mut engine = engine_with(world, group, scaler, Store::open(path).expect("new"), start());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    for minute in 1..600 {
        let now = shift(start(), 60 * minute);
        let lived = runtime
            .block_on(async { tokio::time::timeout(Duration::from_millis(300), engine.minute(now)).await });
        if lived.is_err() {
            return now;
        }
    }
    panic!("it never acted")
}

#[test]
fn a_kill_between_intent_and_outcome_of_a_floor_change_is_recovered() {
    for done in [false, true] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prescale.db");
        let world = simulator_of(tracked);
        let now = killed_in_the_act(&world, &path, done);
        let left = min(&world);
        assert_eq!(left > 2, done, "the call was made, or not");
        let group = options(Mode::Auto, Some(Actuator::Floor));
        let store = Store::open(&path).expect("released by the kill");
        let intended = store.open_decisions().expect("readable").pop().expect("the intent");
        assert_eq!((intended.stage.name(), intended.moves()), ("intended", "floor (MinSize)"));
        let mut engine = acting(&world, group, store, shift(now, 60));
        block(engine.minute(shift(now, 60))).expect("writable");
        let kept = engine.store().decision(intended.id).expect("readable").expect("kept");
        assert_eq!(kept.stage == Stage::Applied, done, "{:?}", kept.stage);
        assert_eq!(engine.groups[0].memory.held.map_or(2, |h| h.own), 2, "its own floor is remembered");
        until_held(&mut engine);
        block(engine.leave()).expect("writable");
        assert_eq!(min(&world), 2);
    }
}

#[test]
fn a_floor_left_by_a_kill_is_shown_but_not_touched_in_observe() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let world = simulator_of(tracked);
    let now = killed_in_the_act(&world, &path, true);
    let left = min(&world);
    let group = options(Mode::Observe, None);
    let mut engine = acting(&world, group, Store::open(&path).expect("released"), shift(now, 60));
    live(&mut engine, 30);
    assert!(engine.scaler.is_none(), "observe builds no writer");
    assert_eq!(min(&world), left);
    let view = engine.view(&clock::Clock::simulated(engine.now(), 60.0)).expect("readable");
    let badge = format!("MinSize raised to {left} by prescale (original 2)");
    assert!(view.groups[0].badges.iter().any(|b| b.text == badge), "{:?}", view.groups[0].badges);
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Auto }).expect("a known group");
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Observe }).expect("a known group");
    assert_eq!(min(&world), 2);
}

#[test]
fn a_scheduled_floor_comes_and_goes_by_itself() {
    let world = simulator_of(tracked);
    let held = {
        let group = options(Mode::Auto, Some(Actuator::Scheduled));
        let mut engine = acting(&world, group, store(), start());
        let held = until_held(&mut engine);
        assert!(texts(&engine, JournalKind::Outcome)[0].starts_with("MinSize is scheduled from"));
        held
    };
    // The engine is gone without a word. The end comes all the same.
    let end = world.with(|w| w.scheduled(GROUP)).into_iter().find(|a| a.name == SCHEDULE_END);
    let end = end.expect("a floor has an end").at;
    world.with(|w| w.advance(shift(end, -60)));
    assert_eq!(min(&world), held.held);
    world.with(|w| w.advance(end));
    assert_eq!((min(&world), world.with(|w| w.scheduled(GROUP)).len()), (2, 0));
}

#[test]
fn a_scheduled_floor_is_kept_up_while_wanted_and_cleaned_up() {
    let world = simulator_of(tracked);
    let group = options(Mode::Auto, Some(Actuator::Scheduled));
    let mut engine = acting(&world, group, store(), start());
    let mut renewed = 0;
    for _ in 0..900 {
        live(&mut engine, 1);
        let actions = world.with(|w| w.scheduled(GROUP));
        assert!(
            actions.len() <= 2 && actions.iter().all(|a| a.at <= shift(engine.now(), SCHEDULE_HOLDS + 180))
        );
        if min(&world) > 2 {
            assert!(actions.iter().any(|a| a.name == SCHEDULE_END && a.min == 2), "no floor without its end");
        }
        renewed = texts(&engine, JournalKind::Outcome)
            .iter()
            .filter(|t| t.starts_with("MinSize is scheduled until"))
            .count();
    }
    assert!(renewed > 0, "a long need outlives one window");
    until_held(&mut engine);
    block(engine.leave()).expect("writable");
    assert_eq!((min(&world), world.with(|w| w.scheduled(GROUP)).len()), (2, 0));
}

/// Refuses the first calls as AWS does while another activity runs, and keeps what it was asked.
struct Busy {
    inner: SimulatedScaler,
    refuse: usize,
    asked: Arc<Mutex<Vec<(Time, u32)>>>,
}

#[async_trait]
impl Scaler for Busy {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.asked.lock().expect("no test panics here").push((now, desired));
        if self.refuse > 0 {
            self.refuse -= 1;
            return Err(CloudError::Replan("ScalingActivityInProgress".into()));
        }
        self.inner.set_desired(now, group, desired).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        self.inner.set_floor(now, group, min).await
    }

    async fn schedule_floor(&mut self, now: Time, group: &str, w: &FloorWindow) -> Result<(), CloudError> {
        self.inner.schedule_floor(now, group, w).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.inner.unschedule_floor(now, group).await
    }
}

#[test]
fn a_refusal_is_planned_anew_and_never_sent_again_as_it_was() {
    let world = simulator_of(|spec| spec);
    let (asked, writer) = (Arc::new(Mutex::new(Vec::new())), world.clone());
    let log = asked.clone();
    let scaler = move || -> Box<dyn Scaler> {
        Box::new(Busy { inner: writer.scaler(), refuse: 2, asked: log.clone() })
    };
    let mut engine = engine_with(&world, options(Mode::Auto, None), scaler, store(), start());
    let steps = live(&mut engine, 300);
    let failed: Vec<_> = steps.iter().filter(|s| matches!(s.decision.stage, Stage::Failed { .. })).collect();
    assert_eq!(failed.len(), 2);
    let asked = asked.lock().expect("no test panics here");
    assert!(asked.windows(2).all(|pair| pair[0].0 < pair[1].0), "one call a minute at the most");
    assert!(steps.iter().any(|s| s.decision.stage == Stage::Applied));
    assert!(failed.iter().all(|s| s.decision.act == Some(Act::Desired { to: s.decision.to })));
}

#[test]
fn what_is_refused_again_and_again_is_tried_less_and_less() {
    let world = simulator_of(|spec| spec);
    let (asked, writer) = (Arc::new(Mutex::new(Vec::new())), world.clone());
    let log = asked.clone();
    let scaler = move || -> Box<dyn Scaler> {
        Box::new(Busy { inner: writer.scaler(), refuse: usize::MAX, asked: log.clone() })
    };
    let mut engine = engine_with(&world, options(Mode::Auto, None), scaler, store(), start());
    live(&mut engine, 600);
    let asked = asked.lock().expect("no test panics here");
    let gaps: Vec<i64> = asked.windows(2).map(|pair| (pair[1].0 - pair[0].0).num_minutes()).collect();
    assert!(gaps.len() > 8 && gaps[5..].iter().all(|gap| *gap >= 15), "{gaps:?}");
    assert!(gaps[0] >= 1 && gaps[1] >= 2 && gaps[2] >= 4, "{gaps:?}");
}

#[test]
fn what_a_later_look_does_not_show_is_said() {
    let world = simulator_of(|spec| spec);
    let mut engine = acting(&world, options(Mode::Auto, None), store(), start());
    let set = (0..600).find_map(|_| live(&mut engine, 1).pop()).expect("it acts within ten hours");
    engine.groups[0].mode = Mode::Observe;
    let other = if set.decision.to > 5 { 3 } else { 9 };
    world.with(|w| w.set_desired(GROUP, other)).expect("within bounds");
    live(&mut engine, 5);
    let said = texts(&engine, JournalKind::Unconfirmed);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&format!("desired capacity is {other}, not {}", set.decision.to)), "{said:?}");
}
