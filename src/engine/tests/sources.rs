//! Promises about several sources: one that cannot be read holds nothing up but its own groups.

mod frail;
mod silent;

use std::sync::atomic::AtomicU8;

use async_trait::async_trait;
use tokio::sync::watch;

use self::frail::*;
use super::*;
use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Retention,
        simulator::{SimulatedScaler, SimulatedSource},
        sources::{Scalers, Sources},
    },
    domain::{
        actuator::{FloorWindow, HeldFloor},
        group::GroupState,
        metric::Metric,
        source::Routes,
    },
    link::{Level, SourceView, View},
};

const NAMES: [&str; 3] = ["", "eu", "us"];
/// Groups of the three, in the order of [`NAMES`].
const GROUPS: [&str; 3] = ["web", "eu/web", "us/web"];
const KEPT: [Retention; 1] = [Retention { step: 300, age: 86_400 }];

/// Three accounts with a group each, and what fails in them.
struct Fleet {
    worlds: [Simulator; 3],
    fails: [Arc<AtomicU8>; 3],
    keeps: &'static [Retention],
    /// Tells the program to stop.
    stop: Arc<watch::Sender<bool>>,
}

impl Fleet {
    fn new() -> Fleet {
        let worlds = [(); 3].map(|()| simulator());
        Fleet { worlds, fails: Default::default(), keeps: &[], stop: Arc::new(watch::channel(false).0) }
    }

    fn engine(&self, mode: Mode, store: Store, now: Time) -> Engine {
        let routes = Routes::new(NAMES.map(str::to_owned));
        let sources = self.worlds.iter().zip(&self.fails).enumerate().map(|(at, (world, fails))| {
            let (inner, fails, keeps) = (world.source(), Arc::clone(fails), self.keeps);
            let frail = Frail { inner, fails, keeps, place: format!("aws eu-west-1 {at}") };
            Box::new(frail) as Box<dyn MetricSource>
        });
        let (source, writers) = (Sources::new(routes.clone(), sources.collect()), self.worlds.clone());
        let (hang, stop) = (self.fails.clone(), Arc::clone(&self.stop));
        let access = CloudAccess {
            source: Box::new(source),
            scaler: Box::new(move |_| {
                let scalers = writers.iter().zip(&hang).map(|(world, fails)| {
                    let (fails, stop) = (Arc::clone(fails), Arc::clone(&stop));
                    let frail = FrailScaler { inner: world.scaler(), fails, stop };
                    Box::new(frail) as Box<dyn Scaler>
                });
                Box::new(Scalers::new(routes.clone(), scalers.collect()))
            }),
            simulator: None,
        };
        let options = options_of(GroupOptions { mode, ..GroupOptions::default() }, now);
        Engine::new(options, access, store).expect("a fresh store")
    }

    fn fail(&self, which: usize, what: u8) {
        self.fails[which].store(what, Ordering::SeqCst);
    }
}

fn view(engine: &Engine) -> View {
    engine.view(&Clock::Real).expect("readable")
}

fn source<'v>(view: &'v View, name: &str) -> &'v SourceView {
    view.sources.iter().find(|source| source.name == name).expect("it is configured")
}

fn applied<'s>(steps: &'s [GroupDecision], group: &str) -> Vec<&'s Decision> {
    let of = steps.iter().filter(|step| step.group == group && step.decision.stage == Stage::Applied);
    of.map(|step| &step.decision).collect()
}

fn said(engine: &Engine, words: &str) -> usize {
    said_at(engine, JournalKind::Cloud, words)
}

fn said_at(engine: &Engine, kind: JournalKind, words: &str) -> usize {
    let lines = engine.store().journal(2_000, None).expect("readable");
    lines.iter().filter(|line| line.kind == kind && line.text.contains(words)).count()
}

#[test]
fn a_source_that_fails_holds_nothing_up_but_its_own_groups() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Auto, store(), start());
    live(&mut engine, 30);
    assert_eq!(engine.groups().iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), {
        let mut sorted = GROUPS;
        sorted.sort_unstable();
        sorted
    });
    fleet.fail(1, KEYS);
    fleet.fail(2, METRICS);
    let steps = live(&mut engine, 300);
    assert!(applied(&steps, "web").len() > 3, "the third goes on: {}", applied(&steps, "web").len());
    assert_eq!(applied(&steps, "eu/web").len(), 0, "nothing acts on what was not read");
    assert!(applied(&steps, "us/web").iter().all(|act| act.to > act.from), "no scale-in on old metrics");
    assert_eq!(
        (
            said(&engine, "reading from eu failed: ExpiredToken"),
            said(&engine, "reading metrics from us failed")
        ),
        (1, 1)
    );
    let now = view(&engine);
    let problem = |name: &str| source(&now, name).problem.as_ref().map(|problem| problem.level);
    assert_eq!(
        (problem("default"), problem("eu"), problem("us")),
        (None, Some(Level::Critical), Some(Level::Warning))
    );
    let notices: Vec<&str> = now.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(
        notices.iter().any(|text| text.starts_with("source eu was not read, nothing is changed there: Exp")),
        "{notices:?}"
    );
    let of_metrics = "metrics of us were not read, no scale-in there: Thr";
    assert!(notices.iter().any(|text| text.starts_with(of_metrics)), "scale-out goes on there: {notices:?}");
    assert_eq!((source(&now, "eu").groups_read, source(&now, "us").groups_read), (false, true));
    let row = |name: &str| now.groups.iter().find(|row| row.name == name).expect("it is shown");
    assert_eq!((row("eu/web").source.as_str(), row("web").source.as_str()), ("eu", "default"));
    assert!(row("eu/web").badges.iter().any(|badge| badge.text == "source eu was not read"));
    let badge = "metrics of source us were not read";
    assert!(row("us/web").badges.iter().any(|it| it.text == badge), "{:?}", row("us/web").badges);
    assert!(row("web").badges.iter().all(|badge| !badge.text.contains("source")));
    // What is set again is read again, and acts again.
    (1..3).for_each(|which| fleet.fail(which, NOTHING));
    let steps = live(&mut engine, 300);
    assert_eq!((said(&engine, "reading from eu works again"), said(&engine, "us works again")), (1, 1));
    for group in GROUPS {
        assert!(applied(&steps, group).len() > 3, "{group}: {}", applied(&steps, group).len());
    }
    assert!(view(&engine).troubled().next().is_none());
}

