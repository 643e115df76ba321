//! The champion: an online blend of simple experts, each with its own band.
//!
//! It walks through the history one step at a time and learns only from steps that have ended: at every
//! step it settles the forecasts that spoke of it, then makes new ones. So its weights, bands and scores are
//! all out of sample by construction, and starting anew from stored history gives the same state as having
//! run all along.
//!
//! For each of a few targets ahead there is one `Lane` (`lane.rs`); rows between two lanes are interpolated.

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

/// Days of history that a network is shown.
const HEARD_DAYS: usize = 35;

/// Forecasts one group's demand. All that it has learned can be written down and read back; a network is no part of
/// that, whoever holds it gives it back.
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
    /// First step that it was not trained on; before that its word does not count.
    from: Time,
    /// The newest days of [`DemandHistory`], in the form that forecasters take.
    history: Series,
}

impl Champion {
    /// A champion that knows nothing; the first step it will be told of starts at `start`.
    ///
    /// It speaks of the two hours that follow (at least four steps).
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        let rows = ((7_200 / step).max(4)) as usize;
        let history = DemandHistory::new(start, step, zone);
        let horizon_models =
            leads(rows).into_iter().map(|lead| HorizonModel::new(lead, history.day())).collect();
        Champion { zone, history, labels: EventLabels::default(), step, horizon_models, rows, network: None }
    }

    /// A champion that has walked through `history`.
    pub fn from_history(history: &Series, events: &[Event], zone: Tz) -> Self {
        let mut champion = Champion::new(history.start(), history.step(), zone);
        for (_, value) in history.iter() {
            champion.learn(value, events);
        }
        champion
    }

    /// Begins with what the champions of other groups have learned in at least a week, where their steps are as long;
    /// for one that has not been told of anything yet. Returns how many it borrowed from.
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

    /// The first moment that it has not been told of.
    pub fn known_until(&self) -> Time {
        self.history.time_of(self.history.len())
    }

    /// Steps that it has been told of.
    pub fn len(&self) -> usize {
        self.history.len()
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.history.is_empty()
    }

    /// Learns the next step (`None` for a gap). `events` is the calendar as known now.
    pub fn learn(&mut self, value: Option<f64>, events: &[Event]) {
        let now = self.moment(self.history.len(), events);
        self.history.push(value, &now.calendar);
        let network = self.ask_network(value, events);
        let leads: Vec<usize> = self.horizon_models.iter().map(HorizonModel::lead).collect();
        let targets: Vec<StepContext> =
            leads.iter().map(|lead| self.moment(now.index + lead, events)).collect();
        for (model, target) in self.horizon_models.iter_mut().zip(&targets) {
            model.settle(&self.history);
            let predicted =
                network.as_ref().and_then(|rows| rows.get(model.lead() - 1)).map(|row| row[MEDIAN]);
            model.look_ahead(&self.history, &now, target, predicted);
        }
    }

    /// What clock and calendar say of step `index`.
    fn moment(&mut self, index: usize, events: &[Event]) -> StepContext {
        let calendar = self.labels.calendar(self.history.time_of(index), events);
        StepContext { index, local: self.history.local(index), calendar }
    }

    /// Lets `network`, trained on steps before `from`, take part from now on; `None` lets none.
    pub fn set_network(&mut self, network: Option<(Box<dyn Forecaster>, Time)>) {
        let first =
            self.history.len().saturating_sub(HEARD_DAYS * self.history.day()).max(self.history.first());
        let mut history = Series::new(self.history.time_of(first), self.step);
        history.extend((first..self.history.len()).map(|i| self.history.seen(i)));
        self.network = network.map(|(forecaster, from)| Network { forecaster, from, history });
    }

    /// Takes the network out, for the time in which the rest is written down.
    pub fn take_network(&mut self) -> Option<Network> {
        self.network.take()
    }

    /// Gives a network back that was taken out.
    pub fn give_network(&mut self, network: Option<Network>) {
        self.network = network;
    }

    /// What the network says of the steps ahead, where there is one that may speak.
    fn ask_network(&mut self, value: Option<f64>, events: &[Event]) -> Option<Vec<Quantiles>> {
        let origin = self.known_until();
        let network = self.network.as_mut()?;
        network.history.push(value);
        network.history.keep_last(HEARD_DAYS * self.history.day());
        if origin < network.from {
            return None;
        }
        let known = ForecastInput { origin, history: &network.history, events, zone: self.zone };
        network.forecaster.forecast(&known, self.rows)
    }

    /// What it thinks at `origin` of the steps from [`Champion::known_until`] on.
    ///
    /// `None` until it has seen a handful of steps.
    pub fn forecast(&self, origin: Time) -> Option<Forecast> {
        let anchors: Vec<(usize, Quantiles)> =
            self.horizon_models.iter().filter_map(|model| model.ahead().map(|q| (model.lead(), q))).collect();
        if anchors.len() < self.horizon_models.len() {
            return None;
        }
        let rows = (1..=self.rows).map(|lead| between(&anchors, lead)).collect();
        Some(Forecast { origin, step: self.step, model: self.name(), rows, first: self.known_until() })
    }

    /// Name for people and records.
    pub fn name(&self) -> String {
        match &self.network {
            Some(network) => format!("blend with {}", network.forecaster.name()),
            None => "blend".into(),
        }
    }

    /// Scores of its own forecasts on the recent past (about a week), by lead in steps.
    pub fn scores(&self) -> impl Iterator<Item = (usize, &RollingScore)> {
        self.horizon_models.iter().map(|model| (model.lead(), model.score()))
    }

    /// By lead in steps: while its p95 is missed far more often than it may be, how often of late, and of how many
    /// times. Its band is then widened.
    pub fn alarms(&self) -> impl Iterator<Item = (usize, Option<(u32, u32)>)> {
        self.horizon_models.iter().map(|model| (model.lead(), model.alarm()))
    }

    /// Share of each expert in the median, nearest target first.
    pub fn shares(&self) -> Vec<(usize, Vec<(&'static str, f64)>)> {
        self.horizon_models.iter().map(|model| (model.lead(), model.shares())).collect()
    }
}

