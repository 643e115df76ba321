//! The loss of what the net says: pinball over [`LEVELS`] in loads, of which a typical change is 1.

use super::rows::Rows;
use crate::{
    domain::forecast::{LEVELS, MEDIAN},
    forecast::{
        matrix::panel::Panels,
        prior::{features::ANCHORS, net::OUTPUTS},
    },
};

/// A row's loss counts no more than this, in typical changes of its load.
pub(super) const MOST: f32 = 50.0;
/// Weight of the median; that of every other level is 1.
pub(super) const MEDIAN_WEIGHT: f32 = 2.0;
/// Gaps between quantiles.
const GAPS: usize = LEVELS.len() - 1;

/// The sum of the losses of `outputs`, which are those of the rows from `first` on; makes `grad` that of the sum, times `share`.
pub(in crate::forecast::prior) fn add_up(
    outputs: &Panels,
    (rows, first): (&Rows, usize),
    share: f32,
    grad: &mut Panels,
) -> f64 {
    let mut sum = 0.0;
    for row in 0..outputs.rows() {
        let mut out = [0.0; OUTPUTS];
        outputs.get_row(row, &mut out);
        sum += f64::from(of_row(&mut out, rows, first + row, share));
        grad.set_row(row, &out);
    }
    sum
}

/// The loss of one row, from its outputs, which become their gradient times `share`.
fn of_row(out: &mut [f32; OUTPUTS], rows: &Rows, row: usize, share: f32) -> f32 {
    let (scores, rest) = out.split_at_mut(ANCHORS);
    let (correction, gaps) = rest.split_at_mut(1);
    let anchors = &rows.anchors[row * ANCHORS..(row + 1) * ANCHORS];
    softmax(scores, &rows.mask[row * ANCHORS..(row + 1) * ANCHORS]);
    let weighted: f32 = scores.iter().zip(anchors).map(|(weight, anchor)| weight * anchor).sum();
    let mut quantiles = [weighted + correction[0]; LEVELS.len()];
    // In place of each gap, what it is made of becomes its slope.
    let mut sizes = [0.0; GAPS];
    for (gap, size) in gaps.iter_mut().zip(&mut sizes) {
        let small = (-gap.abs()).exp();
        *size = gap.max(0.0) + small.ln_1p();
        *gap = if *gap < 0.0 { small } else { 1.0 } / (1.0 + small);
    }
    for level in (0..MEDIAN).rev() {
        quantiles[level] = quantiles[level + 1] - sizes[level];
    }
    for level in MEDIAN + 1..LEVELS.len() {
        quantiles[level] = quantiles[level - 1] + sizes[level - 1];
    }
    let loss = pinball(&mut quantiles, rows, row, share);
    let mut sum = 0.0;
    for level in 0..MEDIAN {
        sum += quantiles[level];
        gaps[level] *= -sum;
    }
    let mut above = 0.0;
    for level in (MEDIAN + 1..LEVELS.len()).rev() {
        above += quantiles[level];
        gaps[level - 1] *= above;
    }
    correction[0] = sum + quantiles[MEDIAN] + above;
    for (score, anchor) in scores.iter_mut().zip(anchors) {
        *score *= (anchor - weighted) * correction[0];
    }
    loss
}

fn softmax(scores: &mut [f32], mask: &[f32]) {
    scores.iter_mut().zip(mask).for_each(|(score, mask)| *score += mask);
    let highest = scores.iter().fold(f32::MIN, |a, b| a.max(*b));
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The mean loss of quantiles in units, which become their gradient times `share`.
fn pinball(quantiles: &mut [f32; LEVELS.len()], rows: &Rows, row: usize, share: f32) -> f32 {
    let (unit, reference, actual) = (rows.unit[row], rows.reference[row], rows.actual[row]);
    let mut sum = 0.0;
    for (index, (quantile, level)) in quantiles.iter_mut().zip(LEVELS).enumerate() {
        let weight = if index == MEDIAN { MEDIAN_WEIGHT } else { 1.0 } / LEVELS.len() as f32;
        // Comparisons, for `max` and `min` would make a number of what is none.
        let root = *quantile * unit + reference;
        let root = if root < 0.0 { 0.0 } else { root };
        let error = actual - root * root;
        let slope = if error < 0.0 { level as f32 - 1.0 } else { level as f32 };
        let loss = error * slope;
        sum += weight * if loss > MOST { MOST } else { loss };
        *quantile = if loss > MOST { 0.0 } else { -weight * share * slope * 2.0 * root * unit };
    }
    sum
}
