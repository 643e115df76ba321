//! The door for consoles: a socket that is there as long as the loop runs, and gone before the home's lock is.

use std::io::{Write, stderr};

use tokio::sync::watch;

use super::assemble::Assembled;
use crate::{
    engine::Engine,
    link::{
        Door, operator,
        socket::{ConsoleServer, server::AgentInfo},
    },
};

/// Listens for consoles as the configuration says. An agent that cannot listen logs the reason and keeps scaling.
pub(super) fn listen(assembled: &Assembled, door: Door) -> Option<ConsoleServer> {
    if !assembled.config.agent.listen {
        return None;
    }
    match ConsoleServer::bind(&assembled.config.home, door, about(&assembled.engine)) {
        Ok(server) => Some(server),
        Err(error) => {
            let text = format!("no console can attach: {error}");
            tracing::warn!("{text}");
            // Nobody may be there to read it; the log has it.
            let _ = writeln!(stderr(), "prescale: {text}");
            None
        }
    }
}

fn about(engine: &Engine) -> AgentInfo {
    AgentInfo { source: engine.source(), read_only: engine.is_read_only(), host: operator::host() }
}

/// Serves consoles until `stop`; what is given turns true after that, so that the engine, which holds the home's lock,
/// outlives the socket.
pub(super) fn serve(server: Option<ConsoleServer>, mut stop: watch::Receiver<bool>) -> watch::Receiver<bool> {
    let (sender, ending) = watch::channel(false);
    tokio::spawn(async move {
        match server {
            Some(server) => server.run(stop).await,
            None => {
                // An error means that whoever could stop it has gone.
                let _ = stop.wait_for(|stop| *stop).await;
            }
        }
        // The engine may have ended by itself.
        let _ = sender.send(true);
    });
    ending
}
