//! `prescale config`
use super::{Failure, Global};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Check the file.
    Check,
}

/// Runs `prescale config`.
pub fn run(_global: &Global, _action: Action) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
