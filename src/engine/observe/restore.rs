//! Restores a group from the store: its mode, proposals, floor, memory, score and history.

use crate::domain::journal::JournalKind;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::store::{
    StoreError,
    keys::{self, Key},
};

use super::sources::SourceErrors;
use crate::{
    domain::{
        Seconds, Time,
        decision::{Decision, Mode, Stage},
        group::GroupState,
        metric::Metric,
        shift,
    },
    engine::{
        Engine,
        group::{
            GroupRuntime, Memory, Restored,
            forecasters::{self, Forecasters},
            runtime::Proposals,
            spill::SpillFile,
        },
        jobs::training,
        options::DemandMeasure,
    },
};

/// History that starts this much later than wanted is not used.
const LATER: Seconds = 2 * 86_400;

impl Engine {
    /// A group seen for the first time: options, mode and history as an earlier run left them.
    pub(in crate::engine) fn restore_group(&mut self, name: &str, now: Time) -> GroupRuntime {
        let options = (self.options.group)(name);
        if let DemandMeasure::Metric(custom) = &options.demand {
            self.world.source.define(name, custom);
        }
        let is_new = self.check_demand_definition(name, &options.demand);
        let mut left = self.left_of(name);
        if is_new {
            left.memory.publications.remove(&Metric::Custom);
            (left.memory.capacity, left.memory.capacity_change) = (None, None);
        }
        left.memory.learned_until = left.memory.learned_until.filter(|until| *until <= now);
        let start = on_grid(shift(now, -self.options.backfill), self.options.anchor, options.step);
        let start = first_step(start, left.memory.learned_from, options.step);
        let forecasters = Forecasters::new(start, options.step, self.calendar.zone(), self.spill_file());
        let mut group = GroupRuntime::new(name, options, forecasters, now);
        group.restore(left, now);
        group.reach_lead_time();
        if self.read_only {
            group.mode = Mode::Observe;
        }
        let mut others = self.groups.iter().filter_map(|g| g.forecasters.in_memory()).peekable();
        if others.peek().is_some() {
            group.forecasters.update(|champion, _| champion.warm_start(others));
        }
        self.recall(&mut group, start, now);
        training::install_network(&mut self.trainer, &mut group);
        group
    }

    /// The groups that the store knows of sources that have not been read since the start, and were not now for these
    /// `errors`: they are shown as they were, and nothing is planned for them until they are read.
    pub(in crate::engine) fn restore_known(&mut self, errors: &SourceErrors, now: Time) {
        let routes = self.world.source.routes();
        let is_new = |source: &&String| {
            self.groups.iter().all(|group| routes.label_of(&group.name) != source.as_str())
        };
        let new: Vec<&String> = errors.keys().filter(is_new).collect();
        if new.is_empty() {
            return;
        }
        let known = self.store.remembered_groups();
        for name in known.inspect_err(|why| tracing::warn!("{why}")).unwrap_or_default() {
            if new.iter().any(|source| routes.label_of(&name) == source.as_str()) {
                self.find_or_restore(&name, now);
            }
        }
    }

