//! The model of one horizon: its experts, the quantiles of their errors, and the aggregation of the two.

mod events;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use self::events::EventEffect;
use super::{
    aggregation::Blend,
    calendar_features::LABELS,
    conformal::Conformal,
    error_scale::{QUANTILE_EXPERTS, SCALES, ScaledErrors, scaled_errors},
    experts::{DAY_AGO, ExpertInput, Experts, LAST_VALUE, PointForecasts, Regressors},
    features::StepContext,
    history::DemandHistory,
    seen::ForecastBound,
    shrinkage::EventShrinkage,
    target::Target,
    with_prior::{Mixture, WithPrior},
};
use crate::{
    domain::forecast::{LEVELS, MEDIAN, Quantiles, tidy},
    forecast::score::RollingScore,
};

/// Share of the memory of other groups' models (a week, fading) that a warm start takes over: a quarter of a
/// day.
const WARM_START_SHARE: f64 = 1.0 / 28.0;

/// A forecast whose target has not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    /// Index of the target step.
    target: usize,
    /// Share of the target's day that had gone at its start.
    slot: f64,
    /// What the experts need to learn from the outcome.
    regressors: Vec<Regressors>,
    points: PointForecasts,
    event: Option<EventEffect>,
    /// The newest value at the origin, as observed.
    last: f64,
    /// The operator's multiplier at the target.
    multiplier: f64,
    /// How far the experts disagreed, in units of the usual error.
    spread: f64,
    /// By expert and error scale.
    expert_quantiles: Vec<Quantiles>,
    /// The median of the aggregated quantiles, before the hedge.
    median: f64,
    /// The aggregated quantiles around the hedged median.
    blended: Quantiles,
    /// What the prior said, where it did, and the mixture with it.
    with_prior: Option<Mixture>,
    /// The forecast: of the mixture with the prior, else of the experts alone; calibrated.
    predicted: Quantiles,
}

/// Forecasts the step `lead` steps ahead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HorizonModel {
    lead: usize,
    /// Typical load, fixed after the first day so that the experts' transforms do not move.
    unit: f64,
    experts: Experts,
    /// By expert.
    error_quantiles: Vec<ScaledErrors>,
    /// By level.
    blends: Vec<Blend>,
    /// Oldest first.
    pending: VecDeque<Pending>,
    score: RollingScore,
    /// Between the aggregated median and the last value: an aggregation of many experts is slow to learn that
    /// none of them beats the last value.
    hedge: Blend,
    calibration: Conformal,
    with_prior: WithPrior,
    /// By kind of event and expert.
    shrinkage: [[EventShrinkage; Experts::COUNT]; LABELS],
    /// Steps in a day.
    day: usize,
    /// Outcomes learned from.
    learned: usize,
    /// Index of the first step of the present level of load.
    since: usize,
}

impl HorizonModel {
    /// A model for the step `lead` ahead (1 is the next one); `day` is the number of steps in a day.
    pub fn new(lead: usize, day: usize) -> Self {
        HorizonModel {
            lead,
            unit: 0.0,
            experts: Experts::new(day),
            error_quantiles: vec![scaled_errors(); Experts::COUNT],
            blends: vec![Blend::new(QUANTILE_EXPERTS, 7.0 * day as f64); LEVELS.len()],
            pending: VecDeque::new(),
            score: RollingScore::new(7.0 * day as f64),
            hedge: Blend::new(2, 14.0 * day as f64),
            calibration: Conformal::new(),
            with_prior: WithPrior::new(day),
            shrinkage: Default::default(),
            day,
            learned: 0,
            since: 0,
        }
    }

    /// A copy for the step `lead` ahead that goes on learning there; forecasts that have no outcome yet are left out.
    pub fn at_lead(&self, lead: usize) -> HorizonModel {
        HorizonModel { lead, pending: VecDeque::new(), ..self.clone() }
    }

    /// Starts again on another level of load, which began at step `since` and is typically `unit`: experts, error quantiles
    /// and weights say nothing about it. The score stays.
    pub fn restart(&mut self, unit: f64, since: usize) {
        let score = std::mem::replace(&mut self.score, RollingScore::new(7.0 * self.day as f64));
        *self = HorizonModel { unit, since, score, ..HorizonModel::new(self.lead, self.day) };
    }

