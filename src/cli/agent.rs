//! `prescale agent`
use super::{Failure, Global};

/// Options of `prescale agent`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale agent`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
