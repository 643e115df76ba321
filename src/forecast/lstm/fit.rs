//! The training loop: batches, loss, clipping, plateau schedule, early stopping.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use burn::{module::Module, tensor::Device};
use rand::{SeedableRng, seq::SliceRandom};
use rand_pcg::Pcg64Mcg;

pub use super::batch::Examples;
use super::{
    Backend,
    adam::Adam,
    batch::Batch,
    clip::clip_global_norm,
    net::{Net, NetShape},
    predictor::Predictor,
    recurrent::Recurrent,
};

/// Parts of a batch that run side by side unless something else is asked for.
pub const SHARDS: usize = 2;

/// The weights that predict are the mean over so many epochs' steps.
const MEAN_OF_EPOCHS: usize = 2;

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossFunction {
    /// Mean squared error of one output a target.
    Squared,
    /// Mean pinball loss over [`crate::domain::forecast::LEVELS`]; nine outputs a target, turned into quantiles by [`super::loss::quantiles`].
    Pinball,
}

/// How to train.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Most epochs.
    pub epochs: usize,
    /// Examples a batch.
    pub batch: usize,
    /// Adam's learning rate at the start.
    pub learning_rate: f64,
    /// Largest norm of all gradients together.
    pub clip: Option<f64>,
    /// Epochs without a better validation loss before it stops; the best weights are kept, which are means over the two
    /// epochs before. Without it, all epochs run and the last means are kept.
    pub patience: Option<usize>,
    /// Epochs without a better validation loss before the learning rate is halved.
    pub plateau: Option<usize>,
    /// Parts of a batch, a thread each, with 1 the calling thread's alone; results depend on it, not on the number
    /// of processors. A back end that is not fused runs one.
    pub shards: usize,
    /// Seed of the order of batches and of dropout.
    pub seed: u64,
    /// Set from another thread, it stops training at the next batch.
    pub cancel: Option<Arc<AtomicBool>>,
}

/// What one epoch came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// From one.
    pub epoch: usize,
    /// Most epochs that there will be.
    pub epochs: usize,
    /// Learning rate that it ran with.
    pub rate: f64,
    /// Mean loss over the training examples, dropout included.
    pub train_loss: f64,
    /// Mean loss over the validation examples; none where a refit learns from those too.
    pub valid_loss: Option<f64>,
}

/// Why a training gave no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too little to learn from.
    #[error("{0}")]
    TooLittle(String),
    /// An option makes no sense.
    #[error("{0}")]
    Options(String),
    /// Somebody stopped it.
    #[error("training was cancelled")]
    Cancelled,
    /// The loss left the numbers.
    #[error("the loss is no longer a number; train with a smaller learning rate or look at the data")]
    Diverged,
}

/// Trains a network of `shape` and returns it ready to predict, with the losses of its epochs.
///
/// # Errors
/// [`TrainError`]; a cancelled training leaves nothing behind.
pub fn fit(
    shape: &NetShape,
    loss: LossFunction,
    (train, valid): (&Examples, &Examples),
    how: &Fit,
    backend: Backend,
    progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
) -> Result<(Predictor, Vec<Epoch>), TrainError> {
    check(shape, train, valid, how)?;
    let mut learner = Learner::new(shape, loss, train.count, how, backend);
    let mut schedule = Schedule::new(how);
    let mut best = learner.snapshot();
    let mut epochs = Vec::new();
    for epoch in 1..=how.epochs {
        let rate = schedule.rate;
        let train_loss;
        (learner, train_loss) = learner.epoch(train, rate)?;
        let snapshot = learner.snapshot();
        let valid_loss = snapshot.evaluate(loss, valid, how.batch);
        if !valid_loss.is_finite() {
            return Err(TrainError::Diverged);
        }
        let done = Epoch { epoch, epochs: how.epochs, rate, train_loss, valid_loss: Some(valid_loss) };
        epochs.push(done);
        if progress(done).is_break() {
            return Err(TrainError::Cancelled);
        }
        if schedule.improved(valid_loss) || how.patience.is_none() {
            best = snapshot;
        }
        if schedule.is_over() {
            break;
        }
    }
    Ok((best, epochs))
}

/// Trains a new network on `train` with the learning rates that an earlier [`fit`] went through, an epoch each, so
/// that rows which chose the epoch can be learned from as well.
///
/// # Errors
/// [`TrainError`].
pub fn refit(
    shape: &NetShape,
    loss: LossFunction,
    train: &Examples,
    how: &Fit,
    backend: Backend,
    rates: &[f64],
    progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
) -> Result<Predictor, TrainError> {
    check(shape, train, train, how)?;
    let mut learner = Learner::new(shape, loss, train.count, how, backend);
    for (index, rate) in rates.iter().copied().enumerate() {
        let train_loss;
        (learner, train_loss) = learner.epoch(train, rate)?;
        let done = Epoch { epoch: index + 1, epochs: rates.len(), rate, train_loss, valid_loss: None };
        if progress(done).is_break() {
            return Err(TrainError::Cancelled);
        }
    }
    Ok(learner.snapshot())
}

