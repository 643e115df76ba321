//! How much of what was learned of a kind of event counts at the event at hand.

use serde::{Deserialize, Serialize};

use super::{HorizonModel, Pending};
use crate::forecast::blend::{
    experts::{ExpertInput, PointForecasts},
    features::StepContext,
};

/// Point forecasts of a step at which a kind of event is felt, without and with what was learned of that kind.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct EventEffect {
    /// Index of the kind, below `LABELS`.
    kind: usize,
    without_event: PointForecasts,
    with_event: PointForecasts,
}

impl HorizonModel {
    /// Learns how much of an event's expected effect came.
    pub(super) fn learn_event(&mut self, pending: &Pending, actual: f64) {
        let Some(EventEffect { kind, without_event, with_event }) = &pending.event else { return };
        let (unit, hour) = (self.error_quantiles[0][0].usual(), self.hour());
        let points = without_event.iter().zip(with_event);
        for (shrinkage, (without_event, with_event)) in self.shrinkage[*kind].iter_mut().zip(points) {
            shrinkage.learn(without_event / unit, with_event / unit, actual / unit, hour);
        }
    }

    /// The effect of the kind of event that is felt at the target or now: what the experts would predict if
    /// nothing had been learned of the kind, together with what they do predict.
    pub(super) fn event_effect(
        &self,
        input: &ExpertInput<'_>,
        with_event: PointForecasts,
    ) -> Option<EventEffect> {
        let kind = input.target.calendar.strongest().or_else(|| input.now.calendar.strongest())?;
        let [now, target] = [input.now, input.target]
            .map(|step| StepContext { calendar: step.calendar.without_kinds(), ..*step });
        let (without_event, _) = self.experts.predict(&ExpertInput { now: &now, target: &target, ..*input });
        Some(EventEffect { kind, without_event, with_event })
    }

    /// Point forecasts with the learned share of the event's effect.
    pub(super) fn shrunk(&self, event: &EventEffect) -> PointForecasts {
        let shrinkage = &self.shrinkage[event.kind];
        std::array::from_fn(|e| {
            let without_event = event.without_event[e];
            without_event + shrinkage[e].share(self.hour()) * (event.with_event[e] - without_event)
        })
    }
}
