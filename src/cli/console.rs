//! `prescale console`
use super::{Failure, Global};

/// Options of `prescale console`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale console`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
