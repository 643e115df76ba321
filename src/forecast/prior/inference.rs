//! A net as it forecasts: its parameters as matrices, through which the rows of a batch go together.

use std::sync::Arc;

use super::{
    features::{INPUTS, InputRow},
    layers::{Head, Parameters, Trunk, norm::Moments, swish::swish},
    net::{Net, Normal, OUTPUTS, Shape, UnitQuantiles, quantiles},
};
use crate::forecast::matrix::panel::Panels;

/// Rows that go through at once: their states stay in the cache.
const AT_ONCE: usize = 128;

/// A net that is ready to forecast.
#[derive(Debug, Clone)]
pub struct Inference {
    shared: Arc<Shared>,
    head: Arc<Head>,
}

/// All but the head: nets that were adapted from one net share it.
#[derive(Debug)]
struct Shared {
    shape: Shape,
    normal: Normal,
    trunk: Trunk,
}

impl Inference {
    /// The matrices of `net`.
    pub fn new(net: &Net) -> Inference {
        let mut left = Parameters(&net.parameters);
        let trunk = left.trunk(net.shape);
        let shared = Shared { shape: net.shape, normal: net.normal.clone(), trunk };
        Inference { shared: Arc::new(shared), head: Arc::new(left.head(net.shape.hidden)) }
    }

    /// The same net with the numbers `head` in place of its head's; nothing where those are not as many.
    pub fn with_head(&self, head: &[f32]) -> Option<Inference> {
        let shape = self.shared.shape;
        let fits = head.len() == shape.head_size();
        fits.then(|| Inference {
            shared: self.shared.clone(),
            head: Arc::new(Parameters(head).head(shape.hidden)),
        })
    }

    /// The quantiles of each row; they ascend. A row gives the same alone as among others.
    pub fn quantiles(&self, rows: &[InputRow]) -> Vec<UnitQuantiles> {
        let mut pass = Pass::new(self.shared.shape);
        let mut outputs = Panels::new(0, OUTPUTS);
        let mut all = Vec::with_capacity(rows.len());
        for rows in rows.chunks(AT_ONCE) {
            self.shared.normal.fill(rows.iter().map(|row| row.inputs.as_slice()), &mut pass.inputs);
            pass.run(&self.shared.trunk);
            outputs.set_rows(rows.len());
            self.head.apply((&pass.normed, &pass.inputs), &mut outputs);
            all.extend(rows.iter().enumerate().map(|(index, row)| {
                let mut out = [0.0; OUTPUTS];
                outputs.get_row(index, &mut out);
                quantiles(row, &out)
            }));
        }
        all
    }

    /// What the head sees of rows of inputs, one after the other: for each, the state before it, then the normalised inputs.
    pub fn seen_by_head(&self, inputs: &[f32]) -> Vec<f32> {
        let mut pass = Pass::new(self.shared.shape);
        let hidden = self.shared.shape.hidden;
        let width = hidden + INPUTS;
        let mut seen = vec![0.0; inputs.len() / INPUTS * width];
        let parts = inputs.chunks(AT_ONCE * INPUTS).zip(seen.chunks_mut(AT_ONCE * width));
        for (inputs, seen) in parts {
            self.shared.normal.fill(inputs.chunks_exact(INPUTS), &mut pass.inputs);
            pass.run(&self.shared.trunk);
            for (index, row) in seen.chunks_exact_mut(width).enumerate() {
                let (state, normalised) = row.split_at_mut(hidden);
                pass.normed.get_row(index, state);
                pass.inputs.get_row(index, normalised);
            }
        }
        seen
    }
}

/// Memory for some rows, used again for the next ones.
struct Pass {
    /// Normalised.
    inputs: Panels,
    state: Panels,
    /// What the head sees besides the inputs.
    normed: Panels,
    inner: Panels,
    moments: Vec<Moments>,
}

impl Pass {
    fn new(Shape { hidden, .. }: Shape) -> Pass {
        let state = || Panels::new(0, hidden);
        Pass {
            inputs: Panels::new(0, INPUTS),
            state: state(),
            normed: state(),
            inner: state(),
            moments: Vec::new(),
        }
    }

    /// From the inputs to what the head sees.
    fn run(&mut self, trunk: &Trunk) {
        let Pass { inputs, state, normed, inner, moments } = self;
        for panels in [&mut *state, &mut *normed, &mut *inner] {
            panels.set_rows(inputs.rows());
        }
        trunk.entry.apply(inputs, state);
        for block in &trunk.blocks {
            block.norm.apply(state, normed, moments);
            block.first.apply(normed, inner);
            swish(inner.all_mut());
            block.second.add(inner, state);
        }
        trunk.norm.apply(state, normed, moments);
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
