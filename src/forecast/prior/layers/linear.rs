//! A linear layer.

use pulp::{Simd, WithSimd};

use super::{Parameters, norm::set_row};
use crate::forecast::matrix::{
    multiply::{Start, Term, sum_of_products},
    panel::{PanelRow, Panels, WIDTH},
    simd::{per_row, run, vectors, vectors_mut},
    transposed::add_transposed,
};

/// Weights, `inputs × outputs`, and a bias.
#[derive(Debug)]
pub(in super::super) struct Linear {
    /// `inputs × outputs`.
    pub weights: Panels,
    /// A row a panel.
    pub bias: Vec<PanelRow>,
}

/// Makes `to` the start and the sum of the products of `terms`.
pub(in super::super) fn product<const N: usize>(
    terms: [(&Panels, &Panels); N],
    start: Start<'_>,
    to: &mut Panels,
) {
    let rows = 0..to.rows();
    sum_of_products(&terms.map(|(a, b)| Term { a, first: 0, b }), start, to, rows);
}

impl Linear {
    /// Zeros.
    pub fn zeros(inputs: usize, outputs: usize) -> Linear {
        Linear { weights: Panels::new(inputs, outputs), bias: vec![PanelRow::ZERO; outputs.div_ceil(WIDTH)] }
    }

    /// Takes weights for `inputs`, row after row, and bias from a list.
    pub fn set(&mut self, inputs: usize, from: &mut Parameters<'_>) {
        let outputs = self.weights.columns();
        self.weights.fill(from.take(inputs * outputs));
        set_row(&mut self.bias, from.take(outputs));
    }

    /// Makes all numbers zero.
    pub fn clear(&mut self) {
        self.weights.all_mut().fill(PanelRow::ZERO);
        self.bias.fill(PanelRow::ZERO);
    }

    /// Makes `to` the outputs for `from`.
    pub fn apply(&self, from: &Panels, to: &mut Panels) {
        product([(from, &self.weights)], Start::Bias(&self.bias), to);
    }

    /// Adds the outputs for `from` to what stands in `to`.
    pub fn add(&self, from: &Panels, to: &mut Panels) {
        product([(from, &self.weights)], Start::Kept, to);
        for (index, bias) in self.bias.iter().enumerate() {
            for row in to.part_mut(index, 0..from.rows()) {
                row.0.iter_mut().zip(bias.0).for_each(|(x, bias)| *x += bias);
            }
        }
    }

    /// Adds to this gradient that of a layer which made of `from` something whose gradient is `grad`.
    pub fn add_gradient(&mut self, from: &Panels, grad: &Panels) {
        add_transposed((from, 0), (grad, 0), grad.rows(), &mut self.weights);
        for (index, bias) in self.bias.iter_mut().enumerate() {
            run(Sum(grad.panel(index), bias));
        }
    }

    /// Appends weights for `inputs`, row after row, and bias to a list.
    pub fn append_to(&self, inputs: usize, list: &mut Vec<f32>) {
        self.weights.append_to(inputs, list);
        list.extend(self.bias.iter().flat_map(|row| row.0).take(self.weights.columns()));
    }
}

/// Adds all rows to one.
struct Sum<'a>(&'a [PanelRow], &'a mut PanelRow);

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sum(rows, to) = self;
        for j in 0..per_row::<S>() {
            let mut sum = vectors::<S>(to)[j];
            for row in rows {
                sum = simd.add_f32s(sum, vectors::<S>(row)[j]);
            }
            vectors_mut::<S>(to)[j] = sum;
        }
    }
}
