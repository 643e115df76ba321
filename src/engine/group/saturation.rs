//! CPU at saturation: the work that came is at least what was measured, and unknown above.
//!
//! Where demand is measured by CPU, such a reading is a lower bound. The plan assumes more
//! ([`crate::plan::PlanContext::saturated`]), and the forecasters learn it only where it lies above what they expected: a
//! lower bound below that says nothing.

use super::{memory::ExcludedTime, ready::Ready, runtime::GroupRuntime, training_data::is_within};
use crate::{
    domain::{Seconds, Time, journal::JournalKind, metric::Metric, series::Series, shift},
    engine::options::DemandMeasure,
};

/// Mean CPU in percent from which a group is saturated. Instances are never equally busy: at this mean most have no more
/// to give.
const SATURATED: f64 = 95.0;
/// Spans of saturation kept per group.
const REMEMBERED: usize = 1_000;

impl GroupRuntime {
    /// The highest CPU of the last two points, if it is saturated and demand is measured by it; `None` while the load now is
    /// not known. An operator whose target is saturation gets what was asked for.
    pub fn saturated_cpu(&self, now: Time) -> Option<f64> {
        if self.options.demand != DemandMeasure::Cpu || 100.0 * self.options.settings.target >= SATURATED {
            return None;
        }
        self.load_now(now)?;
        let cpu = self.minute(Metric::Cpu)?;
        let (newest, value) = cpu.last_known()?;
        let before = cpu.at(shift(newest, -self.demand_interval().seconds));
        Some(before.map_or(value, |before| value.max(before))).filter(|highest| *highest >= SATURATED)
    }

    /// Says when saturation begins and ends; nothing while the load now is not known.
    pub(super) fn note_saturation(&mut self, now: Time, ready: &mut Ready) {
        let cpu = self.saturated_cpu(now);
        if cpu.is_some() == self.memory.signals.saturated || self.load_now(now).is_none() {
            return;
        }
        self.memory.signals.saturated = cpu.is_some();
        let text = match cpu {
            Some(cpu) => format!(
                "CPU is saturated at {cpu:.0} %: demand is a lower bound, unknown above; plans assume more, and forecasts do \
                 not learn it as exact"
            ),
            None => "CPU is no longer saturated: demand is measured again".into(),
        };
        ready.note(JournalKind::Demand, text);
    }

    /// Keeps the steps that were found saturated, which a restart must know after their minutes are gone.
    pub(super) fn remember_saturated(&mut self, steps: Vec<Time>) {
        let spans = &mut self.memory.saturated;
        for step in steps {
            let until = shift(step, self.options.step);
            if is_within(spans, step) {
                continue;
            }
            match spans.last_mut().filter(|(_, end)| *end == step) {
                Some((_, end)) => *end = until,
                None => spans.push((step, until)),
            }
        }
        spans.drain(..spans.len().saturating_sub(REMEMBERED));
    }
}

/// True if CPU was saturated in a minute of the step, by its minutes in `cpu` or as `found` earlier.
pub(super) fn is_saturated(
    cpu: Option<&Series>,
    found: &[ExcludedTime],
    (step, length): (Time, Seconds),
) -> bool {
    let minutes = |cpu: &Series| cpu.between(step, shift(step, length)).known().any(|v| v >= SATURATED);
    is_within(found, step) || cpu.is_some_and(minutes)
}
