//! The champion: an online blend of simple experts, each with its own band.
//!
//! It walks through the history one step at a time and learns only from steps that have ended: at every
//! step it settles the forecasts that spoke of it, then makes new ones. So its weights, bands and scores are
//! all out of sample by construction, and starting anew from stored history gives the same state as having
//! run all along.
//!
//! For each of a few targets ahead there is one `Lane` (`lane.rs`); rows between two lanes are interpolated.

use chrono_tz::Tz;

use super::lane::Lane;
use super::{Forecaster, Known, past::Past, score::Score};
use crate::domain::{
    Seconds, Time,
    event::Event,
    forecast::{Forecast, MEDIAN, Quantiles, tidy},
    series::Series,
};

/// Forecasts one group's demand.
pub struct Champion {
    zone: Tz,
    past: Past,
    step: Seconds,
    lanes: Vec<Lane>,
    rows: usize,
    network: Option<Network>,
}

/// A trained network that takes part in the blend.
struct Network {
    forecaster: Box<dyn Forecaster>,
    /// First step that it was not trained on; before that its word does not count.
    from: Time,
    /// The same past as [`Past`], in the form that forecasters take.
    history: Series,
}

impl Champion {
    /// A champion that knows nothing; the first step it will be told of starts at `start`.
    ///
    /// It speaks of the two hours that follow (at least four steps).
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        let rows = ((7_200 / step).max(4)) as usize;
        let past = Past::new(start, step, zone);
        let lanes = leads(rows).into_iter().map(|lead| Lane::new(lead, past.day())).collect();
        Champion { zone, past, step, lanes, rows, network: None }
    }

    /// A champion that has walked through `history`.
    pub fn from_history(history: &Series, events: &[Event], zone: Tz) -> Self {
        let mut champion = Champion::new(history.start(), history.step(), zone);
        for (_, value) in history.iter() {
            champion.learn(value, events);
        }
        champion
    }

    /// The first moment that it has not been told of.
    pub fn known_until(&self) -> Time {
        self.past.time_of(self.past.len())
    }

    /// Steps that it has been told of.
    pub fn len(&self) -> usize {
        self.past.len()
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// Learns the next step (`None` for a gap). `events` is the calendar as known now.
    pub fn learn(&mut self, value: Option<f64>, events: &[Event]) {
        self.past.push(value);
        let network = self.ask_network(value, events);
        for lane in &mut self.lanes {
            lane.settle(&self.past);
            let said = network.as_ref().and_then(|rows| rows.get(lane.lead() - 1)).map(|row| row[MEDIAN]);
            lane.look_ahead(&self.past, events, said);
        }
    }

    /// Lets `network`, trained on steps before `from`, take part from now on; `None` lets none.
    pub fn set_network(&mut self, network: Option<(Box<dyn Forecaster>, Time)>) {
        let mut history = Series::new(self.past.time_of(0), self.step);
        history.extend((0..self.past.len()).map(|i| self.past.seen(i)));
        self.network = network.map(|(forecaster, from)| Network { forecaster, from, history });
    }

    /// What the network says of the steps ahead, where there is one that may speak.
    fn ask_network(&mut self, value: Option<f64>, events: &[Event]) -> Option<Vec<Quantiles>> {
        let origin = self.known_until();
        let network = self.network.as_mut()?;
        network.history.push(value);
        if origin < network.from {
            return None;
        }
        let known = Known { origin, history: &network.history, events, zone: self.zone };
        network.forecaster.forecast(&known, self.rows)
    }

    /// What it thinks at `origin` of the steps from [`Champion::known_until`] on.
    ///
    /// `None` until it has seen a handful of steps.
    pub fn forecast(&self, origin: Time) -> Option<Forecast> {
        let anchors: Vec<(usize, Quantiles)> =
            self.lanes.iter().filter_map(|lane| lane.ahead().map(|q| (lane.lead(), q))).collect();
        if anchors.len() < self.lanes.len() {
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
    pub fn scores(&self) -> impl Iterator<Item = (usize, &Score)> {
        self.lanes.iter().map(|lane| (lane.lead(), lane.score()))
    }

    /// Share of each expert in the median, nearest target first.
    pub fn shares(&self) -> Vec<(usize, Vec<(&'static str, f64)>)> {
        self.lanes.iter().map(|lane| (lane.lead(), lane.shares())).collect()
    }
}

/// Leads (in steps, from 1) that get a lane of their own: dense near, sparse far.
fn leads(rows: usize) -> Vec<usize> {
    let mut leads: Vec<usize> = [1, 2, 3, 4, 6, 9, 12, 18].into_iter().filter(|l| *l < rows).collect();
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
    use crate::domain::{at_epoch, shift};
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
    fn works_from_a_few_steps_and_an_hour_grid() {
        for step in [60, 900, 3_600] {
            let mut champion = Champion::new(at_epoch(0), step, chrono_tz::Europe::Berlin);
            (0..12).for_each(|_| champion.learn(Some(10.0), &[]));
            let forecast = champion.forecast(at_epoch(12 * step)).expect("twelve steps are enough to speak");
            assert!((forecast.rows[0][MEDIAN] - 10.0).abs() < 1.0);
            assert!(forecast.rows.len() >= 4);
        }
    }
}
