//! A trained network, ready to predict.

use burn::tensor::{Device, Tensor};

use super::{
    Backend,
    batch::{Batch, Examples, SHARDS},
    kernel::{KernelWeights, infer},
    loss::{LossFunction, quantiles, scalar},
    net::{Net, NetShape},
    recurrent::weights,
};

/// Examples that go through the network at once.
const AT_ONCE: usize = 64;

/// A network and what it takes to run it fast.
#[derive(Debug)]
pub struct Predictor {
    shape: NetShape,
    net: Net,
    device: Device,
    fused: Option<KernelWeights>,
    shards: usize,
}

impl Predictor {
    /// Makes `net` of `shape`, on `backend`'s device and not on its autodiff one, ready.
    pub(super) fn new(shape: &NetShape, net: Net, backend: Backend) -> Predictor {
        let fused = backend.is_fused().then(|| weights(&net, shape));
        Predictor { shape: shape.clone(), net, device: backend.device(), fused, shards: SHARDS }
    }

    /// The same, run in this many parts in parallel (1: on the calling thread). Its output does not depend on
    /// them.
    #[must_use]
    pub fn in_parts(self, shards: usize) -> Predictor {
        Predictor { shards, ..self }
    }

    /// As [`Net::from_bytes`].
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub fn from_bytes(shape: &NetShape, bytes: Vec<u8>, backend: Backend) -> Result<Predictor, String> {
        Ok(Predictor::new(shape, Net::from_bytes(shape, bytes, &backend.device())?, backend))
    }

    /// As [`Net::to_bytes`].
    ///
    /// # Errors
    /// burn's error, when it cannot encode them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        self.net.to_bytes()
    }

    /// The network's sizes.
    pub fn shape(&self) -> &NetShape {
        &self.shape
    }

    /// Outputs for every example, flat; for [`LossFunction::Pinball`] they are quantiles.
    pub fn predict(&self, loss: LossFunction, examples: &Examples) -> Vec<f32> {
        let mut predicted = Vec::new();
        self.each(examples, AT_ONCE, |_, out| {
            let out = if loss == LossFunction::Pinball { quantiles(out) } else { out };
            predicted.extend(out.into_data().iter::<f32>());
        });
        predicted
    }

    /// Mean loss over `examples`, each of `batch` of them weighing as much as it has examples.
    pub fn evaluate(&self, loss: LossFunction, examples: &Examples, batch: usize) -> f64 {
        let mut sum = 0.0;
        self.each(examples, batch.max(1), |batch, out| {
            let count = batch.windows.len() as f64;
            sum += f64::from(scalar(batch.loss(loss, out))) * count;
        });
        sum / examples.count.max(1) as f64
    }

    /// Calls `to` with the outputs of each batch of `size` examples.
    fn each(&self, examples: &Examples, size: usize, mut to: impl FnMut(Batch<'_>, Tensor<2>)) {
        let NetShape { window, features, hidden, .. } = self.shape;
        let windows: Vec<&[f32]> = examples.inputs.chunks(window * features).take(examples.count).collect();
        let summaries = self.fused.as_ref().map(|weights| infer(weights, &windows, self.shards));
        for from in (0..examples.count).step_by(size) {
            let chosen: Vec<usize> = (from..examples.count.min(from + size)).collect();
            let batch = Batch::gather(examples, &chosen, &self.shape, &self.device);
            let context = batch.context.clone();
            let out = match &summaries {
                Some(all) => {
                    let own = all[from * hidden..(from + chosen.len()) * hidden].to_vec();
                    self.net.head(batch.summary(own), context, &mut None)
                }
                None => self.net.forward(batch.input(), context, None),
            };
            to(batch, out);
        }
    }
}
