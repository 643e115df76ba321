//! `prescale doctor`
use super::{Failure, Global};

/// Options of `prescale doctor`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale doctor`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
