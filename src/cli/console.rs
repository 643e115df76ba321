//! `prescale console`: the screen and the loop in one process, or the screen alone on a running agent.

use std::{
    io::{IsTerminal, stdout},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

use super::{Failure, Global, keys};
use crate::{
    agent::assemble::{self, AssembleError},
    config::{self, Config, ConfigError, ValueOrigin},
    console::{
        self, ConsoleError,
        draw::{style::ColorChoice, theme::Symbols, themes},
        pages::{PageSetup, settings::SettingRow},
        plain,
        signals::{self, SignalReceiver},
    },
    engine,
    link::{self, EngineEnd, Link, operator, socket::Client},
};

/// Exit code when the terminal no longer answers: as after a hang-up.
const GONE: i32 = 129;

/// Options of `prescale console`; what is not given is as the configuration's `[terminal]` says.
#[derive(Debug, Default, clap::Args)]
pub struct ConsoleArgs {
    /// Theme: dark, light, high-contrast, mono, colour-blind, colour-blind-light, catppuccin, gruvbox, nord, solarized, or
    /// the path of a theme file
    #[arg(long, value_name = "NAME|FILE", env = "PRESCALE_THEME")]
    pub theme: Option<String>,
    /// Colours: as the environment says (NO_COLOR, COLORTERM, TERM), or as given here
    #[arg(long, value_enum, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// What charts are drawn with
    #[arg(long, value_enum, value_name = "SYMBOLS")]
    pub symbols: Option<Symbols>,
    /// Take no command and change nothing outside: every group is held in observe. With --attach: the agent refuses what
    /// this console asks
    #[arg(long)]
    pub read_only: bool,
    /// Attach to the agent that runs in the home folder, instead of running the loop here
    #[arg(long)]
    pub attach: bool,
    /// Print what is new in lines instead, for screen readers and pipes; needs no terminal
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
fn look(options: &ConsoleArgs, config: &Config) -> Result<console::ConsoleOptions, ConfigError> {
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
        pictures: config.home.join("pictures"),
    })
}

/// A theme's name, or the path of a file of that name in the home's `themes` folder.
fn theme(name: &str, config: &Config) -> String {
    let file = config.home.join("themes").join(format!("{name}.toml"));
    if themes::file(name).is_none() && file.is_file() { file.display().to_string() } else { name.to_owned() }
}

