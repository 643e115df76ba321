//! One target ahead: its experts, their bands, and the blend of their quantiles.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    aggregation::Blend,
    calendar_features::LABELS,
    conformal::Conformal,
    error_quantiles::ErrorQuantiles,
    features::{self, CLOCK_FLAGS, CLOCK_WIDTH, FLAGS, StepContext, WIDTH},
    history::DemandHistory,
    ridge::OnlineRidge,
    shrinkage::EventShrinkage,
};
use crate::{
    domain::forecast::{LEVELS, MEDIAN, Quantiles, tidy},
    forecast::score::RollingScore,
};

/// Share of the others' experience (a week, fading) that a new lane begins with: a quarter of a day.
const WARM_START_SHARE: f64 = 1.0 / 28.0;
/// The experts' names, in order.
const EXPERTS: [&str; 7] =
    ["last value", "day ago", "week ago", "ridge on roots", "ridge on logs", "clock and calendar", "network"];
/// What the size of an expert's errors may depend on; which of these holds is learned, group by group.
#[derive(Debug, Clone, Copy)]
enum Gauge {
    /// On the hour and the recent past alone.
    Time,
    /// Also on the root of the level, as in counts.
    Root,
    /// Also on the level itself, as in growth.
    Level,
    /// Also on how far the experts disagree.
    Spread,
}

/// The bands of each expert: what they go by, slots a day, and the step size of their quantiles.
const ERROR_QUANTILES: [(Gauge, usize, f64); 8] = [
    (Gauge::Time, 24, 0.01),
    (Gauge::Time, 96, 0.05),
    (Gauge::Root, 96, 0.01),
    (Gauge::Root, 24, 0.05),
    (Gauge::Level, 24, 0.01),
    (Gauge::Level, 96, 0.05),
    (Gauge::Spread, 96, 0.01),
    (Gauge::Spread, 24, 0.05),
];
/// Number of quantile experts: every expert with every band.
const QUANTILE_EXPERTS: usize = EXPERTS.len() * ERROR_QUANTILES.len();

/// A transform in which a ridge works.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Transform {
    Root,
    Log,
}

impl Transform {
    /// Into the model's world; `unit` is a typical load.
    fn into(self, load: f64, unit: f64) -> f64 {
        let share = load.max(0.0) / unit;
        match self {
            Transform::Root => share.sqrt(),
            Transform::Log => (share + 0.1).ln(),
        }
    }

    /// Back to load.
    fn back(self, value: f64, unit: f64) -> f64 {
        unit * match self {
            Transform::Root => value.max(0.0).powi(2),
            Transform::Log => value.min(20.0).exp() - 0.1,
        }
        .max(0.0)
    }
}

impl Gauge {
    /// The size of error that it suggests for a forecast of `level` (in typical loads) at that `spread`.
    fn of(self, level: f64, spread: f64) -> f64 {
        match self {
            Gauge::Time => 1.0,
            Gauge::Root => (level.max(0.0) + 0.05).sqrt(),
            Gauge::Level => level.max(0.0) + 0.05,
            Gauge::Spread => 0.5 + spread,
        }
    }
}

/// What each expert holds for the middle.
type Centres = [f64; EXPERTS.len()];

/// What they hold, and from what.
struct Held {
    /// As [`Pending::inputs`].
    inputs: Vec<(Vec<f64>, f64)>,
    /// As [`Pending::clock`].
    clock: Vec<f64>,
    centres: Centres,
}

/// What they hold of a step that a kind of event touches, without what was learned of that kind and with it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Touched {
    place: usize,
    without_event: Centres,
    with_event: Centres,
}

/// A ridge in one transform.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Linear {
    shape: Transform,
    ridge: OnlineRidge,
}

/// A forecast that waits for its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    target: usize,
    slot: f64,
    /// Features and newest value in each ridge's own transform.
    inputs: Vec<(Vec<f64>, f64)>,
    /// What [`HorizonModel::profile`] saw.
    clock: Vec<f64>,
    centres: Centres,
    touched: Option<Touched>,
    /// The newest value, as seen.
    last: f64,
    /// What the operator expects of events at the target.
    expected: f64,
    /// How far the experts were apart, in units of the usual error.
    spread: f64,
    expert_quantiles: Vec<Quantiles>,
    /// The median of the blend of the voices.
    median: f64,
    /// That blend around the hedged median, and what the guard made of it.
    mixed: Quantiles,
    predicted: Quantiles,
}

