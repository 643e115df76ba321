//! A trained preset: networks, scaler and origin, in memory and on disk.

use std::{
    ops::{ControlFlow, Range},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    Backend,
    batch::Examples,
    bundle::{self, BundleError, MANIFEST, WeightFile},
    features::{self, FeatureSet, MinMax},
    fit::{self, Epoch, TrainError},
    loss::LossFunction,
    net::NetShape,
    predictor::Predictor,
    preset::{Preset, Recipe},
    table::MetricTable,
};
use crate::domain::{Seconds, Time};

/// The data that a model learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRange {
    /// Start.
    pub from: Time,
    /// End, validation rows included.
    pub until: Time,
    /// Seconds per step.
    pub step: Seconds,
}

/// A trained preset.
#[derive(Debug)]
pub struct PresetModel {
    /// Which preset.
    pub preset: Preset,
    /// What it learned from.
    pub data: DataRange,
    pub(super) seed: u64,
    pub(super) scaler: MinMax,
    pub(super) members: Vec<Predictor>,
    pub(super) backend: Backend,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetManifest {
    program: String,
    preset: Preset,
    seed: u64,
    backend: Backend,
    data: DataRange,
    scaler: MinMax,
    members: Vec<EnsembleMember>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnsembleMember {
    shape: NetShape,
    weights: WeightFile,
}

/// Rows to learn from, and the scaler that they give.
struct Split<'a> {
    table: &'a MetricTable,
    options: PresetOptions,
    /// First row that is not learned from.
    until: usize,
    scaler: MinMax,
}

/// A network whose epoch was chosen on validation rows.
struct SelectedNetwork {
    member: Predictor,
    /// Learning rate of each epoch up to the chosen one.
    rates: Vec<f64>,
    /// Root mean squared error on the validation rows, percentage points of CPU.
    error: f64,
}

impl<'a> Split<'a> {
    fn new(table: &'a MetricTable, options: PresetOptions, until: usize) -> Result<Self, TrainError> {
        let scaler = MinMax::fit(options.preset.features(), table, until).ok_or_else(|| {
            TrainError::TooLittle("every training row is a gap; give rows with values".into())
        })?;
        Ok(Split { table, options, until, scaler })
    }

    fn examples(&self, recipe: &Recipe, rows: Range<usize>) -> Examples {
        features::windows(self.options.preset.features(), &self.scaler, self.table, recipe.shape.window, rows)
            .0
    }

