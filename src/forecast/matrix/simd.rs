//! The vector instructions of this machine, and the gate functions on them.

use pulp::{Simd, WithSimd};

use super::panel::{PanelRow, WIDTH};

/// Runs `work` with the widest vectors that the processor has: AVX-512, AVX2 with fused multiply-add, NEON,
/// or scalars.
pub(in crate::forecast) fn run<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// A row as vectors.
#[inline(always)]
pub(in crate::forecast) fn vectors<S: Simd>(row: &PanelRow) -> &[S::f32s] {
    S::as_simd_f32s(&row.0).0
}

/// A row as vectors.
#[inline(always)]
pub(in crate::forecast) fn vectors_mut<S: Simd>(row: &mut PanelRow) -> &mut [S::f32s] {
    S::as_mut_simd_f32s(&mut row.0).0
}

/// Vectors of a row.
#[inline(always)]
pub(in crate::forecast) const fn per_row<S: Simd>() -> usize {
    WIDTH / S::F32_LANES
}

/// Beyond this, the hyperbolic tangent of a 32-bit number is ±1.
const MOST: f32 = 7.905_311;

/// Coefficients of the odd polynomial above the even one, from the highest power; the approximation of Eigen's
/// `ptanh`, within 3e-7 of the hyperbolic tangent.
const ABOVE: [f32; 7] = [
    -2.760_768_5e-16,
    2.000_188e-13,
    -8.604_672e-11,
    5.122_297e-8,
    1.485_722_4e-5,
    6.372_619e-4,
    4.893_525_6e-3,
];
const BELOW: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];

/// Hyperbolic tangent; what is not a number stays so.
#[inline(always)]
pub(in crate::forecast) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (least, most) = (simd.splat_f32s(-MOST), simd.splat_f32s(MOST));
    let x = simd.select_f32s(simd.less_than_f32s(most, x), most, x);
    let x = simd.select_f32s(simd.less_than_f32s(x, least), least, x);
    let square = simd.mul_f32s(x, x);
    let horner = |simd: S, coefficients: &[f32]| {
        let mut sum = simd.splat_f32s(coefficients[0]);
        for c in &coefficients[1..] {
            sum = simd.mul_add_e_f32s(sum, square, simd.splat_f32s(*c));
        }
        sum
    };
    simd.div_f32s(simd.mul_f32s(x, horner(simd, &ABOVE)), horner(simd, &BELOW))
}

/// Logistic function; what is not a number stays so.
#[inline(always)]
pub(in crate::forecast) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let half = simd.splat_f32s(0.5);
    simd.mul_add_e_f32s(tanh(simd, simd.mul_f32s(x, half)), half, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Both<'a>(&'a [PanelRow], &'a mut [(PanelRow, PanelRow)]);

    impl WithSimd for Both<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for (row, (t, s)) in self.0.iter().zip(self.1) {
                for j in 0..per_row::<S>() {
                    vectors_mut::<S>(t)[j] = tanh(simd, vectors::<S>(row)[j]);
                    vectors_mut::<S>(s)[j] = sigmoid(simd, vectors::<S>(row)[j]);
                }
            }
        }
    }

    fn both(rows: &[PanelRow]) -> Vec<(PanelRow, PanelRow)> {
        let mut out = vec![(PanelRow::ZERO, PanelRow::ZERO); rows.len()];
        run(Both(rows, &mut out));
        out
    }

    #[test]
    fn the_gate_functions_are_good_to_a_millionth() {
        let rows: Vec<PanelRow> = (0..5_000)
            .map(|i| PanelRow(std::array::from_fn(|j| (i * 16 + j) as f32 * 5e-4 - 20.0)))
            .collect();
        let predicted = both(&rows);
        for (x, t, s) in
            rows.iter().zip(&predicted).flat_map(|(x, (t, s))| (0..16).map(|j| (x.0[j], t.0[j], s.0[j])))
        {
            assert!((f64::from(t) - f64::from(x).tanh()).abs() < 1e-6, "tanh {x} gave {t}");
            assert!(
                (f64::from(s) - 1.0 / (1.0 + (-f64::from(x)).exp())).abs() < 1e-6,
                "sigmoid {x} gave {s}"
            );
        }
        let odd = both(&[
            PanelRow([f32::NAN; 16]),
            PanelRow([f32::INFINITY; 16]),
            PanelRow([f32::NEG_INFINITY; 16]),
        ]);
        assert!(odd[0].0.0[0].is_nan() && odd[0].1.0[0].is_nan());
        assert!((odd[1].0.0[0] - 1.0).abs() < 1e-6 && odd[2].1.0[0].abs() < 1e-6);
    }
}
