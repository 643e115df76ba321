//! Loss and gradient of a net for a batch: the net forwards and backwards, some rows at a time.

use super::{loss::add_up, rows::Rows};
use crate::forecast::{
    matrix::{
        multiply::Start,
        panel::{PanelRow, Panels},
    },
    prior::{
        features::INPUTS,
        layers::{
            Head, Parameters, Trunk,
            linear::product,
            norm::Moments,
            rows_of_gradient,
            swish::{multiply, swish_and_slope},
        },
        net::{Net, Normal, OUTPUTS, Shape},
    },
};

/// Rows that go through at once: what is kept of them stays in the cache.
const AT_ONCE: usize = 128;

/// Memory for some rows, used again for the next ones.
struct Pass {
    /// Normalised.
    inputs: Panels,
    /// Before each block, and after the last one.
    states: Vec<Kept>,
    /// Within each block: the slopes of its function, and what that made.
    inner: Vec<(Panels, Panels)>,
    outputs: Panels,
    /// Gradients of the outputs, of the state, of its norm, and of what is within a block.
    outputs_grad: Panels,
    state_grad: Panels,
    normed_grad: Panels,
    inner_grad: Panels,
}

/// A state, and its norm.
struct Kept {
    state: Panels,
    normed: Panels,
    moments: Vec<Moments>,
}

/// A net as matrices, and those that stand transposed on the way back.
struct Layers {
    trunk: Trunk,
    head: Head,
    /// Of each block, the first and the second.
    blocks_t: Vec<(Panels, Panels)>,
    head_t: Panels,
}

/// Memory for losses and gradients of nets of one shape.
pub(super) struct Backprop {
    shape: Shape,
    layers: Layers,
    grads: (Trunk, Head),
    pass: Pass,
    list: Vec<f32>,
}

impl Backprop {
    /// For nets of `shape`.
    pub fn new(shape: Shape) -> Backprop {
        let grads = (Trunk::zeros(shape, rows_of_gradient), Head::zeros(shape.hidden, rows_of_gradient));
        Backprop { shape, layers: Layers::new(shape), grads, pass: Pass::new(shape), list: Vec::new() }
    }

    /// Mean loss of `net` and gradient of the parameters for a batch, in the order of their list.
    pub fn gradient(&mut self, net: &Net, rows: &Rows) -> (f32, &[f32]) {
        let Backprop { shape, layers, grads, pass, list } = self;
        layers.set(net);
        grads.0.clear();
        grads.1.clear();
        let mut sum = 0.0;
        for first in (0..rows.count).step_by(AT_ONCE) {
            sum += pass.forward(layers, &net.normal, (rows, first));
            pass.backward(layers, grads);
        }
        list.clear();
        grads.0.append_to(shape.hidden, list);
        grads.1.append_to(list);
        ((sum / rows.count.max(1) as f64) as f32, list)
    }

    /// The mean loss of `net` for all rows.
    pub fn mean_loss(&mut self, net: &Net, rows: &Rows) -> f64 {
        self.layers.set(net);
        let starts = (0..rows.count).step_by(AT_ONCE);
        let sum: f64 = starts.map(|first| self.pass.forward(&self.layers, &net.normal, (rows, first))).sum();
        sum / rows.count.max(1) as f64
    }
}

impl Layers {
    fn new(shape: Shape) -> Layers {
        let Shape { hidden, blocks } = shape;
        let square = || Panels::new(hidden, hidden);
        Layers {
            trunk: Trunk::zeros(shape, |rows| rows),
            head: Head::zeros(hidden, |rows| rows),
            blocks_t: (0..blocks).map(|_| (square(), square())).collect(),
            head_t: Panels::new(OUTPUTS, hidden),
        }
    }

    fn set(&mut self, net: &Net) {
        let mut left = Parameters(&net.parameters);
        self.trunk.set(net.shape.hidden, &mut left);
        self.head.set(&mut left);
        for (block, (first, second)) in self.trunk.blocks.iter().zip(&mut self.blocks_t) {
            block.first.weights.transpose_into(first);
            block.second.weights.transpose_into(second);
        }
        self.head.linear.weights.transpose_into(&mut self.head_t);
    }
}

