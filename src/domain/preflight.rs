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
    /// What a pass rests on, with numbers, where the name alone would say more than is known: for a screen, which gets no inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on: Option<String>,
}

impl PreflightCheck {
    /// The check called `name` with its answer.
    pub fn of(name: impl Into<String>, verdict: Verdict) -> PreflightCheck {
        PreflightCheck { name: name.into(), verdict, rests_on: None }
    }
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
    /// The same without what the checks looked at, which is for the record alone; what a pass rests on stays as words.
    #[must_use]
    pub fn without_inputs(mut self) -> Preflight {
        if let Some(inputs) = self.inputs.take() {
            for check in self.checks.iter_mut().filter(|check| check.verdict == Verdict::Pass) {
                check.rests_on = inputs.rests_on(&check.name);
            }
        }
        self
    }

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
    use crate::domain::inputs::DATA_FRESH;

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

    #[test]
    fn a_pass_of_the_data_says_how_old_they_are() {
        let fresh = |age, verdict| {
            let mut inputs = PreflightInputs::default();
            (inputs.data.age, inputs.limits.max_data_age) = (age, 900);
            let checks =
                vec![PreflightCheck::of(DATA_FRESH, verdict), PreflightCheck::of("owner", Verdict::Pass)];
            let whole = Preflight { checks, allowed: None, inputs: Some(Box::new(inputs)) };
            let shown = whole.without_inputs();
            assert!(shown.inputs.is_none() && shown.checks[1].rests_on.is_none());
            shown.checks[0].rests_on.clone()
        };
        let pass = |age| fresh(age, Verdict::Pass).expect("words");
        assert_eq!(pass(Some(480)), "newest point 8 min old, limit 15 min");
        assert_eq!(pass(Some(1_800)), "newest point 30 min old; the limit of 15 min holds scale-in alone");
        assert_eq!(pass(None), "no point yet; that holds scale-in alone");
        assert_eq!(fresh(Some(1_800), Verdict::Block { reason: "old".into() }), None);
    }
}
