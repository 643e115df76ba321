//! The outlook: a forecast of demand for the next two days by the hour, for people to see and not to act on.
//!
//! It works like the blend ([`super::blend`]) and is far simpler: hourly means, a few experts for days,
//! weeks, clock and calendar, one set of error quantiles each, and for every hour ahead an aggregation that
//! learns from the hours that have ended. It costs a group little memory and, once an hour, well under a
//! millisecond.

use std::collections::VecDeque;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::blend::{
    aggregation::Blend,
    calendar_features::EventLabels,
    error_quantiles::ErrorQuantiles,
    features::{self, CLOCK_FLAGS, CLOCK_WIDTH},
    history::DemandHistory,
    ridge::OnlineRidge,
};
use crate::domain::{
    Seconds, Time,
    event::Event,
    floor_to,
    forecast::{LEVELS, MEDIAN, P10, P90},
    shift,
};

/// Hours ahead.
const HOURS: usize = 48;
/// Hours of history that a forecast needs.
const LEAST: usize = 2;
const HOUR: Seconds = 3_600;
/// Levels that are forecast.
const SHOWN: [usize; 3] = [P10, MEDIAN, P90];
/// Experts: the newest hour, the mean of a day, a day ago, a week ago, that at the present level, the mean of
/// four weeks, clock and calendar, those at the present level.
const EXPERTS: usize = 8;
/// Position of the value a day ago, whose errors give the scale of losses.
const DAY_AGO: usize = 2;

/// One hour ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlookHour {
    /// Start of the hour.
    pub time: Time,
    /// Demand per step (mean over the hour): the 0.10, 0.50 and 0.90 quantiles.
    pub quantiles: [f64; 3],
}

/// Learns hour by hour and forecasts the next two days.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outlook {
    step: Seconds,
    zone: Tz,
    /// Hourly means; `None` before the first step.
    history: Option<DemandHistory>,
    /// Sum, number of known steps and number of steps of the current hour.
    open: (f64, u32, u32),
    pattern: OnlineRidge,
    labels: EventLabels,
    leads: Vec<HourModel>,
}

/// The model of one hour ahead.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct HourModel {
    error_quantiles: Vec<ErrorQuantiles>,
    blends: Vec<Blend>,
    /// Oldest first.
    pending: VecDeque<PendingHour>,
    /// The newest forecast.
    newest: Option<[f64; 3]>,
}

/// Point forecasts of an hour that has not ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct PendingHour {
    slot: f64,
    points: [f64; EXPERTS],
}

impl Outlook {
    /// An outlook without history, for demand in steps of `step` seconds (at most an hour).
    pub fn new(step: Seconds, zone: Tz) -> Self {
        let lead = HourModel {
            error_quantiles: vec![ErrorQuantiles::new(8, 0.02); EXPERTS],
            blends: vec![Blend::new(EXPERTS, 14.0 * 24.0); SHOWN.len()],
            pending: VecDeque::new(),
            newest: None,
        };
        Outlook {
            step,
            zone,
            history: None,
            open: (0.0, 0, 0),
            pattern: OnlineRidge::new(CLOCK_WIDTH, 3.0, 45.0 * 24.0)
                .with_rare(CLOCK_FLAGS..CLOCK_WIDTH, 0.25),
            labels: EventLabels::default(),
            leads: vec![lead; HOURS],
        }
    }

    /// Learns the step that starts at `time` (`None` for a gap); steps come in order, none is left out.
    pub fn learn(&mut self, time: Time, value: Option<f64>, events: &[Event]) {
        let hour = floor_to(time, HOUR);
        let zone = self.zone;
        self.history.get_or_insert_with(|| DemandHistory::new(hour, HOUR, zone));
        let (sum, known, steps) = self.open;
        self.open = (sum + value.unwrap_or(0.0), known + u32::from(value.is_some()), steps + 1);
        if shift(time, self.step) >= shift(hour, HOUR) {
            let (sum, known, steps) = std::mem::take(&mut self.open);
            self.close((2 * known >= steps).then(|| sum / f64::from(known.max(1))), events);
        }
    }

    /// Corrects the step at `time`, which was learned as `before`, to `value`; an hour of gaps stays one.
    pub fn correct(&mut self, time: Time, before: Option<f64>, value: f64, events: &[Event]) {
        let Some(history) = &mut self.history else { return };
        let Some(index) = history.index_of(floor_to(time, HOUR)) else {
            if time >= history.time_of(history.len()) {
                self.open.0 += value - before.unwrap_or(0.0);
                self.open.1 += u32::from(before.is_none());
            }
            return;
        };
        let Some(mean) = history.observed(index) else { return };
        let share = self.step as f64 / HOUR as f64;
        let corrected = (mean + share * (value - before.unwrap_or(mean))).max(0.0);
        let calendar = self.labels.features(history.time_of(index), events);
        history.correct(index, corrected, &calendar);
    }

