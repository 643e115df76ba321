//! Promises of sharing: one acts, the other waits, and what the one leaves the other finds.

use crate::domain::journal::JournalKind;
use crate::domain::{metric::Metric, shift};
use std::sync::Arc;

use object_store::memory::InMemory;

use super::{floor::*, *};
use crate::{
    cloud::simulator::Simulator,
    domain::{actuator::Actuator, decision::Stage},
    engine::*,
    link::Command,
    shared::{
        faulty::{Faulty, Weather},
        fixture::{Hands, machine, objects},
    },
};

/// One of several that act on the same world.
pub(in crate::engine) struct TestAgent {
    pub(in crate::engine) engine: Engine,
    hands: Hands,
    pub(in crate::engine) net: Faulty,
}

impl TestAgent {
    /// Lets its clocks run on.
    pub(in crate::engine) fn pass(&self, seconds: f64) {
        self.hands.with(|clocks| clocks.steady += seconds);
    }
}

pub(in crate::engine) fn join(
    world: &Simulator,
    objects: &Arc<InMemory>,
    name: &str,
    actuator: Actuator,
    now: Time,
) -> TestAgent {
    join_in(Mode::Auto, world, objects, name, actuator, now)
}

pub(in crate::engine) fn join_in(
    mode: Mode,
    world: &Simulator,
    objects: &Arc<InMemory>,
    name: &str,
    actuator: Actuator,
    now: Time,
) -> TestAgent {
    let mut engine = acting(world, options(mode, Some(actuator)), store(), now);
    let machine = machine(objects, name);
    engine.share(machine.lease_manager, machine.store);
    TestAgent { engine, hands: machine.hands, net: machine.net }
}

/// All live through the same minutes, one after another.
pub(in crate::engine) fn together(members: &mut [TestAgent], from: Time, minutes: i64) {
    for minute in 1..=minutes {
        for member in members.iter_mut() {
            member.pass(60.0);
            block(member.engine.minute(shift(from, 60 * minute))).expect("the store is writable");
        }
    }
}

fn applied(member: &TestAgent) -> Vec<Decision> {
    let journal = member.engine.store().journal(5_000, None).expect("readable");
    let ids = journal.iter().rev().filter(|l| l.kind == JournalKind::Intent).filter_map(|l| l.decision);
    let all = ids.map(|id| member.engine.store().decision(id).expect("readable").expect("kept"));
    all.filter(|d| d.stage == Stage::Applied).collect()
}

#[test]
fn only_the_holder_acts_and_the_other_says_who_it_is() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut both = ["a", "b"].map(|name| join(&world, &objects, name, Actuator::Desired, start()));
    together(&mut both, start(), 300);
    let acts = applied(&both[0]);
    assert!(acts.len() > 3 && acts.iter().all(|d| d.lease == Some(1)), "{}", acts.len());
    assert!(texts(&both[0].engine, JournalKind::Intent).iter().all(|t| t.ends_with("(lease 1)")));
    assert!(applied(&both[1]).is_empty());
    let why = both[1].engine.no_lease(&both[1].engine.groups()[0]);
    assert_eq!(why.as_deref(), Some("host-a (pid 7) holds lease 1"));
    assert!(texts(&both[1].engine, JournalKind::Foreign).is_empty(), "the holder is no stranger");
    let (_, checks) = both[1].engine.groups()[0].plan.as_ref().expect("it plans all the same");
    assert_eq!(checks.checks.last().expect("a list").name, "lease");
}

#[test]
fn a_dead_holder_is_replaced_within_two_cycles_with_a_larger_token() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut both = Vec::from(["a", "b"].map(|name| join(&world, &objects, name, Actuator::Desired, start())));
    together(&mut both, start(), 60);
    let dead = both.remove(0);
    let first = applied(&dead);
    drop(dead);
    let died = shift(start(), 3_600);
    together(&mut both, died, 10);
    assert!(both[0].engine.lease(0, 0).is_ok(), "two cycles are over");
    together(&mut both, shift(died, 600), 200);
    let second = applied(&both[0]);
    assert!(!first.is_empty() && !second.is_empty());
    let (last, next) = (&first[first.len() - 1], &second[0]);
    assert!(next.lease > last.lease && next.at > last.at, "{:?} {:?}", next.lease, last.lease);
}

