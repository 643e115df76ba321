//! The inner loop of every matrix product: a tile of sums that stays in the registers.
//!
//! A tile is `M` rows by `P` panels of `V` vectors each. With AVX-512 a row of a panel is one vector and there are 32 registers: eight rows
//! by two panels. With AVX2 a row is two vectors and there are 16 registers: six rows by one panel.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    panel::{PanelRow, Panels},
    simd::{per_row, run, vectors, vectors_mut},
};

/// A product whose result is made block after block of rows, and within one as many panels at a time as the registers hold.
pub(super) trait Product {
    /// Rows, and how many of them at once stay in the cache while all panels pass.
    fn blocks(&self) -> (Range<usize>, usize);

    /// Panels of the result.
    fn count(&self) -> usize;

    /// Makes `P` panels of `V` vectors from `panel` on, for the block `rows`.
    fn panels<S: Simd, const P: usize, const V: usize>(&mut self, simd: S, panel: usize, rows: Range<usize>);
}

/// Makes `product` with the widest vectors that the processor has.
pub(super) fn make(product: impl Product) {
    run(TiledProduct(product));
}

struct TiledProduct<T>(T);

impl<T: Product> WithSimd for TiledProduct<T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match per_row::<S>() {
            1 => self.go::<S, 2, 1>(simd),
            2 => self.go::<S, 1, 2>(simd),
            4 => self.go::<S, 1, 4>(simd),
            _ => self.go::<S, 1, 16>(simd),
        }
    }
}

impl<T: Product> TiledProduct<T> {
    /// `P` panels of `V` vectors at a time, and one by one those that are left.
    #[inline(always)]
    fn go<S: Simd, const P: usize, const V: usize>(mut self, simd: S) {
        let ((all, size), count) = (self.0.blocks(), self.0.count());
        let single = count - count % P;
        for from in all.clone().step_by(size) {
            let rows = from..all.end.min(from + size);
            for panel in (0..single).step_by(P) {
                self.0.panels::<S, P, V>(simd, panel, rows.clone());
            }
            for panel in single..count {
                self.0.panels::<S, 1, V>(simd, panel, rows.clone());
            }
        }
    }
}

/// Sums of a tile.
pub(super) type TileSums<S, const M: usize, const P: usize, const V: usize> =
    [[[<S as Simd>::f32s; V]; M]; P];

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
) -> TileSums<S, M, P, V> {
    std::array::from_fn(|p| {
        let rows = &from.part(panel + p, row..row + M)[..M];
        std::array::from_fn(|i| std::array::from_fn(|j| vectors::<S>(&rows[i])[j]))
    })
}

/// Writes them there.
#[inline(always)]
pub(super) fn store<S: Simd, const M: usize, const P: usize, const V: usize>(
    sums: &TileSums<S, M, P, V>,
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
pub(super) fn parts<const P: usize>(of: &Panels, panel: usize, rows: Range<usize>) -> [&[PanelRow]; P] {
    std::array::from_fn(|p| of.part(panel + p, rows.clone()))
}

/// Adds the outer product of `M` numbers and a row of `P` panels.
#[inline(always)]
pub(super) fn step<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> f32,
    b: [&PanelRow; P],
    sums: &mut TileSums<S, M, P, V>,
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

/// Vectors that are narrower than the widest of this processor, for tests.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(super) enum Narrower {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
}

#[cfg(test)]
impl Narrower {
    /// Those that the processor has.
    pub fn all() -> Vec<Narrower> {
        #[cfg(target_arch = "x86_64")]
        let avx2 = pulp::x86::V3::try_new().map(Narrower::V3);
        #[cfg(not(target_arch = "x86_64"))]
        let avx2 = None;
        std::iter::once(Narrower::Scalar).chain(avx2).collect()
    }

    /// As [`make`].
    pub fn make(self, product: impl Product) {
        match self {
            Narrower::Scalar => Simd::vectorize(pulp::Scalar::new(), TiledProduct(product)),
            #[cfg(target_arch = "x86_64")]
            Narrower::V3(simd) => Simd::vectorize(simd, TiledProduct(product)),
        }
    }
}
