//! `prescale man`
use super::{Failure, Global};

/// Options of `prescale man`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale man`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
