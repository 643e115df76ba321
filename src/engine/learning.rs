//! What the models learn from, and how that goes: incidents that are left out, load that changes its ways, bands that
//! stop covering. Each is journalled once when it begins.

use super::{Engine, watched::Watched};
use crate::{
    domain::{Seconds, Time, event::Event, event::EventKind, series::Series, shift},
    forecast::score::Score,
    store::{Store, StoreError},
};

/// A found incident began so many seconds before it was noticed.
const NOTICED_AFTER: Seconds = 300;
/// A found incident lasts until the brake is released, and no longer than this.
const LONGEST: Seconds = 3_600;
/// Found incidents that are remembered, a group.
const REMEMBERED: usize = 100;
/// Seconds between two trainings that drift asks for.
const DRIFT_AGAIN: Seconds = 6 * 3_600;
/// Seconds of history below which a screen says how little is known.
const LITTLE: Seconds = 2 * 86_400;

/// Time that the models do not learn from: `[from, until)`.
pub type Left = (Time, Time);

/// Where the store keeps the incidents found in a group.
pub(super) fn incidents_key(group: &str) -> String {
    format!("incidents:{group}")
}

impl Engine {
    /// An incident was found in the group `at`: its steps leave the training data while the brake holds.
    pub(super) fn leave_out(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let watched = &mut self.groups[at];
        watched.left_out.push((shift(now, -NOTICED_AFTER), shift(now, LONGEST)));
        let drop = watched.left_out.len().saturating_sub(REMEMBERED);
        watched.left_out.drain(..drop);
        self.store.set(&incidents_key(&watched.name), &watched.left_out)
    }

    /// The brake was released: found incidents are over.
    pub(super) fn incidents_end(&mut self, now: Time) -> Result<(), StoreError> {
        for watched in self.groups.iter_mut().filter(|w| w.left_out.iter().any(|(_, until)| *until > now)) {
            watched.left_out.iter_mut().for_each(|(_, until)| *until = (*until).min(now));
            self.store.set(&incidents_key(&watched.name), &watched.left_out)?;
        }
        Ok(())
    }

    /// Journals once when a band stops covering and when it covers again.
    pub(super) fn watch_band(&mut self, at: usize) -> Result<(), StoreError> {
        let watched = &mut self.groups[at];
        let alarm = watched.champion.alarm(watched.lead.0);
        if alarm.is_some() == watched.signals.band_widened {
            return Ok(());
        }
        watched.signals.band_widened = alarm.is_some();
        let text = match alarm {
            Some((missed, of)) => {
                format!(
                    "load was above p95 {missed} times in the newest {of} steps: the band is widened at once"
                )
            }
            None => "the band covers again".into(),
        };
        let name = watched.name.clone();
        self.note(Some(&name), "model", text)
    }
}

/// `demand` as the models of `group` may learn it: incidents, of the calendar or found and kept in `store`, as gaps.
///
/// # Errors
/// [`StoreError`].
pub fn lessons(store: &Store, group: &str, demand: &Series, events: &[Event]) -> Result<Series, StoreError> {
    let found: Vec<Left> = store.get(&incidents_key(group))?.unwrap_or_default();
    Ok(without(demand, |step| left_out(step, &found, events)))
}

/// True where an incident, found or of the calendar, covers the step that starts at `step`.
fn left_out(step: Time, found: &[Left], events: &[Event]) -> bool {
    events.iter().any(|e| e.kind == EventKind::Incident && e.covers(step))
        || found.iter().any(|(from, until)| *from <= step && step < *until)
}

/// `series` with gaps where `out`.
fn without(series: &Series, out: impl Fn(Time) -> bool) -> Series {
    let values = series.iter().map(|(time, value)| value.filter(|_| !out(time)));
    Series::from_values(series.start(), series.step(), values)
}

impl Watched {
    /// True where the models must not learn from the step that starts at `step`: an incident of the calendar, or one
    /// that was found.
    pub(super) fn leaves_out(&self, step: Time, events: &[Event]) -> bool {
        left_out(step, &self.left_out, events)
    }

    /// Demand as the models may learn it: all settled steps, incidents as gaps.
    pub(super) fn lessons(&self, events: &[Event]) -> Series {
        let settled = self.demand.between(self.demand.start(), self.champion.known_until());
        without(&settled, |step| self.leaves_out(step, events))
    }

    /// In words, that the load has changed its ways, where that asks for a training at `now`.
    pub(super) fn drifted(&self, now: Time, trained: Option<Time>) -> Option<String> {
        if trained.is_some_and(|at| (now - at).num_seconds() < DRIFT_AGAIN) {
            return None;
        }
        let (recent, usual) = self.score_at_lead()?.drift()?;
        let (recent, usual) = (100.0 * recent, 100.0 * usual);
        Some(format!("drift: an error of {recent:.0} % of load lately against {usual:.0} %"))
    }

    /// The champion's score at the lead time.
    pub(super) fn score_at_lead(&self) -> Option<&Score> {
        let ahead = |steps: usize| steps as Seconds * self.options.step >= self.lead.0;
        let mut newest = None;
        for (steps, score) in self.champion.scores() {
            newest = Some(score);
            if ahead(steps) {
                break;
            }
        }
        newest
    }

    /// How long the history is, in words, while that is little.
    pub(super) fn little_known(&self) -> Option<String> {
        let known = self.champion.len() as Seconds * self.options.step;
        (known > 0 && known < LITTLE).then(|| format!("knows {} h of load", known / 3_600))
    }
}
