//! What the checks between a plan and an action said.

use serde::{Deserialize, Serialize};

/// One check's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing stands against it.
    Pass,
    /// Only so far: the change is cut to `to`.
    Clamp {
        /// Desired capacity that the check allows.
        to: u32,
        /// Why, with numbers.
        reason: String,
    },
    /// Not now.
    Block {
        /// Why, with numbers.
        reason: String,
    },
}

/// A named check with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreflightCheck {
    /// Short name, stable: it is what the journal and the checklist show.
    pub name: String,
    /// The answer.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The whole checklist of one plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// In the order in which they ran; all of them, also after a block.
    pub checks: Vec<PreflightCheck>,
    /// Desired capacity that may be set, or `None` if a check blocked.
    pub allowed: Option<u32>,
}

impl Preflight {
    /// True if the check of that name cut the change.
    pub fn clamped_by(&self, name: &str) -> bool {
        self.checks.iter().any(|c| c.name == name && matches!(c.verdict, Verdict::Clamp { .. }))
    }

    /// The first check that blocked, with its reason.
    pub fn blocked_by(&self) -> Option<(&str, &str)> {
        self.checks.iter().find_map(|c| match &c.verdict {
            Verdict::Block { reason } => Some((c.name.as_str(), reason.as_str())),
            _ => None,
        })
    }
}
