//! Sums of matrix products `a · b` on panels.

use std::ops::Range;

use pulp::Simd;

use super::{
    panel::{PanelRow, Panels, WIDTH},
    tile::{self, Product, bias, load, make, parts, step, store, zero},
};

/// Rows of the left matrix that stay in the cache while all panels of the right one pass.
const BLOCK: usize = 192;

/// One product of a sum: rows of `a` from `first`, times `b`, which has a row for each column of `a`.
#[derive(Clone, Copy)]
pub(in crate::forecast) struct Term<'a> {
    /// Left.
    pub a: &'a Panels,
    /// Row of `a` that goes to the first row of the result.
    pub first: usize,
    /// Right.
    pub b: &'a Panels,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(in crate::forecast) enum Start<'a> {
    /// Nothing.
    Zero,
    /// A row for each panel.
    Bias(&'a [PanelRow]),
    /// What stands there.
    Kept,
}

/// Makes `rows` of `to` the start and the sum of all terms.
pub(in crate::forecast) fn sum_of_products(
    terms: &[Term<'_>],
    start: Start<'_>,
    to: &mut Panels,
    rows: Range<usize>,
) {
    for term in terms {
        assert!(term.a.columns() == term.b.rows() && term.b.columns() == to.columns(), "sizes agree");
        assert!(term.first + rows.len() <= term.a.rows() && rows.end <= to.rows(), "rows are there");
    }
    make(Sum { terms, start, to, rows });
}

struct Sum<'a> {
    terms: &'a [Term<'a>],
    start: Start<'a>,
    to: &'a mut Panels,
    rows: Range<usize>,
}

impl Product for Sum<'_> {
    #[inline(always)]
    fn blocks(&self) -> (Range<usize>, usize) {
        (self.rows.clone(), BLOCK)
    }

    #[inline(always)]
    fn count(&self) -> usize {
        self.to.count()
    }

    #[inline(always)]
    fn panels<S: Simd, const P: usize, const V: usize>(
        &mut self,
        simd: S,
        panel: usize,
        mut rows: Range<usize>,
    ) {
        while !rows.is_empty() {
            let (row, size) = (rows.start, tile::rows::<S>(rows.len()));
            match size {
                8 => self.tile::<S, 8, P, V>(simd, panel, row),
                7 => self.tile::<S, 7, P, V>(simd, panel, row),
                6 => self.tile::<S, 6, P, V>(simd, panel, row),
                5 => self.tile::<S, 5, P, V>(simd, panel, row),
                4 => self.tile::<S, 4, P, V>(simd, panel, row),
                3 => self.tile::<S, 3, P, V>(simd, panel, row),
                2 => self.tile::<S, 2, P, V>(simd, panel, row),
                _ => self.tile::<S, 1, P, V>(simd, panel, row),
            }
            rows.start += size;
        }
    }
}

impl Sum<'_> {
    /// `M` rows from `row` on.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const P: usize, const V: usize>(
        &mut self,
        simd: S,
        panel: usize,
        row: usize,
    ) {
        let mut sums = match self.start {
            Start::Zero => zero::<S, M, P, V>(simd),
            Start::Bias(rows) => bias::<S, M, P, V>(simd, &rows[panel..panel + P]),
            Start::Kept => load::<S, M, P, V>(simd, self.to, panel, row),
        };
        for term in self.terms {
            let (from, inner) = (term.first + row - self.rows.start, term.b.rows());
            for (index, k) in (0..inner).step_by(WIDTH).enumerate() {
                let a = &term.a.part(index, from..from + M)[..M];
                let b = parts::<P>(term.b, panel, k..inner.min(k + WIDTH));
                for j in 0..b[0].len().min(WIDTH) {
                    step::<S, M, P, V>(simd, |i| a[i].0[j], (b, j), &mut sums);
                }
            }
        }
        store::<S, M, P, V>(&sums, self.to, panel, row);
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
    fn products_agree_with_the_definition_for_every_number_of_rows() {
        let (inner, columns) = (21, 20);
        for count in (1..30).chain([200]) {
            let (a, b, other) =
                (matrix(count + 2, inner, 0.1), matrix(inner, columns, 0.2), matrix(count, inner, 0.3));
            let bias = [PanelRow([0.5; WIDTH]); 2];
            let mut to = Panels::new(count + 1, columns);
            let terms = [Term { a: &a, first: 2, b: &b }, Term { a: &other, first: 0, b: &b }];
            sum_of_products(&terms, Start::Bias(&bias), &mut to, 1..count + 1);
            sum_of_products(&terms[..1], Start::Kept, &mut to, 1..count + 1);
            for row in 0..count {
                for column in 0..columns {
                    let each = (0..inner)
                        .map(|k| (2.0 * at(&a, row + 2, k) + at(&other, row, k)) * at(&b, k, column));
                    let (sum, predicted) = (0.5 + each.sum::<f64>(), at(&to, row + 1, column));
                    assert!(
                        (sum - predicted).abs() < 1e-4,
                        "{count} rows, {row}, {column}: {predicted}, not {sum}"
                    );
                }
            }
            sum_of_products(&terms[..1], Start::Zero, &mut to, 1..count + 1);
            let sum: f64 = (0..inner).map(|k| at(&a, 2, k) * at(&b, k, 3)).sum();
            assert!((at(&to, 1, 3) - sum).abs() < 1e-4);
        }
    }

    #[test]
    fn narrower_vectors_say_the_same() {
        for count in [1, 5, 9, 40] {
            let (a, b) = (matrix(count, 21, 0.1), matrix(21, 35, 0.2));
            let (bias, terms) = ([PanelRow([0.5; WIDTH]); 3], [Term { a: &a, first: 0, b: &b }]);
            let start = Start::Bias(&bias);
            let mut expected = Panels::new(count, 35);
            sum_of_products(&terms, start, &mut expected, 0..count);
            for narrower in Narrower::all() {
                let mut to = Panels::new(count, 35);
                narrower.make(Sum { terms: &terms, start, to: &mut to, rows: 0..count });
                for (row, column) in (0..count).flat_map(|r| (0..35).map(move |c| (r, c))) {
                    let (predicted, wide) = (at(&to, row, column), at(&expected, row, column));
                    assert!(
                        (predicted - wide).abs() < 1e-4,
                        "{narrower:?}, {count}: {predicted}, not {wide}"
                    );
                }
            }
        }
    }
}
