//! `[agent]`: what `prescale agent` does beside the loop.

use serde::{Deserialize, Serialize};

/// The agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// Whether consoles may attach, over a socket in the home folder.
    pub listen: bool,
}

impl Default for AgentConfig {
    fn default() -> Self {
        AgentConfig { listen: true }
    }
}
