//! `[cycle]`: how often groups are looked at.

use serde::{Deserialize, Serialize};

use crate::domain::Seconds;

/// The loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cycle {
    /// Minutes between two looks at the groups, 1 to 60.
    pub minutes: u32,
}

impl Default for Cycle {
    fn default() -> Self {
        Cycle { minutes: 5 }
    }
}

impl Cycle {
    /// Seconds between two looks.
    pub fn seconds(self) -> Seconds {
        Seconds::from(self.minutes) * 60
    }
}
