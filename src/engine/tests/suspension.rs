//! Terminate suspended while the brake is on: never in `observe`, journalled before the call, resumed with the brake, and only where
//! it is ours.

use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::{
    cloud::{CloudError, Scaler, simulator::SimulatedScaler},
    domain::{
        actuator::FloorWindow,
        process::ScalingProcess,
        suspension::{Suspension, SuspensionStage},
    },
};

/// What happened, in its order: rows that were kept ahead, and calls.
type Log = Arc<Mutex<Vec<String>>>;

/// Fails the first calls that suspend or resume, and notes each.
struct Failing {
    inner: SimulatedScaler,
    fails: Arc<AtomicUsize>,
    log: Log,
}

#[async_trait]
impl Scaler for Failing {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
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

    async fn suspend_terminate(&mut self, now: Time, group: &str, on: bool) -> Result<(), CloudError> {
        self.log.lock().expect("no test panics here").push(format!("call {on}"));
        if self.fails.load(Ordering::SeqCst) > 0 {
            self.fails.fetch_sub(1, Ordering::SeqCst);
            return Err(CloudError::Retry("no answer".into()));
        }
        self.inner.suspend_terminate(now, group, on).await
    }
}

/// Keeps rows in the log.
struct Ahead(Log);

#[async_trait]
impl WriteAhead for Ahead {
    async fn keep(&mut self, rows: String) -> Result<(), String> {
        self.0.lock().expect("no test panics here").push(rows);
        Ok(())
    }
}

struct Scene {
    world: Simulator,
    fails: Arc<AtomicUsize>,
    log: Log,
}

impl Scene {
    fn new() -> Scene {
        Scene { world: simulator(), fails: Arc::default(), log: Arc::default() }
    }

    /// An engine on what `store` holds.
    fn engine(&self, mode: Mode, store: Store, now: Time) -> Engine {
        let (writer, fails, log) = (self.world.clone(), self.fails.clone(), self.log.clone());
        let scaler = move || -> Box<dyn Scaler> {
            Box::new(Failing { inner: writer.scaler(), fails: fails.clone(), log: log.clone() })
        };
        let options = GroupOptions { mode, ..GroupOptions::default() };
        engine_with(&self.world, options, scaler, store, now)
    }

    /// An engine with the brake on.
    fn braked(&self, mode: Mode) -> Engine {
        let mut engine = self.engine(mode, store(), start());
        live(&mut engine, 5);
        ask(&mut engine, Command::SetBrake { on: true }).expect("nothing stands against it");
        engine
    }

    fn is_suspended(&self) -> bool {
        self.world.with(|world| world.look(GROUP)).expect("known").is_suspended(&ScalingProcess::Terminate)
    }

    fn calls(&self) -> Vec<String> {
        let log = self.log.lock().expect("no test panics here");
        log.iter().filter(|line| line.starts_with("call")).cloned().collect()
    }
}

fn suspend(engine: &mut Engine) -> crate::domain::Answer {
    ask(engine, Command::SuspendTerminate { groups: vec![GROUP.into()] })
}

fn ours(engine: &Engine) -> Option<SuspensionStage> {
    engine.groups()[0].memory.suspension.map(|Suspension { stage, .. }| stage)
}

/// Lines of the journal about the brake, oldest first.
fn said(engine: &Engine) -> Vec<String> {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.into_iter().rev().filter(|line| line.kind == JournalKind::Brake).map(|line| line.text).collect()
}

#[test]
fn nothing_is_suspended_without_the_brake_nor_in_observe_nor_read_only() {
    let scene = Scene::new();
    let mut engine = scene.engine(Mode::Auto, store(), start());
    live(&mut engine, 5);
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("brake is not on")));
    let mut engine = scene.braked(Mode::Observe);
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("observe")));
    live(&mut engine, 5);
    let mut engine = scene.engine(Mode::Auto, store(), start()).read_only();
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("read-only")));
    assert!(scene.calls().is_empty() && !scene.is_suspended());
}

