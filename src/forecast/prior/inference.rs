//! A net as it forecasts: its parameters as matrices, through which the rows of a batch go together.

use std::sync::Arc;

use pulp::{Simd, WithSimd};

use super::{
    features::{INPUTS, InputRow},
    net::{EPSILON, Net, Normal, OUTPUTS, Shape, UnitQuantiles, quantiles},
};
use crate::forecast::matrix::{
    multiply::{Start, Term, sum_of_products},
    panel::{PanelRow, Panels, WIDTH},
    simd::{per_row, run, sigmoid, vectors_mut},
};

/// A net that is ready to forecast.
#[derive(Debug, Clone)]
pub struct Inference {
    trunk: Arc<Trunk>,
    head: Arc<Head>,
}

/// All but the head: nets that were adapted from one net share it.
#[derive(Debug)]
struct Trunk {
    shape: Shape,
    normal: Normal,
    entry: Linear,
    blocks: Vec<Block>,
    norm: Norm,
}

#[derive(Debug)]
struct Head {
    linear: Linear,
    /// From the inputs to the outputs, past everything else.
    direct: Panels,
}

#[derive(Debug)]
struct Linear {
    weights: Panels,
    bias: Vec<PanelRow>,
}

/// A layer norm.
#[derive(Debug)]
struct Norm {
    gain: Vec<PanelRow>,
    bias: Vec<PanelRow>,
}

/// Adds to the state what two layers make of it.
#[derive(Debug)]
struct Block {
    norm: Norm,
    first: Linear,
    second: Linear,
}

/// Takes one tensor after the other from the list of parameters.
struct Parameters<'a>(&'a [f32]);

impl Parameters<'_> {
    fn matrix(&mut self, rows: usize, columns: usize) -> Panels {
        let (taken, rest) = self.0.split_at(rows * columns);
        self.0 = rest;
        let mut matrix = Panels::new(rows, columns);
        matrix.fill(taken);
        matrix
    }

    fn row(&mut self, columns: usize) -> Vec<PanelRow> {
        self.matrix(1, columns).all().to_vec()
    }

    fn linear(&mut self, rows: usize, columns: usize) -> Linear {
        Linear { weights: self.matrix(rows, columns), bias: self.row(columns) }
    }

    fn norm(&mut self, columns: usize) -> Norm {
        Norm { gain: self.row(columns), bias: self.row(columns) }
    }

    fn head(&mut self, hidden: usize) -> Head {
        Head { linear: self.linear(hidden, OUTPUTS), direct: self.matrix(INPUTS, OUTPUTS) }
    }
}

impl Inference {
    /// The matrices of `net`.
    pub fn new(net: &Net) -> Inference {
        let hidden = net.shape.hidden;
        let mut left = Parameters(&net.parameters);
        let entry = left.linear(INPUTS, hidden);
        let block = |_| Block {
            norm: left.norm(hidden),
            first: left.linear(hidden, hidden),
            second: left.linear(hidden, hidden),
        };
        let blocks = (0..net.shape.blocks).map(block).collect();
        let trunk =
            Trunk { shape: net.shape, normal: net.normal.clone(), entry, blocks, norm: left.norm(hidden) };
        Inference { trunk: Arc::new(trunk), head: Arc::new(left.head(hidden)) }
    }

    /// The same net with the numbers `head` in place of its head's; nothing where those are not as many.
    pub fn with_head(&self, head: &[f32]) -> Option<Inference> {
        let shape = self.trunk.shape;
        let fits = head.len() == shape.head_size();
        fits.then(|| Inference {
            trunk: self.trunk.clone(),
            head: Arc::new(Parameters(head).head(shape.hidden)),
        })
    }

    /// The quantiles of each row; they ascend. A row gives the same alone as among others.
    pub fn quantiles(&self, rows: &[InputRow]) -> Vec<UnitQuantiles> {
        let inputs = self.trunk.normalised(rows.iter().map(|row| row.inputs.as_slice()));
        let outputs = self.outputs(&inputs).to_rows(rows.len());
        rows.iter().zip(outputs.chunks(OUTPUTS)).map(|(row, out)| quantiles(row, out)).collect()
    }

    /// What the head sees of rows of inputs, one after the other: for each, the state before it, then the normalised inputs.
    pub fn seen_by_head(&self, inputs: &[f32]) -> Vec<f32> {
        let inputs = self.trunk.normalised(inputs.chunks_exact(INPUTS));
        let hidden = self.trunk.hidden(&inputs);
        let width = hidden.columns() + INPUTS;
        let mut seen = vec![0.0; inputs.rows() * width];
        for (index, row) in seen.chunks_exact_mut(width).enumerate() {
            let (state, normalised) = row.split_at_mut(hidden.columns());
            hidden.get_row(index, state);
            inputs.get_row(index, normalised);
        }
        seen
    }

    /// The outputs for rows of normalised inputs.
    fn outputs(&self, inputs: &Panels) -> Panels {
        let normed = self.trunk.hidden(inputs);
        let Head { linear, direct } = self.head.as_ref();
        let mut outputs = Panels::new(inputs.rows(), OUTPUTS);
        product([(&normed, &linear.weights), (inputs, direct)], Start::Bias(&linear.bias), &mut outputs);
        outputs
    }
}

