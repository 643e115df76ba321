//! What screens are sent of a running engine.

use super::*;
use crate::{
    domain::plan::instances_for,
    link::{ChartKind, LineRole},
};

#[test]
fn a_view_shows_the_group_and_is_cut_to_the_screen() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Approve, store(), start());
    live(&mut engine, 30);
    let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
    assert!(view.simulated && view.source.contains("SIMULATED"));
    let row = &view.groups[0];
    assert!(row.cpu.is_some() && row.predicted.is_some() && row.spark.len() <= 49);
    let detail = view.detail.expect("the only group");
    assert_eq!(detail.charts.len(), 5);
    let with_days: Vec<_> = detail.mixes.iter().filter(|mix| !mix.days.is_empty()).collect();
    assert_eq!(with_days.len(), 1, "one lead has the last days");
    let (ahead, days) = (with_days[0].ahead, &with_days[0].days);
    assert!(ahead >= detail.lead.0 + 300, "{ahead} s are planned ahead");
    assert!(days.iter().all(|(_, weights)| weights.len() == with_days[0].weights.len()), "{days:?}");
    assert!(days.last().is_some_and(|(day, _)| shift(*day, 86_400) <= engine.now()), "{days:?}");
    let learning = detail.learning.expect("every group has it");
    let span = (engine.now() - learning.since).num_seconds();
    assert!((86_400..=span).contains(&learning.load), "{learning:?}, {span} s");
    assert_eq!((learning.missing, learning.next), (0, None), "no models folder, so nothing is trained");
    for chart in &detail.charts {
        assert!(!chart.lines.is_empty(), "{}", chart.title);
        assert!(chart.lines.iter().all(|l| l.series.len() <= 2 * 240 + 4), "{}", chart.title);
    }
    let predicted = &detail.charts[0].lines[0].series;
    assert!(predicted.between(start(), engine.now()).known().count() > 2, "predicted against actual");
    assert!(predicted.between(engine.now(), shift(engine.now(), 7_200)).known().count() > 5);
}

#[test]
fn the_past_and_the_future_of_what_is_needed_are_of_one_quantile_which_the_legend_names() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Observe, store(), start());
    live(&mut engine, 30);
    let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
    let (detail, now) = (view.detail.expect("the only group"), engine.now());
    let of = |kind, role| {
        let chart = detail.charts.iter().find(|chart| chart.kind == kind).expect("every group has it");
        chart.lines.iter().find(|line| line.role == role).expect("thirty minutes suffice")
    };
    let needed = of(ChartKind::Instances, LineRole::Needed);
    assert_eq!(needed.label, "will need (p95)");
    let group = &engine.groups()[0];
    let capacity = group.memory.capacity.as_ref().expect("measured").0;
    let ahead = group.lead.0 + group.options.settings.cycle;
    let then = engine.store().past_forecasts(GROUP, start(), now, ahead).expect("readable").quantile(0.95);
    let mut compared = 0;
    for (time, demand) in then.iter().filter_map(|(time, demand)| Some((time, demand?))) {
        let size = instances_for(demand, capacity, group.options.settings.target).map(f64::from);
        assert_eq!(needed.series.at(time), size, "{time}");
        compared += 1;
    }
    assert!(compared > 2, "{compared} steps of the past");
    let actual = of(ChartKind::Demand, LineRole::Actual);
    let (newest, value) = group.demand.last_known().expect("two days of load");
    assert_eq!((actual.newest_at, actual.newest), (Some(newest), Some(value)));
    assert_eq!(of(ChartKind::Cpu, LineRole::Actual).newest_at, None, "a minute is as good as now");
}
