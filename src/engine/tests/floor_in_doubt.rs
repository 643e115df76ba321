//! Promises of a change of the floor of which nobody knows whether it was carried out.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::{
    floor::{min, options, texts, tracked},
    *,
};
use crate::{
    cloud::{
        CloudError, Scaler,
        simulator::{SimulatedScaler, Simulator},
    },
    domain::actuator::{Act, Actuator, FloorWindow, HeldFloor},
};

/// A scaler whose first change of MinSize ends in an error.
struct Late {
    inner: SimulatedScaler,
    sent: Arc<Mutex<Option<u32>>>,
    error: CloudError,
}

#[async_trait]
impl Scaler for Late {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.inner.set_desired(now, group, desired).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        {
            let mut sent = self.sent.lock().expect("no test panics here");
            if sent.is_none() {
                *sent = Some(min);
                return Err(self.error.clone());
            }
        }
        self.inner.set_floor(now, group, min).await
    }

    async fn schedule_floor(&mut self, now: Time, group: &str, w: &FloorWindow) -> Result<(), CloudError> {
        self.inner.schedule_floor(now, group, w).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.inner.unschedule_floor(now, group).await
    }
}

/// Lives until a change of MinSize got no answer. Gives its minute and value.
fn until_sent(engine: &mut Engine, sent: &Mutex<Option<u32>>) -> (Time, u32) {
    for minute in 1..900 {
        let now = shift(start(), 60 * minute);
        block(engine.minute(now)).expect("writable");
        if let Some(min) = *sent.lock().expect("no test panics here") {
            return (now, min);
        }
    }
    panic!("no floor in fifteen hours")
}

/// The minutes after `now`.
fn go_on(engine: &mut Engine, now: Time, minutes: std::ops::RangeInclusive<i64>) {
    for minute in minutes {
        block(engine.minute(shift(now, 60 * minute))).expect("writable");
    }
}

/// AWS carries the change out.
fn carry_out(world: &Simulator, now: Time, min: u32) {
    block(world.scaler().set_floor(now, GROUP, min)).expect("within bounds");
}

/// An engine whose first change of MinSize gets no answer.
fn late(world: &Simulator) -> (Engine, Arc<Mutex<Option<u32>>>) {
    failing(world, CloudError::Retry("no answer".into()))
}

fn failing(world: &Simulator, error: CloudError) -> (Engine, Arc<Mutex<Option<u32>>>) {
    let (sent, writer) = (Arc::new(Mutex::new(None)), world.clone());
    let log = Arc::clone(&sent);
    let scaler = move || -> Box<dyn Scaler> {
        Box::new(Late { inner: writer.scaler(), sent: Arc::clone(&log), error: error.clone() })
    };
    let group = options(Mode::Auto, Some(Actuator::Floor));
    (engine_with(world, group, scaler, store(), start()), sent)
}

#[test]
fn a_floor_that_appears_after_its_call_seemed_to_have_failed_is_restored() {
    for restarts in [false, true] {
        let world = simulator_of(tracked);
        let (mut engine, sent) = late(&world);
        let (now, min_sent) = until_sent(&mut engine, &sent);
        assert_eq!((min(&world), engine.groups[0].memory.held), (2, None), "nobody knows of it");
        if restarts {
            let Engine { store, .. } = engine;
            let group = options(Mode::Approve, Some(Actuator::Floor));
            let writer = world.clone();
            engine = engine_with(&world, group, move || Box::new(writer.scaler()), store, shift(now, 60));
        } else {
            engine.groups[0].mode = Mode::Approve;
        }
        go_on(&mut engine, now, 1..=1);
        carry_out(&world, now, min_sent);
        go_on(&mut engine, now, 2..=2);
        let held = engine.groups[0].memory.held.expect("it is ours");
        assert_eq!((held.own, held.held), (2, min_sent));
        assert!(texts(&engine, JournalKind::Floor).iter().any(|text| text.contains("took effect late")));
        block(engine.leave()).expect("writable");
        assert_eq!(min(&world), 2, "its own value is restored");
    }
}

#[test]
fn one_that_appears_after_the_last_look_is_restored_at_shutdown() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = late(&world);
    let (now, min_sent) = until_sent(&mut engine, &sent);
    engine.groups[0].mode = Mode::Approve;
    go_on(&mut engine, now, 1..=1);
    carry_out(&world, now, min_sent);
    assert_eq!(engine.groups[0].memory.held, None, "nobody has looked since");
    block(engine.leave()).expect("writable");
    assert_eq!(min(&world), 2, "its own value is restored");
}