    /// Forecasts of the hours ahead, from the first that has not ended; empty while the history is too short.
    pub fn rows(&self) -> Vec<OutlookHour> {
        let Some(history) = &self.history else { return Vec::new() };
        self.leads
            .iter()
            .enumerate()
            .filter_map(|(i, lead)| {
                Some(OutlookHour { time: history.time_of(history.len() + i), quantiles: lead.newest? })
            })
            .collect()
    }

    /// Ends an hour with the mean `value`: learns from the forecasts of it, and makes new ones.
    fn close(&mut self, value: Option<f64>, events: &[Event]) {
        let Some(mut history) = self.history.take() else { return };
        let newest = history.len();
        let calendar = self.labels.features(history.time_of(newest), events);
        history.push(value, &calendar);
        for (i, lead) in self.leads.iter_mut().enumerate() {
            // There is one pending forecast per hour, in order.
            if lead.pending.len() > i {
                lead.learn(value);
            }
        }
        if let Some(value) = value {
            let clock = self.clock(&history, newest, events);
            self.pattern.learn(&clock, value / calendar.multiplier);
            if newest < 96 || newest.is_multiple_of(6) {
                self.pattern.solve();
            }
        }
        if history.len() >= LEAST {
            self.forecast(&history, events);
        }
        self.history = Some(history);
    }

    fn forecast(&mut self, history: &DemandHistory, events: &[Event]) {
        let scales = self.scales(history, events);
        let error = history.expected_error(history.len());
        for i in 0..HOURS {
            let target = history.len() + i;
            let points = self.points(history, target, scales, events);
            let lead = &mut self.leads[i];
            lead.forecast(
                PendingHour { slot: history.local(target).slot, points },
                error * ((i + 1) as f64).sqrt(),
            );
        }
    }

    fn clock(&mut self, history: &DemandHistory, index: usize, events: &[Event]) -> Vec<f64> {
        features::clock(history.local(index), &self.labels.features(history.time_of(index), events))
    }

    /// The forecast of an hour by clock and calendar alone.
    fn calendar_forecast(&mut self, history: &DemandHistory, index: usize, events: &[Event]) -> f64 {
        let clock = self.clock(history, index, events);
        self.pattern.predict(&clock)
    }

    /// Load of the last day relative to the same hours a week before, and relative to their forecast by clock
    /// and calendar.
    fn scales(&mut self, history: &DemandHistory, events: &[Event]) -> (f64, f64) {
        let n = history.len();
        let from = n.saturating_sub(24);
        let now = history.mean(from, n).unwrap_or(0.0);
        let before = from.checked_sub(168).and_then(|first| history.mean(first, n - 168));
        let calendar_forecast: f64 = (from..n).map(|i| self.calendar_forecast(history, i, events)).sum();
        let share = |of: f64| if of > 1e-9 { (now / of).clamp(0.2, 5.0) } else { 1.0 };
        (before.map_or(1.0, share), share(calendar_forecast / (n - from) as f64))
    }

    /// Every expert's prediction of an hour.
    fn points(
        &mut self,
        history: &DemandHistory,
        target: usize,
        scales: (f64, f64),
        events: &[Event],
    ) -> [f64; EXPERTS] {
        let (n, local) = (history.len(), history.local(target));
        let calendar = self.labels.features(history.time_of(target), events);
        let days = (target - n) / 24 + 1;
        let weeks = days.div_ceil(7);
        let ago = |days: usize| history.days_ago(target, local, calendar.day, days);
        let mean = history.mean(n.saturating_sub(24), n).unwrap_or(0.0);
        let day_ago = ago(days).unwrap_or(mean);
        let week_ago = ago(7 * weeks).unwrap_or(day_ago);
        let all: Vec<f64> = (weeks..weeks + 4).filter_map(|w| ago(7 * w)).collect();
        let month = if all.is_empty() { week_ago } else { all.iter().sum::<f64>() / all.len() as f64 };
        // The daily pattern is unknown until two days have been seen.
        let calendar_forecast =
            if n < 48 { day_ago } else { self.calendar_forecast(history, target, events).max(0.0) };
        let scaled = if n < 48 { day_ago } else { calendar_forecast * scales.1 };
        let plain =
            [history.last(), mean, day_ago, week_ago, week_ago * scales.0, month, calendar_forecast, scaled];
        plain.map(|load| load * calendar.multiplier)
    }
}

impl HourModel {
    /// Learns from the outcome `value` of the oldest pending forecast.
    fn learn(&mut self, value: Option<f64>) {
        let (Some(pending), Some(actual)) = (self.pending.pop_front(), value) else { return };
        let scale = self.error_quantiles[DAY_AGO].scale(pending.slot);
        let expert_quantiles = self.expert_quantiles(&pending);
        for (blend, (level, expert_quantiles)) in
            self.blends.iter_mut().zip(SHOWN.iter().zip(&expert_quantiles))
        {
            blend.learn(LEVELS[*level], expert_quantiles, actual, scale);
        }
        for (errors, point) in self.error_quantiles.iter_mut().zip(pending.points) {
            errors.learn(point, pending.slot, 1.0, actual);
        }
    }

