//! What one instance serves: measured over a day, and from its change on where it has changed.

use super::{ready::Ready, runtime::GroupRuntime};
use crate::{
    domain::{Time, journal::JournalKind, metric::Metric, shift},
    engine::options::DemandMeasure,
    plan::learn::{self, CapacityChange, CapacityReading},
};

impl GroupRuntime {
    /// Measures the capacity per instance, where it was not configured. One that has fallen counts at once, one that has risen
    /// after a while.
    pub(super) fn measure(&mut self, now: Time, ready: &mut Ready) {
        if self.options.capacity.is_some() {
            return;
        }
        if self.options.demand == DemandMeasure::Cpu {
            self.memory.capacity =
                Some((1.0, "by definition: demand is measured in busy instances".to_owned()));
            return;
        }
        let day = shift(now, -86_400);
        let series = [self.options.demand.metric(), Metric::Cpu, Metric::InService]
            .map(|metric| self.complete_minutes(metric, day, now));
        let [Some(load), Some(cpu), Some(in_service)] = series else { return };
        let readings = learn::readings(&load, &cpu, &in_service);
        self.memory.capacity_change = self.memory.capacity_change.filter(|change| change.since > day);
        if let Some(change) = CapacityChange::find(since(&readings, self.memory.capacity_change))
            && !(self.is_rise_waiting(now) && change.is_rise())
        {
            self.take_change(change, ready);
        }
        if self.is_rise_waiting(now) {
            return;
        }
        self.memory.step = Some(self.options.step);
        let change = self.memory.capacity_change;
        let minutes = self.options.demand.minutes(self.options.step);
        if let Some(learned) = learn::capacity(since(&readings, change)) {
            let spread = 100.0 * learned.spread;
            let from = change.map_or(String::new(), |c| format!(" since {}", c.since.format("%H:%M UTC")));
            let how = format!("median of {} minutes{from}, ± {spread:.0} %", learned.readings);
            self.memory.capacity = Some((learned.capacity * minutes, how));
        } else if let Some(change) = change {
            let assumed = learn::while_saturated(&readings).unwrap_or(change.after);
            let how = format!("assumed since {}, until it can be measured", change.since.format("%H:%M UTC"));
            self.memory.capacity = Some((assumed.min(change.after) * minutes, how));
        }
    }

    /// Whether more is served than before, and plans do not rely on it yet.
    fn is_rise_waiting(&self, now: Time) -> bool {
        self.memory.capacity_change.is_some_and(|change| change.is_waiting(now))
    }

    /// Learns from `change` on, and says so.
    fn take_change(&mut self, change: CapacityChange, ready: &mut Ready) {
        self.memory.capacity_change = Some(change);
        let per_step = self.options.demand.minutes(self.options.step);
        let percent = 100.0 * (change.after / change.before - 1.0).abs();
        let (more, then) = match change.is_rise() {
            false => ("less", "plans use the lower value".to_owned()),
            true => {
                ("more", format!("plans keep the lower value until {}", change.trusted().format("%H:%M UTC")))
            }
        };
        ready.note(
            JournalKind::Demand,
            format!(
                "an instance serves {percent:.0} % {more} since {}: {:.0} a step at 100 %, before {:.0} at similar CPU; {then}",
                change.since.format("%H:%M UTC"),
                change.after * per_step,
                change.before * per_step,
            ),
        );
    }
}

/// The readings since `change`; all of them where there was none.
fn since(readings: &[CapacityReading], change: Option<CapacityChange>) -> &[CapacityReading] {
    let first = change.map_or(0, |change| readings.partition_point(|reading| reading.time < change.since));
    &readings[first..]
}
