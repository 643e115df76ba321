//! `prescale console`: the screen and the loop in one process.

use std::{
    io::IsTerminal,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    task::Poll,
    time::Duration,
};

use tokio::sync::watch;

use super::{Failure, Global};
use crate::{
    agent::assemble::{self, AssembleError},
    calendar::{self, Entry},
    config,
    console::{
        self, operator,
        page::{Page, Target},
        style::ColorChoice,
        theme::Symbols,
        views::{calendar::CalendarPage, journal::JournalPage, models::ModelsPage},
    },
    engine, link,
};

/// Options of `prescale console`; what is not given is as the configuration's `[terminal]` says.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
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
}

/// How the console looks: the command line over the configuration.
fn look(options: Options, terminal: &config::Terminal, home: &Path) -> console::Options {
    let color = match terminal.color {
        config::Color::Auto => ColorChoice::Auto,
        config::Color::True => ColorChoice::Always,
        config::Color::Indexed => ColorChoice::Indexed,
        config::Color::Basic => ColorChoice::Sixteen,
        config::Color::Never => ColorChoice::Never,
    };
    let symbols = match terminal.symbols {
        config::Symbols::Braille => Symbols::Braille,
        config::Symbols::Block => Symbols::Block,
        config::Symbols::Ascii => Symbols::Ascii,
    };
    console::Options {
        theme: options.theme.unwrap_or_else(|| terminal.theme.clone()),
        color: options.color.unwrap_or(color),
        symbols: options.symbols.unwrap_or(symbols),
        synchronized: terminal.synchronized,
        operator: operator::of_process(),
        pictures: home.join("pictures"),
    }
}

/// Runs `prescale console`: the engine on threads of its own, the screen on this one.
pub fn run(global: &Global, options: Options) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::Usage("the console needs a terminal; `prescale agent` runs without one".into()));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|e| Failure::Failed(format!("no runtime: {e}")))?;
    let outcome = runtime.block_on(both(global, options));
    // A training under way must not keep the operator from leaving.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn both(global: &Global, options: Options) -> Result<(), Failure> {
    let assembled = assemble::assemble(global).await.map_err(failure)?;
    let look = look(options, &assembled.config.terminal, &assembled.config.home);
    let (link, end) = link::pair();
    let (stop, stopped) = watch::channel(false);
    let engine = tokio::spawn(engine::run::run(assembled.engine, assembled.clock, end, stopped, |_| {}));
    let shown = unbroken(console::run(link, look, pages())).await;
    // The engine may have ended by itself; then its own error is the one that counts.
    let _ = stop.send(true);
    match engine.await {
        Ok(Ok(())) => match shown {
            Some(shown) => shown.map_err(|e| Failure::Failed(e.to_string())),
            None => Err(Failure::Failed("the screen broke".into())),
        },
        Ok(Err(error)) => Err(Failure::Failed(error.to_string())),
        Err(error) => Err(Failure::Failed(format!("the engine broke: {error}"))),
    }
}

/// What `screen` comes to; `None` if it panicked, as it may when its terminal vanishes. The engine must come to its
/// own end in any case: what it holds has to go back.
async fn unbroken<T>(screen: impl Future<Output = T>) -> Option<T> {
    let mut screen = std::pin::pin!(screen);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| screen.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |ready| ready.map(Some))
    })
    .await
}

/// The pages beside fleet, group and proposals.
fn pages() -> Vec<(Target, Box<dyn Page>)> {
    vec![
        (Target::Calendar, Box::new(CalendarPage::new(problems))),
        (Target::Models, Box::new(ModelsPage::new())),
        (Target::Journal, Box::new(JournalPage::new())),
    ]
}

/// What is wrong with an entry, field by field, for the form.
fn problems(entry: &Entry, zone: &str) -> Vec<(&'static str, String)> {
    let zone = zone.parse().unwrap_or(chrono_tz::UTC);
    calendar::check(entry, zone)
        .into_iter()
        .map(|p| (p.field.name(), format!("{}; {}", p.message, p.fix)))
        .collect()
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

    #[tokio::test]
    async fn a_screen_that_breaks_is_survived() {
        assert_eq!(unbroken(async { 7 }).await, Some(7));
        let breaks = async {
            tokio::task::yield_now().await;
            panic!("the terminal is gone")
        };
        assert_eq!(unbroken(breaks).await, None::<()>);
    }

    #[test]
    fn the_command_line_stands_over_the_configuration() {
        let terminal = config::Terminal {
            theme: "light".into(),
            color: config::Color::Basic,
            symbols: config::Symbols::Ascii,
            synchronized: true,
        };
        let quiet = look(Options::default(), &terminal, Path::new("h"));
        assert_eq!(
            (quiet.theme.as_str(), quiet.color, quiet.symbols),
            ("light", ColorChoice::Sixteen, Symbols::Ascii)
        );
        let options = Options { theme: Some("mono".into()), color: Some(ColorChoice::Never), symbols: None };
        let loud = look(options, &terminal, Path::new("h"));
        assert_eq!(
            (loud.theme.as_str(), loud.color, loud.symbols),
            ("mono", ColorChoice::Never, Symbols::Ascii)
        );
    }
}