#[test]
fn calls_are_counted_by_source_and_only_the_own_ones_let_scale_in_wait() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Observe, store(), start());
    fleet.fail(1, KEYS);
    live(&mut engine, 10);
    let usage = |name: &str| source(&view(&engine), name).usage;
    assert!(usage("default").calls > 0 && usage("default").total_calls > 10, "{:?}", usage("default"));
    assert_eq!((usage("eu").calls, usage("eu").total_calls), (0, 0), "it was never reached");
    assert_eq!((engine.calls_for("eu/web"), engine.calls_for("web")), (0, usage("default").calls));
    let all = view(&engine).usage.expect("accounts cost something");
    assert_eq!(all.total_calls, usage("default").total_calls + usage("us").total_calls);
}

#[test]
fn a_start_without_a_source_shows_its_groups_and_leaves_their_intents_open() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let fleet = Fleet::new();
    let now = {
        let mut engine = fleet.engine(Mode::Approve, Store::open(&path).expect("new"), start());
        let open = (0..600).find_map(|_| {
            live(&mut engine, 1);
            engine.groups.iter().find_map(|group| group.proposals.open.clone())
        });
        let open = open.expect("a proposal in ten hours");
        for group in GROUPS {
            let mut cut =
                Decision { id: 0, stage: Stage::Intended, to: 39, group: group.into(), ..open.clone() };
            let entry = engine.entry(SELF, Some(group), JournalKind::Intent, "4 → 39".into(), None);
            engine.store.record(&mut cut, entry).expect("writable");
        }
        engine.now()
    };
    fleet.fail(1, KEYS);
    let mut engine = fleet.engine(Mode::Approve, Store::open(&path).expect("released"), shift(now, 60));
    block(engine.minute(shift(now, 60))).expect("writable");
    let open = |engine: &Engine| -> Vec<String> {
        let open = engine.store().open_decisions().expect("readable").into_iter();
        open.filter(|d| d.stage == Stage::Intended).map(|d| d.group).collect()
    };
    assert_eq!(open(&engine), ["eu/web"], "what was not read is not judged");
    let read: Vec<(&str, bool)> =
        engine.groups().iter().map(|group| (group.name.as_str(), group.state.is_some())).collect();
    assert_eq!(read, [("eu/web", false), ("us/web", true), ("web", true)]);
    live(&mut engine, 3);
    assert_eq!(engine.groups().len(), 3, "it is not taken for gone");
    fleet.fail(1, NOTHING);
    live(&mut engine, 1);
    assert_eq!(open(&engine), Vec::<String>::new(), "it is judged as soon as it is read");
    assert!(engine.groups().iter().all(|group| group.state.is_some()));
}

#[test]
fn history_that_one_source_does_not_give_is_asked_for_again_and_the_others_save_theirs() {
    let fleet = Fleet { keeps: &KEPT, ..Fleet::new() };
    let mut engine = fleet.engine(Mode::Observe, store(), start());
    fleet.fail(2, HISTORY);
    live(&mut engine, 8);
    let saved = |engine: &Engine, group: &str| {
        let from = shift(engine.now(), -86_400);
        let series = engine.store().load(group, Metric::Requests, 300, from, engine.now());
        series.expect("readable").known().count()
    };
    assert!(saved(&engine, "web") > 280 && saved(&engine, "eu/web") > 280, "{}", saved(&engine, "web"));
    assert!(saved(&engine, "us/web") < 20, "{}", saved(&engine, "us/web"));
    assert_eq!(engine.groups().len(), 3);
    assert!(view(&engine).troubled().next().is_none(), "its groups are read all the same");
    fleet.fail(2, NOTHING);
    live(&mut engine, 12);
    assert!(saved(&engine, "us/web") > 280, "nothing was taken for saved: {}", saved(&engine, "us/web"));
}

#[test]
fn a_group_whose_metrics_were_not_read_learns_no_gaps_from_it() {
    let fleet = Fleet::new();
    let mut engine = fleet.engine(Mode::Observe, store(), start());
    live(&mut engine, 30);
    let learned = |engine: &Engine| -> Vec<Time> {
        engine.groups().iter().map(|group| group.forecasters.known_until()).collect()
    };
    let before = learned(&engine);
    // By name: `eu/web`, `us/web`, `web`.
    fleet.fail(1, PARTS);
    fleet.fail(2, METRICS);
    live(&mut engine, 60);
    let during = learned(&engine);
    assert_eq!(during[..2], before[..2], "nothing was read of these");
    assert!(during[2] > before[2], "the third goes on");
    (1..3).for_each(|which| fleet.fail(which, NOTHING));
    live(&mut engine, 10);
    let after = learned(&engine);
    assert!(after.iter().all(|at| *at == after[2]), "{after:?}");
    let known = |at: usize| engine.groups()[at].demand.iter().filter(|(_, load)| load.is_some()).count();
    assert_eq!((known(0), known(1)), (known(2), known(2)), "the hour is read afterwards");
}
