//! The shared store of this process, as the configuration names it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{account, error::AssembleError};
use crate::{
    cloud::aws::{self, AwsAccount, AwsConnection, CredentialCache},
    config::{Config, SharedConfig, SharedPlace, Source},
    domain::{Seconds, text::clean},
    engine::clock::Clock,
    shared::{
        CredentialSource, Holder, LeaseManager, SharedStore, StoreLocation,
        probe::{Need, probe},
        register::Register,
    },
};

/// Longest time that a try of the store may take.
const TRY: Duration = Duration::from_secs(20);

/// What is wrong with the shared store, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedProblem {
    /// What was seen.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// Tries the store of `[shared]` as an agent uses it: lists, writes a small object where there is none, reads it, sees
/// that it is not written over, and removes it. `None` where nothing is shared.
pub async fn check(config: &Config) -> Option<Result<String, SharedProblem>> {
    let shared = config.shared.as_ref()?;
    let late = |_| {
        let problem = format!("{} did not answer within {} s", clean(&shared.url, 200), TRY.as_secs());
        Err(SharedProblem { problem, fix: "check the network, the proxy and AWS_ENDPOINT_URL".into() })
    };
    Some(tokio::time::timeout(TRY, tried(config, shared)).await.unwrap_or_else(late))
}

async fn tried(config: &Config, shared: &SharedConfig) -> Result<String, SharedProblem> {
    let wrong = |error: AssembleError| {
        let text = error.to_string();
        let (problem, fix) =
            text.rsplit_once("; ").unwrap_or((&text, "fix [shared] url in the configuration"));
        SharedProblem { problem: clean(problem, 300), fix: clean(fix, 300) }
    };
    let store = open_as(shared, &config.source, &[]).await.map_err(wrong)?;
    let name = format!("{:016x}", rand::random::<u64>());
    match probe(&store, &name).await {
        Ok(()) => Ok(format!(
            "{}: list, write, read, conditional write and delete all work",
            clean(&shared.url, 200)
        )),
        Err((need, error)) => {
            Err(SharedProblem { problem: clean(&error.to_string(), 300), fix: fix_for(&shared.place, need) })
        }
    }
}

/// What to do where `need` is not met.
fn fix_for(place: &SharedPlace, need: Need) -> String {
    let right = match need {
        Need::List => "s3:ListBucket",
        Need::Create => "s3:PutObject",
        Need::Read => "s3:GetObject",
        Need::Delete => "s3:DeleteObject",
        Need::Refuse => {
            return "use a store with conditional writes (If-None-Match), such as Amazon S3; leases depend \
                    on that"
                .into();
        }
    };
    match place {
        SharedPlace::Folder { path } => {
            format!("see that {} is mounted, and that this user may read and write there", path.display())
        }
        SharedPlace::Bucket { bucket, .. } => {
            format!(
                "see that the bucket {bucket} exists, and allow {right}: prescale iam-policy prints the rights"
            )
        }
    }
}

/// Folder of the leases in the store.
const LEASES: &str = "leases";

/// Opens the store, a bucket with the credentials by which `source` is reached, of whose accounts some are `known`.
pub(super) async fn open_as(
    shared: &SharedConfig,
    source: &Source,
    known: &[AwsAccount],
) -> Result<SharedStore, AssembleError> {
    let connection = match &shared.place {
        SharedPlace::Bucket { .. } => account::shared_connection(source, known).await?,
        SharedPlace::Folder { .. } => None,
    };
    open(shared, connection.as_ref()).await
}

/// Opens the store. For a bucket the credentials are those of `connection`, else the usual chain's.
pub(super) async fn open(
    shared: &SharedConfig,
    connection: Option<&AwsConnection>,
) -> Result<SharedStore, AssembleError> {
    let (place, keys) = match &shared.place {
        SharedPlace::Folder { path } => (StoreLocation::Folder(path.clone()), None),
        SharedPlace::Bucket { bucket, prefix, region } => {
            let own = match connection {
                Some(connection) => connection.clone(),
                None => {
                    aws::connect(&aws::ConnectOptions { region: region.clone(), ..Default::default() })
                        .await?
                }
            };
            let region = Some(region.clone().unwrap_or_else(|| own.region().to_owned()));
            let place = StoreLocation::Bucket { bucket: bucket.clone(), prefix: prefix.clone(), region };
            let cached: Arc<dyn CredentialSource> =
                Arc::new(AwsCredentialSource(own.credential_cache().await?));
            (place, Some(cached))
        }
    };
    Ok(SharedStore::open(&place, &shared.url, keys)?)
}

/// The manager of this process's leases in `store`, under the identity `id`, or one of its own.
pub(super) fn lease_manager(
    store: SharedStore,
    clock: &Clock,
    cycle: Seconds,
    id: Option<String>,
) -> LeaseManager {
    let id = id.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
    let me = Holder { id, host: host(), pid: std::process::id() };
    LeaseManager::new(Register::new(store, LEASES, "json"), Box::new(clock.ticks()), me, cycle)
}

/// Name of this machine.
fn host() -> String {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let said = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = said.or_else(|| files.iter().find_map(|path| std::fs::read_to_string(path).ok()));
    host.map_or_else(|| "unknown".into(), |name| clean(name.trim(), 60))
}

/// Credentials of AWS's adapter, as the shared store asks for them.
#[derive(Debug)]
struct AwsCredentialSource(CredentialCache);

#[async_trait]
impl CredentialSource for AwsCredentialSource {
    async fn keys(&self) -> Result<(String, String, Option<String>), String> {
        self.0.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Location;

    fn checked(folder: &std::path::Path, url: &str) -> Result<String, SharedProblem> {
        std::fs::write(folder.join("prescale.toml"), format!("[shared]\nurl = \"{url}\"\n"))
            .expect("it is ours");
        let location = Location { home: Some(folder.to_owned()), file: None };
        let config = Config::load(&location).expect("it is valid");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a small runtime").block_on(check(&config)).expect("something is shared")
    }

    #[test]
    fn a_folder_is_tried_and_left_as_it_was() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let place = home.path().join("team");
        let said = checked(home.path(), &format!("file://{}", place.display())).expect("it works");
        assert!(said.contains("conditional write"), "{said}");
        let left: Vec<_> = walk(&place);
        assert!(left.is_empty(), "{left:?}");
    }

    /// Files below `folder`.
    fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let found = std::fs::read_dir(folder).expect("it is there").flatten().map(|entry| entry.path());
        found.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn a_file_in_the_way_is_said_with_the_fix() {
        let home = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(home.path().join("team"), "").expect("it is ours");
        let url = format!("file://{}/team/below", home.path().display());
        let found = checked(home.path(), &url).expect_err("a file is no folder");
        assert!(found.problem.contains("team/below") && found.fix.contains("[shared] url"), "{found:?}");
    }

    #[test]
    fn each_call_has_its_permission() {
        let bucket = SharedPlace::Bucket { bucket: "team".into(), prefix: "prod".into(), region: None };
        let rights = [Need::List, Need::Create, Need::Read, Need::Delete].map(|need| fix_for(&bucket, need));
        for (text, right) in rights.iter().zip(["ListBucket", "PutObject", "GetObject", "DeleteObject"]) {
            assert!(text.contains(right) && text.contains("bucket team"), "{text}");
        }
        assert!(fix_for(&bucket, Need::Refuse).contains("If-None-Match"));
    }
}
