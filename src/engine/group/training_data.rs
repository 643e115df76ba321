//! Training data: all settled steps of demand except incidents, from the calendar or detected by the engine.

use super::{
    memory::{ExcludedTime, Memory},
    ready::{Ready, Setting},
    runtime::GroupRuntime,
};
use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
    series::Series,
    shift,
};

/// A detected incident began so many seconds before its detection, as far as that is not learned yet.
const NOTICED_AFTER: Seconds = 300;
/// A detected incident lasts until the brake is released, at most this long.
const LONGEST: Seconds = 3_600;
/// Detected incidents kept per group.
const REMEMBERED: usize = 100;

impl GroupRuntime {
    /// An incident was detected: its steps are excluded while the brake is on. Those that were learned before it was detected
    /// stay learned, also by an engine that starts later.
    pub(super) fn exclude_incident(&mut self, now: Time) {
        let begun = shift(now, -NOTICED_AFTER).max(self.forecasters.known_until());
        let excluded = &mut self.memory.excluded;
        excluded.push((begun, shift(now, LONGEST)));
        let drop = excluded.len().saturating_sub(REMEMBERED);
        excluded.drain(..drop);
    }

    /// The brake was released: an open detected incident ends.
    pub(in crate::engine) fn end_incidents(&mut self, now: Time) -> Ready {
        let mut ready = Ready::default();
        let excluded = &mut self.memory.excluded;
        if excluded.iter().any(|(_, until)| *until > now) {
            excluded.iter_mut().for_each(|(_, until)| *until = (*until).min(now));
            ready.set(vec![Setting::Incidents(excluded.clone())], None);
        }
        ready
    }

    /// `demand` for training: all settled steps, incidents and readings set aside as gaps.
    pub(in crate::engine) fn training_series(&self, demand: &Series, events: &[Event]) -> Series {
        let settled = demand.between(demand.start(), self.forecasters.known_until());
        let Memory { excluded, set_aside, .. } = &self.memory;
        without(&settled, |step| is_excluded(excluded, step, events) || is_excluded(set_aside, step, &[]))
    }
}

/// `demand` for training: incidents of the calendar, and what was `found` or set aside earlier, as gaps.
pub fn training_series(found: &[ExcludedTime], demand: &Series, events: &[Event]) -> Series {
    without(demand, |step| is_excluded(found, step, events))
}

/// True if the step that starts at `step` is excluded from training: an incident of the calendar, or one
/// that was `found`.
pub(in crate::engine) fn is_excluded(found: &[ExcludedTime], step: Time, events: &[Event]) -> bool {
    events.iter().any(|e| e.kind == EventKind::Incident && e.covers(step)) || is_within(found, step)
}

/// True if one of `spans` contains `step`.
pub(super) fn is_within(spans: &[ExcludedTime], step: Time) -> bool {
    spans.iter().any(|(from, until)| *from <= step && step < *until)
}

/// `series` with gaps where `out`.
fn without(series: &Series, out: impl Fn(Time) -> bool) -> Series {
    let values = series.iter().map(|(time, value)| value.filter(|_| !out(time)));
    Series::from_values(series.start(), series.step(), values)
}
