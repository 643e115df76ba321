//! What operators decided, in the shared store: the brake, modes, and what is open of each group.
//!
//! `stance/NUMBER.json` is one document in versions, of which the largest counts ([`super::register`]). Brake and modes
//! are compared three ways, as the calendar is: the base is what this agent and the store last agreed on, and whoever
//! differs from it has changed. Where both have, or nothing was ever agreed on, the safer one stands: the brake on, the
//! lower mode. What is open of a group is written by the agent that holds its lease; the larger token counts.

use std::{
    cmp::{max, min},
    collections::BTreeMap,
};

use serde::{Deserialize, Serialize};

use super::{
    SharedError, SharedStore,
    register::{PutOutcome, Register},
};
use crate::domain::decision::{Decision, Mode};

/// Tries against others that write at the same time.
const TRIES: usize = 8;

/// What operators decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorState {
    /// Scale-in is frozen everywhere.
    pub brake: bool,
    /// Modes that were chosen, by group.
    pub modes: BTreeMap<String, Mode>,
    /// What is open, by group.
    #[serde(default)]
    pub open: BTreeMap<String, Open>,
}

/// What is open of one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Fencing token of the lease under which this was written.
    pub token: u64,
    /// The proposal that waits for an answer.
    pub proposal: Option<Decision>,
    /// The one that was put off.
    pub snoozed: Option<Decision>,
    /// The change that was rejected last: from, to.
    pub rejected: Option<(u32, u32)>,
}

impl Open {
    fn is_empty(&self) -> bool {
        self.proposal.is_none() && self.snoozed.is_none() && self.rejected.is_none()
    }
}

/// The register of what operators decided in `store`.
pub fn register(store: &SharedStore) -> Register {
    Register::new(store.clone(), "stance", "json")
}

/// Compares `local` with the store and writes what is news there. Gives what stood there before, and what stands now.
///
/// # Errors
/// [`SharedError`]; then it is not known what the others' operators decided.
pub async fn agree(
    register: &Register,
    base: Option<&OperatorState>,
    local: &OperatorState,
) -> Result<(OperatorState, OperatorState), SharedError> {
    for _ in 0..TRIES {
        let (version, bytes) = register.newest().await?;
        let remote = match version {
            0 => OperatorState::default(),
            _ => serde_json::from_slice(&bytes).map_err(|e| {
                let fix = "remove it: the version before it counts then";
                SharedError::damaged(&register.name(version), e, fix)
            })?,
        };
        let next = merge(base, local, &remote);
        if next == remote {
            return Ok((remote, next));
        }
        let bytes = serde_json::to_vec(&next).map_err(|e| {
            SharedError::damaged(&register.name(version + 1), e, "this is an error of prescale")
        })?;
        if register.put(version + 1, bytes).await? == PutOutcome::Newest {
            return Ok((remote, next));
        }
    }
    Err(SharedError::Contended(TRIES))
}

/// What stands where `local` and `remote` come together.
fn merge(base: Option<&OperatorState>, local: &OperatorState, remote: &OperatorState) -> OperatorState {
    let mut next = remote.clone();
    let brake = base.map(|base| base.brake);
    next.brake = settle(brake, local.brake, remote.brake, max);
    for (group, mode) in &local.modes {
        let before = base.and_then(|base| base.modes.get(group)).copied();
        let there = remote.modes.get(group).copied().unwrap_or(*mode);
        next.modes.insert(group.clone(), settle(before, *mode, there, min));
    }
    for (group, open) in &local.open {
        if remote.open.get(group).is_none_or(|there| there.token <= open.token) {
            next.open.insert(group.clone(), open.clone());
        }
    }
    next.open.retain(|_, open| !open.is_empty());
    next
}

/// Whoever differs from `base` has changed; where both have, or nothing was agreed on, the `safer` one stands.
fn settle<T: Copy + PartialEq>(base: Option<T>, local: T, remote: T, safer: impl Fn(T, T) -> T) -> T {
    match base {
        Some(base) if base == local => remote,
        Some(base) if base == remote => local,
        _ => safer(local, remote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::fixture::{block, memory};

    fn of(brake: bool, mode: Option<Mode>) -> OperatorState {
        let modes = mode.map(|mode| ("web".to_owned(), mode)).into_iter().collect();
        OperatorState { brake, modes, open: BTreeMap::new() }
    }

    fn rejected(token: u64, to: u32) -> OperatorState {
        let open = Open { token, rejected: Some((2, to)), ..Open::default() };
        OperatorState { open: BTreeMap::from([("web".to_owned(), open)]), ..OperatorState::default() }
    }

    #[test]
    fn the_side_that_changed_wins_and_in_doubt_the_safer_one() {
        use Mode::{Approve, Auto, Observe};
        let some = |brake, mode| of(brake, Some(mode));
        let base = some(false, Auto);
        let cases = [
            (Some(&base), some(false, Auto), some(true, Observe), some(true, Observe)),
            (Some(&base), some(true, Observe), some(false, Auto), some(true, Observe)),
            (Some(&base), some(false, Approve), some(false, Observe), some(false, Observe)),
            (Some(&some(true, Observe)), some(false, Auto), some(true, Observe), some(false, Auto)),
            (None, some(false, Auto), some(true, Observe), some(true, Observe)),
            (None, some(true, Observe), some(false, Auto), some(true, Observe)),
            (None, of(false, None), some(false, Auto), some(false, Auto)),
            (None, some(false, Auto), of(false, None), some(false, Auto)),
        ];
        for (base, local, remote, wanted) in cases {
            assert_eq!(merge(base, &local, &remote), wanted, "{base:?} {local:?} {remote:?}");
        }
    }

    #[test]
    fn what_is_open_is_the_holders_and_goes_when_it_is_answered() {
        let (old, new) = (rejected(3, 4), rejected(7, 5));
        assert_eq!(merge(None, &new, &old), new);
        assert_eq!(merge(None, &old, &new), new, "a holder of long ago changes nothing");
        assert_eq!(merge(None, &OperatorState::default(), &new), new, "nor does who holds nothing");
        let answered = Open { token: 7, ..Open::default() };
        let nothing = OperatorState {
            open: BTreeMap::from([("web".to_owned(), answered)]),
            ..OperatorState::default()
        };
        assert_eq!(merge(None, &nothing, &new), OperatorState::default());
    }

    #[test]
    fn agents_agree_through_the_store_and_nothing_is_written_twice() {
        let register = register(&memory());
        let agree =
            |base: Option<&OperatorState>, local: &OperatorState| block(agree(&register, base, local));
        let version = || block(register.newest()).expect("reachable").0;
        assert_eq!(agree(None, &OperatorState::default()), Ok(Default::default()));
        assert_eq!(version(), 0, "nothing to say");
        let one = of(true, Some(Mode::Observe));
        assert_eq!(agree(None, &one), Ok((OperatorState::default(), one.clone())));
        assert_eq!(agree(None, &of(false, None)), Ok((one.clone(), one.clone())), "a newcomer hears of it");
        let released = of(false, Some(Mode::Observe));
        assert_eq!(agree(Some(&one), &released), Ok((one.clone(), released.clone())));
        assert_eq!(agree(Some(&one), &one), Ok((released.clone(), released)));
        assert_eq!(version(), 2);
        block(register.put(3, b"{".to_vec())).expect("reachable");
        let error = agree(None, &OperatorState::default()).expect_err("damaged").to_string();
        assert!(error.contains("stance/00000000000000000003.json") && error.contains("remove it"), "{error}");
    }
}
