//! Training on few small loads.

mod graph;

use super::*;
use crate::forecast::{
    lstm::bundle::BundleError,
    prior::features::{InputRow, RowScale},
};

/// A daily wave with noise and gaps, and a walk.
pub(super) fn recorded() -> Vec<Recorded> {
    let mut chance = chance::Chance(Pcg64Mcg::seed_from_u64(4));
    let wave: Vec<f64> = (0..288 * 9)
        .map(|i| {
            let wave = 100.0 + 60.0 * (std::f64::consts::TAU * f64::from(i) / 288.0).sin();
            if i % 91 == 0 { f64::NAN } else { wave + 5.0 * chance.normal() }
        })
        .collect();
    let walk = chance.autoregression(1_200, 0.99, 0.1).into_iter().map(f64::exp).collect();
    vec![
        Recorded { name: "wave".into(), step: 300, values: wave },
        Recorded { name: "walk".into(), step: 900, values: walk },
    ]
}

/// A net of which every part has an effect.
pub(in crate::forecast) fn small() -> Net {
    sized(7)
}

/// The same, of this width.
pub(super) fn sized(hidden: usize) -> Net {
    let shape = Shape { hidden, blocks: 2 };
    Net {
        shape,
        normal: Normal { mean: vec![0.1; INPUTS], deviation: vec![1.3; INPUTS] },
        parameters: (0..shape.size()).map(|i| 0.3 * (i as f32 * 0.71).sin()).collect(),
    }
}

impl Rows {
    /// The rows one by one.
    pub(super) fn rows(&self) -> Vec<InputRow> {
        let row = |i: usize| InputRow {
            inputs: self.inputs[i * INPUTS..(i + 1) * INPUTS].to_vec(),
            anchors: std::array::from_fn(|a| self.anchors[i * ANCHORS + a]),
            known: std::array::from_fn(|a| self.mask[i * ANCHORS + a] == 0.0),
            scale: RowScale { reference: self.reference[i], unit: self.unit[i] },
        };
        (0..self.count).map(row).collect()
    }
}

pub(super) fn options(steps: usize) -> PretrainOptions {
    PretrainOptions {
        shape: Shape { hidden: 8, blocks: 1 },
        seed: 3,
        steps,
        batch: 48,
        look: 10,
        patience: 9,
    }
}

fn loads() -> Loads {
    let mut learned = recorded();
    let held_out = vec![learned.pop().expect("two loads")];
    Loads { learned, held_out }
}

fn go_on(_: &Training, _: Option<PretrainProgress>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn training_is_the_same_on_two_threads_and_after_an_interruption() {
    let (options, loads) = (options(30), loads());
    let begin = || Training::new(options, &loads).expect("begins");
    let mut whole = begin();
    let mut seen = Vec::new();
    let mut progress = |_: &Training, done: Option<PretrainProgress>| {
        seen.extend(done.map(|done| (done.step, done.held_out.is_some_and(f64::is_finite))));
        ControlFlow::Continue(())
    };
    assert_eq!(whole.run(&loads, 1, &mut progress), Ok(ControlFlow::Continue(())));
    assert_eq!(seen, [(10, true), (20, true), (30, true)]);
    let mut two = begin();
    assert!(two.run(&loads, 2, &mut go_on).is_ok());
    assert_eq!(two, whole);

    let home = tempfile::tempdir().expect("temporary folder");
    let path = home.path().join("prior.training");
    assert_eq!(Training::resume(&path, options, &loads).expect("nothing is there"), None);
    let mut first = begin();
    let mut stop = |training: &Training, _: Option<PretrainProgress>| {
        if training.learned.steps < 13 {
            return ControlFlow::Continue(());
        }
        training.keep(&path).expect("writes");
        ControlFlow::Break(())
    };
    assert_eq!(first.run(&loads, 1, &mut stop), Ok(ControlFlow::Break(())));
    assert_eq!(first.learned.steps, 13, "between two looks");
    let mut again = Training::resume(&path, options, &loads).expect("reads").expect("is there");
    assert!(again.run(&loads, 1, &mut go_on).is_ok());
    assert_eq!(again, whole);

    let other = Training::resume(&path, PretrainOptions { seed: 4, ..options }, &loads);
    assert!(other.is_err_and(|e| e.to_string().contains("other options")));
    let other = Training::resume(&path, options, &Loads { held_out: vec![], ..loads.clone() });
    assert!(other.is_err_and(|e| e.to_string().contains("other options or loads")));
    std::fs::write(&path, b"half a file").expect("writes");
    assert!(matches!(Training::resume(&path, options, &loads), Err(BundleError::Checksum(_))));
}

#[test]
fn training_makes_the_loss_smaller_and_keeps_the_best() {
    let (options, loads) = (options(60), loads());
    let mut training = Training::new(options, &loads).expect("begins");
    let (rows, mut backprop) = (of_recorded(&loads.learned, 200), Backprop::new(options.shape));
    let before = backprop.mean_loss(&training.net(training.learned.mean.clone()), &rows);
    assert!(training.run(&loads, 1, &mut go_on).is_ok());
    let (net, steps, loss) = training.best();
    let after = backprop.mean_loss(&net, &rows);
    assert!(after < 0.97 * before, "{before} to {after}");
    assert!(steps > 0 && loss.is_some_and(f64::is_finite));
}

#[test]
fn a_loss_that_is_no_number_ends_the_training() {
    for place in [0, 700, 1_500, usize::MAX] {
        let mut training =
            Training::new(PretrainOptions { shape: small().shape, ..options(5) }, &loads()).expect("begins");
        let last = training.learned.parameters.len() - 1;
        training.learned.parameters[place.min(last)] = f32::NAN;
        let said = training.run(&loads(), 1, &mut go_on);
        assert!(said.is_err_and(|why| why.contains("no longer a number")), "{place}");
    }
}

#[test]
fn options_that_no_training_can_have_are_refused() {
    let wrong = |options: PretrainOptions| Training::new(options, &loads()).is_err();
    assert!(wrong(PretrainOptions { batch: 0, ..options(1) }));
    assert!(wrong(PretrainOptions { shape: Shape { hidden: 0, blocks: 1 }, ..options(1) }));
}

#[test]
fn synthetic_loads_alone_are_loads() {
    let rows: Vec<Rows> = Batches::new(&[], 5, 256, 0).take(3).collect();
    assert!(rows.iter().all(|rows| rows.count == 256));
    let finite = |values: &[f32]| values.iter().all(|x| x.is_finite());
    assert!(rows.iter().all(|rows| finite(&rows.inputs) && finite(&rows.anchors) && finite(&rows.actual)));
    let later: Vec<Rows> = Batches::new(&[], 5, 256, 2).take(1).collect();
    assert_eq!(later[0].inputs, rows[2].inputs, "a batch is a function of its number");
}
