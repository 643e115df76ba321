//! What the prior costs: the inputs of a step, and the net.

use std::hint::black_box;

use chrono_tz::Tz;
use criterion::{Criterion, criterion_group, criterion_main};
use prescale::{
    domain::{at_epoch, series::Series},
    forecast::{
        blend::champion::Champion,
        prior::{
            Prior,
            features::{DAYS, InputRow, LeadTime, Origin, SeenRoots},
        },
    },
};

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

criterion_group!(benches, prior, step);
criterion_main!(benches);
