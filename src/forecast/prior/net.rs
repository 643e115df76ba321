//! The net: an attention over anchors and a correction make the median; positive gaps make the other quantiles.
//!
//! A linear layer, residual blocks (layer norm, linear, SiLU, linear), layer norm, a linear head, and a linear path past all of
//! them. All parameters lie in one list, in the order of [`Shape::tensors`]: training moves that list, and the
//! `layers` take their matrices from it.

use serde::{Deserialize, Serialize};

use super::features::{ANCHORS, INPUTS, InputRow};
use crate::{
    domain::forecast::{LEVELS, MEDIAN},
    forecast::matrix::panel::Panels,
};

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

    /// Numbers of the head, the last in the list: its matrix, its bias, and the path past the blocks.
    pub fn head_size(self) -> usize {
        (self.hidden + 1 + INPUTS) * OUTPUTS
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

    /// Makes `to` lists of inputs as the net takes them, a row each.
    pub(super) fn fill<'a>(&self, rows: impl ExactSizeIterator<Item = &'a [f32]>, to: &mut Panels) {
        to.set_rows(rows.len());
        let mut normalised = Vec::with_capacity(INPUTS);
        for (index, row) in rows.enumerate() {
            normalised.clear();
            normalised.extend_from_slice(row);
            self.apply(&mut normalised);
            to.set_row(index, &normalised);
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

impl Net {
    /// The numbers of its head.
    pub fn head(&self) -> &[f32] {
        &self.parameters[self.parameters.len() - self.shape.head_size()..]
    }
}

/// Quantiles of one row, in units from its reference, in the order of [`LEVELS`].
pub type UnitQuantiles = [f32; LEVELS.len()];

/// The quantiles that [`OUTPUTS`] numbers mean for `row`; they ascend.
pub fn quantiles(row: &InputRow, out: &[f32]) -> UnitQuantiles {
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

    #[test]
    fn sizes_that_no_file_has_are_refused() {
        assert_eq!(Shape { hidden: 256, blocks: 2 }.check(), Ok(()));
        assert!(Shape { hidden: 0, blocks: 2 }.check().is_err());
        assert!(Shape { hidden: 1_000_000, blocks: 2 }.check().is_err());
        assert!(Shape { hidden: 9, blocks: 99 }.check().is_err());
    }
}
