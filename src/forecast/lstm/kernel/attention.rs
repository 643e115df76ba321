//! The mean of the hidden states weighted by a softmax over one learned score a step.

use crate::forecast::matrix::panel::{PanelRow, Panels};

/// Weights of the steps, kept from the way forwards for the way back.
#[derive(Debug, Default)]
pub(super) struct Attention {
    shares: Vec<f32>,
    slopes: Vec<f32>,
    /// Gradient of the hidden states.
    pub hidden_grad: Panels,
}

fn dot(a: &PanelRow, b: &PanelRow) -> f32 {
    // Four sums side by side, which the compiler can keep in one vector.
    let mut sums = [0.0f32; 4];
    for (a, b) in a.0.as_chunks::<4>().0.iter().zip(b.0.as_chunks::<4>().0) {
        (0..4).for_each(|j| sums[j] += a[j] * b[j]);
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

impl Attention {
    /// For hidden states of `columns` units.
    pub fn new(columns: usize) -> Attention {
        Attention { hidden_grad: Panels::new(0, columns), ..Attention::default() }
    }

    /// Makes `out` the weighted means of `hidden`, an example a row.
    pub fn forward(&mut self, hidden: &Panels, score: &(Vec<PanelRow>, f32), batch: usize, out: &mut Panels) {
        self.shares.clear();
        self.shares.resize(hidden.rows(), score.1);
        for (panel, weights) in score.0.iter().enumerate() {
            let each = self.shares.iter_mut().zip(hidden.panel(panel));
            each.for_each(|(share, row)| *share += dot(row, weights));
        }
        softmax(&mut self.shares, batch);
        out.all_mut().fill(PanelRow::ZERO);
        for panel in 0..hidden.count() {
            let steps = hidden.panel(panel).chunks(batch).zip(self.shares.chunks(batch));
            for (rows, shares) in steps {
                for ((to, row), share) in out.part_mut(panel, 0..batch).iter_mut().zip(rows).zip(shares) {
                    to.0.iter_mut().zip(row.0).for_each(|(to, value)| *to += share * value);
                }
            }
        }
    }

    /// From the gradient of the means to [`Attention::hidden_grad`]; adds the score's gradient to `grads`.
    pub fn backward(
        &mut self,
        hidden: &Panels,
        score: &(Vec<PanelRow>, f32),
        grad: &Panels,
        grads: &mut (Vec<PanelRow>, f32),
    ) {
        let batch = grad.rows();
        self.slopes.clear();
        self.slopes.resize(hidden.rows(), 0.0);
        for panel in 0..hidden.count() {
            let rows = hidden.panel(panel).iter().zip(grad.panel(panel).iter().cycle());
            self.slopes.iter_mut().zip(rows).for_each(|(slope, (row, grad))| *slope += dot(row, grad));
        }
        through_softmax(&self.shares, &mut self.slopes, batch);
        grads.1 += self.slopes.iter().sum::<f32>();
        self.hidden_grad.set_rows(hidden.rows());
        for panel in 0..hidden.count() {
            let (weights, to_weights) = (score.0[panel], &mut grads.0[panel]);
            let out = self.hidden_grad.part_mut(panel, 0..hidden.rows()).iter_mut();
            let each = out.zip(hidden.panel(panel)).zip(grad.panel(panel).iter().cycle());
            for (((out, row), grad), (share, slope)) in each.zip(self.shares.iter().zip(&self.slopes)) {
                for j in 0..row.0.len() {
                    out.0[j] = share * grad.0[j] + slope * weights.0[j];
                    to_weights.0[j] += slope * row.0[j];
                }
            }
        }
    }
}

/// Softmax over the steps of each example, in place.
fn softmax(scores: &mut [f32], batch: usize) {
    let of = |scores: &mut [f32], example: usize| {
        let most = scores.iter().skip(example).step_by(batch).fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        let mut sum = 0.0;
        for score in scores.iter_mut().skip(example).step_by(batch) {
            *score = (*score - most).exp();
            sum += *score;
        }
        scores.iter_mut().skip(example).step_by(batch).for_each(|score| *score /= sum);
    };
    (0..batch).for_each(|example| of(scores, example));
}

/// From gradients of the shares to gradients of the scores, in place.
fn through_softmax(shares: &[f32], slopes: &mut [f32], batch: usize) {
    for example in 0..batch {
        let each = shares.iter().zip(slopes.iter()).skip(example).step_by(batch);
        let mean: f32 = each.map(|(share, slope)| share * slope).sum();
        let each = slopes.iter_mut().zip(shares).skip(example).step_by(batch);
        each.for_each(|(slope, share)| *slope = share * (*slope - mean));
    }
}