    /// After the clock was put back to `now`: forecasters have learned hours that have not been, and waits last too long. So
    /// each group goes on from what is stored, as after a restart.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) fn start_over(&mut self, now: Time) -> Result<(), StoreError> {
        (self.observing.api_budget, self.observing.backfill) = Default::default();
        for before in std::mem::take(&mut self.groups) {
            let mut memory = before.memory;
            memory.put_back(now, 3 * before.options.settings.cycle);
            self.store.set(&keys::memory(&before.name), &memory)?;
            let mut group = self.restore_group(&before.name, now);
            group.state = before.state.map(|state| GroupState { seen_at: state.seen_at.min(now), ..state });
            self.groups.push(group);
        }
        Ok(())
    }

    /// Restores the group `at` from what is stored, as after a restart, with the options that are in force now.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) fn restore_again(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let before = self.groups.remove(at);
        self.store.set(&keys::memory(&before.name), &before.memory)?;
        let mut group = self.restore_group(&before.name, now);
        group.state = before.state;
        self.groups.insert(at, group);
        self.observing.backfill = Default::default();
        Ok(())
    }

    /// The persisted state of a group besides its history. What cannot be read counts as missing.
    fn left_of(&self, name: &str) -> Restored {
        let scores = self.store.scores(name).unwrap_or_default().into_iter();
        let midnight = |day: chrono::NaiveDate| Some(day.and_hms_opt(0, 0, 0)?.and_utc());
        Restored {
            mode: self.kept(&keys::mode(name)),
            proposals: self.kept_proposals(name),
            held: self.kept(&keys::floor(name)).flatten(),
            suspension: self.kept(&keys::suspension(name)).flatten(),
            sick: self.kept(&keys::sick(name)).flatten(),
            excluded: self.kept(&keys::incidents(name)).unwrap_or_default(),
            scores: scores.filter_map(|(day, score)| Some((midnight(day)?, score))).collect(),
            memory: self.kept::<Memory>(&keys::memory(name)).unwrap_or_default(),
        }
    }

    fn kept<T: DeserializeOwned>(&self, key: &Key<T>) -> Option<T> {
        let read = self.store.get(key);
        read.inspect_err(|why| tracing::warn!("{why}")).ok().flatten()
    }

    /// The open proposal and the snoozed one.
    fn kept_proposals(&self, name: &str) -> Proposals {
        let is_open = |d: &Decision| d.group == name && d.stage == Stage::Proposed;
        let open = self.store.open_decisions().ok().and_then(|all| all.into_iter().rfind(is_open));
        let id = self.kept(&keys::snoozed(name)).flatten();
        let snoozed = id.and_then(|id| self.store.decision(id).ok().flatten());
        let is_snoozed = |d: &Decision| matches!(d.stage, Stage::Snoozed { .. });
        Proposals { open, snoozed: snoozed.filter(is_snoozed) }
    }

    /// Where the forecasters of the next group are spilled: nowhere while there are few groups, or no disk.
    fn spill_file(&mut self) -> Option<Arc<SpillFile>> {
        if self.groups.len() < forecasters::IN_MEMORY_GROUPS {
            return None;
        }
        if self.spill_file.is_none() {
            let folder = self.store.path().parent().filter(|folder| folder.is_dir())?;
            let made = SpillFile::on(folder);
            self.spill_file = made
                .inspect_err(|e| tracing::warn!("{}: no spill file: {e}", folder.display()))
                .ok()
                .map(Arc::new);
        }
        self.spill_file.clone()
    }

    /// Fills a group's series from the store and trains the forecasters on them.
    fn recall(&mut self, group: &mut GroupRuntime, start: Time, now: Time) {
        let name = group.name.clone();
        let load = |metric, step, from| self.store.load(&name, metric, step, from, now).ok();
        let stored = group.minutes.iter().filter_map(|(m, s)| Some((*m, load(*m, 60, s.start())?)));
        let minutes: Vec<_> = stored.collect();
        // Stored history that starts much later than wanted is not used; all of it is requested again.
        let demand = load(Metric::Demand, group.options.step, start);
        let demand = demand.filter(|demand| demand.start() <= shift(start, LATER));
        let forecasts = group.recall(&minutes, demand.as_ref(), &self.calendar.concerning(&name));
        // The past of a group that is new is shown as it would have been forecast.
        let _ = self.store.save_forecasts(&name, &forecasts);
    }

    /// If the unit of demand has changed, the demand stored so far is not comparable and is deleted. Returns whether it has.
    fn check_demand_definition(&mut self, name: &str, demand: &DemandMeasure) -> bool {
        let (key, counted) = (keys::demand(name), demand.words());
        let before = self.store.get::<String>(&key).ok().flatten();
        if before.as_ref() == Some(&counted) {
            return false;
        }
        let changed = before.is_some();
        if let Some(before) = before {
            let kept = self.store.forget(name, &[Metric::Demand, Metric::Custom]);
            let outcome = kept.map_or_else(|e| e.to_string(), |gone| format!("{gone} samples deleted"));
            let text = format!("demand is now measured by {counted} instead of {before}: {outcome}");
            let _ = self.note(Some(name), JournalKind::Demand, text);
        }
        let _ = self.store.set(&key, &counted);
        changed
    }
}

/// The first step to learn from: `before`, where the previous run started, if that is at most a day earlier than `wanted`
/// and on the same grid, so that the forecasts stay the same; else `wanted`.
fn first_step(wanted: Time, before: Option<Time>, step: Seconds) -> Time {
    let usable = |before: &Time| {
        let earlier = (wanted - *before).num_seconds();
        (0..86_400).contains(&earlier) && earlier % step.max(1) == 0
    };
    before.filter(usable).unwrap_or(wanted)
}

/// `time` rounded down to a step of the grid that contains `anchor`.
fn on_grid(time: Time, anchor: Time, step: i64) -> Time {
    shift(anchor, (time - anchor).num_seconds().div_euclid(step.max(1)) * step.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn learning_starts_where_the_previous_run_started_only_if_that_is_near_and_on_the_grid() {
        let wanted = at_epoch(30 * 86_400);
        let from = |seconds: i64| first_step(wanted, Some(shift(wanted, seconds)), 300);
        assert_eq!(from(-600), shift(wanted, -600));
        assert_eq!(from(-2 * 86_400), wanted, "too long ago");
        assert_eq!(from(600), wanted, "more history is wanted now");
        assert_eq!(from(-450), wanted, "the step has changed");
        assert_eq!(first_step(wanted, None, 300), wanted);
    }
}
