//! Metrics as CloudWatch publishes them: late, in parts, corrected, or every five minutes. Of a period it gives what has been
//! published by now.

use async_trait::async_trait;

use super::*;
use crate::{
    cloud::{CloudError, MetricQuery, MetricSource, simulator::SimulatedSource},
    domain::{
        floor_to,
        metric::{CustomMetric, Metric, Missing, Statistic},
        publication::PublishingInterval,
    },
    engine::options::DemandMeasure,
};

/// How the load of a minute is published.
#[derive(Debug, Clone, Copy)]
struct Published {
    /// Minutes that one point counts.
    every: i64,
    /// Seconds after its end until a part of a point is there, and that part.
    part: Option<(i64, f64)>,
    /// Seconds after its end until all of it is there.
    whole: i64,
    /// Minutes of the test during which nothing is published; all of it comes at their end.
    outage: (i64, i64),
    /// EC2 publishes CPU every five minutes.
    basic: bool,
    /// Minute of the test that counts a million times what it was.
    wrong: Option<i64>,
    /// Minutes that one point counted before this moment.
    before: i64,
    since: Time,
}

const AT_ONCE: Published = Published {
    every: 1,
    part: None,
    whole: 0,
    outage: (0, 0),
    basic: false,
    wrong: None,
    before: 1,
    since: Time::MIN_UTC,
};

/// The load of the minute that starts at `time`: a daily wave about 200.
fn load(time: Time) -> f64 {
    let day = time.timestamp().rem_euclid(86_400) as f64 / 86_400.0;
    200.0 + 100.0 * (std::f64::consts::TAU * day).sin()
}

/// The load of a step of five minutes.
fn step_load(step: Time) -> f64 {
    (0..5).map(|minute| load(shift(step, 60 * minute))).sum()
}

/// The simulated groups, whose load is published so.
struct Publisher {
    groups: SimulatedSource,
    how: Published,
}

impl Publisher {
    /// What is counted of the minute `time`.
    fn load(&self, time: Time) -> f64 {
        let is_wrong = self.how.wrong.is_some_and(|minute| shift(start(), 60 * minute) == time);
        if is_wrong { 1e6 * load(time) } else { load(time) }
    }

    /// What is published by `now` of the minute `time`.
    fn point(&self, time: Time, now: Time) -> Option<f64> {
        let every = if time < self.how.since { self.how.before } else { self.how.every };
        let width = 60 * every;
        if time.timestamp() % width != 0 {
            return None;
        }
        let age = (now - shift(time, width)).num_seconds();
        let value: f64 = (0..every).map(|minute| self.load(shift(time, 60 * minute))).sum();
        let (from, until) = (shift(start(), 60 * self.how.outage.0), shift(start(), 60 * self.how.outage.1));
        let held_up = time >= from && time < until && now < until;
        let part = self.how.part.filter(|(delay, _)| age >= *delay).map(|(_, part)| part * value);
        (if age >= self.how.whole { Some(value) } else { part }).filter(|_| !held_up)
    }
}

#[async_trait]
impl MetricSource for Publisher {
    async fn groups(&mut self, now: Time) -> Result<Vec<crate::domain::group::GroupState>, CloudError> {
        self.groups.groups(now).await
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let mut answers = Vec::new();
        for query in queries {
            if query.metric == Metric::Cpu && query.period < 300 && self.how.basic {
                let minutes = self.groups.metrics(now, std::slice::from_ref(query)).await?.remove(0);
                answers.push(every_five(&minutes));
                continue;
            }
            if !matches!(query.metric, Metric::Requests | Metric::Custom) {
                answers.extend(self.groups.metrics(now, std::slice::from_ref(query)).await?);
                continue;
            }
            let period = query.period;
            let first = floor_to(shift(query.from, period - 1), period);
            let steps = (floor_to(query.until.min(now), period) - first).num_seconds() / period;
            let value = |step: i64| {
                let from = shift(first, step * period);
                let minutes = (0..period / 60).filter_map(|m| self.point(shift(from, 60 * m), now));
                minutes.reduce(|sum, value| sum + value)
            };
            answers.push(Series::from_values(first, period, (0..steps.max(0)).map(value)));
        }
        Ok(answers)
    }

    fn calls(&self) -> u64 {
        0
    }

    fn name(&self) -> String {
        "published".into()
    }
}

/// The mean of five minutes as a point at the first of them, once all are there.
fn every_five(minutes: &Series) -> Series {
    let mean = |time: Time| {
        let five: Vec<f64> = (0..5).filter_map(|minute| minutes.at(shift(time, 60 * minute))).collect();
        (time.timestamp() % 300 == 0 && five.len() == 5).then(|| five.iter().sum::<f64>() / 5.0)
    };
    Series::from_values(minutes.start(), 60, minutes.iter().map(|(time, _)| mean(time)))
}

/// An engine whose group has this demand, published so, in `auto`, with a capacity of 100 a minute and instance.
fn engine_of(how: Published, demand: DemandMeasure, store: Store, now: Time) -> Engine {
    engine_in(simulator_of(|spec| GroupSpec { initial_desired: Some(4), ..spec }), how, demand, store, now)
}

