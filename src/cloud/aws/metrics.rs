//! Asks CloudWatch: in which batches ([`batches`]), and how answers become series. What to ask is in `targets.rs`.
//!
//! All arithmetic is done here and none by CloudWatch's metric math, so that the figures can be tested.
//! With basic monitoring EC2 publishes one point in five minutes. Asked for by the minute it stands between four
//! gaps, and its bytes are those of five minutes; [`basic`] names such groups, so that the operator hears of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aws_sdk_cloudwatch::{
    Client,
    primitives::DateTime,
    types::{Dimension, Metric as CloudMetric, MetricDataQuery, MetricStat, ScanBy, StatusCode},
};

use futures_util::future::join_all;

use super::{convert, error::facts, targets::MetricTarget};
use crate::{
    cloud::{CloudError, MetricQuery, Retention},
    domain::{Seconds, Time, floor_to, metric::Metric, series::Series, shift},
};

/// Queries in one call: the most that AWS takes.
const BATCH: usize = 500;
/// Pages of one call; more means that the service repeats itself.
const MOST_PAGES: usize = 2_000;
/// Calls for one batch while its parts are refused: enough to find three wrong questions.
const MOST_CALLS: usize = 60;
/// Calls under way at the same time.
const ABREAST: usize = 4;
const HOUR: Seconds = 3_600;
/// Longest series that may be asked for, in steps: more than CloudWatch keeps at any period.
const MOST_STEPS: i64 = 100_000;

/// How long CloudWatch keeps points of one step, the finest first.
pub(super) const KEPT: [Retention; 3] = [
    Retention { step: 60, age: 15 * 86_400 },
    Retention { step: 300, age: 63 * 86_400 },
    Retention { step: 3_600, age: 455 * 86_400 },
];

/// Seconds between two points of EC2's basic monitoring.
const BASIC: Seconds = 300;

/// First step and first moment after the last one that `query` may have: aligned to its period, and ended by
/// `now`, so that a bucket still filling is never taken for a low value.
fn range(now: Time, query: &MetricQuery) -> (Time, Time) {
    let period = query.period.max(1);
    let next_step = |time| floor_to(shift(time, period - 1), period);
    let from = next_step(query.from);
    let until = next_step(query.until).min(floor_to(now, period));
    (from, until.max(from))
}

/// An answer without one point: every step of the query's range is a gap.
pub(super) fn blank(now: Time, query: &MetricQuery) -> Result<Series, CloudError> {
    if query.period < 60 || query.period % 60 != 0 {
        let period = query.period;
        return Err(CloudError::Stop(format!(
            "CloudWatch has no period of {period} s here; use a multiple of 60"
        )));
    }
    let (from, until) = range(now, query);
    let steps = (until - from).num_seconds() / query.period;
    if steps > MOST_STEPS {
        return Err(CloudError::Stop(format!(
            "{steps} steps of {} s are more than CloudWatch keeps; ask for a shorter time",
            query.period
        )));
    }
    Ok(Series::from_values(from, query.period, (0..steps).map(|_| None)))
}

/// The time that is asked for on behalf of `query`. It is rounded to hours, so that questions that differ by minutes
/// share a call, and leaves out what CloudWatch has forgotten at this step.
fn asked(now: Time, query: &MetricQuery) -> (Time, Time) {
    let (from, until) = range(now, query);
    let age = KEPT.iter().find(|kept| kept.step >= query.period).map_or(KEPT[2].age, |kept| kept.age);
    let oldest = floor_to(shift(now, 2 * query.period - age), query.period);
    if from.max(oldest) >= until || HOUR % query.period != 0 {
        return (from.max(oldest), until);
    }
    let from = match floor_to(from, HOUR) {
        hour if hour >= oldest => hour,
        _ => from.max(oldest),
    };
    (from, floor_to(shift(until, HOUR - 1), HOUR).min(floor_to(now, 60)))
}

/// Targets that share a time range, at most [`BATCH`] a call, in a fixed order.
fn batches<'a>(
    now: Time,
    queries: &[MetricQuery],
    targets: &'a [MetricTarget],
) -> Vec<((Time, Time), Vec<&'a MetricTarget>)> {
    let mut by_range: BTreeMap<(Time, Time), Vec<&MetricTarget>> = BTreeMap::new();
    for target in targets {
        let range = asked(now, &queries[target.of]);
        if range.0 < range.1 {
            by_range.entry(range).or_default().push(target);
        }
    }
    let split = |(range, targets): (_, Vec<&'a MetricTarget>)| {
        targets.chunks(BATCH).map(move |chunk| (range, chunk.to_vec())).collect::<Vec<_>>()
    };
    by_range.into_iter().flat_map(split).collect()
}

