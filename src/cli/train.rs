//! `prescale train`
use super::{Failure, Global};

/// Options of `prescale train`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale train`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
