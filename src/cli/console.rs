//! `prescale console`: the screen and the loop in one process, or the screen alone on a running agent.

mod options;

use std::{
    io::{IsTerminal, stdout},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

pub use self::options::ConsoleArgs;
use self::options::{look, settings};
use super::{Failure, Global};
use crate::{
    agent::{
        assemble::{self, AssembleError},
        story::{self, Story},
    },
    config::{Config, Location},
    console::{
        self, ConsoleError,
        pages::{PageSetup, settings::SettingRow},
        plain,
        signals::{self, SignalReceiver},
    },
    engine,
    link::{self, EngineEnd, Link, operator, socket::Client},
};

/// Exit code when the terminal no longer answers: as after a hang-up.
const GONE: i32 = 129;

/// Runs `prescale console`: the engine and the screen on a thread of their own each, the rest on the runtime's.
pub fn run(global: &Global, options: ConsoleArgs) -> Result<(), Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    show(config, options, OwnEngine::Configured(global.location()))
}

/// Which engine a console without an agent runs.
pub(super) enum OwnEngine {
    /// That of the configuration, which is read again from here.
    Configured(Location),
    /// That of a story.
    Staged(Story),
}

/// Opens the console on an engine of its own, or with `--attach` on an agent's.
///
/// # Errors
/// [`Failure::Usage`] without a terminal and for options that are wrong; [`Failure::Failed`] when the screen or the engine fails.
pub(super) fn show(config: Config, options: ConsoleArgs, own: OwnEngine) -> Result<(), Failure> {
    if !options.plain && !stdout().is_terminal() {
        let other = "`prescale --plain` prints lines, `prescale agent` runs without a screen";
        return Err(Failure::Usage(format!("the console needs a terminal; {other}")));
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::Failed(format!("cannot start the async runtime: {e}")))?;
    let outcome = runtime.block_on(both(config, options, own));
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

async fn both(config: Config, options: ConsoleArgs, own: OwnEngine) -> Result<(), Failure> {
    let look = look(&options, &config).map_err(|e| Failure::Usage(e.to_string()))?;
    let narrator = match own {
        OwnEngine::Configured(_) => None,
        OwnEngine::Staged(story) => Some(story.narrator()),
    };
    let look = console::ConsoleOptions { narrator, ..look };
    let settings = settings(&options, &config);
    let signals =
        signals::listen().map_err(|e| Failure::Failed(format!("cannot install signal handlers: {e}")))?;
    let (link, end) = link::pair();
    let (stop, stopped) = watch::channel(false);
    let engine = if options.attach {
        let client = attach(&config, options.read_only).await?;
        thread("engine", move || attached(client, end, stopped))
    } else {
        thread("engine", move || live((config, own), options.read_only, end, stopped))
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
        (Ok(Ok(())), _) => Err(Failure::Failed("the console thread panicked".into())),
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) => Err(Failure::Failed("the engine thread panicked".into())),
    }
}

/// Puts the engine together while the screen says so already, then runs it until `stopped`.
async fn live(
    (config, own): (Config, OwnEngine),
    read_only: bool,
    end: EngineEnd,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let assembling = async {
        match own {
            OwnEngine::Staged(story) => story::staged(config, story),
            OwnEngine::Configured(location) => {
                let mut assembled = assemble::assemble_from(config, read_only).await?;
                assembled.reload_from(location);
                Ok(assembled)
            }
        }
    };
    let mut assembled = tokio::select! {
        assembled = assembling => assembled.map_err(failure)?,
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
        tracing::error!("cannot start the {name} thread: {error}");
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
}
