//! Training: losses, shards, refits, early stopping.

use super::*;
use crate::forecast::lstm::clip::SquaredNorm;
use burn::optim::GradientsParams;

fn shape() -> NetShape {
    NetShape {
        window: 3,
        features: 1,
        context: 0,
        hidden: 4,
        layers: 1,
        dense: vec![],
        outputs: 1,
        dropout: 0.0,
        attention: false,
        skip: false,
    }
}

fn how() -> Fit {
    Fit {
        epochs: 30,
        batch: 8,
        learning_rate: 0.02,
        clip: Some(1.0),
        patience: None,
        plateau: None,
        shards: 1,
        seed: 1,
        cancel: None,
    }
}

/// The target is the mean of the window.
fn examples(count: usize) -> Examples {
    let inputs: Vec<f32> = (0..count * 3).map(|i| ((i as f32) * 0.7).sin()).collect();
    let targets = inputs.chunks(3).map(|w| w.iter().sum::<f32>() / 3.0).collect();
    Examples { count, inputs, context: vec![], targets, weights: vec![1.0; count] }
}

fn train(how: &Fit, data: &Examples) -> Result<(Predictor, Vec<Epoch>), TrainError> {
    let mut go_on = |_| ControlFlow::Continue(());
    fit(&shape(), LossFunction::Squared, (data, data), how, Backend::Flex, &mut go_on)
}

#[test]
fn the_loss_falls_and_targets_that_are_gaps_teach_nothing() {
    let mut data = examples(64);
    let (_, epochs) = train(&how(), &data).expect("trains");
    assert!(epochs[29].valid_loss < epochs[0].valid_loss.map(|l| 0.2 * l), "{epochs:?}");
    data.weights[5] = 0.0;
    let losses = |data: &Examples| train(&how(), data).expect("trains").1;
    let before = losses(&data);
    data.targets[5] = 1e6;
    assert_eq!(losses(&data), before);
}

#[test]
fn the_number_of_shards_alone_decides_the_bytes() {
    let data = examples(60);
    let bytes = |shards: usize| {
        let (net, epochs) = train(&Fit { shards, epochs: 3, ..how() }, &data).expect("trains");
        (net.to_bytes().expect("encodes"), epochs[2].valid_loss.expect("validated"))
    };
    let (one, two) = (bytes(1), bytes(2));
    assert_eq!(two, bytes(2));
    assert!((one.1 - two.1).abs() < 1e-4 * one.1, "{} against {}", one.1, two.1);
    assert!(train(&Fit { shards: 0, ..how() }, &data).is_err());
}

#[test]
fn a_refit_is_reproducible() {
    let data = examples(60);
    let how = Fit { epochs: 4, ..how() };
    let (first, epochs) = train(&how, &data).expect("trains");
    let rates: Vec<f64> = epochs.iter().map(|e| e.rate).collect();
    let mut reported = 0;
    let mut report = |epoch: Epoch| {
        reported += usize::from(epoch.valid_loss.is_none());
        ControlFlow::Continue(())
    };
    let again = refit(&shape(), LossFunction::Squared, &data, &how, Backend::Flex, &rates, &mut report)
        .expect("trains");
    assert_eq!(again.to_bytes(), first.to_bytes());
    assert_eq!(reported, 4);
}

#[test]
fn both_back_ends_train_to_nearly_the_same_network() {
    let data = examples(64);
    let mut go_on = |_| ControlFlow::Continue(());
    let mut trained = |backend| {
        let (net, epochs) = fit(&shape(), LossFunction::Squared, (&data, &data), &how(), backend, &mut go_on)
            .expect("trains");
        assert!(epochs[29].valid_loss < epochs[0].valid_loss.map(|l| 0.2 * l), "{} learns", backend.name());
        net.predict(LossFunction::Squared, &data)
    };
    let (flex, ndarray) = (trained(Backend::Flex), trained(Backend::Ndarray));
    assert!(flex.iter().zip(&ndarray).all(|(a, b)| (a - b).abs() < 1e-2), "{flex:?}, {ndarray:?}");
}

#[test]
fn gradients_are_scaled_together() {
    let device = Backend::Flex.device().autodiff();
    let net = Net::new(&shape(), 3, &device);
    let order: Vec<usize> = (0..16).collect();
    let grads = || {
        let (data, shape) = (examples(16), shape());
        let batch = Batch::gather(&data, &order, &shape, &device);
        let out = net.forward(batch.input(), None, None);
        GradientsParams::from_grads((batch.loss(LossFunction::Squared, out) * 1e3).backward(), &net)
    };
    let norm = |grads: &GradientsParams| {
        let mut norm = SquaredNorm { grads, sum: 0.0 };
        net.visit(&mut norm);
        norm.sum.sqrt()
    };
    let mut clipped = grads();
    assert!(norm(&clipped) > 1.0);
    clip_global_norm(&net, &mut clipped, 1.0);
    assert!((norm(&clipped) - 1.0).abs() < 1e-4);
    let (mut small, before) = (grads(), norm(&grads()));
    clip_global_norm(&net, &mut small, before * 2.0);
    assert!((norm(&small) - before).abs() < 1e-9, "a norm below the bound is left alone");
}

#[test]
fn training_stops_early_and_plateaus_halve_the_rate() {
    let how = Fit { patience: Some(3), plateau: Some(2), learning_rate: 1.0, ..how() };
    let mut schedule = Schedule::new(how.learning_rate, how.patience, how.plateau);
    let better: Vec<bool> = [5.0, 4.0, 4.5, 4.0].map(|loss| schedule.improved(loss)).to_vec();
    assert_eq!((better, schedule.rate), (vec![true, true, false, false], 0.5));
    assert!(!schedule.is_over());
    schedule.improved(9.0);
    assert!(schedule.is_over());
}

#[test]
fn senseless_options_and_a_loss_that_explodes_are_errors() {
    let data = examples(16);
    let none = Fit { epochs: 0, ..how() };
    assert!(matches!(train(&none, &data), Err(TrainError::Options(_))));
    assert!(matches!(train(&how(), &examples(0)), Err(TrainError::TooLittle(_))));
    let mut broken = examples(16);
    broken.inputs[0] = f32::NAN;
    assert!(matches!(train(&how(), &broken), Err(TrainError::Diverged)));
}
