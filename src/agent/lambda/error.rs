//! Why an invocation failed.

use crate::{agent::assemble::AssembleError, config::ConfigError, shared::SharedError, store::StoreError};

/// Why an invocation failed. The next one begins with what is in the shared store.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// There is no engine.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The copy of the history cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The shared store cannot be used.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// Anything else, in words that name the fix.
    #[error("{0}")]
    Other(String),
}

impl LambdaError {
    pub(super) fn new(why: impl Into<String>) -> LambdaError {
        LambdaError::Other(why.into())
    }
}
