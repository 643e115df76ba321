//! The health of a group's model: band coverage, scores, drift.
//!
//! An unhealthy model demotes its group to `observe`, once. Each problem is journalled when it begins and when it
//! ends.

use super::{
    observation::Context,
    ready::{Line, Ready, Setting},
    runtime::GroupRuntime,
};
use crate::domain::journal::JournalKind;
use crate::{
    domain::{Seconds, Time, decision::Mode},
    forecast::score::RollingScore,
};

/// Minimum rounds of a score.
const ROUNDS: f64 = 96.0;
/// Error, as a share of load, that is always acceptable.
const GOOD: f64 = 0.05;
/// Coverage of the 0.95 quantile below which a model is unhealthy, and from which it is healthy again.
const COVERS: (f64, f64) = (0.85, 0.88);
/// Minimum seconds between two trainings triggered by drift.
const DRIFT_AGAIN: Seconds = 6 * 3_600;
/// Seconds of history below which the console shows how little there is.
const LITTLE: Seconds = 2 * 86_400;

impl GroupRuntime {
    /// Checks the model's score; an unhealthy model demotes the group to `observe`.
    pub(super) fn check_model_health(&mut self, context: &Context, ready: &mut Ready) {
        self.watch_coverage(ready);
        let found = self.sickness();
        self.apply_model_health(context, found, ready);
    }

    /// Journals once when the band is widened and when its coverage is normal again.
    fn watch_coverage(&mut self, ready: &mut Ready) {
        let alarm = self.forecasters.alarm(self.lead.0);
        if alarm.is_some() == self.memory.signals.band_widened {
            return;
        }
        self.memory.signals.band_widened = alarm.is_some();
        let text = match alarm {
            Some((missed, of)) => {
                format!("load exceeded p95 in {missed} of the last {of} steps: forecast band widened")
            }
            None => "forecast band coverage is back to normal".into(),
        };
        ready.note(JournalKind::Model, text);
    }

    /// What follows from what was `found`, where it is news.
    pub(in crate::engine) fn apply_model_health(
        &mut self,
        context: &Context,
        found: Option<String>,
        ready: &mut Ready,
    ) {
        if self.memory.signals.sick.is_some() == found.is_some() {
            return;
        }
        self.memory.signals.sick.clone_from(&found);
        let sick = vec![Setting::Sick(found.clone())];
        let mode = self.mode;
        let (kind, text) = match found {
            Some(why) if mode > Mode::Observe => {
                self.change_mode(context, None, Mode::Observe, ready);
                let before = mode.name();
                (
                    JournalKind::Demoted,
                    format!("{before} → observe: {why}; it only advises until an operator raises the mode"),
                )
            }
            Some(why) => (JournalKind::Model, format!("unhealthy: {why}")),
            None => (JournalKind::Model, "healthy again".into()),
        };
        ready.set(sick, Some(Line::own(kind, text)));
    }

    /// Why the model is unhealthy at the lead time, if it is.
    fn sickness(&self) -> Option<String> {
        if !self.options.settings.policy.forecasts() || !self.options.limits.model_gate {
            return None;
        }
        sickness(self.score_at_lead()?, self.memory.signals.sick.is_some())
    }

    /// A description of drift, if it calls for a training at `now`.
    pub(in crate::engine) fn drifted(&self, now: Time, trained: Option<Time>) -> Option<String> {
        if trained.is_some_and(|at| (now - at).num_seconds() < DRIFT_AGAIN) {
            return None;
        }
        let (recent, usual) = self.score_at_lead()?.drift()?;
        let (recent, usual) = (100.0 * recent, 100.0 * usual);
        Some(format!("drift: recent error {recent:.0} % of load, usual error {usual:.0} %"))
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

    /// A note on the length of the history, while it is short.
    pub(in crate::engine) fn little_known(&self) -> Option<String> {
        let known = self.forecasters.steps() as Seconds * self.options.step;
        (known > 0 && known < LITTLE).then(|| format!("only {} h of history", known / 3_600))
    }
}

/// What is wrong with a score; `sick` applies the stricter limits for recovery.
fn sickness(score: &RollingScore, sick: bool) -> Option<String> {
    if score.rounds() < ROUNDS {
        return None;
    }
    let (wape, naive, coverage) = (score.wape(), score.seasonal_wape(), score.coverage());
    let slack = if sick { 1.0 } else { 1.05 };
    if wape > GOOD && wape > slack * naive {
        let (ours, theirs) = (100.0 * wape, 100.0 * naive);
        return Some(format!("model error is {ours:.0} % of load; seasonal-naive error is {theirs:.0} %"));
    }
    if coverage < if sick { COVERS.1 } else { COVERS.0 } {
        let covered = 100.0 * coverage;
        return Some(format!("the model's p95 covered {covered:.0} % of recent steps (nominal 95 %)"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::forecast::LEVELS;

    fn scored(predicted: f64, naive: f64, actual: f64) -> RollingScore {
        let mut score = RollingScore::new(1e6);
        (0..200).for_each(|_| score.learn(&LEVELS.map(|_| predicted), naive, naive, actual));
        score
    }

    #[test]
    fn a_model_worse_than_seasonal_naive_or_not_covering_is_unhealthy() {
        assert_eq!(sickness(&scored(100.0, 100.0, 100.0), false), None);
        assert!(sickness(&scored(120.0, 110.0, 100.0), false).is_some_and(|t| t.contains("20 % of load")));
        assert!(sickness(&scored(99.0, 50.0, 100.0), false).is_some_and(|t| t.contains("covered 0 %")));
        assert_eq!(sickness(&scored(104.0, 100.0, 100.0), false), None, "four percent is good enough");
        assert_eq!(sickness(&RollingScore::new(10.0), false), None, "nothing was scored yet");
    }

    #[test]
    fn recovery_of_an_unhealthy_model_needs_a_margin() {
        let near = scored(110.4, 110.0, 100.0);
        assert!(sickness(&near, false).is_none() && sickness(&near, true).is_some());
    }
}
