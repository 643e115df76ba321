//! The door for consoles: a socket that is there as long as the loop runs, and gone before the home's lock is.

use std::{
    io::{Write, stderr},
    os::fd::OwnedFd,
};

use tokio::sync::watch;

use super::assemble::Assembled;
use crate::{
    engine::Engine,
    link::{
        Door, operator,
        socket::{ConsoleServer, server::AgentInfo},
    },
};

/// Listens for consoles as the configuration says, on what systemd `passed`, if it did. An agent that cannot listen logs the
/// reason and keeps scaling.
pub(super) fn listen(assembled: &Assembled, passed: Option<OwnedFd>, door: Door) -> Option<ConsoleServer> {
    let config = &assembled.config;
    if !config.agent.listen {
        if passed.is_some() {
            complain(
                "systemd listens for consoles, and [agent] listen = false; set it to true, or run: systemctl disable \
                 --now prescale-console.socket",
            );
        }
        return None;
    }
    let server = ConsoleServer::bind(&config.home, passed, door, about(&assembled.engine));
    server.inspect_err(|error| complain(&error.to_string())).ok()
}

fn complain(why: &str) {
    let text = format!("no console can attach: {why}");
    tracing::warn!("{text}");
    // Nobody may be there to read it; the log has it.
    let _ = writeln!(stderr(), "prescale: {text}");
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
