//! The net and its loss as burn's tensors: what the matrices and the gradient of our own are compared with.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::{
    super::loss::{MEDIAN_WEIGHT, MOST},
    *,
};
use crate::{
    domain::forecast::{LEVELS, MEDIAN},
    forecast::prior::{
        features::{ANCHORS, INPUTS},
        inference::Inference,
        net::{EPSILON, Net, Normal, OUTPUTS, Shape},
    },
};

/// Loss and gradient of the parameters for a batch, in the order of their list.
fn gradient(net: &Net, rows: &Rows) -> (f32, Vec<f32>) {
    let device = Device::flex().autodiff();
    let tensors: Vec<Tensor<2>> =
        tensors(net.shape, &net.parameters, &device).into_iter().map(Tensor::require_grad).collect();
    let loss = loss(&tensors, net.shape, &net.normal, rows, &device);
    let grads = loss.backward();
    let gradient = tensors.iter().flat_map(|tensor| match tensor.grad(&grads) {
        Some(grad) => numbers(grad),
        None => vec![0.0; tensor.shape().num_elements()],
    });
    (numbers(loss).first().copied().unwrap_or(f32::NAN), gradient.collect())
}

/// The numbers of a tensor.
fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// A tensor of `values`.
fn matrix(values: Vec<f32>, size: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, size), device)
}

fn tensors(shape: Shape, parameters: &[f32], device: &Device) -> Vec<Tensor<2>> {
    let mut from = 0;
    let part = |(rows, columns): (usize, usize)| {
        let until = from + rows * columns;
        let values = parameters[from..until].to_vec();
        from = until;
        matrix(values, [rows, columns], device)
    };
    shape.tensors().into_iter().map(part).collect()
}

/// The mean loss of a batch: pinball over [`LEVELS`] in loads, of which a typical change is 1.
fn loss(tensors: &[Tensor<2>], shape: Shape, normal: &Normal, rows: &Rows, device: &Device) -> Tensor<1> {
    pinball(quantiles(tensors, shape, normal, rows, device), rows, device)
}

/// The mean loss of quantiles of a batch.
fn pinball(predicted: Tensor<2>, rows: &Rows, device: &Device) -> Tensor<1> {
    let column = |values: &[f32]| matrix(values.to_vec(), [rows.count, 1], device);
    let roots = predicted * column(&rows.unit) + column(&rows.reference);
    let errors = column(&rows.actual) - roots.clamp_min(0.0).square();
    let levels = matrix(LEVELS.map(|level| level as f32).to_vec(), [1, LEVELS.len()], device);
    let losses = (errors.clone() * levels + activation::relu(errors.neg())).clamp_max(MOST);
    let weight = |level: usize| if level == MEDIAN { MEDIAN_WEIGHT } else { 1.0 };
    let weights = matrix((0..LEVELS.len()).map(weight).collect(), [1, LEVELS.len()], device);
    (losses * weights).mean()
}

/// The quantiles of a batch in units, `[rows, levels]`.
fn quantiles(
    tensors: &[Tensor<2>],
    shape: Shape,
    normal: &Normal,
    rows: &Rows,
    device: &Device,
) -> Tensor<2> {
    let mut inputs = rows.inputs.clone();
    inputs.chunks_mut(INPUTS).for_each(|row| normal.apply(row));
    let inputs = matrix(inputs, [rows.count, INPUTS], device);
    let mut next = tensors.iter().cloned();
    let mut take = || next.next().unwrap_or_else(|| Tensor::zeros([1, 1], device));
    let mut state = inputs.clone().matmul(take()) + take();
    for _ in 0..shape.blocks {
        let normed = normalise(state.clone(), take(), take());
        let inner = activation::silu(normed.matmul(take()) + take());
        state = state + inner.matmul(take()) + take();
    }
    let normed = normalise(state, take(), take());
    of_outputs(normed.matmul(take()) + take() + inputs.matmul(take()), rows, device)
}

/// The quantiles that the outputs of a batch mean.
fn of_outputs(outputs: Tensor<2>, rows: &Rows, device: &Device) -> Tensor<2> {
    debug_assert_eq!(outputs.dims(), [rows.count, OUTPUTS]);
    let scores =
        outputs.clone().narrow(1, 0, ANCHORS) + matrix(rows.mask.clone(), [rows.count, ANCHORS], device);
    let anchors = matrix(rows.anchors.clone(), [rows.count, ANCHORS], device);
    let weighted = (activation::softmax(scores, 1) * anchors).sum_dim(1);
    let median = weighted + outputs.clone().narrow(1, ANCHORS, 1);
    let gaps = activation::softplus(outputs.narrow(1, ANCHORS + 1, LEVELS.len() - 1), 1.0);
    median + gaps.matmul(matrix(ladder(), [LEVELS.len() - 1, LEVELS.len()], device))
}

/// Layer norm of each row.
fn normalise(rows: Tensor<2>, gain: Tensor<2>, bias: Tensor<2>) -> Tensor<2> {
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + EPSILON).sqrt() * gain + bias
}

/// The matrix that adds the gaps up, away from the median.
fn ladder() -> Vec<f32> {
    let cell = |gap: usize, level: usize| match gap < MEDIAN {
        true => -f32::from(u8::from(level <= gap)),
        false => f32::from(u8::from(level > gap)),
    };
    (0..LEVELS.len() - 1).flat_map(|gap| (0..LEVELS.len()).map(move |level| cell(gap, level))).collect()
}

#[test]
fn inference_and_tensors_say_the_same() {
    let (rows, net, device) = (of_recorded(&recorded(), 140), small(), Device::flex());
    let tensors = tensors(net.shape, &net.parameters, &device);
    let predicted = numbers(quantiles(&tensors, net.shape, &net.normal, &rows, &device));
    let plain = Inference::new(&net).quantiles(&rows.rows());
    for (one, other) in predicted.chunks(LEVELS.len()).zip(&plain) {
        let near = one.iter().zip(other).all(|(a, b)| (a - b).abs() < 2e-3 * (1.0 + b.abs()));
        assert!(near, "{one:?} {other:?}");
    }
    assert_eq!(plain.len(), rows.count);
}

#[test]
fn loss_and_gradient_are_those_of_the_tensors() {
    let recorded = recorded();
    for (hidden, each) in [(7, 8), (16, 100), (33, 140)] {
        let net = sized(hidden);
        let rows = of_recorded(&recorded, each);
        let (loss, gradient) = gradient(&net, &rows);
        let mut backprop = Backprop::new(net.shape);
        let _ = backprop.gradient(&sized(hidden), &of_recorded(&recorded, 3));
        let (own, predicted) = backprop.gradient(&net, &rows);
        assert!((loss - own).abs() < 1e-4 * loss.abs(), "{hidden}: {own}, not {loss}");
        assert_eq!(predicted.len(), gradient.len());
        let size = gradient.iter().fold(0.0f32, |most, g| most.max(g.abs()));
        for (place, (a, b)) in gradient.iter().zip(predicted).enumerate() {
            assert!((a - b).abs() < 1e-3 * size, "{hidden}, {place}: {b}, not {a}");
        }
        let mean = backprop.mean_loss(&net, &rows);
        assert!((mean - f64::from(own)).abs() < 1e-6 * mean, "{mean}, not {own}");
    }
}
