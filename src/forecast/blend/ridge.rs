//! Online ridge regression with forgetting: learns from one row at a time and is solved now and then.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Weighted least squares of `y` on `x`, with a ridge and an exponentially fading memory.
///
/// Rows enter through [`OnlineRidge::learn`]; [`OnlineRidge::solve`] turns the sums into coefficients. The
/// penalty on coefficient `j` is `prior` rows' worth of the mean square of `x_j`, so that it does not depend on
/// units and fades as rows come in (Hoerl and Kennard 1970; exponential forgetting as in recursive least
/// squares).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OnlineRidge {
    width: usize,
    prior: f64,
    /// Factor by which each row weighs more than the one before it (1 / forgetting factor).
    growth: f64,
    /// Weight of the next row.
    weight: f64,
    /// Sum of weights.
    total: f64,
    /// Σ w x xᵀ, lower triangle, row by row.
    gram: Vec<f64>,
    /// Σ w x y.
    moment: Vec<f64>,
    /// Coefficients of the last solve.
    coefficients: Vec<f64>,
    /// Features that are mostly zero, and the penalty on their coefficients in rows with the feature at one.
    rare: (std::ops::Range<usize>, f64),
}

impl OnlineRidge {
    /// `width` features; `prior` in rows; `half_life` in rows (infinite for no forgetting).
    pub fn new(width: usize, prior: f64, half_life: f64) -> Self {
        OnlineRidge {
            width,
            prior,
            growth: (std::f64::consts::LN_2 / half_life).exp(),
            weight: 1.0,
            total: 0.0,
            gram: vec![0.0; width * (width + 1) / 2],
            moment: vec![0.0; width],
            coefficients: vec![0.0; width],
            rare: (0..0, 0.0),
        }
    }

    /// Adds a penalty on the coefficients of `features`, flags that are mostly zero: as if `rows` rows with
    /// the flag set had shown no effect. The usual penalty is proportional to the mean square, which for
    /// these is next to nothing.
    pub fn with_rare(mut self, features: std::ops::Range<usize>, rows: f64) -> Self {
        self.rare = (features, rows);
        self
    }

    /// Adds one row. Rows with a value that is not finite are skipped.
    pub fn learn(&mut self, x: &[f64], y: f64) {
        debug_assert_eq!(x.len(), self.width);
        if !y.is_finite() || x.iter().any(|v| !v.is_finite()) {
            return;
        }
        let mut at = 0;
        for (i, xi) in x.iter().enumerate() {
            let scaled = self.weight * xi;
            for (sum, xj) in self.gram[at..=at + i].iter_mut().zip(x) {
                *sum += scaled * xj;
            }
            self.moment[i] += scaled * y;
            at += i + 1;
        }
        self.total += self.weight;
        self.weight *= self.growth;
        if self.weight > 1e9 {
            self.rescale();
        }
    }

    /// Brings the ever-growing weights back to one.
    fn rescale(&mut self) {
        let shrink = 1.0 / self.weight;
        self.gram.iter_mut().chain(&mut self.moment).for_each(|v| *v *= shrink);
        self.total *= shrink;
        self.weight = 1.0;
    }

    /// Recomputes the coefficients; keeps the old ones if the system cannot be solved.
    pub fn solve(&mut self) {
        if self.total <= 0.0 {
            return;
        }
        let n = self.width;
        let mut a = DMatrix::zeros(n, n);
        let mut at = 0;
        for i in 0..n {
            for j in 0..=i {
                a[(i, j)] = self.gram[at + j];
                a[(j, i)] = self.gram[at + j];
            }
            at += i + 1;
        }
        // `prior` counts rows of the current weight, hence the factor.
        let rows = self.prior * self.weight / self.total;
        for i in 0..n {
            a[(i, i)] += rows * a[(i, i)] + 1e-9 * self.total;
        }
        for i in self.rare.0.clone() {
            a[(i, i)] += self.rare.1 * self.weight;
        }
        if let Some(factor) = a.cholesky() {
            let solution = factor.solve(&DVector::from_column_slice(&self.moment));
            if solution.iter().all(|v| v.is_finite()) {
                self.coefficients.copy_from_slice(solution.as_slice());
            }
        }
    }

    /// The prediction for `x` by the coefficients of the last solve (zero before the first).
    pub fn predict(&self, x: &[f64]) -> f64 {
        self.coefficients.iter().zip(x).map(|(c, v)| c * v).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_coefficients_of_a_plane() {
        let mut ridge = OnlineRidge::new(3, 1e-6, f64::INFINITY);
        for i in 0..200 {
            let (a, b) = (f64::from(i % 7), f64::from(i % 11));
            ridge.learn(&[1.0, a, b], 4.0 + 2.0 * a - 3.0 * b);
        }
        ridge.solve();
        assert!((ridge.predict(&[1.0, 5.0, 2.0]) - 8.0).abs() < 1e-4);
    }

    #[test]
    fn forgets_what_is_long_past() {
        let mut ridge = OnlineRidge::new(1, 1e-6, 50.0);
        (0..2_000).for_each(|_| ridge.learn(&[1.0], 10.0));
        (0..500).for_each(|_| ridge.learn(&[1.0], 20.0));
        ridge.solve();
        assert!((ridge.predict(&[1.0]) - 20.0).abs() < 0.05);
    }

    #[test]
    fn a_broken_row_changes_nothing() {
        let mut ridge = OnlineRidge::new(2, 1.0, 100.0);
        ridge.learn(&[f64::NAN, 1.0], 1.0);
        ridge.learn(&[1.0, 1.0], f64::INFINITY);
        ridge.solve();
        assert_eq!(ridge.predict(&[1.0, 1.0]), 0.0);
    }
}
