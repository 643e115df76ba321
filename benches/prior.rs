//! What the prior costs: the inputs of a step, the net, and a step of its training.
//!
//! `cargo bench --bench prior` runs Criterion. With `-- --round prior 1 EPOCHS` it trains the net as `prescale pretrain` does, an
//! epoch being fifty steps, and prints one line of JSON; `benches/pytorch/compare.py` reads it and sets it beside PyTorch.

use std::{fs, hint::black_box, ops::ControlFlow, process::ExitCode, time::Instant};

use chrono_tz::Tz;
use criterion::{Criterion, criterion_group};
use prescale::{
    domain::{at_epoch, series::Series},
    forecast::{
        blend::champion::Champion,
        prior::{
            Prior,
            features::{DAYS, InputRow, LeadTime, Origin, SeenRoots},
            net::Shape,
            pretrain::{Loads, PretrainOptions, Training},
        },
    },
};
use serde_json::json;

/// Steps of an epoch.
const EPOCH: usize = 50;
const STEP: i64 = 300;
const DAY: usize = 288;
/// Leads within the hour that the blend asks about.
const LEADS: [usize; 7] = [1, 2, 3, 4, 6, 9, 12];

/// Square roots of a daily wave with a ripple; the same at each run.
fn roots(days: usize) -> Vec<f32> {
    let load = |i: usize| {
        let phase = i as f32 * std::f32::consts::TAU / DAY as f32;
        1_000.0 + 600.0 * phase.sin() + 40.0 * (7.3 * phase).sin()
    };
    (0..days * DAY).map(|i| load(i).sqrt()).collect()
}

fn inputs(roots: &[f32]) -> Vec<InputRow> {
    let seen = SeenRoots { roots, step: STEP, day: DAY };
    let lead = |steps: usize| LeadTime { steps, back: DAYS.map(|days| days * DAY - steps) };
    Origin::new(seen).map_or(Vec::new(), |origin| LEADS.map(|steps| origin.row(&lead(steps))).into())
}

fn prior(c: &mut Criterion) {
    let roots = roots(30);
    let prior = Prior::shipped();
    let net = prior.net().expect("a prior ships");
    c.bench_function("prior: inputs of seven leads", |b| b.iter(|| inputs(black_box(&roots))));
    let rows = inputs(&roots);
    c.bench_function("prior: quantiles of seven leads", |b| b.iter(|| net.quantiles(black_box(&rows))));
    let many: Vec<InputRow> = rows.iter().cycle().take(7_000).cloned().collect();
    let mut group = c.benchmark_group("prior");
    group.sample_size(10);
    group.bench_function("quantiles of seven leads for 1,000 groups", |b| {
        b.iter(|| net.quantiles(black_box(&many)))
    });
    group.finish();
}

fn step(c: &mut Criterion) {
    let load = roots(40).into_iter().map(|root| Some(f64::from(root).powi(2)));
    let history = Series::from_values(at_epoch(1_764_547_200), STEP, load);
    for (name, prior) in [("with", Prior::shipped()), ("without", Prior::default())] {
        let mut champion = Champion::from_history(&history, &[], Tz::UTC);
        champion.set_prior(prior);
        c.bench_function(&format!("champion: learn one 5-minute step {name} the prior"), |b| {
            b.iter(|| champion.learn(black_box(Some(1_200.0)), &[]));
        });
    }
}

/// Seconds that the first thread has run; zero where the system does not report it.
fn thread_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Most memory that the process ever held, in megabytes.
fn peak_memory() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kb| kb.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}

/// Milliseconds by the clock of each of `count` runs.
fn timed<T>(count: usize, mut work: impl FnMut() -> T) -> Vec<f64> {
    let one = |_| {
        let since = Instant::now();
        black_box(work());
        since.elapsed().as_secs_f64() * 1e3
    };
    (0..count).map(one).collect()
}

/// Trains for `epochs`; a second thread makes the rows, so that this one's time is that of the steps alone.
fn round(epochs: usize) -> Result<(), String> {
    let shape = Shape { hidden: 128, blocks: 2 };
    let steps = epochs * EPOCH;
    let options = PretrainOptions { shape, seed: 1, steps, batch: 1_024, look: steps, patience: 1 };
    let loads = Loads { learned: vec![], held_out: vec![] };
    let mut training = Training::new(options, &loads)?;
    let (mut wall, mut cpu, mut count) = (Vec::new(), Vec::new(), 0);
    let mut since = (Instant::now(), thread_seconds());
    let _ = training.run(&loads, 2, &mut |_, _| {
        count += 1;
        if count % EPOCH == 0 {
            wall.push(since.0.elapsed().as_secs_f64());
            cpu.push(thread_seconds() - since.1);
            since = (Instant::now(), thread_seconds());
        }
        ControlFlow::Continue(())
    })?;
    let prior = Prior::of(&training.best().0);
    let net = prior.net().ok_or("there is no net")?;
    let few = inputs(&roots(30));
    let many: Vec<InputRow> = few.iter().cycle().take(1_000 * few.len()).cloned().collect();
    let (one, thousand) = (timed(50, || net.quantiles(&few)), timed(5, || net.quantiles(&many)));
    let result = json!({"model": "prior", "threads": 1, "wall": wall, "cpu": cpu,
                      "one_ms": one, "thousand_ms": thousand, "peak_mb": peak_memory()});
    println!("{result}");
    Ok(())
}

criterion_group!(benches, prior, step);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == "--round") else {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return ExitCode::SUCCESS;
    };
    let word = |index: usize| words.get(at + index).map(String::as_str);
    let (Some("prior"), Some("1"), Some(epochs)) = (word(1), word(2), word(3).and_then(|w| w.parse().ok()))
    else {
        eprintln!("--round prior 1 EPOCHS");
        return ExitCode::from(2);
    };
    match round(epochs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
