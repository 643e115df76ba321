//! Requests to the trainer by operators and the daily schedule: train, promote, roll back; and the network that
//! takes part in a group's blend.

use super::{ModelKind, Retraining, Trainer, challenge::HELD_OUT};
use crate::{
    domain::{Answer, Seconds, Time, journal::JournalKind, metric::Metric, shift},
    engine::{Engine, group::runtime::GroupRuntime},
    forecast::{
        prior::Prior,
        registry::{Model, Parcel},
    },
    link::LearningView,
    shared::models::Version,
    store::StoreError,
};

/// Seconds from one training to the next.
const DAY: Seconds = 86_400;

impl Engine {
    /// True while a training is running.
    pub fn is_training(&self) -> bool {
        self.trainer.running.is_some()
    }

    /// Starts training a challenger for `group`.
    pub(in crate::engine) fn train(&mut self, operator: &str, group: &str) -> Result<Answer, StoreError> {
        let Some(at) = self.groups.iter().position(|w| w.name == group) else {
            return Ok(Err(format!("there is no group {group}")));
        };
        let answer = self.train_at(at);
        self.remember(operator, Some(group), JournalKind::Training, answer)
    }

    fn train_at(&mut self, at: usize) -> Answer {
        let runtime = &self.groups[at];
        let events = self.calendar.concerning(&runtime.name);
        let name = runtime.name.clone();
        let stored = match runtime.forecasters.is_spilled() {
            true => {
                let (from, step) = (runtime.forecasters.start(), runtime.options.step);
                let stored = self.store.load(&name, Metric::Demand, step, from, self.now);
                Some(stored.map_err(|e| e.to_string())?)
            }
            false => None,
        };
        let history = runtime.training_series(stored.as_ref().unwrap_or(&runtime.demand), &events);
        let answer = self.trainer.start(&name, history, events, self.calendar.zone(), self.now)?;
        self.trainer.trained.retain(|(g, _)| *g != name);
        self.trainer.trained.push((name, self.now));
        Ok(answer)
    }

    /// Handles messages of the training thread, journals its end, and starts the daily training when it is due.
    pub(in crate::engine) fn follow_training(&mut self, now: Time) -> Result<(), StoreError> {
        for (group, why) in std::mem::take(&mut self.trainer.damaged) {
            let text = format!("the model in service was not loaded, the forecast goes on without it: {why}");
            self.note(Some(&group), JournalKind::Model, text)?;
        }
        if let Some((group, outcome)) = self.trainer.follow() {
            self.trainer.forget_old(&group);
            let text = match &outcome {
                Ok(t) => format!("version {} trained; {} ({} forecasts)", t.version, t.words, t.scores.count),
                Err(why) => format!("training failed: {why}"),
            };
            self.note(Some(&group), JournalKind::Model, text)?;
            if outcome.is_ok_and(|t| t.promoted) {
                self.install(&group);
            }
        }
        if self.trainer.options.drift && !self.is_training() {
            self.train_drifted(now)?;
        }
        if self.trainer.options.daily && !self.is_training() {
            self.train_daily(now)?;
        }
        Ok(())
    }

    /// Trains the first group whose load shows drift.
    fn train_drifted(&mut self, now: Time) -> Result<(), StoreError> {
        let learned = |w: &GroupRuntime| w.forecasters.steps() >= self.trainer.options.enough(w.options.step);
        let found = self.groups.iter().enumerate().filter(|(_, w)| learned(w)).find_map(|(at, runtime)| {
            let trained = self.trainer.trained.iter().find(|(g, _)| *g == runtime.name).map(|(_, at)| *at);
            Some((at, runtime.drifted(now, trained)?))
        });
        let Some((at, why)) = found else { return Ok(()) };
        self.note(
            Some(&self.groups[at].name.clone()),
            JournalKind::Training,
            format!("{why}: training a challenger"),
        )?;
        self.train_unasked(at, now)
    }

