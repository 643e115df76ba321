//! An engine for tests: it answers every request in words and counts its views.

use std::convert::Infallible;

use tokio::{sync::watch, task::JoinHandle};

use super::{ConsoleServer, server::AgentInfo};
use crate::link::{Command, Door, EngineEnd, View, door};

/// Gives each screen a view with this serial, whose source is the group that the screen asked for.
pub(super) fn publish(end: &mut EngineEnd, serial: u64) {
    let Ok(()) = end.publish(|viewport, _| {
        let source = viewport.group.clone().unwrap_or_default();
        Ok::<_, Infallible>(View { serial, source, ..View::default() })
    });
}

/// Answers requests with who asked what; after each come new views.
async fn answer(mut end: EngineEnd) {
    let (mut serial, mut open) = (0, Vec::new());
    while let Some(request) = end.request().await {
        let message = match request.command {
            _ if request.read_only => Err("read-only".into()),
            // A request that is never answered.
            Command::CancelBacktest => {
                open.push(request.reply);
                continue;
            }
            Command::Show(viewport) => {
                end.show(request.screen, viewport);
                Ok(String::new())
            }
            command => Ok(format!("{}: {}", request.operator, command.what())),
        };
        // The console may have left.
        let _ = request.reply.send(message);
        serial += 1;
        publish(&mut end, serial);
    }
}

/// What is said of an agent in tests.
pub(super) fn about() -> AgentInfo {
    AgentInfo { source: "SIMULATED".into(), read_only: false, host: "ops".into() }
}

/// A server at `door` that listens in `home`, and what stops it.
pub(super) fn serve(home: &std::path::Path, door: Door) -> (watch::Sender<bool>, JoinHandle<()>) {
    let server = ConsoleServer::bind(home, None, door, about()).expect("the home is ours");
    let (stop, stopped) = watch::channel(false);
    (stop, tokio::spawn(server.run(stopped)))
}

/// The same with an engine behind it that answers.
pub(super) fn agent(home: &std::path::Path) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (door, end) = door();
    tokio::spawn(answer(end));
    serve(home, door)
}
