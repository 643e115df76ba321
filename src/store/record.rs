//! The record of a decision as it is stored: JSON, in which checks that passed one after the other are one check with all
//! their names. Most pass, and spelled out they take more room than everything else. Older programs read it as it stands;
//! records in which every check is spelled out are read as well.

use crate::domain::{
    decision::Decision,
    preflight::{Preflight, PreflightCheck, Verdict},
};

/// Between two names. No name of a check has a semicolon.
const BETWEEN: &str = "; ";

/// `decision` as JSON.
pub(super) fn encode(decision: &Decision) -> Result<String, serde_json::Error> {
    let Preflight { checks, allowed } = &decision.preflight;
    let preflight = Preflight { checks: folded(checks), allowed: *allowed };
    serde_json::to_string(&Decision { preflight, ..decision.clone() })
}

/// The decision that `text` is.
pub(super) fn decode(text: &str) -> Result<Decision, serde_json::Error> {
    let mut decision: Decision = serde_json::from_str(text)?;
    decision.preflight.checks = spelled_out(decision.preflight.checks);
    Ok(decision)
}

fn folded(checks: &[PreflightCheck]) -> Vec<PreflightCheck> {
    let mut folded: Vec<PreflightCheck> = Vec::new();
    for check in checks {
        match folded.last_mut() {
            Some(last) if last.verdict == Verdict::Pass && check.verdict == Verdict::Pass => {
                last.name += BETWEEN;
                last.name += &check.name;
            }
            _ => folded.push(check.clone()),
        }
    }
    folded
}

fn spelled_out(checks: Vec<PreflightCheck>) -> Vec<PreflightCheck> {
    let each = |check: PreflightCheck| match check.verdict {
        Verdict::Pass => {
            let names = check.name.split(BETWEEN);
            names.map(|name| PreflightCheck { name: name.to_owned(), verdict: Verdict::Pass }).collect()
        }
        _ => vec![check],
    };
    checks.into_iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{domain::decision::Stage, store::decisions::tests::decision};

    const NAMES: [&str; 4] = ["within min and max", "step size", "no policy conflict", "cooldown"];

    fn any_check() -> impl Strategy<Value = PreflightCheck> {
        let verdict = prop_oneof![
            4 => Just(Verdict::Pass),
            1 => (0u32..9).prop_map(|to| Verdict::Clamp { to, reason: "so far; no further".into() }),
            1 => Just(Verdict::Block { reason: "not now; later".into() }),
        ];
        (prop::sample::select(NAMES.to_vec()), verdict)
            .prop_map(|(name, verdict)| PreflightCheck { name: name.into(), verdict })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(checks in prop::collection::vec(any_check(), 0..40)) {
            let mut wrote = decision("web", Stage::Applied);
            wrote.preflight.checks = checks;
            let text = encode(&wrote).expect("JSON");
            prop_assert_eq!(decode(&text).expect("a decision"), wrote.clone());
            let spelled_out = serde_json::to_string(&wrote).expect("JSON");
            prop_assert_eq!(decode(&spelled_out).expect("a decision"), wrote);
            prop_assert!(text.len() <= spelled_out.len());
        }
    }

    #[test]
    fn checks_that_passed_are_a_list_of_names() {
        let mut wrote = decision("web", Stage::Applied);
        let pass = |name: &str| PreflightCheck { name: name.into(), verdict: Verdict::Pass };
        wrote.preflight.checks = NAMES.map(pass).into();
        let text = encode(&wrote).expect("JSON");
        let list =
            r#"[{"name":"within min and max; step size; no policy conflict; cooldown","verdict":"pass"}]"#;
        assert!(text.contains(list), "{text}");
    }
}
