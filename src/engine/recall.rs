//! What an earlier run left of a group: its mode, answers, floor, score and history.

use std::sync::Arc;

use super::{
    Engine, floor, learning,
    mind::{self, Mind},
    models, notice,
    options::Demand,
    scratch::Scratch,
    watched::Watched,
};
use crate::domain::{Time, decision::Mode, metric::Metric, shift};

impl Engine {
    /// A group seen for the first time: options, mode and history as an earlier run left them.
    pub(super) fn first_sight(&mut self, name: &str, now: Time) -> Watched {
        let options = (self.options.group)(name);
        let start = shift(now, -self.options.backfill);
        let start = on_grid(start, self.options.anchor, options.step);
        if let Demand::Metric(custom) = &options.demand {
            self.world.source.define(name, custom);
        }
        self.counted_so(name, &options.demand);
        let mind = Mind::new(start, options.step, self.calendar.zone(), self.scratch());
        let mut watched = Watched::new(name, options, mind, now);
        if let Ok(Some(mode)) = self.store.get::<Mode>(&format!("mode:{name}")) {
            watched.mode = mode;
        }
        if self.read_only {
            watched.mode = Mode::Observe;
        }
        self.recall_answers(&mut watched);
        watched.signals.sick = self.store.get(&notice::sick_key(name)).ok().flatten().flatten();
        watched.held = self.store.get(&floor::key(name)).ok().flatten().flatten();
        self.recall_ledger(&mut watched, now);
        watched.left_out = self.store.get(&learning::incidents_key(name)).ok().flatten().unwrap_or_default();
        let mut others = self.groups.iter().filter_map(|g| g.mind.awake()).peekable();
        if others.peek().is_some() {
            watched.mind.think(|champion, _| champion.borrow(others));
        }
        self.recall(&mut watched, start, now);
        // They are on disk already, unless that run was killed; what was lost is made again.
        let _ = self.store.save_forecasts(name, &std::mem::take(&mut watched.looked_back));
        models::install_network(&mut self.trainer, &mut watched);
        watched
    }

    /// Where the forecasters of the next group sleep: nowhere while there are few groups, or no disk.
    fn scratch(&mut self) -> Option<Arc<Scratch>> {
        if self.groups.len() < mind::AWAKE {
            return None;
        }
        if self.scratch.is_none() {
            let folder = self.store.path().parent().filter(|folder| folder.is_dir())?;
            let made = Scratch::on(folder);
            self.scratch = made
                .inspect_err(|e| tracing::warn!("{}: no scratch file: {e}", folder.display()))
                .ok()
                .map(Arc::new);
        }
        self.scratch.clone()
    }

    /// Fills a group's series from the store and lets the champion walk through them.
    fn recall(&self, watched: &mut Watched, start: Time, now: Time) {
        let name = watched.name.clone();
        let load = |metric, step, from| self.store.load(&name, metric, step, from, now).ok();
        let minutes: Vec<_> = watched.minutes.iter().map(|(m, s)| (*m, load(*m, 60, s.start()))).collect();
        for (metric, stored) in minutes {
            stored.iter().for_each(|s| watched.collect(metric, s));
        }
        if let Some(demand) = load(Metric::Demand, watched.options.step, start) {
            // Only steps up to the newest stored one: what came after is still to be asked for. A store that
            // begins much later than the history wanted is no help; then all of it is asked for again.
            let known = demand.last_known().map_or(start, |(t, _)| shift(t, watched.options.step));
            if demand.start() <= shift(start, 2 * 86_400) {
                watched.learn(&demand, &self.calendar.concerning(&name), known);
            }
        }
    }
}

/// `time` moved back to a step of the grid that contains `anchor`.
fn on_grid(time: Time, anchor: Time, step: i64) -> Time {
    shift(anchor, (time - anchor).num_seconds().div_euclid(step.max(1)) * step.max(1))
}
