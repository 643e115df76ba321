//! The last days as they were recorded, and what they would have brought, kept for as long as it is the same.

use std::collections::VecDeque;

use crate::{
    domain::{
        Seconds, Time,
        event::Event,
        forecast::Forecast,
        inputs::SettingsInputs,
        metric::Metric,
        series::Series,
        shift,
        what_if::{PastDays, WhatIf},
    },
    engine::group::GroupRuntime,
    plan::what_if::{BACK, Present, RecordedDays},
    store::{Store, StoreError},
};

/// Most cycles that are walked: a week of five minutes. With shorter cycles it is less than a week.
const MOST_CYCLES: Seconds = 2_016;
/// Answers that are kept: two for each of a few screens, and what was changed before.
const KEPT: usize = 32;

/// Groups whose last days are kept as they were read: a week of one takes a few megabytes.
const KEPT_DAYS: usize = 4;

/// Answers of late, also that there is none, with why.
#[derive(Debug, Default)]
pub(in crate::engine) struct Replays {
    answers: VecDeque<(ReplayKey, Result<PastDays, String>)>,
    days: KeptDays,
}

/// Last days that were read of late, by the group and its newest cycle.
#[derive(Debug, Default)]
pub(super) struct KeptDays(VecDeque<(String, Option<Time>, StoredDays)>);

/// What an answer follows from.
#[derive(Debug, PartialEq)]
pub(super) struct ReplayKey {
    group: String,
    cycled: Option<Time>,
    settings: SettingsInputs,
    lead: Seconds,
    sizes: (u32, u32),
    what_if: WhatIf,
}

impl ReplayKey {
    pub(super) fn of(group: &GroupRuntime, present: &Present<'_>, what_if: &WhatIf) -> ReplayKey {
        let inputs = present.plan.inputs.as_deref();
        let settings = inputs.map(|inputs| inputs.settings.clone()).unwrap_or_default();
        // The quantile of an objective moves every minute, and the answer with it by less than can be seen.
        let risk = if settings.objective.is_some() { 0.0 } else { settings.risk };
        ReplayKey {
            group: group.name.clone(),
            cycled: group.memory.cycled,
            settings: SettingsInputs { risk, ..settings },
            lead: inputs.map_or(0, |inputs| inputs.lead),
            sizes: inputs.map_or((0, 0), |inputs| (inputs.group.min, inputs.group.max)),
            what_if: *what_if,
        }
    }
}

impl Replays {
    /// The answer to `key`, which `compute` gives where it is not known.
    pub(super) fn answer(
        &mut self,
        key: ReplayKey,
        compute: impl FnOnce(&mut KeptDays) -> Result<PastDays, String>,
    ) -> Result<PastDays, String> {
        if let Some((_, answer)) = self.answers.iter().find(|(known, _)| *known == key) {
            return answer.clone();
        }
        let answer = compute(&mut self.days);
        self.answers.push_back((key, answer.clone()));
        while self.answers.len() > KEPT {
            self.answers.pop_front();
        }
        answer
    }
}

impl KeptDays {
    /// The last days of `group` before `now`, read once a cycle.
    pub(super) fn of(
        &mut self,
        store: &Store,
        group: &GroupRuntime,
        now: Time,
    ) -> Result<&StoredDays, StoreError> {
        let cycled = group.memory.cycled;
        let known = self.0.iter().position(|(name, cycle, _)| *name == group.name && *cycle == cycled);
        let days = match known.and_then(|at| self.0.remove(at)) {
            Some(known) => known,
            None => (group.name.clone(), cycled, recorded(store, group, now)?),
        };
        // The one that was asked for last stands last.
        self.0.retain(|(name, _, _)| *name != group.name);
        while self.0.len() >= KEPT_DAYS {
            self.0.pop_front();
        }
        Ok(&self.0.push_back_mut(days).2)
    }
}

/// The last days of a group, as the store has them.
#[derive(Debug)]
pub(super) struct StoredDays {
    forecasts: Vec<Forecast>,
    load: Series,
    complete_after: Seconds,
    serving: Option<u32>,
}

/// Reads the last days of `group` before `now`.
fn recorded(store: &Store, group: &GroupRuntime, now: Time) -> Result<StoredDays, StoreError> {
    let back = BACK.min(MOST_CYCLES * group.options.settings.cycle);
    let mut forecasts = store.forecasts(&group.name, shift(now, -back), now)?;
    forecasts.retain(|forecast| forecast.step == group.options.step);
    let first = forecasts.first().map_or(now, |forecast| forecast.origin);
    let demand = group.options.demand.metric();
    let minutes = |metric| store.load(&group.name, metric, 60, first, now);
    let (own, in_service) = (minutes(demand)?, minutes(Metric::InService)?);
    let of = |metric| Some(if metric == Metric::InService { &in_service } else { &own });
    let times = own.iter().map(|(time, _)| time);
    let load = Series::from_values(own.start(), 60, times.map(|time| group.load_in(of, time)));
    let complete_after = group.demand_complete_after();
    let known = load.before(shift(now, -complete_after));
    let serving = in_service.known().next().map(|serving| serving.max(0.0) as u32);
    Ok(StoredDays { forecasts, load: known, complete_after, serving })
}

impl StoredDays {
    /// What they would have brought.
    pub(super) fn replay(
        &self,
        present: &Present<'_>,
        what_if: &WhatIf,
        events: &[Event],
    ) -> Result<PastDays, String> {
        let first = self.forecasts.first().ok_or("no forecast of the last days is kept yet")?;
        let (from, until) = (first.origin, shift(self.load.known_until(), BACK));
        let floors = events.iter().filter(|e| e.min_instances.is_some() && e.touches(from, until));
        let floors: Vec<Event> = floors.cloned().collect();
        let days = RecordedDays {
            forecasts: &self.forecasts,
            load: &self.load,
            complete_after: self.complete_after,
            serving: self.serving.unwrap_or(present.plan.from),
            events: &floors,
        };
        present.replay(what_if, &days)
    }
}
