//! What is typed before the engine has spoken: it is kept, and done as soon as there is something to see.
//!
//! Nothing acts by it: who typed it had seen no proposal and no question.

use std::time::Duration;

use super::{App, Effect, Message};

/// Keys and pastes that are kept.
const MOST: usize = 256;

impl App {
    /// Keeps what was typed, as long as there is room; the screen says how much waits.
    pub(super) fn keep(&mut self, message: Message) {
        if self.early.len() < MOST {
            self.early.push(message);
        }
        self.changed = true;
    }

    /// Does what was typed early, now that it can be seen; commands are left out, and that is said.
    pub(super) fn catch_up(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if !self.views.any() || self.early.is_empty() {
            return;
        }
        let mut done = Vec::new();
        for message in std::mem::take(&mut self.early) {
            match message {
                Message::Key(key) => self.key(key, now, &mut done),
                Message::Paste(text) => self.paste(&text, now, &mut done),
                _ => {}
            }
        }
        let before = done.len();
        done.retain(|effect| !matches!(effect, Effect::Send(_) | Effect::Confirm(_)));
        if done.len() < before {
            // A question whose yes is left out waits for no answer.
            self.overlay.take_if(|overlay| overlay.waits());
            self.toasts.say("ignored: typed before the console had data to show", now);
        }
        effects.extend(done);
    }
}
