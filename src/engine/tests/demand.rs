//! Demand counted by a metric of the operator's own, and what happens when the way of counting changes.

use crate::domain::metric::Metric;
use std::sync::Arc;

use super::*;
use crate::{
    cloud::simulator::{GroupSpec, Interpolation, Publishing, Simulator},
    domain::{
        at_epoch,
        journal::JournalKind,
        metric::{CustomMetric, Missing, Statistic},
    },
    engine::{
        options::{DemandMeasure, GroupOptions, StepLoad},
        *,
    },
};

fn orders() -> DemandMeasure {
    DemandMeasure::Metric(Arc::new(CustomMetric {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: [("Service".to_owned(), "web".to_owned())].into(),
        statistic: Statistic::Sum,
        missing: Missing::Gap,
    }))
}

fn engine(simulator: &Simulator, demand: DemandMeasure, store: Store, now: Time) -> Engine {
    let writer = simulator.clone();
    let options = GroupOptions { mode: Mode::Auto, demand, lead: Some(300), ..GroupOptions::default() };
    engine_with(simulator, options, move || Box::new(writer.scaler()), store, now)
}

/// In the simulation an operator's own metric counts what is served, so both ways must come to the same.
#[test]
fn a_custom_metric_works_as_requests_do() {
    let lived = |demand| {
        let simulator = simulator_of(|spec| spec);
        let mut engine = engine(&simulator, demand, store(), start());
        let steps = live(&mut engine, 6 * 60);
        let sizes: Vec<(Time, u32)> = steps.iter().map(|s| (s.decision.at, s.decision.to)).collect();
        let capacity = engine.groups[0].memory.capacity.as_ref().map(|(capacity, _)| *capacity);
        let row = engine.view(&clock::Clock::simulated(start(), 60.0)).expect("readable").groups.remove(0);
        (sizes, capacity, row.demand_unit)
    };
    let (by_requests, by_orders) = (lived(DemandMeasure::Requests), lived(orders()));
    assert!(by_requests.0.len() > 5, "{by_requests:?}");
    assert_eq!((by_requests.0, by_requests.1), (by_orders.0, by_orders.1));
    assert_eq!(by_orders.2, "Orders / 5 min");
}

#[test]
fn demand_of_another_kind_is_forgotten_and_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let simulator = simulator_of(|spec| spec);
    let mut first = engine(&simulator, DemandMeasure::Cpu, Store::open(&path).expect("new"), start());
    live(&mut first, 30);
    let now = first.now();
    let highest = |engine: &Engine| engine.groups[0].demand.known().fold(0.0, f64::max);
    assert!((1.0..40.0).contains(&highest(&first)), "busy instances");
    let capacity = |engine: &Engine| engine.groups[0].memory.capacity.as_ref().map(|(capacity, _)| *capacity);
    assert_eq!(capacity(&first), Some(1.0));
    drop(first);
    let mut second = engine(&simulator, orders(), Store::open(&path).expect("there"), now);
    live(&mut second, 1);
    assert_ne!(capacity(&second), Some(1.0), "nor is what an instance serves still one busy instance");
    live(&mut second, 9);
    assert!(highest(&second) > 500.0, "orders alone");
    let stored = second.store.load(GROUP, Metric::Demand, 300, at_epoch(0), now).expect("readable");
    assert!(stored.known().all(|value| value > 50.0), "nothing of the old kind is left");
    let said = second.store.journal(100, None).expect("readable");
    let said: Vec<&str> =
        said.iter().filter(|l| l.kind == JournalKind::Demand).map(|l| l.text.as_str()).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    let words = "demand is now measured by Sum of Shop Orders [Service=web] instead of cpu";
    assert!(said[0].starts_with(words), "{said:?}");
}

/// Minutes of load of which each fifth is half as much again.
fn bursts(spec: GroupSpec) -> GroupSpec {
    let values = (0..4_500).map(|minute| Some(if minute % 5 == 2 { 120.0 } else { 80.0 }));
    let series = Series::from_values(at_epoch(1_700_006_400), 60, values);
    let trace = Trace { series, column: "requests".into() };
    GroupSpec { trace, interpolation: Interpolation::Hold, publishing: Publishing::AtOnce, ..spec }
}

/// What is known of the demand of a step, before and after the first minute that is known.
fn steps(step_load: StepLoad) -> (Vec<f64>, Vec<f64>) {
    let simulator = simulator_of(bursts);
    let options = GroupOptions { step_load, ..GroupOptions::default() };
    let mut engine = engine_with(&simulator, options, || unreachable!("it observes"), store(), start());
    live(&mut engine, 30);
    let group = &engine.groups[0];
    let minutes = group.minute(Metric::Requests).expect("it is watched").start();
    let known = |series: Series| series.known().map(f64::round).collect::<Vec<_>>();
    let demand = &group.demand;
    (known(demand.before(minutes)), known(demand.between(minutes, engine.now())))
}

#[test]
fn the_demand_of_a_step_is_its_busiest_minute() {
    let (past, recent) = steps(StepLoad::Peak);
    assert!(recent.len() > 280 && recent.iter().all(|load| *load == 600.0), "5 × 120: {recent:?}");
    assert!(
        past.len() > 200 && past.iter().all(|load| *load == 600.0),
        "raised as recent steps are: {past:?}"
    );
}

#[test]
fn or_the_mean_of_its_minutes_where_work_can_wait() {
    let (past, recent) = steps(StepLoad::Mean);
    assert!(recent.len() > 280 && recent.iter().all(|load| *load == 440.0), "{recent:?}");
    assert!(past.len() > 200 && past.iter().all(|load| *load == 440.0), "{past:?}");
}
