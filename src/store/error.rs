//! What can go wrong with the history, by what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not do what was asked. Every text names the file and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the history open.
    #[error(
        "another prescale{} uses {}; `prescale --attach` opens a console on a running agent. Else stop it first, or choose \
         another folder with --home",
        pid.map(|p| format!(" (pid {p})")).unwrap_or_default(), path.display()
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// The process that has it, where it could be read.
        pid: Option<u32>,
    },
    /// A newer program wrote it. Nothing was changed.
    #[error(
        "{} was written by a newer prescale (its schema is version {found}, this one knows {known}); \
         nothing was changed. Update prescale, or choose another folder with --home", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Version found.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// A SQLite database, but not one of ours. Nothing was changed.
    #[error(
        "{} is a database of another program; nothing was changed. Move it, or choose another folder with --home",
        path.display()
    )]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// The file is not a whole SQLite database.
    #[error(
        "{} is damaged ({reason}). Put a backup in its place, or move it away together with its -wal and -shm \
         files (mv {0} {0}.damaged): prescale then starts a new history and collects again",
        path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The file or its folder cannot be read or written.
    #[error("{} cannot be used ({reason}); check that it exists and may be written, or use --home", path.display())]
    Access {
        /// File or folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The disk is full. What was committed is safe.
    #[error("the disk of {} is full; make room: what was committed before is safe", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// A row holds what this program did not write there.
    #[error("{}: {table} {row} cannot be read ({reason}); restore a backup or delete that row", path.display())]
    Row {
        /// The database.
        path: PathBuf,
        /// Its table.
        table: &'static str,
        /// Its key.
        row: String,
        /// What is wrong.
        reason: String,
    },
    /// A value that could not be read back was refused; nothing was written.
    #[error("{what} was not stored: {reason}")]
    Refused {
        /// What was to be stored.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no decision with this id.
    #[error("there is no decision {0} in the store")]
    NoDecision(i64),
    /// Anything else that SQLite says.
    #[error("{}: {source}", path.display())]
    Sql {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
}

impl StoreError {
    pub(super) fn access(path: &Path, reason: &str) -> StoreError {
        StoreError::Access { path: path.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn damaged(path: &Path, reason: &str) -> StoreError {
        StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
    }

    /// Sorts SQLite's error by what an operator can do about it.
    pub(super) fn sql(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { path, reason: source.to_string() }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::InUse { path, pid: None }
            }
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure,
            ) => StoreError::Access { path, reason: source.to_string() },
            _ => StoreError::Sql { path, source },
        }
    }
}
