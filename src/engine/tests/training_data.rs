//! What the models learn from, told by the journal: incidents left out, drift, a band that stops covering.

use super::{GROUP, ask, live, options_of, store};
use crate::domain::fault::Fault;
use crate::domain::journal::JournalKind;
use crate::domain::shift;
use crate::store::keys;
use crate::{
    cloud::simulator::{GroupSpec, Simulator, Trace, World as Simulated},
    domain::{Seconds, at_epoch, series::Series},
    engine::{
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
        *,
    },
    link::Command,
};

/// Days of history before the test.
const BEFORE: usize = 10;
const STEP: Seconds = 900;
/// Steps in a day.
const DAY: usize = 96;

/// An engine after ten days of a daily wave with a ripple; then load is `then(usual, steps since)`.
fn world(then: impl Fn(f64, usize) -> f64, training: TrainingOptions, home: &std::path::Path) -> Engine {
    let begin = at_epoch(1_700_006_400);
    let usual = |i: usize| {
        let wave = (std::f64::consts::TAU * (i % DAY) as f64 / DAY as f64).sin();
        400.0 + 300.0 * wave + (i % 7) as f64
    };
    let load = |i: usize| Some(if i < BEFORE * DAY { usual(i) } else { then(usual(i), i - BEFORE * DAY) });
    let series = Series::from_values(begin, STEP, (0..(BEFORE + 3) * DAY).map(load));
    let start = series.time_of(BEFORE * DAY);
    let trace = Trace { series, column: "requests".into() };
    let simulator = Simulator::new(Simulated::new(vec![GroupSpec::plain(GROUP, trace, 50.0)], start, 1));
    let writer = simulator.clone();
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    let group = GroupOptions { capacity: Some(50.0), lead: Some(300), step: STEP, ..GroupOptions::default() };
    let options = EngineOptions {
        models: Some(home.join("models")),
        backfill: BEFORE as Seconds * 86_400,
        training,
        anchor: begin,
        ..options_of(group, start)
    };
    Engine::new(options, world, store()).expect("a fresh store")
}

/// Lines of the journal of `kind`, oldest first.
fn journal_texts(engine: &Engine, kind: JournalKind) -> Vec<String> {
    let lines = engine.store().journal(1_000, None).expect("readable");
    lines.into_iter().rev().filter(|line| line.kind == kind).map(|line| line.text).collect()
}

#[test]
fn a_found_incident_leaves_the_training_data_until_the_brake_is_released() {
    let home = tempfile::tempdir().expect("a folder");
    let mut engine = world(|usual, _| usual, TrainingOptions::on_request(), home.path());
    live(&mut engine, 30);
    let from = engine.now();
    ask(&mut engine, Command::Inject { group: GROUP.into(), fault: Fault::ErrorsRise })
        .expect("a simulation");
    live(&mut engine, 20);
    assert!(engine.brake, "the incident is found");
    live(&mut engine, 40);
    ask(&mut engine, Command::SetBrake { on: false }).expect("always");
    let until = engine.now();
    live(&mut engine, 60);
    let training_series = engine.groups[0].training_series(&engine.groups[0].demand, &[]);
    let gaps: Vec<Time> = training_series.iter().filter(|(_, v)| v.is_none()).map(|(time, _)| time).collect();
    assert!(!gaps.is_empty(), "what came during the incident is no lesson");
    assert!(gaps.iter().all(|gap| *gap >= shift(from, -STEP - 300) && *gap < until), "{gaps:?}");
    assert!(gaps.len() as Seconds * STEP >= (until - from).num_seconds() / 2, "{gaps:?}");
    let kept: Vec<(Time, Time)> =
        engine.store().get(&keys::incidents(GROUP)).expect("readable").expect("kept");
    assert_eq!(kept.len(), 1, "and it outlives a restart");
}

#[test]
fn drift_trains_a_challenger() {
    let home = tempfile::tempdir().expect("a folder");
    let training = TrainingOptions { drift: true, epochs: 1, hidden: 4, ..TrainingOptions::on_request() };
    // Every other hour without any load.
    let mut engine = world(|usual, i| if i / 4 % 2 == 0 { usual } else { 0.0 }, training, home.path());
    live(&mut engine, 60);
    assert!(journal_texts(&engine, JournalKind::Training).is_empty(), "as usual so far");
    for _ in 0..36 {
        live(&mut engine, 60);
        if !journal_texts(&engine, JournalKind::Training).is_empty() {
            break;
        }
    }
    let lines = journal_texts(&engine, JournalKind::Training);
    assert!(
        lines
            .first()
            .is_some_and(|l| l.starts_with("drift: recent error ") && l.ends_with("training a challenger")),
        "{lines:?}"
    );
}