/// Everything about the step `lead` steps ahead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HorizonModel {
    lead: usize,
    /// Typical load, fixed after the first steps so that the transforms do not move.
    unit: f64,
    linears: Vec<Linear>,
    /// Load by clock and calendar alone: where load is noise around a daily pattern, nothing newer helps.
    profile: OnlineRidge,
    error_quantiles: Vec<[ErrorQuantiles; ERROR_QUANTILES.len()]>,
    blends: Vec<Blend>,
    waiting: VecDeque<Pending>,
    score: RollingScore,
    /// Between the blend's median and the last value: a blend of many learns late that none of them helps.
    hedge: Blend,
    calibration: Conformal,
    /// By kind of event and expert.
    shrinkage: [[EventShrinkage; EXPERTS.len()]; LABELS],
    day: usize,
    learned: usize,
}

impl HorizonModel {
    /// A lane for the step `lead` ahead (1 is the next one); `day` is the number of steps in a day.
    pub fn new(lead: usize, day: usize) -> Self {
        let half_life = 45.0 * day as f64;
        let rare = day as f64 / 96.0;
        let linear = |shape| Linear {
            shape,
            ridge: OnlineRidge::new(WIDTH, 30.0, half_life).holding_back(FLAGS..WIDTH, rare),
        };
        HorizonModel {
            lead,
            unit: 0.0,
            linears: vec![linear(Transform::Root), linear(Transform::Log)],
            profile: OnlineRidge::new(CLOCK_WIDTH, 3.0, half_life)
                .holding_back(CLOCK_FLAGS..CLOCK_WIDTH, rare),
            error_quantiles: vec![
                ERROR_QUANTILES.map(|(_, slots, rate)| ErrorQuantiles::new(slots, rate));
                EXPERTS.len()
            ],
            blends: vec![Blend::new(QUANTILE_EXPERTS, 7.0 * day as f64); LEVELS.len()],
            waiting: VecDeque::new(),
            score: RollingScore::new(7.0 * day as f64),
            hedge: Blend::new(2, 14.0 * day as f64),
            calibration: Conformal::new(),
            shrinkage: Default::default(),
            day,
            learned: 0,
        }
    }

    /// Begins with the trust in experts and the shapes of bands that `others` have learned, lanes of other groups for the
    /// same lead and step. Coefficients are not borrowed: measured, they are worth something for six hours and
    /// harm for days.
    pub fn warm_start(&mut self, others: &[&HorizonModel]) {
        for (l, blend) in self.blends.iter_mut().enumerate() {
            blend.warm_start(&others.iter().map(|o| &o.blends[l]).collect::<Vec<_>>(), WARM_START_SHARE);
        }
        for (expert, error_quantiles) in self.error_quantiles.iter_mut().enumerate() {
            for (i, errors) in error_quantiles.iter_mut().enumerate() {
                errors.warm_start(&others.iter().map(|o| &o.error_quantiles[expert][i]).collect::<Vec<_>>());
            }
        }
    }

    /// Steps that it has learned from.
    pub fn learned(&self) -> usize {
        self.learned
    }

    /// Steps ahead.
    pub fn lead(&self) -> usize {
        self.lead
    }

    /// How well it has done lately.
    pub fn score(&self) -> &RollingScore {
        &self.score
    }

