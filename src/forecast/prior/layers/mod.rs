//! The layers that the net is made of, on panels, forwards and backwards.
//!
//! [`linear`] is a product, [`norm`] the layer norm, [`swish`] the function of each number. Forwards, [`Inference`] and training are the
//! same; what the way back needs is kept only where it is asked for. A row gives the same alone as among others.
//!
//! [`Inference`]: super::inference::Inference

pub(super) mod linear;
pub(super) mod norm;
pub(super) mod swish;

use self::{
    linear::{Linear, product},
    norm::Norm,
};
use super::{
    features::INPUTS,
    net::{OUTPUTS, Shape},
};
use crate::forecast::matrix::{
    multiply::Start,
    panel::{PanelRow, Panels, WIDTH},
    transposed::add_transposed,
};

/// All but the head.
#[derive(Debug)]
pub(super) struct Trunk {
    /// From the inputs to the state.
    pub entry: Linear,
    /// What is added to the state, one after the other.
    pub blocks: Vec<Block>,
    /// Before the head.
    pub norm: Norm,
}

/// Adds to the state what two layers make of it.
#[derive(Debug)]
pub(super) struct Block {
    /// Before the layers.
    pub norm: Norm,
    /// Before the function.
    pub first: Linear,
    /// After it.
    pub second: Linear,
}

/// From the state and the inputs to the outputs.
#[derive(Debug)]
pub(super) struct Head {
    /// From the state.
    pub linear: Linear,
    /// From the inputs to the outputs, past everything else.
    direct: Panels,
    hidden: usize,
}

/// A list of parameters, or of gradients, from which one tensor after the other is taken.
pub(super) struct Parameters<'a>(pub &'a [f32]);

impl Parameters<'_> {
    fn take(&mut self, count: usize) -> &[f32] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// A net's trunk.
    pub fn trunk(&mut self, shape: Shape) -> Trunk {
        let mut trunk = Trunk::zeros(shape, |rows| rows);
        trunk.set(shape.hidden, self);
        trunk
    }

    /// A net's head.
    pub fn head(&mut self, hidden: usize) -> Head {
        let mut head = Head::zeros(hidden, |rows| rows);
        head.set(self);
        head
    }
}

/// As many rows as the products write that make gradients of `rows`.
pub(super) fn rows_of_gradient(rows: usize) -> usize {
    rows.next_multiple_of(WIDTH)
}

impl Trunk {
    /// Zeros; matrices have `rows` of the rows that the parameters have.
    pub fn zeros(Shape { hidden, blocks }: Shape, rows: fn(usize) -> usize) -> Trunk {
        let square = || Linear::zeros(rows(hidden), hidden);
        let block = |_| Block { norm: Norm::zeros(hidden), first: square(), second: square() };
        Trunk {
            entry: Linear::zeros(rows(INPUTS), hidden),
            blocks: (0..blocks).map(block).collect(),
            norm: Norm::zeros(hidden),
        }
    }

    /// Takes its numbers from a list.
    pub fn set(&mut self, hidden: usize, from: &mut Parameters<'_>) {
        self.entry.set(INPUTS, from);
        for Block { norm, first, second } in &mut self.blocks {
            norm.set(hidden, from);
            first.set(hidden, from);
            second.set(hidden, from);
        }
        self.norm.set(hidden, from);
    }

    /// Makes all numbers zero.
    pub fn clear(&mut self) {
        self.entry.clear();
        for Block { norm, first, second } in &mut self.blocks {
            norm.clear();
            first.clear();
            second.clear();
        }
        self.norm.clear();
    }

    /// Appends its numbers to a list.
    pub fn append_to(&self, hidden: usize, list: &mut Vec<f32>) {
        self.entry.append_to(INPUTS, list);
        for Block { norm, first, second } in &self.blocks {
            norm.append_to(hidden, list);
            first.append_to(hidden, list);
            second.append_to(hidden, list);
        }
        self.norm.append_to(hidden, list);
    }
}

impl Head {
    /// As [`Trunk::zeros`].
    pub fn zeros(hidden: usize, rows: fn(usize) -> usize) -> Head {
        Head {
            linear: Linear::zeros(rows(hidden), OUTPUTS),
            direct: Panels::new(rows(INPUTS), OUTPUTS),
            hidden,
        }
    }

    /// Takes its numbers from a list.
    pub fn set(&mut self, from: &mut Parameters<'_>) {
        self.linear.set(self.hidden, from);
        self.direct.fill(from.take(INPUTS * OUTPUTS));
    }

    /// Makes all numbers zero.
    pub fn clear(&mut self) {
        self.linear.clear();
        self.direct.all_mut().fill(PanelRow::ZERO);
    }

    /// Makes `to` the outputs for rows of states and of normalised inputs.
    pub fn apply(&self, (normed, inputs): (&Panels, &Panels), to: &mut Panels) {
        let start = Start::Bias(&self.linear.bias);
        product([(normed, &self.linear.weights), (inputs, &self.direct)], start, to);
    }

    /// Adds to this gradient that of a head whose outputs for these states and inputs have the gradient `grad`.
    pub fn add_gradient(&mut self, (normed, inputs): (&Panels, &Panels), grad: &Panels) {
        self.linear.add_gradient(normed, grad);
        add_transposed((inputs, 0), (grad, 0), grad.rows(), &mut self.direct);
    }

    /// Appends its numbers to a list.
    pub fn append_to(&self, list: &mut Vec<f32>) {
        self.linear.append_to(self.hidden, list);
        self.direct.append_to(INPUTS, list);
    }
}
