//! The bridge between burn and the fused [`kernel`](super::kernel).
//!
//! burn holds the parameters. Before a batch they are copied into the kernel; what the kernel makes of the
//! windows enters burn's graph as a leaf, the loss is differentiated down to it, and the kernel takes its
//! gradient further to the recurrent parameters. On a back end that is not fused, burn's own layers do all of
//! it.

use std::borrow::Cow;

use burn::{
    module::Param,
    nn::{GateController, Lstm},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::{
    Backend,
    batch::Batch,
    kernel::{Fused, GATES, Grads, KernelWeights, Sizes},
    loss::{LossFunction, scalar},
    net::{Net, NetShape},
};

/// Who runs the recurrent layers while training.
#[derive(Debug)]
pub(super) enum Recurrent {
    /// The kernel, in so many parts side by side.
    Fused(Box<Fused>, usize),
    /// burn's `Lstm`.
    Stock,
}

impl Recurrent {
    /// What suits `backend`; a fused batch is split into `shards`.
    pub fn new(backend: Backend, shape: &NetShape, shards: usize) -> Recurrent {
        if backend.is_fused() {
            Recurrent::Fused(Box::new(Fused::new(sizes(shape), shards)), shards)
        } else {
            Recurrent::Stock
        }
    }

    /// Mean loss of a batch and its gradients; with `dropping`, activations are dropped by its numbers.
    pub fn learn(
        &mut self,
        net: &Net,
        batch: Batch<'_>,
        loss: LossFunction,
        mut dropping: Option<&mut Pcg64Mcg>,
    ) -> (f64, GradientsParams) {
        let context = batch.context.clone();
        let Recurrent::Fused(fused, shards) = self else {
            let out = net.forward(batch.input(), context, dropping);
            let value = batch.loss(loss, out);
            let predicted = f64::from(scalar(value.clone()));
            return (predicted, GradientsParams::from_grads(value.backward(), net));
        };
        fill(net, &mut fused.weights);
        fused.weights.transpose();
        // One number whatever the shards, and none where nothing is dropped, so that the order of batches
        // stays the same.
        let random = dropping.as_deref_mut().filter(|_| fused.weights.sizes.dropout > 0.0);
        let seeds: Option<Vec<u64>> = random.map(|rng| {
            let first = rng.next_u64();
            (0..*shards as u64).map(|shard| first.wrapping_add(shard)).collect()
        });
        let leaf = batch.summary(fused.forward(&batch.windows, seeds.as_deref())).require_grad();
        let value = batch.loss(loss, net.head(leaf.clone(), context, &mut dropping));
        let predicted = f64::from(scalar(value.clone()));
        let grads = value.backward();
        let of_leaf = leaf.grad(&grads).map(Tensor::into_data);
        let mut params = GradientsParams::from_grads(grads, net);
        if let Some(grads) = of_leaf.and_then(|data| fused.backward(&floats(&data))) {
            register(net, grads, &mut params);
        }
        (predicted, params)
    }
}

/// The recurrent weights of `net`, ready for inference.
pub(super) fn weights(net: &Net, shape: &NetShape) -> KernelWeights {
    let mut weights = KernelWeights::new(sizes(shape));
    fill(net, &mut weights);
    weights
}

fn sizes(shape: &NetShape) -> Sizes {
    Sizes {
        window: shape.window,
        features: shape.features,
        hidden: shape.hidden,
        layers: shape.layers,
        attention: shape.attention,
        dropout: shape.dropout,
    }
}

fn gates(lstm: &Lstm) -> [Option<&GateController>; GATES] {
    [Some(&lstm.input_gate), lstm.forget_gate.as_ref(), Some(&lstm.cell_gate), Some(&lstm.output_gate)]
}

fn floats(data: &TensorData) -> Cow<'_, [f32]> {
    data.as_slice().map_or_else(|_| data.iter::<f32>().collect(), Cow::Borrowed)
}

fn data<const D: usize>(param: &Param<Tensor<D>>) -> TensorData {
    param.val().into_data()
}

/// A bias, or nothing, which counts as zeros.
fn bias(param: Option<&Param<Tensor<1>>>, size: usize) -> TensorData {
    param.map_or_else(|| TensorData::new(vec![0.0f32; size], [size]), data)
}

fn fill(net: &Net, weights: &mut KernelWeights) {
    let size = weights.sizes.hidden;
    for (layer, lstm) in net.lstms.iter().enumerate() {
        for (gate, own) in gates(lstm).into_iter().enumerate() {
            let Some(GateController { input_transform: input, hidden_transform: hidden }) = own else {
                continue;
            };
            let biases = [&input.bias, &hidden.bias].map(|of| bias(of.as_ref(), size));
            let [first, second] = biases.each_ref().map(floats);
            let (input, hidden) = (data(&input.weight), data(&hidden.weight));
            weights.set_gate((layer, gate), &floats(&input), &floats(&hidden), [&first, &second]);
        }
    }
    if let Some(score) = &net.attention {
        let bias = floats(&bias(score.bias.as_ref(), 1)).first().copied().unwrap_or(0.0);
        weights.set_score(&floats(&data(&score.weight)), bias);
    }
}

