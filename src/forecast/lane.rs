//! One target ahead: its experts, their bands, and the blend of their quantiles.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    aggregate::Blend,
    band::Band,
    features::{self, CLOCK_FLAGS, CLOCK_WIDTH, FLAGS, Moment, WIDTH},
    guard::Guard,
    likeness::Likeness,
    marks::LABELS,
    past::Past,
    ridge::OnlineRidge,
    score::Score,
};
use crate::domain::forecast::{LEVELS, MEDIAN, Quantiles, tidy};

/// Share of the others' experience (a week, fading) that a new lane begins with: a quarter of a day.
const BORROWED: f64 = 1.0 / 28.0;
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
const BANDS: [(Gauge, usize, f64); 8] = [
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
const VOICES: usize = EXPERTS.len() * BANDS.len();

/// A transform in which a ridge works.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Shape {
    Root,
    Log,
}

impl Shape {
    /// Into the model's world; `unit` is a typical load.
    fn into(self, load: f64, unit: f64) -> f64 {
        let share = load.max(0.0) / unit;
        match self {
            Shape::Root => share.sqrt(),
            Shape::Log => (share + 0.1).ln(),
        }
    }

    /// Back to load.
    fn back(self, value: f64, unit: f64) -> f64 {
        unit * match self {
            Shape::Root => value.max(0.0).powi(2),
            Shape::Log => value.min(20.0).exp() - 0.1,
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
    plain: Centres,
    told: Centres,
}

/// A ridge in one transform.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Linear {
    shape: Shape,
    ridge: OnlineRidge,
}

/// A forecast that waits for its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    target: usize,
    slot: f64,
    /// Features and newest value in each ridge's own transform.
    inputs: Vec<(Vec<f64>, f64)>,
    /// What [`Lane::profile`] saw.
    clock: Vec<f64>,
    centres: Centres,
    touched: Option<Touched>,
    /// The newest value, as seen.
    last: f64,
    /// What the operator expects of events at the target.
    expected: f64,
    /// How far the experts were apart, in units of the usual error.
    spread: f64,
    voices: Vec<Quantiles>,
    /// The median of the blend of the voices.
    median: f64,
    /// That blend around the hedged median, and what the guard made of it.
    mixed: Quantiles,
    said: Quantiles,
}

/// Everything about the step `lead` steps ahead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lane {
    lead: usize,
    /// Typical load, fixed after the first steps so that the transforms do not move.
    unit: f64,
    linears: Vec<Linear>,
    /// Load by clock and calendar alone: where load is noise around a daily pattern, nothing newer helps.
    profile: OnlineRidge,
    bands: Vec<[Band; BANDS.len()]>,
    blends: Vec<Blend>,
    waiting: VecDeque<Pending>,
    score: Score,
    /// Between the blend's median and the last value: a blend of many learns late that none of them helps.
    hedge: Blend,
    guard: Guard,
    /// By kind of event and expert.
    likeness: [[Likeness; EXPERTS.len()]; LABELS],
    day: usize,
    learned: usize,
}

impl Lane {
    /// A lane for the step `lead` ahead (1 is the next one); `day` is the number of steps in a day.
    pub fn new(lead: usize, day: usize) -> Self {
        let half_life = 45.0 * day as f64;
        let rare = day as f64 / 96.0;
        let linear = |shape| Linear {
            shape,
            ridge: OnlineRidge::new(WIDTH, 30.0, half_life).holding_back(FLAGS..WIDTH, rare),
        };
        Lane {
            lead,
            unit: 0.0,
            linears: vec![linear(Shape::Root), linear(Shape::Log)],
            profile: OnlineRidge::new(CLOCK_WIDTH, 3.0, half_life)
                .holding_back(CLOCK_FLAGS..CLOCK_WIDTH, rare),
            bands: vec![BANDS.map(|(_, slots, rate)| Band::new(slots, rate)); EXPERTS.len()],
            blends: vec![Blend::new(VOICES, 7.0 * day as f64); LEVELS.len()],
            waiting: VecDeque::new(),
            score: Score::new(7.0 * day as f64),
            hedge: Blend::new(2, 14.0 * day as f64),
            guard: Guard::new(),
            likeness: Default::default(),
            day,
            learned: 0,
        }
    }

