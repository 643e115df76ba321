//! What the models learn from, and how that goes: incidents that are left out, load that changes its ways, bands that
//! stop covering. Each is journalled once when it begins.

use super::runtime::GroupRuntime;
use crate::{
    domain::{
        Seconds, Time,
        event::{Event, EventKind},
        journal::JournalKind,
        series::Series,
        shift,
    },
    engine::Engine,
    forecast::score::RollingScore,
    store::{Store, StoreError, keys},
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

impl Engine {
    /// An incident was found in the group `at`: its steps leave the training data while the brake holds.
    pub(in crate::engine) fn exclude_incident(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let group = &mut self.groups[at];
        group.excluded.push((shift(now, -NOTICED_AFTER), shift(now, LONGEST)));
        let drop = group.excluded.len().saturating_sub(REMEMBERED);
        group.excluded.drain(..drop);
        self.store.set(&keys::incidents(&group.name), &group.excluded)
    }

    /// The brake was released: found incidents are over.
    pub(in crate::engine) fn incidents_end(&mut self, now: Time) -> Result<(), StoreError> {
        for group in self.groups.iter_mut().filter(|w| w.excluded.iter().any(|(_, until)| *until > now)) {
            group.excluded.iter_mut().for_each(|(_, until)| *until = (*until).min(now));
            self.store.set(&keys::incidents(&group.name), &group.excluded)?;
        }
        Ok(())
    }

    /// Journals once when a band stops covering and when it covers again.
    pub(in crate::engine) fn watch_band(&mut self, at: usize) -> Result<(), StoreError> {
        let group = &mut self.groups[at];
        let alarm = group.forecasters.alarm(group.lead.0);
        if alarm.is_some() == group.signals.band_widened {
            return Ok(());
        }
        group.signals.band_widened = alarm.is_some();
        let text = match alarm {
            Some((missed, of)) => {
                format!(
                    "load was above p95 {missed} times in the newest {of} steps: the band is widened at once"
                )
            }
            None => "the band covers again".into(),
        };
        let name = group.name.clone();
        self.note(Some(&name), JournalKind::Model, text)
    }
}

/// `demand` as the models of `group` may learn it: incidents, of the calendar or found and kept in `store`, as gaps.
///
/// # Errors
/// [`StoreError`].
pub fn training_series(
    store: &Store,
    group: &str,
    demand: &Series,
    events: &[Event],
) -> Result<Series, StoreError> {
    let found: Vec<Left> = store.get(&keys::incidents(group))?.unwrap_or_default();
    Ok(without(demand, |step| is_excluded(&found, step, events)))
}

/// True where the models must not learn from the step that starts at `step`: an incident of the calendar, or one
/// that was `found`.
pub(in crate::engine) fn is_excluded(found: &[Left], step: Time, events: &[Event]) -> bool {
    events.iter().any(|e| e.kind == EventKind::Incident && e.covers(step))
        || found.iter().any(|(from, until)| *from <= step && step < *until)
}

/// `series` with gaps where `out`.
fn without(series: &Series, out: impl Fn(Time) -> bool) -> Series {
    let values = series.iter().map(|(time, value)| value.filter(|_| !out(time)));
    Series::from_values(series.start(), series.step(), values)
}

impl GroupRuntime {
    /// `demand` as the models may learn it: all settled steps, incidents as gaps.
    pub(in crate::engine) fn training_series(&self, demand: &Series, events: &[Event]) -> Series {
        let settled = demand.between(demand.start(), self.forecasters.known_until());
        without(&settled, |step| is_excluded(&self.excluded, step, events))
    }

    /// In words, that the load has changed its ways, where that asks for a training at `now`.
    pub(in crate::engine) fn drifted(&self, now: Time, trained: Option<Time>) -> Option<String> {
        if trained.is_some_and(|at| (now - at).num_seconds() < DRIFT_AGAIN) {
            return None;
        }
        let (recent, usual) = self.score_at_lead()?.drift()?;
        let (recent, usual) = (100.0 * recent, 100.0 * usual);
        Some(format!("drift: an error of {recent:.0} % of load lately against {usual:.0} %"))
    }

    /// The champion's score at the lead time.
    pub(in crate::engine) fn score_at_lead(&self) -> Option<&RollingScore> {
        let ahead = |steps: usize| steps as Seconds * self.options.step >= self.lead.0;
        let mut newest = None;
        for (steps, score) in self.forecasters.scores() {
            newest = Some(score);
            if ahead(steps) {
                break;
            }
        }
        newest
    }

    /// How long the history is, in words, while that is little.
    pub(in crate::engine) fn little_known(&self) -> Option<String> {
        let known = self.forecasters.steps() as Seconds * self.options.step;
        (known > 0 && known < LITTLE).then(|| format!("knows {} h of load", known / 3_600))
    }
}
