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
        Champion { zone, history, labels: EventLabels::default(), step, horizon_models, rows, network: None }
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
    pub fn learn(&mut self, value: Option<f64>, events: &[Event]) {
        let now = self.context(self.history.len(), events);
        self.history.push(value, &now.calendar);
        let network = self.network_forecast(value, events);
        let leads: Vec<usize> = self.horizon_models.iter().map(HorizonModel::lead).collect();
        let targets: Vec<StepContext> =
            leads.iter().map(|lead| self.context(now.index + lead, events)).collect();
        for (model, target) in self.horizon_models.iter_mut().zip(&targets) {
            model.learn(&self.history);
            let median = network.as_ref().and_then(|rows| rows.get(model.lead() - 1)).map(|row| row[MEDIAN]);
            model.forecast(&self.history, &now, target, median);
        }
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
mod tests {
    use super::*;
    use crate::domain::{
        at_epoch,
        event::EventKind,
        forecast::{P10, P95, P99},
        shift,
    };
    use rand::{RngExt, SeedableRng};

    /// Ten days of a daily wave with noise and gaps.
    fn wave(steps: usize) -> Series {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(3);
        let values = (0..steps).map(|i| {
            let day = (i % 288) as f64 / 288.0;
            let v = 100.0 + 60.0 * (std::f64::consts::TAU * day).sin() + 8.0 * rng.random::<f64>();
            (i % 97 != 0).then_some(v)
        });
        Series::from_values(at_epoch(1_700_000_100), 300, values)
    }

    #[test]
    fn beats_the_last_value_and_covers_on_a_daily_wave() {
        let champion = Champion::from_history(&wave(4_000), &[], chrono_tz::UTC);
        let (lead, score) = champion.scores().find(|(lead, _)| *lead == 12).expect("lead 12 has a model");
        assert!(score.wape() < 0.5 * score.last_wape(), "{lead}: {score:?}");
        assert!((score.coverage() - 0.95).abs() < 0.03, "{score:?}");
    }

    #[test]
    fn a_new_group_warm_starts_from_others() {
        let donor = Champion::from_history(&wave(4_000), &[], chrono_tz::UTC);
        let new = || Champion::new(at_epoch(1_700_000_100), 300, chrono_tz::UTC);
        let mut warm_started = new();
        assert_eq!(warm_started.warm_start([&donor].into_iter()), 1);
        // Distance of the weights of experts from the donor's, over all horizons.
        let distance = |champion: &Champion| -> f64 {
            let horizon_models = donor.shares().into_iter().zip(champion.shares());
            let experts = horizon_models.flat_map(|((_, theirs), (_, ours))| theirs.into_iter().zip(ours));
            experts.map(|((_, theirs), (_, ours))| (theirs - ours).abs()).sum()
        };
        let (with, without) = (distance(&warm_started), distance(&new()));
        assert!(with < 0.6 * without, "{with} {without}");
        assert_eq!(new().warm_start([&new()].into_iter()), 0, "a champion without history is no donor");
        let mut hourly = Champion::new(at_epoch(1_700_000_100), 3_600, chrono_tz::UTC);
        assert_eq!(hourly.warm_start([&donor].into_iter()), 0, "steps must be equally long");
    }

    #[test]
    fn later_values_do_not_change_a_forecast() {
        let clean = wave(3_200);
        let cut = 3_000;
        let mut champion = Champion::new(clean.start(), 300, chrono_tz::UTC);
        let mut made = Vec::new();
        for i in 0..cut {
            champion.learn(clean.get(i), &[]);
            made.push(champion.forecast(clean.time_of(i + 1)));
        }
        let mut poisoned = Series::new(clean.start(), 300);
        poisoned.extend(clean.iter().enumerate().map(|(i, (_, v))| if i < cut { v } else { Some(1e9) }));
        let mut again = Champion::new(clean.start(), 300, chrono_tz::UTC);
        for (i, (_, value)) in poisoned.iter().enumerate() {
            again.learn(value, &[]);
            if i < cut {
                assert_eq!(again.forecast(clean.time_of(i + 1)), made[i], "step {i}");
            }
        }
    }

    #[test]
    fn quantiles_ascend_and_are_never_negative() {
        let mut champion = Champion::new(at_epoch(0), 300, chrono_tz::UTC);
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(11);
        for i in 0..900 {
            let v = if i % 50 < 3 { 1e6 * rng.random::<f64>() } else { rng.random::<f64>() };
            champion.learn((rng.random::<f64>() > 0.1).then_some(v), &[]);
            if let Some(forecast) = champion.forecast(shift(at_epoch(0), 300 * (i + 1))) {
                for row in &forecast.rows {
                    assert!(row.windows(2).all(|w| w[0] <= w[1]) && row[P10] >= 0.0 && row[P99].is_finite());
                }
            }
        }
    }

    #[test]
    fn forecasts_after_an_hour_with_wide_quantiles() {
        for minutes in 1..=60 {
            let step = 60 * minutes;
            let mut champion = Champion::new(at_epoch(0), step, chrono_tz::Europe::Berlin);
            let steps = (3_600 + step - 1) / step;
            (0..steps).for_each(|_| champion.learn(Some(10.0), &[]));
            let forecast =
                champion.forecast(at_epoch(steps * step)).expect("an hour is enough for a forecast");
            let (first, last) = (forecast.rows[0], forecast.rows[forecast.rows.len() - 1]);
            assert!((first[MEDIAN] - 10.0).abs() < 1.0, "{minutes} min: {first:?}");
            assert!(forecast.rows.len() as i64 * step > 7_200 - step);
            assert!(last[P95] - last[P10] > 2.0, "{minutes} min: {last:?} is too sure after an hour");
        }
    }

    #[test]
    fn a_multiplier_holds_before_any_event_of_its_kind_was_seen() {
        let start = at_epoch(1_700_000_100);
        let sale = Event {
            name: "sale".into(),
            kind: EventKind::Sale,
            label: "sale".into(),
            start: shift(start, 2_000 * 300),
            end: shift(start, 2_012 * 300),
            multiplier: Some(3.0),
            min_instances: None,
            groups: vec![],
        };
        let ahead = |events: &[Event]| {
            let champion = Champion::from_history(&wave(1_999), events, chrono_tz::UTC);
            champion.forecast(champion.known_until()).expect("days are known").rows
        };
        let (with, without) = (ahead(&[sale]), ahead(&[]));
        assert!((with[3][MEDIAN] / without[3][MEDIAN] - 3.0).abs() < 0.3, "inside");
        assert!((with[23][MEDIAN] / without[23][MEDIAN]) < 2.0, "an hour after its end");
    }
}
