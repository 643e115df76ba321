//! Search over the student project's grid of hyperparameters, scored on validation rows alone.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::AtomicBool},
};

use serde::Serialize;

use super::{
    Backend,
    fit::{Epoch, TrainError},
    preset::{Preset, Recipe, grid},
    table::MetricTable,
    trained::{PresetModel, PresetOptions},
};

/// How to search.
#[derive(Debug, Clone)]
pub struct TuneOptions {
    /// Seed of every trial.
    pub seed: u64,
    /// Back end that trains.
    pub backend: Backend,
    /// Largest number of epochs per trial, in place of the grid's own number.
    pub epochs: Option<usize>,
    /// Set from another thread, it ends the search at the next batch.
    pub cancel: Arc<AtomicBool>,
}

/// One trained configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Place in the grid, from one.
    pub trial: usize,
    /// Units of each LSTM layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Share dropped between layers.
    pub dropout: f64,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Epochs that ran.
    pub epochs: usize,
    /// Root mean squared error on the validation rows, percentage points of CPU.
    pub valid_rmse: f64,
}

/// Result of a search.
#[derive(Debug)]
pub struct Tuning {
    /// Finished trials, the best on validation rows first.
    pub trials: Vec<Trial>,
    /// The network of the first of them; none if none was finished.
    pub best: Option<PresetModel>,
    /// It was stopped before the end of the grid.
    pub cancelled: bool,
}

/// Trains each configuration of the grid on the first 60 % of `table` and scores it on the next 20 %. The last
/// 20 % are not used.
///
/// `progress` gets the trial (from one), the number of trials, and its epoch.
///
/// # Errors
/// [`TrainError`], but for a cancelled search: that gives what was finished.
pub fn tune(
    table: &MetricTable,
    options: &TuneOptions,
    progress: &mut dyn FnMut(usize, usize, Epoch),
) -> Result<Tuning, TrainError> {
    search(table, options, grid(options.seed, options.epochs), progress)
}

fn search(
    table: &MetricTable,
    options: &TuneOptions,
    recipes: Vec<Recipe>,
    progress: &mut dyn FnMut(usize, usize, Epoch),
) -> Result<Tuning, TrainError> {
    let TuneOptions { seed, backend, epochs, .. } = *options;
    let settings = PresetOptions { preset: Preset::Advanced, seed, backend, epochs };
    let mut tuning = Tuning { trials: vec![], best: None, cancelled: false };
    let (count, mut least) = (recipes.len(), f64::INFINITY);
    for (trial, mut recipe) in (1..).zip(recipes) {
        recipe.fit.cancel = Some(options.cancel.clone());
        let mut ran = 0;
        let mut report = |epoch: Epoch| {
            ran = epoch.epoch;
            progress(trial, count, epoch);
            ControlFlow::Continue(())
        };
        let (model, valid_rmse) = match PresetModel::try_recipe(table, settings, &recipe, &mut report) {
            Err(TrainError::Cancelled) => {
                tuning.cancelled = true;
                break;
            }
            done => done?,
        };
        let (hidden, layers, dropout) = (recipe.shape.hidden, recipe.shape.layers, recipe.shape.dropout);
        let learning_rate = recipe.fit.learning_rate;
        tuning.trials.push(Trial { trial, hidden, layers, dropout, learning_rate, epochs: ran, valid_rmse });
        if valid_rmse < least {
            least = valid_rmse;
            tuning.best = Some(model);
        }
    }
    tuning.trials.sort_by(|a, b| a.valid_rmse.total_cmp(&b.valid_rmse));
    Ok(tuning)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::forecast::lstm::features::tests::wave;

    fn options() -> TuneOptions {
        TuneOptions { seed: 1, backend: Backend::Flex, epochs: Some(2), cancel: Arc::default() }
    }

    /// Three small networks in place of the grid.
    fn recipes() -> Vec<Recipe> {
        let mut recipes = grid(1, Some(2));
        recipes.truncate(3);
        for (recipe, (hidden, rate)) in recipes.iter_mut().zip([(4, 1e-5), (4, 2e-2), (3, 1e-4)]) {
            (recipe.shape.hidden, recipe.shape.layers) = (hidden, 1);
            recipe.fit.learning_rate = rate;
        }
        recipes
    }

    #[test]
    fn the_best_on_validation_rows_comes_first_and_test_rows_say_nothing() {
        let mut table = wave(400);
        let tuning = search(&table, &options(), recipes(), &mut |_, _, _| ()).expect("trains");
        assert_eq!(tuning.trials[0].trial, 2, "{:?}", tuning.trials);
        assert!(tuning.trials.is_sorted_by(|a, b| a.valid_rmse <= b.valid_rmse) && !tuning.cancelled);
        let best = tuning.best.expect("a best one").predict(&table, 300..301);
        for row in table.rows[320..].iter_mut().flatten() {
            row.cpu = 1e6;
        }
        let again = search(&table, &options(), recipes(), &mut |_, _, _| ()).expect("trains");
        assert_eq!(again.trials, tuning.trials);
        assert_eq!(again.best.expect("a best one").predict(&table, 300..301), best);
    }

    #[test]
    fn cancelling_keeps_what_was_finished() {
        let options = options();
        let mut stop = |trial, _, _| options.cancel.store(trial == 2, Ordering::Relaxed);
        let tuning = search(&wave(400), &options, recipes(), &mut stop).expect("what was finished");
        assert!(tuning.cancelled && tuning.best.is_some());
        assert_eq!(tuning.trials.iter().map(|t| t.trial).collect::<Vec<_>>(), [1]);
    }
}
