//! Short messages over the page: answers to commands. They take no focus and go by themselves.

use std::time::Duration;

use crate::{
    domain::{Answer, text::clean},
    link::Level,
};

/// How long good news stays.
const GOOD: Duration = Duration::from_secs(5);
/// How long a refusal stays: it says what to do.
const BAD: Duration = Duration::from_secs(12);
/// The most shown at once; older ones go first.
const MOST: usize = 4;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How much it matters.
    pub level: Level,
    /// What it says, cleaned.
    pub text: String,
    /// When it goes, since the console's start.
    pub until: Duration,
}

/// The messages on the screen, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Shows an answer at `now` (since the console's start).
    pub fn answer(&mut self, answer: &Answer, now: Duration) {
        match answer {
            Ok(text) => self.push(Level::Good, text, now + GOOD),
            Err(text) => self.push(Level::Warning, text, now + BAD),
        }
    }

    /// Shows a remark at `now`.
    pub fn say(&mut self, text: &str, now: Duration) {
        self.push(Level::Info, text, now + GOOD);
    }

    fn push(&mut self, level: Level, text: &str, until: Duration) {
        if !text.is_empty() {
            self.0.push(Toast { level, text: clean(text, 300), until });
            let extra = self.0.len().saturating_sub(MOST);
            self.0.drain(..extra);
        }
    }

    /// Takes away what is over at `now`; true if something was.
    pub fn expire(&mut self, now: Duration) -> bool {
        let before = self.0.len();
        self.0.retain(|t| t.until > now);
        self.0.len() != before
    }

    /// When the next one goes.
    pub fn next(&self) -> Option<Duration> {
        self.0.iter().map(|t| t.until).min()
    }

    /// Those on the screen.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_go_in_time_and_never_pile_up() {
        let mut toasts = Toasts::default();
        toasts.answer(&Ok("done".into()), Duration::ZERO);
        toasts.answer(&Err("no".into()), Duration::ZERO);
        assert_eq!(toasts.next(), Some(GOOD));
        assert!(!toasts.expire(Duration::from_secs(4)));
        assert!(toasts.expire(GOOD));
        assert_eq!(toasts.iter().map(|t| t.text.as_str()).collect::<Vec<_>>(), ["no"]);
        (0..20).for_each(|_| toasts.say("again", GOOD));
        assert_eq!(toasts.iter().count(), MOST);
        toasts.say("", GOOD);
        assert_eq!(toasts.iter().count(), MOST);
    }
}