/// Puts the recurrent gradients among burn's.
fn register(net: &Net, grads: &Grads, to: &mut GradientsParams) {
    let mut put = GradientWriter { to };
    for (layer, lstm) in net.lstms.iter().enumerate() {
        for (gate, own) in gates(lstm).into_iter().enumerate() {
            let Some(GateController { input_transform, hidden_transform }) = own else { continue };
            let (input, hidden, bias) = grads.gate(layer, gate);
            put.one(&input_transform.weight, input);
            put.one(&hidden_transform.weight, hidden);
            // Both biases are added to the same sum.
            for of in [&input_transform.bias, &hidden_transform.bias].into_iter().flatten() {
                put.one(of, bias.clone());
            }
        }
    }
    if let Some(score) = &net.attention {
        let (weights, bias) = grads.score();
        put.one(&score.weight, weights);
        if let Some(of) = &score.bias {
            put.one(of, vec![bias]);
        }
    }
}

struct GradientWriter<'a> {
    to: &'a mut GradientsParams,
}

impl GradientWriter<'_> {
    fn one<const D: usize>(&mut self, param: &Param<Tensor<D>>, grad: Vec<f32>) {
        let device: Device = param.val().device().inner();
        let grad = Tensor::<D>::from_data(TensorData::new(grad, param.val().shape()), &device);
        self.to.register(param.id, grad);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::lstm::batch::Examples;
    use burn::module::{Module, ModuleVisitor};
    use rand::SeedableRng;

    struct Collect<'a>(&'a GradientsParams, Vec<Vec<f32>>);

    impl ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let grad = self.0.get::<D>(param.id).expect("every parameter has a gradient");
            assert_eq!(grad.dims(), param.val().dims());
            self.1.push(grad.into_data().iter::<f32>().collect());
        }
    }

    fn shape(window: usize, features: usize, hidden: usize, layers: usize, attention: bool) -> NetShape {
        let (context, skip) = if attention { (3, true) } else { (0, false) };
        NetShape {
            window,
            features,
            context,
            hidden,
            layers,
            dense: vec![6],
            outputs: 2,
            dropout: 0.4,
            attention,
            skip,
        }
    }

    fn examples(shape: &NetShape, count: usize) -> Examples {
        let wave = |size: usize, speed: f32| (0..count * size).map(|i| (i as f32 * speed).sin()).collect();
        Examples {
            count,
            inputs: wave(shape.window * shape.features, 0.7),
            context: wave(shape.context, 0.3),
            targets: wave(2, 0.9),
            weights: vec![1.0; count * 2],
        }
    }

    fn learn(
        recurrent: &mut Recurrent,
        net: &Net,
        (shape, device): (&NetShape, &Device),
        count: usize,
        dropping: Option<&mut Pcg64Mcg>,
    ) -> (f64, Vec<Vec<f32>>) {
        let (examples, chosen) = (examples(shape, count), (0..count).collect::<Vec<_>>());
        let batch = Batch::gather(&examples, &chosen, shape, device);
        let (loss, grads) = recurrent.learn(net, batch, LossFunction::Squared, dropping);
        let mut collect = Collect(&grads, Vec::new());
        net.visit(&mut collect);
        (loss, collect.1)
    }

    fn fused(shape: &NetShape, shards: usize) -> Recurrent {
        Recurrent::Fused(Box::new(Fused::new(sizes(shape), shards)), shards)
    }

    #[test]
    fn the_kernel_agrees_with_burns_layers_and_their_gradients() {
        let shapes = [
            (shape(1, 1, 1, 1, false), 1),
            (shape(5, 4, 16, 1, false), 3),
            (shape(7, 3, 20, 3, false), 17),
            (shape(4, 16, 33, 2, true), 9),
            (shape(6, 5, 8, 1, true), 30),
        ];
        for ((shape, count), backend) in
            shapes.iter().flat_map(|s| [(s, Backend::Flex), (s, Backend::Ndarray)])
        {
            let device = backend.device().autodiff();
            let net = Net::new(shape, 3, &device);
            let (loss, expected) = learn(&mut Recurrent::Stock, &net, (shape, &device), *count, None);
            for shards in [1, 2, 4] {
                let (predicted, grads) =
                    learn(&mut fused(shape, shards), &net, (shape, &device), *count, None);
                assert!((loss - predicted).abs() < 1e-5, "{predicted} against {loss} of {shape:?}");
                assert_eq!(grads.len(), expected.len());
                for (a, b) in grads.iter().flatten().zip(expected.iter().flatten()) {
                    assert!((a - b).abs() < 1e-5, "{a} against {b} of {shape:?}, {}", backend.name());
                }
            }
        }
    }

    #[test]
    fn a_kernel_keeps_nothing_of_the_batch_before() {
        let (shape, device) = (shape(5, 4, 20, 2, true), Backend::Flex.device().autodiff());
        let net = Net::new(&shape, 3, &device);
        let mut used = fused(&shape, 2);
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        learn(&mut used, &net, (&shape, &device), 31, Some(&mut rng));
        let fresh = learn(&mut fused(&shape, 2), &net, (&shape, &device), 13, None);
        assert_eq!(learn(&mut used, &net, (&shape, &device), 13, None), fresh);
    }

    #[test]
    fn dropout_is_drawn_from_the_seed_alone() {
        let (shape, device) = (shape(5, 4, 20, 2, false), Backend::Flex.device().autodiff());
        let net = Net::new(&shape, 3, &device);
        let predicted = |seed: u64| {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            learn(&mut fused(&shape, 2), &net, (&shape, &device), 24, Some(&mut rng))
        };
        assert_eq!(predicted(1), predicted(1));
        assert_ne!(predicted(1), predicted(2));
    }
}
