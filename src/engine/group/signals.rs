//! What a group shows beside its load: changes of its size by others, and what incidents look like.

mod detect;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Seconds, Time, actuator::Actuator, group::GroupState, shift},
    plan::preflight::Foreign,
};

/// Seconds of health checks that are remembered.
const REMEMBERED: Seconds = 1_200;

/// What was observed of one group other than its load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupSignals {
    /// The newest change of the desired capacity outside prescale.
    pub foreign: Option<Foreign>,
    /// The value requested last; when it is observed, the change is prescale's own.
    pub requested: Option<u32>,
    /// Why the model is unhealthy.
    #[serde(skip)]
    pub sick: Option<String>,
    /// The band was widened because p95 was exceeded too often.
    pub band_widened: bool,
    /// CPU is saturated, and it was said.
    pub saturated: bool,
    /// Bounds and desired capacity of the look before: what differs from them later is a change.
    pub seen: Option<Seen>,
    unhealthy: VecDeque<(Time, u32)>,
}

/// Bounds and desired capacity of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// DesiredCapacity.
    pub desired: u32,
}

impl Seen {
    /// Those of `state`.
    pub fn of(state: &GroupState) -> Seen {
        Seen { min: state.min, max: state.max, desired: state.desired }
    }
}

impl GroupSignals {
    /// After the clock was put back to `now`: nothing was seen later.
    pub(super) fn put_back(&mut self, now: Time) {
        self.foreign.iter_mut().for_each(|change| change.at = change.at.min(now));
        self.unhealthy.retain(|(at, _)| *at <= now);
    }

    /// Compares a look with the one before it.
    pub(super) fn compare(&mut self, state: &GroupState, actuator: Actuator) {
        self.unhealthy.push_back((state.seen_at, state.unhealthy()));
        while self.unhealthy.front().is_some_and(|(at, _)| *at < shift(state.seen_at, -REMEMBERED)) {
            self.unhealthy.pop_front();
        }
        let before = self.seen.replace(Seen::of(state));
        let Some(before) = before.filter(|b| actuator == Actuator::Desired && b.desired != state.desired)
        else {
            return;
        };
        let by_bounds = (before.min, before.max) != (state.min, state.max)
            && [state.min, state.max].contains(&state.desired);
        if !by_bounds && self.requested != Some(state.desired) {
            self.foreign = Some(Foreign { at: state.seen_at, from: before.desired, to: state.desired });
        }
    }

    /// Unhealthy instances: the recent minimum, and the newest count.
    pub(super) fn unhealthy(&self) -> (u32, u32) {
        let fewest = self.unhealthy.iter().map(|(_, n)| *n).min();
        (fewest.unwrap_or(0), self.unhealthy.back().map_or(0, |(_, n)| *n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::at_epoch, plan::fixture::group};

    #[test]
    fn a_change_not_made_here_is_foreign() {
        let mut signals = GroupSignals::default();
        let (before, after) = (group(4, 4), group(7, 4));
        signals.requested = Some(7);
        signals.seen = Some(Seen::of(&before));
        signals.compare(&after, Actuator::Desired);
        assert_eq!(signals.foreign, None);
        signals.requested = Some(9);
        signals.seen = Some(Seen::of(&before));
        signals.compare(&after, Actuator::Floor);
        assert_eq!(signals.foreign, None, "a policy is in charge there");
        let raised = GroupState { min: 7, ..after.clone() };
        signals.seen = Some(Seen::of(&before));
        signals.compare(&raised, Actuator::Desired);
        assert_eq!(signals.foreign, None, "the floor was raised");
        signals.seen = Some(Seen::of(&before));
        signals.compare(&after, Actuator::Desired);
        assert_eq!(signals.foreign, Some(Foreign { at: at_epoch(0), from: 4, to: 7 }));
    }
}
