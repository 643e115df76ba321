//! The student project's measures, on rows that every model can speak of.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{table::Table, trained::PresetModel};

/// How well one model predicts the next row's CPU utilisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
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
    /// Rows scored: those of the last 20 % for which every model has an answer.
    pub rows: usize,
    /// One a model.
    pub scores: Vec<Score>,
    /// What a reader must know, for example that a model was trained on rows scored here.
    pub notes: Vec<String>,
}

/// Scores `models` on the last 20 % of `table` beside last value and seasonal-naive of one day.
///
/// # Errors
/// A sentence, when no row can be scored by all.
pub fn compare(table: &Table, models: &[(String, PresetModel)]) -> Result<Comparison, String> {
    let test = table.test_start()..table.len();
    let actual = |i: usize| table.rows.get(i).copied().flatten().map(|row| row.cpu);
    let day = usize::try_from(86_400 / table.step).unwrap_or(0).max(1);
    let lagged = |lag: usize| -> Vec<(usize, f64)> {
        test.clone().filter_map(|i| Some((i, actual(i.checked_sub(lag)?)?))).collect()
    };
    let mut answers = vec![("last value".to_owned(), lagged(1))];
    if table.test_start() >= day {
        answers.push(("seasonal-naive (1 day)".to_owned(), lagged(day)));
    }
    for (name, model) in models {
        answers.push((name.clone(), model.predict(table, test.clone())));
    }
    let mut common: BTreeSet<usize> = test.clone().filter(|i| actual(*i).is_some()).collect();
    for (_, said) in &answers {
        let rows: BTreeSet<usize> = said.iter().map(|(i, _)| *i).collect();
        common = &common & &rows;
    }
    if common.len() < 2 {
        return Err("no two rows of the last 20 % can be scored by every model; give a longer file".into());
    }
    let scores = answers.into_iter().map(|(model, said)| {
        let pairs: Vec<(f64, f64)> = said
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

/// The measures of pairs of said and actual.
pub fn score(model: String, pairs: &[(f64, f64)]) -> Score {
    let count = pairs.len().max(1) as f64;
    let mean = pairs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let squares = pairs.iter().map(|(p, y)| (y - p).powi(2)).sum::<f64>();
    let spread = pairs.iter().map(|(_, y)| (y - mean).powi(2)).sum::<f64>();
    let shares: Vec<f64> =
        pairs.iter().filter(|(_, y)| *y != 0.0).map(|(p, y)| ((y - p) / y).abs()).collect();
    let mape = 100.0 * shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    Score {
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
    use crate::forecast::lstm::features::tests::wave;

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
        assert_eq!(result.rows, 300 - 2, "the gap, and the row after it that has no last value");
        let naive = &result.scores[1];
        assert!(naive.mae < 1e-9 && naive.r2 > 0.999_999, "a pure daily wave repeats: {naive:?}");
    }
}
