//! `prescale console`
use super::{Failure, Global};
use crate::console::{style::ColorChoice, theme::Symbols};

/// Options of `prescale console`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Theme: dark, light, high-contrast, mono, colour-blind, or the path of a theme file
    #[arg(long, default_value = "dark", value_name = "NAME|FILE", env = "PRESCALE_THEME")]
    pub theme: String,
    /// Colours: as the environment says (NO_COLOR, COLORTERM, TERM), or as given here
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// What charts are drawn with
    #[arg(long, value_enum, default_value_t, value_name = "SYMBOLS")]
    pub symbols: Symbols,
}

impl Default for Options {
    fn default() -> Self {
        Options { theme: "dark".into(), color: ColorChoice::default(), symbols: Symbols::default() }
    }
}

/// Runs `prescale console`.
pub fn run(_global: &Global, _options: Options) -> Result<(), Failure> {
    Err(Failure::Failed("not built yet".into()))
}
