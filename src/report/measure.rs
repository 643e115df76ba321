//! The figures of one group.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    domain::{
        Seconds, Time, forecast_score::ForecastScore, metric::Metric, objective::Objective, scorecard::Score,
        series::Series,
    },
    store::{MetricCoverage, Store, StoreError},
};

/// The chart shows what was predicted so long before.
const CHARTED: Seconds = 900;

/// One group over one stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupReport {
    /// Its name.
    pub group: String,
    /// First moment.
    pub from: Time,
    /// First moment after.
    pub until: Time,
    /// What is known of its demand.
    #[serde(flatten)]
    pub demand: DemandSummary,
    /// Mean CPU of the minutes that are known, percent.
    pub mean_cpu: Option<f64>,
    /// Minutes whose mean CPU was above the target.
    pub minutes_above_target: usize,
    /// Utilisation not to exceed, percent.
    pub target: f64,
    /// Hours of instances in service, over the minutes that are known.
    pub instance_hours: f64,
    /// Decisions by the stage they stand at.
    pub decisions: BTreeMap<String, u32>,
    /// The score against the simulated target-tracking baseline, over the days (UTC) that the time touches.
    pub scorecard: Score,
    /// How the objective was kept on the same days; absent without one, or where no minute was counted.
    pub objective: Option<ObjectiveKept>,
    /// Forecasts against what came.
    pub accuracy: Vec<Accuracy>,
    /// Demand, for the chart.
    #[serde(skip)]
    pub actual: Series,
    /// What was predicted of it a quarter of an hour before.
    #[serde(skip)]
    pub predicted: Series,
}

/// The demand of a group over one stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemandSummary {
    /// Seconds a step of demand.
    pub step: Seconds,
    /// Steps whose demand is known.
    pub steps: usize,
    /// Steps whose demand is not.
    pub missing: usize,
    /// Mean demand a step.
    #[serde(rename = "mean_demand")]
    pub mean: Option<f64>,
    /// Highest demand of a step, and when.
    #[serde(rename = "peak_demand")]
    pub peak: Option<(Time, f64)>,
}

/// What an objective allows, and what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ObjectiveKept {
    /// What was promised.
    pub objective: Objective,
    /// The share that came.
    pub share: f64,
    /// What simulated target tracking would have brought.
    pub baseline: f64,
}

impl ObjectiveKept {
    fn of(objective: Objective, score: Score) -> Option<ObjectiveKept> {
        let all = score.all();
        let share = all.ours.share(objective, all.minutes)?;
        Some(ObjectiveKept { objective, share, baseline: all.baseline.share(objective, all.minutes)? })
    }

    /// What came, in percent of what is allowed.
    pub fn spent(&self) -> f64 {
        100.0 * self.share / self.objective.allowed()
    }
}

/// How good the forecasts of one horizon were.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    /// Minutes from the end of what was known to the end of the step spoken of.
    pub minutes_ahead: i64,
    /// Forecasts whose target is known.
    pub forecasts: usize,
    /// Absolute errors of the median over the sum of demand.
    pub wape: f64,
    /// The same of the last value known.
    pub last_value_wape: f64,
    /// Share of targets at or below the .95 quantile.
    pub below_p95: f64,
}

/// Measures the group of `span` within `window`; `target` is the utilisation not to exceed, `objective` what is promised.
pub(super) fn group(
    store: &Store,
    span: &MetricCoverage,
    (from, until): (Time, Time),
    (target, objective): (f64, Option<Objective>),
) -> Result<GroupReport, StoreError> {
    let name = span.group.as_str();
    let load = |metric, step| store.load(name, metric, step, from, until);
    let actual = load(Metric::Demand, span.step)?;
    let (cpu, in_service) = (load(Metric::Cpu, 60)?, load(Metric::InService, 60)?);
    let known = actual.iter().filter_map(|(time, value)| Some((time, value?)));
    let steps = actual.known().count();
    let scorecard = scorecard(store, name, (from, until))?;
    let whole = usize::try_from((until - from).num_seconds() / span.step).unwrap_or(0);
    Ok(GroupReport {
        group: name.to_owned(),
        from,
        until,
        demand: DemandSummary {
            step: span.step,
            steps,
            missing: whole.saturating_sub(steps),
            mean: mean(&actual),
            peak: known.max_by(|a, b| a.1.total_cmp(&b.1)),
        },
        mean_cpu: mean(&cpu),
        minutes_above_target: cpu.known().filter(|value| *value > 100.0 * target).count(),
        target: 100.0 * target,
        instance_hours: in_service.known().sum::<f64>() / 60.0,
        decisions: store.stages(name, from, until)?,
        scorecard,
        objective: objective.and_then(|objective| ObjectiveKept::of(objective, scorecard)),
        accuracy: accuracy(store, name, (from, until), &actual)?,
        predicted: store.predicted(name, from, until, CHARTED)?,
        actual,
    })
}

/// Sums of the days that `[from, until)` touches.
fn scorecard(store: &Store, name: &str, (from, until): (Time, Time)) -> Result<Score, StoreError> {
    let touched = from.date_naive()..=until.date_naive();
    let days = store.scores(name)?.into_iter().filter(|(day, _)| touched.contains(day));
    Ok(days.fold(Score::default(), |sum, (_, score)| sum.plus(score)))
}

fn mean(series: &Series) -> Option<f64> {
    let count = series.known().count();
    (count > 0).then(|| series.known().sum::<f64>() / count as f64)
}

/// One entry for each horizon of which anything is known: from the forecasts that are still kept in full, and from the scores
/// of the days whose forecasts are not.
fn accuracy(
    store: &Store,
    name: &str,
    (from, until): (Time, Time),
    actual: &Series,
) -> Result<Vec<Accuracy>, StoreError> {
    let mut scores = ForecastScore::of(&store.forecasts(name, from, until)?, actual);
    let touched = from.date_naive()..=until.date_naive();
    for (_, old) in store.forecast_scores(name)?.into_iter().filter(|(day, _)| touched.contains(day)) {
        ForecastScore::add(&mut scores, &old);
    }
    let known = scores.into_iter().filter(|score| score.count > 0 && score.demand > 0.0);
    let entry = |score: ForecastScore| Accuracy {
        minutes_ahead: score.ahead / 60,
        forecasts: usize::try_from(score.count).unwrap_or(usize::MAX),
        wape: score.error / score.demand,
        last_value_wape: score.last_error / score.demand,
        below_p95: score.below as f64 / score.count as f64,
    };
    Ok(known.map(entry).collect())
}
