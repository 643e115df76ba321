//! The inner loop of every matrix product: a tile of sums that stays in the registers.
//!
//! A tile is `M` rows by `P` panels of `V` vectors each. With AVX-512 a row of a panel is one vector and there are 32 registers: eight rows
//! by two panels. With AVX2 a row is two vectors and there are 16 registers: six rows by one panel.
//!
//! What works on a tile is written with loops alone: `zip`, `map` and `from_fn` are calls where the compiler sees one part of the
//! crate at a time, and a tile that is passed to a call leaves the registers.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    panel::{PanelRow, Panels},
    simd::{per_row, run, vectors, vectors_mut},
};

/// A product whose result is made block after block of rows, and within one as many panels at a time as the registers hold.
pub(in crate::forecast) trait Product {
    /// Rows, and how many of them at once stay in the cache while all panels pass.
    fn blocks(&self) -> (Range<usize>, usize);

    /// Panels of the result.
    fn count(&self) -> usize;

    /// Makes `P` panels of `V` vectors from `panel` on, for the block `rows`.
    fn panels<S: Simd, const P: usize, const V: usize>(&mut self, simd: S, panel: usize, rows: Range<usize>);
}

/// Makes `product` with the widest vectors that the processor has.
pub(in crate::forecast) fn make(product: impl Product) {
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
pub(in crate::forecast) type TileSums<S, const M: usize, const P: usize, const V: usize> =
    [[[<S as Simd>::f32s; V]; M]; P];

/// Most rows of a tile.
#[inline(always)]
pub(in crate::forecast) const fn most_rows<S: Simd>() -> usize {
    if per_row::<S>() == 1 { 8 } else { 6 }
}

/// Rows of the next tile: the last two share what is left, since a thin tile wastes the processor.
#[inline(always)]
pub(in crate::forecast) fn rows<S: Simd>(left: usize) -> usize {
    let most = most_rows::<S>();
    if left <= most {
        left
    } else if left <= most + most / 2 {
        left.div_ceil(2)
    } else {
        most
    }
}

/// Sums that are zero.
#[inline(always)]
pub(in crate::forecast) fn zero<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
) -> TileSums<S, M, P, V> {
    [[[simd.splat_f32s(0.0); V]; M]; P]
}

/// The same `P` rows for each of `M`.
#[inline(always)]
pub(in crate::forecast) fn bias<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
    rows: &[PanelRow],
) -> TileSums<S, M, P, V> {
    let mut all = zero::<S, M, P, V>(simd);
    for (p, sums) in all.iter_mut().enumerate() {
        for sums in sums {
            sums.copy_from_slice(&vectors::<S>(&rows[p])[..V]);
        }
    }
    all
}

/// What stands in `M` rows of `P` panels.
#[inline(always)]
pub(in crate::forecast) fn load<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
    from: &Panels,
    panel: usize,
    row: usize,
) -> TileSums<S, M, P, V> {
    let mut loaded = zero::<S, M, P, V>(simd);
    for (p, sums) in loaded.iter_mut().enumerate() {
        let rows = &from.part(panel + p, row..row + M)[..M];
        for (i, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&vectors::<S>(&rows[i])[..V]);
        }
    }
    loaded
}

/// Writes them there.
#[inline(always)]
pub(in crate::forecast) fn store<S: Simd, const M: usize, const P: usize, const V: usize>(
    sums: &TileSums<S, M, P, V>,
    to: &mut Panels,
    panel: usize,
    row: usize,
) {
    for (p, sums) in sums.iter().enumerate() {
        let rows = &mut to.part_mut(panel + p, row..row + M)[..M];
        for (i, sums) in sums.iter().enumerate() {
            vectors_mut::<S>(&mut rows[i])[..V].copy_from_slice(sums);
        }
    }
}

/// Rows of `P` panels from `panel` on.
#[inline(always)]
pub(in crate::forecast) fn parts<const P: usize>(
    of: &Panels,
    panel: usize,
    rows: Range<usize>,
) -> [&[PanelRow]; P] {
    let mut parts: [&[PanelRow]; P] = [&[]; P];
    for (p, part) in parts.iter_mut().enumerate() {
        *part = of.part(panel + p, rows.clone());
    }
    parts
}

/// Adds the outer product of `M` numbers and row `row` of each of `P` panels.
#[inline(always)]
pub(in crate::forecast) fn step<S: Simd, const M: usize, const P: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> f32,
    (b, row): ([&[PanelRow]; P], usize),
    sums: &mut TileSums<S, M, P, V>,
) {
    for (p, sums) in sums.iter_mut().enumerate() {
        let b = &vectors::<S>(&b[p][row])[..V];
        for (i, sums) in sums.iter_mut().enumerate() {
            let a = simd.splat_f32s(a(i));
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_e_f32s(a, b[j], *sum);
            }
        }
    }
}

/// Vectors that are narrower than the widest of this processor, for tests.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(in crate::forecast) enum Narrower {
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
