//! What an earlier run left of a group: its mode, answers, floor, score and history.

use std::sync::Arc;

use crate::{
    domain::{Time, decision::Mode, metric::Metric, shift},
    engine::{
        Engine,
        group::{
            forecasters::{self, Forecasters},
            runtime::GroupRuntime,
            spill::SpillFile,
        },
        jobs::training,
        options::DemandMeasure,
    },
    store::keys,
};

impl Engine {
    /// A group seen for the first time: options, mode and history as an earlier run left them.
    pub(in crate::engine) fn restore_group(&mut self, name: &str, now: Time) -> GroupRuntime {
        let options = (self.options.group)(name);
        let start = shift(now, -self.options.backfill);
        let start = on_grid(start, self.options.anchor, options.step);
        if let DemandMeasure::Metric(custom) = &options.demand {
            self.world.source.define(name, custom);
        }
        self.check_demand_definition(name, &options.demand);
        let forecasters = Forecasters::new(start, options.step, self.calendar.zone(), self.spill_file());
        let mut group = GroupRuntime::new(name, options, forecasters, now);
        if let Ok(Some(mode)) = self.store.get(&keys::mode(name)) {
            group.mode = mode;
        }
        if self.read_only {
            group.mode = Mode::Observe;
        }
        self.restore_answers(&mut group);
        group.signals.sick = self.store.get(&keys::sick(name)).ok().flatten().flatten();
        group.held = self.store.get(&keys::floor(name)).ok().flatten().flatten();
        self.restore_scorecard(&mut group, now);
        group.excluded = self.store.get(&keys::incidents(name)).ok().flatten().unwrap_or_default();
        let mut others = self.groups.iter().filter_map(|g| g.forecasters.in_memory()).peekable();
        if others.peek().is_some() {
            group.forecasters.update(|champion, _| champion.warm_start(others));
        }
        self.restore(&mut group, start, now);
        // They are on disk already, unless that run was killed; what was lost is made again.
        let _ = self.store.save_forecasts(name, &std::mem::take(&mut group.backcasts));
        training::install_network(&mut self.trainer, &mut group);
        group
    }

    /// Where the forecasters of the next group sleep: nowhere while there are few groups, or no disk.
    fn spill_file(&mut self) -> Option<Arc<SpillFile>> {
        if self.groups.len() < forecasters::IN_MEMORY_GROUPS {
            return None;
        }
        if self.spill_file.is_none() {
            let folder = self.store.path().parent().filter(|folder| folder.is_dir())?;
            let made = SpillFile::on(folder);
            self.spill_file = made
                .inspect_err(|e| tracing::warn!("{}: no scratch file: {e}", folder.display()))
                .ok()
                .map(Arc::new);
        }
        self.spill_file.clone()
    }

    /// Fills a group's series from the store and lets the champion walk through them.
    fn restore(&self, group: &mut GroupRuntime, start: Time, now: Time) {
        let name = group.name.clone();
        let load = |metric, step, from| self.store.load(&name, metric, step, from, now).ok();
        let minutes: Vec<_> = group.minutes.iter().map(|(m, s)| (*m, load(*m, 60, s.start()))).collect();
        for (metric, stored) in minutes {
            stored.iter().for_each(|s| group.collect(metric, s));
        }
        if let Some(demand) = load(Metric::Demand, group.options.step, start) {
            // Only steps up to the newest stored one: what came after is still to be asked for. A store that
            // begins much later than the history wanted is no help; then all of it is asked for again.
            let known = demand.last_known().map_or(start, |(t, _)| shift(t, group.options.step));
            if demand.start() <= shift(start, 2 * 86_400) {
                group.learn(&demand, &self.calendar.concerning(&name), known);
            }
        }
    }
}

/// `time` moved back to a step of the grid that contains `anchor`.
fn on_grid(time: Time, anchor: Time, step: i64) -> Time {
    shift(anchor, (time - anchor).num_seconds().div_euclid(step.max(1)) * step.max(1))
}
