//! A trained network, ready to predict.

use burn::tensor::{Device, Tensor};

use super::{
    Backend,
    batch::{Batch, Examples},
    fit::Loss,
    kernel::{Weights, infer},
    loss::{quantiles, scalar},
    net::{Net, Shape},
    recurrent::weights,
};

/// Examples that go through the network at once.
const AT_ONCE: usize = 64;

/// A network and what it takes to run it fast.
#[derive(Debug)]
pub struct Predictor {
    shape: Shape,
    net: Net,
    device: Device,
    fused: Option<Weights>,
}

impl Predictor {
    /// Makes `net` of `shape`, on `backend`'s device and not on its autodiff one, ready.
    pub(super) fn new(shape: &Shape, net: Net, backend: Backend) -> Predictor {
        let fused = backend.is_fused().then(|| weights(&net, shape));
        Predictor { shape: shape.clone(), net, device: backend.device(), fused }
    }

    /// As [`Net::from_bytes`].
    ///
    /// # Errors
    /// A sentence that says what does not fit.
    pub fn from_bytes(shape: &Shape, bytes: Vec<u8>, backend: Backend) -> Result<Predictor, String> {
        Ok(Predictor::new(shape, Net::from_bytes(shape, bytes, &backend.device())?, backend))
    }

    /// As [`Net::to_bytes`].
    ///
    /// # Errors
    /// burn's words, when it cannot encode them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        self.net.to_bytes()
    }

    /// The network's sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Outputs for every example, flat; for [`Loss::Pinball`] they are quantiles.
    pub fn predict(&self, loss: Loss, examples: &Examples) -> Vec<f32> {
        let said = self.batches(examples, AT_ONCE).flat_map(|batch| {
            let out = self.outputs(&batch);
            let out = if loss == Loss::Pinball { quantiles(out) } else { out };
            out.into_data().iter::<f32>().collect::<Vec<_>>()
        });
        said.collect()
    }

    /// Mean loss over `examples`, each of `batch` of them weighing as much as it has examples.
    pub fn evaluate(&self, loss: Loss, examples: &Examples, batch: usize) -> f64 {
        let losses = self.batches(examples, batch.max(1)).map(|batch| {
            let (out, count) = (self.outputs(&batch), batch.windows.len() as f64);
            f64::from(scalar(batch.loss(loss, out))) * count
        });
        losses.sum::<f64>() / examples.count.max(1) as f64
    }

    fn batches<'a>(&'a self, examples: &'a Examples, size: usize) -> impl Iterator<Item = Batch<'a>> {
        let starts = (0..examples.count).step_by(size);
        starts.map(move |from| {
            let chosen: Vec<usize> = (from..examples.count.min(from + size)).collect();
            Batch::gather(examples, &chosen, &self.shape, &self.device)
        })
    }

    fn outputs(&self, batch: &Batch<'_>) -> Tensor<2> {
        let context = batch.context.clone();
        match &self.fused {
            Some(weights) => self.net.head(batch.summary(infer(weights, &batch.windows)), context, &mut None),
            None => self.net.forward(batch.input(), context, None),
        }
    }
}