#[test]
fn the_intent_is_kept_before_the_call_and_the_brake_resumes_what_it_suspended() {
    let scene = Scene::new();
    let mut engine = scene.braked(Mode::Auto);
    engine.write_ahead_to(Box::new(Ahead(scene.log.clone()))).expect("readable");
    suspend(&mut engine).expect("it is in auto");
    assert!(scene.is_suspended() && ours(&engine) == Some(SuspensionStage::Held));
    let log = scene.log.lock().expect("no test panics here").clone();
    let call = log.iter().position(|line| line == "call true").expect("it was made");
    assert!(log[..call].iter().any(|rows| rows.contains("intent: suspend Terminate")), "{log:?}");
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("suspended it before")));
    let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
    assert!(view.detail.expect("the only group").holds_terminate);
    ask(&mut engine, Command::SetBrake { on: false }).expect("nothing stands against it");
    live(&mut engine, 1);
    assert!(!scene.is_suspended() && ours(&engine).is_none());
    assert_eq!(scene.calls(), ["call true", "call false"]);
}

#[test]
fn a_restart_between_both_knows_what_is_ours() {
    let scene = Scene::new();
    let mut engine = scene.braked(Mode::Auto);
    suspend(&mut engine).expect("it is in auto");
    let now = engine.now();
    // The group is in observe now: what was suspended with leave is resumed all the same.
    let mut engine = scene.engine(Mode::Observe, engine.store, now);
    engine.store.set(&keys::mode(GROUP), &Mode::Observe).expect("writable");
    live(&mut engine, 5);
    assert!(scene.is_suspended() && ours(&engine) == Some(SuspensionStage::Held), "{:?}", said(&engine));
    ask(&mut engine, Command::SetBrake { on: false }).expect("nothing stands against it");
    let now = engine.now();
    let mut engine = scene.engine(Mode::Auto, engine.store, now);
    live(&mut engine, 1);
    assert!(!scene.is_suspended() && ours(&engine).is_none(), "{:?}", said(&engine));
}

#[test]
fn a_call_that_fails_is_said_once_and_made_again() {
    let scene = Scene::new();
    let mut engine = scene.braked(Mode::Auto);
    scene.fails.store(3, Ordering::SeqCst);
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("tried again") && why.contains("no answer")));
    live(&mut engine, 5);
    assert!(scene.is_suspended() && ours(&engine) == Some(SuspensionStage::Held));
    scene.fails.store(2, Ordering::SeqCst);
    ask(&mut engine, Command::SetBrake { on: false }).expect("nothing stands against it");
    live(&mut engine, 5);
    assert!(!scene.is_suspended() && ours(&engine).is_none());
    let failures = said(&engine).iter().filter(|text| text.contains("could not be")).count();
    assert_eq!((failures, scene.calls().len()), (2, 7), "{:?}", said(&engine));
}

#[test]
fn what_an_operator_suspended_or_resumed_stays_so() {
    let scene = Scene::new();
    scene.world.with(|world| world.suspend_terminate(GROUP, true)).expect("known");
    let mut engine = scene.braked(Mode::Auto);
    assert!(suspend(&mut engine).is_err_and(|why| why.contains("already, and stays so")));
    ask(&mut engine, Command::SetBrake { on: false }).expect("nothing stands against it");
    live(&mut engine, 5);
    assert!(scene.is_suspended() && scene.calls().is_empty());

    let scene = Scene::new();
    let mut engine = scene.braked(Mode::Auto);
    suspend(&mut engine).expect("it is in auto");
    scene.world.with(|world| world.suspend_terminate(GROUP, false)).expect("known");
    live(&mut engine, 6);
    assert!(ours(&engine).is_none() && !scene.is_suspended(), "{:?}", said(&engine));
    assert!(said(&engine).iter().any(|text| text.contains("resumed outside prescale")));
    assert_eq!(scene.calls(), ["call true"]);
}
