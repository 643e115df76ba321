//! Load of which nothing is published: zero, or unknown, and what is said of it.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;

use super::*;
use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource,
        simulator::{Interpolation, Publishing},
    },
    domain::{
        group::GroupState,
        metric::{CustomMetric, Metric, Missing, Statistic},
    },
    engine::options::DemandMeasure,
};

/// Reads a simulated world, in which points of some metrics are missing.
struct Hiding {
    inner: Box<dyn MetricSource>,
    metrics: &'static [Metric],
    hidden: Range<Time>,
    complete: bool,
}

#[async_trait]
impl MetricSource for Hiding {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.inner.groups(now).await
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let answers = self.inner.metrics(now, queries).await?;
        let hide = |(query, series): (&MetricQuery, Series)| {
            let hidden = |time| self.metrics.contains(&query.metric) && self.hidden.contains(&time);
            let values: Vec<_> = series.iter().map(|(t, v)| v.filter(|_| !hidden(t))).collect();
            Series::from_values(series.start(), series.step(), values)
        };
        Ok(queries.iter().zip(answers).map(hide).collect())
    }

    fn is_complete(&self, _group: &str, metric: Metric) -> bool {
        self.complete || !self.metrics.contains(&metric)
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }

    fn name(&self) -> String {
        self.inner.name()
    }
}

/// Minutes after the start at which the load ends in [`world`].
const ENDS: i64 = 60;

/// Two days at 400 a step and more, an hour more, then nothing.
fn world(publishing: Publishing) -> Simulator {
    let begin = at_epoch(1_700_006_400);
    let value = |i: i64| Some(if i < 600 + ENDS / 5 { 400.0 + (i % 7) as f64 } else { 0.0 });
    let trace =
        Trace { series: Series::from_values(begin, 300, (0..900).map(value)), column: "requests".into() };
    simulator_of(|spec| GroupSpec {
        trace,
        interpolation: Interpolation::Hold,
        publishing,
        initial_desired: Some(12),
        ..spec
    })
}

fn orders(missing: Missing) -> DemandMeasure {
    DemandMeasure::Metric(Arc::new(CustomMetric {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: [("Service".to_owned(), "web".to_owned())].into(),
        statistic: Statistic::Sum,
        missing,
    }))
}

/// An engine in `auto` on `world`, of which it does not see `metrics` from `from` until `until` minutes after the start.
fn engine_on(
    world: &Simulator,
    demand: DemandMeasure,
    metrics: &'static [Metric],
    (from, until): (i64, i64),
    complete: bool,
) -> Engine {
    let hidden = shift(start(), 60 * from)..shift(start(), 60 * until);
    let (inner, writer) = (Box::new(world.source()), world.clone());
    let access = CloudAccess {
        source: Box::new(Hiding { inner, metrics, hidden, complete }),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(world.clone()),
    };
    let mut group = GroupOptions {
        mode: Mode::Auto,
        demand,
        lead: Some(300),
        capacity: Some(50.0),
        ..GroupOptions::default()
    };
    // What is measured here is load that nobody publishes, not the model.
    group.limits.model_gate = false;
    Engine::new(options_of(group, start()), access, store()).expect("a fresh store")
}

fn said(engine: &Engine) -> Vec<String> {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.into_iter().rev().filter(|l| l.kind == JournalKind::Demand).map(|l| l.text).collect()
}

fn desired(engine: &Engine) -> u32 {
    engine.groups()[0].state.as_ref().expect("seen").desired
}

/// Minutes after which load is known to be unknown.
const UNKNOWN: i64 = ENDS + 25;

/// Desired capacity `from` minutes after the start, and the lowest until `minutes` later.
fn lowest(engine: &mut Engine, from: i64, minutes: i64) -> (u32, u32) {
    live(engine, from);
    let before = desired(engine);
    let lowest = (0..minutes).map(|_| {
        live(engine, 1);
        desired(engine)
    });
    (before, lowest.min().unwrap_or(before))
}

