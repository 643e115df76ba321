//! Promises of the loop, on a small simulated world.

mod approvals;
mod backfill;
mod backtest;
mod bounds;
mod capacity;
mod demand;
mod floor;
mod floor_in_doubt;
mod floor_soak;
pub(super) mod leases;
mod objective;
mod operator_state;
mod plans;
mod publication;
mod read_only;
mod reload;
mod replay;
mod restart;
mod safety;
mod scorecard;
mod session;
mod signals;
mod silent_load;
mod sources;
mod suspension;
mod training_data;
mod unusual;
mod views;
mod what_if;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    clock::Clock,
    jobs::training::TrainingOptions,
    options::{CloudAccess, EngineOptions, GroupOptions},
    *,
};
use crate::{
    cloud::simulator::{GroupSpec, Simulator, Trace, World as Simulated},
    domain::{at_epoch, decision::Stage, fault::Fault, journal::JournalKind, series::Series, shift},
    link::{ClockCommand, Command},
    store::keys,
};

pub(super) const GROUP: &str = "web";

/// Two days of a daily wave, then `from` on: the load of the test.
fn simulator() -> Simulator {
    simulator_of(|spec| spec)
}

/// The same with a group of another kind.
pub(super) fn simulator_of(kind: impl FnOnce(GroupSpec) -> GroupSpec) -> Simulator {
    Simulator::new(Simulated::new(vec![kind(GroupSpec::plain(GROUP, trace(), 50.0))], start(), 1))
}

/// Two days of a daily wave, then a day more.
pub(super) fn trace() -> Trace {
    let values = (0..900).map(|i| {
        let wave = (std::f64::consts::TAU * (i % 288) as f64 / 288.0).sin();
        Some(400.0 + 300.0 * wave + f64::from(i % 7))
    });
    Trace { series: Series::from_values(at_epoch(1_700_006_400), 300, values), column: "requests".into() }
}

pub(super) fn start() -> Time {
    at_epoch(1_700_006_400 + 600 * 300)
}

/// An engine in `mode`, and how many writers it has built.
fn engine(simulator: &Simulator, mode: Mode, store: Store, now: Time) -> (Engine, Arc<AtomicUsize>) {
    let built = Arc::new(AtomicUsize::new(0));
    let (count, writer) = (built.clone(), simulator.clone());
    let scaler = move || -> Box<dyn Scaler> {
        count.fetch_add(1, Ordering::SeqCst);
        Box::new(writer.scaler())
    };
    let options = GroupOptions { mode, ..GroupOptions::default() };
    (engine_with(simulator, options, scaler, store, now), built)
}

/// An engine with these options for its group, that acts through what `scaler` makes.
pub(super) fn engine_with(
    simulator: &Simulator,
    group: GroupOptions,
    scaler: impl Fn() -> Box<dyn Scaler> + Send + 'static,
    store: Store,
    now: Time,
) -> Engine {
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| scaler()),
        simulator: Some(simulator.clone()),
    };
    Engine::new(options_of(group, now), world, store).expect("a fresh store")
}

/// Options of an engine whose groups all have the options of `group`, and that begins at `start`.
pub(super) fn options_of(group: GroupOptions, start: Time) -> EngineOptions {
    EngineOptions {
        zone: chrono_tz::UTC,
        group: Box::new(move |_| group.clone()),
        calendar: None,
        events: vec![],
        holidays: Vec::new(),
        models: None,
        backfill: 600 * 300,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(1_700_006_400),
        start,
    }
}

pub(super) fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// Lives through `minutes` and returns what was decided.
pub(super) fn live(engine: &mut Engine, minutes: i64) -> Vec<GroupDecision> {
    let from = engine.now();
    (1..=minutes)
        .flat_map(|m| block(engine.minute(shift(from, 60 * m))).expect("the store is writable"))
        .collect()
}

/// An observing engine after `minutes` in `world`.
pub(super) fn observing(world: &Simulator, minutes: i64) -> Engine {
    let writer = world.clone();
    let options = GroupOptions::default();
    let mut engine = engine_with(world, options, move || Box::new(writer.scaler()), store(), start());
    live(&mut engine, minutes);
    engine
}

pub(super) fn ask(engine: &mut Engine, command: Command) -> crate::domain::Answer {
    let mut clock = Clock::simulated(engine.now(), 60.0);
    block(engine.command("ada@ops", command, &mut clock)).expect("the store is writable")
}

