//! What is unlike all that was seen: readings that are not believed, load that vanishes.

use super::{observation::Context, ready::Ready, runtime::GroupRuntime};
use crate::{
    domain::{Time, journal::JournalKind, shift},
    plan::upstream_dip::{UpstreamDip, upstream_dip},
};

/// Readings set aside that are kept per group.
const REMEMBERED: usize = 100;
/// Seconds for which a reading that was set aside is news.
const NEWS: i64 = 3_600;
/// A minute of more than so many times the highest load seen must be followed by another one before it counts; a step is not
/// corrected to it.
const UNSEEN: f64 = 10.0;

/// A reading that was not believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SetAside {
    /// Its step.
    pub step: Time,
    /// The reading.
    pub load: f64,
    /// The highest load seen before it.
    pub seen: f64,
}

impl GroupRuntime {
    /// Keeps readings that were set aside out of the training of networks.
    pub(super) fn exclude_readings(&mut self, set_aside: &[SetAside]) {
        let known = &mut self.memory.set_aside;
        for SetAside { step, .. } in set_aside {
            let time = (*step, shift(*step, self.options.step));
            if !known.contains(&time) {
                known.push(time);
            }
        }
        known.drain(..known.len().saturating_sub(REMEMBERED));
    }

    /// The same, with a line in the journal where it is news.
    pub(super) fn say_set_aside(&mut self, set_aside: &[SetAside], now: Time, ready: &mut Ready) {
        self.exclude_readings(set_aside);
        let news = set_aside.iter().filter(|reading| reading.step >= shift(now, -NEWS - self.options.step));
        for SetAside { step, load, seen } in news {
            let text = format!(
                "demand of {load:.0} at {} is far above the highest seen, {seen:.0}: set aside, not learned unless it lasts",
                step.format("%H:%M UTC")
            );
            ready.note(JournalKind::Demand, text);
        }
    }

    /// The highest load seen, where `load` is far above it.
    pub(super) fn seen_below(&self, load: f64) -> Option<f64> {
        self.forecasters.highest_seen().filter(|seen| *seen > 0.0 && load > UNSEEN * seen)
    }

    /// The highest of the newest `loads`, unless it is far above all that was seen and alone in that.
    pub(super) fn believed_load(&self, loads: &[f64]) -> Option<f64> {
        let is_far = |load: &&f64| self.seen_below(**load).is_some();
        let alone = loads.len() > 1 && loads.iter().filter(is_far).count() == 1;
        loads.iter().filter(|load| !(alone && is_far(load))).copied().reduce(f64::max)
    }

    /// The dip in which the group is, for a policy that forecasts.
    pub(super) fn upstream_dip(&self, now: Time) -> Option<UpstreamDip> {
        let settings = &self.options.settings;
        let ahead = self.lead.0 + self.actuator().delay() + settings.cycle;
        let load = self.load_now(now).filter(|_| settings.policy.forecasts())?;
        upstream_dip(&self.demand, load, now, ahead)
    }

    /// Journals once when what the season needs is kept, and when that ends.
    pub(super) fn say_dip(&mut self, context: &Context, dip: Option<UpstreamDip>, ready: &mut Ready) {
        let text = match (self.memory.dip, dip) {
            (None, Some(dip)) => format!(
                "{}; capacity that the season needs is kept until {} at the latest",
                dip.words(),
                dip.until.format("%H:%M UTC")
            ),
            (Some(since), None) => {
                let minutes = (context.now - since).num_minutes();
                format!("capacity is no longer kept for the load that vanished {minutes} min ago")
            }
            _ => return,
        };
        self.memory.dip = dip.map(|dip| dip.since);
        ready.note(JournalKind::Demand, text);
    }
}