#[test]
fn a_store_that_does_not_answer_stops_acts_and_not_the_loop() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut one = [join(&world, &objects, "a", Actuator::Desired, start())];
    together(&mut one, start(), 30);
    one[0].net.set(Weather::Down);
    together(&mut one, shift(start(), 1_800), 6);
    let (before, silent) = (applied(&one[0]).len(), shift(start(), 2_160));
    together(&mut one, silent, 300);
    assert_eq!(applied(&one[0]).len(), before, "its lease has run out");
    let planned = one[0].engine.groups()[0].plan.as_ref().expect("it goes on planning");
    assert!((one[0].engine.now() - planned.0.at).num_seconds() < 60);
    let why = one[0].engine.no_lease(&one[0].engine.groups()[0]).expect("it ran out");
    assert!(why.contains("runs out at 240 s: the shared store memory does not work"), "{why}");
    assert!(texts(&one[0].engine, JournalKind::Shared)[0].contains("connection reset"));
    one[0].net.set(Weather::Fair);
    together(&mut one, shift(silent, 18_000), 60);
    assert!(applied(&one[0]).len() > before, "and it goes on by itself");
    assert!(texts(&one[0].engine, JournalKind::Shared)[1].contains("answers again"));
}

#[test]
fn a_floor_left_by_a_dead_agent_is_restored_by_the_next() {
    let (world, objects) = (simulator_of(tracked), objects());
    let mut both = Vec::from(["a", "b"].map(|name| join(&world, &objects, name, Actuator::Floor, start())));
    let mut at = start();
    while min(&world) < 4 {
        together(&mut both, at, 1);
        at = shift(at, 60);
        assert!((at - start()).num_seconds() < 54_000, "no floor in fifteen hours");
    }
    assert!(both[1].engine.groups()[0].memory.held.is_none(), "it is the holder's");
    assert!(texts(&both[1].engine, JournalKind::Outcome).is_empty(), "nothing is even tried");
    drop(both.remove(0));
    together(&mut both, at, 11);
    let gained = texts(&both[0].engine, JournalKind::Lease);
    let inherited = |t: &String| t.contains("including a floor of") && t.ends_with("(original MinSize 2)");
    assert!(gained.iter().any(inherited), "{gained:?}");
    let ask_observe = Command::SetMode { group: GROUP.into(), mode: Mode::Observe };
    ask(&mut both[0].engine, ask_observe).expect("it goes back");
    assert_eq!((min(&world), both[0].engine.groups()[0].memory.held), (2, None));
}

#[test]
fn a_clean_shutdown_releases_leases_at_once() {
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut both = Vec::from(["a", "b"].map(|name| join(&world, &objects, name, Actuator::Desired, start())));
    together(&mut both, start(), 10);
    block(both.remove(0).engine.leave()).expect("writable");
    together(&mut both, shift(start(), 600), 3);
    assert!(both[0].engine.lease(0, 0).is_ok_and(|token| token > Some(1)), "nobody had to wait for a term");
}

#[test]
fn a_new_agent_starts_with_the_shared_history() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (world, objects) = (simulator_of(|spec| spec), objects());
    let mut one = join(&world, &objects, "a", Actuator::Desired, start());
    for minute in 0..1_600 {
        one.hands.with(|clocks| clocks.steady += 60.0);
        runtime.block_on(one.engine.minute(shift(start(), 60 * minute))).expect("the store is writable");
    }
    let now = shift(start(), 60 * 1_600);
    let demand =
        |engine: &Engine| engine.store().load(GROUP, Metric::Demand, 300, shift(now, -4 * 86_400), now);
    let mut two = join(&world, &objects, "b", Actuator::Desired, now);
    runtime.block_on(two.engine.fetch_shared(&[GROUP.into()], now)).expect("the store is writable");
    let (known, shared) = (demand(&one.engine).expect("readable"), demand(&two.engine).expect("readable"));
    assert!(shared.len() >= 2 * 288, "{} steps came", shared.len());
    assert!(shared.iter().all(|(time, value)| value == known.at(time)), "they are the same");
    assert!(texts(&two.engine, JournalKind::Shared)[0].contains("history samples loaded"));
    assert!(texts(&one.engine, JournalKind::Shared).is_empty(), "nothing went wrong");
}
