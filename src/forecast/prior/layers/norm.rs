//! The layer norm: each row without its mean, divided by its deviation, then a gain and a bias for each column.

use pulp::{Simd, WithSimd};

use super::{super::net::EPSILON, Parameters};
use crate::forecast::matrix::{
    panel::{PanelRow, Panels, WIDTH},
    simd::{per_row, run, vectors, vectors_mut},
};

/// Gain and bias, a row a panel.
#[derive(Debug)]
pub(in super::super) struct Norm {
    /// By which each column is multiplied.
    pub gain: Vec<PanelRow>,
    /// What is added to it.
    pub bias: Vec<PanelRow>,
}

/// Mean of a row, and the inverse of its deviation.
pub(in super::super) type Moments = (f32, f32);

impl Norm {
    /// Zeros.
    pub fn zeros(columns: usize) -> Norm {
        let zeros = vec![PanelRow::ZERO; columns.div_ceil(WIDTH)];
        Norm { gain: zeros.clone(), bias: zeros }
    }

    /// Takes gain and bias of `columns` from a list.
    pub fn set(&mut self, columns: usize, from: &mut Parameters<'_>) {
        set_row(&mut self.gain, from.take(columns));
        set_row(&mut self.bias, from.take(columns));
    }

    /// Makes all numbers zero.
    pub fn clear(&mut self) {
        self.gain.fill(PanelRow::ZERO);
        self.bias.fill(PanelRow::ZERO);
    }

    /// Makes `to` the norm of `from`, and `moments` those of its rows.
    pub fn apply(&self, from: &Panels, to: &mut Panels, moments: &mut Vec<Moments>) {
        moments.clear();
        moments.resize(from.rows(), (0.0, 0.0));
        run(Forward { norm: self, from, to, moments });
    }

    /// Adds to `to` the gradient of `from`, of which the norm with these `moments` has the gradient `grad`, and to `own` that of gain
    /// and bias.
    pub fn back(
        &self,
        (from, moments): (&Panels, &[Moments]),
        grad: &Panels,
        to: &mut Panels,
        own: &mut Norm,
    ) {
        run(Backward { norm: self, from, moments, grad, to, own });
    }

    /// Appends gain and bias of `columns` to a list.
    pub fn append_to(&self, columns: usize, list: &mut Vec<f32>) {
        for rows in [&self.gain, &self.bias] {
            list.extend(rows.iter().flat_map(|row| row.0).take(columns));
        }
    }
}

/// Makes a row of panels one of `values`.
pub(super) fn set_row(row: &mut [PanelRow], values: &[f32]) {
    row.iter_mut().flat_map(|part| &mut part.0).zip(values).for_each(|(to, value)| *to = *value);
}

struct Forward<'a> {
    norm: &'a Norm,
    from: &'a Panels,
    to: &'a mut Panels,
    moments: &'a mut [Moments],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { norm, from, to, moments } = self;
        let columns = from.columns() as f32;
        let unused = (from.count() * WIDTH) as f32 - columns;
        for (row, moments) in moments.iter_mut().enumerate() {
            let mut sum = simd.splat_f32s(0.0);
            for panel in 0..from.count() {
                for j in 0..per_row::<S>() {
                    sum = simd.add_f32s(sum, vectors::<S>(&from.panel(panel)[row])[j]);
                }
            }
            let mean = simd.reduce_sum_f32s(sum) / columns;
            let (middle, mut sum) = (simd.splat_f32s(mean), simd.splat_f32s(0.0));
            for panel in 0..from.count() {
                for j in 0..per_row::<S>() {
                    let x = simd.sub_f32s(vectors::<S>(&from.panel(panel)[row])[j], middle);
                    sum = simd.mul_add_e_f32s(x, x, sum);
                }
            }
            // Unused columns are zero, so far from the mean as it is from zero.
            let squares = (simd.reduce_sum_f32s(sum) - unused * mean * mean).max(0.0);
            *moments = (mean, 1.0 / (squares / columns + EPSILON).sqrt());
            let factor = simd.splat_f32s(moments.1);
            for panel in 0..from.count() {
                let (gain, bias) = (vectors::<S>(&norm.gain[panel]), vectors::<S>(&norm.bias[panel]));
                let (from, to) = (&from.panel(panel)[row], &mut to.part_mut(panel, row..row + 1)[0]);
                for j in 0..per_row::<S>() {
                    let x = simd.mul_f32s(simd.sub_f32s(vectors::<S>(from)[j], middle), factor);
                    vectors_mut::<S>(to)[j] = simd.mul_add_e_f32s(x, gain[j], bias[j]);
                }
            }
        }
    }
}

struct Backward<'a> {
    norm: &'a Norm,
    from: &'a Panels,
    moments: &'a [Moments],
    grad: &'a Panels,
    to: &'a mut Panels,
    own: &'a mut Norm,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward { norm, from, moments, grad, to, own } = self;
        let columns = from.columns() as f32;
        for (row, (mean, factor)) in moments.iter().enumerate() {
            let (middle, factor) = (simd.splat_f32s(*mean), simd.splat_f32s(*factor));
            let (mut sum, mut slope) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
            for panel in 0..from.count() {
                let (from, grad) = (&from.panel(panel)[row], &grad.panel(panel)[row]);
                let own = (&mut own.gain[panel], &mut own.bias[panel]);
                for j in 0..per_row::<S>() {
                    let x = simd.mul_f32s(simd.sub_f32s(vectors::<S>(from)[j], middle), factor);
                    let d = vectors::<S>(grad)[j];
                    let (gain, bias) = (&mut vectors_mut::<S>(own.0)[j], &mut vectors_mut::<S>(own.1)[j]);
                    *gain = simd.mul_add_e_f32s(d, x, *gain);
                    *bias = simd.add_f32s(*bias, d);
                    let d = simd.mul_f32s(d, vectors::<S>(&norm.gain[panel])[j]);
                    sum = simd.add_f32s(sum, d);
                    slope = simd.mul_add_e_f32s(d, x, slope);
                }
            }
            // Row by row, with x the normed state and d its gradient: (d − mean of d − x · mean of d·x) / deviation.
            let sum = simd.splat_f32s(simd.reduce_sum_f32s(sum) / columns);
            let slope = simd.splat_f32s(simd.reduce_sum_f32s(slope) / columns);
            for panel in 0..from.count() {
                let (from, grad) = (&from.panel(panel)[row], &grad.panel(panel)[row]);
                let to = &mut to.part_mut(panel, row..row + 1)[0];
                for j in 0..per_row::<S>() {
                    let x = simd.mul_f32s(simd.sub_f32s(vectors::<S>(from)[j], middle), factor);
                    let d = simd.mul_f32s(vectors::<S>(grad)[j], vectors::<S>(&norm.gain[panel])[j]);
                    let d = simd.sub_f32s(simd.sub_f32s(d, sum), simd.mul_f32s(x, slope));
                    let to = &mut vectors_mut::<S>(to)[j];
                    *to = simd.mul_add_e_f32s(d, factor, *to);
                }
            }
        }
    }
}
