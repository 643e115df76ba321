//! The champion: the blend of one group, over all horizons.
//!
//! It goes through the history one step at a time. At each step its horizon models learn from the forecasts
//! whose target that step was, then make new ones. So weights, error quantiles and scores are out of sample
//! by construction, and replaying the stored history gives the same state as having run all along.
//!
//! A few leads have a `HorizonModel`; for a step between two of them, both forecast it and `ahead` interpolates.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use super::ahead::HORIZON;
use super::{
    ahead::{Ahead, leads, rows},
    calendar_features::EventLabels,
    daily_weights::DailyWeights,
    features::StepContext,
    history::DemandHistory,
    horizon::HorizonModel,
    prior_rows,
    seen::SeenLoad,
};
use crate::{
    domain::{
        Seconds, Time,
        event::Event,
        forecast::{Forecast, MEDIAN, Quantiles},
        series::Series,
    },
    forecast::{ForecastInput, Forecaster, prior::Prior, score::RollingScore},
};

/// Days of history that the network takes as input.
const NETWORK_DAYS: usize = 35;

/// By this factor load must be above the highest that was seen until two days ago before the models start again. What grows
/// slowly they follow.
const LEVEL: f64 = 8.0;
/// The same for a week's mean as a share of a typical load: below, logarithms tell nothing apart.
const FADED: f64 = 0.05;

/// Forecasts one group's demand. All that it has learned can be serialised, except for what was trained, which its
/// owner has to put back ([`Champion::give_trained`]).
#[derive(Serialize, Deserialize)]
pub struct Champion {
    zone: Tz,
    history: DemandHistory,
    labels: EventLabels,
    step: Seconds,
    horizon_models: Vec<HorizonModel>,
    daily_weights: DailyWeights,
    rows: usize,
    /// What the forecast of each step ahead is made from.
    #[serde(skip)]
    ahead: Option<Ahead>,
    seen: SeenLoad,
    /// The highest load that was seen until two days ago, or when the models started again; `None` on the first day.
    level: Option<f64>,
    #[serde(skip, default = "Prior::shipped")]
    prior: Prior,
    #[serde(skip)]
    network: Option<Network>,
}

/// A trained network that takes part in the blend.
pub struct Network {
    forecaster: Box<dyn Forecaster>,
    /// End of its training data; its forecasts are used from here on.
    from: Time,
    /// The newest days of the history, in the form that forecasters take.
    history: Series,
}

/// What a champion did not learn itself.
pub struct Trained {
    network: Option<Network>,
    prior: Prior,
}

