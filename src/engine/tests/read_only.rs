//! Promises of a read-only engine: it takes no command, builds no writer, and leaves alone what an earlier run left.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::{
    domain::{decision::Stage, fault::Fault, journal::JournalKind},
    engine::{options::GroupOptions, *},
    link::{ClockCommand, Command, Viewport},
};

/// Everything that an operator may ask but what the screen shows.
fn commands() -> Vec<Command> {
    let group = || GROUP.to_owned();
    vec![
        Command::Approve { id: 1, revision: 1 },
        Command::Reject { id: 1, revision: 1, reason: "no".into() },
        Command::Snooze { id: 1, revision: 1, minutes: 5 },
        Command::Undo { decision: 1 },
        Command::SetMode { group: group(), mode: Mode::Auto },
        Command::SetBrake { on: true },
        Command::Train { group: group() },
        Command::CancelTraining,
        Command::Promote { group: group(), version: "1".into() },
        Command::RollBack { group: group() },
        Command::Clock(ClockCommand::Pause),
        Command::Inject { group: group(), fault: Fault::Surge },
    ]
}

#[test]
fn a_read_only_engine_refuses_commands_and_acts_in_no_mode() {
    let (world, built) = (simulator_of(|spec| spec), Arc::new(AtomicUsize::new(0)));
    let (count, writer) = (built.clone(), world.clone());
    let scaler = move || -> Box<dyn Scaler> {
        count.fetch_add(1, Ordering::SeqCst);
        Box::new(writer.scaler())
    };
    let group = GroupOptions { mode: Mode::Auto, ..GroupOptions::default() };
    let mut engine = engine_with(&world, group, scaler, store(), start()).read_only();
    let steps = live(&mut engine, 600);
    assert!(!steps.is_empty() && steps.iter().all(|s| s.decision.stage == Stage::Advised));
    for command in commands() {
        let what = command.what();
        assert!(ask(&mut engine, command).expect_err(&what).contains("read-only"), "{what}");
    }
    assert_eq!(ask(&mut engine, Command::Show(Viewport::default())), Ok(String::new()));
    assert!(!engine.brake && engine.groups[0].mode == Mode::Observe);
    block(engine.leave()).expect("the store is writable");
    assert_eq!(built.load(Ordering::SeqCst), 0);
    let journal = kinds(&engine);
    let forbidden = [JournalKind::Intent, JournalKind::Mode, JournalKind::Brake];
    assert!(!journal.iter().any(|kind| forbidden.contains(kind)), "{journal:?}");
    let view = engine.view(&clock::Clock::simulated(engine.now(), 60.0)).expect("readable");
    assert!(view.read_only);
}

#[test]
fn a_read_only_run_leaves_a_floor_where_it_is_and_the_next_run_puts_it_back() {
    use super::floor::{acting, min, options, tracked};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let world = simulator_of(tracked);
    let mut engine = acting(&world, options(Mode::Auto, None), Store::open(&path).expect("new"), start());
    for _ in 0..900 {
        live(&mut engine, 1);
        if engine.groups[0].memory.held.is_some() && min(&world) > 2 {
            break;
        }
    }
    let (now, held) = (engine.now(), min(&world));
    assert!(held > 2, "a floor is held");
    drop(engine);
    let mut watching =
        acting(&world, options(Mode::Auto, None), Store::open(&path).expect("kept"), now).read_only();
    live(&mut watching, 60);
    block(watching.leave()).expect("the store is writable");
    assert_eq!(min(&world), held);
    let now = watching.now();
    drop(watching);
    let mut engine = acting(&world, options(Mode::Auto, None), Store::open(&path).expect("kept"), now);
    live(&mut engine, 1);
    block(engine.leave()).expect("the store is writable");
    assert_eq!(min(&world), 2);
}