/// The configuration in force for the settings page, the command line over it.
fn settings(options: &ConsoleArgs, config: &Config) -> Vec<SettingRow> {
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

/// Runs `prescale console`: the engine and the screen on a thread of their own each, the rest on the runtime's.
pub fn run(global: &Global, options: ConsoleArgs) -> Result<(), Failure> {
    if !options.plain && !stdout().is_terminal() {
        let other = "`prescale --plain` prints lines, `prescale agent` runs without a screen";
        return Err(Failure::Usage(format!("the console needs a terminal; {other}")));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|e| Failure::Failed(format!("no runtime: {e}")))?;
    let outcome = runtime.block_on(both(global, options));
    // A training under way must not keep the operator from leaving.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// How the screen came to its end.
enum Shown {
    /// By itself.
    Ended(Result<(), ConsoleError>),
    /// By a panic, as may be when its terminal vanishes.
    Broke,
    /// It should have ended and has not: its terminal is gone or does not take anything.
    Stuck,
}

async fn both(global: &Global, options: ConsoleArgs) -> Result<(), Failure> {
    let config = Config::load(global).map_err(|e| Failure::Usage(e.to_string()))?;
    let look = look(&options, &config).map_err(|e| Failure::Usage(e.to_string()))?;
    let settings = settings(&options, &config);
    let signals = signals::listen().map_err(|e| Failure::Failed(format!("signals cannot be heard: {e}")))?;
    let (link, end) = link::pair();
    let (stop, stopped) = watch::channel(false);
    let engine = if options.attach {
        let client = attach(&config, options.read_only).await?;
        thread("engine", move || attached(client, end, stopped))
    } else {
        thread("engine", move || live(config, options.read_only, end, stopped))
    };
    let shown = if options.plain {
        Shown::Ended(plain::run(link, signals.told).await.map_err(ConsoleError::from))
    } else {
        screen(link, look, settings, signals).await
    };
    // Whatever became of the screen, the engine must come to its own end: what it holds has to go back. It may have
    // ended by itself; then its own error is the one that counts.
    let _ = stop.send(true);
    let ended = engine.await;
    if matches!(shown, Shown::Stuck) {
        // Neither the screen's thread nor a message to the terminal would ever come back.
        std::process::exit(GONE);
    }
    match (ended, shown) {
        (Ok(Ok(())), Shown::Ended(shown)) => shown.map_err(|e| Failure::Failed(e.to_string())),
        (Ok(Ok(())), _) => Err(Failure::Failed("the screen broke".into())),
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) => Err(Failure::Failed("the engine broke".into())),
    }
}

/// Puts the engine together while the screen says so already, then runs it until `stopped`.
async fn live(
    config: Config,
    read_only: bool,
    end: EngineEnd,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut assembled = tokio::select! {
        assembled = assemble::assemble_from(config, read_only) => assembled.map_err(failure)?,
        // Who leaves does not wait for an account that does not answer.
        _ = stopped.wait_for(|stop| *stop) => return Ok(()),
    };
    assembled.engine.sign(&operator::host());
    let run = engine::serve::run::run(assembled.engine, assembled.clock, end, stopped, |_| {});
    run.await.map_err(|e| Failure::Failed(e.to_string()))
}

/// Attaches to the agent of the home folder.
async fn attach(config: &Config, read_only: bool) -> Result<Client, Failure> {
    let client = Client::attach(&config.home, read_only || config.read_only).await;
    client.map_err(|e| Failure::Failed(e.to_string()))
}

/// Stands in for the engine until `stopped`: an agent has it.
async fn attached(client: Client, end: EngineEnd, stopped: watch::Receiver<bool>) -> Result<(), Failure> {
    client.run(end, stopped).await;
    Ok(())
}

/// Runs the screen on a thread of its own, so that one that hangs holds nothing up.
async fn screen(
    link: Link,
    look: console::ConsoleOptions,
    settings: Vec<SettingRow>,
    signals: SignalReceiver,
) -> Shown {
    let ended = signals.ended.clone();
    apart(
        move || console::run(link, look, PageSetup { settings, ..PageSetup::default() }, signals),
        ended.overdue(),
    )
    .await
}

/// Runs a screen on a thread of its own until it ends or is `overdue`.
async fn apart<F: Future<Output = Result<(), ConsoleError>>>(
    screen: impl FnOnce() -> F + Send + 'static,
    overdue: impl Future<Output = ()>,
) -> Shown {
    tokio::select! {
        shown = thread("screen", screen) => shown.map_or(Shown::Broke, Shown::Ended),
        () = overdue => Shown::Stuck,
    }
}

/// Runs `work` on a thread of its own; what comes of it is heard of unless it panics.
///
/// A task that wanders between the runtime's threads leaves free memory behind in the allocator's arena of each.
fn thread<T: Send + 'static, F: Future<Output = T>>(
    name: &str,
    work: impl FnOnce() -> F + Send + 'static,
) -> oneshot::Receiver<T> {
    let (sender, told) = oneshot::channel();
    let runtime = Handle::current();
    let begun = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody listens any more when it was overdue.
        let _ = sender.send(runtime.block_on(work()));
    });
    if let Err(error) = begun {
        tracing::error!("no thread for the {name}: {error}");
    }
    told
}

/// Wrong configuration is the operator's to mend (exit code 2); all else is a failure.
pub(super) fn failure(error: AssembleError) -> Failure {
    match error {
        AssembleError::Config(error) => Failure::Usage(error.to_string()),
        other => Failure::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[tokio::test]
    async fn a_screen_that_breaks_or_hangs_is_survived() {
        let never = std::future::pending::<()>;
        assert!(matches!(apart(|| async { Ok(()) }, never()).await, Shown::Ended(Ok(()))));
        let breaks = || async {
            tokio::task::yield_now().await;
            panic!("the terminal is gone")
        };
        assert!(matches!(apart(breaks, never()).await, Shown::Broke));
        let hangs = || async {
            std::thread::park();
            Ok(())
        };
        assert!(matches!(apart(hangs, async {}).await, Shown::Stuck));
    }

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
