//! The headless process: the same loop as the console's, without a screen, one line per decision.
//!
//! Start with [`run`]; [`assemble`] puts an engine together from the configuration, for the console as well;
//! [`notify`] tells people who are not at the screen; `console_server` lets consoles attach, `http` serves metrics and the page,
//! `passed` takes sockets of systemd, `reload` reads the configuration again, and `service` tells systemd how the loop is. `lambda`
//! is the same loop as a function of AWS Lambda (feature `lambda`); [`story`] plays a scripted day in the simulation.

mod account;
pub mod assemble;
mod console_server;
pub mod error;
mod http;
#[cfg(any(feature = "lambda", test))]
pub mod lambda;
mod log;
pub mod notify;
mod passed;
mod reload;
mod service;
mod shared;
pub mod story;

pub use self::account::account_options;
pub use self::passed::PassedSockets;
pub use shared::{SharedProblem, check as check_shared};

use std::io::Write;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use self::assemble::{AssembleError, Assembled};
use crate::{
    config::Location,
    domain::text::escape_json,
    engine::{GroupDecision, serve::run as engine_run},
    link,
    store::StoreError,
};

/// Why the agent ended.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// It could not start.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// The store could not be written: without a journal nothing may act.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signals cannot be heard.
    #[error("cannot install signal handlers: {0}")]
    Signals(#[from] std::io::Error),
}

/// Runs the loop until SIGINT or SIGTERM; reads the configuration at `location` again at SIGHUP; serves HTTP and consoles on
/// what was `passed`, if anything was; prints each decision as text, or as a line of JSON.
///
/// # Errors
/// [`AgentError`].
pub async fn run(
    mut assembled: Assembled,
    location: Location,
    passed: PassedSockets,
    json: bool,
) -> Result<(), AgentError> {
    let stop = stop_on_signals()?;
    let (door, end) = link::door();
    assembled.reload_from(location);
    reload::at_hangup(door.clone())?;
    service::report(door.viewing(), stop.clone());
    http::serve(&assembled.config.agent, passed.http, door.viewing(), stop.clone()).await;
    let ending =
        console_server::serve(console_server::listen(&assembled, passed.consoles, door.clone()), stop);
    let report = |step: &GroupDecision| {
        let line = if json { as_json(step) } else { as_text(step) };
        // Whoever read the lines may have gone; the journal has them all.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    };
    let done = engine_run::run(assembled.engine, assembled.clock, end, ending, report).await;
    // As long as there is a door the engine goes on.
    drop(door);
    Ok(done?)
}

/// Turns true on the first signal that asks for an end.
fn stop_on_signals() -> Result<watch::Receiver<bool>, std::io::Error> {
    let (sender, stop) = watch::channel(false);
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    tokio::spawn(async move {
        let received = signals.iter_mut().map(|s| Box::pin(s.recv()));
        futures_util::future::select_all(received).await;
        let _ = sender.send(true);
    });
    Ok(stop)
}

/// A decision as a line.
pub fn as_text(step: &GroupDecision) -> String {
    let d = &step.decision;
    let why = d.plan.reasons.first().map_or("", String::as_str);
    let at = d.at.format("%Y-%m-%dT%H:%M:%SZ");
    format!("{at} {} {} {}: {why}", step.group, d.stage.name(), d.change())
}

fn as_json(step: &GroupDecision) -> String {
    let text = serde_json::to_string(&step.decision);
    text.map_or_else(|e| format!("{{\"error\":\"{e}\"}}"), |text| escape_json(&text))
}
