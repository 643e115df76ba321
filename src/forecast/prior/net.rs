//! The net: an attention over anchors and a correction make the median; positive gaps make the other quantiles.
//!
//! A linear layer, residual blocks (layer norm, linear, SiLU, linear), layer norm, a linear head, and a linear path past all of
//! them. All parameters lie in one list, in the order of [`Shape::tensors`]; training puts the same list into tensors. Here a
//! batch of rows goes through in plain loops of which each sum has one order, so that any processor says the same.

use serde::{Deserialize, Serialize};

use super::features::{ANCHORS, INPUTS, InputRow};
use crate::domain::forecast::{LEVELS, MEDIAN};

/// What the net says of a row: weights of the anchors, a correction, a gap between each two quantiles.
pub const OUTPUTS: usize = ANCHORS + LEVELS.len();
/// Inputs, once normalised, go no farther.
const FARTHEST: f32 = 6.0;
/// Keeps the division of the layer norm finite.
pub const EPSILON: f32 = 1e-5;

/// Sizes of a net.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Width of the residual blocks.
    pub hidden: usize,
    /// Residual blocks.
    pub blocks: usize,
}

impl Shape {
    /// Says what is wrong with sizes, before memory is asked for by them.
    ///
    /// # Errors
    /// A sentence with the number and its bounds.
    pub fn check(self) -> Result<(), String> {
        if !(1..=1_024).contains(&self.hidden) {
            return Err(format!("hidden is {}, not between 1 and 1024", self.hidden));
        }
        if self.blocks > 8 {
            return Err(format!("blocks is {}, not between 0 and 8", self.blocks));
        }
        Ok(())
    }

    /// Rows and columns of each tensor, in their order in the list of parameters.
    pub fn tensors(self) -> Vec<(usize, usize)> {
        let Shape { hidden, blocks } = self;
        let mut sizes = vec![(INPUTS, hidden), (1, hidden)];
        for _ in 0..blocks {
            let norm = [(1, hidden), (1, hidden)];
            sizes.extend(norm.into_iter().chain([
                (hidden, hidden),
                (1, hidden),
                (hidden, hidden),
                (1, hidden),
            ]));
        }
        sizes.extend([(1, hidden), (1, hidden), (hidden, OUTPUTS), (1, OUTPUTS), (INPUTS, OUTPUTS)]);
        sizes
    }

    /// Numbers in the list of parameters.
    pub fn size(self) -> usize {
        self.tensors().into_iter().map(|(rows, columns)| rows * columns).sum()
    }
}

/// Mean and deviation of each input over rows of training.
#[derive(Debug, Clone, PartialEq)]
pub struct Normal {
    /// Means.
    pub mean: Vec<f32>,
    /// Deviations, above zero.
    pub deviation: Vec<f32>,
}

impl Normal {
    /// Writes inputs as the net takes them.
    pub fn apply(&self, inputs: &mut [f32]) {
        for (x, (mean, deviation)) in inputs.iter_mut().zip(self.mean.iter().zip(&self.deviation)) {
            *x = ((*x - mean) / deviation).clamp(-FARTHEST, FARTHEST);
        }
    }
}

/// A trained net.
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    /// Its sizes.
    pub shape: Shape,
    /// How inputs are normalised.
    pub normal: Normal,
    /// All parameters.
    pub parameters: Vec<f32>,
}

/// Quantiles of one row, in units from its reference, in the order of [`LEVELS`].
pub type UnitQuantiles = [f32; LEVELS.len()];

impl Net {
    /// The quantiles of each row; they ascend.
    pub fn quantiles(&self, rows: &[InputRow]) -> Vec<UnitQuantiles> {
        let mut inputs: Vec<f32> = rows.iter().flat_map(|row| row.inputs.iter().copied()).collect();
        inputs.chunks_mut(INPUTS).for_each(|row| self.normal.apply(row));
        let outputs = pulp::Arch::new().dispatch(|| self.outputs(&inputs, rows.len()));
        rows.iter().zip(outputs.chunks(OUTPUTS)).map(|(row, out)| quantiles(row, out)).collect()
    }

    /// The outputs for `count` rows of normalised inputs.
    #[inline(always)]
    fn outputs(&self, inputs: &[f32], count: usize) -> Vec<f32> {
        let Shape { hidden, blocks } = self.shape;
        let mut left = self.parameters.as_slice();
        let mut take = |size: usize| {
            let (taken, rest) = left.split_at(size);
            left = rest;
            taken
        };
        let mut state = vec![0.0; count * hidden];
        product(inputs, take(INPUTS * hidden), hidden, &mut state);
        add(take(hidden), &mut state);
        let (mut normed, mut inner) = (state.clone(), state.clone());
        for _ in 0..blocks {
            normalise((take(hidden), take(hidden)), &state, &mut normed);
            inner.fill(0.0);
            product(&normed, take(hidden * hidden), hidden, &mut inner);
            add(take(hidden), &mut inner);
            inner.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp());
            product(&inner, take(hidden * hidden), hidden, &mut state);
            add(take(hidden), &mut state);
        }
        normalise((take(hidden), take(hidden)), &state, &mut normed);
        let mut outputs = vec![0.0; count * OUTPUTS];
        product(&normed, take(hidden * OUTPUTS), OUTPUTS, &mut outputs);
        add(take(OUTPUTS), &mut outputs);
        product(inputs, take(INPUTS * OUTPUTS), OUTPUTS, &mut outputs);
        outputs
    }
}