    /// Begins with the trust in experts and the shapes of bands that `others` have learned, lanes of other groups for the
    /// same lead and step. Coefficients are not borrowed: measured, they are worth something for six hours and
    /// harm for days.
    pub fn borrow(&mut self, others: &[&Lane]) {
        for (l, blend) in self.blends.iter_mut().enumerate() {
            blend.borrow(&others.iter().map(|o| &o.blends[l]).collect::<Vec<_>>(), BORROWED);
        }
        for (expert, bands) in self.bands.iter_mut().enumerate() {
            for (i, band) in bands.iter_mut().enumerate() {
                band.borrow(&others.iter().map(|o| &o.bands[expert][i]).collect::<Vec<_>>());
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
    pub fn score(&self) -> &Score {
        &self.score
    }

    /// While its p95 is missed far more often than it may be: how often of late, and of how many times.
    pub fn alarm(&self) -> Option<(u32, u32)> {
        self.guard.alarm()
    }

    /// Share of each expert in the median.
    pub fn shares(&self) -> Vec<(&'static str, f64)> {
        let weights = self.blends[MEDIAN].weights();
        EXPERTS
            .iter()
            .enumerate()
            .map(|(i, name)| (*name, weights[BANDS.len() * i..][..BANDS.len()].iter().sum()))
            .collect()
    }

    /// What it says now, if anything.
    pub fn ahead(&self) -> Option<Quantiles> {
        self.waiting.back().map(|p| p.said)
    }

    /// Learns from the forecasts whose target is the newest step of `past`.
    pub fn settle(&mut self, past: &Past) {
        let newest = past.len() - 1;
        while self.waiting.front().is_some_and(|p| p.target <= newest) {
            let Some(pending) = self.waiting.pop_front() else { return };
            if let Some(actual) = past.seen(pending.target) {
                self.learn(&pending, actual);
            }
        }
    }

    fn learn(&mut self, pending: &Pending, actual: f64) {
        self.score.learn(&pending.said, pending.last, pending.centres[1], actual);
        self.guard.learn(&pending.mixed, actual);
        let scale = self.bands[0][0].scale(pending.slot);
        self.hedge.learn(LEVELS[MEDIAN], &[pending.median, pending.centres[0]], actual, scale);
        for (l, level) in LEVELS.iter().enumerate() {
            let said: Vec<f64> = pending.voices.iter().map(|v| v[l]).collect();
            self.blends[l].learn(*level, &said, actual, scale);
        }
        for (bands, centre) in self.bands.iter_mut().zip(pending.centres) {
            for (band, (gauge, ..)) in bands.iter_mut().zip(BANDS) {
                let gauge = gauge.of(centre / self.unit, pending.spread);
                band.learn(centre, pending.slot, gauge, actual);
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
        let Some(Touched { place, plain, told }) = &pending.touched else { return };
        let (unit, hour) = (self.bands[0][0].usual(), self.hour());
        for (likeness, (plain, told)) in self.likeness[*place].iter_mut().zip(plain.iter().zip(told)) {
            likeness.learn(plain / unit, told / unit, actual / unit, hour);
        }
    }

    /// Steps in an hour.
    fn hour(&self) -> f64 {
        self.day as f64 / 24.0
    }

    /// Makes the forecast that `past` allows. `network` is what a trained network says of this target; while
    /// there is none, its place repeats the ridge on roots, which changes nothing in the blend.
    pub fn look_ahead(&mut self, past: &Past, now: &Moment, target: &Moment, network: Option<f64>) {
        // Half an hour, or the first step where those are long.
        if past.len() < (self.day / 48).clamp(1, 6) {
            return;
        }
        if self.unit == 0.0 || past.len() == self.day {
            self.set_unit(past);
        }
        let Held { inputs, clock, centres: told } = self.hold(past, now, target, network);
        let touched = self.touched(past, now, target, told, network);
        let centres = touched.as_ref().map_or(told, |touched| self.believed(touched));
        let spread = self.spread(&centres);
        self.expect(past);
        let voices = self.voices(&centres, target.local.slot, spread);
        let mut mixed: Quantiles = std::array::from_fn(|l| {
            let column: Vec<f64> = voices.iter().map(|v| v[l]).collect();
            self.blends[l].mix(&column)
        });
        tidy(&mut mixed);
        let median = mixed[MEDIAN];
        let moved = self.hedge.mix(&[median, centres[0]]) - median;
        mixed.iter_mut().for_each(|q| *q += moved);
        let mut said = self.guard.stretch(&mixed);
        tidy(&mut said);
        self.waiting.push_back(Pending {
            target: target.index,
            slot: target.local.slot,
            inputs,
            clock,
            centres,
            touched,
            last: past.last() * now.mark.expected,
            expected: target.mark.expected,
            spread,
            voices,
            median,
            mixed,
            said,
        });
    }

    /// What the experts hold of `target` as the marks of it and of `now` have it.
    fn hold(&self, past: &Past, now: &Moment, target: &Moment, network: Option<f64>) -> Held {
        let inputs = self.inputs(past, now, target);
        let clock = features::clock(target.local, &target.mark);
        let centres = self.centres(past, target, &inputs, &clock, network);
        Held { inputs, clock, centres }
    }

    /// Each expert's quantiles by each of its bands.
    fn voices(&self, centres: &Centres, slot: f64, spread: f64) -> Vec<Quantiles> {
        let of = |(bands, centre): (&[Band; BANDS.len()], &f64)| {
            let gauges = BANDS.map(|(gauge, ..)| gauge.of(centre / self.unit, spread));
            std::array::from_fn(|i| bands[i].around(*centre, slot, gauges[i]))
        };
        self.bands.iter().zip(centres).flat_map(|one| -> [Quantiles; BANDS.len()] { of(one) }).collect()
    }

    /// What the experts would hold if nothing had been learned of the kind of event that touches `target` or `now`.
    fn touched(
        &self,
        past: &Past,
        now: &Moment,
        target: &Moment,
        told: Centres,
        network: Option<f64>,
    ) -> Option<Touched> {
        let place = target.mark.strongest().or_else(|| now.mark.strongest())?;
        let [now, target] = [now, target].map(|m| Moment { mark: m.mark.without_kinds(), ..*m });
        Some(Touched { place, plain: self.hold(past, &now, &target, network).centres, told })
    }

    /// What was learned of the kind counts as far as this event has been like the others.
    fn believed(&self, touched: &Touched) -> Centres {
        let likeness = &self.likeness[touched.place];
        std::array::from_fn(|e| {
            let plain = touched.plain[e];
            plain + likeness[e].share(self.hour()) * (touched.told[e] - plain)
        })
    }

    /// Tells bands that have seen no error yet what to expect.
    fn expect(&mut self, past: &Past) {
        if self.learned == 0 {
            let doubt = past.doubt() * (self.lead as f64).sqrt();
            self.bands.iter_mut().flatten().for_each(|band| band.expect(doubt));
        }
    }

    /// Mean distance between the experts, in units of the usual error.
    fn spread(&self, centres: &Centres) -> f64 {
        let mean = centres.iter().sum::<f64>() / centres.len() as f64;
        let apart = centres.iter().map(|c| (c - mean).abs()).sum::<f64>() / centres.len() as f64;
        (apart / self.bands[0][0].usual()).clamp(0.0, 20.0)
    }

    fn set_unit(&mut self, past: &Past) {
        let mean = past.mean(0, past.len()).unwrap_or(0.0);
        self.unit = if mean > 0.0 { mean } else { 1.0 };
    }

    fn inputs(&self, past: &Past, now: &Moment, target: &Moment) -> Vec<(Vec<f64>, f64)> {
        let unit = self.unit;
        self.linears
            .iter()
            .map(|linear| {
                let shape = linear.shape;
                let mut x = Vec::with_capacity(WIDTH);
                features::fill(&mut x, past, now, target, |v| shape.into(v, unit));
                (x, shape.into(past.last(), unit))
            })
            .collect()
    }

    /// What each expert holds for the middle.
    fn centres(
        &self,
        past: &Past,
        target: &Moment,
        inputs: &[(Vec<f64>, f64)],
        clock: &[f64],
        network: Option<f64>,
    ) -> Centres {
        let last = past.last();
        let days = (target.index - past.len()) / self.day + 1;
        let ago = |days: usize| past.earlier(target.index, target.local, target.mark.day, days);
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
        let network = network.map_or(roots, |said| said / target.mark.expected);
        [last, day_ago, week_ago, roots, linear(1), profile, network].map(|calm| calm * target.mark.expected)
    }
}
