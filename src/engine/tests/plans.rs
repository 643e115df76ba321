//! Lead times longer than the usual horizon, gaps that go on, and CPU that says only "at least".

use super::*;
use crate::{
    cloud::simulator::Simulator,
    domain::metric::Metric,
    engine::{
        observe::collect::longest_question,
        options::{DemandMeasure, GroupOptions},
        *,
    },
};

fn engine(simulator: &Simulator, options: GroupOptions) -> Engine {
    let writer = simulator.clone();
    engine_with(simulator, options, move || Box::new(writer.scaler()), store(), start())
}

fn said(engine: &Engine, words: &str) -> bool {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.iter().any(|line| line.text.contains(words))
}

#[test]
fn forecasts_reach_as_far_as_the_lead_time() {
    let rows = |engine: &Engine| engine.groups[0].forecast.as_ref().map(|f| f.rows.len());
    let configured = GroupOptions { lead: Some(9_000), ..GroupOptions::default() };
    let mut slow = engine(&simulator(), configured);
    live(&mut slow, 10);
    assert_eq!(rows(&slow), Some(36), "150 min, a cycle and a step: three hours");
    let mut usual = engine(&simulator(), GroupOptions::default());
    live(&mut usual, 10);
    assert_eq!(rows(&usual), Some(24));
    // Given, so that the next look does not put the launches of the simulation in its place.
    usual.groups[0].options.lead = Some(9_000);
    usual.groups[0].lead = (9_000, 3);
    live(&mut usual, 10);
    assert_eq!(rows(&usual), Some(36), "as soon as the lead time is longer");
    assert!(said(&usual, "new instances take 150 min to serve: forecasts now reach 3 h ahead"));
}

/// Two days without one metric.
#[test]
fn a_gap_is_asked_for_again_for_half_an_hour_and_not_as_long_as_it_lasts() {
    let silent = |spec: GroupSpec| {
        let series = &spec.trace.series;
        let values = series.iter().enumerate().map(|(i, (_, v))| v.filter(|_| !(610..890).contains(&i)));
        let series = Series::from_values(series.start(), 300, values);
        GroupSpec { trace: Trace { series, ..spec.trace.clone() }, ..spec }
    };
    let simulator = simulator_of(silent);
    let mut engine = engine(&simulator, GroupOptions::default());
    live(&mut engine, 60);
    let longest = |engine: &Engine| longest_question(&engine.groups[0], engine.now());
    assert!(longest(&engine) <= 2_400, "{} s", longest(&engine));
    live(&mut engine, 12 * 60);
    assert!(longest(&engine) <= 2_400, "{} s", longest(&engine));
    let group = &engine.groups[0];
    assert!(group.minutes.iter().all(|(_, minutes)| minutes.len() <= 2 * 1_440 + 60));
}

/// 400 a step on instances of 50; at step 605 five times that.
pub(super) fn fivefold(spec: GroupSpec) -> GroupSpec {
    let values = (0..900).map(|i| Some(if i < 605 { 400.0 } else { 2_000.0 }));
    let series = Series::from_values(spec.trace.series.start(), 300, values);
    GroupSpec { trace: Trace { series, ..spec.trace.clone() }, max: 100, ..spec }
}

#[test]
fn a_load_that_saturates_cpu_is_found_in_two_rounds_and_is_no_exact_measurement() {
    let simulator = simulator_of(fivefold);
    let demand = DemandMeasure::Cpu;
    let options = GroupOptions { mode: Mode::Auto, demand, lead: Some(300), ..GroupOptions::default() };
    let mut engine = engine(&simulator, options);
    live(&mut engine, 24);
    let serving = |engine: &Engine| {
        let minutes = engine.groups[0].minute(Metric::InService).and_then(Series::last_known);
        50.0 * minutes.map_or(0.0, |(_, serving)| serving)
    };
    let mut minutes = 0;
    while serving(&engine) < 2_000.0 {
        live(&mut engine, 1);
        minutes += 1;
        assert!(minutes < 60, "{} can be served", serving(&engine));
    }
    assert!(minutes <= 20, "two boots of five minutes, and metrics of minutes ago: {minutes} min");
    assert!(said(&engine, "CPU is saturated at 100 %: demand is a lower bound, unknown above"));
    live(&mut engine, 15);
    assert!(said(&engine, "CPU is no longer saturated"));
    let group = &engine.groups[0];
    let [(from, until)] = group.memory.saturated[..] else { panic!("{:?}", group.memory.saturated) };
    assert!(from >= shift(start(), 1_200) && until <= engine.now(), "{from} {until}");
    let need = group.plan.as_ref().map(|(plan, _)| plan.unheld.unwrap_or(plan.want));
    assert!(need.is_some_and(|n| n < 75), "measured again, it is 50 and a band: {need:?}");
}
