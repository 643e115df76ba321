//! What the checks between a plan and an action said.

use serde::{Deserialize, Deserializer, Serialize};

use super::inputs::{PreflightInputs, as_far_as_known, unusual_option};

/// Former names of checks, still in old records, each with its present name.
const RENAMED: [(&str, &str); 6] = [
    ("nobody else's change undone", "no foreign change reverted"),
    ("no policy fights", "no policy conflict"),
    ("floor of the calendar", "calendar floor"),
    ("no scheduled action near", "no scheduled action imminent"),
    ("actions an hour", "actions per hour"),
    ("no life-cycle hook waits", "no lifecycle hook waiting"),
];

/// `text` with the present names of checks in place of former ones.
pub fn with_present_names(text: &str) -> String {
    RENAMED.iter().fold(text.to_owned(), |text, (former, present)| text.replace(former, present))
}

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
    /// Short name: it is what the journal and the checklist show. Former names are read as the present ones.
    #[serde(deserialize_with = "present_name")]
    pub name: String,
    /// The answer.
    #[serde(flatten)]
    pub verdict: Verdict,
}

fn present_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(with_present_names(&String::deserialize(from)?))
}

/// The whole checklist of one plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// In the order in which they ran; all of them, also after a block.
    pub checks: Vec<PreflightCheck>,
    /// Desired capacity that may be set, or `None` if a check blocked.
    pub allowed: Option<u32>,
    /// What the checks looked at; absent where none ran, and in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "unusual_option", deserialize_with = "as_far_as_known")]
    pub inputs: Option<Box<PreflightInputs>>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_are_read() {
        let read = |name: &str| {
            let text = serde_json::json!({ "name": name, "verdict": "block", "reason": "why" }).to_string();
            serde_json::from_str::<PreflightCheck>(&text).expect("a check")
        };
        for (former, present) in RENAMED {
            let check = read(former);
            assert_eq!(
                (check.name.as_str(), check.verdict),
                (present, Verdict::Block { reason: "why".into() })
            );
            assert_eq!(read(present).name, present);
        }
    }
}
