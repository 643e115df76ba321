//! What the prior costs: the inputs of a step, the net, and a step of its training.
//!
//! `cargo bench --bench prior` runs Criterion. With `-- --round prior 1 EPOCHS` it trains the net as `prescale pretrain` does, an
//! epoch being fifty steps, and prints one line of JSON; `benches/pytorch/compare.py` reads it and sets it beside PyTorch.

mod rounds;

use std::{hint::black_box, ops::ControlFlow, process::ExitCode};

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
use rounds::{Epochs, Round, report};

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

/// Trains the net; a second thread makes the rows, so that the first one's time is that of the steps alone.
fn round(round: &Round<'_>) -> Result<(), String> {
    if (round.model, round.threads) != ("prior", 1) {
        return Err("the model is `prior`, on 1 thread".into());
    }
    let shape = Shape { hidden: 128, blocks: 2 };
    let steps = round.epochs * EPOCH;
    let options = PretrainOptions { shape, seed: 1, steps, batch: 1_024, look: steps, patience: 1 };
    let loads = Loads { learned: vec![], held_out: vec![] };
    let mut training = Training::new(options, &loads)?;
    let (mut epochs, mut count) = (Epochs::begin(), 0);
    let _ = training.run(&loads, 2, &mut |_, _| {
        count += 1;
        if count % EPOCH == 0 {
            epochs.end_one();
        }
        ControlFlow::Continue(())
    })?;
    let prior = Prior::of(&training.best().0);
    let net = prior.net().ok_or("there is no net")?;
    let few = inputs(&roots(30));
    let many: Vec<InputRow> = few.iter().cycle().take(1_000 * few.len()).cloned().collect();
    report(round, &epochs, || net.quantiles(&few), || net.quantiles(&many));
    Ok(())
}

criterion_group!(benches, prior, step);

fn main() -> ExitCode {
    rounds::main(benches, round)
}
