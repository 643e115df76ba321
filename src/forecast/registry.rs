//! The model registry: `models/<group>/<version>/` on disk, and which version serves.
//!
//! A version's folder holds its weights and `manifest.json`; it is written whole or not at all and never
//! changed. `champion.json` next to the versions names the one in use and the one before it, and is the only
//! file that changes. Nothing here decides which model deserves to serve: that is the gate's business.
//!
//! Start with [`Registry`].

mod exchange;
mod model;
mod prune;
mod scores;

pub use exchange::Parcel;
pub use model::{Model, ModelSpec};
pub use scores::{PriorLosses, Scores};

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::lstm::{
    Backend,
    bundle::{self, BundleError, MANIFEST, WeightFile},
    trained::DataRange,
};
use crate::domain::Time;

const CHAMPION: &str = "champion.json";
const FORMAT: u32 = 1;

/// Why the registry could not do what was asked. Every message names what to do.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file is missing, damaged or cannot be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A version name that the registry never makes.
    #[error("`{0}` is not a version; take one from the list of models")]
    Version(String),
    /// The manifest is of another group or version, or has a format that this program does not know.
    #[error("{}: {reason}; restore the folder from a copy, or train the model again", .path.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// What does not agree.
        reason: String,
    },
    /// Nothing has served yet.
    #[error("{0}: no model has served; there is nothing to roll back")]
    NoEarlier(String),
}

/// What stands in a version's `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Number of this layout.
    pub format: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// Group it was trained for, as AWS names it.
    pub group: String,
    /// Name of its folder; sorts by age.
    pub version: String,
    /// What it is, for people.
    pub what: String,
    /// Architecture and scaling, or the prior that was adapted.
    pub model: ModelSpec,
    /// Seed of its training.
    pub seed: u64,
    /// Data that it learned from.
    pub data: DataRange,
    /// Scores on newer days.
    pub scores: Scores,
    /// When it was trained.
    pub trained_at: Time,
    /// Weight file and its checksum.
    pub weights: WeightFile,
}

/// What the caller knows of a model that it saves.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOrigin {
    /// Group it was trained for.
    pub group: String,
    /// Seed of its training.
    pub seed: u64,
    /// Data that it learned from.
    pub data: DataRange,
    /// Scores on newer days.
    pub scores: Scores,
    /// When it was trained; its version is named by it.
    pub trained_at: Time,
}

/// One folder of the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// Group, as in the manifest; the folder's name where that cannot be read.
    pub group: String,
    /// Version: the folder's name.
    pub version: String,
    /// Serves now.
    pub champion: bool,
    /// Served before the champion: a roll-back makes it serve again.
    pub previous: bool,
    /// The manifest, or in words what is wrong with the folder (manifest and checksum are both looked at).
    pub manifest: Result<Manifest, String>,
}

/// Which version serves a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChampionRecord {
    /// Serves now; without one the group hears what the program ships with.
    pub live: Option<String>,
    /// Served before it; `None` likewise.
    pub before: Option<String>,
}

/// The folder `models`.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