pub(super) fn kinds(engine: &Engine) -> Vec<JournalKind> {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.into_iter().rev().map(|l| l.kind).collect()
}

pub(super) fn store() -> Store {
    Store::in_memory().expect("memory")
}

/// Lives until a proposal is open.
pub(super) fn until_proposed(engine: &mut Engine) -> Decision {
    for _ in 0..600 {
        live(engine, 1);
        if let Some(open) = engine.groups[0].proposals.open.clone() {
            return open;
        }
    }
    panic!("no proposal in ten hours")
}

#[test]
fn observe_builds_no_writer_and_only_advises() {
    let world = simulator();
    let (mut engine, built) = engine(&world, Mode::Observe, store(), start());
    let steps = live(&mut engine, 600);
    assert!(!steps.is_empty() && steps.iter().all(|s| s.decision.stage == Stage::Advised));
    for fault in Fault::ALL {
        let _ = ask(&mut engine, Command::Inject { group: GROUP.into(), fault });
        live(&mut engine, 20);
    }
    assert_eq!(built.load(Ordering::SeqCst), 0);
    assert!(!kinds(&engine).contains(&JournalKind::Intent));
}

#[test]
fn auto_journals_the_intent_before_the_outcome_and_really_scales() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
    let steps = live(&mut engine, 600);
    assert!(steps.iter().filter(|s| s.decision.stage == Stage::Applied).count() > 5);
    let kinds = kinds(&engine);
    let acts: Vec<_> =
        kinds.iter().filter(|k| [JournalKind::Intent, JournalKind::Outcome].contains(k)).collect();
    assert!(
        acts.len() > 10 && acts.chunks(2).all(|pair| pair == [&JournalKind::Intent, &JournalKind::Outcome]),
        "{acts:?}"
    );
    let last = steps.iter().rev().find(|s| s.decision.stage == Stage::Applied).expect("some were applied");
    let state = engine.groups()[0].state.as_ref().expect("seen");
    assert_eq!(state.desired, last.decision.to);
}

#[test]
fn a_proposal_is_approved_once_and_only_as_seen() {
    let world = simulator();
    let (mut engine, built) = engine(&world, Mode::Approve, store(), start());
    let open = until_proposed(&mut engine);
    assert_eq!(built.load(Ordering::SeqCst), 0, "proposing needs no writer");
    let stale = Command::Approve { id: open.id, revision: open.revision + 1 };
    assert!(ask(&mut engine, stale).expect_err("a revision never seen").contains("look again"));
    let seen = Command::Approve { id: open.id, revision: open.revision };
    ask(&mut engine, seen.clone()).expect("nothing stands against it");
    assert!(ask(&mut engine, seen).expect_err("answered already").contains("no longer open"));
    let kept = engine.store().decision(open.id).expect("readable").expect("kept");
    assert_eq!(kept.stage, Stage::Applied);
    let lines = kinds(&engine);
    let tail: Vec<_> = lines.iter().rev().take(3).rev().collect();
    assert_eq!(tail, [&JournalKind::Approved, &JournalKind::Intent, &JournalKind::Outcome]);
}

#[test]
fn approval_runs_preflight_again() {
    let world = simulator();
    let (mut engine, built) = engine(&world, Mode::Approve, store(), start());
    let open = until_proposed(&mut engine);
    world.inject(engine.now(), GROUP, Fault::InstanceRefresh).expect("a known group");
    world.with(|w| w.advance(shift(w.now(), 60)));
    let refused = ask(&mut engine, Command::Approve { id: open.id, revision: open.revision });
    assert!(refused.expect_err("a refresh runs").contains("no instance refresh"));
    assert_eq!(built.load(Ordering::SeqCst), 0);
}

#[test]
fn a_rejected_change_is_not_proposed_again_until_the_numbers_move() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Approve, store(), start());
    let open = until_proposed(&mut engine);
    let no = Command::Reject { id: open.id, revision: open.revision, reason: "deploying \u{1b}[31m".into() };
    ask(&mut engine, no).expect("it is open");
    live(&mut engine, 1);
    let again = engine.groups[0].proposals.open.as_ref();
    assert!(again.is_none_or(|p| (p.from, p.to) != (open.from, open.to)));
    let kept = engine.store().decision(open.id).expect("readable").expect("kept");
    assert_eq!(kept.stage, Stage::Rejected { by: "ada@ops".into(), reason: "deploying [31m".into() });
}

