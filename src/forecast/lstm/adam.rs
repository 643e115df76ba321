//! Adam in one pass over each parameter; as tensor operations it takes a dozen passes. It also keeps the mean
//! of the newest weights, which depends less on single batches than the last weights do (Polyak and Juditsky,
//! 1992).

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};

use super::net::Net;

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// State of each parameter, in the network's order.
#[derive(Debug)]
pub(super) struct Adam {
    steps: i32,
    span: f32,
    kept: Vec<ParameterMoments>,
}

/// Moments of the gradients of one parameter, and the mean of its newest values.
#[derive(Debug)]
struct ParameterMoments {
    first: Vec<f32>,
    second: Vec<f32>,
    mean: Vec<f32>,
}

impl ParameterMoments {
    fn new(values: Vec<f32>) -> ParameterMoments {
        let zeros = vec![0.0; values.len()];
        ParameterMoments { first: zeros.clone(), second: zeros, mean: values }
    }
}

impl Adam {
    /// An optimiser whose means reach back about `span` steps; with 1 they are the newest weights.
    pub fn new(span: usize) -> Adam {
        Adam { steps: 0, span: span.max(1) as f32, kept: Vec::new() }
    }

    /// `net` after one step of `rate` against `grads`; a parameter without a gradient stays as it is. Bias
    /// corrections, β₁ = 0.9, β₂ = 0.999 and ε = 1e-8 are those of Kingma and Ba and of PyTorch.
    pub fn step(&mut self, rate: f64, net: Net, grads: GradientsParams) -> Net {
        self.steps += 1;
        let correction = (1.0 - SECOND.powi(self.steps)).sqrt();
        let scale = rate as f32 * correction / (1.0 - FIRST.powi(self.steps));
        net.map(&mut Pass { adam: self, grads, next: 0, scale, epsilon: EPSILON * correction })
    }

    /// `net` with the means of its weights; as it is before the first step.
    pub fn mean_of(&self, net: Net) -> Net {
        if self.kept.is_empty() { net } else { net.map(&mut Means(self.kept.iter())) }
    }
}

struct Pass<'a> {
    adam: &'a mut Adam,
    grads: GradientsParams,
    next: usize,
    scale: f32,
    epsilon: f32,
}

impl ModuleMapper for Pass<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let index = self.next;
        self.next += 1;
        if self.adam.kept.len() <= index {
            self.adam.kept.push(ParameterMoments::new(numbers(param.val())));
        }
        let Some(grad) = self.grads.remove::<D>(param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, device) = (tensor.shape(), tensor.device());
        let mut values = numbers(tensor);
        let share = 1.0 / self.adam.span.min(self.adam.steps as f32);
        let ParameterMoments { first, second, mean } = &mut self.adam.kept[index];
        let kept = first.iter_mut().zip(second).zip(mean);
        for ((value, grad), ((first, second), mean)) in values.iter_mut().zip(numbers(grad)).zip(kept) {
            *first = FIRST * *first + (1.0 - FIRST) * grad;
            *second = SECOND * *second + (1.0 - SECOND) * grad * grad;
            *value -= self.scale * *first / (second.sqrt() + self.epsilon);
            *mean += share * (*value - *mean);
        }
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        let tensor = if device.is_autodiff() { tensor.require_grad() } else { tensor };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

struct Means<'a>(std::slice::Iter<'a, ParameterMoments>);

impl ModuleMapper for Means<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(kept) = self.0.next() else { return param };
        let (id, tensor, mapper) = param.consume();
        let data = TensorData::new(kept.mean.clone(), tensor.shape());
        Param::from_mapped_value(id, Tensor::from_data(data, &tensor.device()), mapper)
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    data.as_slice().map_or_else(|_| data.iter::<f32>().collect(), <[f32]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::lstm::{Backend, net::NetShape};
    use burn::{module::ModuleVisitor, optim::AdamConfig};

    struct SyntheticGradients<'a>(&'a mut GradientsParams, usize);

    impl ModuleVisitor for SyntheticGradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1 += 1;
            let (shape, device) = (param.val().shape(), param.val().device().inner());
            let wave = (0..shape.num_elements()).map(|i| ((i * self.1) as f32 * 0.37).sin());
            let values: Vec<f32> = wave.collect();
            self.0.register(param.id, Tensor::<D>::from_data(TensorData::new(values, shape), &device));
        }
    }

    struct ParameterValues(Vec<f32>);

    impl ModuleVisitor for ParameterValues {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            assert!(param.val().is_require_grad());
            self.0.extend(numbers(param.val()));
        }
    }

    fn values(net: &Net) -> Vec<f32> {
        struct All(Vec<f32>);
        impl ModuleVisitor for All {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.extend(numbers(param.val()));
            }
        }
        let mut all = All(vec![]);
        net.visit(&mut all);
        all.0
    }

    fn small() -> NetShape {
        NetShape {
            window: 2,
            features: 3,
            context: 0,
            hidden: 5,
            layers: 1,
            dense: vec![4],
            outputs: 1,
            dropout: 0.0,
            attention: false,
            skip: false,
        }
    }

    #[test]
    fn it_is_burns_adam() {
        let shape = small();
        for backend in [Backend::Flex, Backend::Ndarray] {
            let net = Net::new(&shape, 1, &backend.device().autodiff());
            let (mut own, mut theirs) = (net.clone(), net);
            let (mut adam, mut oracle) = (Adam::new(1), AdamConfig::new().with_epsilon(1e-8).init());
            for step in 0..5 {
                let grads = || {
                    let mut grads = GradientsParams::new();
                    own.visit(&mut SyntheticGradients(&mut grads, step));
                    grads
                };
                let (one, other) = (grads(), grads());
                own = adam.step(0.01, own, one);
                theirs = oracle.step(0.01, theirs, other);
            }
            let (mut a, mut b) = (ParameterValues(vec![]), ParameterValues(vec![]));
            own.visit(&mut a);
            theirs.visit(&mut b);
            assert!(a.0.iter().zip(&b.0).all(|(a, b)| (a - b).abs() < 1e-6), "{}", backend.name());
        }
    }

    #[test]
    fn the_mean_is_that_of_the_newest_steps() {
        let net = Net::new(&small(), 1, &Backend::Flex.device().autodiff());
        let mut adam = Adam::new(4);
        let before = values(&adam.mean_of(net.clone()));
        assert_eq!(before, values(&net), "nothing was learned yet");
        let (mut net, mut predicted) = (net, before.clone());
        for step in 1..=9 {
            let mut grads = GradientsParams::new();
            net.visit(&mut SyntheticGradients(&mut grads, step));
            net = adam.step(0.01, net, grads);
            let share = 1.0 / step.min(4) as f32;
            predicted.iter_mut().zip(values(&net)).for_each(|(mean, value)| *mean += share * (value - *mean));
        }
        let mean = values(&adam.mean_of(net.clone()));
        assert!(mean.iter().zip(&predicted).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(mean.iter().zip(values(&net)).any(|(a, b)| (a - b).abs() > 1e-3));
        let newest = Adam::new(1);
        assert_eq!(values(&newest.mean_of(net.clone())), values(&net));
    }
}