#[test]
fn the_daily_training_begins_when_the_view_says_and_the_next_is_a_day_later() {
    let home = tempfile::tempdir().expect("a folder");
    let training = TrainingOptions { daily: true, epochs: 1, hidden: 4, ..TrainingOptions::on_request() };
    let mut engine = world(|usual, _| usual, training, home.path());
    let learning = |engine: &Engine| engine.trainer.learning(&engine.groups[0], engine.now());
    live(&mut engine, 1);
    let (begun, first) = (engine.now(), learning(&engine));
    assert_eq!((first.missing, first.next), (0, Some(shift(begun, 86_400))), "one has begun");
    assert!(first.load > (BEFORE as Seconds - 1) * 86_400, "{first:?}");
    live(&mut engine, 24 * 60 - 1);
    let trained = journal_texts(&engine, JournalKind::Model);
    assert!(trained.len() == 1 && trained[0].starts_with("version "), "{trained:?}");
    assert_eq!(learning(&engine).next, first.next, "no other one within the day");
    live(&mut engine, 1);
    assert_eq!(learning(&engine).next, Some(shift(engine.now(), 86_400)), "the next one has begun");
}

#[test]
fn a_band_that_stops_covering_is_journalled_once_and_so_is_its_recovery() {
    let home = tempfile::tempdir().expect("a folder");
    // Half a day of leaps that nothing announces, then quiet again.
    let leaps = |usual: f64, i: usize| if i < DAY / 2 && i % 3 == 2 { 3.0 * usual } else { usual };
    let mut engine = world(leaps, TrainingOptions::on_request(), home.path());
    live(&mut engine, 2 * 24 * 60);
    let bands: Vec<String> =
        journal_texts(&engine, JournalKind::Model).into_iter().filter(|l| l.contains("band")).collect();
    let kinds: Vec<bool> = bands.iter().map(|l| l.ends_with("forecast band widened")).collect();
    assert!(kinds.first() == Some(&true), "{bands:?}");
    assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]), "each journalled once: {bands:?}");
    assert_eq!(kinds.last(), Some(&false), "the band covers again: {bands:?}");
}

#[test]
fn the_prior_is_adapted_to_a_group_and_heard_from_its_promotion_on() {
    let home = tempfile::tempdir().expect("a folder");
    let mut engine = world(|usual, _| usual, TrainingOptions::on_request(), home.path());
    live(&mut engine, 30);
    let model = |engine: &Engine| {
        let forecast = engine.groups[0].forecasters.forecast(engine.now()).expect("days are known");
        (engine.trainer.name_of(GROUP), forecast.model)
    };
    assert_eq!(model(&engine), ("blend".into(), "blend".into()));
    let said = ask(&mut engine, Command::Train { group: GROUP.into() }).expect("ten days are enough");
    assert_eq!(said, format!("training adapted prior for {GROUP}"));
    while engine.is_training() {
        std::thread::sleep(std::time::Duration::from_millis(20));
        engine.follow_training(engine.now()).expect("the store is writable");
    }
    let lines = journal_texts(&engine, JournalKind::Model);
    assert!(
        lines.last().is_some_and(|line| line.contains("of the prior as it ships: promoted")),
        "{lines:?}"
    );
    let (name, forecast) = model(&engine);
    assert!(name.starts_with("blend with adapted prior, ") && name.ends_with(" steps"), "{name}");
    assert_eq!(forecast, "blend with adapted prior");
    let back =
        |engine: &mut Engine| ask(engine, Command::RollBack { group: GROUP.into() }).expect("it served");
    assert_eq!(back(&mut engine), format!("{GROUP}: rolled back to the prior that ships"));
    assert_eq!(model(&engine), ("blend".into(), "blend".into()));
    assert!(back(&mut engine).starts_with(&format!("{GROUP}: rolled back to version ")));
    assert_eq!(model(&engine), (name, forecast));
}
