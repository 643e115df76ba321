//! Matrix products `aᵀ · b` on panels.

use std::ops::Range;

use pulp::Simd;

use super::{
    panel::{Panels, WIDTH},
    simd::per_row,
    tile::{Product, TileSums, load, make, parts, step, store},
};

/// Rows of both matrices that a product takes at once.
const DEPTH: usize = 256;

/// Adds `aᵀ · b` to `to`, over `count` rows of `a` from `a_first` and of `b` from `b_first`. `to` has a row for each
/// column of `a`'s panels.
pub(in crate::forecast) fn add_transposed(
    (a, a_first): (&Panels, usize),
    (b, b_first): (&Panels, usize),
    count: usize,
    to: &mut Panels,
) {
    assert!(to.rows() == a.count() * WIDTH && to.columns() == b.columns(), "sizes agree");
    make(Transposed { a: (a, a_first), b: (b, b_first), count, to });
}

struct Transposed<'a> {
    a: (&'a Panels, usize),
    b: (&'a Panels, usize),
    count: usize,
    to: &'a mut Panels,
}

impl Product for Transposed<'_> {
    #[inline(always)]
    fn blocks(&self) -> (Range<usize>, usize) {
        (0..self.count, DEPTH)
    }

    #[inline(always)]
    fn count(&self) -> usize {
        self.to.count()
    }

    #[inline(always)]
    fn panels<S: Simd, const P: usize, const V: usize>(&mut self, simd: S, panel: usize, rows: Range<usize>) {
        for block in 0..self.a.0.count() {
            if per_row::<S>() == 1 {
                self.tile::<S, 8, 0, P, V>(simd, (block, panel), rows.clone());
                self.tile::<S, 8, 8, P, V>(simd, (block, panel), rows.clone());
            } else {
                self.tile::<S, 6, 0, P, V>(simd, (block, panel), rows.clone());
                self.tile::<S, 6, 6, P, V>(simd, (block, panel), rows.clone());
                self.tile::<S, 4, 12, P, V>(simd, (block, panel), rows.clone());
            }
        }
    }
}

impl Transposed<'_> {
    /// Columns `FROM..FROM + M` of a panel of `a`, transposed, times panels of `b`.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const FROM: usize, const P: usize, const V: usize>(
        &mut self,
        simd: S,
        (block, panel): (usize, usize),
        rows: Range<usize>,
    ) {
        let (a, b) = (self.a, self.b);
        let place = block * WIDTH + FROM;
        let mut sums: TileSums<S, M, P, V> = load::<S, M, P, V>(simd, self.to, panel, place);
        let a = a.0.part(block, a.1 + rows.start..a.1 + rows.end);
        let b = parts::<P>(b.0, panel, b.1 + rows.start..b.1 + rows.end);
        for (k, a) in a.iter().enumerate() {
            step::<S, M, P, V>(simd, |i| a.0[FROM + i], (b, k), &mut sums);
        }
        store::<S, M, P, V>(&sums, self.to, panel, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::matrix::{
        panel::tests::{at, matrix},
        tile::Narrower,
    };

    #[test]
    fn transposed_products_agree_with_the_definition() {
        let (a, b) = (matrix(300, 19, 0.1), matrix(301, 33, 0.2));
        let mut to = Panels::new(32, 33);
        for _ in 0..2 {
            add_transposed((&a, 0), (&b, 1), 300, &mut to);
        }
        for (row, column) in (0..19).flat_map(|r| (0..33).map(move |c| (r, c))) {
            let sum: f64 = (0..300).map(|k| 2.0 * at(&a, k, row) * at(&b, k + 1, column)).sum();
            assert!((at(&to, row, column) - sum).abs() < 1e-3, "{row}, {column}");
        }
    }

    #[test]
    fn narrower_vectors_say_the_same() {
        let (a, b) = (matrix(300, 19, 0.1), matrix(300, 33, 0.2));
        let mut expected = Panels::new(32, 33);
        add_transposed((&a, 0), (&b, 0), 300, &mut expected);
        for narrower in Narrower::all() {
            let mut to = Panels::new(32, 33);
            narrower.make(Transposed { a: (&a, 0), b: (&b, 0), count: 300, to: &mut to });
            for (row, column) in (0..19).flat_map(|r| (0..33).map(move |c| (r, c))) {
                let (predicted, wide) = (at(&to, row, column), at(&expected, row, column));
                assert!((predicted - wide).abs() < 1e-3, "{narrower:?}: {predicted}, not {wide}");
            }
        }
    }
}
