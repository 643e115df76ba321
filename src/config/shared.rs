//! `[shared]`: where several machines keep what they share.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `[shared]` as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SharedKeys {
    pub url: Option<String>,
    pub bucket_region: Option<String>,
}

/// Where several machines keep what they share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedConfig {
    /// As it is written.
    pub url: String,
    /// What it means.
    pub place: SharedPlace,
}

/// A place for shared objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SharedPlace {
    /// A folder.
    Folder {
        /// Its path.
        path: PathBuf,
    },
    /// A bucket of S3.
    Bucket {
        /// Its name.
        bucket: String,
        /// What comes before every name in it; may be empty.
        prefix: String,
        /// Its region; the source's when absent.
        region: Option<String>,
    },
}

impl SharedKeys {
    /// What the keys mean; a relative folder lies below `home`. `Err` says what is wrong with the url.
    pub(super) fn shared(&self, home: &Path) -> Result<Option<SharedConfig>, String> {
        let Some(url) = &self.url else { return Ok(None) };
        let place = match url.split_once("://") {
            Some(("s3", rest)) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if !is_bucket(bucket) {
                    return Err(format!("{bucket:?} is not a valid bucket name"));
                }
                let (bucket, prefix) = (bucket.to_owned(), prefix.trim_matches('/').to_owned());
                SharedPlace::Bucket { bucket, prefix, region: self.bucket_region.clone() }
            }
            Some(("file", path)) if path.starts_with('/') => SharedPlace::Folder { path: path.into() },
            Some(("file", path)) => {
                return Err(format!("{path:?} is not an absolute path; use file:///path"));
            }
            Some((scheme, _)) => return Err(format!("{scheme:?} is not known")),
            None if url.trim().is_empty() => return Err("it is empty".into()),
            None => SharedPlace::Folder { path: home.join(url) },
        };
        Ok(Some(SharedConfig { url: url.clone(), place }))
    }
}

/// S3's rule for names of buckets.
fn is_bucket(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    (3..=63).contains(&name.len()) && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(url: &str) -> Result<SharedPlace, String> {
        let keys = SharedKeys { url: Some(url.into()), bucket_region: None };
        keys.shared(Path::new("/home")).map(|s| s.expect("there is a url").place)
    }

    #[test]
    fn a_url_is_a_bucket_or_a_folder() {
        let bucket = |prefix: &str| SharedPlace::Bucket {
            bucket: "team-scaling".into(),
            prefix: prefix.into(),
            region: None,
        };
        assert_eq!(shared("s3://team-scaling/prod/eu/"), Ok(bucket("prod/eu")));
        assert_eq!(shared("s3://team-scaling"), Ok(bucket("")));
        let folder = |path: &str| Ok(SharedPlace::Folder { path: path.into() });
        assert_eq!(shared("file:///mnt/team"), folder("/mnt/team"));
        assert_eq!(shared("/mnt/team"), folder("/mnt/team"));
        assert_eq!(shared("shared"), folder("/home/shared"));
        assert_eq!(SharedKeys::default().shared(Path::new("/home")), Ok(None));
    }

    #[test]
    fn what_is_no_place_is_refused_in_words() {
        for (url, word) in [
            ("gs://bucket", "\"gs\" is not known"),
            ("s3://B/x", "not a valid bucket name"),
            ("file://host/x", "file:///path"),
            (" ", "empty"),
        ] {
            let why = shared(url).expect_err(url);
            assert!(why.contains(word), "{url}: {why}");
        }
    }
}