    /// While its p95 is missed far more often than it may be: how often of late, and of how many times.
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.calibration.alarm()
    }

    /// Share of each expert in the median.
    pub fn shares(&self) -> Vec<(&'static str, f64)> {
        let weights = self.blends[MEDIAN].weights();
        EXPERTS
            .iter()
            .enumerate()
            .map(|(i, name)| {
                (*name, weights[ERROR_QUANTILES.len() * i..][..ERROR_QUANTILES.len()].iter().sum())
            })
            .collect()
    }

    /// What it says now, if anything.
    pub fn ahead(&self) -> Option<Quantiles> {
        self.waiting.back().map(|p| p.predicted)
    }

    /// Learns from the forecasts whose target is the newest step of `past`.
    pub fn settle(&mut self, history: &DemandHistory) {
        let newest = history.len() - 1;
        while self.waiting.front().is_some_and(|p| p.target <= newest) {
            let Some(pending) = self.waiting.pop_front() else { return };
            if let Some(actual) = history.seen(pending.target) {
                self.learn(&pending, actual);
            }
        }
    }

    fn learn(&mut self, pending: &Pending, actual: f64) {
        self.score.learn(&pending.predicted, pending.last, pending.centres[1], actual);
        self.calibration.learn(&pending.mixed, actual);
        let scale = self.error_quantiles[0][0].scale(pending.slot);
        self.hedge.learn(LEVELS[MEDIAN], &[pending.median, pending.centres[0]], actual, scale);
        for (l, level) in LEVELS.iter().enumerate() {
            let predicted: Vec<f64> = pending.expert_quantiles.iter().map(|v| v[l]).collect();
            self.blends[l].learn(*level, &predicted, actual, scale);
        }
        for (error_quantiles, centre) in self.error_quantiles.iter_mut().zip(pending.centres) {
            for (errors, (gauge, ..)) in error_quantiles.iter_mut().zip(ERROR_QUANTILES) {
                let gauge = gauge.of(centre / self.unit, pending.spread);
                errors.learn(centre, pending.slot, gauge, actual);
            }
        }
        self.compare(pending, actual);
        let calm = actual / pending.expected;
        for (linear, (x, last)) in self.linears.iter_mut().zip(&pending.inputs) {
            linear.ridge.learn(x, linear.shape.into(calm, self.unit) - last);
        }
        self.profile.learn(&pending.clock, calm);
        self.learned += 1;
        let often = if self.learned < 4 * self.day { self.day / 24 } else { self.day / 4 };
        if self.learned.is_multiple_of(often.max(1)) {
            self.linears.iter_mut().for_each(|l| l.ridge.solve());
            self.profile.solve();
        }
    }

    /// Learns how much of an event's promise was kept.
    fn compare(&mut self, pending: &Pending, actual: f64) {
        let Some(Touched { place, without_event, with_event }) = &pending.touched else { return };
        let (unit, hour) = (self.error_quantiles[0][0].usual(), self.hour());
        for (shrinkage, (without_event, with_event)) in
            self.shrinkage[*place].iter_mut().zip(without_event.iter().zip(with_event))
        {
            shrinkage.learn(without_event / unit, with_event / unit, actual / unit, hour);
        }
    }

    /// Steps in an hour.
    fn hour(&self) -> f64 {
        self.day as f64 / 24.0
    }

    /// Makes the forecast that `past` allows. `network` is what a trained network says of this target; while
    /// there is none, its place repeats the ridge on roots, which changes nothing in the blend.
    pub fn look_ahead(
        &mut self,
        history: &DemandHistory,
        now: &StepContext,
        target: &StepContext,
        network: Option<f64>,
    ) {
        // Half an hour, or the first step where those are long.
        if history.len() < (self.day / 48).clamp(1, 6) {
            return;
        }
        if self.unit == 0.0 || history.len() == self.day {
            self.set_unit(history);
        }
        let Held { inputs, clock, centres: with_event } = self.hold(history, now, target, network);
        let touched = self.touched(history, now, target, with_event, network);
        let centres = touched.as_ref().map_or(with_event, |touched| self.shrunk(touched));
        let spread = self.spread(&centres);
        self.expect(history);
        let expert_quantiles = self.expert_quantiles(&centres, target.local.slot, spread);
        let mut mixed: Quantiles = std::array::from_fn(|l| {
            let column: Vec<f64> = expert_quantiles.iter().map(|v| v[l]).collect();
            self.blends[l].mix(&column)
        });
        tidy(&mut mixed);
        let median = mixed[MEDIAN];
        let moved = self.hedge.mix(&[median, centres[0]]) - median;
        mixed.iter_mut().for_each(|q| *q += moved);
        let mut predicted = self.calibration.stretch(&mixed);
        tidy(&mut predicted);
        self.waiting.push_back(Pending {
            target: target.index,
            slot: target.local.slot,
            inputs,
            clock,
            centres,
            touched,
            last: history.last() * now.calendar.expected,
            expected: target.calendar.expected,
            spread,
            expert_quantiles,
            median,
            mixed,
            predicted,
        });
    }

    /// What the experts hold of `target` as the marks of it and of `now` have it.
    fn hold(
        &self,
        history: &DemandHistory,
        now: &StepContext,
        target: &StepContext,
        network: Option<f64>,
    ) -> Held {
        let inputs = self.inputs(history, now, target);
        let clock = features::clock(target.local, &target.calendar);
        let centres = self.centres(history, target, &inputs, &clock, network);
        Held { inputs, clock, centres }
    }

    /// Each expert's quantiles by each of its bands.
    fn expert_quantiles(&self, centres: &Centres, slot: f64, spread: f64) -> Vec<Quantiles> {
        let of = |(error_quantiles, centre): (&[ErrorQuantiles; ERROR_QUANTILES.len()], &f64)| {
            let gauges = ERROR_QUANTILES.map(|(gauge, ..)| gauge.of(centre / self.unit, spread));
            std::array::from_fn(|i| error_quantiles[i].around(*centre, slot, gauges[i]))
        };
        self.error_quantiles
            .iter()
            .zip(centres)
            .flat_map(|one| -> [Quantiles; ERROR_QUANTILES.len()] { of(one) })
            .collect()
    }

    /// What the experts would hold if nothing had been learned of the kind of event that touches `target` or `now`.
    fn touched(
        &self,
        history: &DemandHistory,
        now: &StepContext,
        target: &StepContext,
        with_event: Centres,
        network: Option<f64>,
    ) -> Option<Touched> {
        let place = target.calendar.strongest().or_else(|| now.calendar.strongest())?;
        let [now, target] = [now, target].map(|m| StepContext { calendar: m.calendar.without_kinds(), ..*m });
        Some(Touched { place, without_event: self.hold(history, &now, &target, network).centres, with_event })
    }

    /// What was learned of the kind counts as far as this event has been like the others.
    fn shrunk(&self, touched: &Touched) -> Centres {
        let shrinkage = &self.shrinkage[touched.place];
        std::array::from_fn(|e| {
            let without_event = touched.without_event[e];
            without_event + shrinkage[e].share(self.hour()) * (touched.with_event[e] - without_event)
        })
    }

    /// Tells bands that have seen no error yet what to expect.
    fn expect(&mut self, history: &DemandHistory) {
        if self.learned == 0 {
            let doubt = history.doubt() * (self.lead as f64).sqrt();
            self.error_quantiles.iter_mut().flatten().for_each(|errors| errors.expect(doubt));
        }
    }

    /// Mean distance between the experts, in units of the usual error.
    fn spread(&self, centres: &Centres) -> f64 {
        let mean = centres.iter().sum::<f64>() / centres.len() as f64;
        let apart = centres.iter().map(|c| (c - mean).abs()).sum::<f64>() / centres.len() as f64;
        (apart / self.error_quantiles[0][0].usual()).clamp(0.0, 20.0)
    }

    fn set_unit(&mut self, history: &DemandHistory) {
        let mean = history.mean(0, history.len()).unwrap_or(0.0);
        self.unit = if mean > 0.0 { mean } else { 1.0 };
    }

    fn inputs(
        &self,
        history: &DemandHistory,
        now: &StepContext,
        target: &StepContext,
    ) -> Vec<(Vec<f64>, f64)> {
        let unit = self.unit;
        self.linears
            .iter()
            .map(|linear| {
                let shape = linear.shape;
                let mut x = Vec::with_capacity(WIDTH);
                features::fill(&mut x, history, now, target, |v| shape.into(v, unit));
                (x, shape.into(history.last(), unit))
            })
            .collect()
    }

    /// What each expert holds for the middle.
    fn centres(
        &self,
        history: &DemandHistory,
        target: &StepContext,
        inputs: &[(Vec<f64>, f64)],
        clock: &[f64],
        network: Option<f64>,
    ) -> Centres {
        let last = history.last();
        let days = (target.index - history.len()) / self.day + 1;
        let ago = |days: usize| history.earlier(target.index, target.local, target.calendar.day, days);
        let day_ago = ago(days).unwrap_or(last);
        let week_ago = ago(days.div_ceil(7) * 7).unwrap_or(day_ago);
        let linear = |i: usize| {
            let (x, newest) = &inputs[i];
            let shape = self.linears[i].shape;
            shape.back(newest + self.linears[i].ridge.predict(x), self.unit).min(1e3 * self.unit)
        };
        let roots = linear(0);
        // Before a whole day has been seen, a clock says nothing.
        let profile = if self.learned < self.day { last } else { self.profile.predict(clock) };
        let profile = profile.clamp(0.0, 1e3 * self.unit);
        let network = network.map_or(roots, |predicted| predicted / target.calendar.expected);
        [last, day_ago, week_ago, roots, linear(1), profile, network]
            .map(|calm| calm * target.calendar.expected)
    }
}
