//! Features of the presets, and the scaler that is fitted on training rows alone.

use chrono::{Datelike, Timelike};
use serde::{Deserialize, Serialize};

use super::{batch::Examples, table::MetricTable};

/// Which features a model takes; the first is always CPU utilisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureSet {
    /// CPU, network in, requests, event flag.
    Basic,
    /// Those and hour, day of week, weekend, business hours, part of day; mean, deviation, least and most of
    /// CPU over 30 minutes, its difference to the row before, means of network and requests over 30 minutes.
    Advanced,
}

impl FeatureSet {
    /// Number of features per row.
    pub fn width(self) -> usize {
        match self {
            FeatureSet::Basic => 4,
            FeatureSet::Advanced => 16,
        }
    }

    /// The features of row `index`, from it and earlier rows alone; `None` where one of these is a gap.
    pub fn row(self, table: &MetricTable, index: usize) -> Option<Vec<f64>> {
        let row = (*table.rows.get(index)?)?;
        let mut out = vec![row.cpu, row.network, row.requests, row.event];
        if self == FeatureSet::Basic {
            return Some(out);
        }
        let time = table.time_of(index);
        let (hour, day) = (time.hour(), time.weekday().num_days_from_monday());
        let flag = |is: bool| f64::from(u8::from(is));
        out.extend([
            f64::from(hour),
            f64::from(day),
            flag(day >= 5),
            flag((9..17).contains(&hour) && day < 5),
            // Parts of the day end with the hours 6, 12, 18 and 23.
            f64::from(hour.saturating_sub(1) / 6),
        ]);
        let length = usize::try_from(1_800 / table.step).unwrap_or(1).max(2);
        let recent: Option<Vec<_>> =
            table.rows[(index + 1).checked_sub(length)?..=index].iter().copied().collect();
        let recent = recent?;
        let mean = |of: &dyn Fn(usize) -> f64| (0..length).map(of).sum::<f64>() / length as f64;
        let average = mean(&|i| recent[i].cpu);
        let variance = mean(&|i| (recent[i].cpu - average).powi(2)) * length as f64 / (length - 1) as f64;
        let least = recent.iter().map(|r| r.cpu).fold(f64::INFINITY, f64::min);
        let most = recent.iter().map(|r| r.cpu).fold(f64::NEG_INFINITY, f64::max);
        out.extend([average, variance.sqrt(), least, most, row.cpu - recent[length - 2].cpu]);
        out.extend([mean(&|i| recent[i].network), mean(&|i| recent[i].requests)]);
        Some(out)
    }
}

/// Brings each feature of the training rows to 0 … 1; stored with the model and never fitted again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinMax {
    /// Least value of each feature on the training rows.
    pub least: Vec<f64>,
    /// Largest less least, 1 for a constant feature.
    pub span: Vec<f64>,
}

impl MinMax {
    /// The scaler of the rows before `until`; `None` if all of them are gaps.
    pub fn fit(set: FeatureSet, table: &MetricTable, until: usize) -> Option<MinMax> {
        let mut least = vec![f64::INFINITY; set.width()];
        let mut most = vec![f64::NEG_INFINITY; set.width()];
        for row in (0..until.min(table.len())).filter_map(|i| set.row(table, i)) {
            for (feature, value) in row.into_iter().enumerate() {
                least[feature] = least[feature].min(value);
                most[feature] = most[feature].max(value);
            }
        }
        let span = least.iter().zip(&most).map(|(a, b)| if b > a { b - a } else { 1.0 }).collect();
        least.iter().all(|v| v.is_finite()).then_some(MinMax { least, span })
    }

    /// True if the numbers, read from a file, can scale rows of `width` features.
    pub fn fits(&self, width: usize) -> bool {
        self.least.len() == width
            && self.span.len() == width
            && self.least.iter().all(|v| v.is_finite())
            && self.span.iter().all(|v| v.is_finite() && *v > 0.0)
    }

    fn scale(&self, feature: usize, value: f64) -> f32 {
        ((value - self.least[feature]) / self.span[feature]) as f32
    }

    /// CPU utilisation in percent from a model's output.
    pub fn cpu(&self, output: f32) -> f64 {
        f64::from(output) * self.span[0] + self.least[0]
    }
}

