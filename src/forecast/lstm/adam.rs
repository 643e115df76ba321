//! Adam in one pass over each parameter; as tensor operations it takes a dozen.

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};

use super::net::Net;

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// First and second moments of every gradient, in the order of the network's parameters.
#[derive(Debug, Default)]
pub(super) struct Adam {
    steps: i32,
    moments: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Adam {
    /// `net` after one step of `rate` against `grads`; a parameter without a gradient stays as it is. Bias
    /// corrections, β₁ = 0.9, β₂ = 0.999 and ε = 1e-8 are those of Kingma and Ba and of PyTorch.
    pub fn step(&mut self, rate: f64, net: Net, grads: GradientsParams) -> Net {
        self.steps += 1;
        let correction = (1.0 - SECOND.powi(self.steps)).sqrt();
        let scale = rate as f32 * correction / (1.0 - FIRST.powi(self.steps));
        net.map(&mut Pass { adam: self, grads, next: 0, scale, epsilon: EPSILON * correction })
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
        if self.adam.moments.len() <= index {
            let size = param.lazy_shape().num_elements();
            self.adam.moments.push((vec![0.0; size], vec![0.0; size]));
        }
        let Some(grad) = self.grads.remove::<D>(param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, device) = (tensor.shape(), tensor.device());
        let mut values = numbers(tensor);
        let (first, second) = &mut self.adam.moments[index];
        let moments = first.iter_mut().zip(second);
        for ((value, grad), (first, second)) in values.iter_mut().zip(numbers(grad)).zip(moments) {
            *first = FIRST * *first + (1.0 - FIRST) * grad;
            *second = SECOND * *second + (1.0 - SECOND) * grad * grad;
            *value -= self.scale * *first / (second.sqrt() + self.epsilon);
        }
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        let tensor = if device.is_autodiff() { tensor.require_grad() } else { tensor };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    data.as_slice().map_or_else(|_| data.iter::<f32>().collect(), <[f32]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::lstm::{Backend, net::Shape};
    use burn::{module::ModuleVisitor, optim::AdamConfig};

    struct Made<'a>(&'a mut GradientsParams, usize);

    impl ModuleVisitor for Made<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1 += 1;
            let (shape, device) = (param.val().shape(), param.val().device().inner());
            let wave = (0..shape.num_elements()).map(|i| ((i * self.1) as f32 * 0.37).sin());
            let values: Vec<f32> = wave.collect();
            self.0.register(param.id, Tensor::<D>::from_data(TensorData::new(values, shape), &device));
        }
    }

    struct Values(Vec<f32>);

    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            assert!(param.val().is_require_grad());
            self.0.extend(numbers(param.val()));
        }
    }

    #[test]
    fn it_is_burns_adam() {
        let shape = Shape {
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
        };
        for backend in [Backend::Flex, Backend::Ndarray] {
            let net = Net::new(&shape, 1, &backend.device().autodiff());
            let (mut own, mut theirs) = (net.clone(), net);
            let (mut adam, mut oracle) = (Adam::default(), AdamConfig::new().with_epsilon(1e-8).init());
            for step in 0..5 {
                let grads = || {
                    let mut grads = GradientsParams::new();
                    own.visit(&mut Made(&mut grads, step));
                    grads
                };
                let (one, other) = (grads(), grads());
                own = adam.step(0.01, own, one);
                theirs = oracle.step(0.01, theirs, other);
            }
            let (mut a, mut b) = (Values(vec![]), Values(vec![]));
            own.visit(&mut a);
            theirs.visit(&mut b);
            assert!(a.0.iter().zip(&b.0).all(|(a, b)| (a - b).abs() < 1e-6), "{}", backend.name());
        }
    }
}
