//! Signals that are not the group's alone: incidents, what cannot be read, the clock, the model, the calendar.

use super::*;
use crate::{
    domain::event::EventKind,
    engine::{group::Ready, tests::block},
    plan::preflight::Limits,
};

#[test]
fn errors_that_rise_while_work_falls_trip_the_brake() {
    let (_, mut engine) = quiet();
    live(&mut engine, 20);
    assert!(!engine.brake);
    inject(&mut engine, Fault::ErrorsRise);
    live(&mut engine, 8);
    assert!(engine.brake);
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("incident brake"), None));
    let lines = engine.store().journal(50, None).expect("readable");
    let told = lines.iter().find(|l| l.kind == JournalKind::Brake).expect("in the journal");
    assert!(told.operator == SELF && told.text.contains("errors rose") && told.text.contains("released"));
    ask(&mut engine, Command::SetBrake { on: false }).expect("always");
    live(&mut engine, 15);
    assert!(!engine.brake, "what an operator released stays so for half an hour");
    assert_eq!(blocks(&mut engine, -2), None);
}

#[test]
fn the_brake_does_not_trip_where_it_is_switched_off() {
    let (_, mut engine) = quiet();
    engine.groups[0].options.limits.incident_brake = false;
    inject(&mut engine, Fault::ErrorsRise);
    live(&mut engine, 25);
    assert!(!engine.brake);
}

#[test]
fn a_group_that_cannot_be_read_is_not_changed() {
    let (_, mut engine) = quiet();
    inject(&mut engine, Fault::Throttling);
    live(&mut engine, 4);
    assert_eq!((blocks(&mut engine, 2), blocks(&mut engine, -2)), (name("group seen"), name("group seen")));
    live(&mut engine, 2);
    assert_eq!(blocks(&mut engine, 2), None);
}

#[test]
fn too_many_calls_let_scale_in_wait() {
    let (_, mut engine) = quiet();
    engine.groups[0].options.limits = Limits { calls_per_minute: 1, ..Limits::default() };
    live(&mut engine, 2);
    assert!(engine.calls_for(GROUP) > 1);
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("API budget"), None));
}

#[test]
fn a_group_of_another_owner_is_left_alone() {
    let owner = Some("berlin".to_owned());
    let (_, mut engine) = world(Mode::Observe, |spec| GroupSpec { owner, ..spec });
    assert_eq!((blocks(&mut engine, 2), blocks(&mut engine, -2)), (name("owner"), name("owner")));
    engine.groups[0].options.limits.owner = "berlin".into();
    assert_eq!(blocks(&mut engine, 2), None);
}

#[test]
fn a_jump_of_the_clock_holds_scale_in() {
    let (_, mut engine) = quiet();
    let later = shift(engine.now(), 3_600);
    block(engine.minute(later)).expect("writable");
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("clock steady"), None));
    assert!(kinds(&engine).contains(&JournalKind::Clock));
    live(&mut engine, 5);
    assert_eq!(blocks(&mut engine, -2), None, "a cycle later it is trusted again");
}

/// Finds the model as `found` says.
fn judge(engine: &mut Engine, found: Option<String>) {
    let (context, mut ready) = (engine.context(0), Ready::default());
    engine.groups[0].apply_model_health(&context, found, &mut ready);
    block(engine.act(0, ready)).expect("writable");
}

#[test]
fn an_unhealthy_model_demotes_its_group_to_observe() {
    let (_, mut engine) = world(Mode::Auto, |spec| spec);
    let why = || Some("model error is 31 % of load; seasonal-naive error is 25 %".to_owned());
    judge(&mut engine, why());
    assert_eq!(engine.groups()[0].mode, Mode::Observe);
    let lines = engine.store().journal(500, None).expect("readable");
    let told = lines.iter().find(|l| l.kind == JournalKind::Demoted).expect("in the journal");
    assert!(told.text.starts_with("auto → observe: model error is 31 %"), "{}", told.text);
    assert_eq!((blocks(&mut engine, -1), blocks(&mut engine, 2)), (name("model healthy"), None));
    // An operator may raise it again, and is not overruled while it stays bad.
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Approve }).expect("known");
    judge(&mut engine, why());
    assert_eq!(engine.groups()[0].mode, Mode::Approve);
    judge(&mut engine, None);
    assert_ne!(blocks(&mut engine, -1), name("model healthy"));
}

#[test]
fn a_freeze_and_a_floor_of_the_calendar_hold() {
    let (_, mut engine) = quiet();
    let event = |kind, min_instances| crate::domain::event::Event {
        name: "Gala".into(),
        kind,
        label: "x".into(),
        start: shift(start(), -600),
        end: shift(start(), 3_600),
        multiplier: None,
        min_instances,
        groups: vec![],
    };
    engine.calendar = calendar::Events::new(None, vec![event(EventKind::Launch, Some(8))], chrono_tz::UTC);
    engine.calendar.look(engine.now);
    assert_eq!(allowed(&mut engine, 3), Some(8));
    engine.calendar = calendar::Events::new(None, vec![event(EventKind::Freeze, None)], chrono_tz::UTC);
    engine.calendar.look(engine.now);
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("not frozen by the calendar"), None));
}