    /// A typical load.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// Starts with the weights of experts and the error quantiles of `others`, models of other groups for the
    /// same lead and step. Coefficients of regressions are not taken over: measured, they help for six hours
    /// and do harm for days.
    pub fn warm_start(&mut self, others: &[&HorizonModel]) {
        for (l, blend) in self.blends.iter_mut().enumerate() {
            blend.warm_start(&others.iter().map(|o| &o.blends[l]).collect::<Vec<_>>(), WARM_START_SHARE);
        }
        self.with_prior
            .warm_start(&others.iter().map(|o| &o.with_prior).collect::<Vec<_>>(), WARM_START_SHARE);
        for (expert, error_quantiles) in self.error_quantiles.iter_mut().enumerate() {
            for (i, errors) in error_quantiles.iter_mut().enumerate() {
                errors.warm_start(&others.iter().map(|o| &o.error_quantiles[expert][i]).collect::<Vec<_>>());
            }
        }
    }

    /// Number of outcomes that it has learned from.
    pub fn learned(&self) -> usize {
        self.learned
    }

    /// Steps ahead.
    pub fn lead(&self) -> usize {
        self.lead
    }

    /// Its recent accuracy.
    pub fn score(&self) -> &RollingScore {
        &self.score
    }

    /// While p95 is exceeded far more often than it should be: how often recently, and of how many outcomes.
    pub fn alarm(&self) -> Option<(u32, u32)> {
        if self.hears_prior() { self.with_prior.alarm() } else { self.calibration.alarm() }
    }

    /// True if the prior is part of the newest forecast.
    fn hears_prior(&self) -> bool {
        self.pending.back().is_some_and(|p| p.with_prior.is_some())
    }

    /// Weight of each expert in the median, and of the prior where there is one: nothing at leads that it does not speak of.
    pub fn shares(&self, with_prior: bool) -> Vec<(&'static str, f64)> {
        let prior = if self.hears_prior() { self.with_prior.share() } else { 0.0 };
        let weights = self.blends[MEDIAN].weights().chunks(SCALES.len());
        let weights = weights.map(|weights| (1.0 - prior) * weights.iter().sum::<f64>());
        let experts = self.experts.list().into_iter().map(|expert| expert.name());
        experts.zip(weights).chain(with_prior.then_some(("prior", prior))).collect()
    }

    /// The newest forecast.
    pub fn newest(&self) -> Option<Quantiles> {
        self.pending.back().map(|p| p.predicted)
    }

    /// Learns from the forecasts whose target is the newest step of `history`.
    pub fn learn(&mut self, history: &DemandHistory) {
        let newest = history.len() - 1;
        while self.pending.front().is_some_and(|p| p.target <= newest) {
            let Some(pending) = self.pending.pop_front() else { return };
            if let Some(actual) = history.observed(pending.target) {
                self.learn_outcome(&pending, actual);
            }
        }
    }

    fn learn_outcome(&mut self, pending: &Pending, actual: f64) {
        let points = &pending.points;
        self.score.learn(&pending.predicted, pending.last, points[DAY_AGO], actual);
        self.calibration.learn(&pending.blended, actual);
        let scale = self.error_quantiles[0][0].scale(pending.slot);
        if let Some(mixture) = &pending.with_prior {
            self.with_prior.learn(mixture, actual, scale);
        }
        self.hedge.learn(LEVELS[MEDIAN], &[pending.median, points[LAST_VALUE]], actual, scale);
        for (l, level) in LEVELS.iter().enumerate() {
            let predicted: Vec<f64> = pending.expert_quantiles.iter().map(|q| q[l]).collect();
            self.blends[l].learn(*level, &predicted, actual, scale);
        }
        for (error_quantiles, point) in self.error_quantiles.iter_mut().zip(points) {
            for (errors, (scale, ..)) in error_quantiles.iter_mut().zip(SCALES) {
                let factor = scale.factor(point / self.unit, pending.spread);
                errors.learn(*point, pending.slot, factor, actual);
            }
        }
        self.learn_event(pending, actual);
        self.experts.learn(&pending.regressors, actual / pending.multiplier, self.unit);
        self.learned += 1;
        let often = if self.learned < 4 * self.day { self.day / 24 } else { self.day / 4 };
        if self.learned.is_multiple_of(often.max(1)) {
            self.experts.refit();
        }
    }

    /// Steps in an hour.
    fn hour(&self) -> f64 {
        self.day as f64 / 24.0
    }