fn engine_in(simulator: Simulator, how: Published, demand: DemandMeasure, store: Store, now: Time) -> Engine {
    let writer = simulator.clone();
    let access = CloudAccess {
        source: Box::new(Publisher { groups: simulator.source(), how }),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    let options = GroupOptions {
        mode: Mode::Auto,
        capacity: (demand != DemandMeasure::Cpu).then_some(500.0),
        demand,
        lead: Some(180),
        ..GroupOptions::default()
    };
    Engine::new(options_of(options, now), access, store).expect("a fresh store")
}

fn orders() -> DemandMeasure {
    let text = r#"{ "namespace": "Shop", "name": "Orders", "statistic": "Sum" }"#;
    DemandMeasure::Metric(Arc::new(serde_json::from_str::<CustomMetric>(text).expect("a metric")))
}

/// The same, where nothing published means zero.
fn counted_orders() -> DemandMeasure {
    let DemandMeasure::Metric(orders) = orders() else { panic!("it is one") };
    DemandMeasure::Metric(Arc::new(CustomMetric { missing: Missing::Zero, ..orders.as_ref().clone() }))
}

/// Lives through `minutes`, and returns how far the load of each moment was from the truth, at most: low and high.
fn live_and_compare(engine: &mut Engine, minutes: i64) -> (f64, f64) {
    let (mut lowest, mut highest) = (f64::MAX, 0.0_f64);
    for _ in 0..minutes {
        live(engine, 1);
        let now = engine.now();
        let truth = 5.0 * load(shift(now, -120));
        if let Some(known) = engine.groups[0].load_now(now) {
            (lowest, highest) = (lowest.min(known / truth), highest.max(known / truth));
        }
    }
    (lowest, highest)
}

fn stored(engine: &Engine) -> Series {
    engine.store.load(GROUP, Metric::Demand, 300, start(), engine.now()).expect("readable")
}

fn journal(engine: &Engine) -> Vec<String> {
    let lines = engine.store.journal(500, None).expect("readable");
    lines.into_iter().filter(|l| l.kind == JournalKind::Demand).map(|l| l.text).collect()
}

#[test]
fn a_period_that_is_published_in_part_is_neither_learned_nor_a_fall() {
    for (part, whole) in [(None, 90), (Some((60, 0.4)), 150), (Some((0, 0.1)), 240), (Some((60, 0.9)), 540)] {
        let how = Published { part, whole, ..AT_ONCE };
        let mut engine = engine_of(how, DemandMeasure::Requests, store(), start());
        live_and_compare(&mut engine, 20);
        let (lowest, highest) = live_and_compare(&mut engine, 60);
        assert!(lowest > 0.97 && highest < 1.03, "{how:?}: {lowest} {highest}");
        let demand = stored(&engine);
        assert!(demand.known().count() >= 13, "{how:?}: {demand:?}");
        for (step, value) in demand.iter() {
            let share = value.unwrap_or(0.0) / step_load(step);
            assert!((share - 1.0).abs() < 0.01, "{how:?}: {share} of {step}");
        }
        let complete = engine.groups[0].complete_after(Metric::Requests);
        assert!((0..60).contains(&(complete - whole)), "{how:?}: {complete}");
    }
}

#[test]
fn what_was_measured_of_the_delay_outlives_a_restart() {
    let how = Published { part: Some((60, 0.4)), whole: 270, ..AT_ONCE };
    let mut first = engine_of(how, DemandMeasure::Requests, store(), start());
    live(&mut first, 40);
    let (now, complete) = (shift(first.now(), 60), first.groups[0].complete_after(Metric::Requests));
    assert_eq!(complete, 300);
    let Engine { store, .. } = first;
    let mut second = engine_of(how, DemandMeasure::Requests, store, now);
    block(second.minute(now)).expect("the store is writable");
    assert_eq!(second.groups[0].complete_after(Metric::Requests), 300);
    let words = second.groups[0].publication_words();
    assert_eq!(words.as_deref(), Some("RequestCount every minute, complete after 5 min"));
}

/// Points that stay away and then all come are gaps at first, and corrected, however long ago that is.
#[test]
fn what_comes_after_it_was_given_up_is_corrected_and_said() {
    let how = Published { outage: (30, 152), ..AT_ONCE };
    let mut engine = engine_of(how, orders(), store(), start());
    live(&mut engine, 150);
    let missing = shift(start(), 1_800);
    assert_eq!(engine.groups[0].demand.at(missing), None);
    assert!(engine.groups[0].forecasters.known_until() > missing, "it was learned as a gap");
    live(&mut engine, 4);
    let demand = &engine.groups[0].demand;
    assert!(demand.at(missing).is_some_and(|value| (value / step_load(missing) - 1.0).abs() < 1e-9));
    assert!(stored(&engine).at(missing).is_some(), "the store has it as well");
    let said = journal(&engine);
    let corrections = said.iter().filter(|line| line.contains("were missing")).count();
    assert!((1..=2).contains(&corrections), "as the points come, once each: {said:?}");
}

#[test]
fn a_late_point_far_above_all_that_was_seen_is_not_learned() {
    let how = Published { outage: (30, 152), wrong: Some(32), ..AT_ONCE };
    let mut engine = engine_of(how, orders(), store(), start());
    live(&mut engine, 154);
    let group = &engine.groups[0];
    assert!(group.demand.at(shift(start(), 1_800)).is_some_and(|load| load > 1e6), "it is shown");
    assert_eq!(group.memory.set_aside, [(shift(start(), 1_800), shift(start(), 2_100))]);
    let ahead = engine.groups[0].forecast.as_ref().expect("made");
    let most = ahead.rows.iter().map(|row| row.last().copied().unwrap_or(0.0)).fold(0.0, f64::max);
    assert!(most < 10_000.0, "{most}");
}

#[test]
fn points_of_five_minutes_count_five_minutes() {
    let counted = [(5, 30), (3, 60), (10, 30)].map(|(every, whole)| (every, whole, counted_orders()));
    let others =
        [(5, 30), (5, 0), (3, 60), (10, 30), (15, 30)].map(|(every, whole)| (every, whole, orders()));
    for (every, whole, demand) in others.into_iter().chain(counted) {
        let how = Published { every, whole, ..AT_ONCE };
        let mut engine = engine_of(how, demand, store(), start());
        let decided = {
            let mut decided = live(&mut engine, 120);
            decided.retain(|step| step.decision.to > 8);
            decided
        };
        assert!(decided.is_empty(), "every {every} min: {decided:?}");
        let (lowest, highest) = live_and_compare(&mut engine, 60);
        assert!(lowest > 0.9 && highest < 1.1, "every {every} min: {lowest} {highest}");
        for (step, value) in stored(&engine).iter() {
            let share = value.unwrap_or(0.0) / step_load(step);
            assert!((share - 1.0).abs() < 0.02, "every {every} min: {share} of {step}");
        }
        assert!(stored(&engine).known().count() > 28, "every {every} min");
        let age = engine.groups[0].data_age(engine.now());
        assert!(age.is_some_and(|age| age <= 120), "every {every} min: {age:?}");
        let said = journal(&engine);
        assert!(said.iter().any(|line| line.contains(&format!("published every {every} min"))), "{said:?}");
    }
}

#[test]
fn the_statistic_says_whether_a_point_is_shared_out() {
    let DemandMeasure::Metric(custom) = orders() else { panic!("it is one") };
    let level = CustomMetric { statistic: Statistic::Average, ..custom.as_ref().clone() };
    let how = Published { every: 5, whole: 30, ..AT_ONCE };
    let mut engine = engine_of(how, DemandMeasure::Metric(Arc::new(level)), store(), start());
    live(&mut engine, 30);
    let newest = engine.groups[0].load_now(engine.now()).expect("fresh");
    assert!((newest / step_load(shift(engine.now(), -600)) - 1.0).abs() < 0.05, "{newest}");
}

/// A metric that changes from every minute to every five, and back, is never taken for five times its load.
#[test]
fn a_change_of_the_interval_does_not_multiply_the_load() {
    for (before, after) in [(1, 5), (5, 1), (1, 15)] {
        let mut engine = engine_of(Published { every: before, ..AT_ONCE }, orders(), store(), start());
        live(&mut engine, 60);
        let simulator = engine.world.simulator.clone().expect("it has one");
        let how = Published { every: after, since: engine.now(), before, ..AT_ONCE };
        engine.world.source = Box::new(Publisher { groups: simulator.source(), how });
        let (lowest, highest) = live_and_compare(&mut engine, 240);
        assert!(lowest > 0.8 && highest < 1.25, "{before} to {after}: {lowest} {highest}");
        let said = journal(&engine);
        let words = PublishingInterval { seconds: 60 * after, points: 1 }.words();
        assert!(said.iter().any(|line| line.contains(&format!("published {words} instead"))), "{said:?}");
        let newest = engine.groups[0].load_now(engine.now()).expect("fresh");
        assert!(
            (newest / step_load(shift(engine.now(), -600)) - 1.0).abs() < 0.1,
            "{before} to {after}: {newest}"
        );
    }
}

/// EC2 publishes CPU every five minutes, unless detailed monitoring is on.
#[test]
fn saturated_cpu_is_noticed_where_it_comes_every_five_minutes() {
    let how = Published { basic: true, ..AT_ONCE };
    let simulator = simulator_of(plans::fivefold);
    let mut engine = engine_in(simulator, how, DemandMeasure::Cpu, store(), start());
    live(&mut engine, 60);
    let said = journal(&engine);
    assert!(said.iter().any(|line| line.starts_with("CPU is saturated")), "{said:?}");
    let serving = engine.groups[0].state.as_ref().expect("seen").in_service();
    assert!(serving >= 40, "the load is served: {serving}");
    live(&mut engine, 30);
    assert!(journal(&engine).iter().any(|line| line.starts_with("CPU is no longer saturated")));
}
