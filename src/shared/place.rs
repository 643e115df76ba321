//! Where the shared objects lie: a folder, or a bucket of S3.

use std::{path::PathBuf, sync::Arc};

use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};

use super::{CredentialSource, SharedError, bucket};

/// Where the shared objects lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A folder, on this machine or mounted.
    Folder(PathBuf),
    /// A bucket, with what comes before every name in it.
    Bucket {
        /// Name of the bucket.
        bucket: String,
        /// Prefix, without slashes at its ends; may be empty.
        prefix: String,
        /// Region; what the environment says when absent.
        region: Option<String>,
    },
}

/// Most bytes of an object: the weights of a model.
pub const MOST_BYTES: u64 = 64 << 20;

/// Named objects in one place. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SharedStore {
    objects: Arc<dyn ObjectStore>,
    url: String,
}

impl SharedStore {
    /// Opens `place`, which the configuration calls `url`. A folder is made where there is none; a bucket is not
    /// asked for anything yet.
    ///
    /// # Errors
    /// [`SharedError::Place`] when it cannot be used.
    pub fn open(
        place: &StoreLocation,
        url: &str,
        keys: Option<Arc<dyn CredentialSource>>,
    ) -> Result<SharedStore, SharedError> {
        let wrong = |reason: String| SharedError::Place { url: url.to_owned(), reason };
        let objects: Arc<dyn ObjectStore> = match place {
            StoreLocation::Folder(path) => {
                std::fs::create_dir_all(path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
                Arc::new(LocalFileSystem::new_with_prefix(path).map_err(|e| wrong(e.to_string()))?)
            }
            StoreLocation::Bucket { bucket, prefix, region } => {
                let s3 = bucket::open(bucket, region.as_deref(), keys).map_err(wrong)?;
                Arc::new(PrefixStore::new(s3, Path::from(prefix.as_str())))
            }
        };
        Ok(SharedStore { objects, url: url.to_owned() })
    }

    #[cfg(test)]
    pub(super) fn on(objects: Arc<dyn ObjectStore>) -> SharedStore {
        SharedStore { objects, url: "memory".into() }
    }

    /// The place as configured.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn objects(&self) -> &dyn ObjectStore {
        &*self.objects
    }

    pub(super) fn path(&self, name: &str) -> Path {
        Path::from(name)
    }

    /// The object called `name`, if there is one.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`]; [`SharedError::Damaged`] for one of more than [`MOST_BYTES`].
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SharedError> {
        let read = async {
            let found = self.objects.get(&self.path(name)).await?;
            if found.meta.size > MOST_BYTES {
                return Ok(Err(found.meta.size));
            }
            Ok::<_, Error>(Ok(found.bytes().await?))
        };
        match read.await {
            Ok(Ok(bytes)) => Ok(Some(bytes.to_vec())),
            Ok(Err(size)) => {
                let why = format!("it has {size} bytes; at most {MOST_BYTES} are read");
                Err(SharedError::damaged(name, why, "remove it there"))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(SharedError::unreachable(&self.url, &error)),
        }
    }

    /// Writes the object called `name`, in place of one that is there.
    ///
    /// # Errors
    /// [`SharedError::Unreachable`].
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), SharedError> {
        let written = self.objects.put(&self.path(name), PutPayload::from(bytes)).await;
        written.map(drop).map_err(|error| SharedError::unreachable(&self.url, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::fixture::{block, folder};

    #[test]
    fn a_folder_is_made_and_keeps_objects_by_name() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let store = folder(&home.path().join("new/one"));
        block(async {
            assert_eq!(store.get("history/web/2026-11-23.parquet").await, Ok(None));
            store.put("history/web/2026-11-23.parquet", b"one".to_vec()).await.expect("writable");
            store.put("history/web/2026-11-23.parquet", b"two".to_vec()).await.expect("writable");
            assert_eq!(store.get("history/web/2026-11-23.parquet").await, Ok(Some(b"two".to_vec())));
        });
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn without_the_feature_a_bucket_is_an_error_that_names_it() {
        let place = StoreLocation::Bucket { bucket: "team".into(), prefix: String::new(), region: None };
        let error = SharedStore::open(&place, "s3://team", None).expect_err("there is no S3");
        assert!(error.to_string().contains("feature `s3`"), "{error}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("file");
        std::fs::write(&file, "x").expect("writable");
        let place = StoreLocation::Folder(file.join("below"));
        let error = SharedStore::open(&place, "file:///x", None).expect_err("a file is no folder");
        assert!(error.to_string().contains("below"), "{error}");
    }
}
