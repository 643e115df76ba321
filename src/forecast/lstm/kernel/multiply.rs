//! Matrix products on panels: sums of `a · b`, and `aᵀ · b`.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    panel::{Panels, Row, WIDTH},
    simd::{per_row, run, vectors, vectors_mut},
};

/// Rows of a tile: with sixteen columns its sums fill the registers of AVX2.
const TILE: usize = 6;

/// Rows of the left matrix that stay in the cache while all panels of the right one pass.
const BLOCK: usize = 192;

/// Rows of both matrices that a transposed product takes at once.
const DEPTH: usize = 256;

/// One product of a sum: rows of `a` from `first`, times `b`, which has a row for each column of `a`.
#[derive(Clone, Copy)]
pub(super) struct Term<'a> {
    /// Left.
    pub a: &'a Panels,
    /// Row of `a` that goes to the first row of the result.
    pub first: usize,
    /// Right.
    pub b: &'a Panels,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Nothing.
    Zero,
    /// A row for each panel.
    Bias(&'a [Row]),
    /// What stands there.
    Kept,
}

/// Makes `rows` of `to` the start and the sum of all terms.
pub(super) fn sum_of_products(terms: &[Term<'_>], start: Start<'_>, to: &mut Panels, rows: Range<usize>) {
    for term in terms {
        assert!(term.a.columns() == term.b.rows() && term.b.columns() == to.columns(), "sizes agree");
        assert!(term.first + rows.len() <= term.a.rows() && rows.end <= to.rows(), "rows are there");
    }
    run(Sum { terms, start, to, rows });
}

/// Adds `aᵀ · b` to `to`, over `count` rows of `a` from `a_first` and of `b` from `b_first`. `to` has a row for each
/// column of `a`'s panels.
pub(super) fn add_transposed(
    (a, a_first): (&Panels, usize),
    (b, b_first): (&Panels, usize),
    count: usize,
    to: &mut Panels,
) {
    assert!(to.rows() == a.count() * WIDTH && to.columns() == b.columns(), "sizes agree");
    run(Transposed { a: (a, a_first), b: (b, b_first), count, to });
}

struct Sum<'a> {
    terms: &'a [Term<'a>],
    start: Start<'a>,
    to: &'a mut Panels,
    rows: Range<usize>,
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match per_row::<S>() {
            1 => self.go::<S, 1>(simd),
            2 => self.go::<S, 2>(simd),
            4 => self.go::<S, 4>(simd),
            _ => self.go::<S, 16>(simd),
        }
    }
}

impl Sum<'_> {
    #[inline(always)]
    fn go<S: Simd, const V: usize>(self, simd: S) {
        let Sum { terms, start, to, rows } = self;
        for block in rows.clone().step_by(BLOCK) {
            let end = rows.end.min(block + BLOCK);
            for panel in 0..to.count() {
                let out = to.part_mut(panel, block..end);
                let mut done = 0;
                while done < out.len() {
                    let size = tile_size(out.len() - done);
                    let (out, row) = (&mut out[done..done + size], block - rows.start + done);
                    let place = Place { terms, panel, row };
                    match size {
                        6 => place.tile::<S, 6, V>(simd, start, out),
                        5 => place.tile::<S, 5, V>(simd, start, out),
                        4 => place.tile::<S, 4, V>(simd, start, out),
                        3 => place.tile::<S, 3, V>(simd, start, out),
                        2 => place.tile::<S, 2, V>(simd, start, out),
                        _ => place.tile::<S, 1, V>(simd, start, out),
                    }
                    done += size;
                }
            }
        }
    }
}

/// Rows of the next tile: the last two share what is left, since a thin tile wastes the processor.
#[inline(always)]
fn tile_size(left: usize) -> usize {
    match left {
        0..=TILE => left,
        7..=9 => left.div_ceil(2),
        _ => TILE,
    }
}

/// Where a tile lies.
struct Place<'a> {
    terms: &'a [Term<'a>],
    panel: usize,
    row: usize,
}

impl Place<'_> {
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const V: usize>(&self, simd: S, start: Start<'_>, out: &mut [Row]) {
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        match start {
            Start::Zero => {}
            Start::Bias(rows) => sums = [std::array::from_fn(|j| vectors::<S>(&rows[self.panel])[j]); M],
            Start::Kept => {
                sums = std::array::from_fn(|i| std::array::from_fn(|j| vectors::<S>(&out[i])[j]));
            }
        }
        for term in self.terms {
            let from = term.first + self.row;
            let (whole, rest) = term.b.panel(self.panel).as_chunks::<WIDTH>();
            for (index, b) in whole.iter().enumerate() {
                let a = &term.a.part(index, from..from + M)[..M];
                for (k, b) in b.iter().enumerate() {
                    step::<S, M, V>(simd, |i| a[i].0[k], b, &mut sums);
                }
            }
            if !rest.is_empty() {
                let a = &term.a.part(whole.len(), from..from + M)[..M];
                for (k, b) in rest.iter().enumerate() {
                    step::<S, M, V>(simd, |i| a[i].0[k % WIDTH], b, &mut sums);
                }
            }
        }
        store::<S, M, V>(&sums, out);
    }
}