impl Pass {
    fn new(Shape { hidden, blocks }: Shape) -> Pass {
        let state = || Panels::new(0, hidden);
        let kept = |_| Kept { state: state(), normed: state(), moments: Vec::new() };
        let (outputs, outputs_grad) = (Panels::new(0, OUTPUTS), Panels::new(0, OUTPUTS));
        Pass {
            inputs: Panels::new(0, INPUTS),
            states: (0..=blocks).map(kept).collect(),
            inner: (0..blocks).map(|_| (state(), state())).collect(),
            outputs,
            outputs_grad,
            state_grad: state(),
            normed_grad: state(),
            inner_grad: state(),
        }
    }

    fn set_rows(&mut self, rows: usize) {
        let states = self.states.iter_mut().flat_map(|kept| [&mut kept.state, &mut kept.normed]);
        let inner = self.inner.iter_mut().flat_map(|(slopes, made)| [slopes, made]);
        let others = [&mut self.outputs, &mut self.outputs_grad];
        let grads = [&mut self.state_grad, &mut self.normed_grad, &mut self.inner_grad];
        states.chain(inner).chain(others).chain(grads).for_each(|panels| panels.set_rows(rows));
    }

    /// The sum of the losses of some rows from `first` on; keeps what the way back needs.
    fn forward(&mut self, layers: &Layers, normal: &Normal, (rows, first): (&Rows, usize)) -> f64 {
        let until = rows.count.min(first + AT_ONCE);
        self.set_rows(until - first);
        let inputs = rows.inputs[first * INPUTS..until * INPUTS].chunks_exact(INPUTS);
        normal.fill(inputs, &mut self.inputs);
        let (Layers { trunk, head, .. }, inputs) = (layers, &self.inputs);
        trunk.entry.apply(inputs, &mut self.states[0].state);
        for (index, (block, (slopes, made))) in trunk.blocks.iter().zip(&mut self.inner).enumerate() {
            let (before, after) = self.states.split_at_mut(index + 1);
            let Kept { state, normed, moments } = &mut before[index];
            block.norm.apply(state, normed, moments);
            block.first.apply(normed, slopes);
            swish_and_slope(slopes.all_mut(), made.all_mut());
            after[0].state.all_mut().copy_from_slice(state.all());
            block.second.add(made, &mut after[0].state);
        }
        let Kept { state, normed, moments } = &mut self.states[trunk.blocks.len()];
        trunk.norm.apply(state, normed, moments);
        head.apply((normed, inputs), &mut self.outputs);
        add_up(&self.outputs, (rows, first), 1.0 / rows.count as f32, &mut self.outputs_grad)
    }

    /// Adds the gradients of the rows that went forwards.
    fn backward(&mut self, layers: &Layers, (trunk, head): &mut (Trunk, Head)) {
        let Pass { inputs, states, inner, outputs_grad, state_grad, normed_grad, inner_grad, .. } = self;
        let Layers { trunk: of, blocks_t, head_t, .. } = layers;
        let last = &states[inner.len()];
        head.add_gradient((&last.normed, inputs), outputs_grad);
        product([(&*outputs_grad, head_t)], Start::Zero, normed_grad);
        state_grad.all_mut().fill(PanelRow::ZERO);
        of.norm.back((&last.state, &last.moments), normed_grad, state_grad, &mut trunk.norm);
        for (index, (slopes, made)) in inner.iter().enumerate().rev() {
            let (block, grads, kept) = (&of.blocks[index], &mut trunk.blocks[index], &states[index]);
            let (first_t, second_t) = &blocks_t[index];
            grads.second.add_gradient(made, state_grad);
            product([(&*state_grad, second_t)], Start::Zero, inner_grad);
            multiply(inner_grad.all_mut(), slopes.all());
            grads.first.add_gradient(&kept.normed, inner_grad);
            product([(&*inner_grad, first_t)], Start::Zero, normed_grad);
            block.norm.back((&kept.state, &kept.moments), normed_grad, state_grad, &mut grads.norm);
        }
        trunk.entry.add_gradient(inputs, state_grad);
    }
}
