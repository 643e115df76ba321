//! Options of `prescale console`, and how the console looks with them: the command line over the configuration.

use crate::{
    cli::keys,
    config::{self, Config, ConfigError, ValueOrigin},
    console::{
        self,
        draw::{style::ColorChoice, theme::Symbols, themes},
        pages::settings::SettingRow,
    },
    link::operator,
};

/// Options of `prescale console`; what is not given is as the configuration's `[terminal]` says.
#[derive(Debug, Default, clap::Args)]
pub struct ConsoleArgs {
    /// Name of a theme, or the path of a theme file.
    #[arg(
        long,
        value_name = "NAME|FILE",
        env = "PRESCALE_THEME",
        help = format!("Theme: {}, or the path of a theme file", themes::listed())
    )]
    pub theme: Option<String>,
    /// Colours: as the environment says (NO_COLOR, COLORTERM, TERM), or as given here
    #[arg(long, value_enum, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// What charts are drawn with
    #[arg(long, value_enum, value_name = "SYMBOLS")]
    pub symbols: Option<Symbols>,
    /// Read-only: refuse commands, never change AWS, hold every group in observe. With --attach: the agent refuses what
    /// this console asks
    #[arg(long)]
    pub read_only: bool,
    /// Attach to the agent that runs in the home folder instead of running the loop in this process
    #[arg(long)]
    pub attach: bool,
    /// Print updates as lines, for screen readers and pipes; needs no terminal
    #[arg(long)]
    pub plain: bool,
}

impl ConsoleArgs {
    /// An option that was given; the theme may come from the environment and does not count.
    pub fn given(&self) -> Option<&'static str> {
        let all = [
            (self.color.is_some(), "--color"),
            (self.symbols.is_some(), "--symbols"),
            (self.read_only, "--read-only"),
            (self.attach, "--attach"),
            (self.plain, "--plain"),
        ];
        all.into_iter().find(|(given, _)| *given).map(|(_, name)| name)
    }

    /// These, and what `before` has that is not given here.
    pub fn over(self, before: ConsoleArgs) -> ConsoleArgs {
        ConsoleArgs {
            theme: self.theme.or(before.theme),
            color: self.color.or(before.color),
            symbols: self.symbols.or(before.symbols),
            read_only: self.read_only || before.read_only,
            attach: self.attach || before.attach,
            plain: self.plain || before.plain,
        }
    }
}

/// How the console looks and is driven: the command line over the configuration.
pub(super) fn look(options: &ConsoleArgs, config: &Config) -> Result<console::ConsoleOptions, ConfigError> {
    let terminal = &config.terminal;
    let color = match terminal.color {
        config::Color::Auto => ColorChoice::Auto,
        config::Color::True => ColorChoice::Always,
        config::Color::Indexed => ColorChoice::Indexed,
        config::Color::Basic => ColorChoice::Sixteen,
        config::Color::Never => ColorChoice::Never,
    };
    let symbols = match terminal.symbols {
        config::SymbolsSetting::Braille => Symbols::Braille,
        config::SymbolsSetting::Octant => Symbols::Octant,
        config::SymbolsSetting::Block => Symbols::Block,
        config::SymbolsSetting::Ascii => Symbols::Ascii,
    };
    Ok(console::ConsoleOptions {
        theme: theme(options.theme.as_ref().unwrap_or(&terminal.theme), config),
        color: options.color.unwrap_or(color),
        symbols: options.symbols.unwrap_or(symbols),
        synchronized: terminal.synchronized,
        mouse: terminal.mouse,
        keymap: keys::keymap(config)?,
        zone: keys::zone(config)?,
        operator: operator::of_process(),
        guide: config.file.is_none(),
        narrator: None,
        pictures: config.home.join("pictures"),
    })
}

/// A theme's name, or the path of a file of that name in the home's `themes` folder.
fn theme(name: &str, config: &Config) -> String {
    let file = config.home.join("themes").join(format!("{name}.toml"));
    let built_in = themes::file(name).is_some();
    if !built_in && file.is_file() { file.display().to_string() } else { name.to_owned() }
}

/// The configuration in force for the settings page, the command line over it.
pub(super) fn settings(options: &ConsoleArgs, config: &Config) -> Vec<SettingRow> {
    let quoted = |value: &str| format!("\"{value}\"");
    let word = |value: &dyn std::fmt::Debug| quoted(&format!("{value:?}").to_lowercase());
    let given = [
        ("terminal.theme", options.theme.as_ref().map(|v| quoted(v)), "--theme"),
        ("terminal.color", options.color.as_ref().map(|v| word(v)), "--color"),
        ("terminal.symbols", options.symbols.as_ref().map(|v| word(v)), "--symbols"),
        ("read_only", options.read_only.then(|| "true".to_owned()), "--read-only"),
    ];
    let over = |key: &str| given.iter().find(|(name, value, _)| *name == key && value.is_some());
    let all = config.effective().into_iter();
    all.map(|mut one| {
        if let Some((_, Some(value), option)) = over(&one.key) {
            (one.value, one.origin) = (value.clone(), ValueOrigin::Option(option));
        }
        let set = one.origin != ValueOrigin::Default;
        SettingRow { from: one.origin.to_string(), key: one.key, value: one.value, set, meaning: one.meaning }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_theme_of_the_home_is_found_by_its_name() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let config = Config::parse("", Path::new("x.toml"), home.path()).expect("is right");
        assert_eq!(theme("mine", &config), "mine");
        let file = home.path().join("themes/mine.toml");
        std::fs::create_dir(home.path().join("themes")).expect("a folder of our own");
        std::fs::write(&file, "name = \"mine\"\nbase = \"nord\"\n").expect("a folder of our own");
        assert_eq!(theme("mine", &config), file.display().to_string());
        assert_eq!(theme("nord", &config), "nord");
    }

    #[test]
    fn the_command_line_stands_over_the_configuration() {
        let text = "[terminal]\ntheme = \"light\"\ncolor = \"16\"\nsymbols = \"ascii\"\n";
        let config = Config::parse(text, Path::new("x.toml"), Path::new("/home")).expect("is right");
        let quiet = look(&ConsoleArgs::default(), &config).expect("is right");
        assert_eq!(
            (quiet.theme.as_str(), quiet.color, quiet.symbols),
            ("light", ColorChoice::Sixteen, Symbols::Ascii)
        );
        let options = ConsoleArgs {
            theme: Some("mono".into()),
            color: Some(ColorChoice::Never),
            ..ConsoleArgs::default()
        };
        let loud = look(&options, &config).expect("is right");
        assert_eq!(
            (loud.theme.as_str(), loud.color, loud.symbols),
            ("mono", ColorChoice::Never, Symbols::Ascii)
        );
        let shown = settings(&options, &config);
        let theme = shown.iter().find(|s| s.key == "terminal.theme").expect("a key of the sample");
        assert_eq!((theme.value.as_str(), theme.from.as_str(), theme.set), ("\"mono\"", "--theme", true));
    }
}
