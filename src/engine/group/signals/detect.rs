//! Tells changes by others and incidents from what was seen.

use crate::{
    domain::{Seconds, Time, journal::JournalKind, metric::Metric},
    engine::group::{
        observation::Context,
        ready::{Line, Ready, Setting},
        runtime::GroupRuntime,
    },
    plan::incident::{Signs, incident},
};

/// Seconds for which a released brake does not trip by itself again.
const RELEASED: Seconds = 1_800;

impl GroupRuntime {
    /// Says that somebody else changed the desired capacity, where this look shows it.
    pub(in crate::engine::group) fn detect_foreign_change(&mut self, context: &Context, ready: &mut Ready) {
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
            "desired capacity was changed outside prescale {from} → {to}; it will not be reversed for {minutes} min"
        );
        ready.note(JournalKind::Foreign, text);
    }

    /// Asks for the brake when less work gets done while errors or unhealthy instances rise.
    pub(in crate::engine::group) fn detect_incident(&mut self, context: &Context, ready: &mut Ready) {
        let now = context.now;
        let quiet = context.brake_released.is_some_and(|at| (now - at).num_seconds() < RELEASED);
        if context.brake || quiet || !self.options.limits.incident_brake {
            return;
        }
        let Some(why) = self.incident(now) else { return };
        let text = format!(
            "the brake engaged automatically: {why}; scale-in is frozen for all groups, and this period is excluded from training \
             until the brake is released"
        );
        let own = self.state.as_ref().map(|state| state.acts_by_itself()).unwrap_or_default();
        let text = match own.is_empty() {
            true => text,
            false => format!("{text}; AWS's own scaling goes on: {}", own.join(", ")),
        };
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
