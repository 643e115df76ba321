//! What the program did of late, in memory: the newest lines, and no more than a fixed number of them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::Level;
use crate::domain::{Time, text::clean};

/// Most lines kept.
const MOST: usize = 1_000;
/// Most characters of a line.
const WIDEST: usize = 1_000;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, by the machine's clock.
    pub at: Time,
    /// How much it matters.
    pub level: Level,
    /// What happened, cleaned.
    pub text: String,
}

/// The newest lines; every clone is the same log.
#[derive(Debug, Clone, Default)]
pub struct LogBuffer(Arc<Mutex<VecDeque<LogLine>>>);

impl LogBuffer {
    /// Adds a line; the oldest goes when there are too many.
    pub fn push(&self, at: Time, level: Level, text: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MOST {
            lines.pop_front();
        }
        lines.push_back(LogLine { at, level, text: clean(text, WIDEST) });
    }

    /// The newest `most` lines, newest first.
    pub fn newest(&self, most: usize) -> Vec<LogLine> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().rev().take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn the_newest_lines_are_kept_and_cleaned() {
        let log = LogBuffer::default();
        let other = log.clone();
        (0..2_500).for_each(|n| log.push(at_epoch(n), Level::Info, &format!("\u{1b}[2J{n}")));
        let lines = other.newest(2);
        assert_eq!(lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["[2J2499", "[2J2498"]);
        assert_eq!(other.newest(usize::MAX).len(), MOST);
    }
}
