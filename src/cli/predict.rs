//! `prescale predict`
use super::{Failure, Global};

/// Options of `prescale predict`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale predict`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
