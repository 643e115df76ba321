//! The inner loop of every matrix product: a tile of sums that stays in the registers.
//!
//! A tile is `M` rows by `P` panels of `V` vectors each. With AVX-512 a row of a panel is one vector and there are 32 registers: eight rows
//! by two panels. With AVX2 a row is two vectors and there are 16 registers: six rows by one panel.

use std::ops::Range;

use pulp::Simd;

use super::{
    panel::{Panels, Row},
    simd::{per_row, vectors, vectors_mut},
};

/// Sums of a tile.
pub(super) type Sums<S, const M: usize, const P: usize, const V: usize> = [[[<S as Simd>::f32s; V]; M]; P];

/// Most rows of a tile.
#[inline(always)]
pub(super) const fn most_rows<S: Simd>() -> usize {
    if per_row::<S>() == 1 { 8 } else { 6 }
}

/// Rows of the next tile: the last two share what is left, since a thin tile wastes the processor.
#[inline(always)]
pub(super) fn rows<S: Simd>(left: usize) -> usize {
    let most = most_rows::<S>();
    if left <= most {
        left
    } else if left <= most + most / 2 {
        left.div_ceil(2)
    } else {
        most
    }
}

/// What stands in `M` rows of `P` panels.
#[inline(always)]
pub(super) fn load<S: Simd, const M: usize, const P: usize, const V: usize>(
    from: &Panels,
    panel: usize,
    row: usize,
) -> Sums<S, M, P, V> {
    std::array::from_fn(|p| {
        let rows = &from.part(panel + p, row..row + M)[..M];
        std::array::from_fn(|i| std::array::from_fn(|j| vectors::<S>(&rows[i])[j]))
    })
}

/// Writes them there.
#[inline(always)]
pub(super) fn store<S: Simd, const M: usize, const P: usize, const V: usize>(
    sums: &Sums<S, M, P, V>,
    to: &mut Panels,
    panel: usize,
    row: usize,
) {
    for (p, sums) in sums.iter().enumerate() {
        for (sums, out) in sums.iter().zip(to.part_mut(panel + p, row..row + M)) {
            vectors_mut::<S>(out)[..V].copy_from_slice(sums);
        }
    }
}

/// Rows of `P` panels from `panel` on.
#[inline(always)]
pub(super) fn parts<const P: usize>(of: &Panels, panel: usize, rows: Range<usize>) -> [&[Row]; P] {
    std::array::from_fn(|p| of.part(panel + p, rows.clone()))
}

/// Adds the outer product of `M` numbers and a row of `P` panels.
#[inline(always)]
pub(super) fn step<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> f32,
    b: [&Row; P],
    sums: &mut Sums<S, M, P, V>,
) {
    for i in 0..M {
        let a = simd.splat_f32s(a(i));
        for (b, sums) in b.iter().zip(&mut *sums) {
            for (b, sum) in vectors::<S>(b).iter().zip(&mut sums[i]) {
                *sum = simd.mul_add_e_f32s(a, *b, *sum);
            }
        }
    }
}
