//! Random numbers of the shapes that loads are made of.

use rand::{RngExt, seq::IndexedRandom};
use rand_distr::{Distribution, Poisson, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// A seeded source of random numbers.
pub(super) struct Chance(pub Pcg64Mcg);

impl Chance {
    /// True in `share` of all cases.
    pub fn is(&mut self, share: f64) -> bool {
        self.0.random::<f64>() < share
    }

    /// A number of `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// A power of ten with an exponent of `[low, high)`.
    pub fn ten_to(&mut self, low: f64, high: f64) -> f64 {
        10f64.powf(self.between(low, high))
    }

    /// A whole number of `[low, high)`, and `low` where there is none.
    pub fn whole(&mut self, low: usize, high: usize) -> usize {
        if high > low { self.0.random_range(low..high) } else { low }
    }

    /// A normal number of mean 0 and deviation 1.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// A count around `mean`; `mean` itself where it is none.
    pub fn count(&mut self, mean: f64) -> f64 {
        Poisson::new(mean).map_or(mean, |poisson| poisson.sample(&mut self.0))
    }

    /// One of `values`.
    pub fn of<T: Copy + Default>(&mut self, values: &[T]) -> T {
        values.choose(&mut self.0).copied().unwrap_or_default()
    }

    /// A place in `weights`, in proportion to them.
    pub fn place(&mut self, weights: &[f64]) -> usize {
        let mut left = self.between(0.0, weights.iter().sum());
        let chosen = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        chosen.unwrap_or(weights.len().saturating_sub(1))
    }

    /// An autoregression of order one with `count` steps: a walk that forgets at `keep` a step.
    pub fn autoregression(&mut self, count: usize, keep: f64, size: f64) -> Vec<f64> {
        let mut x = 0.0;
        (0..count)
            .map(|_| {
                x = keep * x + size * self.normal();
                x
            })
            .collect()
    }

    /// A smooth curve that changes within about `length` steps, of deviation 1.
    pub fn smooth(&mut self, count: usize, length: usize) -> Vec<f64> {
        let mut curve: Vec<f64> = (0..count + 3 * length).map(|_| self.normal()).collect();
        for _ in 0..3 {
            let mut sum = 0.0;
            let sums: Vec<f64> = std::iter::once(0.0)
                .chain(curve.iter().map(|x| {
                    sum += x;
                    sum
                }))
                .collect();
            curve = (0..sums.len() - length).map(|i| sums[i + length] - sums[i]).collect();
        }
        curve.truncate(count);
        standardise(&mut curve);
        curve
    }

    /// A periodic curve with `harmonics` waves, of deviation 1; `fading` is how fast the short ones become small.
    pub fn periodic(&mut self, count: usize, period: f64, harmonics: usize, fading: f64) -> Vec<f64> {
        let waves: Vec<(f64, f64, f64)> = (1..=harmonics)
            .map(|h| {
                let size = (h as f64).powf(-fading);
                (std::f64::consts::TAU * h as f64 / period, size * self.normal(), size * self.normal())
            })
            .collect();
        let at = |i: usize| -> f64 {
            waves
                .iter()
                .map(|(speed, a, b)| a * (speed * i as f64).sin() + b * (speed * i as f64).cos())
                .sum()
        };
        // Whole periods are computed once.
        let whole = if period.fract() == 0.0 { count.min(period as usize) } else { count };
        let round: Vec<f64> = (0..whole).map(at).collect();
        let mut curve: Vec<f64> = round.into_iter().cycle().take(count).collect();
        standardise(&mut curve);
        curve
    }
}

/// Makes mean 0 and deviation 1.
pub(super) fn standardise(curve: &mut [f64]) {
    let count = curve.len().max(1) as f64;
    let mean = curve.iter().sum::<f64>() / count;
    let deviation = (curve.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt() + 1e-9;
    curve.iter_mut().for_each(|x| *x = (*x - mean) / deviation);
}