    fn trial(
        &self,
        recipe: &Recipe,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<SelectedNetwork, TrainError> {
        let train = self.examples(recipe, 0..self.until);
        let valid = self.examples(recipe, self.until..self.table.test_start());
        let Recipe { shape, fit: how } = recipe;
        let (member, epochs) =
            fit::fit(shape, LossFunction::Squared, (&train, &valid), how, self.options.backend, progress)?;
        let loss = |epoch: &Epoch| epoch.valid_loss.unwrap_or(f64::INFINITY);
        let least = epochs.iter().min_by(|a, b| f64::total_cmp(&loss(a), &loss(b)));
        let chosen = if how.patience.is_none() { epochs.len() } else { least.map_or(0, |e| e.epoch) };
        let rates = epochs[..chosen].iter().map(|e| e.rate).collect();
        let error = member.evaluate(LossFunction::Squared, &valid, how.batch).sqrt() * self.scaler.span[0];
        Ok(SelectedNetwork { member, rates, error })
    }

    fn refit(
        &self,
        recipe: &Recipe,
        rates: &[f64],
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<Predictor, TrainError> {
        let train = self.examples(recipe, 0..self.until);
        fit::refit(
            &recipe.shape,
            LossFunction::Squared,
            &train,
            &recipe.fit,
            self.options.backend,
            rates,
            progress,
        )
    }

    fn model(self, members: Vec<Predictor>) -> PresetModel {
        let (table, PresetOptions { preset, seed, backend, .. }) = (self.table, self.options);
        let until = table.time_of(table.test_start());
        let data = DataRange { from: table.start, until, step: table.step };
        PresetModel { preset, data, seed, scaler: self.scaler, members, backend }
    }
}

/// What to train.
#[derive(Debug, Clone, Copy)]
pub struct PresetOptions {
    /// Which preset.
    pub preset: Preset,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Back end that trains.
    pub backend: Backend,
    /// Largest number of epochs, in place of the preset's own number.
    pub epochs: Option<usize>,
}

impl PresetModel {
    /// Trains on the first 60 % of `table` and chooses the number of epochs on the next 20 %; then trains
    /// again on those 80 % for as many epochs. The last 20 % are not used.
    ///
    /// `progress` gets the member (from zero) and its epoch, and may stop the training.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn train(
        table: &MetricTable,
        options: PresetOptions,
        progress: &mut dyn FnMut(usize, Epoch) -> ControlFlow<()>,
    ) -> Result<PresetModel, TrainError> {
        let recipes = options.preset.recipes(options.seed, options.epochs);
        let (part, whole) = (table.valid_start(), table.test_start());
        let (part, whole) = (Split::new(table, options, part)?, Split::new(table, options, whole)?);
        let mut members = Vec::new();
        for (index, recipe) in recipes.iter().enumerate() {
            let mut report = |epoch| progress(index, epoch);
            let trial = part.trial(recipe, &mut report)?;
            members.push(whole.refit(recipe, &trial.rates, &mut report)?);
        }
        Ok(whole.model(members))
    }

    /// Trains a network of `recipe` on the first 60 % of `table` and keeps it as the epoch left it that was
    /// best on the next 20 %; also gives its root mean squared error there, in percentage points of CPU.
    pub(super) fn try_recipe(
        table: &MetricTable,
        options: PresetOptions,
        recipe: &Recipe,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<(PresetModel, f64), TrainError> {
        let split = Split::new(table, options, table.valid_start())?;
        let trial = split.trial(recipe, progress)?;
        Ok((split.model(vec![trial.member]), trial.error))
    }

    /// Predicted CPU utilisation, percent, for the rows of `targets` that have a whole window before them, each
    /// with its row; a target may lie one beyond the table. Members of an ensemble are averaged.
    pub fn predict(&self, table: &MetricTable, targets: Range<usize>) -> Vec<(usize, f64)> {
        let set = self.preset.features();
        let mut rows = Vec::new();
        let mut sums: Vec<f64> = Vec::new();
        for member in &self.members {
            let window = member.shape().window;
            let (examples, covered) = features::windows(set, &self.scaler, table, window, targets.clone());
            let predicted = member.predict(LossFunction::Squared, &examples);
            sums.resize(predicted.len(), 0.0);
            sums.iter_mut().zip(predicted).for_each(|(sum, value)| *sum += self.scaler.cpu(value));
            rows = covered;
        }
        let count = self.members.len().max(1) as f64;
        rows.into_iter().zip(sums).map(|(row, sum)| (row, sum / count)).collect()
    }

    /// Writes the model as the folder `dir`, whole or not at all.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn save(&self, dir: &Path) -> Result<(), BundleError> {
        let mut files = Vec::new();
        let mut members = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            let file = format!("weights-{index}.bpk");
            let bytes =
                member.to_bytes().map_err(|reason| BundleError::Weights { path: dir.join(&file), reason })?;
            let weights = WeightFile { file: file.clone(), sha256: bundle::sha256(&bytes) };
            members.push(EnsembleMember { shape: member.shape().clone(), weights });
            files.push((file, bytes));
        }
        let manifest = PresetManifest {
            program: env!("CARGO_PKG_VERSION").into(),
            preset: self.preset,
            seed: self.seed,
            backend: self.backend,
            data: self.data,
            scaler: self.scaler.clone(),
            members,
        };
        let files: Vec<(&str, Vec<u8>)> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        bundle::write(dir, &manifest, &files)
    }

