//! A number times the logistic function of it.

use pulp::{Simd, WithSimd};

use crate::forecast::matrix::{
    panel::PanelRow,
    simd::{per_row, run, sigmoid, vectors, vectors_mut},
};

/// Makes every number `x` that number times the logistic function of it.
pub(in super::super) fn swish(rows: &mut [PanelRow]) {
    run(InPlace(rows));
}

/// The same of `rows` into `to`, and the slope there in place of `rows`.
pub(in super::super) fn swish_and_slope(rows: &mut [PanelRow], to: &mut [PanelRow]) {
    run(WithSlope(rows, to));
}

/// Multiplies each number of `to` with that of `by`.
pub(in super::super) fn multiply(to: &mut [PanelRow], by: &[PanelRow]) {
    for (to, by) in to.iter_mut().zip(by) {
        to.0.iter_mut().zip(by.0).for_each(|(to, by)| *to *= by);
    }
}

struct InPlace<'a>(&'a mut [PanelRow]);

impl WithSimd for InPlace<'_> {
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

struct WithSlope<'a>(&'a mut [PanelRow], &'a mut [PanelRow]);

impl WithSimd for WithSlope<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, to) in self.0.iter_mut().zip(self.1) {
            for j in 0..per_row::<S>() {
                let x = vectors::<S>(row)[j];
                let share = sigmoid(simd, x);
                let y = simd.mul_f32s(x, share);
                vectors_mut::<S>(to)[j] = y;
                // The derivative of x·s is s + x·s·(1 − s).
                vectors_mut::<S>(row)[j] = simd.add_f32s(share, simd.sub_f32s(y, simd.mul_f32s(y, share)));
            }
        }
    }
}
