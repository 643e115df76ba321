//! The ledger in a living engine: what counts when, and over a restart.

use super::*;
use crate::domain::shift;
use crate::{
    cloud::simulator::{GroupSpec, Simulator},
    domain::scorecard::Tally,
    engine::{options::GroupOptions, *},
    link::{Command, ScorecardView},
};

fn engine(simulator: &Simulator, mode: Mode, store: Store, now: Time) -> Engine {
    let writer = simulator.clone();
    let options = GroupOptions { mode, capacity: Some(50.0), price: Some(0.5), ..GroupOptions::default() };
    let mut engine = engine_with(simulator, options, move || Box::new(writer.scaler()), store, now);
    block(engine.minute(now)).expect("the store is writable");
    engine
}

fn view(engine: &mut Engine) -> ScorecardView {
    let view = engine.view(&clock::Clock::simulated(start(), 60.0)).expect("readable");
    view.detail.and_then(|detail| detail.scorecard).expect("minutes were counted")
}

/// Hours counted, and share of the twin's hours that we paid for.
fn sums(tally: Tally) -> (f64, f64) {
    (tally.minutes / 60.0, tally.ours.instance_hours / tally.baseline.instance_hours)
}

#[test]
fn while_it_acts_the_group_counts_and_a_restart_goes_on() {
    let simulator = simulator_of(|spec| spec);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let mut first = engine(&simulator, Mode::Auto, Store::open(&path).expect("new"), start());
    live(&mut first, 12 * 60);
    let score = view(&mut first).score;
    let (hours, share) = sums(score.acted);
    assert!((11.9..=12.1).contains(&hours), "{hours}");
    assert!(
        (0.4..1.0).contains(&share),
        "half the instances' work at 50 % is more than p96 at 80 %: {share}"
    );
    assert_eq!(score.advised, Tally::default());
    let now = first.now();
    drop(first);
    let mut second = engine(&simulator, Mode::Auto, Store::open(&path).expect("there"), shift(now, 60));
    live(&mut second, 60);
    let (more, _) = sums(view(&mut second).score.acted);
    assert!((12.8..=13.1).contains(&more), "{more}: the newest minutes may be lost, the rest is not");
    assert_eq!(view(&mut second).price, Some(0.5));
}

#[test]
fn while_it_observes_its_advice_counts() {
    let simulator = simulator_of(|spec| GroupSpec { initial_desired: Some(30), ..spec });
    let mut observing = engine(&simulator, Mode::Observe, store(), start());
    live(&mut observing, 6 * 60);
    let score = view(&mut observing).score;
    let (hours, share) = sums(score.advised);
    assert!(hours > 5.5 && (0.4..1.1).contains(&share), "{hours} {share}: not the 30 that nobody advised");
    assert_eq!(score.acted, Tally::default());
    ask(&mut observing, Command::SetMode { group: GROUP.into(), mode: Mode::Auto }).expect("allowed");
    live(&mut observing, 60);
    assert!(view(&mut observing).score.acted.minutes > 50.0);
}
