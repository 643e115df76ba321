//! Why no engine could be assembled.

use crate::{cloud::CloudError, config::ConfigError, shared::SharedError, store::StoreError};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The history on disk cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account cannot be reached.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The simulation cannot be resumed or built.
    #[error("{0}")]
    Simulation(String),
    /// The log file cannot be written, or a folder not be kept from others.
    #[error("{0}")]
    Log(String),
    /// The shared store cannot be used.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// Nobody can be told as the configuration says.
    #[error("notify: {0}")]
    Notify(String),
}
