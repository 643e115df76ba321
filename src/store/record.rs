//! The record of a decision as it is stored: JSON, in which checks that passed one after the other are one check, whose name
//! is the numbers of theirs (`#0-7,9`). Most pass, and spelled out they take more room than everything else. Records of older
//! versions, in which it is their names, or in which every check is spelled out, are read as well; an older program shows the
//! numbers as they stand.

use crate::domain::{
    decision::Decision,
    preflight::{PreflightCheck, Verdict},
};

/// Between two names. No name of a check has a semicolon.
const BETWEEN: &str = "; ";
/// How the numbers of checks begin.
const NUMBERS: char = '#';
/// Checks by their numbers, which never change: a new one goes to the end, one that is gone stays.
const NAMES: [&str; 33] = [
    "within min and max",
    "step size",
    "within what was seen",
    "calendar floor",
    "scale-in protection",
    "weights",
    "data fresh",
    "group seen",
    "nothing unknown",
    "policies known",
    "clock steady",
    "model healthy",
    "processes not suspended",
    "alarms not suspended",
    "no instance refresh",
    "nothing in progress",
    "launches succeed",
    "no lifecycle hook waiting",
    "no rebalancing",
    "zones not impaired",
    "warm pool steady",
    "no policy conflict",
    "no scheduled action imminent",
    "no foreign change reverted",
    "owner",
    "cooldown",
    "actions per hour",
    "no flip-flop",
    "API budget",
    "not frozen by the calendar",
    "incident brake",
    "not rejected",
    "lease",
];

/// `decision` as JSON.
pub(super) fn encode(decision: &Decision) -> Result<String, serde_json::Error> {
    let mut record = decision.clone();
    record.preflight.checks = folded(&decision.preflight.checks);
    serde_json::to_string(&record)
}

/// The decision that `text` is.
pub(super) fn decode(text: &str) -> Result<Decision, serde_json::Error> {
    let mut decision: Decision = serde_json::from_str(text)?;
    decision.preflight.checks = spelled_out(decision.preflight.checks);
    Ok(decision)
}

fn folded(checks: &[PreflightCheck]) -> Vec<PreflightCheck> {
    let both_pass =
        |a: &PreflightCheck, b: &PreflightCheck| [a, b].iter().all(|c| c.verdict == Verdict::Pass);
    let fold = |run: &[PreflightCheck]| match run {
        [one] if one.verdict != Verdict::Pass => one.clone(),
        run => PreflightCheck::of(numbers(run).unwrap_or_else(|| joined(run)), Verdict::Pass),
    };
    checks.chunk_by(both_pass).map(fold).collect()
}

fn joined(run: &[PreflightCheck]) -> String {
    run.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join(BETWEEN)
}

/// The numbers of these checks, those that follow each other as `first-last`; `None` where one has none.
fn numbers(run: &[PreflightCheck]) -> Option<String> {
    let number = |check: &PreflightCheck| NAMES.iter().position(|name| *name == check.name);
    let numbers: Vec<usize> = run.iter().map(number).collect::<Option<_>>()?;
    let part = |part: &[usize]| match part {
        [first, .., last] => format!("{first}-{last}"),
        one => one.iter().map(usize::to_string).collect(),
    };
    let parts: Vec<String> = numbers.chunk_by(|a, b| a + 1 == *b).map(part).collect();
    Some(format!("{NUMBERS}{}", parts.join(",")))
}

fn spelled_out(checks: Vec<PreflightCheck>) -> Vec<PreflightCheck> {
    let passed = |name: &str| PreflightCheck::of(name, Verdict::Pass);
    let each = |check: PreflightCheck| match (&check.verdict, named(&check.name)) {
        (Verdict::Pass, Some(names)) => names.iter().map(|name| passed(name)).collect(),
        (Verdict::Pass, None) => check.name.split(BETWEEN).map(passed).collect(),
        _ => vec![check],
    };
    checks.into_iter().flat_map(each).collect()
}

/// The names that `text` has the numbers of; `None` where it is no numbers that are known here.
fn named(text: &str) -> Option<Vec<&'static str>> {
    let part = |part: &str| -> Option<&'static [&'static str]> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        NAMES.get(first.parse().ok()?..=last.parse().ok()?)
    };
    let parts: Option<Vec<_>> = text.strip_prefix(NUMBERS)?.split(',').map(part).collect();
    Some(parts?.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{domain::decision::Stage, store::decisions::tests::decision};

    /// Three that have a number and one that has none.
    const SOME: [&str; 4] = ["within min and max", "step size", "no such check", "cooldown"];

    fn any_check() -> impl Strategy<Value = PreflightCheck> {
        let verdict = prop_oneof![
            4 => Just(Verdict::Pass),
            1 => (0u32..9).prop_map(|to| Verdict::Clamp { to, reason: "so far; no further".into() }),
            1 => Just(Verdict::Block { reason: "not now; later".into() }),
        ];
        (prop::sample::select(SOME.to_vec()), verdict)
            .prop_map(|(name, verdict)| PreflightCheck::of(name, verdict))
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

    fn passed(names: &[&str]) -> Vec<PreflightCheck> {
        names.iter().map(|name| PreflightCheck::of(*name, Verdict::Pass)).collect()
    }

    #[test]
    fn checks_that_passed_are_their_numbers() {
        let mut wrote = decision("web", Stage::Applied);
        wrote.preflight.checks = passed(&[NAMES[0], NAMES[1], NAMES[2], NAMES[9], NAMES[7], NAMES[8]]);
        let text = encode(&wrote).expect("JSON");
        assert!(text.contains(r##"[{"name":"#0-2,9,7-8","verdict":"pass"}]"##), "{text}");
        assert_eq!(decode(&text).expect("a decision"), wrote);
    }

    #[test]
    fn every_check_has_a_number() {
        let all: Vec<&str> = crate::plan::preflight::ALL.iter().map(|check| check.name).collect();
        assert!(numbers(&passed(&all)).is_some(), "a new check goes to the end of NAMES");
        let distinct: std::collections::BTreeSet<&str> = NAMES.into_iter().collect();
        assert_eq!(distinct.len(), NAMES.len());
    }

    /// The numbers of the first records. They stay what they are, whatever is added.
    #[test]
    fn a_number_never_changes() {
        let numbered = NAMES.iter().take(33).enumerate().map(|(at, name)| format!("{at} {name}"));
        let numbered: Vec<String> = numbered.collect();
        insta::assert_snapshot!(numbered.join("\n"));
    }

    #[test]
    fn names_of_older_versions_and_numbers_of_later_ones_are_read() {
        let read = |name: &str| -> Vec<String> {
            let checks = spelled_out(passed(&[name]));
            checks.into_iter().map(|check| check.name).collect()
        };
        assert_eq!(read("step size; cooldown"), ["step size", "cooldown"]);
        assert_eq!(read("#1,25"), ["step size", "cooldown"]);
        for later in ["#0-999", "#x", "#", "#5-2", "#1,,2"] {
            assert!(read(later).iter().all(|name| later == "#5-2" || name == later), "{later}");
        }
    }
}
