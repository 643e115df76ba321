//! A model's folder: `manifest.json` and weight files, written at once or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use crate::files::sha256;

use crate::files;

/// Name of the manifest inside a model's folder.
pub const MANIFEST: &str = "manifest.json";

/// A weight file and what its bytes must hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightFile {
    /// File name inside the model's folder.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a model's files could not be read or written. Every message names the path and the fix.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// There is no such file.
    #[error("{}: no such file; restore the folder from a copy, or train the model again", .0.display())]
    Missing(PathBuf),
    /// The file system refused.
    #[error("{}: {source}; check permissions and free space", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The manifest is not what this version writes.
    #[error("{}: {reason}; restore the folder from a copy, or train the model again", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The weights are not the bytes that were written.
    #[error("{}: the checksum differs from the manifest's, so the file is damaged; restore it from a copy, \
             roll back, or train the model again", .0.display())]
    Checksum(PathBuf),
    /// The weights do not fit the architecture in the manifest.
    #[error("{}: {reason}; train the model again", .path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// burn's words.
        reason: String,
    },
    /// Something stands where the model should go.
    #[error("{}: exists already; choose another folder or remove it", .0.display())]
    Exists(PathBuf),
}

/// Writes a model's folder: into a temporary folder next to it, then one rename.
///
/// # Errors
/// [`BundleError::Exists`] if `dir` is there and not empty, else the file system's error.
pub fn write(dir: &Path, manifest: &impl Serialize, weights: &[(&str, Vec<u8>)]) -> Result<(), BundleError> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        return Err(BundleError::Exists(dir.to_owned()));
    }
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| BundleError::Io { path, source }
    };
    fs::create_dir_all(parent).map_err(io(parent))?;
    let temporary = tempfile::Builder::new().prefix(".writing-").tempdir_in(parent).map_err(io(parent))?;
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|e| BundleError::Manifest { path: dir.join(MANIFEST), reason: e.to_string() })?;
    let manifest = (MANIFEST, text);
    for (name, bytes) in weights.iter().chain([&manifest]) {
        let path = temporary.path().join(name);
        write_synced(&path, bytes).map_err(io(&path))?;
    }
    fs::rename(temporary.path(), dir).map_err(io(dir))?;
    // What it named has moved; there is nothing left to remove.
    let _ = temporary.keep();
    Ok(())
}

/// Writes one file through a temporary one next to it, so that readers see the old or the new whole.
///
/// # Errors
/// The file system's error.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    let temporary = path.with_extension("writing");
    write_synced(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|source| BundleError::Io { path: path.to_owned(), source })
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Most bytes of a manifest, and of any other JSON beside a model.
pub const MOST_JSON: u64 = 1 << 20;
/// Most bytes of a file of weights: sixteen million numbers, a hundred times the largest preset.
pub const MOST_WEIGHTS: u64 = 64 << 20;

/// Reads a file of at most `most` bytes whole.
///
/// # Errors
/// [`BundleError::Missing`] or [`BundleError::Io`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, BundleError> {
    files::read(path, most).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => BundleError::Missing(path.to_owned()),
        _ => BundleError::Io { path: path.to_owned(), source },
    })
}

/// Reads a JSON file.
///
/// # Errors
/// As [`read`], or [`BundleError::Manifest`] with the line and column of what does not fit.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, BundleError> {
    serde_json::from_slice(&read(path, MOST_JSON)?)
        .map_err(|e| BundleError::Manifest { path: path.to_owned(), reason: e.to_string() })
}

/// Reads a weight file of the model in `dir` and compares its checksum.
///
/// # Errors
/// As [`read`]; [`BundleError::Checksum`]; [`BundleError::Manifest`] for a file name that leaves the folder.
pub fn read_weights(dir: &Path, weights: &WeightFile) -> Result<Vec<u8>, BundleError> {
    let name = Path::new(&weights.file);
    if name.file_name() != Some(name.as_os_str()) {
        let reason = "the name of the weight file is a path".to_owned();
        return Err(BundleError::Manifest { path: dir.join(MANIFEST), reason });
    }
    let path = dir.join(name);
    let bytes = read(&path, MOST_WEIGHTS)?;
    if sha256(&bytes) == weights.sha256 { Ok(bytes) } else { Err(BundleError::Checksum(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_written_whole_and_never_over_another() {
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("a/b");
        write(&dir, &"hello", &[("w.bpk", vec![1, 2, 3])]).expect("writes");
        assert_eq!(read_json::<String>(&dir.join(MANIFEST)).expect("reads"), "hello");
        assert!(matches!(write(&dir, &"again", &[]), Err(BundleError::Exists(_))));
        let left: Vec<_> = fs::read_dir(home.path().join("a")).expect("lists").collect();
        assert_eq!(left.len(), 1, "temporary folders are gone: {left:?}");
    }

    #[test]
    fn a_changed_byte_and_a_moved_name_are_detected() {
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("m");
        write(&dir, &0, &[("w.bpk", vec![1, 2, 3])]).expect("writes");
        let good = WeightFile { file: "w.bpk".into(), sha256: sha256(&[1, 2, 3]) };
        assert_eq!(read_weights(&dir, &good).expect("reads"), [1, 2, 3]);
        fs::write(dir.join("w.bpk"), [1, 2, 2]).expect("writes");
        assert!(matches!(read_weights(&dir, &good), Err(BundleError::Checksum(_))));
        let outside = WeightFile { file: "../w.bpk".into(), ..good };
        assert!(matches!(read_weights(&dir, &outside), Err(BundleError::Manifest { .. })));
    }
}
