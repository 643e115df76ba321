//! The head alone as tensors, on what it sees of each example.

use burn::tensor::{Device, Tensor};

use crate::forecast::prior::{
    features::INPUTS,
    inference::Inference,
    net::{Net, OUTPUTS},
    pretrain::{
        graph::{loss_of_outputs, matrix, numbers},
        rows::Rows,
    },
};

/// Examples with what the head sees of them.
pub(super) struct HeadRows {
    rows: Rows,
    /// `count × width`: the state before the head, then the inputs.
    seen: Vec<f32>,
    width: usize,
}

impl HeadRows {
    /// What the head of `net` sees of `rows`.
    pub fn new(net: &Net, rows: Rows) -> HeadRows {
        let width = net.shape.hidden + INPUTS;
        HeadRows { seen: Inference::new(net).seen_by_head(&rows.inputs), rows, width }
    }

    /// Mean loss of the head `parameters` for the rows at `places`, and its gradient.
    pub fn gradient(&self, parameters: &[f32], places: &[usize]) -> (f32, Vec<f32>) {
        let device = Device::flex().autodiff();
        let head = self.head(parameters, &device).map(Tensor::require_grad);
        let loss = self.loss(&head, places, &device);
        let grads = loss.backward();
        let gradient = head.iter().filter_map(|tensor| tensor.grad(&grads)).flat_map(numbers).collect();
        (first(loss), gradient)
    }

    /// Mean loss of the head `parameters` for the rows at `places`.
    pub fn mean_loss(&self, parameters: &[f32], places: &[usize]) -> f64 {
        let device = Device::flex();
        first(self.loss(&self.head(parameters, &device), places, &device)).into()
    }

    /// Matrix, bias, and the path past the blocks.
    fn head(&self, parameters: &[f32], device: &Device) -> [Tensor<2>; 3] {
        let (weights, rest) = parameters.split_at((self.width - INPUTS) * OUTPUTS);
        let (bias, direct) = rest.split_at(OUTPUTS);
        [weights, bias, direct].map(|part| matrix(part.to_vec(), [part.len() / OUTPUTS, OUTPUTS], device))
    }

    fn loss(&self, [weights, bias, direct]: &[Tensor<2>; 3], places: &[usize], device: &Device) -> Tensor<1> {
        let rows = self.rows.chosen(places.iter().copied());
        let seen = places.iter().flat_map(|place| &self.seen[place * self.width..(place + 1) * self.width]);
        let seen = matrix(seen.copied().collect(), [rows.count, self.width], device);
        let (hidden, inputs) = (self.width - INPUTS, INPUTS);
        let outputs = seen.clone().narrow(1, 0, hidden).matmul(weights.clone())
            + bias.clone()
            + seen.narrow(1, hidden, inputs).matmul(direct.clone());
        loss_of_outputs(outputs, &rows, device)
    }
}

fn first(loss: Tensor<1>) -> f32 {
    numbers(loss).first().copied().unwrap_or(f32::NAN)
}
