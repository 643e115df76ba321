//! An objective in a living engine: the quantile follows it, plans say so, and a restart keeps both.

use super::*;
use crate::{
    cloud::simulator::{GroupSpec, Simulator},
    domain::{objective::Objective, shift},
    engine::{options::GroupOptions, *},
    link::GroupRow,
    plan::Settings,
};

fn engine(simulator: &Simulator, objective: &str, store: Store, now: Time) -> Engine {
    let writer = simulator.clone();
    let objective: Objective = objective.parse().expect("an objective");
    let settings = Settings { objective: Some(objective), ..Settings::default() };
    let options =
        GroupOptions { mode: Mode::Auto, settings, capacity: Some(50.0), ..GroupOptions::default() };
    let mut engine = engine_with(simulator, options, move || Box::new(writer.scaler()), store, now);
    block(engine.minute(now)).expect("the store is writable");
    engine
}

fn row(engine: &mut Engine) -> GroupRow {
    let mut view = engine.view(&clock::Clock::simulated(start(), 60.0)).expect("readable");
    view.groups.pop().expect("a group")
}

#[test]
fn a_quiet_day_buys_less_and_a_restart_goes_on_from_there() {
    let simulator = simulator_of(|spec| spec);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let mut first = engine(&simulator, "1 %", Store::open(&path).expect("new"), start());
    live(&mut first, 12 * 60);
    let before = row(&mut first).budget.expect("it has an objective");
    let minutes = first.groups()[0].memory.scorecard.score().all().minutes;
    let above = first.groups()[0].memory.scorecard.score().all().ours.above;
    assert!(minutes > 700.0 && before.quantile < 0.95, "{minutes} {before:?}");
    assert!((before.spent - above / 432.0).abs() < 1e-9, "{before:?}");
    let plan = first.groups()[0].plan.as_ref().map(|(plan, _)| plan.clone()).expect("a plan");
    let bought = plan.basis.expect("capacity has its numbers").risk;
    assert!((bought - before.quantile).abs() < 1e-3, "{bought} {before:?}");
    let said = plan
        .reasons
        .iter()
        .any(|line| line.ends_with("keeps the objective: 1 % of minutes above the target"));
    assert!(said, "{:?}", plan.reasons);
    let now = first.now();
    drop(first);
    let mut second = engine(&simulator, "1 %", Store::open(&path).expect("there"), shift(now, 60));
    let after = row(&mut second).budget.expect("it has an objective");
    assert!((after.quantile - before.quantile).abs() < 1e-3, "{after:?}");
    assert!((after.spent - before.spent).abs() < 1e-3 && after.rates.1.is_some(), "{after:?}");
}

#[test]
fn too_little_capacity_buys_more_at_once_and_says_that_the_budget_burns() {
    let simulator = simulator_of(|spec| GroupSpec { max: 2, initial_desired: Some(2), ..spec });
    let mut engine = engine(&simulator, "lost_load=0.1%", store(), start());
    live(&mut engine, 3 * 60);
    let row = row(&mut engine);
    let budget = row.budget.expect("it has an objective");
    assert!(budget.quantile > 0.99, "{budget:?}");
    assert!(row.badges.iter().any(|badge| badge.text.contains("error budget")), "{:?}", row.badges);
}