/// One series a query, from what CloudWatch has of `targets`, and the queries that it did not answer in full; a
/// metric that it would not give adds a warning.
///
/// # Errors
/// The first call that failed; half an answer is none.
pub(super) async fn read(
    client: &Client,
    now: Time,
    queries: &[MetricQuery],
    targets: &[MetricTarget],
    warnings: &mut Vec<String>,
) -> Result<(Vec<Series>, HashSet<usize>), CloudError> {
    let mut incomplete = HashSet::new();
    let mut series = queries.iter().map(|q| blank(now, q)).collect::<Result<Vec<_>, _>>()?;
    for few in batches(now, queries, targets).chunks(ABREAST) {
        let blanks = |batch: &[&MetricTarget]| batch.iter().map(|t| blank(now, &queries[t.of])).collect();
        let calls = few.iter().map(|(range, batch)| {
            let blanks: Result<Vec<Series>, CloudError> = blanks(batch);
            async move { call_apart(client, queries, *range, batch, blanks?).await }
        });
        for ((_, batch), answer) in few.iter().zip(join_all(calls).await) {
            let FetchedMetrics { found, incomplete: parts, refused } = answer?;
            warnings.extend(refused);
            incomplete.extend(parts.iter().map(|index| batch[*index].of));
            for (target, found) in batch.iter().zip(found) {
                add(&mut series[target.of], &queries[target.of], &found);
            }
        }
    }
    Ok((series, incomplete))
}

/// Adds one metric's points. Several load balancers add up; one that counted nothing publishes nothing, so
/// a step is a gap only where all of them are silent.
fn add(series: &mut Series, query: &MetricQuery, found: &Series) {
    let unit = match query.metric {
        Metric::NetworkIn | Metric::NetworkOut if is_basic(query, found) => 60.0 / BASIC as f64,
        Metric::NetworkIn | Metric::NetworkOut => 60.0 / query.period as f64,
        Metric::Cpu
        | Metric::Requests
        | Metric::Errors
        | Metric::InService
        | Metric::Custom
        | Metric::Demand => 1.0,
    };
    for (time, value) in found.iter().filter_map(|(time, value)| Some((time, value?))) {
        let sum = series.at(time).unwrap_or(0.0) + value * unit;
        series.insert(time, sum);
    }
}

/// True if points, asked for by the minute, came every five: EC2's basic monitoring. Two points may be chance.
fn is_basic(query: &MetricQuery, found: &Series) -> bool {
    let ec2 = matches!(query.metric, Metric::Cpu | Metric::NetworkIn | Metric::NetworkOut);
    if !ec2 || query.period >= BASIC {
        return false;
    }
    let known = || found.iter().filter(|(_, value)| value.is_some()).map(|(time, _)| time);
    let mut apart = known().zip(known().skip(1)).map(|(a, b)| (b - a).num_seconds());
    known().nth(2).is_some() && apart.all(|seconds| seconds % BASIC == 0)
}

/// The groups among `queries` that EC2 publishes every five minutes only, by what came in `series`.
pub(super) fn basic(queries: &[MetricQuery], series: &[Series]) -> BTreeSet<String> {
    let cpu = queries.iter().zip(series).filter(|(query, _)| query.metric == Metric::Cpu);
    cpu.filter(|(query, s)| is_basic(query, s)).map(|(query, _)| query.group.clone()).collect()
}

/// Asks for `batch`. Where CloudWatch refuses the question it is asked in halves, so that a metric that is written wrongly
/// leaves the others as they are.
///
/// # Errors
/// When a call failed otherwise, and when all of it is refused.
async fn call_apart(
    client: &Client,
    queries: &[MetricQuery],
    range: (Time, Time),
    batch: &[&MetricTarget],
    blanks: Vec<Series>,
) -> Result<FetchedMetrics, CloudError> {
    let whole = 0..batch.len();
    let (mut all, mut open) = (FetchedMetrics::of(blanks), vec![whole]);
    let (mut calls, mut wrong) = (0, 0);
    while let Some(part) = open.pop() {
        calls += 1;
        let (targets, blanks) = (&batch[part.clone()], all.found[part.clone()].to_vec());
        match call(client, queries, range, targets, blanks).await {
            Ok(fetched) => all.put(part.start, fetched),
            Err(CallError::Failed(error)) => return Err(error),
            Err(CallError::Refused(error)) if part.len() == 1 => {
                wrong += 1;
                if wrong == batch.len() {
                    return Err(error);
                }
                let MetricTarget { namespace, name, of, .. } = targets[0];
                let group = &queries[*of].group;
                all.refused
                    .push(format!("{group}: {namespace} {name} is refused and treated as missing: {error}"));
            }
            Err(CallError::Refused(error)) if calls >= MOST_CALLS => return Err(error),
            Err(CallError::Refused(_)) => {
                let middle = part.start + part.len() / 2;
                open.extend([part.start..middle, middle..part.end]);
            }
        }
    }
    Ok(all)
}

