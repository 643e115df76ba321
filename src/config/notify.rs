//! `[notify]`: who is told of what, outside the screen.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::ConfigError;

/// The environment variable whose address overrides the file's.
pub const WEBHOOK_VARIABLE: &str = "PRESCALE_WEBHOOK";

/// Who is told of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// Address that takes `{"text": …}`, as Slack's do.
    pub webhook: Option<Secret>,
    /// Program and arguments; it gets the message as JSON on its standard input.
    pub command: Vec<String>,
    /// What is told.
    pub events: Vec<NotifyEvent>,
}

/// What may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifyEvent {
    /// A proposal waits for a person.
    Proposal,
    /// A group was changed.
    Acted,
    /// A change was wanted, and a check stands against it.
    Blocked,
    /// A change was tried and did not take place.
    Failed,
    /// A group was moved to a more cautious mode.
    Demoted,
    /// Scale-in was frozen or released.
    Brake,
}

impl NotifyEvent {
    /// All of them, in the order of the sample.
    pub const ALL: [NotifyEvent; 6] = [
        NotifyEvent::Proposal,
        NotifyEvent::Acted,
        NotifyEvent::Blocked,
        NotifyEvent::Failed,
        NotifyEvent::Demoted,
        NotifyEvent::Brake,
    ];

    /// The word in the file and in messages.
    pub fn name(self) -> &'static str {
        match self {
            NotifyEvent::Proposal => "proposal",
            NotifyEvent::Acted => "acted",
            NotifyEvent::Blocked => "blocked",
            NotifyEvent::Failed => "failed",
            NotifyEvent::Demoted => "demoted",
            NotifyEvent::Brake => "brake",
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Notify { webhook: None, command: Vec::new(), events: NotifyEvent::ALL.into() }
    }
}

impl Notify {
    /// True when somebody is told of something.
    pub fn is_on(&self) -> bool {
        (self.webhook.is_some() || !self.command.is_empty()) && !self.events.is_empty()
    }

    /// What is wrong with the address, if anything. It never repeats the address itself.
    pub(super) fn problem(&self) -> Option<&'static str> {
        self.webhook.as_ref().filter(|url| !url.is_address()).map(|_| "not an http(s) URL")
    }

    /// Takes the address of the environment, if there is one, in place of the file's.
    pub(super) fn with_environment(mut self, value: Option<String>) -> Result<Notify, ConfigError> {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            self.webhook = Some(Secret(value));
            if let Some(problem) = self.problem() {
                return Err(ConfigError::Environment { name: WEBHOOK_VARIABLE, reason: problem });
            }
        }
        Ok(self)
    }
}

/// An address that lets its holder write. Never shown whole.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Holds `text`.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The whole of it, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Scheme and host (without a name and password before it), and the rest.
    fn parts(&self) -> Option<(&str, &str)> {
        let (scheme, rest) = self.0.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some((scheme, authority.rsplit('@').next()?))
    }

    fn is_address(&self) -> bool {
        let plain = !self.0.contains(|c: char| c.is_whitespace() || c.is_control());
        plain
            && self
                .parts()
                .is_some_and(|(scheme, host)| ["http", "https"].contains(&scheme) && !host.is_empty())
    }
}

impl fmt::Display for Secret {
    /// `https://hooks.slack.com/…`: enough to tell two apart, not enough to use one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts().filter(|_| self.is_address()) {
            Some((scheme, host)) => write!(f, "{scheme}://{host}/…"),
            None => f.write_str("(hidden)"),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_never_shown_whole() {
        let secret = Secret::new("https://bot:pass@hooks.example.com/services/T0/B0/key?token=abc");
        let notify = Notify { webhook: Some(secret), ..Notify::default() };
        let shown = [
            format!("{notify:?}"),
            serde_json::to_string(&notify).expect("plain values"),
            notify.webhook.as_ref().map(ToString::to_string).expect("set above"),
        ];
        for text in shown {
            assert!(text.contains("https://hooks.example.com/…"), "{text}");
            assert!(
                !["bot", "pass", "services", "key", "abc"].iter().any(|word| text.contains(word)),
                "{text}"
            );
        }
    }

    #[test]
    fn only_addresses_are_taken_and_the_environment_stands_over_the_file() {
        for wrong in ["hooks.example.com/x", "ftp://x/y", "https://", "https://a b/c", "https:///path"] {
            let notify = Notify { webhook: Some(Secret::new(wrong)), ..Notify::default() };
            assert!(notify.problem().is_some(), "{wrong}");
        }
        let file = Notify { webhook: Some(Secret::new("https://a.example/1")), ..Notify::default() };
        let kept = file.clone().with_environment(None).expect("the file's own");
        assert_eq!(kept.webhook, file.webhook);
        let other = file.clone().with_environment(Some("http://b.example/2".into())).expect("an address");
        assert_eq!(other.webhook.map(|w| w.to_string()).as_deref(), Some("http://b.example/…"));
        let error = file.with_environment(Some("token-only".into())).expect_err("no address").to_string();
        assert!(error.starts_with("PRESCALE_WEBHOOK") && !error.contains("token-only"), "{error}");
    }
}
