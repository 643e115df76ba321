//! Promises of the backtest as a whole: no look-ahead, and the same bytes for the same input.

use super::*;
use crate::domain::{at_epoch, series::Series};
use rand::{RngExt, SeedableRng};

const STEPS: usize = 1_200;

fn trace(poison_from: usize) -> Trace {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let values = (0..STEPS).map(|i| {
        let wave = (std::f64::consts::TAU * (i % 288) as f64 / 288.0).sin();
        let v = 300.0 + 200.0 * wave + 80.0 * rng.random::<f64>();
        (i % 131 != 7).then_some(if i < poison_from { v } else { 1e7 * rng.random::<f64>() })
    });
    Trace { series: Series::from_values(at_epoch(1_700_000_100), 300, values), column: "requests".into() }
}

fn options(trace: Trace, contender: Contender, interpolation: Interpolation) -> BacktestOptions {
    let from = trace.series.time_of(900);
    BacktestOptions {
        trace,
        events: vec![],
        zone: chrono_tz::UTC,
        capacity: 50.0,
        boot: 300,
        min: 1,
        max: 40,
        from,
        contender,
        settings: Settings { risk: 0.95, ..Settings::default() },
        limits: Limits::default(),
        recorded: None,
        price: Some(0.1),
        seed: 1,
        interpolation,
        retrain: true,
        step: None,
    }
}

fn walk(poison_from: usize, policy: Policy, interpolation: Interpolation) -> BacktestReport {
    walk_as(Contender::Policy(policy), poison_from, interpolation)
}

fn walk_as(contender: Contender, poison_from: usize, interpolation: Interpolation) -> BacktestReport {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime
        .block_on(run(&options(trace(poison_from), contender, interpolation), |_| ControlFlow::Continue(())))
        .expect("a sound trace")
}