#[test]
fn a_restart_finds_modes_proposals_and_unfinished_intents() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let world = simulator();
    let (open, now) = {
        let (mut engine, _) = engine(&world, Mode::Approve, Store::open(&path).expect("new"), start());
        let open = until_proposed(&mut engine);
        // What a kill between intent and outcome leaves behind.
        let mut cut = Decision { id: 0, stage: Stage::Intended, to: 39, ..open.clone() };
        let entry = engine.entry(SELF, Some(GROUP), JournalKind::Intent, "4 → 39".into(), None);
        engine.store.record(&mut cut, entry).expect("writable");
        (open, engine.now())
    };
    let (mut engine, _) =
        engine(&world, Mode::Observe, Store::open(&path).expect("released"), shift(now, 60));
    engine.store.set(&keys::mode(GROUP), &Mode::Approve).expect("writable");
    block(engine.minute(shift(now, 60))).expect("writable");
    assert_eq!(engine.groups[0].mode, Mode::Approve);
    assert_eq!(engine.groups[0].proposals.open.as_ref().map(|p| p.id), Some(open.id));
    assert!(engine.store.open_decisions().expect("readable").iter().all(|d| d.stage != Stage::Intended));
    // The step that has just ended is not settled before its minutes have had time to be complete.
    assert!(engine.groups[0].forecasters.steps() >= 599, "the history was found again");
}

#[test]
fn the_brake_survives_a_restart_and_holds_every_scale_in() {
    let world = simulator();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    {
        let (mut engine, _) = engine(&world, Mode::Auto, Store::open(&path).expect("new"), start());
        ask(&mut engine, Command::SetBrake { on: true }).expect("always");
    }
    let (mut engine, _) = engine(&world, Mode::Auto, Store::open(&path).expect("released"), start());
    assert!(engine.brake);
    let steps = live(&mut engine, 900);
    assert!(!steps.is_empty() && steps.iter().all(|s| s.decision.to > s.decision.from));
}

#[test]
fn faults_are_survived_and_shown() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
    live(&mut engine, 30);
    for fault in Fault::ALL {
        ask(&mut engine, Command::Inject { group: GROUP.into(), fault }).expect("a simulation");
        live(&mut engine, 15);
        let state = engine.groups()[0].state.as_ref().expect("seen").clone();
        assert!((state.min..=state.max).contains(&state.desired), "{fault:?}: {}", state.desired);
        if fault == Fault::Throttling {
            assert!(kinds(&engine).contains(&JournalKind::Cloud));
        }
        live(&mut engine, 45);
    }
    assert!(engine.store.open_decisions().expect("readable").is_empty());
    assert!(engine.serving.trouble.is_empty(), "{:?}", engine.serving.trouble);
}

#[test]
fn missing_metrics_never_scale_in() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
    live(&mut engine, 200);
    let before = engine.groups()[0].state.as_ref().expect("seen").desired;
    for _ in 0..4 {
        ask(&mut engine, Command::Inject { group: GROUP.into(), fault: Fault::MetricGap })
            .expect("a simulation");
        let steps = live(&mut engine, 15);
        let stale = engine.groups()[0].data_age(engine.now()).is_some_and(|age| age > 1_200);
        assert!(!stale || steps.iter().all(|s| s.decision.to >= s.decision.from));
    }
    assert!(engine.groups()[0].state.as_ref().expect("seen").desired >= before.min(2));
}

#[test]
fn a_real_account_refuses_what_is_for_the_simulation() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Observe, store(), start());
    live(&mut engine, 1);
    engine.world.simulator = None;
    assert!(ask(&mut engine, Command::Inject { group: GROUP.into(), fault: Fault::Surge }).is_err());
    let refused = block(engine.command("ada", Command::Clock(ClockCommand::Pause), &mut Clock::Real));
    assert!(refused.expect("writable").is_err());
    assert!(ask(&mut engine, Command::Train { group: "nobody".into() }).is_err());
    assert!(
        ask(&mut engine, Command::Train { group: GROUP.into() })
            .expect_err("no models folder")
            .contains("no models folder")
    );
}
