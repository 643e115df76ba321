//! Signals of a group other than its load: foreign changes of its size, and incidents.

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

/// Seconds for which a released brake does not engage automatically again.
const RELEASED: Seconds = 1_800;
/// Seconds of health checks kept.
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
    unhealthy: VecDeque<(Time, u32)>,
}

impl GroupSignals {
    /// Compares the observed state with the one before.
    pub(super) fn compare(&mut self, before: Option<&GroupState>, state: &GroupState, actuator: Actuator) {
        self.unhealthy.push_back((state.seen_at, state.unhealthy()));
        while self.unhealthy.front().is_some_and(|(at, _)| *at < shift(state.seen_at, -REMEMBERED)) {
            self.unhealthy.pop_front();
        }
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

impl GroupRuntime {
    /// Journals a change of the desired capacity outside prescale, if there was one.
    pub(super) fn detect_foreign_change(&mut self, context: &Context, ready: &mut Ready) {
        let signals = &mut self.memory.signals;
        let Some(change) = signals.foreign.filter(|foreign| foreign.at == context.now) else { return };
        if context.held_elsewhere {
            // Most likely the lease holder, another agent of this fleet: not a foreign change.
            signals.foreign = None;
            return;
        }
        let (from, to) = (change.from, change.to);
        let minutes = self.options.limits.yield_for / 60;
        let text = format!(
            "desired capacity was changed outside prescale {from} → {to}; it will not be reversed for {minutes} min"
        );
        ready.note(JournalKind::Foreign, text);
    }

    /// Engages the brake when completed work falls while errors or unhealthy instances rise.
    pub(super) fn detect_incident(&mut self, context: &Context, ready: &mut Ready) {
        let now = context.now;
        let quiet = context.brake_released.is_some_and(|at| (now - at).num_seconds() < RELEASED);
        if context.brake || quiet || !self.options.limits.incident_brake {
            return;
        }
        let Some(why) = self.incident(now) else { return };
        let text = format!(
            "the brake engaged automatically: {why}; scale-in is frozen for all groups, and this period \
                 is excluded from training until the brake is released"
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
        signals.compare(Some(&before), &after, Actuator::Desired);
        assert_eq!(signals.foreign, None);
        signals.requested = Some(9);
        signals.compare(Some(&before), &after, Actuator::Floor);
        assert_eq!(signals.foreign, None, "a policy is in charge there");
        let raised = GroupState { min: 7, ..after.clone() };
        signals.compare(Some(&before), &raised, Actuator::Desired);
        assert_eq!(signals.foreign, None, "the floor was raised");
        signals.compare(Some(&before), &after, Actuator::Desired);
        assert_eq!(signals.foreign, Some(Foreign { at: at_epoch(0), from: 4, to: 7 }));
    }
}
