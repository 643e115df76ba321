//! Where the configuration is looked for, as the command line and the environment say.

use std::path::PathBuf;

/// Where the configuration is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The home folder, where one is named.
    pub home: Option<PathBuf>,
    /// The configuration file, where one is named.
    pub file: Option<PathBuf>,
}
