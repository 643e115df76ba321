//! One decision of the past: what was known when it was made, and what came afterwards.
//!
//! Like a report it is read from the store alone, beside a running console or agent. What was known is what the decision's
//! record holds and the forecast as it was made; what came is what the history knows today.
//!
//! Start with [`Explanation::read`]; `find` tells which decision is meant, `sections` puts it into words, and `write` prints
//! these as text or Markdown.

mod find;
mod sections;
mod write;

pub use find::{DecisionKey, find};

use chrono_tz::Tz;
use serde::Serialize;

use crate::{
    domain::{
        Seconds, Time,
        decision::Decision,
        forecast::{LEVELS, Quantiles},
        journal::JournalEntry,
        metric::Metric,
        plan::percentile,
        series::Series,
        shift,
    },
    store::{Store, StoreError},
};

/// Seconds shown before the decision, and at least after it.
const HOUR: Seconds = 3_600;
/// Most seconds shown after it.
const LONGEST: Seconds = 6 * HOUR;
/// Lines of the journal that are shown.
const LINES: usize = 50;

/// A decision, what was known, and what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The decision with its whole record.
    pub decision: Decision,
    /// What the journal says of it, oldest first.
    pub journal: Vec<JournalEntry>,
    /// The newest forecast when it was made; absent where it is no longer kept.
    pub forecast: Option<ForecastMade>,
    /// Demand of the hour before, as it is known today: each step with its load.
    pub before: Vec<(Time, Option<f64>)>,
    /// What came afterwards.
    pub afterwards: Afterwards,
}

/// A forecast as it was made, beside what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastMade {
    /// When it was made.
    pub origin: Time,
    /// Model that made it.
    pub model: String,
    /// Seconds of a step.
    pub step: Seconds,
    /// Step by step.
    pub steps: Vec<ForecastStep>,
}

/// One step of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastStep {
    /// Start of the step.
    pub start: Time,
    /// Minutes from the decision to the end of the step.
    pub minutes_ahead: i64,
    /// Each level with its quantile of demand, load per step.
    #[serde(serialize_with = "by_name")]
    pub quantiles: Quantiles,
    /// Demand that came, where it is known.
    pub came: Option<f64>,
}

/// What came after a decision, until the end of the time that it was made for, and an hour at least.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Afterwards {
    /// First moment after that time, or the end of what is known.
    pub until: Time,
    /// Demand that came, from the step in which the decision was made: each step with its load.
    pub demand: Vec<(Time, Option<f64>)>,
    /// Highest demand of a step, and when.
    pub peak: Option<(Time, f64)>,
    /// Instances in service at the beginning, the least and the most.
    pub in_service: Option<[f64; 3]>,
    /// Minutes whose mean CPU was above the target, of those that are known.
    pub above_target: Option<(usize, usize)>,
    /// The next decision of the group, and when.
    pub next: Option<(i64, Time)>,
}

fn by_name<S: serde::Serializer>(row: &Quantiles, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(LEVELS.iter().zip(row).map(|(level, value)| (percentile(*level), value)))
}

impl Explanation {
    /// Reads what there is of `decision`; `target` is the utilisation that its group is not to exceed, where the record does not
    /// say it.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn read(store: &Store, decision: Decision, target: f64) -> Result<Explanation, StoreError> {
        let (group, at) = (decision.group.as_str(), decision.at);
        let made = store.forecast_as_of(group, at)?;
        let lead = decision.plan.lead().unwrap_or(0);
        let until = shift(at, lead.clamp(HOUR, LONGEST));
        let step = demand_step(store, group, made.as_ref().map(|forecast| forecast.step))?;
        let demand = |from, until| match step {
            Some(step) => store.load(group, Metric::Demand, step, from, until),
            None => Ok(Series::new(from, 60)),
        };
        let known_to = made.as_ref().map_or(until, |f| f.target(f.rows.len())).max(until);
        let came = demand(shift(at, -HOUR), known_to)?;
        let forecast = made.map(|forecast| ForecastMade {
            origin: forecast.origin,
            step: forecast.step,
            steps: (0..forecast.rows.len())
                .map(|index| (forecast.target(index), forecast.rows[index]))
                .map(|(start, quantiles)| ForecastStep {
                    start,
                    minutes_ahead: (shift(start, forecast.step) - at).num_minutes(),
                    quantiles,
                    came: came.at(start),
                })
                .filter(|row| row.minutes_ahead > 0)
                .collect(),
            model: forecast.model,
        });
        // The step that runs at the moment of the decision is known after it.
        let runs = shift(at, 1 - came.step());
        let before = came.between(shift(at, -HOUR), runs).iter().collect();
        let target = decision.plan.target().unwrap_or(target);
        let afterwards =
            Afterwards::read(store, &decision, (at, until), (&came.between(runs, until), target))?;
        Ok(Explanation {
            journal: store.journal_of(decision.id, LINES)?,
            forecast,
            before,
            afterwards,
            decision,
        })
    }

    /// As text, times in `zone`.
    pub fn text(&self, zone: Tz) -> String {
        write::text(&sections::of(self, zone))
    }

    /// As Markdown, times in `zone`.
    pub fn markdown(&self, zone: Tz) -> String {
        write::markdown(&sections::of(self, zone))
    }
}

impl Afterwards {
    fn read(
        store: &Store,
        decision: &Decision,
        (at, until): (Time, Time),
        (came, target): (&Series, f64),
    ) -> Result<Afterwards, StoreError> {
        let group = decision.group.as_str();
        let minutes = |metric| store.load(group, metric, 60, at, until);
        let demand: Vec<(Time, Option<f64>)> = came.iter().collect();
        let (cpu, in_service) = (minutes(Metric::Cpu)?, minutes(Metric::InService)?);
        let known = cpu.known().count();
        let above = cpu.known().filter(|value| *value > 100.0 * target).count();
        let least = in_service.known().reduce(f64::min);
        let most = in_service.known().reduce(f64::max);
        let first = in_service.known().next();
        let known_until = shift(at, 60).max(came.known_until()).min(until);
        let next = store.decisions_since(group, (at, decision.id), 1)?;
        Ok(Afterwards {
            until: known_until,
            peak: demand
                .iter()
                .filter_map(|(time, load)| Some((*time, (*load)?)))
                .max_by(|a, b| a.1.total_cmp(&b.1)),
            demand,
            in_service: first.zip(least).zip(most).map(|((first, least), most)| [first, least, most]),
            above_target: (known > 0).then_some((above, known)),
            next: next.into_iter().next().map(|head| (head.id, head.at)),
        })
    }
}

/// Seconds of a step of demand of `group`: as forecast, else as it is kept.
fn demand_step(store: &Store, group: &str, forecast: Option<Seconds>) -> Result<Option<Seconds>, StoreError> {
    if forecast.is_some() {
        return Ok(forecast);
    }
    let spans = store.spans()?;
    Ok(spans
        .into_iter()
        .rfind(|span| span.group == group && span.metric == Metric::Demand)
        .map(|span| span.step))
}

#[cfg(test)]
mod tests;