/// Rows at once for which a weight is loaded.
const AT_ONCE: usize = 4;

/// Adds `rows × weights` to `to`; `weights` has a row of `width` numbers for each column of `rows`.
#[inline(always)]
fn product(rows: &[f32], weights: &[f32], width: usize, to: &mut [f32]) {
    let inner = weights.len() / width;
    for (rows, to) in rows.chunks(AT_ONCE * inner).zip(to.chunks_mut(AT_ONCE * width)) {
        for (i, weights) in weights.chunks_exact(width).enumerate() {
            for (row, to) in rows.chunks_exact(inner).zip(to.chunks_exact_mut(width)) {
                let x = row[i];
                to.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
            }
        }
    }
}

/// Adds `bias` to each row.
#[inline(always)]
fn add(bias: &[f32], to: &mut [f32]) {
    for row in to.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
    }
}

/// Layer norm of each row.
#[inline(always)]
fn normalise((gain, bias): (&[f32], &[f32]), from: &[f32], to: &mut [f32]) {
    let width = gain.len();
    for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
        let mean = from.iter().sum::<f32>() / width as f32;
        let variance = from.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / width as f32;
        let factor = 1.0 / (variance + EPSILON).sqrt();
        let scaled = gain.iter().zip(bias).zip(from);
        to.iter_mut().zip(scaled).for_each(|(to, ((gain, bias), x))| *to = (x - mean) * factor * gain + bias);
    }
}

/// The quantiles that `out` means for `row`.
fn quantiles(row: &InputRow, out: &[f32]) -> UnitQuantiles {
    let (scores, rest) = out.split_at(ANCHORS);
    let known = || scores.iter().zip(row.known).filter(|(_, known)| *known).map(|(score, _)| *score);
    let highest = known().fold(f32::MIN, f32::max);
    let (mut weighted, mut total) = (0.0, 0.0);
    for ((score, anchor), _) in scores.iter().zip(row.anchors).zip(row.known).filter(|(_, known)| *known) {
        let weight = (score - highest).exp();
        weighted += weight * anchor;
        total += weight;
    }
    let (correction, gaps) = rest.split_at(1);
    let median = weighted / total + correction[0];
    let gap = |i: usize| gaps[i].max(0.0) + (-gaps[i].abs()).exp().ln_1p();
    let mut predicted = [median; LEVELS.len()];
    for level in (0..MEDIAN).rev() {
        predicted[level] = predicted[level + 1] - gap(level);
    }
    for level in MEDIAN + 1..LEVELS.len() {
        predicted[level] = predicted[level - 1] + gap(level - 1);
    }
    predicted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_ascend_whatever_the_weights_are(seed in 0u32..1_000, size in 0.1f32..40.0) {
            let shape = Shape { hidden: 9, blocks: 2 };
            let wave = |count: usize, from: f32| (0..count).map(move |i| size * (from + i as f32 * 0.7).sin());
            let net = Net {
                shape,
                normal: Normal { mean: vec![0.1; INPUTS], deviation: vec![0.5; INPUTS] },
                parameters: wave(shape.size(), seed as f32).collect(),
            };
            let row = |from: f32| InputRow {
                inputs: wave(INPUTS, from).collect(),
                anchors: std::array::from_fn(|i| (from + i as f32).cos()),
                known: std::array::from_fn(|i| i % 3 == 0),
                scale: super::super::features::RowScale { reference: 1.0, unit: 1.0 },
            };
            let rows: Vec<InputRow> = (0..7).map(|i| row(i as f32)).collect();
            let predicted = net.quantiles(&rows);
            for (one, row) in predicted.iter().zip(&rows) {
                prop_assert!(one.is_sorted() && one.iter().all(|q| q.is_finite()));
                prop_assert_eq!(&net.quantiles(std::slice::from_ref(row))[0], one, "alone as in a batch");
            }
        }
    }

    #[test]
    fn sizes_that_no_file_has_are_refused() {
        assert_eq!(Shape { hidden: 256, blocks: 2 }.check(), Ok(()));
        assert!(Shape { hidden: 0, blocks: 2 }.check().is_err());
        assert!(Shape { hidden: 1_000_000, blocks: 2 }.check().is_err());
        assert!(Shape { hidden: 9, blocks: 99 }.check().is_err());
    }
}