    /// Makes the forecast from the experts' predictions; `error` is the size of error to expect while none
    /// has been seen.
    fn forecast(&mut self, pending: PendingHour, error: f64) {
        self.error_quantiles.iter_mut().for_each(|errors| errors.expect(error));
        let expert_quantiles = self.expert_quantiles(&pending);
        let mut row = [0.0; SHOWN.len()];
        for (value, (blend, expert_quantiles)) in
            row.iter_mut().zip(self.blends.iter().zip(&expert_quantiles))
        {
            *value = blend.mix(expert_quantiles).max(0.0);
        }
        row.sort_by(f64::total_cmp);
        self.newest = Some(row);
        self.pending.push_back(pending);
    }

    /// Quantiles around each expert's prediction, by level and expert.
    fn expert_quantiles(&self, pending: &PendingHour) -> [[f64; EXPERTS]; SHOWN.len()] {
        let mut expert_quantiles = [[0.0; EXPERTS]; SHOWN.len()];
        for (expert, (errors, point)) in self.error_quantiles.iter().zip(pending.points).enumerate() {
            let quantiles = errors.around(point, pending.slot, 1.0);
            for (place, level) in SHOWN.iter().enumerate() {
                expert_quantiles[place][expert] = quantiles[*level];
            }
        }
        expert_quantiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use rand::{RngExt, SeedableRng};

    const START: i64 = 1_700_000_000 / 3_600 * 3_600;

    /// Demand of step `i`: a daily wave that is lower on two days of the week, with noise.
    fn load(i: usize, per_hour: usize, noise: f64) -> f64 {
        let hour = (i / per_hour) as f64;
        let quiet = if (i / per_hour / 24) % 7 >= 5 { 0.6 } else { 1.0 };
        quiet * (100.0 + 60.0 * (std::f64::consts::TAU * hour / 24.0).sin()) + noise
    }

    fn walked(step: Seconds, steps: usize) -> Outlook {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
        let mut outlook = Outlook::new(step, chrono_tz::UTC);
        for i in 0..steps {
            let value = load(i, (HOUR / step) as usize, 4.0 * rng.random::<f64>());
            let known = (i % 101 != 0).then_some(value);
            outlook.learn(at_epoch(START + step * i as i64), known, &[]);
        }
        outlook
    }

    #[test]
    fn it_forecasts_days_and_weeks_two_days_ahead_and_covers() {
        let (mut errors, mut covered, mut rounds) = (0.0, 0, 0);
        for hours in (21 * 24..28 * 24).step_by(5) {
            for (i, row) in walked(900, 4 * hours).rows().iter().enumerate() {
                let actual = load(4 * (hours + i), 4, 2.0);
                errors += (row.quantiles[1] - actual).abs() / actual;
                covered += usize::from(actual <= row.quantiles[2] && actual >= row.quantiles[0]);
                rounds += 1;
            }
        }
        assert!(errors / f64::from(rounds) < 0.03, "{errors} over {rounds}");
        assert!(covered * 10 > rounds as usize * 7, "{covered} of {rounds}");
    }

    #[test]
    fn rows_are_48_hours_from_the_current_one_and_ascend() {
        for step in [60, 300, 420, 3_600] {
            let steps = (5 * 86_400 + 1_800) / step;
            let outlook = walked(step, steps as usize);
            let rows = outlook.rows();
            assert_eq!((rows.len(), rows[0].time), (48, floor_to(at_epoch(START + steps * step), HOUR)));
            assert!(rows.windows(2).all(|w| w[1].time == shift(w[0].time, HOUR)));
            assert!(rows.iter().all(|r| r.quantiles[0] >= 0.0 && r.quantiles.is_sorted()));
        }
    }

    #[test]
    fn an_hour_of_history_gives_no_forecast_and_two_a_wide_one() {
        assert!(walked(300, 12).rows().is_empty());
        let rows = walked(300, 24).rows();
        let [low, _, high] = rows[47].quantiles;
        assert!(high - low > 0.3 * high, "{low} to {high} is too sure after two hours");
    }

    #[test]
    fn forecasts_do_not_depend_on_later_values() {
        let mut poisoned = walked(900, 2_000);
        let predicted = poisoned.rows();
        assert_eq!(walked(900, 2_000).rows(), predicted);
        (0..3).for_each(|i| poisoned.learn(at_epoch(START + 900 * (2_000 + i)), Some(1e9), &[]));
        assert_eq!(poisoned.rows(), predicted, "the current hour has not ended");
    }
}
