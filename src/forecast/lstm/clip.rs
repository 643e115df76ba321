//! Clipping of gradients by their common norm.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

use super::{loss::scalar, net::Net};

/// Scales all gradients by one factor so that their common Euclidean norm is at most `most`, as PyTorch's
/// `clip_grad_norm_` does; burn's own clipping looks at each tensor alone.
pub(super) fn clip_global_norm(net: &Net, grads: &mut GradientsParams, most: f64) {
    let mut norm = SquaredNorm { grads, sum: 0.0 };
    net.visit(&mut norm);
    let norm = norm.sum.sqrt();
    if norm > most {
        net.visit(&mut Rescale { grads, factor: most / (norm + 1e-6) });
    }
}

/// Adds up the squares of all gradients.
pub(super) struct SquaredNorm<'a> {
    /// Of one backward pass.
    pub grads: &'a GradientsParams,
    /// So far.
    pub sum: f64,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            self.sum += f64::from(scalar(grad.square().sum()));
        }
    }
}

struct Rescale<'a> {
    grads: &'a mut GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Rescale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.remove::<D>(param.id) {
            self.grads.register(param.id, grad.mul_scalar(self.factor));
        }
    }
}
