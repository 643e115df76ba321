//! Lines for the operator, and how much each matters.

use serde::{Deserialize, Serialize};

/// How much a line matters. Shown by word and mark as well as by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is well.
    Good,
    /// Worth knowing.
    Info,
    /// Look at it.
    Warning,
    /// Act on it.
    Critical,
}

impl Level {
    /// The level in a word.
    pub fn name(self) -> &'static str {
        match self {
            Level::Good => "good",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Critical => "critical",
        }
    }
}

/// A line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What it says, cleaned.
    pub text: String,
}

/// A short mark beside a group (`stale 12 min`, `refresh 40 %`).
pub type Badge = Notice;
