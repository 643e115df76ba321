//! How well simple forecasts did of late, and how changes follow each other.

use super::origin::{LAGS, Origin};

/// Simple forecasts whose errors are looked at.
const SIMPLE: usize = 8;
/// Targets of the last day that errors are taken from, at the most.
const TARGETS: usize = 96;
/// A twentieth of a unit keeps logarithms finite.
const LEAST: f32 = 0.05;

impl Origin<'_> {
    /// Logarithms of mean errors of simple forecasts over `lead` steps, during the last day and the last hour, in units;
    /// then correlations of changes between steps.
    pub(super) fn write_skill(&self, lead: usize, unit: f32, to: &mut Vec<f32>) {
        let day = self.seen.day.min(self.seen.roots.len());
        let of_day = self.errors(lead, (0..day).step_by((self.seen.day / TARGETS).max(1)));
        let of_hour = self.errors(lead, 0..self.hour().max(6).min(day));
        let size = |(sum, n): (f32, u32)| {
            if n > 0 { ((sum / n as f32 + LEAST * unit) / unit).ln() } else { 0.0 }
        };
        for (day, hour) in of_day.into_iter().zip(of_hour) {
            to.extend([size(day), size(hour)]);
        }
        to.extend(self.correlations);
    }

    /// Sums of absolute errors and their numbers, by simple forecast, at the steps `targets` back.
    fn errors(&self, lead: usize, targets: impl Iterator<Item = usize>) -> [(f32, u32); SIMPLE] {
        let mut sums = [(0.0f32, 0u32); SIMPLE];
        for back in targets {
            let actual = self.at(back);
            if actual.is_nan() {
                continue;
            }
            for (sum, predicted) in sums.iter_mut().zip(self.simple(lead, back)) {
                let error = (actual - predicted).abs();
                if !error.is_nan() {
                    *sum = (sum.0 + error, sum.1 + 1);
                }
            }
        }
        sums
    }

    /// What simple forecasts made `lead` steps earlier said of the step `back`.
    fn simple(&self, lead: usize, back: usize) -> [f32; SIMPLE] {
        let (origin, day, hour) = (back + lead, self.seen.day, self.hour());
        let last = self.filled(origin);
        let (day_ago, week_ago) = (self.at(back + day), self.at(back + 7 * day));
        [
            last,
            self.mean(origin, 6),
            day_ago,
            week_ago,
            last + day_ago - self.at(origin + day),
            last + week_ago - self.at(origin + 7 * day),
            last + lead as f32 * (last - self.at(origin + 3)) / 3.0,
            self.at(back + hour * lead.div_ceil(hour)),
        ]
    }

    /// Correlations of changes between steps with those one, two, three steps and an hour before, during the last day.
    pub(super) fn measure_correlations(&self) -> [f32; LAGS] {
        let lags = [1, 2, 3, self.hour().max(2)];
        let (mut products, mut squares) = ([0.0f32; LAGS], 1e-12f32);
        let change = |back: usize| {
            let change = self.at(back) - self.at(back + 1);
            if change.is_nan() { 0.0 } else { change }
        };
        for back in self.last_day() {
            let now = change(back);
            squares += now * now;
            for (product, lag) in products.iter_mut().zip(lags) {
                *product += now * change(back + lag);
            }
        }
        products.map(|product| (product / squares).clamp(-1.5, 1.5))
    }
}
