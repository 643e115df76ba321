//! `prescale completions`
use super::{Failure, Global};

/// Options of `prescale completions`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale completions`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
