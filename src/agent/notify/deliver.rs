//! One message to one place, with an end to every wait.

use std::{
    ffi::OsString,
    io::Write,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Url, header::CONTENT_TYPE, redirect::Policy};
use tokio::time::{sleep, timeout};

use super::message::Notification;
use crate::{
    config::{Secret, WEBHOOK_VARIABLE},
    domain::text::clean,
};

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries of one message.
    pub tries: u32,
    /// Wait after the first failure; each later one is twice as long.
    pub wait: Duration,
    /// Longest time that one try may take.
    pub most: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy { tries: 5, wait: Duration::from_secs(2), most: Duration::from_secs(10) }
    }
}

/// How often a running program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(25);

/// Where messages go.
#[derive(Debug)]
pub enum Sink {
    /// An address that takes `{"text": …}`.
    Webhook {
        /// The client.
        client: Client,
        /// The whole address.
        url: Url,
        /// The same for people.
        shown: String,
    },
    /// A program and its arguments.
    Command(Vec<String>),
}

/// Why a try failed.
#[derive(Debug)]
struct DeliveryFailure {
    /// Another try may succeed.
    passing: bool,
    /// Why, without the address.
    text: String,
}

fn passing(text: impl Into<String>) -> DeliveryFailure {
    DeliveryFailure { passing: true, text: text.into() }
}

impl Sink {
    /// A webhook at `address`.
    ///
    /// # Errors
    /// In words that do not hold the address, when it is none, or when there is no TLS.
    pub fn webhook(address: &Secret) -> Result<Sink, String> {
        let url = Url::parse(address.reveal()).map_err(|e| format!("webhook {address}: no address: {e}"))?;
        let client = Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("prescale/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| format!("webhook {address}: {}", e.without_url()))?;
        Ok(Sink::Webhook { client, url, shown: address.to_string() })
    }

    /// What it is, without its secret.
    pub fn name(&self) -> String {
        match self {
            Sink::Webhook { shown, .. } => format!("webhook {shown}"),
            Sink::Command(words) => {
                format!("command {}", clean(words.first().map_or("", String::as_str), 80))
            }
        }
    }

    /// Delivers `message`, with as many tries as `pace` has.
    ///
    /// # Errors
    /// Why the last try failed, in words without the address.
    pub async fn deliver(&self, message: &Notification, pace: RetryPolicy) -> Result<(), String> {
        let mut wait = pace.wait;
        for number in 1.. {
            let tried = timeout(pace.most, self.once(message)).await;
            let failure = match tried.unwrap_or_else(|_| Err(passing("no answer in time"))) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if !failure.passing || number >= pace.tries {
                let text = clean(&failure.text, 200);
                let attempts = if number == 1 { "attempt" } else { "attempts" };
                return Err(format!("{}: delivery failed after {number} {attempts}: {text}", self.name()));
            }
            sleep(wait).await;
            wait *= 2;
        }
        Ok(())
    }

    async fn once(&self, message: &Notification) -> Result<(), DeliveryFailure> {
        match self {
            Sink::Webhook { client, url, .. } => post(client, url.clone(), message.slack()).await,
            Sink::Command(words) => run(words, &message.json()).await,
        }
    }
}

async fn post(client: &Client, url: Url, body: String) -> Result<(), DeliveryFailure> {
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
    let status = request.send().await.map_err(|e| passing(e.without_url().to_string()))?.status();
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 429 | 500.. => Err(passing(format!("HTTP {status}"))),
        _ => Err(DeliveryFailure { passing: false, text: format!("HTTP {status}") }),
    }
}

/// Ends the program when nobody waits for it any more.
struct ChildGuard(Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Variables of AWS that say where things are, and hold no secret.
const PLAIN: [&str; 4] = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_CONFIG_FILE"];

/// Those of the environment's `names` that a program does not get: the credentials of the agent, and its webhook.
fn hidden(names: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    names.filter(|name| {
        let name = name.to_string_lossy();
        (name.starts_with("AWS_") && !PLAIN.contains(&&*name)) || name == WEBHOOK_VARIABLE
    })
}

async fn run(words: &[String], input: &str) -> Result<(), DeliveryFailure> {
    let [program, arguments @ ..] = words else { return Ok(()) };
    let mut command = Command::new(program);
    for name in hidden(std::env::vars_os().map(|(name, _)| name)) {
        command.env_remove(name);
    }
    let started =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut running = ChildGuard(
        started.map_err(|e| DeliveryFailure { passing: false, text: format!("it does not start: {e}") })?,
    );
    if let Some(mut pipe) = running.0.stdin.take() {
        // A program that does not read its input has a right to; its exit code says how it went.
        let _ = pipe.write_all(input.as_bytes());
    }
    loop {
        match running.0.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(passing(status.to_string())),
            Ok(None) => sleep(POLL).await,
            Err(error) => return Err(passing(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_no_secret_of_the_agent() {
        let all = [
            "PATH",
            "AWS_REGION",
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "PRESCALE_WEBHOOK",
            "PRESCALE_HOME",
        ];
        let gone: Vec<OsString> = hidden(all.into_iter().map(OsString::from)).collect();
        assert_eq!(gone, all[3..10]);
    }
}
