//! What a group shows beside its load: changes of its size by others, and incidents.

use crate::domain::journal::JournalKind;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    observation::Context,
    ready::{Line, Ready, Setting},
    runtime::GroupRuntime,
};
use crate::{
    domain::{Seconds, Time, actuator::Actuator, group::GroupState, metric::Metric, shift},
    plan::{
        incident::{Signs, incident},
        preflight::Foreign,
    },
};

/// Seconds for which a released brake does not trip by itself again.
const RELEASED: Seconds = 1_800;
/// Seconds of health checks that are remembered.
const REMEMBERED: Seconds = 1_200;

/// What was seen of one group beside its load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupSignals {
    /// The newest change of the desired capacity by somebody else.
    pub foreign: Option<Foreign>,
    /// The value that was ordered last; when it shows, it is ours.
    pub requested: Option<u32>,
    /// Why the model is not to be trusted.
    #[serde(skip)]
    pub sick: Option<String>,
    /// The band had stopped covering and is wider for it.
    pub band_widened: bool,
    /// Bounds and desired capacity of the look before: what differs from them later is a change.
    pub seen: Option<Seen>,
    unhealthy: VecDeque<(Time, u32)>,
}

/// Bounds and desired capacity of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    min: u32,
    max: u32,
    desired: u32,
}

impl Seen {
    /// Those of `state`.
    pub fn of(state: &GroupState) -> Seen {
        Seen { min: state.min, max: state.max, desired: state.desired }
    }
}

impl GroupSignals {
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

    /// Unhealthy instances: the fewest of late, and the newest.
    pub(super) fn unhealthy(&self) -> (u32, u32) {
        let fewest = self.unhealthy.iter().map(|(_, n)| *n).min();
        (fewest.unwrap_or(0), self.unhealthy.back().map_or(0, |(_, n)| *n))
    }
}

impl GroupRuntime {
    /// Says that somebody else changed the desired capacity, where this look shows it.
    pub(super) fn detect_foreign_change(&mut self, context: &Context, ready: &mut Ready) {
        let signals = &mut self.memory.signals;
        let Some(change) = signals.foreign.filter(|foreign| foreign.at == context.now) else { return };
        if context.held_elsewhere {
            // Most likely the holder of the lease, which is one of us: nothing to respect later.
            signals.foreign = None;
            return;
        }
        let (from, to) = (change.from, change.to);
        let minutes = self.options.limits.yield_for / 60;
        let text = format!(
            "somebody else changed the desired capacity {from} → {to}: not reversed for {minutes} min"
        );
        ready.note(JournalKind::Foreign, text);
    }

    /// Asks for the brake when less work gets done while errors or unhealthy instances rise.
    pub(super) fn detect_incident(&mut self, context: &Context, ready: &mut Ready) {
        let now = context.now;
        let quiet = context.brake_released.is_some_and(|at| (now - at).num_seconds() < RELEASED);
        if context.brake || quiet || !self.options.limits.incident_brake {
            return;
        }
        let Some(why) = self.incident(now) else { return };
        let text = format!(
            "the brake tripped by itself: {why}; scale-in is frozen everywhere and the models do not learn of this until it is released"
        );
        self.exclude_incident(now);
        ready.brake = true;
        let settings = vec![Setting::Brake, Setting::Incidents(self.memory.excluded.clone())];
        ready.set(settings, Some(Line::own(JournalKind::Brake, text)));
    }

    fn incident(&self, now: Time) -> Option<String> {
        let signs = Signs {
            cpu: self.minute(Metric::Cpu)?,
            in_service: self.minute(Metric::InService)?,
            requests: self.minute(Metric::Requests)?,
            errors: self.minute(Metric::Errors)?,
            unhealthy: self.memory.signals.unhealthy(),
        };
        incident(&signs, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::at_epoch, plan::fixture::group};

    #[test]
    fn a_change_that_nobody_here_ordered_is_somebody_elses() {
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
