//! What forecasting costs: one learned step, a walk through sixty days, one inference of the demand network.

use std::{hint::black_box, ops::ControlFlow};

use chrono_tz::Tz;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use prescale::{
    domain::{at_epoch, series::Series},
    forecast::{
        ForecastInput, Forecaster,
        blend::champion::Champion,
        lstm::demand::{DemandNet, TrainOptions},
        outlook::Outlook,
    },
};

const STEP: i64 = 300;
const DAY: usize = 288;

/// A daily wave with a ripple; the same at each run.
fn wave(days: usize) -> Series {
    let value = |i: usize| {
        let phase = i as f64 * std::f64::consts::TAU / DAY as f64;
        Some(1_000.0 + 600.0 * phase.sin() + 40.0 * (7.3 * phase).sin())
    };
    Series::from_values(at_epoch(1_764_547_200), STEP, (0..days * DAY).map(value))
}

fn champion(c: &mut Criterion) {
    let history = wave(40);
    let mut walked = Champion::from_history(&history, &[], Tz::UTC);
    c.bench_function("champion: learn one 5-minute step after 40 days", |b| {
        b.iter(|| walked.learn(black_box(Some(1_200.0)), &[]));
    });
    let history = wave(60);
    let mut group = c.benchmark_group("walk");
    group.sample_size(10);
    // Each step, every group learns and makes a new forecast. One champion stands for all, which needs the memory
    // of one; the work is that of a thousand.
    group.bench_function("champion: a step and a forecast for 1,000 groups", |b| {
        b.iter(|| {
            for _ in 0..1_000 {
                walked.learn(black_box(Some(1_200.0)), &[]);
                black_box(walked.forecast(walked.known_until()));
            }
        });
    });
    group.bench_function("outlook: walk through 60 days of 5-minute steps", |b| {
        b.iter(|| {
            let mut outlook = Outlook::new(STEP, Tz::UTC);
            history.iter().for_each(|(time, value)| outlook.learn(time, value, &[]));
            black_box(outlook.rows())
        });
    });
    group.bench_function("champion: walk through 60 days of 5-minute steps", |b| {
        b.iter_batched(
            || history.clone(),
            |h| Champion::from_history(black_box(&h), &[], Tz::UTC),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn network(c: &mut Criterion) {
    let history = wave(10);
    let options = TrainOptions { epochs: 1, hidden: 64, ..TrainOptions::default() };
    let mut progress = |_| ControlFlow::Continue(());
    let net = DemandNet::train(&history, &[], Tz::UTC, &options, &mut progress).expect("it trains");
    let known =
        ForecastInput { origin: history.known_until(), history: &history, events: &[], zone: Tz::UTC };
    c.bench_function("demand network: one forecast of two hours", |b| {
        b.iter(|| net.forecast(black_box(&known), 24));
    });
}

criterion_group!(benches, champion, network);
criterion_main!(benches);
