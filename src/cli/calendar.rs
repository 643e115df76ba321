//! `prescale calendar`
use super::{Failure, Global};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Check the file.
    Check,
}

/// Runs `prescale calendar`.
pub fn run(_global: &Global, _action: Action) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