impl Trunk {
    /// Lists of inputs as the net takes them.
    fn normalised<'a>(&self, rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Panels {
        let mut inputs = Panels::new(rows.len(), INPUTS);
        for (index, row) in rows.enumerate() {
            let mut row = row.to_vec();
            self.normal.apply(&mut row);
            inputs.set_row(index, &row);
        }
        inputs
    }

    /// What the head sees of rows of normalised inputs, besides those.
    fn hidden(&self, inputs: &Panels) -> Panels {
        let mut state = Panels::new(inputs.rows(), self.entry.weights.columns());
        self.entry.apply(inputs, &mut state);
        let (mut normed, mut inner) = (state.clone(), state.clone());
        for block in &self.blocks {
            block.norm.apply(&state, &mut normed);
            block.first.apply(&normed, &mut inner);
            run(Swish(inner.all_mut()));
            block.second.add(&inner, &mut state);
        }
        self.norm.apply(&state, &mut normed);
        normed
    }
}

/// Makes `to` the start and the sum of the products of `terms`.
fn product<const N: usize>(terms: [(&Panels, &Panels); N], start: Start<'_>, to: &mut Panels) {
    let rows = 0..to.rows();
    sum_of_products(&terms.map(|(a, b)| Term { a, first: 0, b }), start, to, rows);
}

impl Linear {
    fn apply(&self, from: &Panels, to: &mut Panels) {
        product([(from, &self.weights)], Start::Bias(&self.bias), to);
    }

    /// Adds to what stands there.
    fn add(&self, from: &Panels, to: &mut Panels) {
        product([(from, &self.weights)], Start::Kept, to);
        for (index, bias) in self.bias.iter().enumerate() {
            for row in to.part_mut(index, 0..from.rows()) {
                row.0.iter_mut().zip(bias.0).for_each(|(x, bias)| *x += bias);
            }
        }
    }
}

impl Norm {
    fn apply(&self, from: &Panels, to: &mut Panels) {
        let columns = from.columns() as f32;
        let unused = (self.gain.len() * WIDTH) as f32 - columns;
        for row in 0..from.rows() {
            let parts = || (0..self.gain.len()).map(|panel| &from.panel(panel)[row].0);
            let mean = sum(parts(), |x| x) / columns;
            // Unused columns are zero, so far from the mean as it is from zero.
            let squares = (sum(parts(), |x| (x - mean) * (x - mean)) - unused * mean * mean).max(0.0);
            let factor = 1.0 / (squares / columns + EPSILON).sqrt();
            for (panel, (gain, bias)) in self.gain.iter().zip(&self.bias).enumerate() {
                let from = &from.panel(panel)[row].0;
                let to = &mut to.part_mut(panel, row..row + 1)[0].0;
                for (i, to) in to.iter_mut().enumerate() {
                    *to = (from[i] - mean) * factor * gain.0[i] + bias.0[i];
                }
            }
        }
    }
}

/// The sum of `of` every number, in the lanes of a panel first.
fn sum<'a>(parts: impl Iterator<Item = &'a [f32; WIDTH]>, of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; WIDTH];
    for part in parts {
        lanes.iter_mut().zip(part).for_each(|(sum, x)| *sum += of(*x));
    }
    lanes.iter().sum()
}

/// Makes every number `x` that number times the logistic function of it.
struct Swish<'a>(&'a mut [PanelRow]);

impl WithSimd for Swish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for row in self.0 {
            for j in 0..per_row::<S>() {
                let x = vectors_mut::<S>(row)[j];
                vectors_mut::<S>(row)[j] = simd.mul_f32s(x, sigmoid(simd, x));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::net::Shape, *};
    use crate::forecast::prior::features::RowScale;

    proptest! {
        #[test]
        fn quantiles_ascend_whatever_the_weights_are(seed in 0u32..1_000, size in 0.1f32..40.0) {
            let shape = Shape { hidden: 9, blocks: 2 };
            let wave = |count: usize, from: f32| (0..count).map(move |i| size * (from + i as f32 * 0.7).sin());
            let net = Inference::new(&Net {
                shape,
                normal: Normal { mean: vec![0.1; INPUTS], deviation: vec![0.5; INPUTS] },
                parameters: wave(shape.size(), seed as f32).collect(),
            });
            let row = |from: f32| InputRow {
                inputs: wave(INPUTS, from).collect(),
                anchors: std::array::from_fn(|i| (from + i as f32).cos()),
                known: std::array::from_fn(|i| i % 3 == 0),
                scale: RowScale { reference: 1.0, unit: 1.0 },
            };
            let rows: Vec<InputRow> = (0..7).map(|i| row(i as f32)).collect();
            let predicted = net.quantiles(&rows);
            for (one, row) in predicted.iter().zip(&rows) {
                prop_assert!(one.is_sorted() && one.iter().all(|q| q.is_finite()));
                prop_assert_eq!(&net.quantiles(std::slice::from_ref(row))[0], one, "alone as in a batch");
            }
        }
    }
}
