//! Models in the shared store: of each group the versions that served, and which of them does.
//!
//! `models/GROUP/VERSION/` holds a manifest and the weights that it speaks of, as they lie in a home folder;
//! `models/GROUP/champion.json` names the version that serves, and is written last.

use serde::{Deserialize, Serialize};

use super::{SharedError, SharedStore, history::segment};

/// A version, as its two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub version: String,
    /// `manifest.json`.
    pub manifest: Vec<u8>,
    /// The weights.
    pub weights: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChampionFile {
    version: String,
}

fn file(group: &str, rest: &str) -> String {
    format!("models/{}/{rest}", segment(group))
}

/// Folder of a version, for messages.
pub fn name(group: &str, version: &str) -> String {
    file(group, version)
}

/// Keeps a version, and lets it be the one that serves.
///
/// # Errors
/// [`SharedError::Unreachable`].
pub async fn keep(store: &SharedStore, group: &str, version: &Version) -> Result<(), SharedError> {
    let part = |name: &str| file(group, &format!("{}/{name}", version.version));
    store.put(&part("weights.bpk"), version.weights.clone()).await?;
    store.put(&part("manifest.json"), version.manifest.clone()).await?;
    let champion = serde_json::json!({ "version": version.version }).to_string();
    store.put(&file(group, "champion.json"), champion.into_bytes()).await
}

/// The version that serves `group`, if one does. Whether its weights are whole is for the manifest to say.
///
/// # Errors
/// As [`newer`].
pub async fn restore(store: &SharedStore, group: &str) -> Result<Option<Version>, SharedError> {
    newer(store, group, "").await
}

/// The version that serves `group`, if one does and its name is greater than `known`. Names begin with the moment of the
/// training, so a greater one is newer.
///
/// # Errors
/// [`SharedError::Damaged`] where a file that should be there is not, or is not what its name says.
pub async fn newer(store: &SharedStore, group: &str, known: &str) -> Result<Option<Version>, SharedError> {
    let fix = "remove champion.json there; an agent with a model in service writes it again";
    let pointer = file(group, "champion.json");
    let Some(bytes) = store.get(&pointer).await? else { return Ok(None) };
    let ChampionFile { version } =
        serde_json::from_slice(&bytes).map_err(|e| SharedError::damaged(&pointer, e, fix))?;
    if version.as_str() <= known {
        return Ok(None);
    }
    let part = async |name: &str| {
        let object = file(group, &format!("{version}/{name}"));
        let found = store.get(&object).await?;
        found.ok_or_else(|| SharedError::damaged(&object, "it is not there", fix))
    };
    let (manifest, weights) = (part("manifest.json").await?, part("weights.bpk").await?);
    Ok(Some(Version { version, manifest, weights }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::fixture::{block, memory};

    #[test]
    fn the_version_that_serves_comes_back() {
        let store = memory();
        let version = |name: &str| Version {
            version: name.into(),
            manifest: b"{}".to_vec(),
            weights: name.as_bytes().to_vec(),
        };
        block(async {
            assert_eq!(restore(&store, "a/b").await, Ok(None));
            keep(&store, "a/b", &version("20261123T000000Z")).await.expect("writable");
            keep(&store, "a/b", &version("20261124T000000Z")).await.expect("writable");
            assert_eq!(restore(&store, "a/b").await, Ok(Some(version("20261124T000000Z"))));
            let newer = async |known: &str| newer(&store, "a/b", known).await.map(|found| found.is_some());
            assert_eq!(newer("20261123T000000Z").await, Ok(true));
            assert_eq!(
                (newer("20261124T000000Z").await, newer("20261125T000000Z").await),
                (Ok(false), Ok(false))
            );
        });
    }

    #[test]
    fn what_is_missing_or_no_pointer_is_named() {
        let store = memory();
        block(async {
            store.put("models/web/champion.json", b"{\"version\":\"x\"}".to_vec()).await.expect("writable");
            let error = restore(&store, "web").await.expect_err("no files").to_string();
            assert!(error.contains("models/web/x/manifest.json") && error.contains("not there"), "{error}");
            store.put("models/web/champion.json", b"x".to_vec()).await.expect("writable");
            let error = restore(&store, "web").await.expect_err("no pointer").to_string();
            assert!(error.contains("models/web/champion.json"), "{error}");
        });
    }
}
