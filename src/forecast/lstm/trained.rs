//! A trained preset: networks, scaler and origin, in memory and on disk.

use std::{ops::ControlFlow, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    Backend,
    bundle::{self, BundleError, MANIFEST, Weights},
    features::{self, FeatureSet, MinMax},
    fit::{self, Epoch, Loss, TrainError},
    net::Shape,
    predictor::Predictor,
    preset::{Preset, Recipe},
    table::Table,
};
use crate::domain::{Seconds, Time};

/// The data that a model learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRange {
    /// First moment.
    pub from: Time,
    /// First moment after; validation rows included.
    pub until: Time,
    /// Seconds a step.
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
struct Manifest {
    program: String,
    preset: Preset,
    seed: u64,
    backend: Backend,
    data: DataRange,
    scaler: MinMax,
    members: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    shape: Shape,
    weights: Weights,
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
    /// Most epochs, in place of the preset's own number.
    pub epochs: Option<usize>,
}

impl PresetModel {
    /// Trains on the first 70 % of `table`, chooses epochs on the next 10 %, and never looks at the last 20 %.
    ///
    /// `progress` hears of the member (from zero) and its epoch, and may stop it.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn train(
        table: &Table,
        options: PresetOptions,
        progress: &mut dyn FnMut(usize, Epoch) -> ControlFlow<()>,
    ) -> Result<PresetModel, TrainError> {
        let recipes = options.preset.recipes(options.seed, options.epochs);
        Ok(PresetModel::train_recipes(table, options, &recipes, progress)?.0)
    }

    /// As [`PresetModel::train`], of other networks; also gives each member's root mean squared error on the
    /// validation rows, in percentage points of CPU.
    pub(super) fn train_recipes(
        table: &Table,
        options: PresetOptions,
        recipes: &[Recipe],
        progress: &mut dyn FnMut(usize, Epoch) -> ControlFlow<()>,
    ) -> Result<(PresetModel, Vec<f64>), TrainError> {
        let set = options.preset.features();
        let (valid_start, test_start) = (table.valid_start(), table.test_start());
        let scaler = MinMax::fit(set, table, valid_start).ok_or_else(|| {
            TrainError::TooLittle("every training row is a gap; give rows with values".into())
        })?;
        let (mut members, mut errors) = (Vec::new(), Vec::new());
        for (index, recipe) in recipes.iter().enumerate() {
            let examples = |range| features::windows(set, &scaler, table, recipe.shape.window, range).0;
            let (train, valid) = (examples(0..valid_start), examples(valid_start..test_start));
            let mut tell = |epoch| progress(index, epoch);
            let data = (&train, &valid);
            let backend = options.backend;
            let (member, _) = fit::fit(&recipe.shape, Loss::Squared, data, &recipe.fit, backend, &mut tell)?;
            errors.push(member.evaluate(Loss::Squared, &valid, recipe.fit.batch).sqrt() * scaler.span[0]);
            members.push(member);
        }
        let data = DataRange { from: table.start, until: table.time_of(test_start), step: table.step };
        let PresetOptions { preset, seed, backend, .. } = options;
        Ok((PresetModel { preset, data, seed, scaler, members, backend }, errors))
    }

    /// Predicted CPU utilisation, percent, for the rows of `targets` that have a whole window before them, each
    /// with its row; a target may lie one beyond the table. Members of an ensemble are averaged.
    pub fn predict(&self, table: &Table, targets: std::ops::Range<usize>) -> Vec<(usize, f64)> {
        let set = self.preset.features();
        let mut rows = Vec::new();
        let mut sums: Vec<f64> = Vec::new();
        for member in &self.members {
            let window = member.shape().window;
            let (examples, spoken) = features::windows(set, &self.scaler, table, window, targets.clone());
            let said = member.predict(Loss::Squared, &examples);
            sums.resize(said.len(), 0.0);
            sums.iter_mut().zip(said).for_each(|(sum, value)| *sum += self.scaler.cpu(value));
            rows = spoken;
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
            let weights = Weights { file: file.clone(), sha256: bundle::sha256(&bytes) };
            members.push(Member { shape: member.shape().clone(), weights });
            files.push((file, bytes));
        }
        let manifest = Manifest {
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
        let manifest: Manifest = bundle::read_json(&path)?;
        let set: FeatureSet = manifest.preset.features();
        let fits = |m: &Member| {
            let s = &m.shape;
            s.features == set.width() && s.outputs == 1 && s.context == 0
        };
        let (first, same) =
            (manifest.members.first(), |m: &Member, n: &Member| m.shape.window == n.shape.window);
        let whole = first.is_some_and(|f| manifest.members.iter().all(|m| fits(m) && same(m, f)));
        if !manifest.scaler.fits(set.width()) || !whole || manifest.members.len() > 64 {
            let reason = "the scaler or the members do not fit the preset".into();
            return Err(BundleError::Manifest { path, reason });
        }
        let mut members = Vec::new();
        for Member { shape, weights } in manifest.members {
            let bytes = bundle::read_weights(dir, &weights)?;
            let member = Predictor::from_bytes(&shape, bytes, backend)
                .map_err(|reason| BundleError::Weights { path: dir.join(&weights.file), reason })?;
            members.push(member);
        }
        let Manifest { preset, seed, data, scaler, .. } = manifest;
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

    fn train(table: &Table, seed: u64) -> PresetModel {
        PresetModel::train(table, options(seed), &mut |_, _| ControlFlow::Continue(())).expect("trains")
    }

    #[test]
    fn test_rows_teach_nothing_and_files_bring_it_back() {
        let mut table = wave(400);
        let model = train(&table, 3);
        let said = model.predict(&table, 200..201);
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("m");
        model.save(&dir).expect("saves");
        let back = PresetModel::load(&dir, Backend::Flex).expect("loads");
        assert_eq!(back.predict(&table, 200..201), said);
        for row in table.rows[320..].iter_mut().flatten() {
            row.cpu = 1e6;
        }
        assert_eq!(train(&table, 3).predict(&table, 200..201), said);
        assert_ne!(train(&table, 4).predict(&table, 200..201), said);
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
