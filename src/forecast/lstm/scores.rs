//! The student project's measures, on rows that every model can predict.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{table::MetricTable, trained::PresetModel};
use crate::forecast::student::{
    baselines::{self, Answers},
    generator,
};

/// How well one model predicts the next row's CPU utilisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictionScore {
    /// Model.
    pub model: String,
    /// 100 − MAPE, the student project's "accuracy", percent.
    pub accuracy: f64,
    /// Coefficient of determination.
    pub r2: f64,
    /// Mean absolute error, percentage points of CPU.
    pub mae: f64,
    /// Mean absolute percentage error, percent, over rows that are not zero.
    pub mape: f64,
}

/// The table of [`compare`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Rows scored: those of the last 20 % for which every model has a prediction.
    pub rows: usize,
    /// One per model.
    pub scores: Vec<PredictionScore>,
    /// Remarks for the reader, for example that a model was trained on rows scored here.
    pub notes: Vec<String>,
}

/// Scores `models` on the last 20 % of `table`, together with the [baselines] and, for a table of the known
/// [generator], the noise floor.
///
/// # Errors
/// A sentence, when no row can be scored by all.
pub fn compare(table: &MetricTable, models: &[(String, PresetModel)]) -> Result<Comparison, String> {
    let test = table.test_start()..table.len();
    let actual = |i: usize| table.rows.get(i).copied().flatten().map(|row| row.cpu);
    let mut answers = baselines_of(table);
    for (name, model) in models {
        answers.push((name.clone(), model.predict(table, test.clone())));
    }
    if let Some(floor) = generator::noise_floor(table, test.clone()) {
        answers.push(("noise floor (knows the generator)".to_owned(), floor));
    }
    let mut common: BTreeSet<usize> = test.clone().filter(|i| actual(*i).is_some()).collect();
    for (_, predicted) in &answers {
        let rows: BTreeSet<usize> = predicted.iter().map(|(i, _)| *i).collect();
        common = &common & &rows;
    }
    if common.len() < 2 {
        return Err("no two rows of the last 20 % can be scored by every model; give a longer file".into());
    }
    let scores = answers.into_iter().map(|(model, predicted)| {
        let pairs: Vec<(f64, f64)> = predicted
            .into_iter()
            .filter(|(i, _)| common.contains(i))
            .filter_map(|(i, value)| Some((value, actual(i)?)))
            .collect();
        score(model, &pairs)
    });
    let scores = scores.collect();
    let first = table.time_of(test.start);
    let notes = models.iter().filter(|(_, m)| m.data.until > first).map(|(name, m)| {
        format!("{name} was trained on data until {}, which overlaps the rows scored here", m.data.until)
    });
    Ok(Comparison { rows: common.len(), scores, notes: notes.collect() })
}

/// Baselines without a network, where the table is long enough for it.
fn baselines_of(table: &MetricTable) -> Vec<(String, Answers)> {
    let test = table.test_start()..table.len();
    let day = usize::try_from(86_400 / table.step).unwrap_or(0).max(1);
    let mut answers = vec![("last value".to_owned(), baselines::lagged(table, 1, test.clone()))];
    if test.start >= day {
        let name = "seasonal-naive (1 day)".to_owned();
        answers.push((name, baselines::lagged(table, day, test.clone())));
        let knowing = baselines::lagged_with_events(table, day, test.clone());
        answers.extend(knowing.map(|predicted| ("seasonal-naive (1 day, calendar)".to_owned(), predicted)));
        answers.push(("ridge (24 steps, clock, calendar)".to_owned(), baselines::ridge(table, test.clone())));
    }
    answers.push(("champion (walked forward)".to_owned(), baselines::champion(table, test)));
    answers
}

/// The measures of pairs of predicted and actual values.
pub fn score(model: String, pairs: &[(f64, f64)]) -> PredictionScore {
    let count = pairs.len().max(1) as f64;
    let mean = pairs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let squares = pairs.iter().map(|(p, y)| (y - p).powi(2)).sum::<f64>();
    let spread = pairs.iter().map(|(_, y)| (y - mean).powi(2)).sum::<f64>();
    let shares: Vec<f64> =
        pairs.iter().filter(|(_, y)| *y != 0.0).map(|(p, y)| ((y - p) / y).abs()).collect();
    let mape = 100.0 * shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    PredictionScore {
        model,
        accuracy: 100.0 - mape,
        r2: if spread > 0.0 { 1.0 - squares / spread } else { 0.0 },
        mae: pairs.iter().map(|(p, y)| (y - p).abs()).sum::<f64>() / count,
        mape,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::at_epoch, forecast::lstm::features::tests::wave};

    #[test]
    fn measures_of_a_worked_example() {
        let s = score("m".into(), &[(10.0, 20.0), (44.0, 40.0)]);
        assert!((s.mae - 7.0).abs() < 1e-12);
        assert!((s.mape - 30.0).abs() < 1e-12 && (s.accuracy - 70.0).abs() < 1e-12);
        assert!((s.r2 - (1.0 - 116.0 / 200.0)).abs() < 1e-12);
    }

    #[test]
    fn all_are_scored_on_the_same_rows() {
        let mut table = wave(1_500);
        table.rows[1_300] = None;
        let result = compare(&table, &[]).expect("rows to score");
        assert_eq!(result.rows, 300 - 1 - 24, "the gap, and the rows after it whose 24 newest it is among");
        let naive = &result.scores[1];
        assert!(naive.mae < 1e-9 && naive.r2 > 0.999_999, "a pure daily wave repeats: {naive:?}");
    }

    #[test]
    fn the_floor_stands_below_all_others_on_generated_data_alone() {
        let result = compare(&generator::generate(at_epoch(0), 15, 7), &[]).expect("rows to score");
        let names: Vec<&str> = result.scores.iter().map(|s| s.model.as_str()).collect();
        assert_eq!(names.len(), 6, "{names:?}");
        let (floor, others) = result.scores.split_last().expect("scores");
        assert!(floor.model.starts_with("noise floor"));
        assert!(others.iter().all(|s| s.mae > 0.99 * floor.mae), "{:?}", result.scores);
        let plain = compare(&wave(1_500), &[]).expect("rows to score");
        assert!(
            plain.scores.iter().all(|s| !s.model.starts_with("noise floor") && !s.model.contains("y, cal"))
        );
    }
}
