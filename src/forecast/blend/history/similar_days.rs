//! How much a holiday resembles earlier holidays, or Sundays.

use serde::{Deserialize, Serialize};

/// How much days of a kind resemble similar days, and which: earlier days of the kind, or Sundays.
///
/// For each of the two a least-squares slope that starts at zero, and the sum of its absolute errors so far.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct SimilarDays {
    product: [f64; 2],
    square: [f64; 2],
    error: [f64; 2],
    days: f64,
}

impl SimilarDays {
    /// Learns from the load of a step and the loads of the two on similar days, all as differences to an
    /// ordinary day; `day` is the number of steps in a day.
    pub fn learn(&mut self, actual: f64, similar: [Option<f64>; 2], day: usize) {
        for (i, similar) in similar.into_iter().enumerate() {
            let similar = similar.unwrap_or(0.0);
            self.error[i] += (actual - self.slope(i) * similar).abs();
            self.product[i] += actual * similar;
            self.square[i] += similar * similar;
        }
        self.days += 1.0 / day as f64;
    }

    /// The value of the one with the smaller error so far; while that has none, the other's.
    pub fn choose(&self, similar: [Option<f64>; 2]) -> Option<f64> {
        let better = self.better();
        similar[better].or(similar[1 - better])
    }

    fn better(&self) -> usize {
        usize::from(self.error[1] < self.error[0])
    }

    /// How much of the difference to an ordinary day to expect: 0 (none) to 1 (all of it).
    pub fn share(&self) -> f64 {
        self.slope(self.better())
    }

    fn slope(&self, which: usize) -> f64 {
        let slope = if self.square[which] > 0.0 { self.product[which] / self.square[which] } else { 0.0 };
        (slope * self.days / (self.days + 0.5)).clamp(0.0, 1.0)
    }
}
