//! Recorded load from a file: `--trace`, and `--missing` for what its missing rows are.

use std::path::Path;

use clap::ValueEnum;

use super::{Failure, announced::file};
use crate::{cloud::simulator::Trace, domain::metric::Missing};

/// What a step of recorded load is that has no row, or an empty one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum MissingRows {
    /// Not known.
    #[default]
    Gap,
    /// Zero: the metric counts, and has no row where there was nothing to count.
    Zero,
}

/// When the prior is adapted to recorded load while it is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Retrain {
    /// Once a local day, on what was known then, as groups do it.
    Daily,
    /// It stays as it ships.
    Never,
}

/// Reads recorded load.
///
/// # Errors
/// [`Failure::Usage`] for a file that cannot be read or is wrong.
pub fn trace(path: &Path, missing: Option<MissingRows>) -> Result<Trace, Failure> {
    let missing = match missing.unwrap_or_default() {
        MissingRows::Gap => Missing::Gap,
        MissingRows::Zero => Missing::Zero,
    };
    Trace::parse_csv(file(path)?, &path.display().to_string(), missing)
        .map_err(|e| Failure::Usage(e.to_string()))
}