    fn train_daily(&mut self, now: Time) -> Result<(), StoreError> {
        let trained =
            |w: &GroupRuntime| self.trainer.trained.iter().find(|(g, _)| *g == w.name).map(|(_, at)| *at);
        let learned = |w: &GroupRuntime| w.forecasters.steps() >= self.trainer.options.enough(w.options.step);
        let due = |w: &GroupRuntime| trained(w).is_none_or(|at| (now - at).num_seconds() >= DAY);
        let Some(at) = self.groups.iter().position(|w| learned(w) && due(w)) else {
            return Ok(());
        };
        self.train_unasked(at, now)
    }

    /// Starts a training that no operator requested; a refusal is journalled once a day.
    fn train_unasked(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let name = self.groups[at].name.clone();
        if let Err(why) = self.train_at(at) {
            self.trainer.trained.retain(|(g, _)| *g != name);
            self.trainer.trained.push((name.clone(), now));
            self.note(Some(&name), JournalKind::Training, why)?;
        }
        Ok(())
    }

    /// Adapts the prior of `group` of a backtest at once, where that is due: production does it on a thread, and keeps the result.
    pub fn retrain(&mut self, group: &str, retraining: &mut Retraining) {
        let (now, zone) = (self.now, self.calendar.zone());
        let Some(runtime) = self.groups.iter_mut().find(|w| w.name == group) else { return };
        let events = self.calendar.concerning(group);
        let known = || runtime.training_series(&runtime.demand, &events);
        if let Some(prior) = retraining.at(now, known, &events, zone) {
            runtime.forecasters.update(|champion, _| champion.set_prior(prior));
        }
    }

    /// Lets the promoted network of `group` take part in its blend.
    pub(in crate::engine) fn install(&mut self, group: &str) {
        let Some(runtime) = self.groups.iter_mut().find(|w| w.name == group) else { return };
        install_network(&mut self.trainer, runtime);
    }

    pub(in crate::engine) fn promote(
        &mut self,
        operator: &str,
        group: &str,
        version: &str,
    ) -> Result<Answer, StoreError> {
        let Some(registry) = &self.trainer.registry else {
            return Ok(Err("no models folder is configured".into()));
        };
        let answer = match registry.promote(group, version) {
            Ok(_) => Ok(format!("{group}: version {version} promoted")),
            Err(error) => Err(error.to_string()),
        };
        self.changed_champion(operator, group, answer)
    }

    pub(in crate::engine) fn roll_back(&mut self, operator: &str, group: &str) -> Result<Answer, StoreError> {
        let Some(registry) = &self.trainer.registry else {
            return Ok(Err("no models folder is configured".into()));
        };
        let answer = match registry.roll_back(group) {
            Ok(champion) => Ok(match champion.live {
                Some(version) => format!("{group}: rolled back to version {version}"),
                None => format!("{group}: rolled back to the prior that ships"),
            }),
            Err(error) => Err(error.to_string()),
        };
        self.changed_champion(operator, group, answer)
    }

    fn changed_champion(
        &mut self,
        operator: &str,
        group: &str,
        answer: Answer,
    ) -> Result<Answer, StoreError> {
        if answer.is_ok() {
            self.trainer.list();
            self.install(group);
        }
        self.remember(operator, Some(group), JournalKind::Model, answer)
    }
}

impl Trainer {
    /// What the forecasts of `group` were learned from, and when a network is trained for it.
    pub(in crate::engine) fn learning(&self, group: &GroupRuntime, now: Time) -> LearningView {
        let (steps, step) = (group.forecasters.steps(), group.options.step);
        let last = self.trained.iter().find(|(name, _)| *name == group.name).map(|(_, at)| *at);
        let daily = self.options.daily && self.registry.is_some();
        let enough = self.options.enough(step);
        let missing = if daily { enough.saturating_sub(steps) as Seconds * step } else { 0 };
        let due = last.map_or(now, |at| shift(at, DAY)).max(shift(now, missing));
        LearningView {
            since: group.forecasters.start(),
            load: steps as Seconds * step,
            missing,
            next: daily.then_some(due),
        }
    }

