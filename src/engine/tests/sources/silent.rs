//! A source that is silent for long: what the shutdown does for the others, and what other agents may do for it.

use super::*;
use crate::{
    engine::serve::session::Session,
    link,
    shared::fixture::{machine, objects},
};

/// Marks the group at `at` as one whose MinSize is raised by one, and raises it.
fn raise(fleet: &Fleet, engine: &mut Engine, group: &str) {
    let of = GROUPS.iter().position(|name| *name == group).expect("one of the three");
    let world = &fleet.worlds[of];
    let own = world.with(|world| world.groups()).expect("it is simulated")[0].min;
    world.with(|world| world.set_floor(GROUP, own + 1)).expect("within MaxSize");
    let at = engine.groups.iter().position(|it| it.name == group).expect("it was read");
    engine.groups[at].memory.held =
        Some(HeldFloor { own, held: own + 1, before: own, window: None, ending: false });
}

#[test]
fn a_source_that_does_not_answer_keeps_no_other_floor_raised_at_shutdown() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    live(&mut engine, 1);
    GROUPS.iter().for_each(|group| raise(&fleet, &mut engine, group));
    // `eu/web` comes first by name.
    fleet.fail(1, WRITES);
    let limit = std::time::Duration::from_secs(10);
    block(async { tokio::time::timeout(limit, engine.leave()).await }).expect("in time").expect("writable");
    let held: Vec<&str> = {
        let held = engine.groups.iter().filter(|group| group.memory.held.is_some());
        held.map(|group| group.name.as_str()).collect()
    };
    assert_eq!(held, ["eu/web"], "the others are restored");
    assert_eq!(said_at(&engine, JournalKind::Outcome, "no answer within 3 s"), 1);
    assert!(!engine.serving.leaving, "an engine that goes on waits as before");
}

#[test]
fn what_would_not_be_sent_is_no_intent_is_said_once_and_is_done_in_the_next_minute_that_has_room() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    live(&mut engine, 30);
    (0..3).for_each(|which| fleet.fail(which, BUSY));
    // A floor that no policy asks for is restored.
    GROUPS.iter().for_each(|group| raise(&fleet, &mut engine, group));
    let intents = |engine: &Engine| said_at(engine, JournalKind::Intent, "");
    let before = intents(&engine);
    live(&mut engine, 8);
    assert_eq!(intents(&engine), before, "no minute begins what would not be sent");
    assert!(
        engine.groups.iter().all(|group| group.memory.pause.is_none()),
        "nothing of a group's own failed"
    );
    let told = said_at(&engine, JournalKind::Blocked, "not tried: eu answers slowly");
    assert!((3..=6).contains(&told), "once a group, and once a plan: {told}");
    (0..3).for_each(|which| fleet.fail(which, NOTHING));
    live(&mut engine, 1);
    assert!(engine.groups.iter().all(|group| group.memory.held.is_none()), "in the first minute that may");
}

#[test]
fn once_told_to_stop_no_other_group_is_begun_and_the_shutdown_restores_them() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    live(&mut engine, 1);
    GROUPS.iter().for_each(|group| raise(&fleet, &mut engine, group));
    for group in &mut engine.groups {
        group.memory.held.iter_mut().for_each(|held| held.ending = true);
    }
    (0..3).for_each(|which| fleet.fail(which, STOPPED));
    let (_link, end) = link::pair();
    let mut session = Session::new(end, Clock::Real, fleet.stop.subscribe());
    let next = shift(engine.now(), 60);
    block(engine.minute_at(next, Some(&mut session))).expect("writable");
    let held = |engine: &Engine| engine.groups.iter().filter(|group| group.memory.held.is_some()).count();
    assert_eq!(held(&engine), 2, "the call under way is finished, and no other one begins");
    block(engine.leave()).expect("writable");
    assert_eq!(held(&engine), 0);
}

#[test]
fn at_shutdown_a_change_that_is_refused_holds_up_no_other_group_of_the_source() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    live(&mut engine, 1);
    GROUPS.iter().for_each(|group| raise(&fleet, &mut engine, group));
    // Metrics that were not read are no reason to come last.
    fleet.fail(0, METRICS);
    fleet.fail(1, REFUSES);
    live(&mut engine, 1);
    block(engine.leave()).expect("writable");
    let held: Vec<&str> = {
        let held = engine.groups.iter().filter(|group| group.memory.held.is_some());
        held.map(|group| group.name.as_str()).collect()
    };
    assert_eq!(held, ["eu/web"]);
    assert_eq!(said(&engine, "was not restored"), 0, "its own outcome says why");
}

#[test]
fn a_group_that_is_long_not_read_is_left_to_other_agents_unless_its_floor_is_raised() {
    let (fleet, objects) = (Fleet::new(), objects());
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    let machine = machine(&objects, "a");
    engine.share(machine.lease_manager, machine.store);
    let minutes = |engine: &mut Engine, count: i64| {
        for _ in 0..count {
            machine.hands.with(|clocks| clocks.steady += 60.0);
            block(engine.minute(shift(engine.now(), 60))).expect("writable");
        }
    };
    let leased = |engine: &Engine| -> Vec<String> {
        let all = engine.groups().iter().enumerate();
        all.filter(|(at, _)| engine.lease(*at, 0).is_ok()).map(|(_, group)| group.name.clone()).collect()
    };
    minutes(&mut engine, 8);
    assert_eq!(leased(&engine), ["eu/web", "us/web", "web"]);
    raise(&fleet, &mut engine, "us/web");
    fleet.fail(1, KEYS);
    fleet.fail(2, KEYS);
    minutes(&mut engine, 4);
    assert_eq!(leased(&engine), ["eu/web", "us/web", "web"], "it may be over in a minute");
    minutes(&mut engine, 4);
    assert_eq!(leased(&engine), ["us/web", "web"], "who knows its own MinSize restores it");
    fleet.fail(1, NOTHING);
    minutes(&mut engine, 4);
    assert_eq!(leased(&engine), ["eu/web", "us/web", "web"]);
}
