//! Promises of the archive: all of it is stored, once, and an end in between costs nothing.

use crate::domain::metric::Metric;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;

use super::*;
use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Retention,
        simulator::{SimulatedSource, Simulator},
    },
    domain::{group::GroupState, journal::JournalKind, series::Series},
    engine::{options::GroupOptions, *},
};

const KEPT: [Retention; 2] = [Retention { step: 60, age: 86_400 }, Retention { step: 300, age: 2 * 86_400 }];

/// A simulation that forgets, and that fails the first questions for its history.
struct Forgetful {
    inner: SimulatedSource,
    failing: Arc<AtomicU32>,
}

#[async_trait]
impl MetricSource for Forgetful {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.inner.groups(now).await
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        // The loop asks seven questions a minute, the archive six a piece.
        let archive = queries.len().is_multiple_of(Metric::ALL.len());
        let spend = |left: u32| left.checked_sub(1);
        if archive && self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_ok() {
            return Err(CloudError::Retry("Throttling: Rate exceeded".into()));
        }
        self.inner.metrics(now, queries).await
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }

    fn keeps(&self) -> &'static [Retention] {
        &KEPT
    }

    fn warnings(&self) -> Vec<String> {
        vec!["group metrics are off; turn them on".into()]
    }

    fn name(&self) -> String {
        "forgetful".into()
    }
}

fn engine_on(simulator: &Simulator, failing: u32, store: Store, now: Time) -> Engine {
    let writer = simulator.clone();
    let options = GroupOptions { mode: Mode::Observe, ..GroupOptions::default() };
    let mut engine = engine_with(simulator, options, move || Box::new(writer.scaler()), store, now);
    let failing = Arc::new(AtomicU32::new(failing));
    engine.world.source = Box::new(Forgetful { inner: simulator.source(), failing });
    engine
}

fn saved(engine: &Engine, metric: Metric, step: i64) -> Series {
    engine.store().load(GROUP, metric, step, at_epoch_zero(), engine.now()).expect("readable")
}

fn at_epoch_zero() -> Time {
    crate::domain::at_epoch(0)
}

#[test]
fn history_is_saved_whole_and_said_once() {
    let mut engine = engine_on(&simulator_of(|spec| spec), 0, store(), start());
    live(&mut engine, 3);
    for metric in [Metric::Cpu, Metric::Requests, Metric::InService] {
        let minutes = saved(&engine, metric, 60);
        assert!(minutes.known().count() >= 1_438, "{metric:?}: {}", minutes.known().count());
        let steps = saved(&engine, metric, 300);
        assert!(steps.known().count() >= 574, "{metric:?}: {}", steps.known().count());
        assert_eq!(steps.known().count(), steps.len(), "without a hole");
    }
    live(&mut engine, 3);
    assert_eq!(kinds(&engine).iter().filter(|kind| **kind == JournalKind::History).count(), 1);
}

#[test]
fn a_failure_is_tried_again_later_and_the_operator_reads_what_is_off() {
    let mut engine = engine_on(&simulator_of(|spec| spec), 1, store(), start());
    live(&mut engine, 5);
    assert_eq!(saved(&engine, Metric::Requests, 300).len(), 0, "it rests after a failure");
    live(&mut engine, 10);
    assert!(saved(&engine, Metric::Requests, 300).known().count() >= 570, "from where it began");
    let view = engine.view(&clock::Clock::simulated(engine.now(), 60.0)).expect("readable");
    assert!(view.notices.iter().any(|n| n.text.contains("turn them on")), "{:?}", view.notices);
}