fn check(shape: &NetShape, train: &Examples, valid: &Examples, how: &Fit) -> Result<(), TrainError> {
    shape.check().map_err(TrainError::Options)?;
    if how.epochs == 0
        || how.batch == 0
        || how.shards == 0
        || !(how.learning_rate > 0.0 && how.learning_rate.is_finite())
    {
        return Err(TrainError::Options(
            "epochs, batch size, shards and learning rate must be above zero".into(),
        ));
    }
    if train.count == 0 || valid.count == 0 {
        return Err(TrainError::TooLittle(format!(
            "{} windows to learn from and {} to validate on; give a longer history or one with fewer gaps",
            train.count, valid.count
        )));
    }
    Ok(())
}

/// A network in training, with all that goes on from batch to batch.
struct Learner<'a> {
    net: Net,
    recurrent: Recurrent,
    optimiser: Adam,
    rng: Pcg64Mcg,
    device: Device,
    shape: &'a NetShape,
    loss: LossFunction,
    how: &'a Fit,
    backend: Backend,
}

impl<'a> Learner<'a> {
    fn new(shape: &'a NetShape, loss: LossFunction, count: usize, how: &'a Fit, backend: Backend) -> Self {
        let device = backend.device().autodiff();
        Learner {
            net: Net::new(shape, how.seed, &device),
            recurrent: Recurrent::new(backend, shape, how.shards),
            optimiser: Adam::new(MEAN_OF_EPOCHS * count.div_ceil(how.batch)),
            rng: Pcg64Mcg::seed_from_u64(how.seed ^ 0x5eed_0f0e_0d0c_0b0a),
            device,
            shape,
            loss,
            how,
            backend,
        }
    }

    /// Goes through all examples once; gives their mean loss. It takes and returns itself, since burn's weights are
    /// moved through a step.
    fn epoch(mut self, train: &Examples, rate: f64) -> Result<(Self, f64), TrainError> {
        let mut order: Vec<usize> = (0..train.count).collect();
        order.shuffle(&mut self.rng);
        let mut sum = 0.0;
        for chosen in order.chunks(self.how.batch) {
            if self.how.cancel.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                return Err(TrainError::Cancelled);
            }
            let batch = Batch::gather(train, chosen, self.shape, &self.device);
            let (value, mut grads) = self.recurrent.learn(&self.net, batch, self.loss, Some(&mut self.rng));
            sum += value * chosen.len() as f64;
            if let Some(most) = self.how.clip {
                clip_global_norm(&self.net, &mut grads, most);
            }
            self.net = self.optimiser.step(rate, self.net, grads);
        }
        let loss = sum / train.count as f64;
        if loss.is_finite() { Ok((self, loss)) } else { Err(TrainError::Diverged) }
    }

    /// The network with the mean of its newest weights, ready to predict.
    fn snapshot(&self) -> Predictor {
        let net = self.optimiser.mean_of(self.net.valid());
        Predictor::new(self.shape, net, self.backend).in_parts(self.how.shards)
    }
}

/// Learning rate and early stopping, both by validation loss.
struct Schedule {
    rate: f64,
    best: f64,
    stale: usize,
    patience: Option<usize>,
    plateau: Option<usize>,
}

impl Schedule {
    fn new(how: &Fit) -> Schedule {
        Schedule {
            rate: how.learning_rate,
            best: f64::INFINITY,
            stale: 0,
            patience: how.patience,
            plateau: how.plateau,
        }
    }

    /// Takes an epoch's validation loss; true if it is the best so far.
    fn improved(&mut self, loss: f64) -> bool {
        if loss < self.best {
            self.best = loss;
            self.stale = 0;
            return true;
        }
        self.stale += 1;
        if self.plateau.is_some_and(|n| n > 0 && self.stale.is_multiple_of(n)) {
            self.rate *= 0.5;
        }
        false
    }

    fn is_over(&self) -> bool {
        self.patience.is_some_and(|most| self.stale >= most)
    }
}

#[cfg(test)]
mod tests {
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
    fn a_refit_goes_the_same_way_again() {
        let data = examples(60);
        let how = Fit { epochs: 4, ..how() };
        let (first, epochs) = train(&how, &data).expect("trains");
        let rates: Vec<f64> = epochs.iter().map(|e| e.rate).collect();
        let mut heard = 0;
        let mut tell = |epoch: Epoch| {
            heard += usize::from(epoch.valid_loss.is_none());
            ControlFlow::Continue(())
        };
        let again = refit(&shape(), LossFunction::Squared, &data, &how, Backend::Flex, &rates, &mut tell)
            .expect("trains");
        assert_eq!(again.to_bytes(), first.to_bytes());
        assert_eq!(heard, 4);
    }

    #[test]
    fn both_back_ends_train_to_nearly_the_same_network() {
        let data = examples(64);
        let mut go_on = |_| ControlFlow::Continue(());
        let mut trained = |backend| {
            let (net, epochs) =
                fit(&shape(), LossFunction::Squared, (&data, &data), &how(), backend, &mut go_on)
                    .expect("trains");
            assert!(
                epochs[29].valid_loss < epochs[0].valid_loss.map(|l| 0.2 * l),
                "{} learns",
                backend.name()
            );
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
    fn patience_ends_it_and_plateaus_halve_the_rate() {
        let how = Fit { patience: Some(3), plateau: Some(2), learning_rate: 1.0, ..how() };
        let mut schedule = Schedule::new(&how);
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
}