/// Between the centres of two steps the load leans towards the later one, in the simulated world as in the real
/// one: so with linear interpolation the future begins half a step before the cut, and with `hold` at the cut.
#[test]
fn wrong_later_values_change_nothing_before_them() {
    let cut = 1_050;
    for policy in Policy::ALL.iter().copied() {
        for (interpolation, lean) in [(Interpolation::Hold, 0), (Interpolation::Linear, 150)] {
            let (clean, poisoned) = (walk(STEPS, policy, interpolation), walk(cut, policy, interpolation));
            let future = shift(trace(STEPS).series.time_of(cut), -lean);
            let early = |r: &BacktestReport| {
                r.decisions.iter().filter(|(at, _)| *at <= future).copied().collect::<Vec<_>>()
            };
            assert_eq!(early(&clean), early(&poisoned));
            assert!(early(&clean).len() > 5, "the test must see decisions");
            let at = trace(STEPS).series.time_of(cut);
            let said = |r: &BacktestReport| {
                r.forecasts.iter().filter(|f| f.origin <= at).cloned().collect::<Vec<_>>()
            };
            assert_eq!(said(&clean), said(&poisoned));
            assert_ne!(clean.forecasts.last(), poisoned.forecasts.last());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let files = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        walk(STEPS, Policy::Capacity, Interpolation::Linear).write(folder.path()).expect("writable");
        ["decisions.csv", "forecasts.csv", "summary.json"]
            .map(|f| std::fs::read(folder.path().join(f)).expect(f))
    };
    let first = files();
    assert_eq!(first, files());
    assert!(first[0].starts_with(b"timestamp,desired\n2023-11-18T01:15:00Z,"));
}

#[test]
fn capacity_keeps_the_slo_with_fewer_instances_than_the_threshold_policy() {
    let capacity = walk(STEPS, Policy::Capacity, Interpolation::Linear).summary;
    let threshold = walk(STEPS, Policy::Threshold, Interpolation::Linear).summary;
    assert!(capacity.above_slo_percent <= threshold.above_slo_percent, "{capacity:?} {threshold:?}");
    assert!(capacity.instance_hours < 0.95 * threshold.instance_hours, "{capacity:?} {threshold:?}");
}

#[test]
fn the_oracle_keeps_the_slo_for_the_fewest_hours() {
    let oracle = walk_as(Contender::Oracle, STEPS, Interpolation::Linear).summary;
    assert!(oracle.above_slo_percent < 0.05 && oracle.lost_load_percent < 1e-9, "{oracle:?}");
    assert!((oracle.hours_over_oracle - 1.0).abs() < 0.02, "{oracle:?}");
    assert_eq!(oracle.cost.map(|c| (10.0 * c - oracle.instance_hours).abs() < 1e-6), Some(true));
    for policy in Policy::ALL.iter().copied() {
        let other = walk(STEPS, policy, Interpolation::Linear).summary;
        let (keeps, pays) = (other.above_slo_percent, other.hours_over_oracle);
        assert!(pays > 1.0 || keeps > oracle.above_slo_percent, "{other:?}");
        assert!(other.elasticity.time_short_percent >= oracle.elasticity.time_short_percent, "{other:?}");
    }
}

#[test]
fn from_outside_the_trace_is_a_usage_error() {
    let mut wrong = options(trace(STEPS), Contender::Policy(Policy::Capacity), Interpolation::Linear);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for from in [at_epoch(0), at_epoch(1_700_000_100), at_epoch(4_000_000_000)] {
        wrong.from = from;
        assert!(matches!(
            runtime.block_on(run(&wrong, |_| ControlFlow::Continue(()))),
            Err(BacktestError::Usage(_))
        ));
    }
}

/// 300 a step; from 10:00 to 10:20 of each day 1,600.
#[test]
fn a_short_daily_peak_is_met_whatever_a_boot_takes() {
    let start = at_epoch(1_700_006_400);
    let values = (0..288 * 9).map(|i| Some(if (120..124).contains(&(i % 288)) { 1_600.0 } else { 300.0 }));
    let series = Series::from_values(start, 300, values);
    for boot in [300, 3_600, 9_000] {
        let trace = Trace { series: series.clone(), column: "requests".into() };
        let plain = options(trace, Contender::Policy(Policy::Capacity), Interpolation::Linear);
        let slow = BacktestOptions { capacity: 100.0, boot, from: series.time_of(288 * 7), ..plain };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let report = runtime.block_on(run(&slow, |_| ControlFlow::Continue(()))).expect("a sound trace");
        assert!(report.summary.lost_load_percent < 0.1, "a boot of {boot} s: {:?}", report.summary);
    }
}

/// Minutes of a daily wave, forecast in steps of five minutes as the live loop does.
#[test]
fn minutes_are_forecast_in_longer_steps_and_judged_as_minutes() {
    let minutes = (0..60 * 24 * 4).map(|i| {
        let wave = (std::f64::consts::TAU * f64::from(i % 1_440) / 1_440.0).sin();
        Some(300.0 + 200.0 * wave)
    });
    let series = Series::from_values(at_epoch(1_700_006_400), 60, minutes);
    let from = series.time_of(1_440 * 3);
    let trace = Trace { series, column: "requests".into() };
    let plain =
        BacktestOptions { from, ..options(trace, Contender::Policy(Policy::Capacity), Interpolation::Hold) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let walk = |step| {
        let options = BacktestOptions { step, ..plain.clone() };
        runtime.block_on(run(&options, |_| ControlFlow::Continue(())))
    };
    let report = walk(Some(300)).expect("five minutes are a multiple of one");
    let forecast = report.forecasts.last().expect("it forecasts");
    let median = forecast.quantile(0, 0.5).expect("it has a first step");
    assert_eq!(forecast.step, 300);
    assert!((1_400.0..1_600.0).contains(&median), "a sum of five minutes: {median}");
    assert!(report.summary.above_slo_percent < 1.0, "{:?}", report.summary);
    assert!(report.summary.hours_over_oracle < 1.2, "{:?}", report.summary);
    assert!(matches!(walk(Some(90)), Err(BacktestError::Usage(why)) if why.contains("no multiple")));
}

/// Each fifth minute brings half as much again: a plan for the mean of five is above the SLO in it.
#[test]
fn the_busiest_minute_of_a_step_is_what_is_planned_for() {
    let minutes = (0..60 * 24 * 4).map(|i| {
        let wave = (std::f64::consts::TAU * f64::from(i % 1_440) / 1_440.0).sin();
        let burst = if i % 5 == 2 { 1.5 } else { 1.0 };
        Some(burst * (3_000.0 + 2_000.0 * wave))
    });
    let series = Series::from_values(at_epoch(1_700_006_400), 60, minutes);
    let (from, trace) = (series.time_of(1_440 * 3), Trace { series, column: "requests".into() });
    let policy = Contender::Policy(Policy::Capacity);
    let options = BacktestOptions { from, step: Some(300), ..options(trace, policy, Interpolation::Hold) };
    let options = BacktestOptions { max: 200, ..options };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let report = runtime.block_on(run(&options, |_| ControlFlow::Continue(()))).expect("it is whole");
    assert!(report.summary.above_slo_percent < 1.0, "{:?}", report.summary);
    assert!(report.summary.hours_over_oracle < 1.2, "{:?}", report.summary);
}

/// Quarters of an hour at one of two levels at random, which the prior does not know and an adapted one does.
fn two_levels(poison_from: usize) -> Trace {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let values = (0..96 * 12).map(|at| {
        let level = if rng.random::<f64>() < 0.5 { 50.0 } else { 150.0 };
        let load = level * (0.98 + 0.04 * rng.random::<f64>());
        Some(if at < poison_from { load } else { 9_000.0 })
    });
    let series = Series::from_values(at_epoch(0), 900, values.collect::<Vec<_>>());
    Trace { series, column: "requests".into() }
}

#[test]
fn a_backtest_retrains_as_production_does_and_learns_nothing_from_what_comes_later() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (begin, cut) = (96 * 9, 96 * 11);
    let walked = |poison_from: usize, retrain: bool| {
        let trace = two_levels(poison_from);
        let from = trace.series.time_of(begin);
        let plain = options(trace, Contender::Policy(Policy::Capacity), Interpolation::Hold);
        let options = BacktestOptions { from, retrain, ..plain };
        runtime.block_on(run(&options, |_| ControlFlow::Continue(()))).expect("a sound trace").forecasts
    };
    let (kept, retrained, poisoned) =
        (walked(usize::MAX, false), walked(usize::MAX, true), walked(cut, true));
    let until = two_levels(0).series.time_of(cut);
    let known = |forecasts: &[Forecast]| -> Vec<Forecast> {
        forecasts.iter().filter(|forecast| forecast.origin < until).cloned().collect()
    };
    assert!(known(&retrained).len() > 100 && known(&retrained) == known(&poisoned));
    assert_ne!(known(&retrained), known(&kept), "the adapted prior is heard");
}
