//! What is wrong with a configuration, and where.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file says something that is not allowed.
    #[error("{0}")]
    Wrong(Box<Finding>),
    /// A file or folder cannot be used.
    #[error("{}: {reason}", path.display())]
    Access {
        /// File or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A variable of the environment says something that is not allowed. Its value is not repeated.
    #[error("{name}: {reason}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// No home folder can be found.
    #[error("no home folder: {0}; name one with --home DIR")]
    Home(String),
}

/// One finding in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}:{line}:{column}: {}{message}", file.display(), key.as_ref().map(|k| format!("{k}: ")).unwrap_or_default())]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key it speaks of (`defaults.risk`), where there is one.
    pub key: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl ConfigError {
    pub(super) fn access(path: &Path, reason: impl ToString) -> ConfigError {
        ConfigError::Access { path: path.to_owned(), reason: reason.to_string() }
    }

    /// The place in the file, where the error has one.
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            ConfigError::Wrong(finding) => Some(finding),
            _ => None,
        }
    }
}