/// Leads (in steps, from 1) that get a lane of their own: dense near, sparse far.
fn leads(rows: usize) -> Vec<usize> {
    let dense = [1, 2, 3, 4, 6, 9, 12, 18, 27, 40, 60, 85];
    let mut leads: Vec<usize> = dense.into_iter().filter(|l| *l < rows).collect();
    leads.push(rows);
    leads
}

/// The quantiles of `lead`, linear between the lanes beside it.
fn between(anchors: &[(usize, Quantiles)], lead: usize) -> Quantiles {
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
    use crate::domain::{at_epoch, event::EventKind, shift};
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
        let (lead, score) = champion.scores().find(|(lead, _)| *lead == 12).expect("12 has a lane");
        assert!(score.wape() < 0.5 * score.last_wape(), "{lead}: {score:?}");
        assert!((score.coverage() - 0.95).abs() < 0.03, "{score:?}");
    }

    #[test]
    fn a_new_group_warm_starts_from_others() {
        let donor = Champion::from_history(&wave(4_000), &[], chrono_tz::UTC);
        let new = || Champion::new(at_epoch(1_700_000_100), 300, chrono_tz::UTC);
        let mut warm_started = new();
        assert_eq!(warm_started.warm_start([&donor].into_iter()), 1);
        // How far the shares of experts are from the donor's, all lanes together.
        let away = |champion: &Champion| -> f64 {
            let horizon_models = donor.shares().into_iter().zip(champion.shares());
            let experts = horizon_models.flat_map(|((_, theirs), (_, ours))| theirs.into_iter().zip(ours));
            experts.map(|((_, theirs), (_, ours))| (theirs - ours).abs()).sum()
        };
        let (with, without) = (away(&warm_started), away(&new()));
        assert!(with < 0.6 * without, "{with} {without}");
        assert_eq!(
            new().warm_start([&new()].into_iter()),
            0,
            "nothing to borrow from one that knows nothing"
        );
        let mut hourly = Champion::new(at_epoch(1_700_000_100), 3_600, chrono_tz::UTC);
        assert_eq!(hourly.warm_start([&donor].into_iter()), 0, "another step is another thing");
    }

    #[test]
    fn the_future_does_not_reach_back() {
        let clean = wave(3_200);
        let cut = 3_000;
        let mut champion = Champion::new(clean.start(), 300, chrono_tz::UTC);
        let mut told = Vec::new();
        for i in 0..cut {
            champion.learn(clean.get(i), &[]);
            told.push(champion.forecast(clean.time_of(i + 1)));
        }
        let mut poisoned = Series::new(clean.start(), 300);
        poisoned.extend(clean.iter().enumerate().map(|(i, (_, v))| if i < cut { v } else { Some(1e9) }));
        let mut again = Champion::new(clean.start(), 300, chrono_tz::UTC);
        for (i, (_, value)) in poisoned.iter().enumerate() {
            again.learn(value, &[]);
            if i < cut {
                assert_eq!(again.forecast(clean.time_of(i + 1)), told[i], "step {i}");
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
                    assert!(row.windows(2).all(|w| w[0] <= w[1]) && row[0] >= 0.0 && row[8].is_finite());
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
            let forecast = champion.forecast(at_epoch(steps * step)).expect("an hour is enough to speak");
            let (first, last) = (forecast.rows[0], forecast.rows[forecast.rows.len() - 1]);
            assert!((first[MEDIAN] - 10.0).abs() < 1.0, "{minutes} min: {first:?}");
            assert!(forecast.rows.len() as i64 * step > 7_200 - step);
            assert!(last[6] - last[0] > 2.0, "{minutes} min: {last:?} is too sure after an hour");
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
        let (told, untold) = (ahead(&[sale]), ahead(&[]));
        assert!((told[3][MEDIAN] / untold[3][MEDIAN] - 3.0).abs() < 0.3, "inside");
        assert!((told[23][MEDIAN] / untold[23][MEDIAN]) < 2.0, "an hour after its end");
    }
}