#[test]
fn one_that_appears_while_nobody_looks_for_minutes_is_ours_and_a_day_later_it_is_not() {
    for (minutes, own) in [(10, 2), (1_440, 0)] {
        let world = simulator_of(tracked);
        let (mut engine, sent) = late(&world);
        let (now, min_sent) = until_sent(&mut engine, &sent);
        carry_out(&world, now, min_sent);
        let Engine { store, .. } = engine;
        let group = options(Mode::Approve, Some(Actuator::Floor));
        let (writer, back) = (world.clone(), shift(now, 60 * minutes));
        let mut engine = engine_with(&world, group, move || Box::new(writer.scaler()), store, back);
        block(engine.minute(back)).expect("writable");
        let held = engine.groups[0].memory.held.map(|held| held.own);
        assert_eq!(held, (own > 0).then_some(own), "{minutes} minutes later");
    }
}

#[test]
fn what_was_not_sent_leaves_no_doubt_and_no_rest() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = failing(&world, CloudError::NotSent("not tried: the source is slow".into()));
    until_sent(&mut engine, &sent);
    let memory = &engine.groups[0].memory;
    assert_eq!((memory.in_doubt.is_none(), memory.pause), (true, None));
}

#[test]
fn one_that_comes_between_later_changes_does_not_become_the_groups_own() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = late(&world);
    let (now, min_sent) = until_sent(&mut engine, &sent);
    go_on(&mut engine, now, 1..=1);
    // A second change has been made meanwhile, to another value.
    carry_out(&world, now, min_sent + 1);
    let held = HeldFloor { own: 2, held: min_sent + 1, before: 2, window: None, ending: false };
    engine.groups[0].memory.held = Some(held);
    engine.groups[0].mode = Mode::Approve;
    carry_out(&world, now, min_sent);
    go_on(&mut engine, now, 2..=2);
    assert_eq!(engine.groups[0].memory.held.map(|held| (held.own, held.held)), Some((2, min_sent)));
}

#[test]
fn long_after_that_the_same_value_is_the_operators() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = late(&world);
    let (now, min_sent) = until_sent(&mut engine, &sent);
    engine.groups[0].mode = Mode::Approve;
    go_on(&mut engine, now, 1..=4);
    carry_out(&world, now, min_sent);
    go_on(&mut engine, now, 5..=6);
    assert_eq!(engine.groups[0].memory.held, None);
}

#[test]
fn a_group_that_only_observes_by_then_is_given_back_its_own_value() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = late(&world);
    let (now, min_sent) = until_sent(&mut engine, &sent);
    engine.groups[0].mode = Mode::Observe;
    go_on(&mut engine, now, 1..=1);
    carry_out(&world, now, min_sent);
    go_on(&mut engine, now, 2..=4);
    assert_eq!((min(&world), engine.groups[0].memory.held), (2, None));
}

#[test]
fn a_change_that_shows_just_before_the_next_act_does_not_become_the_groups_own() {
    let world = simulator_of(tracked);
    let (mut engine, sent) = late(&world);
    let (now, min_sent) = until_sent(&mut engine, &sent);
    let group = &mut engine.groups[0];
    // Read again before an act, after the look of that minute.
    group.state.as_mut().expect("it was read").min = min_sent;
    assert_eq!(group.own_state().map(|state| state.min), Some(2));
    let act = Act::Floor { min: min_sent + 1, unschedule: false };
    assert_eq!(group.held_by(now, &act).map(|held| (held.own, held.before)), Some((2, min_sent)));
}

#[test]
fn a_change_that_was_refused_leaves_no_doubt() {
    for error in [CloudError::Stop("AccessDenied".into()), CloudError::Replan("ValidationError".into())] {
        let world = simulator_of(tracked);
        let (mut engine, sent) = failing(&world, error);
        let (now, min_sent) = until_sent(&mut engine, &sent);
        engine.groups[0].mode = Mode::Approve;
        // An operator does what was advised.
        carry_out(&world, now, min_sent);
        go_on(&mut engine, now, 1..=2);
        assert_eq!((min(&world), engine.groups[0].memory.held), (min_sent, None));
    }
}