/// Windows that end just before each row of `targets`, with that row's CPU; those that touch a gap, in the
/// window or at the target, are left out. A target one beyond the table has weight zero.
///
/// Returns the examples and the rows that are their targets.
pub fn windows(
    set: FeatureSet,
    scaler: &MinMax,
    table: &MetricTable,
    window: usize,
    targets: std::ops::Range<usize>,
) -> (Examples, Vec<usize>) {
    let scaled: Vec<Option<Vec<f32>>> = (targets.start.saturating_sub(window)..targets.end)
        .map(|i| {
            let row = set.row(table, i)?;
            Some(row.into_iter().enumerate().map(|(feature, value)| scaler.scale(feature, value)).collect())
        })
        .collect();
    let offset = targets.start.saturating_sub(window);
    let (mut out, mut rows) = (Examples::default(), Vec::new());
    for target in targets.filter(|t| *t >= window) {
        let history = &scaled[target - window - offset..target - offset];
        let known = table.rows.get(target).map(|row| row.map(|r| scaler.scale(0, r.cpu)));
        if history.iter().any(Option::is_none) || known == Some(None) {
            continue;
        }
        out.inputs.extend(history.iter().flatten().flatten());
        let known = known.flatten();
        out.targets.push(known.unwrap_or(0.0));
        out.weights.push(f32::from(u8::from(known.is_some())));
        out.count += 1;
        rows.push(target);
    }
    (out, rows)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{domain::at_epoch, forecast::lstm::table::MetricRow};

    /// A daily wave in 5-minute rows.
    pub(crate) fn wave(rows: usize) -> MetricTable {
        let row = |i: usize| {
            let x = (i as f64 / 288.0 * std::f64::consts::TAU).sin();
            Some(MetricRow {
                cpu: 50.0 + 30.0 * x,
                network: 100.0 + x,
                requests: 500.0 + 9.0 * x,
                event: 0.0,
            })
        };
        MetricTable { start: at_epoch(1_700_000_100), step: 300, rows: (0..rows).map(row).collect() }
    }

    #[test]
    fn sixteen_features_from_the_past_alone() {
        let mut table = wave(60);
        let before = FeatureSet::Advanced.row(&table, 30).expect("no gap");
        assert_eq!(before.len(), 16);
        for row in &mut table.rows[31..] {
            *row = Some(MetricRow { cpu: 1e9, network: 1e9, requests: 1e9, event: 1.0 });
        }
        assert_eq!(FeatureSet::Advanced.row(&table, 30), Some(before));
    }

    #[test]
    fn the_clock_is_told_in_the_student_projects_classes() {
        // 2023-11-14, a Tuesday, in hourly rows.
        let mut table = wave(60);
        (table.start, table.step) = (at_epoch(1_699_920_000), 3_600);
        let row = |hour: usize| FeatureSet::Advanced.row(&table, 24 + hour).expect("no gap");
        let parts: Vec<f64> = (0..24).map(|hour| row(hour)[8]).collect();
        let expected: Vec<f64> = [(7, 0.0), (6, 1.0), (6, 2.0), (5, 3.0)]
            .into_iter()
            .flat_map(|(hours, part)| std::iter::repeat_n(part, hours))
            .collect();
        assert_eq!(parts, expected);
        let business: Vec<usize> = (0..24).filter(|hour| row(*hour)[7] == 1.0).collect();
        assert_eq!(business, (9..17).collect::<Vec<_>>());
    }

    #[test]
    fn windows_that_touch_a_gap_are_left_out() {
        let mut table = wave(40);
        table.rows[20] = None;
        let scaler = MinMax::fit(FeatureSet::Basic, &table, 30).expect("rows");
        let (examples, rows) = windows(FeatureSet::Basic, &scaler, &table, 4, 0..41);
        let expected: Vec<usize> = (4..20).chain(25..41).collect();
        assert_eq!(rows, expected);
        assert_eq!(examples.count, rows.len());
        assert_eq!(examples.weights.iter().filter(|w| **w == 0.0).count(), 1, "only the row beyond the end");
    }

    #[test]
    fn the_scaler_knows_only_training_rows() {
        let mut table = wave(100);
        let scaler = MinMax::fit(FeatureSet::Basic, &table, 70);
        for row in table.rows[70..].iter_mut().flatten() {
            row.cpu = 1e6;
        }
        assert_eq!(MinMax::fit(FeatureSet::Basic, &table, 70), scaler);
    }
}
