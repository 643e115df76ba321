//! `prescale evaluate`
use super::{Failure, Global};

/// Options of `prescale evaluate`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale evaluate`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