    /// Forecasts `target` from `history`, whose newest step is `now`; nothing while the history is too short.
    pub fn forecast(&mut self, history: &DemandHistory, now: &StepContext, target: &Target<'_>) {
        // Half an hour, or the first step where those are long.
        if history.len() < (self.day / 48).clamp(1, 6) {
            return;
        }
        if self.unit == 0.0 || history.len() == self.day {
            self.set_unit(history, target.bound);
        }
        self.expect_errors(history);
        self.pending.push_back(self.made(history, now, target));
    }

    /// The quantiles of `target`, another step than the one that the model is made for, without keeping anything.
    pub fn quantiles(&self, history: &DemandHistory, now: &StepContext, target: &Target<'_>) -> Quantiles {
        self.made(history, now, target).predicted
    }

    /// The forecast of `target` with all that is needed once its outcome is known.
    fn made(&self, history: &DemandHistory, now: &StepContext, target: &Target<'_>) -> Pending {
        let Target { step: target, network, prior, bound } = *target;
        let at_lead = target.index == now.index + self.lead;
        let (unit, learned) = (self.unit, self.learned);
        let input = ExpertInput { history, now, target, unit, learned, at_lead, network };
        let (with_event, regressors) = self.experts.predict(&input);
        let event = self.event_effect(&input, with_event);
        let points = event.as_ref().map_or(with_event, |event| self.shrunk(event));
        let points = points.map(|point| point.min(bound.median));
        let spread = self.spread(&points);
        let expert_quantiles = self.expert_quantiles(&points, target.local.slot, spread);
        let mut blended: Quantiles = std::array::from_fn(|l| {
            let column: Vec<f64> = expert_quantiles.iter().map(|q| q[l]).collect();
            self.blends[l].mix(&column)
        });
        tidy(&mut blended);
        let median = blended[MEDIAN];
        let shift = self.hedge.mix(&[median, points[LAST_VALUE]]) - median;
        blended.iter_mut().for_each(|q| *q += shift);
        let (with_prior, mut predicted) = match prior {
            Some(prior) => {
                let mut experts = self.calibration.stretched(&blended);
                tidy(&mut experts);
                let (mixture, predicted) = self.with_prior.mix(experts, prior);
                (Some(mixture), predicted)
            }
            None => (None, self.calibration.calibrate(&blended)),
        };
        tidy(&mut predicted);
        for (l, quantile) in predicted.iter_mut().enumerate() {
            *quantile = quantile.min(if l > MEDIAN { bound.quantiles } else { bound.median });
        }
        Pending {
            target: target.index,
            slot: target.local.slot,
            regressors,
            points,
            event,
            last: history.last() * now.calendar.multiplier,
            multiplier: target.calendar.multiplier,
            spread,
            expert_quantiles,
            median,
            blended,
            with_prior,
            predicted,
        }
    }

    /// Each expert's quantiles by each of its error scales.
    fn expert_quantiles(&self, points: &PointForecasts, slot: f64, spread: f64) -> Vec<Quantiles> {
        let of = |(errors, point): (&ScaledErrors, &f64)| -> [Quantiles; SCALES.len()] {
            let factors = SCALES.map(|(scale, ..)| scale.factor(point / self.unit, spread));
            std::array::from_fn(|i| errors[i].around(*point, slot, factors[i]))
        };
        self.error_quantiles.iter().zip(points).flat_map(of).collect()
    }

    /// Gives error quantiles that have seen no error a size of error to start from.
    fn expect_errors(&mut self, history: &DemandHistory) {
        if self.learned == 0 {
            let size = history.expected_error(history.len() - self.since) * (self.lead as f64).sqrt();
            self.error_quantiles.iter_mut().flatten().for_each(|errors| errors.expect(size));
        }
    }

    /// Mean distance of the experts from their mean, in units of the usual error.
    fn spread(&self, points: &PointForecasts) -> f64 {
        let mean = points.iter().sum::<f64>() / points.len() as f64;
        let apart = points.iter().map(|c| (c - mean).abs()).sum::<f64>() / points.len() as f64;
        (apart / self.error_quantiles[0][0].usual()).clamp(0.0, 20.0)
    }

    fn set_unit(&mut self, history: &DemandHistory, bound: ForecastBound) {
        let mean = history.mean(0, history.len()).unwrap_or(0.0).min(bound.median);
        self.unit = if mean > 0.0 { mean } else { 1.0 };
    }
}
