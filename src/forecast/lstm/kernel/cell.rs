//! The gates of one time step, forwards and backwards, on a panel of sixteen units.

use pulp::{Simd, WithSimd};

use crate::forecast::matrix::{
    panel::PanelRow,
    simd::{per_row, run, sigmoid, tanh, vectors, vectors_mut},
};

/// Gates in the order in which everything here keeps them: input, forget, cell, output.
pub(in super::super) const GATES: usize = 4;

/// Forwards: from the gates' sums to the gates, the cell and the hidden state.
pub(super) struct Forward<'a> {
    /// In: sums; out: gates.
    pub gates: [&'a mut [PanelRow]; GATES],
    /// In: the cell before the step; out: after it.
    pub cell: &'a mut [PanelRow],
    /// Out.
    pub hidden: &'a mut [PanelRow],
    /// Out, for the way back: the cell before the step, and the hyperbolic tangent of the cell after it.
    pub kept: Option<(&'a mut [PanelRow], &'a mut [PanelRow])>,
}

impl Forward<'_> {
    /// Does it.
    pub fn go(self) {
        run(self);
    }
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { gates: [input, forget, candidate, output], cell, hidden, mut kept } = self;
        let count = hidden.len();
        let (input, forget, candidate) = (&mut input[..count], &mut forget[..count], &mut candidate[..count]);
        let (output, cell) = (&mut output[..count], &mut cell[..count]);
        for r in 0..count {
            for j in 0..per_row::<S>() {
                let (i, f) =
                    (&mut vectors_mut::<S>(&mut input[r])[j], &mut vectors_mut::<S>(&mut forget[r])[j]);
                *i = sigmoid(simd, *i);
                *f = sigmoid(simd, *f);
                let g = &mut vectors_mut::<S>(&mut candidate[r])[j];
                *g = tanh(simd, *g);
                let o = &mut vectors_mut::<S>(&mut output[r])[j];
                *o = sigmoid(simd, *o);
                let c = &mut vectors_mut::<S>(&mut cell[r])[j];
                let before = *c;
                *c = simd.mul_add_e_f32s(*f, before, simd.mul_f32s(*i, *g));
                let squashed = tanh(simd, *c);
                vectors_mut::<S>(&mut hidden[r])[j] = simd.mul_f32s(*o, squashed);
                if let Some((cells, tanhs)) = &mut kept {
                    vectors_mut::<S>(&mut cells[r])[j] = before;
                    vectors_mut::<S>(&mut tanhs[r])[j] = squashed;
                }
            }
        }
    }
}

/// Backwards: from the gradients of the hidden state and the cell to those of the gates' sums.
pub(super) struct Backward<'a> {
    /// In: gates; out: gradients of their sums.
    pub gates: [&'a mut [PanelRow]; GATES],
    /// The cell before the step.
    pub before: &'a [PanelRow],
    /// Hyperbolic tangent of the cell after it.
    pub tanh: &'a [PanelRow],
    /// Gradients of the hidden state, from above and from the step after, if there are any.
    pub hidden: [Option<&'a [PanelRow]>; 2],
    /// Gradient of the cell; in: after the step, out: before it.
    pub cell: &'a mut [PanelRow],
    /// Each gate's sum over the rows is added to it.
    pub bias: [&'a mut PanelRow; GATES],
}

impl Backward<'_> {
    /// Does it.
    pub fn go(self) {
        run(self);
    }
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward { gates: [input, forget, candidate, output], before, tanh, hidden, cell, bias } = self;
        let count = cell.len();
        let (input, forget, candidate) = (&mut input[..count], &mut forget[..count], &mut candidate[..count]);
        let (output, before, tanh) = (&mut output[..count], &before[..count], &tanh[..count]);
        let (one, zero) = (simd.splat_f32s(1.0), simd.splat_f32s(0.0));
        let [bias_i, bias_f, bias_g, bias_o] = bias;
        for j in 0..per_row::<S>() {
            let mut sums = [zero; GATES];
            for r in 0..count {
                let [above, after] = hidden.map(|rows| rows.map_or(zero, |rows| vectors::<S>(&rows[r])[j]));
                let dh = simd.add_f32s(above, after);
                let (i, f) = (vectors_mut::<S>(&mut input[r]), vectors_mut::<S>(&mut forget[r]));
                let (g, o) = (vectors_mut::<S>(&mut candidate[r]), vectors_mut::<S>(&mut output[r]));
                let (i, f, g, o) = (&mut i[j], &mut f[j], &mut g[j], &mut o[j]);
                let (t, dc) = (vectors::<S>(&tanh[r])[j], &mut vectors_mut::<S>(&mut cell[r])[j]);
                // The derivatives of x ↦ σ(x) and x ↦ tanh x are s·(1 − s) and 1 − t².
                let slope = |s: S::f32s| simd.mul_f32s(s, simd.sub_f32s(one, s));
                let flat = |t: S::f32s| simd.negate_mul_add_e_f32s(t, t, one);
                let sum = simd.mul_add_e_f32s(simd.mul_f32s(dh, *o), flat(t), *dc);
                let d_o = simd.mul_f32s(simd.mul_f32s(dh, t), slope(*o));
                let d_i = simd.mul_f32s(simd.mul_f32s(sum, *g), slope(*i));
                let d_g = simd.mul_f32s(simd.mul_f32s(sum, *i), flat(*g));
                let d_f = simd.mul_f32s(simd.mul_f32s(sum, vectors::<S>(&before[r])[j]), slope(*f));
                *dc = simd.mul_f32s(sum, *f);
                (*i, *f, *g, *o) = (d_i, d_f, d_g, d_o);
                for (sum, d) in sums.iter_mut().zip([d_i, d_f, d_g, d_o]) {
                    *sum = simd.add_f32s(*sum, d);
                }
            }
            for (bias, sum) in [&mut *bias_i, &mut *bias_f, &mut *bias_g, &mut *bias_o].into_iter().zip(sums)
            {
                let bias = &mut vectors_mut::<S>(bias)[j];
                *bias = simd.add_f32s(*bias, sum);
            }
        }
    }
}
