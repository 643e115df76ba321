//! What outlives the process: configuration, history and calendar, in the shared store.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tokio::sync::Mutex;

use super::error::LambdaError;
use crate::{
    agent::shared,
    config::{Config, SharedConfig, SharedPlace, Source},
    domain::Time,
    engine::WriteAhead,
    files,
    shared::{SharedStore, calendar, place::MOST_BYTES, run_log::RunLog},
    store::{NewRows, Store},
};

/// Most bytes of the configuration.
const MOST_CONFIG: u64 = 1 << 20;
/// Most bytes of a history that is read: what fits into the memory of a small function.
const MOST_HISTORY: u64 = 256 << 20;

/// The log of runs, for the function and the engine.
pub(super) type Log = Arc<Mutex<RunLog>>;

/// The text of the configuration called `origin`.
///
/// # Errors
/// [`LambdaError`] where it cannot be read.
pub(super) async fn config_text(origin: &str) -> Result<String, LambdaError> {
    let wrong = |why: String| LambdaError::new(format!("the configuration {origin} cannot be read: {why}"));
    let Some(rest) = origin.strip_prefix("s3://") else {
        return files::read_text(Path::new(origin), MOST_CONFIG).map_err(|e| wrong(e.to_string()));
    };
    let (bucket, key) = rest.split_once('/').ok_or_else(|| wrong("name s3://BUCKET/KEY".into()))?;
    let place = SharedPlace::Bucket { bucket: bucket.to_owned(), prefix: String::new(), region: None };
    let store = shared::open(&SharedConfig { url: format!("s3://{bucket}"), place }, None).await?;
    let bytes = store.get(key).await?.ok_or_else(|| wrong("there is no such object".into()))?;
    String::from_utf8(bytes).map_err(|e| wrong(e.to_string()))
}

/// The configuration that `text` says, where it is one for a function.
///
/// # Errors
/// [`LambdaError`] with what has to be written.
pub(super) fn config(text: &str, origin: &str, home: &Path) -> Result<Config, LambdaError> {
    let mut config = Config::parse(text, Path::new(origin), home)?;
    if !matches!(config.source, Source::Aws(_)) {
        return Err(LambdaError::new(format!("{origin}: a function needs [source] kind = \"aws\"")));
    }
    if config.shared.is_none() {
        return Err(LambdaError::new(format!("{origin}: a function keeps its history in [shared] url")));
    }
    // A process that is frozen between two minutes trains nothing; networks come from the shared store.
    config.train.daily = false;
    Ok(config)
}

/// The shared store of `config`.
///
/// # Errors
/// [`LambdaError`] where it cannot be opened.
pub(super) async fn store(config: &Config) -> Result<SharedStore, LambdaError> {
    let Some(place) = &config.shared else { return Err(LambdaError::new("there is no [shared] url")) };
    Ok(shared::open_as(place, &config.source, &[]).await?)
}

/// Puts history and calendar as they are in the shared store into the home folder, in place of what is there. Gives the
/// newest minute that was done.
///
/// # Errors
/// [`LambdaError`]: without the calendar or the history nothing may be decided.
pub(super) async fn restore(
    log: &Log,
    store: &SharedStore,
    config: &Config,
) -> Result<Option<Time>, LambdaError> {
    let past = log.lock().await.past().await?;
    let (_, calendar) = calendar::register(store).newest().await?;
    let database = config.database();
    let folder = config.home.join("data");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| failed(&folder, &e))?;
    }
    fs::create_dir_all(&folder).map_err(|e| failed(&folder, &e))?;
    let path = config.calendar();
    fs::write(&path, calendar).map_err(|e| failed(&path, &e))?;
    if let Some(copy) = past.copy {
        let mut bytes = Vec::new();
        let read = GzDecoder::new(copy.as_slice()).take(MOST_HISTORY + 1).read_to_end(&mut bytes);
        read.map_err(|e| LambdaError::new(format!("the copy of the history is damaged: {e}")))?;
        if bytes.len() as u64 > MOST_HISTORY {
            return Err(LambdaError::new(too_large()));
        }
        fs::write(&database, bytes).map_err(|e| failed(&database, &e))?;
    }
    let mut history = Store::open(&database)?;
    for rows in past.rows {
        let rows: NewRows = serde_json::from_str(&rows).map_err(|e| {
            LambdaError::new(format!("an entry in runs/ of the shared store is damaged: {e}"))
        })?;
        history.take_rows(&rows)?;
    }
    Ok(past.done)
}

/// A packed copy of `history`.
///
/// # Errors
/// [`LambdaError`] where it cannot be written, or is larger than what can be read again.
pub(super) fn copy(history: &Store, home: &Path) -> Result<Vec<u8>, LambdaError> {
    let path = home.join("data").join("copy.db");
    // One that a failed run left would be in the way.
    let _ = fs::remove_file(&path);
    history.copy_to(&path)?;
    let bytes = files::read(&path, MOST_HISTORY).map_err(|e| failed(&path, &e));
    fs::remove_file(&path).map_err(|e| failed(&path, &e))?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&bytes?).map_err(|e| failed(&path, &e))?;
    let packed = packed.finish().map_err(|e| failed(&path, &e))?;
    if packed.len() as u64 > MOST_BYTES {
        return Err(LambdaError::new(too_large()));
    }
    Ok(packed)
}

fn too_large() -> String {
    "the history is too large for a function; keep less of it ([keep]), or run the agent on a machine".into()
}

fn failed(path: &Path, error: &std::io::Error) -> LambdaError {
    LambdaError::new(format!("{}: {error}", path.display()))
}

/// Keeps the engine's rows in the log of runs.
pub(super) struct InLog(pub(super) Log);

#[async_trait]
impl WriteAhead for InLog {
    async fn keep(&mut self, rows: String) -> Result<(), String> {
        self.0.lock().await.tell(rows).await.map_err(|error| error.to_string())
    }
}
