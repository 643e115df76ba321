//! Promises of one word for all: what operators decide at one agent holds at the others, and outlives the one.

use super::{floor::*, leases::*, *};
use crate::domain::journal::JournalKind;
use crate::domain::shift;
use crate::{
    domain::{actuator::Actuator, decision::Stage},
    engine::*,
    link::Command,
    shared::{faulty::Weather, fixture::objects},
};

/// Two agents that propose to one group.
fn two() -> Vec<TestAgent> {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    ["a", "b"].map(|name| join_in(Mode::Approve, &world, &objects, name, Actuator::Desired, start())).into()
}

/// Lives until the first of them has an open proposal; returns it and the moment after.
fn until_open(members: &mut [TestAgent]) -> (Decision, Time) {
    let mut at = start();
    for _ in 0..600 {
        together(members, at, 1);
        at = shift(at, 60);
        if let Some(open) = members[0].engine.groups()[0].proposals.open.clone() {
            return (open, at);
        }
    }
    panic!("no proposal in ten hours")
}

fn set_mode(mode: Mode) -> Command {
    Command::SetMode { group: GROUP.into(), mode }
}

#[test]
fn modes_and_the_brake_reach_other_and_new_agents() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut both: Vec<TestAgent> =
        ["a", "b"].map(|name| join(&world, &objects, name, Actuator::Desired, start())).into();
    together(&mut both, start(), 5);
    ask(&mut both[1].engine, set_mode(Mode::Approve)).expect("it is there");
    ask(&mut both[1].engine, Command::SetBrake { on: true }).expect("always");
    assert_eq!(both[1].engine.leases_due(), Some(std::time::Duration::ZERO), "it is said at once");
    together(&mut both, shift(start(), 300), 3);
    let stands = |member: &TestAgent| (member.engine.groups()[0].mode, member.engine.brake);
    assert_eq!((stands(&both[0]), stands(&both[1])), ((Mode::Approve, true), (Mode::Approve, true)));
    assert!(
        texts(&both[0].engine, JournalKind::Shared)
            .contains(&"the brake was pulled on another agent".to_owned())
    );
    assert_eq!(texts(&both[1].engine, JournalKind::Shared), [""; 0], "who decided hears nothing new");

    ask(&mut both[0].engine, Command::SetBrake { on: false }).expect("always");
    together(&mut both, shift(start(), 480), 3);
    assert_eq!((stands(&both[0]), stands(&both[1])), ((Mode::Approve, false), (Mode::Approve, false)));

    let mut newcomer = [join(&world, &objects, "c", Actuator::Desired, shift(start(), 660))];
    together(&mut newcomer, shift(start(), 660), 1);
    assert_eq!(stands(&newcomer[0]), (Mode::Approve, false), "its configuration says auto");
}

#[test]
fn an_open_proposal_survives_a_restart() {
    let mut both = two();
    let (open, at) = until_open(&mut both);
    assert!(both[1].engine.groups()[0].proposals.open.is_none(), "it is the holder's");
    together(&mut both, at, 2);
    drop(both.remove(0));
    // The term and two rounds; the proposal itself lives for a quarter of an hour.
    together(&mut both, shift(at, 120), 7);
    let taken = both[0].engine.groups()[0].proposals.open.clone().expect("it was taken over");
    let said = texts(&both[0].engine, JournalKind::Proposed);
    assert!(said[0].starts_with("taken over from lease 1, "), "{said:?}");
    assert!(taken.from == open.from && taken.revision >= open.revision, "{taken:?}");
    let approve = Command::Approve { id: taken.id, revision: taken.revision };
    ask(&mut both[0].engine, approve).expect("it can be approved here");
    let done = both[0].engine.store().decision(taken.id).expect("readable").expect("kept");
    assert!(done.stage == Stage::Applied && done.lease > Some(1), "{done:?}");
}

#[test]
fn a_rejection_survives_a_restart() {
    let mut both = two();
    let (open, at) = until_open(&mut both);
    let no = Command::Reject { id: open.id, revision: open.revision, reason: "a test load".into() };
    ask(&mut both[0].engine, no).expect("it is open");
    together(&mut both, at, 2);
    let rejected = both[0].engine.groups()[0].memory.rejected;
    drop(both.remove(0));
    for minute in 2..12 {
        together(&mut both, shift(at, 60 * minute), 1);
        let group = &both[0].engine.groups()[0];
        let again = group.proposals.open.as_ref().map(|p| (p.from, p.to));
        assert!(again.is_none() || again != rejected, "asked again after {minute} min: {again:?}");
    }
    assert!(both[0].engine.lease(0, 0).is_ok(), "it holds the group now");
    assert!(texts(&both[0].engine, JournalKind::Proposed).iter().all(|text| !text.contains("taken over")));
}

#[test]
fn nothing_is_done_while_the_shared_state_is_unknown() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut one = [join(&world, &objects, "a", Actuator::Desired, start())];
    one[0].net.set(Weather::Down);
    together(&mut one, start(), 1);
    assert!(one[0].engine.lease(0, 0).is_err());
    one[0].net.set(Weather::Fair);
    together(&mut one, shift(start(), 60), 3);
    assert!(one[0].engine.lease(0, 0).is_ok());
    let damaged = objects_put(&objects, "stance/00000000000000000009.json");
    assert!(damaged, "it is written");
    together(&mut one, shift(start(), 240), 3);
    let why = one[0].engine.lease(0, 0).expect_err("it cannot be read");
    assert!(why.contains("stance/00000000000000000009.json") && why.contains("remove it"), "{why}");
    let notices: Vec<String> = one[0].engine.shared_notices().map(|notice| notice.text).collect();
    assert!(notices.iter().any(|text| text.contains("is damaged")), "{notices:?}");
}

/// Puts an object that cannot be read among the others.
fn objects_put(objects: &Arc<object_store::memory::InMemory>, name: &str) -> bool {
    use object_store::ObjectStoreExt;
    block(objects.put(&object_store::path::Path::from(name), b"{".to_vec().into())).is_ok()
}