    /// True if the prior is adapted to each group once a day.
    pub(in crate::engine) fn adapts_daily(&self) -> bool {
        self.options.daily && self.options.kind == ModelKind::Prior && self.registry.is_some()
    }

    /// Keeps the `newest` models of each group, beside those that served.
    pub(in crate::engine) fn keep_models(&mut self, newest: usize) {
        self.kept = newest;
    }

    /// Removes the models of `group` that are no longer kept.
    fn forget_old(&mut self, group: &str) {
        let Some(registry) = &self.registry else { return };
        match registry.prune(group, self.kept) {
            Ok(0) => {}
            Ok(_) => self.list(),
            Err(error) => tracing::warn!("old models of {group} were not removed: {error}"),
        }
    }

    /// The version in service for `group`, unless it is `known`. A damaged one is left out; the models page
    /// reports it.
    pub(in crate::engine) fn to_share(&self, group: &str, known: Option<&str>) -> Option<Version> {
        let parcel = self.registry.as_ref()?.export(group, known).ok()??;
        Some(Version { version: parcel.version, manifest: parcel.manifest, weights: parcel.weights })
    }

    /// The version in service for `group`: empty where there is none, `None` where there is no registry.
    pub(in crate::engine) fn serving(&self, group: &str) -> Option<String> {
        let champion = self.registry.as_ref()?.champion(group).ok()?;
        Some(champion.and_then(|champion| champion.live).unwrap_or_default())
    }

    /// True when a model of another agent is useful: there is a registry, and no version is in service.
    pub(in crate::engine) fn has_none(&self, group: &str) -> bool {
        self.registry.as_ref().is_some_and(|registry| matches!(registry.champion(group), Ok(None)))
    }

    /// Imports a version of another agent, or returns why not.
    pub(in crate::engine) fn take(&mut self, group: &str, version: Version) -> Result<(), String> {
        let Some(registry) = &self.registry else { return Err("no models folder is configured".into()) };
        let Version { version, manifest, weights } = version;
        registry.import(group, &Parcel { version, manifest, weights }).map_err(|e| e.to_string())?;
        self.list();
        Ok(())
    }
}

/// Loads the model in service for a group, if it has one; a damaged one is logged and left out.
pub(in crate::engine) fn install_network(trainer: &mut Trainer, runtime: &mut GroupRuntime) {
    let Some(registry) = &trainer.registry else { return };
    let loaded = registry.champion(&runtime.name).and_then(|champion| {
        let Some(version) = champion.and_then(|champion| champion.live) else { return Ok(None) };
        let model = registry.load(&runtime.name, &version, trainer.options.backend)?;
        Ok(Some((model, version)))
    });
    match loaded {
        Ok(Some((Model::Lstm(net), version))) => {
            let row = trainer.rows.iter().find(|r| r.group == runtime.name && r.version == version);
            let from = row.map_or(runtime.forecasters.known_until(), |r| shift(r.trained_at, -HELD_OUT));
            runtime.forecasters.update(|champion, _| {
                champion.set_network(Some((net, from)));
                champion.set_prior(Prior::shipped());
            });
        }
        Ok(Some((Model::Prior(adapted), _))) => runtime.forecasters.update(|champion, _| {
            champion.set_network(None);
            champion.set_prior(adapted.prior());
        }),
        Ok(None) if runtime.forecasters.is_new() => {}
        Ok(None) => runtime.forecasters.update(|champion, _| {
            champion.set_network(None);
            champion.set_prior(Prior::shipped());
        }),
        Err(error) => {
            trainer.problem = Some(error.to_string());
            trainer.damaged.push((runtime.name.clone(), error.to_string()));
        }
    }
}
