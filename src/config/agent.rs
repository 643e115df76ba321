//! `[agent]`: what `prescale agent` does beside the loop.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::Secret;

/// Fewest characters of a token: fewer can be guessed.
const TOKEN: usize = 16;

/// The agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// Whether consoles may attach, over a socket in the home folder.
    pub listen: bool,
    /// Where metrics, health, API and page are served, if they are.
    pub http: Option<SocketAddr>,
    /// Whether that address may be one that other machines reach.
    pub http_remote: bool,
    /// Names that requests may be addressed to, besides addresses and `localhost`.
    pub http_hosts: Vec<String>,
    /// What requests must bear, beside those for health.
    pub http_token: Option<Secret>,
}

impl Default for AgentConfig {
    fn default() -> Self {
        AgentConfig { listen: true, http: None, http_remote: false, http_hosts: Vec::new(), http_token: None }
    }
}

impl AgentConfig {
    /// The key that is not allowed as it is, and why; never with the token.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        if let Some(address) = self.http.filter(|address| !address.ip().is_loopback() && !self.http_remote) {
            let fix = "use 127.0.0.1 or [::1], or set http_remote = true (and http_token)";
            return Some(("http", format!("{} can be reached from other machines; {fix}", address.ip())));
        }
        if let Some(name) = self.http_hosts.iter().find(|name| !is_host(name)) {
            return Some((
                "http_hosts",
                format!("{name:?} is not a host name; give it without scheme and port"),
            ));
        }
        let is_token = |token: &Secret| {
            let text = token.reveal();
            text.len() >= TOKEN && text.bytes().all(|b| b.is_ascii_graphic())
        };
        let bad = self.http_token.as_ref().is_some_and(|token| !is_token(token));
        bad.then(|| ("http_token", format!("a token has at least {TOKEN} characters, no spaces, ASCII only")))
    }
}

fn is_host(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<(&'static str, String)> {
        toml::from_str::<AgentConfig>(text).expect("of the right types").problem()
    }

    #[test]
    fn an_address_that_others_reach_must_be_said_twice() {
        assert_eq!(problem("http = \"127.0.0.1:9188\""), None);
        assert_eq!(problem("http = \"[::1]:9188\""), None);
        for address in ["0.0.0.0:9188", "[::]:9188", "10.1.2.3:9188"] {
            let (key, why) = problem(&format!("http = \"{address}\"")).expect("it is refused");
            assert!(key == "http" && why.contains("http_remote = true"), "{why}");
            assert_eq!(problem(&format!("http = \"{address}\"\nhttp_remote = true")), None);
        }
    }

    #[test]
    fn hosts_are_names_and_a_short_token_is_refused_without_being_repeated() {
        assert_eq!(problem("http_hosts = [\"ops1.example.com\"]"), None);
        for wrong in ["https://ops1", "ops1:9188", "", "*"] {
            assert_eq!(
                problem(&format!("http_hosts = [\"{wrong}\"]")).map(|(key, _)| key),
                Some("http_hosts")
            );
        }
        for wrong in ["guessable", "with a space in its middle", ""] {
            let (key, why) = problem(&format!("http_token = \"{wrong}\"")).expect("it is refused");
            assert!(key == "http_token" && (wrong.is_empty() || !why.contains(wrong)), "{why}");
        }
    }
}
