//! What AWS says in sentences, as values. No other file reads these sentences.

use crate::domain::activity::ActivityKind;

/// What an activity does, by its description: "Launching a new EC2 instance from warm pool: i-…".
pub(in crate::cloud) fn activity_kind(description: &str) -> ActivityKind {
    match description {
        text if text.starts_with("Launching") && pool(text, ["from warm pool", "from the warm pool"]) => {
            ActivityKind::LaunchFromWarmPool
        }
        text if text.starts_with("Launching") && pool(text, ["warm pool", "Warm pool"]) => {
            ActivityKind::LaunchIntoWarmPool
        }
        text if text.starts_with("Launching") => ActivityKind::Launch,
        text if text.starts_with("Terminating") => ActivityKind::Terminate,
        _ => ActivityKind::Other,
    }
}

/// True if one of `words` stands in `text` before what AWS adds of a failure.
fn pool(text: &str, words: [&str; 2]) -> bool {
    let said = text.split("Status Reason").next().unwrap_or(text);
    words.iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_say_what_an_activity_does() {
        for (text, kind) in [
            ("Launching a new EC2 instance: i-1", ActivityKind::Launch),
            ("Launching a new EC2 instance.  Status Reason: no capacity", ActivityKind::Launch),
            ("Launching a new EC2 instance from warm pool: i-1", ActivityKind::LaunchFromWarmPool),
            ("Launching a new EC2 instance into warm pool: i-1", ActivityKind::LaunchIntoWarmPool),
            (
                "Launching a new EC2 instance into warm pool.  Status Reason: no capacity",
                ActivityKind::LaunchIntoWarmPool,
            ),
            ("Launching a new EC2 instance.  Status Reason: the warm pool is empty", ActivityKind::Launch),
            ("Terminating EC2 instance: i-1", ActivityKind::Terminate),
            ("Detaching EC2 instance: i-1", ActivityKind::Other),
            ("", ActivityKind::Other),
        ] {
            assert_eq!(activity_kind(text), kind, "{text}");
        }
        assert!(
            ActivityKind::LaunchFromWarmPool.is_launch() && !ActivityKind::LaunchIntoWarmPool.is_launch()
        );
    }
}
