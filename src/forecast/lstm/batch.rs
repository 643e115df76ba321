//! Examples, and batches of them as tensors.

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    loss::{LossFunction, pinball, quantiles},
    net::NetShape,
};

/// Parts of a batch that run side by side by default.
pub const SHARDS: usize = 2;

/// Examples as flat arrays: `count` times window × features, context, and targets with their weights.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// Number of examples.
    pub count: usize,
    /// `count × window × features`.
    pub inputs: Vec<f32>,
    /// `count × context`.
    pub context: Vec<f32>,
    /// `count × targets`.
    pub targets: Vec<f32>,
    /// One per target: 1 where it is known, 0 where it is a gap.
    pub weights: Vec<f32>,
}

/// One batch.
pub(super) struct Batch<'a> {
    /// Windows, `window × features` numbers each.
    pub windows: Vec<&'a [f32]>,
    /// `[batch, context]`.
    pub context: Option<Tensor<2>>,
    targets: Tensor<2>,
    weights: Tensor<2>,
    shape: &'a NetShape,
    device: &'a Device,
}

impl<'a> Batch<'a> {
    /// The examples `chosen` of `from`.
    pub fn gather(
        from: &'a Examples,
        chosen: &[usize],
        shape: &'a NetShape,
        device: &'a Device,
    ) -> Batch<'a> {
        let rows = |all: &[f32], width: usize| -> Vec<f32> {
            chosen.iter().flat_map(|i| all[i * width..(i + 1) * width].iter().copied()).collect()
        };
        let matrix = |all: &[f32], width: usize| {
            Tensor::<2>::from_data(TensorData::new(rows(all, width), [chosen.len(), width]), device)
        };
        let size = shape.window * shape.features;
        let targets = from.targets.len() / from.count.max(1);
        Batch {
            windows: chosen.iter().map(|i| &from.inputs[i * size..(i + 1) * size]).collect(),
            context: (shape.context > 0).then(|| matrix(&from.context, shape.context)),
            targets: matrix(&from.targets, targets),
            weights: matrix(&from.weights, targets),
            shape,
            device,
        }
    }

    /// The windows as `[batch, window, features]`.
    pub fn input(&self) -> Tensor<3> {
        let size = [self.windows.len(), self.shape.window, self.shape.features];
        Tensor::from_data(TensorData::new(self.windows.concat(), size), self.device)
    }

    /// A tensor `[batch, hidden]` of `values`, which the kernel computed.
    pub fn summary(&self, values: Vec<f32>) -> Tensor<2> {
        let size = [self.windows.len(), self.shape.hidden];
        Tensor::from_data(TensorData::new(values, size), self.device)
    }

    /// Mean loss of the outputs `out` over the known targets.
    pub fn loss(self, loss: LossFunction, out: Tensor<2>) -> Tensor<1> {
        let count = self.targets.shape().num_elements();
        let each = match loss {
            LossFunction::Squared => (self.targets - out).square().reshape([count, 1]),
            LossFunction::Pinball => pinball(quantiles(out), self.targets.reshape([count, 1])),
        };
        let weights = self.weights.reshape([count, 1]);
        (each * weights.clone()).sum() / weights.sum().clamp_min(1.0)
    }
}
