//! `prescale backtest`
use super::{Failure, Global};

/// Options of `prescale backtest`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

/// Runs `prescale backtest`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
