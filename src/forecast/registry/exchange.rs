//! A model on its way from one registry to another.

use super::{
    Manifest, Registry, RegistryError,
    bundle::{self, BundleError},
    inspect,
};

/// The version that serves a group, as the bytes of its two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Version.
    pub version: String,
    /// `manifest.json`.
    pub manifest: Vec<u8>,
    /// Its weight files.
    pub weights: Vec<u8>,
}

impl Registry {
    /// The version that serves `group`, unless it is `known` already or there is none.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn export(&self, group: &str, known: Option<&str>) -> Result<Option<Parcel>, RegistryError> {
        let live = self.champion(group)?.and_then(|champion| champion.live);
        let Some(version) = live.filter(|live| Some(live.as_str()) != known) else { return Ok(None) };
        let dir = self.version_dir(group, &version)?;
        let (manifest, weights) = inspect(&dir)?;
        let manifest = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| BundleError::Manifest { path: dir, reason: e.to_string() })?;
        Ok(Some(Parcel { version, manifest, weights }))
    }

    /// Takes a version from elsewhere in and lets it serve `group`.
    ///
    /// # Errors
    /// [`RegistryError`] for a parcel that is damaged, of another group or not fitting; nothing is left of it then.
    pub fn import(&self, group: &str, parcel: &Parcel) -> Result<(), RegistryError> {
        let dir = self.version_dir(group, &parcel.version)?;
        let wrong = |reason: String| BundleError::Manifest { path: dir.clone(), reason };
        let manifest: Manifest =
            serde_json::from_slice(&parcel.manifest).map_err(|e| wrong(e.to_string()))?;
        if manifest.group != group || manifest.version != parcel.version {
            let reason = format!("its manifest is of {} {}", manifest.group, manifest.version);
            return Err(RegistryError::Foreign { path: dir, reason });
        }
        let file = manifest.model.file();
        if bundle::sha256(&parcel.weights) != manifest.weights.sha256 {
            return Err(BundleError::Checksum(dir.join(file)).into());
        }
        bundle::write(&dir, &manifest, &[(file, parcel.weights.clone())])?;
        self.promote(group, &parcel.version).map(drop).inspect_err(|_| {
            // It was written a moment ago and never served.
            let _ = std::fs::remove_dir_all(&dir);
        })
    }
}
