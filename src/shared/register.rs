//! One value that many change in one order: numbered objects, of which the newest counts.
//!
//! A new version is written under the next number, and only if there is no object of that name. That needs nothing
//! but creation that fails where something exists, which a folder has as well as S3. Older versions are deleted by
//! whoever wrote a newer one. A writer that slept may create a number that was deleted long ago; so a version
//! counts only once a list, made after it was written, shows none above it.

use futures_util::TryStreamExt;
use object_store::{Error, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};

use super::{SharedError, SharedStore};

/// Versions that stay behind the newest, for whoever is just reading.
const KEPT: u64 = 2;
/// How often a reader follows a version that was deleted under its hands.
const READS: usize = 8;

/// The numbered objects below one prefix.
#[derive(Debug, Clone)]
pub struct Register {
    store: SharedStore,
    folder: &'static str,
    suffix: &'static str,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is the newest: everybody goes on from it.
    Newest,
    /// Somebody else was faster.
    Taken,
}

impl Register {
    /// The register in `folder` of `store`, of objects whose names end in `suffix`.
    pub fn new(store: SharedStore, folder: &'static str, suffix: &'static str) -> Register {
        Register { store, folder, suffix }
    }

    /// Name of a version's object.
    pub fn name(&self, version: u64) -> String {
        format!("{}/{version:020}.{}", self.folder, self.suffix)
    }

    /// What it lies in, for messages.
    pub fn url(&self) -> &str {
        self.store.url()
    }

    /// The newest version with its number; 0 and nothing before the first.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`].
    pub async fn newest(&self) -> Result<(u64, Vec<u8>), SharedError> {
        for _ in 0..READS {
            let Some(version) = self.versions().await?.into_iter().max() else { return Ok((0, Vec::new())) };
            match self.store.get(&self.name(version)).await? {
                Some(bytes) => return Ok((version, bytes)),
                None => continue,
            }
        }
        Err(SharedError::Contended(READS))
    }

    /// Writes `version` unless it exists, and says whether it is the newest.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`]: then it is not known whether it was written.
    pub async fn put(&self, version: u64, bytes: Vec<u8>) -> Result<PutOutcome, SharedError> {
        if !self.create(version, bytes).await? {
            return Ok(PutOutcome::Taken);
        }
        let versions = self.versions().await?;
        if versions.iter().any(|v| *v > version) {
            return Ok(PutOutcome::Taken);
        }
        for old in versions.into_iter().filter(|v| v.saturating_add(KEPT) < version) {
            self.delete(old).await;
        }
        Ok(PutOutcome::Newest)
    }

    /// Writes `version` unless it exists, and says whether it did. Whether it is the newest is not asked.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`]: then it is not known whether it was written.
    pub(super) async fn create(&self, version: u64, bytes: Vec<u8>) -> Result<bool, SharedError> {
        let path = self.store.path(&self.name(version));
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.objects().put_opts(&path, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(SharedError::unreachable(self.url(), &error)),
        }
    }

    /// Deletes `version`. What stays is deleted with a later one.
    pub(super) async fn delete(&self, version: u64) {
        let _ = self.store.objects().delete(&self.store.path(&self.name(version))).await;
    }

    /// The numbers that are there, in any order.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`].
    pub(super) async fn versions(&self) -> Result<Vec<u64>, SharedError> {
        let folder = self.store.path(self.folder);
        let number = |path: &Path| number(path, self.suffix);
        let listed = self.store.objects().list(Some(&folder)).map_ok(|found| number(&found.location));
        let found: Vec<Option<u64>> =
            listed.try_collect().await.map_err(|e| SharedError::unreachable(self.url(), &e))?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// The number in the name of a version.
fn number(path: &Path, suffix: &str) -> Option<u64> {
    let name = path.filename()?.strip_suffix(suffix)?.strip_suffix('.');
    name.filter(|digits| digits.len() == 20)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::fixture::{block, folder, memory};

    #[test]
    fn each_number_is_written_once_and_the_newest_counts() {
        let kept = tempfile::tempdir().expect("a temporary folder");
        for store in [memory(), folder(kept.path())] {
            let register = Register::new(store.clone(), "leases", "json");
            block(async {
                assert_eq!(register.newest().await.expect("reachable"), (0, vec![]));
                for version in 1..=9 {
                    assert_eq!(register.put(version, vec![version as u8]).await, Ok(PutOutcome::Newest));
                    assert_eq!(register.put(version, vec![0]).await, Ok(PutOutcome::Taken));
                }
                assert_eq!(register.newest().await.expect("reachable"), (9, vec![9]));
                assert_eq!(register.versions().await.expect("reachable").len(), 3, "older ones are deleted");
            });
        }
    }

    #[test]
    fn a_number_that_was_deleted_long_ago_does_not_count() {
        let register = Register::new(memory(), "leases", "json");
        block(async {
            for version in 1..=9 {
                register.put(version, vec![version as u8]).await.expect("reachable");
            }
            assert_eq!(register.put(2, vec![0]).await, Ok(PutOutcome::Taken), "its writer slept");
            assert_eq!(register.newest().await.expect("reachable"), (9, vec![9]));
        });
    }

    #[test]
    fn what_is_no_version_is_passed_over() {
        let store = memory();
        let register = Register::new(store.clone(), "leases", "json");
        block(async {
            store.put("leases/README.json", b"x".to_vec()).await.expect("writable");
            register.put(1, vec![1]).await.expect("reachable");
            assert_eq!(register.newest().await.expect("reachable"), (1, vec![1]));
        });
    }
}