/// Why a call gave nothing.
enum CallError {
    /// What was asked is wrong.
    Refused(CloudError),
    /// It failed for a reason that is not in the question.
    Failed(CloudError),
}

/// What one call, with all its pages, gave.
struct FetchedMetrics {
    /// What was found of each target, on the steps of its query.
    found: Vec<Series>,
    /// Targets, by their place in the batch, of which CloudWatch did not say that this is all.
    incomplete: BTreeSet<usize>,
    /// Metrics that it would not give, in sentences.
    refused: Vec<String>,
}

impl FetchedMetrics {
    /// Nothing yet of as many targets.
    fn of(found: Vec<Series>) -> Self {
        FetchedMetrics { incomplete: (0..found.len()).collect(), found, refused: Vec::new() }
    }

    /// Takes over what was found of the targets from place `first` on.
    fn put(&mut self, first: usize, part: FetchedMetrics) {
        let whole = (0..part.found.len()).filter(|index| !part.incomplete.contains(index));
        whole.for_each(|index| {
            self.incomplete.remove(&(first + index));
        });
        self.refused.extend(part.refused);
        self.found.splice(first..first + part.found.len(), part.found);
    }
}

/// One call, with all its pages.
async fn call(
    client: &Client,
    queries: &[MetricQuery],
    (from, until): (Time, Time),
    batch: &[&MetricTarget],
    found: Vec<Series>,
) -> Result<FetchedMetrics, CallError> {
    const ACTION: &str = "cloudwatch:GetMetricData";
    let asked =
        batch.iter().enumerate().map(|(i, t)| question(i, t, queries[t.of].period)).collect::<Vec<_>>();
    let ids: HashMap<String, usize> = (0..batch.len()).map(|i| (id(i), i)).collect();
    let (mut fetched, mut token) = (FetchedMetrics::of(found), None);
    for _ in 0..MOST_PAGES {
        let answer = client
            .get_metric_data()
            .set_metric_data_queries(Some(asked.clone()))
            .start_time(DateTime::from_secs(from.timestamp()))
            .end_time(DateTime::from_secs(until.timestamp()))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(token)
            .send()
            .await
            .map_err(|e| match facts(&e) {
                wrong if wrong.is_wrong_question() => CallError::Refused(wrong.verdict(ACTION)),
                other => CallError::Failed(other.verdict(ACTION)),
            })?;
        for result in answer.metric_data_results() {
            let Some(&index) = result.id().and_then(|id| ids.get(id)) else { continue };
            let found = &mut fetched.found[index];
            let (from, until) = (found.start(), found.known_until());
            for (at, value) in result.timestamps().iter().zip(result.values()) {
                let at = convert::time(at);
                if at >= from && at < until {
                    found.insert(at, *value);
                }
            }
            if result.status_code() == Some(&StatusCode::Complete) {
                fetched.incomplete.remove(&index);
            }
            if let Some(StatusCode::Forbidden | StatusCode::InternalError) = result.status_code() {
                let MetricTarget { namespace, name, .. } = batch[index];
                let text = format!("CloudWatch returned no data for {namespace} {name}; treated as missing");
                fetched.refused.push(text);
            }
        }
        match answer.next_token().filter(|t| !t.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => return Ok(fetched),
        }
    }
    Err(CallError::Failed(CloudError::Retry(format!("{ACTION} returned more than {MOST_PAGES} pages"))))
}

/// Id of the query at `index` of its batch.
fn id(index: usize) -> String {
    format!("q{index}")
}

fn question(index: usize, target: &MetricTarget, period: Seconds) -> MetricDataQuery {
    let dimensions =
        target.dimensions.iter().map(|(name, v)| Dimension::builder().name(name.as_ref()).value(v).build());
    let metric = CloudMetric::builder()
        .namespace(target.namespace.as_ref())
        .metric_name(target.name.as_ref())
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let statistic = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period).unwrap_or(i32::MAX))
        .stat(target.statistic)
        .build();
    MetricDataQuery::builder().id(id(index)).metric_stat(statistic).return_data(true).build()
}

#[cfg(test)]
mod tests;
