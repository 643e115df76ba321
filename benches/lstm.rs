//! What the LSTM networks cost: the fused kernel and burn's layers, a demand network for a group, inferences.
//!
//! `cargo bench --bench lstm` runs Criterion. With `-- --round MODEL THREADS EPOCHS` (`MODEL` is `optimized` or
//! `advanced`) it trains that preset on `data/multi_metric_data.csv` and prints one line of JSON;
//! `benches/pytorch/compare.py` reads it and sets it beside PyTorch.

mod rounds;

use std::{hint::black_box, ops::ControlFlow, path::Path, process::ExitCode};

use burn::{
    optim::{AdamConfig, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};
use chrono_tz::Tz;
use criterion::{Criterion, criterion_group};
use prescale::{
    domain::{at_epoch, series::Series},
    forecast::{
        ForecastInput, Forecaster,
        lstm::{
            Backend,
            batch::Examples,
            demand::{DemandNet, TrainOptions},
            features::{self, MinMax},
            fit::{self, Epoch, Fit},
            loss::LossFunction,
            net::{Net, NetShape},
            predictor::Predictor,
            preset::Preset,
            table::MetricTable,
        },
    },
};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use rounds::{Epochs, Round, peak_memory, report};

const STEP: i64 = 300;
const DAY: usize = 288;

/// Training windows of a preset, on the first 80 % of the shipped table, and one window to validate on.
fn examples(preset: Preset) -> Result<(Examples, Examples), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/multi_metric_data.csv");
    let table = MetricTable::load(&path)?;
    let (set, end) = (preset.features(), table.test_start());
    let scaler = MinMax::fit(set, &table, end).ok_or("the table is empty")?;
    let window = preset.recipes(0, None)[0].shape.window;
    let cut = |range| features::windows(set, &scaler, &table, window, range).0;
    Ok((cut(0..end), cut(end..end + 1)))
}

/// Runs one training.
fn train(
    shape: &NetShape,
    how: &Fit,
    backend: Backend,
    (train, valid): (&Examples, &Examples),
) -> Result<(Predictor, Epochs), String> {
    let mut epochs = Epochs::begin();
    let mut progress = |_: Epoch| {
        epochs.end_one();
        ControlFlow::Continue(())
    };
    let (net, _) = fit::fit(shape, LossFunction::Squared, (train, valid), how, backend, &mut progress)
        .map_err(|error| error.to_string())?;
    Ok((net, epochs))
}

fn round(round: &Round<'_>) -> Result<(), String> {
    let preset = match round.model {
        "optimized" => Preset::Optimized,
        "advanced" => Preset::Advanced,
        other => return Err(format!("{other} is neither optimized nor advanced")),
    };
    let data = examples(preset)?;
    let recipe = preset.recipes(0, Some(round.epochs)).remove(0);
    let how = Fit { patience: None, plateau: None, shards: round.threads, ..recipe.fit };
    let (net, epochs) = train(&recipe.shape, &how, Backend::Flex, (&data.0, &data.1))?;
    let mut many = data.0;
    let size = recipe.shape.window * recipe.shape.features;
    many.inputs.truncate(1_000 * size);
    many.targets.truncate(1_000);
    many.weights.truncate(1_000);
    many.count = 1_000;
    let predict = |examples| net.predict(LossFunction::Squared, examples);
    report(round, &epochs, || predict(&data.1), || predict(&many));
    Ok(())
}

/// Training steps through burn's own layers on its fast back end, as they would be without the kernel.
fn stock(shape: &NetShape, how: &Fit, data: &Examples) -> Net {
    let device = Device::flex().autodiff();
    let mut net = Net::new(shape, 0, &device);
    let mut optimiser = AdamConfig::new().with_epsilon(1e-8).init();
    let size = shape.window * shape.features;
    for (windows, targets) in data.inputs.chunks(how.batch * size).zip(data.targets.chunks(how.batch)) {
        let count = targets.len();
        let windows = TensorData::new(windows.to_vec(), [count, shape.window, shape.features]);
        let targets = Tensor::<2>::from_data(TensorData::new(targets.to_vec(), [count, 1]), &device);
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let output = net.forward(Tensor::from_data(windows, &device), None, Some(&mut rng));
        let grads = (targets - output).square().mean().backward();
        let grads = GradientsParams::from_grads(grads, &net);
        net = optimiser.step(how.learning_rate, net, grads);
    }
    net
}

fn kernel(c: &mut Criterion) {
    let Ok((mut data, valid)) = examples(Preset::Optimized) else { return };
    let recipe = Preset::Optimized.recipes(0, Some(1)).remove(0);
    data.count = 8 * recipe.fit.batch;
    data.inputs.truncate(data.count * recipe.shape.window * recipe.shape.features);
    data.targets.truncate(data.count);
    data.weights.truncate(data.count);
    let mut group = c.benchmark_group("optimized preset, 8 batches of 64");
    group.sample_size(10);
    for (name, shards) in [("fused, 1 shard", 1), ("fused, 2 shards", 2)] {
        let how = Fit { shards, ..recipe.fit.clone() };
        let run = || train(&recipe.shape, &how, Backend::Flex, (&data, &valid));
        group.bench_function(name, |b| b.iter(run));
    }
    group.bench_function("burn's layers", |b| b.iter(|| stock(&recipe.shape, &recipe.fit, &data)));
    group.finish();
}

/// A daily wave with a ripple; the same at each run.
fn wave(days: usize) -> Series {
    let value = |i: usize| {
        let phase = i as f64 * std::f64::consts::TAU / DAY as f64;
        Some(1_000.0 + 600.0 * phase.sin() + 40.0 * (7.3 * phase).sin())
    };
    Series::from_values(at_epoch(1_764_547_200), STEP, (0..days * DAY).map(value))
}

fn demand(c: &mut Criterion) {
    let history = wave(60);
    let options = TrainOptions { epochs: 12, hidden: 64, ..TrainOptions::default() };
    let run = || {
        let mut progress = |_| ControlFlow::Continue(());
        DemandNet::train(&history, &[], Tz::UTC, &options, &mut progress)
    };
    let mut group = c.benchmark_group("demand network");
    group.sample_size(10);
    group.bench_function("train on 60 days of 5-minute steps", |b| b.iter(run));
    if let Ok(net) = run() {
        let known =
            ForecastInput { origin: history.known_until(), history: &history, events: &[], zone: Tz::UTC };
        group.bench_function("forecast of 2 hours for 1,000 groups", |b| {
            b.iter(|| (0..1_000).for_each(|_| drop(black_box(net.forecast(black_box(&known), 24)))));
        });
    }
    group.finish();
    eprintln!("peak memory of the process: {:.0} MB", peak_memory());
}

criterion_group!(benches, kernel, demand);

fn main() -> ExitCode {
    rounds::main(benches, round)
}