impl Champion {
    /// A champion without history; the first step that it will learn starts at `start`.
    ///
    /// It forecasts [`HORIZON`] ahead (at least four steps).
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        Champion::reaching(HORIZON, start, step, zone)
    }

    /// [`Champion::new`] that forecasts `horizon` seconds ahead.
    pub fn reaching(horizon: Seconds, start: Time, step: Seconds, zone: Tz) -> Self {
        let rows = rows(horizon, step);
        let history = DemandHistory::new(start, step, zone);
        let horizon_models =
            leads(rows).into_iter().map(|lead| HorizonModel::new(lead, history.day())).collect();
        Champion {
            zone,
            history,
            labels: EventLabels::default(),
            step,
            horizon_models,
            daily_weights: DailyWeights::default(),
            rows,
            ahead: None,
            seen: SeenLoad::new(step),
            level: None,
            prior: Prior::shipped(),
            network: None,
        }
    }

    /// Forecasts at least `horizon` seconds ahead from the next step on. Each horizon model that this takes starts as a
    /// copy of the farthest one so far and goes on learning at its own lead.
    pub fn extend(&mut self, horizon: Seconds) {
        let rows = rows(horizon, self.step);
        if rows <= self.rows {
            return;
        }
        let farther = leads(rows).into_iter().filter(|lead| *lead > self.rows);
        let added: Vec<_> =
            farther.filter_map(|lead| Some(self.horizon_models.last()?.at_lead(lead))).collect();
        self.horizon_models.extend(added);
        self.rows = rows;
    }

    /// A champion that has learned all of `history`.
    pub fn from_history(history: &Series, events: &[Event], zone: Tz) -> Self {
        let mut champion = Champion::new(history.start(), history.step(), zone);
        for (_, value) in history.iter() {
            champion.learn(value, events);
        }
        champion
    }

    /// Starts a champion without history from those of other groups that have the same step and have learned
    /// for at least a week (`HorizonModel::warm_start`). Returns the number of groups that it started from.
    pub fn warm_start<'a>(&mut self, others: impl Iterator<Item = &'a Champion>) -> usize {
        let week = 7 * self.history.day();
        let others: Vec<_> = others
            .filter(|o| o.step == self.step && o.horizon_models.iter().all(|l| l.learned() >= week))
            .collect();
        if self.is_empty() && !others.is_empty() {
            for model in &mut self.horizon_models {
                let lead = model.lead();
                model.warm_start(&others.iter().filter_map(|o| o.nearest(lead)).collect::<Vec<_>>());
            }
        }
        others.len()
    }

    /// The horizon model whose lead is nearest to `lead`.
    fn nearest(&self, lead: usize) -> Option<&HorizonModel> {
        self.horizon_models.iter().min_by_key(|model| model.lead().abs_diff(lead))
    }

    /// End of the history that it has learned.
    pub fn known_until(&self) -> Time {
        self.history.time_of(self.history.len())
    }

    /// Number of steps that it has learned.
    pub fn len(&self) -> usize {
        self.history.len()
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.history.is_empty()
    }

    /// Learns the next step (`None` for a gap). `events` is the calendar as known now.
    ///
    /// Returns what it has learned: nothing of a reading that is far above all that was seen, until that has lasted.
    pub fn learn(&mut self, value: Option<f64>, events: &[Event]) -> Option<f64> {
        let now = self.context(self.history.len(), events);
        let believed = self.seen.take(value.map(|v| v / now.calendar.multiplier));
        let value = value.filter(|_| believed);
        self.history.push(value, &now.calendar);
        self.follow_level();
        let network = self.network_forecast(value, events);
        let targets: Vec<StepContext> =
            (1..=self.rows).map(|lead| self.context(now.index + lead, events)).collect();
        let network = network.unwrap_or_default().iter().map(|row| row[MEDIAN]).collect();
        let leads = self.horizon_models.iter().map(HorizonModel::lead);
        let prior = self.prior.net().map(|net| prior_rows::rows(net, &self.history, &now, &targets, leads));
        let prior = prior.unwrap_or_default();
        let bound = |target: &StepContext| {
            let announced = target.calendar.strongest().is_some();
            self.seen.bound(announced).times(target.calendar.multiplier)
        };
        let bounds = targets.iter().map(bound).collect();
        let ahead = Ahead { now, targets, network, prior, bounds };
        for model in &mut self.horizon_models {
            model.learn(&self.history);
            if let Some(target) = ahead.target(model.lead()) {
                model.forecast(&self.history, &ahead.now, &target);
            }
        }
        self.ahead = Some(ahead);
        let with_prior = self.prior.net().is_some();
        self.daily_weights.note(self.known_until(), self.step, &self.horizon_models, with_prior);
        value
    }

    /// Replaces the value of a step that was learned; returns the one before. Past errors are not scored again.
    pub fn correct(&mut self, time: Time, value: f64, events: &[Event]) -> Option<f64> {
        let index = self.history.index_of(time)?;
        let before = self.history.observed(index);
        self.history.correct(index, value, &self.labels.features(time, events));
        if let Some(network) = &mut self.network {
            network.history.insert(time, value);
        }
        before
    }

    /// The highest load seen in the last weeks, without the operator's multiplier.
    pub fn highest_seen(&self) -> Option<f64> {
        self.seen.highest()
    }

    /// The same, or the level of the newest quarter of an hour where that is higher, believed or not.
    pub fn highest_or_lasting(&self) -> Option<f64> {
        self.seen.highest_or_lasting()
    }

    /// Starts the models again where load is on another level than the one that they began on: an idle group that gets
    /// traffic, or one that keeps a small share of it.
    fn follow_level(&mut self) {
        let (day, len) = (self.history.day(), self.history.len());
        if len < day {
            return;
        }
        let seen = self.seen.highest().unwrap_or(0.0);
        let level = self.level.unwrap_or(seen).max(self.seen.highest_before().unwrap_or(0.0));
        self.level = Some(level);
        let unit = self.horizon_models[0].unit();
        let week = self.history.mean(len.saturating_sub(7 * day), len).filter(|_| len > 8 * day);
        let faded = week.filter(|week| *week > 0.0 && *week < FADED * unit);
        // The newest level is typical of what comes; of what lasted a week, its mean is.
        let sudden = (seen > LEVEL * level).then(|| self.history.last()).filter(|last| *last > 0.0);
        let Some(unit) = sudden.or(faded) else { return };
        let since = if sudden.is_some() { len - 1 } else { len.saturating_sub(7 * day) };
        self.level = Some(seen);
        self.horizon_models.iter_mut().for_each(|model| model.restart(unit, since));
    }

    /// Local time and calendar features of step `index`.
    fn context(&mut self, index: usize, events: &[Event]) -> StepContext {
        let calendar = self.labels.features(self.history.time_of(index), events);
        StepContext { index, local: self.history.local(index), calendar }
    }

    /// Uses `network`, trained on steps before `from`, from now on; `None` uses none.
    pub fn set_network(&mut self, network: Option<(Box<dyn Forecaster>, Time)>) {
        let first =
            self.history.len().saturating_sub(NETWORK_DAYS * self.history.day()).max(self.history.first());
        let mut history = Series::new(self.history.time_of(first), self.step);
        history.extend((first..self.history.len()).map(|i| self.history.observed(i)));
        self.network = network.map(|(forecaster, from)| Network { forecaster, from, history });
    }

    /// Hears another prior from now on, or none.
    pub fn set_prior(&mut self, prior: Prior) {
        self.prior = prior;
    }

    /// What the prior alone says of the step `lead` ahead.
    pub fn said_by_prior(&self, lead: usize) -> Option<Quantiles> {
        self.ahead.as_ref()?.target(lead)?.prior
    }

    /// Takes the network and the prior out while the rest is serialised.
    pub fn take_trained(&mut self) -> Trained {
        Trained { network: self.network.take(), prior: self.prior.clone() }
    }

    /// Puts back what was taken out.
    pub fn give_trained(&mut self, trained: Trained) {
        (self.network, self.prior) = (trained.network, trained.prior);
    }

    /// The network's forecast of the steps ahead; `None` without a network, or while the origin lies in its
    /// training data.
    fn network_forecast(&mut self, value: Option<f64>, events: &[Event]) -> Option<Vec<Quantiles>> {
        let origin = self.known_until();
        let network = self.network.as_mut()?;
        network.history.push(value);
        network.history.keep_last(NETWORK_DAYS * self.history.day());
        if origin < network.from {
            return None;
        }
        let known = ForecastInput { origin, history: &network.history, events, zone: self.zone };
        network.forecaster.forecast(&known, self.rows)
    }

    /// The forecast at `origin` of the steps from [`Champion::known_until`] on.
    ///
    /// `None` until it has learned a handful of steps.
    pub fn forecast(&self, origin: Time) -> Option<Forecast> {
        self.horizon_models.first()?.newest()?;
        let rows = self.ahead.as_ref()?.rows(&self.horizon_models, &self.history);
        Some(Forecast { origin, step: self.step, model: self.name(), rows, first: self.known_until() })
    }

    /// The median forecast of the next step.
    pub fn expected(&self) -> Option<f64> {
        self.horizon_models.first()?.newest().map(|next| next[MEDIAN])
    }

    /// Name for people and records.
    pub fn name(&self) -> String {
        match &self.network {
            Some(network) => format!("blend with {}", network.forecaster.name()),
            None if self.prior.is_adapted() => "blend with adapted prior".into(),
            None => "blend".into(),
        }
    }

    /// Accuracy of its forecasts over about the last week, by lead in steps.
    pub fn scores(&self) -> impl Iterator<Item = (usize, &RollingScore)> {
        self.horizon_models.iter().map(|model| (model.lead(), model.score()))
    }

    /// By lead in steps: while p95 is exceeded far more often than it should be, how often recently, and of
    /// how many outcomes. Its quantiles above the median are then widened.
    pub fn alarms(&self) -> impl Iterator<Item = (usize, Option<(u32, u32)>)> {
        self.horizon_models.iter().map(|model| (model.lead(), model.alarm()))
    }

    /// Weight of each expert in the median, by lead in steps.
    pub fn shares(&self) -> Vec<(usize, Vec<(&'static str, f64)>)> {
        let with_prior = self.prior.net().is_some();
        self.horizon_models.iter().map(|model| (model.lead(), model.shares(with_prior))).collect()
    }

    /// The same at the end of each of the last days.
    pub fn daily_weights(&self) -> &DailyWeights {
        &self.daily_weights
    }
}

#[cfg(test)]
mod tests;
