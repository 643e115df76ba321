//! History on disk: one SQLite file that a restart resumes from.
//!
//! Here live the samples, the forecasts as they were made, the decisions with their whole record, the journal
//! and a few settings (modes, the brake, the simulator's snapshot). Model files do not live here (see
//! [`crate::forecast::registry`]), nor does any rule: the store keeps and gives back, it decides nothing.
//!
//! Two promises. What the journal says happened survives a kill and a power cut: decisions, journal and
//! settings are committed with `synchronous=FULL`. Samples and forecasts, which can be collected and made
//! again, are committed with `NORMAL`: they survive a kill of the process, and after a power cut the newest
//! may be missing, never half of one. And one writer: a second process is refused, by name, at the door
//! (`lock`).
//!
//! Moments of samples are whole seconds since the epoch; moments of forecasts, decisions and the journal are
//! microseconds since the epoch (what is finer is cut off), except inside a decision's record, which is JSON.
//!
//! Any number of readers may look meanwhile ([`Store::read_only`], in `read`).
//!
//! Start with [`Store::open`], then `schema` for the tables; `samples`, `forecasts`, `decisions`,
//! `journal`, `past`, `changes`, `scorecard`, `settings`, `prune` and `rows` each add their methods to [`Store`]; [`keys`] has the key of
//! every setting.

mod changes;
mod decisions;
mod error;
mod forecasts;
mod journal;
pub mod keys;
mod lock;
mod past;
mod prune;
mod read;
mod record;
mod rows;
mod samples;
mod schema;
mod scorecard;
mod settings;

pub use error::StoreError;
pub use forecasts::PastForecasts;
pub use keys::Key;
pub use past::{DecisionHead, ReadDecision};
pub use read::MetricCoverage;
pub use rows::{NewRows, RowsMark};
pub use settings::SettingWrite;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, Transaction, TransactionBehavior, config::DbConfig};

use crate::domain::Time;

/// The open history. One a process and file; the engine's task owns it.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    changes: changes::Changes,
    /// Held until the store is dropped; none in memory.
    _lock: Option<lock::Lock>,
}

/// How firmly a commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Survives a power cut once it returned.
    Promised,
    /// Survives the end of the process; a power cut may take the newest.
    Repeatable,
}

/// How long a call waits while a backup or a reader holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// Bytes of the write-ahead log that stay on disk once it is written back.
const MOST_LOG: i64 = 16 << 20;
/// Largest older file that is written anew when it is opened, in bytes: a second's work.
const MOST_REWRITTEN: i64 = 64 << 20;

impl Store {
    /// Opens the history at `path`, makes it (and its folder) where there is none, and brings an older one up
    /// to date.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process has it; [`StoreError::Newer`], [`StoreError::Foreign`] and
    /// [`StoreError::Damaged`] leave the file as it was found.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|e| StoreError::access(folder, &e.to_string()))?;
        }
        let lock = lock::Lock::take(path)?;
        let connection = Connection::open(path).map_err(|e| StoreError::sql(path, e))?;
        Store::prepare(connection, path, Some(lock))
    }

    /// A history that ends with the process: for backtests and tests.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when SQLite cannot make one (no memory).
    pub fn in_memory() -> Result<Store, StoreError> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|e| StoreError::sql(path, e))?;
        Store::prepare(connection, path, None)
    }

    /// Path of the file, `:memory:` where there is none.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file, as far as it is written back; 0 where it cannot be told.
    pub fn size(&self) -> u64 {
        let pragma = |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (pages, size) = (pragma("page_count").unwrap_or(0), pragma("page_size").unwrap_or(0));
        u64::try_from(pages.saturating_mul(size)).unwrap_or(0)
    }

    /// Reads the whole file and says whether its structure is sound. Takes seconds on a large file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with SQLite's first finding.
    pub fn check(&self) -> Result<(), StoreError> {
        let finding: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|e| self.sql(e))?;
        if finding == "ok" { Ok(()) } else { Err(StoreError::damaged(&self.path, &finding)) }
    }

    /// Looks before it touches: nothing is written until the file is known to be ours and not newer.
    fn prepare(
        mut connection: Connection,
        path: &Path,
        lock: Option<lock::Lock>,
    ) -> Result<Store, StoreError> {
        let sql = |e| StoreError::sql(path, e);
        connection.busy_timeout(BUSY).map_err(sql)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sql)?;
        let version = schema::inspect(&connection, path)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(sql)?;
        make_shrinkable(&connection, version).map_err(sql)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        connection.pragma_update(None, "journal_size_limit", MOST_LOG).map_err(sql)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(sql)?;
        schema::migrate(&mut connection, version, &schema::MIGRATIONS).map_err(sql)?;
        connection.execute_batch(schema::INDEXES).map_err(sql)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Store { connection, path: path.to_owned(), changes: changes::Changes::default(), _lock: lock })
    }

    /// Runs `work` as one transaction: all of it is kept, or nothing.
    fn transaction<T>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, TransactionError>,
    ) -> Result<T, StoreError> {
        let level = if durability == Durability::Promised { "FULL" } else { "NORMAL" };
        let outcome = self
            .connection
            .pragma_update(None, "synchronous", level)
            .map_err(TransactionError::from)
            .and_then(|()| {
                let transaction =
                    self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        outcome.map_err(|fault| self.explain(fault))
    }

    /// Names the file in a fault.
    fn explain(&self, fault: TransactionError) -> StoreError {
        match fault {
            TransactionError::Sql(error) => self.sql(error),
            TransactionError::Known(error) => error,
        }
    }

    fn sql(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.path, error)
    }
}

/// Lets the file give back what is forgotten. A new one can from the start; an older one has to be written anew for that, which
/// is done while it is small. A large one keeps its size, and what is forgotten makes room within it.
fn make_shrinkable(connection: &Connection, version: i64) -> Result<(), rusqlite::Error> {
    const INCREMENTAL: i64 = 2;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("auto_vacuum")? == INCREMENTAL {
        return Ok(());
    }
    let is_small = number("page_count")?.saturating_mul(number("page_size")?) <= MOST_REWRITTEN;
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    if version > 0 && is_small {
        // A file that cannot be written anew now (a reader, a full disk) keeps its size until the next start.
        let _ = connection.execute_batch("VACUUM");
    }
    Ok(())
}

/// What can go wrong inside a transaction, before the file is named.
#[derive(Debug)]
enum TransactionError {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// It has its words already.
    Known(StoreError),
}

impl From<rusqlite::Error> for TransactionError {
    fn from(error: rusqlite::Error) -> Self {
        TransactionError::Sql(error)
    }
}

impl From<StoreError> for TransactionError {
    fn from(error: StoreError) -> Self {
        TransactionError::Known(error)
    }
}

/// A moment as the database has it: microseconds since the epoch.
fn micros(time: Time) -> i64 {
    time.timestamp_micros()
}

/// The moment of `micros` since the epoch; saturates at the ends of chrono's range.
fn from_micros(micros: i64) -> Time {
    Time::from_timestamp_micros(micros).unwrap_or(if micros < 0 { Time::MIN_UTC } else { Time::MAX_UTC })
}

#[cfg(test)]
mod tests;
