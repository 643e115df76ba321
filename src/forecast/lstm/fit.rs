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

use super::{
    Backend,
    adam::Adam,
    batch::{Batch, Examples},
    clip::clip_global_norm,
    loss::LossFunction,
    net::{Net, NetShape},
    predictor::Predictor,
    recurrent::Recurrent,
    schedule::Schedule,
};

/// Predictions use the mean of the weights over the steps of this many epochs.
const MEAN_OF_EPOCHS: usize = 2;

/// How to train.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Largest number of epochs.
    pub epochs: usize,
    /// Examples per batch.
    pub batch: usize,
    /// Adam's learning rate at the start.
    pub learning_rate: f64,
    /// Largest norm of all gradients together.
    pub clip: Option<f64>,
    /// Epochs without a better validation loss before it stops; the best weights are kept, which are means
    /// over the two epochs before. Without it, all epochs run and the last means are kept.
    pub patience: Option<usize>,
    /// Epochs without a better validation loss before the learning rate is halved.
    pub plateau: Option<usize>,
    /// Parts of a batch that run in parallel, a thread each (1: on the calling thread). Results depend on
    /// this number, not on the number of processors. A back end that is not fused runs one.
    pub shards: usize,
    /// Seed of the order of batches and of dropout.
    pub seed: u64,
    /// Set from another thread, it stops training at the next batch.
    pub cancel: Option<Arc<AtomicBool>>,
}

/// Result of one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// From one.
    pub epoch: usize,
    /// Largest number of epochs of this training.
    pub epochs: usize,
    /// Learning rate of the epoch.
    pub rate: f64,
    /// Mean loss over the training examples, dropout included.
    pub train_loss: f64,
    /// Mean loss over the validation examples; none where a refit learns from those too.
    pub valid_loss: Option<f64>,
}

/// Why a training gave no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too few examples.
    #[error("{0}")]
    TooLittle(String),
    /// An option is invalid.
    #[error("{0}")]
    Options(String),
    /// It was cancelled.
    #[error("training was cancelled")]
    Cancelled,
    /// The loss became infinite or not a number.
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
    let mut schedule = Schedule::new(how.learning_rate, how.patience, how.plateau);
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

/// Trains a new network on `train` with the learning rates that an earlier [`fit`] went through, an epoch
/// each, so that rows which chose the epoch can be learned from as well.
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

/// A network in training, with all state that lasts from batch to batch.
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

    /// Goes through all examples once; gives their mean loss. It takes and returns itself, since burn's
    /// weights are moved through a step.
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

#[cfg(test)]
mod tests;
