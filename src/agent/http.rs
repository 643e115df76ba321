//! The HTTP listener beside the loop, as the configuration says.

use std::io::{Write, stderr};

use tokio::sync::watch;

use crate::{
    config::AgentConfig,
    http::{HttpOptions, HttpServer, PassedSocket},
    link::ViewDoor,
};

/// What the configuration asks for; `None` without an address. A socket that was `passed` has one of its own.
fn options(config: &AgentConfig, passed: &PassedSocket) -> Option<HttpOptions> {
    let token = config.http_token.as_ref().map(|token| token.reveal().to_owned());
    let address = passed.address().or(config.http)?;
    Some(HttpOptions { address, hosts: config.http_hosts.clone(), token })
}

/// Whether others may reach what was passed: the rule of `[agent] http`, for an address that stands in a unit of systemd.
fn is_allowed(config: &AgentConfig, passed: &PassedSocket) -> bool {
    config.http_remote || passed.address().is_none_or(|address| address.ip().is_loopback())
}

/// Listens and serves until `stop`. An agent that cannot listen logs the reason and keeps scaling.
pub(super) async fn serve(
    config: &AgentConfig,
    passed: PassedSocket,
    viewers: ViewDoor,
    stop: watch::Receiver<bool>,
) {
    let Some(options) = options(config, &passed) else { return };
    if !is_allowed(config, &passed) {
        let address = options.address;
        return complain(&format!(
            "systemd listens at {address}, which others reach: set [agent] http_remote = true"
        ));
    }
    match HttpServer::bind(&options, passed, viewers).await {
        Ok(server) => {
            let address = server.address().unwrap_or(options.address);
            let token = if options.token.is_some() { "with a token" } else { "without a token" };
            tracing::info!("HTTP at {address}, {token}");
            tokio::spawn(server.run(stop));
        }
        Err(error) => complain(&error.to_string()),
    }
}

fn complain(why: &str) {
    let text = format!("no metrics and no page: {why}");
    tracing::warn!("{text}");
    // Nobody may be there to read it; the log has it.
    let _ = writeln!(stderr(), "prescale: {text}");
}