/// Adds the outer product of `M` numbers and a row.
#[inline(always)]
fn step<S: Simd, const M: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> f32,
    b: &Row,
    sums: &mut [[S::f32s; V]; M],
) {
    let b = vectors::<S>(b);
    for (i, sums) in sums.iter_mut().enumerate() {
        let a = simd.splat_f32s(a(i));
        for (j, sum) in sums.iter_mut().enumerate() {
            *sum = simd.mul_add_e_f32s(a, b[j], *sum);
        }
    }
}

#[inline(always)]
fn store<S: Simd, const M: usize, const V: usize>(sums: &[[S::f32s; V]; M], out: &mut [Row]) {
    for (sums, out) in sums.iter().zip(out) {
        for (sum, out) in sums.iter().zip(vectors_mut::<S>(out)) {
            *out = *sum;
        }
    }
}

struct Transposed<'a> {
    a: (&'a Panels, usize),
    b: (&'a Panels, usize),
    count: usize,
    to: &'a mut Panels,
}

impl WithSimd for Transposed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match per_row::<S>() {
            1 => self.go::<S, 1>(simd),
            2 => self.go::<S, 2>(simd),
            4 => self.go::<S, 4>(simd),
            _ => self.go::<S, 16>(simd),
        }
    }
}

impl Transposed<'_> {
    #[inline(always)]
    fn go<S: Simd, const V: usize>(self, simd: S) {
        let Transposed { a: (a, a_first), b: (b, b_first), count, to } = self;
        for from in (0..count).step_by(DEPTH) {
            let until = count.min(from + DEPTH);
            for panel in 0..b.count() {
                let b = b.part(panel, b_first + from..b_first + until);
                for block in 0..a.count() {
                    let a = a.part(block, a_first + from..a_first + until);
                    let out = to.part_mut(panel, block * WIDTH..(block + 1) * WIDTH);
                    transposed_tile::<S, 6, 0, V>(simd, a, b, out);
                    transposed_tile::<S, 6, 6, V>(simd, a, b, out);
                    transposed_tile::<S, 4, 12, V>(simd, a, b, out);
                }
            }
        }
    }
}

/// Columns `FROM..FROM + M` of `a`, transposed, times `b`.
#[inline(always)]
fn transposed_tile<S: Simd, const M: usize, const FROM: usize, const V: usize>(
    simd: S,
    a: &[Row],
    b: &[Row],
    out: &mut [Row],
) {
    let out = &mut out[FROM..FROM + M];
    let mut sums: [[S::f32s; V]; M] =
        std::array::from_fn(|i| std::array::from_fn(|j| vectors::<S>(&out[i])[j]));
    for (a, b) in a.iter().zip(b) {
        step::<S, M, V>(simd, |i| a.0[FROM + i], b, &mut sums);
    }
    store::<S, M, V>(&sums, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, salt: f32) -> Panels {
        let mut out = Panels::new(rows, columns);
        out.fill(&(0..rows * columns).map(|i| (i as f32 * 0.37 + salt).sin()).collect::<Vec<_>>());
        out
    }

    fn at(of: &Panels, row: usize, column: usize) -> f64 {
        f64::from(of.panel(column / WIDTH)[row].0[column % WIDTH])
    }

    #[test]
    fn products_agree_with_the_definition_for_every_number_of_rows() {
        let (inner, columns) = (21, 20);
        for count in (1..30).chain([200]) {
            let (a, b, other) =
                (matrix(count + 2, inner, 0.1), matrix(inner, columns, 0.2), matrix(count, inner, 0.3));
            let bias = [Row([0.5; WIDTH]); 2];
            let mut to = Panels::new(count + 1, columns);
            let terms = [Term { a: &a, first: 2, b: &b }, Term { a: &other, first: 0, b: &b }];
            sum_of_products(&terms, Start::Bias(&bias), &mut to, 1..count + 1);
            sum_of_products(&terms[..1], Start::Kept, &mut to, 1..count + 1);
            for row in 0..count {
                for column in 0..columns {
                    let each = (0..inner)
                        .map(|k| (2.0 * at(&a, row + 2, k) + at(&other, row, k)) * at(&b, k, column));
                    let (sum, said) = (0.5 + each.sum::<f64>(), at(&to, row + 1, column));
                    assert!((sum - said).abs() < 1e-4, "{count} rows, {row}, {column}: {said}, not {sum}");
                }
            }
            sum_of_products(&terms[..1], Start::Zero, &mut to, 1..count + 1);
            let sum: f64 = (0..inner).map(|k| at(&a, 2, k) * at(&b, k, 3)).sum();
            assert!((at(&to, 1, 3) - sum).abs() < 1e-4);
        }
    }

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
}
