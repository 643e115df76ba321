//! Readings unlike all that was seen, load that vanishes, and orders beyond what was seen.

use super::*;
use crate::{
    cloud::simulator::Simulator,
    domain::{decision::Stage, journal::JournalKind},
    engine::{
        options::{EngineOptions, GroupOptions},
        *,
    },
    link::Command,
};

const STEP: i64 = 300;
/// Steps of history before the test: eight days.
const BEFORE: i64 = 8 * 288;

fn first() -> Time {
    at_epoch(1_700_006_400)
}

fn begin() -> Time {
    shift(first(), BEFORE * STEP)
}

/// Days around `level` from midnight on; in the test `load` decides, by minutes since its start.
fn world(level: f64, load: impl Fn(i64) -> Option<f64>) -> Simulator {
    let values = (0..BEFORE + 288).map(|i| {
        let usual = level * (1.0 + 0.05 * f64::from((i % 7) as i32));
        Some((i >= BEFORE).then(|| load((i - BEFORE) * STEP / 60)).flatten().unwrap_or(usual))
    });
    let series = Series::from_values(first(), STEP, values.collect::<Vec<_>>());
    let trace = Trace { series, column: "requests".into() };
    let spec = GroupSpec { max: 200, boot: (120, 120), ..GroupSpec::plain(GROUP, trace, 50.0) };
    Simulator::new(Simulated::new(vec![spec], begin(), 1))
}

fn acting(world: &Simulator) -> Engine {
    let writer = world.clone();
    let group =
        GroupOptions { mode: Mode::Auto, capacity: Some(50.0), lead: Some(120), ..GroupOptions::default() };
    let cloud = CloudAccess {
        source: Box::new(world.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(world.clone()),
    };
    let options = EngineOptions { backfill: BEFORE * STEP, anchor: first(), ..options_of(group, begin()) };
    let mut engine = Engine::new(options, cloud, store()).expect("a fresh store");
    block(engine.minute(begin())).expect("the store is writable");
    engine
}

fn said(engine: &Engine, kind: JournalKind) -> Vec<String> {
    let lines = engine.store().journal(200, None).expect("readable");
    lines.into_iter().filter(|line| line.kind == kind).map(|line| line.text).rev().collect()
}

fn desired(engine: &Engine) -> u32 {
    engine.groups[0].state.as_ref().expect("seen").desired
}

#[test]
fn one_absurd_reading_is_set_aside_and_said() {
    let world = world(400.0, |minute| (minute == 60).then_some(1e9));
    let mut engine = acting(&world);
    live(&mut engine, 50);
    let before = desired(&engine);
    live(&mut engine, 100);
    let lines = said(&engine, JournalKind::Demand);
    let is_told = |line: &String| line.starts_with("demand of ") && line.contains(" is far above");
    assert!(lines.iter().all(is_told), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(" at 01:00 UTC ")), "{lines:?}");
    assert!(
        desired(&engine) <= before + 1,
        "an hour later it is as before: {before} to {}",
        desired(&engine)
    );
    let forecast = engine.groups[0].forecast.as_ref().expect("a week is known");
    assert!(forecast.rows.iter().all(|row| row.iter().all(|q| *q < 1_000.0)), "{:?}", forecast.rows[0]);
    let training = engine.groups[0].training_series(&engine.groups[0].demand, &[]);
    assert!(training.known().all(|load| load < 1_000.0), "networks do not learn it either");
}

#[test]
fn what_the_season_needs_is_kept_while_the_load_has_vanished_and_then_it_is_followed() {
    let world = world(400.0, |minute| (minute >= 60).then_some(4.0));
    let mut engine = acting(&world);
    live(&mut engine, 55);
    let before = desired(&engine);
    live(&mut engine, 120);
    assert!(desired(&engine) >= before - 1, "{before} to {}", desired(&engine));
    let (plan, _) = engine.groups[0].plan.as_ref().expect("planned");
    assert!(
        plan.reasons[0].contains("outage upstream") && plan.reasons[0].contains("; keeping "),
        "{:?}",
        plan.reasons
    );
    live(&mut engine, 120);
    assert!(desired(&engine) <= 2, "the service went away: {}", desired(&engine));
    let lines = said(&engine, JournalKind::Demand);
    assert!(lines.len() == 2 && lines[0].starts_with("the load vanished at 01:"), "{lines:?}");
    assert!(lines[1].starts_with("capacity is no longer kept"), "{lines:?}");
}

#[test]
fn an_order_far_beyond_what_was_seen_waits_for_a_person_and_a_surge_does_not() {
    // Four instances serve the usual load; thirty times as much comes from the first hour on.
    let world = world(100.0, |minute| (minute >= 60).then_some(3_200.0));
    let mut engine = acting(&world);
    live(&mut engine, 64);
    assert!(desired(&engine) >= 30, "ten times what was ever needed comes at once: {}", desired(&engine));
    let open = engine.groups[0].proposals.open.clone().expect("the rest waits for a person");
    assert!(open.to > desired(&engine) && open.stage == Stage::Proposed, "{open:?}");
    ask(&mut engine, Command::Approve { id: open.id, revision: open.revision }).expect("a person may");
    live(&mut engine, 1);
    assert!(desired(&engine) >= open.to, "{} of {}", desired(&engine), open.to);

    let world = self::world(100.0, |minute| (minute >= 60).then_some(3_200.0));
    let mut engine = acting(&world);
    live(&mut engine, 95);
    assert!(desired(&engine) >= 80, "a load that lasts is met without anybody: {}", desired(&engine));
    assert!(engine.groups[0].proposals.open.is_none(), "and nothing is asked any more");
}