impl Registry {
    /// The registry in the folder `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Registry {
        Registry { root: root.into() }
    }

    /// Every version on disk, by group and newest first; damaged ones included, marked as damaged.
    ///
    /// # Errors
    /// When the folder itself cannot be read; a folder that is not there holds no models.
    pub fn list(&self) -> Result<Vec<ModelEntry>, RegistryError> {
        let mut rows = Vec::new();
        for folder in folders(&self.root)? {
            let champion = read_champion(&folder);
            for dir in folders(&folder)? {
                let version = name_of(&dir);
                if !is_version(&version) {
                    continue;
                }
                let manifest = inspect(&dir).map(|(manifest, _)| manifest);
                let group = manifest.as_ref().map_or_else(|_| name_of(&folder), |m| m.group.clone());
                let named = champion.as_ref().ok().and_then(Option::as_ref);
                let is_live = named.is_some_and(|c| c.live.as_ref() == Some(&version));
                let previous = named.is_some_and(|c| c.before.as_ref() == Some(&version));
                rows.push(ModelEntry {
                    group,
                    version,
                    champion: is_live,
                    previous,
                    manifest: manifest.map_err(|e| e.to_string()),
                });
            }
        }
        rows.sort_by(|a, b| a.group.cmp(&b.group).then_with(|| b.version.cmp(&a.version)));
        Ok(rows)
    }

    /// Writes a model as a new version and returns its name; it does not serve until it is promoted.
    ///
    /// # Errors
    /// [`RegistryError::Bundle`]; after an error nothing is left on disk.
    pub fn save(&self, model: &Model, origin: &ModelOrigin) -> Result<String, RegistryError> {
        let folder = self.folder(&origin.group);
        let base = origin.trained_at.format("%Y%m%dT%H%M%SZ").to_string();
        // A second model of one second gets a letter; after 26 the folder is refused as existing.
        let mut names = std::iter::once(base.clone()).chain(('b'..='z').map(|c| format!("{base}{c}")));
        let version = names.find(|name| !folder.join(name).exists()).unwrap_or(base);
        let dir = folder.join(&version);
        let (spec, file) = (model.spec(), model.spec().file());
        let bytes =
            model.to_bytes().map_err(|reason| BundleError::Weights { path: dir.join(file), reason })?;
        let manifest = Manifest {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").into(),
            group: origin.group.clone(),
            version: version.clone(),
            what: spec.describe(),
            model: spec,
            seed: origin.seed,
            data: origin.data,
            scores: origin.scores,
            trained_at: origin.trained_at,
            weights: WeightFile { file: file.into(), sha256: bundle::sha256(&bytes) },
        };
        bundle::write(&dir, &manifest, &[(file, bytes)])?;
        Ok(version)
    }

    /// Reads a version.
    ///
    /// # Errors
    /// [`RegistryError`] for anything missing, damaged, foreign or not fitting.
    pub fn load(&self, group: &str, version: &str, backend: Backend) -> Result<Model, RegistryError> {
        let dir = self.version_dir(group, version)?;
        let (manifest, bytes) = inspect(&dir)?;
        if manifest.group != group {
            let reason = format!("it belongs to the group {}", manifest.group);
            return Err(RegistryError::Foreign { path: dir.join(MANIFEST), reason });
        }
        let path = dir.join(manifest.model.file());
        Ok(Model::from_bytes(manifest.model, bytes, backend)
            .map_err(|reason| BundleError::Weights { path, reason })?)
    }

    /// Which version serves `group`, if one does; `None` before the first promotion.
    ///
    /// # Errors
    /// When `champion.json` is damaged.
    pub fn champion(&self, group: &str) -> Result<Option<ChampionRecord>, RegistryError> {
        read_champion(&self.folder(group))
    }

    /// Makes a version serve, once its files were found whole. Promoting the champion changes nothing.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn promote(&self, group: &str, version: &str) -> Result<ChampionRecord, RegistryError> {
        self.load(group, version, Backend::Flex)?;
        // A damaged champion.json is replaced: promoting is how an operator mends it.
        let live = self.champion(group).ok().flatten();
        match live {
            Some(champion) if champion.live.as_deref() == Some(version) => Ok(champion),
            other => {
                let before = other.and_then(|champion| champion.live);
                self.set(group, ChampionRecord { live: Some(version.into()), before })
            }
        }
    }

    /// Makes what served before the champion serve again: an earlier version, or what the program ships with. Doing it twice
    /// comes back.
    ///
    /// # Errors
    /// [`RegistryError::NoEarlier`], or as [`Registry::load`] when that version is damaged.
    pub fn roll_back(&self, group: &str) -> Result<ChampionRecord, RegistryError> {
        let champion = self.champion(group)?.ok_or_else(|| RegistryError::NoEarlier(group.to_owned()))?;
        if let Some(earlier) = &champion.before {
            self.load(group, earlier, Backend::Flex)?;
        }
        self.set(group, ChampionRecord { live: champion.before, before: champion.live })
    }

    fn set(&self, group: &str, champion: ChampionRecord) -> Result<ChampionRecord, RegistryError> {
        self.note_served(group, &champion)?;
        let path = self.folder(group).join(CHAMPION);
        let text = serde_json::to_vec_pretty(&champion)
            .map_err(|e| BundleError::Manifest { path: path.clone(), reason: e.to_string() })?;
        bundle::write_file(&path, &text)?;
        Ok(champion)
    }

    fn folder(&self, group: &str) -> PathBuf {
        self.root.join(folder_name(group))
    }

    fn version_dir(&self, group: &str, version: &str) -> Result<PathBuf, RegistryError> {
        if is_version(version) {
            return Ok(self.folder(group).join(version));
        }
        Err(RegistryError::Version(crate::domain::text::clean(version, 40)))
    }
}

/// A path component for a group: its name where that is harmless, else a harmless form with a hash, so that two
/// groups never share a folder.
pub fn folder_name(group: &str) -> String {
    let harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if !group.is_empty() && group.len() <= 64 && group.chars().all(harmless) {
        return group.to_owned();
    }
    let safe: String = group.chars().take(40).map(|c| if harmless(c) { c } else { '_' }).collect();
    let hash = bundle::sha256(group.as_bytes());
    format!("{safe}~{}", &hash[..12])
}

fn is_version(name: &str) -> bool {
    let mark = |i: usize, c: char| match i {
        8 => c == 'T',
        15 => c == 'Z',
        16 => c.is_ascii_lowercase(),
        _ => i < 15 && c.is_ascii_digit(),
    };
    (16..=17).contains(&name.len()) && name.chars().enumerate().all(|(i, c)| mark(i, c))
}

/// Manifest and weights of a version's folder, once they agree with each other and with the folder's name.
fn inspect(dir: &Path) -> Result<(Manifest, Vec<u8>), RegistryError> {
    let path = dir.join(MANIFEST);
    let manifest: Manifest = bundle::read_json(&path)?;
    let foreign = |reason: String| RegistryError::Foreign { path: path.clone(), reason };
    if manifest.format != FORMAT {
        return Err(foreign(format!("its format is {}, this program knows {FORMAT}", manifest.format)));
    }
    if manifest.version != name_of(dir) {
        return Err(foreign(format!("its manifest is of version {}", manifest.version)));
    }
    manifest.model.check().map_err(foreign)?;
    let bytes = bundle::read_weights(dir, &manifest.weights)?;
    Ok((manifest, bytes))
}

fn read_champion(folder: &Path) -> Result<Option<ChampionRecord>, RegistryError> {
    match bundle::read_json(&folder.join(CHAMPION)) {
        Ok(champion) => Ok(Some(champion)),
        Err(BundleError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The folders inside `dir`, by name; none if it is not there. Hidden ones are unfinished writes.
fn folders(dir: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(BundleError::Io { path: dir.to_owned(), source }),
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !name_of(path).starts_with('.'))
        .collect();
    found.sort();
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
