//! Backtests that operators ask for: what they are given, their progress, their end.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use super::*;
use crate::{
    domain::{journal::JournalKind, series::Series, summary::Summary},
    engine::{
        jobs::backtest::{BacktestInput, BacktestResult, Backtester},
        options::GroupOptions,
        *,
    },
    link::{BacktestState, BacktestView, Command},
};

/// Walks as far as it is let: each message on `steps` is a tenth of a contender's way.
struct Puppet {
    steps: Mutex<mpsc::Receiver<()>>,
    seen: Mutex<Vec<BacktestInput>>,
}

impl Backtester for Puppet {
    fn contenders(&self) -> Vec<&'static str> {
        vec!["capacity", "hpa", "broken"]
    }

    fn walk(
        &self,
        input: &BacktestInput,
        contender: &str,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Option<BacktestResult>, String> {
        self.seen.lock().expect("no test panics here").push(input.clone());
        if contender == "broken" {
            return Err("broken by design".into());
        }
        for tenth in 1..=10 {
            let steps = self.steps.lock().expect("no test panics here");
            if steps.recv().is_err() || progress(f64::from(tenth) / 10.0).is_break() {
                return Ok(None);
            }
        }
        let line = Series::from_values(input.from, 60, [Some(3.0)]);
        let summary = Summary { policy: contender.into(), ..Summary::default() };
        Ok(Some(BacktestResult { summary, in_service: line.clone(), needed: line }))
    }
}

fn engine() -> (Engine, Arc<Puppet>, mpsc::Sender<()>) {
    let simulator = simulator_of(|spec| spec);
    let writer = simulator.clone();
    let options = GroupOptions {
        mode: Mode::Approve,
        capacity: Some(50.0),
        lead: Some(240),
        ..GroupOptions::default()
    };
    let mut engine = engine_with(&simulator, options, move || Box::new(writer.scaler()), store(), start());
    let (let_go, steps) = mpsc::channel();
    let puppet = Arc::new(Puppet { steps: Mutex::new(steps), seen: Mutex::default() });
    engine.backtest_with(puppet.clone());
    block(engine.minute(start())).expect("the store is writable");
    (engine, puppet, let_go)
}

fn ask_for(engine: &mut Engine, contenders: &[&str], days: u32) -> crate::domain::Answer {
    let contenders = contenders.iter().map(|c| (*c).to_owned()).collect();
    ask(engine, Command::Backtest { group: GROUP.into(), contenders, days })
}

fn view(engine: &mut Engine) -> BacktestView {
    engine.view(&clock::Clock::simulated(start(), 60.0)).expect("readable").backtest
}

/// Follows the thread until `enough`.
fn follow(engine: &mut Engine, enough: impl Fn(&link::Backtest) -> bool) -> link::Backtest {
    for _ in 0..2_000 {
        engine.follow_backtest();
        if let Some(found) = view(engine).newest.filter(|newest| enough(newest)) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the backtest went on for ten seconds: {:?}", view(engine).newest)
}

use crate::link;

#[test]
fn policies_come_one_after_the_other_and_a_broken_one_is_told() {
    let (mut engine, puppet, let_go) = engine();
    assert_eq!(view(&mut engine).contenders, ["capacity", "hpa", "broken"]);
    ask_for(&mut engine, &["capacity", "broken", "hpa"], 1).expect("all are known");
    assert!(engine.is_backtesting());
    assert!(ask_for(&mut engine, &["hpa"], 1).is_err_and(|why| why.contains("already running")));
    (0..10).for_each(|_| let_go.send(()).expect("the puppet waits"));
    let half = follow(&mut engine, |b| b.rows.len() == 1 && !b.remarks.is_empty());
    assert_eq!((half.state, half.present.as_deref()), (BacktestState::Running, Some("capacity")));
    assert!((0.3..0.9).contains(&half.share), "{}", half.share);
    (0..10).for_each(|_| let_go.send(()).expect("the puppet waits"));
    let done = follow(&mut engine, |b| b.state == BacktestState::Done);
    let names: Vec<&str> = done.rows.iter().map(|row| row.summary.policy.as_str()).collect();
    assert_eq!((names, done.remarks), (vec!["capacity", "hpa"], vec!["broken by design".to_owned()]));
    assert!(!engine.is_backtesting() && done.needed.is_some());
    assert!(kinds(&engine).contains(&JournalKind::Backtest), "who asked stands in the journal");

    let input = puppet.seen.lock().expect("no test panics here")[0].clone();
    assert_eq!((input.capacity, input.lead, input.bounds), (50.0, 240, (1, 40)));
    assert_eq!((done.until - input.from).num_hours(), 24);
    assert!(input.demand.known_until() <= engine.now(), "the future is not given away");
}

#[test]
fn it_can_be_cancelled_and_what_makes_no_sense_is_refused() {
    let (mut engine, _, let_go) = engine();
    let refused = [(vec!["magic"], 1), (vec![], 1), (vec!["hpa"], 0), (vec!["hpa"], 32)];
    for (contenders, days) in refused {
        assert!(ask_for(&mut engine, &contenders, days).is_err(), "{contenders:?} {days}");
    }
    assert!(ask(&mut engine, Command::CancelBacktest).is_err(), "nothing is under way");
    ask_for(&mut engine, &["hpa", "capacity"], 7).expect("both are known");
    ask(&mut engine, Command::CancelBacktest).expect("it is under way");
    let_go.send(()).expect("the puppet waits");
    let ended = follow(&mut engine, |b| b.state != BacktestState::Running);
    assert_eq!((ended.state, ended.rows.len()), (BacktestState::Cancelled, 0));
    ask_for(&mut engine, &["broken"], 1).expect("the next may begin");
    let failed = follow(&mut engine, |b| b.state != BacktestState::Running);
    assert!(matches!(failed.state, BacktestState::Failed(_)), "{:?}", failed.state);
}
