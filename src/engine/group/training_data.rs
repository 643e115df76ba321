//! What the models learn from: all settled steps of demand but those of incidents, of the calendar or found by the engine.

use super::{
    memory::ExcludedTime,
    ready::{Ready, Setting},
    runtime::GroupRuntime,
};
use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
    series::Series,
    shift,
};

/// A found incident began so many seconds before it was noticed.
const NOTICED_AFTER: Seconds = 300;
/// A found incident lasts until the brake is released, and no longer than this.
const LONGEST: Seconds = 3_600;
/// Found incidents that are remembered, a group.
const REMEMBERED: usize = 100;

impl GroupRuntime {
    /// An incident was found: its steps leave the training data while the brake holds.
    pub(super) fn exclude_incident(&mut self, now: Time) {
        let excluded = &mut self.memory.excluded;
        excluded.push((shift(now, -NOTICED_AFTER), shift(now, LONGEST)));
        let drop = excluded.len().saturating_sub(REMEMBERED);
        excluded.drain(..drop);
    }

    /// The brake was released: a found incident that still holds is over.
    pub(in crate::engine) fn end_incidents(&mut self, now: Time) -> Ready {
        let mut ready = Ready::default();
        let excluded = &mut self.memory.excluded;
        if excluded.iter().any(|(_, until)| *until > now) {
            excluded.iter_mut().for_each(|(_, until)| *until = (*until).min(now));
            ready.set(vec![Setting::Incidents(excluded.clone())], None);
        }
        ready
    }

    /// `demand` as the models may learn it: all settled steps, incidents as gaps.
    pub(in crate::engine) fn training_series(&self, demand: &Series, events: &[Event]) -> Series {
        let settled = demand.between(demand.start(), self.forecasters.known_until());
        without(&settled, |step| is_excluded(&self.memory.excluded, step, events))
    }
}

/// `demand` as the models may learn it: incidents, of the calendar or `found` earlier, as gaps.
pub fn training_series(found: &[ExcludedTime], demand: &Series, events: &[Event]) -> Series {
    without(demand, |step| is_excluded(found, step, events))
}

/// True where the models must not learn from the step that starts at `step`: an incident of the calendar, or one
/// that was `found`.
pub(in crate::engine) fn is_excluded(found: &[ExcludedTime], step: Time, events: &[Event]) -> bool {
    events.iter().any(|e| e.kind == EventKind::Incident && e.covers(step))
        || found.iter().any(|(from, until)| *from <= step && step < *until)
}

/// `series` with gaps where `out`.
fn without(series: &Series, out: impl Fn(Time) -> bool) -> Series {
    let values = series.iter().map(|(time, value)| value.filter(|_| !out(time)));
    Series::from_values(series.start(), series.step(), values)
}