#[test]
fn a_group_that_nobody_asks_anything_of_shrinks_and_the_journal_says_why() {
    for demand in [DemandMeasure::Requests, orders(Missing::Zero)] {
        let mut engine = engine_on(&world(Publishing::AsAws), demand.clone(), &[], (0, 0), true);
        let (before, after) = lowest(&mut engine, ENDS, 90);
        assert!(before >= 8 && after <= 3, "{before} → {after} by {}", demand.words());
        assert_eq!(engine.groups()[0].demand.last_known().map(|(_, v)| v), Some(0.0));
        let said = said(&engine);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("has no data points since") && said[0].ends_with("counted as zero"),
            "{said:?}"
        );
    }
}

#[test]
fn a_metric_without_that_setting_is_unknown_and_the_journal_names_the_setting() {
    let world = world(Publishing::AtOnce);
    let mut engine = engine_on(&world, orders(Missing::Gap), &[Metric::Custom], (ENDS, 900), true);
    let (before, after) = lowest(&mut engine, UNKNOWN, 65);
    assert_eq!(before, after, "no scale-in on doubt");
    let said = said(&engine);
    assert_eq!(said.len(), 1, "once: {said:?}");
    assert!(said[0].starts_with("load is unknown since 17 Nov 03:00 UTC (2"), "{said:?}");
    assert!(said[0].contains("Orders has no new data points; if that means zero, set missing = \"zero\""));
    assert!(said[0].contains("no scale-in until it is known again"));
}

#[test]
fn what_is_lost_with_all_the_rest_is_not_zero() {
    let all = &[Metric::Cpu, Metric::Requests, Metric::InService, Metric::NetworkIn, Metric::NetworkOut];
    let mut engine = engine_on(&simulator(), DemandMeasure::Requests, all, (ENDS, ENDS + 90), true);
    let (before, after) = lowest(&mut engine, UNKNOWN, 65);
    assert!(after >= before, "{before} → {after}");
    live(&mut engine, 15);
    let said = said(&engine);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("neither RequestCount nor CPU has new data points"), "{said:?}");
    assert!(said[1].starts_with("load is known again; it was unknown since"), "{said:?}");
    let demand = &engine.groups()[0].demand;
    assert!(demand.known().all(|value| value > 0.0), "nothing was zero");
}

#[test]
fn requests_that_are_lost_under_load_are_not_zero() {
    let busy = (ENDS, ENDS + 300);
    let mut engine = engine_on(&simulator(), DemandMeasure::Requests, &[Metric::Requests], busy, true);
    let (before, after) = lowest(&mut engine, UNKNOWN, 65);
    assert!(after >= before, "{before} → {after}");
    let said = said(&engine);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("while CPU is as high as under load, so it is not counted as zero"), "{said:?}");
    assert!(engine.groups()[0].demand.known().all(|value| value > 0.0));
}

#[test]
fn what_could_not_be_read_is_not_zero() {
    let world = world(Publishing::AtOnce);
    let mut engine = engine_on(&world, DemandMeasure::Requests, &[Metric::Requests], (ENDS, 900), false);
    let (before, after) = lowest(&mut engine, UNKNOWN, 65);
    assert_eq!(before, after);
    let said = said(&engine);
    assert!(said.len() == 1 && said[0].contains("CloudWatch does not give RequestCount"), "{said:?}");
}

#[test]
fn nights_without_a_request_are_zero_in_history_too() {
    let day = |i: i64| (i % 288) / 12;
    let value = |i: i64| Some(if (8..20).contains(&day(i)) { 400.0 } else { 0.0 });
    let series = Series::from_values(at_epoch(1_700_006_400), 300, (0..900).map(value));
    let simulator = simulator_of(|spec| GroupSpec {
        trace: Trace { series, column: "requests".into() },
        interpolation: Interpolation::Hold,
        publishing: Publishing::AsAws,
        ..spec
    });
    let mut engine = engine_on(&simulator, DemandMeasure::Requests, &[], (0, 0), true);
    live(&mut engine, 1);
    let demand = &engine.groups()[0].demand;
    let gaps =
        demand.between(demand.start(), shift(start(), -900)).iter().filter(|(_, v)| v.is_none()).count();
    assert_eq!(gaps, 0, "{} steps", demand.len());
    assert!(demand.known().filter(|v| *v == 0.0).count() > 280);
}
