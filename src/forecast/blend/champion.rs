//! The champion: the blend of one group, over all horizons.
//!
//! It goes through the history one step at a time. At each step its horizon models learn from the forecasts
//! whose target that step was, then make new ones. So weights, error quantiles and scores are out of sample
//! by construction, and replaying the stored history gives the same state as having run all along.
//!
//! A few leads have a `HorizonModel`; forecasts of the steps between two of them are interpolated.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    calendar_features::EventLabels, features::StepContext, history::DemandHistory, horizon::HorizonModel,
    seen::SeenLoad,
};
use crate::{
    domain::{
        Seconds, Time,
        event::Event,
        forecast::{Forecast, MEDIAN, Quantiles, tidy},
        series::Series,
    },
    forecast::{ForecastInput, Forecaster, score::RollingScore},
};

/// Days of history that the network takes as input.
const NETWORK_DAYS: usize = 35;

/// By this factor load must be above the highest that was seen until two days ago before the models start again. What grows
/// slowly they follow.
const LEVEL: f64 = 8.0;
/// The same for a week's mean as a share of a typical load: below, logarithms tell nothing apart.
const FADED: f64 = 0.05;

/// Forecasts one group's demand. All that it has learned can be serialised, except for the network, whose
/// owner has to put it back ([`Champion::give_network`]).
#[derive(Serialize, Deserialize)]
pub struct Champion {
    zone: Tz,
    history: DemandHistory,
    labels: EventLabels,
    step: Seconds,
    horizon_models: Vec<HorizonModel>,
    rows: usize,
    seen: SeenLoad,
    /// The highest load that was seen until two days ago, or when the models started again; `None` on the first day.
    level: Option<f64>,
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

impl Champion {
    /// A champion without history; the first step that it will learn starts at `start`.
    ///
    /// It forecasts two hours ahead (at least four steps).
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        let rows = ((7_200 / step).max(4)) as usize;
        let history = DemandHistory::new(start, step, zone);
        let horizon_models =
            leads(rows).into_iter().map(|lead| HorizonModel::new(lead, history.day())).collect();
        Champion {
            zone,
            history,
            labels: EventLabels::default(),
            step,
            horizon_models,
            rows,
            seen: SeenLoad::new(step),
            level: None,
            network: None,
        }
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
            for (i, model) in self.horizon_models.iter_mut().enumerate() {
                model.warm_start(&others.iter().map(|o| &o.horizon_models[i]).collect::<Vec<_>>());
            }
        }
        others.len()
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
        let leads: Vec<usize> = self.horizon_models.iter().map(HorizonModel::lead).collect();
        let targets: Vec<StepContext> =
            leads.iter().map(|lead| self.context(now.index + lead, events)).collect();
        for (model, target) in self.horizon_models.iter_mut().zip(&targets) {
            model.learn(&self.history);
            let median = network.as_ref().and_then(|rows| rows.get(model.lead() - 1)).map(|row| row[MEDIAN]);
            let bound = self.seen.bound(target.calendar.strongest().is_some());
            model.forecast(&self.history, &now, target, median, bound.times(target.calendar.multiplier));
        }
        value
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

    /// Takes the network out while the rest is serialised.
    pub fn take_network(&mut self) -> Option<Network> {
        self.network.take()
    }

    /// Puts a network back that was taken out.
    pub fn give_network(&mut self, network: Option<Network>) {
        self.network = network;
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
        let anchors: Vec<(usize, Quantiles)> = self
            .horizon_models
            .iter()
            .filter_map(|model| model.newest().map(|q| (model.lead(), q)))
            .collect();
        if anchors.len() < self.horizon_models.len() {
            return None;
        }
        let rows = (1..=self.rows).map(|lead| interpolated(&anchors, lead)).collect();
        Some(Forecast { origin, step: self.step, model: self.name(), rows, first: self.known_until() })
    }

    /// Name for people and records.
    pub fn name(&self) -> String {
        match &self.network {
            Some(network) => format!("blend with {}", network.forecaster.name()),
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
        self.horizon_models.iter().map(|model| (model.lead(), model.shares())).collect()
    }
}

/// Leads (in steps, from 1) that have a horizon model: dense at first, sparse later.
fn leads(rows: usize) -> Vec<usize> {
    let dense = [1, 2, 3, 4, 6, 9, 12, 18, 27, 40, 60, 85];
    let mut leads: Vec<usize> = dense.into_iter().filter(|l| *l < rows).collect();
    leads.push(rows);
    leads
}

/// The quantiles of `lead`, linear between the nearest leads in `anchors`.
fn interpolated(anchors: &[(usize, Quantiles)], lead: usize) -> Quantiles {
    let after = anchors.partition_point(|(l, _)| *l < lead).min(anchors.len() - 1);
    let (far, high) = anchors[after];
    let (near, low) = anchors[after.saturating_sub(1)];
    let share = if far > near { (lead as f64 - near as f64) / (far - near) as f64 } else { 1.0 };
    let mut row: Quantiles = std::array::from_fn(|i| low[i] + share.clamp(0.0, 1.0) * (high[i] - low[i]));
    tidy(&mut row);
    row
}

#[cfg(test)]
mod tests;
