//! The generator of the student project's file: a daily sine with noise, higher on sale days, cut at bounds.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

use crate::{
    domain::{Seconds, Time},
    forecast::lstm::table::{MetricRow, MetricTable},
};

/// Seconds between rows.
pub const STEP: Seconds = 300;
/// Rows a day.
const DAY: usize = 288;
/// Every so many days is a sale day, of 24 hours, counted from one: the 5th, the 10th, the 15th.
const SALE_EVERY: usize = 5;

/// How one metric comes about.
struct SyntheticMetric {
    level: f64,
    swing: f64,
    /// Standard deviations of two normal noises that are added.
    noise: [f64; 2],
    /// Added on sale days.
    boost: f64,
    least: f64,
    most: f64,
}

const CPU: SyntheticMetric =
    SyntheticMetric { level: 20.0, swing: 15.0, noise: [2.0, 5.0], boost: 40.0, least: 5.0, most: 95.0 };
const NETWORK: SyntheticMetric = SyntheticMetric {
    level: 100.0,
    swing: 80.0,
    noise: [10.0, 20.0],
    boost: 300.0,
    least: 20.0,
    most: 1_000.0,
};
const REQUESTS: SyntheticMetric = SyntheticMetric {
    level: 500.0,
    swing: 400.0,
    noise: [50.0, 100.0],
    boost: 2_000.0,
    least: 100.0,
    most: 5_000.0,
};

impl SyntheticMetric {
    /// The middle of the values before they are cut.
    fn centre(&self, wave: f64, event: f64) -> f64 {
        self.level + self.swing * wave + self.boost * event
    }

    /// Standard deviation of both noises together.
    fn deviation(&self) -> f64 {
        self.noise[0].hypot(self.noise[1])
    }

    fn cut(&self, value: f64) -> f64 {
        value.clamp(self.least, self.most)
    }

    fn draw(&self, wave: f64, event: f64, rng: &mut Pcg64Mcg) -> f64 {
        let noise: f64 = self.noise.iter().map(|sd| sd * normal(rng)).sum();
        self.cut(self.centre(wave, event) + noise)
    }
}

fn normal(rng: &mut Pcg64Mcg) -> f64 {
    StandardNormal.sample(rng)
}

/// The daily wave of row `index` of `rows`; as in the project's script, the last row closes the last cycle.
fn wave(index: usize, rows: usize) -> f64 {
    let cycles = rows as f64 / DAY as f64;
    (std::f64::consts::TAU * cycles * index as f64 / rows.saturating_sub(1).max(1) as f64).sin()
}

/// `days` days of five-minute rows from `start` on; the same seed gives the same rows.
pub fn generate(start: Time, days: usize, seed: u64) -> MetricTable {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let rows = days * DAY;
    let row = |index: usize| {
        let (wave, day) = (wave(index, rows), index / DAY + 1);
        let event = if day.is_multiple_of(SALE_EVERY) { 1.0 } else { 0.0 };
        let mut draw = |metric: &SyntheticMetric| metric.draw(wave, event, &mut rng);
        Some(MetricRow { cpu: draw(&CPU), network: draw(&NETWORK), requests: draw(&REQUESTS), event })
    };
    MetricTable { start, step: STEP, rows: (0..rows).map(row).collect() }
}

/// CPU of each row of `targets` as a predictor would give it that knows the generator but not its noise: the
/// conditional median, which no other forecast beats in mean absolute error but by luck.
///
/// `None` if `table` is not of this generator (whole days of its step, and residuals of its mean and spread).
pub fn noise_floor(table: &MetricTable, targets: std::ops::Range<usize>) -> Option<Vec<(usize, f64)>> {
    let rows = table.len();
    let centre = |i: usize| {
        let row = (*table.rows.get(i)?)?;
        Some((CPU.centre(wave(i, rows), row.event), row.cpu))
    };
    if table.step != STEP || rows == 0 || !rows.is_multiple_of(DAY) {
        return None;
    }
    let far = 3.0 * CPU.deviation();
    let uncut = CPU.least + far..CPU.most - far;
    let residuals: Vec<f64> =
        (0..rows).filter_map(centre).filter(|(c, _)| uncut.contains(c)).map(|(c, cpu)| cpu - c).collect();
    let count = residuals.len() as f64;
    let mean = residuals.iter().sum::<f64>() / count;
    let deviation = (residuals.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / count).sqrt();
    // Five standard errors on either side; no rows give NaN, which is within nothing.
    let slack = 5.0 * CPU.deviation() / count.sqrt();
    let alike = mean.abs() < slack && (deviation - CPU.deviation()).abs() < slack;
    alike.then(|| targets.filter_map(|i| Some((i, CPU.cut(centre(i)?.0)))).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{domain::at_epoch, forecast::lstm::features::tests::wave as plain};

    /// The student project's own file.
    pub(crate) fn original() -> MetricTable {
        let text = include_str!("../../../data/multi_metric_data.csv");
        MetricTable::read("multi_metric_data.csv", text.as_bytes()).expect("reads")
    }

    /// Mean and deviation of one column over rows with the given event flag.
    fn moments(table: &MetricTable, event: f64, column: impl Fn(&MetricRow) -> f64) -> (f64, f64) {
        let values: Vec<f64> = table.rows.iter().flatten().filter(|r| r.event == event).map(column).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt())
    }

    #[test]
    fn it_makes_files_like_the_student_projects() {
        let (ours, theirs) = (generate(at_epoch(0), 15, 1), original());
        let flags = |t: &MetricTable| t.rows.iter().map(|r| r.map(|r| r.event)).collect::<Vec<_>>();
        assert_eq!((ours.step, flags(&ours)), (theirs.step, flags(&theirs)), "same sale days");
        let columns: [fn(&MetricRow) -> f64; 3] = [|r| r.cpu, |r| r.network, |r| r.requests];
        for (event, column) in [0.0, 1.0].into_iter().flat_map(|e| columns.map(|c| (e, c))) {
            let ((a, da), (b, db)) = (moments(&ours, event, column), moments(&theirs, event, column));
            assert!((a - b).abs() < 0.03 * b && (da / db - 1.0).abs() < 0.06, "{a} ± {da}, {b} ± {db}");
        }
        let cut = |t: &MetricTable| t.rows.iter().flatten().filter(|r| r.cpu == 5.0).count() as f64 / 4_320.0;
        assert!(cut(&theirs) > 0.08 && (cut(&ours) - cut(&theirs)).abs() < 0.015, "{}", cut(&ours));
    }

    #[test]
    fn a_seed_is_a_file() {
        let make = |seed| generate(at_epoch(0), 6, seed);
        assert_eq!(make(4), make(4));
        assert_ne!(make(4), make(5));
        assert_eq!(make(4).len(), 6 * 288);
    }

    #[test]
    fn the_floor_is_known_for_its_files_alone() {
        let table = original();
        let predicted = noise_floor(&table, table.test_start()..table.len()).expect("is of the generator");
        let error = |(i, predicted): &(usize, f64)| (table.rows[*i].expect("row").cpu - predicted).abs();
        let mae = predicted.iter().map(error).sum::<f64>() / predicted.len() as f64;
        assert!((mae - 3.91).abs() < 0.02, "{mae}");
        assert!(noise_floor(&generate(at_epoch(0), 4, 2), 0..10).is_some());
        assert!(noise_floor(&plain(15 * 288), 0..10).is_none(), "another wave");
        assert!(noise_floor(&plain(100), 0..10).is_none());
    }
}