    /// Reads the model in the folder `dir`.
    ///
    /// # Errors
    /// [`BundleError`], for anything missing, damaged or not fitting.
    pub fn load(dir: &Path, backend: Backend) -> Result<PresetModel, BundleError> {
        let path = dir.join(MANIFEST);
        let manifest: PresetManifest = bundle::read_json(&path)?;
        let set: FeatureSet = manifest.preset.features();
        let fits = |m: &EnsembleMember| {
            let s = &m.shape;
            s.features == set.width() && s.outputs == 1 && s.context == 0
        };
        let (first, same) = (manifest.members.first(), |m: &EnsembleMember, n: &EnsembleMember| {
            m.shape.window == n.shape.window
        });
        let whole = first.is_some_and(|f| manifest.members.iter().all(|m| fits(m) && same(m, f)));
        if !manifest.scaler.fits(set.width()) || !whole || manifest.members.len() > 64 {
            let reason = "the scaler or the members do not fit the preset".into();
            return Err(BundleError::Manifest { path, reason });
        }
        let mut members = Vec::new();
        for EnsembleMember { shape, weights } in manifest.members {
            let bytes = bundle::read_weights(dir, &weights)?;
            let member = Predictor::from_bytes(&shape, bytes, backend)
                .map_err(|reason| BundleError::Weights { path: dir.join(&weights.file), reason })?;
            members.push(member);
        }
        let PresetManifest { preset, seed, data, scaler, .. } = manifest;
        Ok(PresetModel { preset, data, seed, scaler, members, backend })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::lstm::features::tests::wave;

    fn options(seed: u64) -> PresetOptions {
        PresetOptions { preset: Preset::Original, seed, backend: Backend::Flex, epochs: Some(1) }
    }

    fn train(table: &MetricTable, seed: u64) -> PresetModel {
        PresetModel::train(table, options(seed), &mut |_, _| ControlFlow::Continue(())).expect("trains")
    }

    #[test]
    fn test_rows_teach_nothing_and_files_bring_it_back() {
        let mut table = wave(400);
        let model = train(&table, 3);
        let predicted = model.predict(&table, 200..201);
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("m");
        model.save(&dir).expect("saves");
        let back = PresetModel::load(&dir, Backend::Flex).expect("loads");
        assert_eq!(back.predict(&table, 200..201), predicted);
        for row in table.rows[320..].iter_mut().flatten() {
            row.cpu = 1e6;
        }
        assert_eq!(train(&table, 3).predict(&table, 200..201), predicted);
        assert_ne!(train(&table, 4).predict(&table, 200..201), predicted);
    }

    #[test]
    fn no_preset_learns_from_test_rows() {
        let clean = wave(260);
        let mut poisoned = clean.clone();
        poisoned.rows[clean.test_start()..].iter_mut().flatten().for_each(|row| row.cpu = 1e6);
        for preset in [Preset::Original, Preset::Optimized, Preset::Advanced, Preset::Ensemble] {
            let predicted = |table: &MetricTable| {
                let options = PresetOptions { preset, ..options(3) };
                let model = PresetModel::train(table, options, &mut |_, _| ControlFlow::Continue(()));
                model.expect("trains").predict(&clean, 150..152)
            };
            assert_eq!(predicted(&poisoned), predicted(&clean), "{}", preset.name());
        }
    }

    #[test]
    fn damage_is_an_error() {
        let table = wave(200);
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("m");
        train(&table, 1).save(&dir).expect("saves");
        let file = dir.join("weights-0.bpk");
        let mut bytes = std::fs::read(&file).expect("reads");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).expect("writes");
        assert!(matches!(PresetModel::load(&dir, Backend::Flex), Err(BundleError::Checksum(_))));
        std::fs::remove_file(&file).expect("removes");
        assert!(matches!(PresetModel::load(&dir, Backend::Flex), Err(BundleError::Missing(_))));
    }
}
