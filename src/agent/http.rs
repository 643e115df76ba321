//! The HTTP listener beside the loop, as the configuration says.

use std::io::{Write, stderr};

use tokio::sync::watch;

use crate::{
    config::AgentConfig,
    http::{HttpOptions, HttpServer},
    link::ViewDoor,
};

/// What the configuration asks for; `None` without an address.
fn options(config: &AgentConfig) -> Option<HttpOptions> {
    let token = config.http_token.as_ref().map(|token| token.reveal().to_owned());
    Some(HttpOptions { address: config.http?, hosts: config.http_hosts.clone(), token })
}

/// Listens and serves until `stop`. An agent that cannot listen logs the reason and keeps scaling.
pub(super) async fn serve(config: &AgentConfig, viewers: ViewDoor, stop: watch::Receiver<bool>) {
    let Some(options) = options(config) else { return };
    match HttpServer::bind(&options, viewers).await {
        Ok(server) => {
            let address = server.address().unwrap_or(options.address);
            let token = if options.token.is_some() { "with a token" } else { "without a token" };
            tracing::info!("HTTP at {address}, {token}");
            tokio::spawn(server.run(stop));
        }
        Err(error) => {
            let text = format!("no metrics and no page: {error}");
            tracing::warn!("{text}");
            // Nobody may be there to read it; the log has it.
            let _ = writeln!(stderr(), "prescale: {text}");
        }
    }
}
