//! Asks CloudWatch: what to ask ([`targets`]), in which batches ([`batches`]), and how answers become series.
//!
//! All arithmetic is done here and none by CloudWatch's metric math, so that the figures can be tested.
//! Ask with a period of 300 s unless the group has detailed monitoring: with basic monitoring EC2 publishes
//! one point in five minutes, which a finer period would take for one minute's bytes between four gaps.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use aws_sdk_cloudwatch::{
    Client,
    primitives::DateTime,
    types::{Dimension, Metric as CloudMetric, MetricDataQuery, MetricStat, ScanBy, StatusCode},
};

use super::{balancer, convert, error::classify};
use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{
        Seconds, Time, floor_to,
        metric::{CustomMetric, Metric},
        series::Series,
        shift,
    },
};

/// Queries in one call: the most that AWS takes.
const BATCH: usize = 500;
/// Pages of one call; more means that the service repeats itself.
const MOST_PAGES: usize = 2_000;
/// Longest series that may be asked for, in steps: more than CloudWatch keeps at any period.
const MOST_STEPS: i64 = 100_000;

/// One CloudWatch metric that adds to the answer of query `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Index of the [`MetricQuery`].
    pub(super) of: usize,
    namespace: Cow<'static, str>,
    name: Cow<'static, str>,
    statistic: &'static str,
    dimensions: Vec<(Cow<'static, str>, String)>,
}

/// What else must be known of a group to ask for its metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// (Target group, load balancer) before it.
    pub(super) pairs: &'a [(String, String)],
    /// What [`Metric::Custom`] is.
    pub(super) custom: Option<&'a CustomMetric>,
    /// Its instances have weights: capacity is counted in units.
    pub(super) weighted: bool,
}

/// The CloudWatch metrics behind `query`.
pub(super) fn targets(of: usize, query: &MetricQuery, known: Known<'_>) -> Vec<Target> {
    let of_group = |namespace: &'static str, name: &'static str, statistic| {
        let dimensions = vec![("AutoScalingGroupName".into(), query.group.clone())];
        vec![Target { of, namespace: namespace.into(), name: name.into(), statistic, dimensions }]
    };
    match query.metric {
        Metric::Cpu => of_group("AWS/EC2", "CPUUtilization", "Average"),
        Metric::NetworkIn => of_group("AWS/EC2", "NetworkIn", "Sum"),
        Metric::NetworkOut => of_group("AWS/EC2", "NetworkOut", "Sum"),
        Metric::InService if known.weighted => {
            of_group("AWS/AutoScaling", "GroupInServiceCapacity", "Average")
        }
        Metric::InService => of_group("AWS/AutoScaling", "GroupInServiceInstances", "Average"),
        Metric::Custom => known.custom.map(|custom| of_custom(of, custom)).into_iter().collect(),
        Metric::Requests | Metric::Errors => known
            .pairs
            .iter()
            .map(|(target_group, load_balancer)| Target {
                of,
                namespace: balancer::NAMESPACE.into(),
                name: if query.metric == Metric::Errors {
                    "HTTPCode_Target_5XX_Count".into()
                } else {
                    "RequestCount".into()
                },
                statistic: "Sum",
                dimensions: vec![
                    ("TargetGroup".into(), target_group.clone()),
                    ("LoadBalancer".into(), load_balancer.clone()),
                ],
            })
            .collect(),
        Metric::Demand => Vec::new(),
    }
}

/// The operator's own metric, as the configuration names it.
fn of_custom(of: usize, custom: &CustomMetric) -> Target {
    let dimensions = custom.dimensions.iter().map(|(name, value)| (name.clone().into(), value.clone()));
    Target {
        of,
        namespace: custom.namespace.clone().into(),
        name: custom.name.clone().into(),
        statistic: custom.statistic.name(),
        dimensions: dimensions.collect(),
    }
}

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

/// Targets that share a time range, at most [`BATCH`] a call, in a fixed order.
fn batches<'a>(
    now: Time,
    queries: &[MetricQuery],
    targets: &'a [Target],
) -> Vec<((Time, Time), Vec<&'a Target>)> {
    let mut by_range: BTreeMap<(Time, Time), Vec<&Target>> = BTreeMap::new();
    for target in targets {
        let range = range(now, &queries[target.of]);
        if range.0 < range.1 {
            by_range.entry(range).or_default().push(target);
        }
    }
    let split = |(range, targets): (_, Vec<&'a Target>)| {
        targets.chunks(BATCH).map(move |chunk| (range, chunk.to_vec())).collect::<Vec<_>>()
    };
    by_range.into_iter().flat_map(split).collect()
}

/// Points of one target by start of step.
type Points = BTreeMap<Time, f64>;

/// One series a query, from what CloudWatch has of `targets`; a metric that it would not give adds a warning.
///
/// # Errors
/// The first call that failed; half an answer is none.
pub(super) async fn read(
    client: &Client,
    now: Time,
    queries: &[MetricQuery],
    targets: &[Target],
    warnings: &mut Vec<String>,
) -> Result<Vec<Series>, CloudError> {
    let mut series = queries.iter().map(|q| blank(now, q)).collect::<Result<Vec<_>, _>>()?;
    for (range, batch) in batches(now, queries, targets) {
        let answers = call(client, queries, range, &batch, warnings).await?;
        for (target, points) in batch.iter().zip(answers) {
            add(&mut series[target.of], &queries[target.of], &points);
        }
    }
    Ok(series)
}

/// Adds one metric's points. Several load balancers add up; one that counted nothing publishes nothing, so
/// a step is a gap only where all of them are silent.
fn add(series: &mut Series, query: &MetricQuery, points: &Points) {
    let unit = match query.metric {
        Metric::NetworkIn | Metric::NetworkOut => 60.0 / query.period as f64,
        Metric::Cpu
        | Metric::Requests
        | Metric::Errors
        | Metric::InService
        | Metric::Custom
        | Metric::Demand => 1.0,
    };
    for (time, value) in points {
        if *time >= series.start() && *time < series.known_until() {
            let sum = series.at(*time).unwrap_or(0.0) + value * unit;
            series.insert(*time, sum);
        }
    }
}

async fn call(
    client: &Client,
    queries: &[MetricQuery],
    (from, until): (Time, Time),
    batch: &[&Target],
    warnings: &mut Vec<String>,
) -> Result<Vec<Points>, CloudError> {
    const ACTION: &str = "cloudwatch:GetMetricData";
    let asked =
        batch.iter().enumerate().map(|(i, t)| question(i, t, queries[t.of].period)).collect::<Vec<_>>();
    let ids: HashMap<String, usize> = (0..batch.len()).map(|i| (id(i), i)).collect();
    let mut points = vec![Points::new(); batch.len()];
    let mut token = None;
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
            .map_err(|e| classify(ACTION, &e))?;
        for result in answer.metric_data_results() {
            let Some(&index) = result.id().and_then(|id| ids.get(id)) else { continue };
            let period = queries[batch[index].of].period;
            for (at, value) in result.timestamps().iter().zip(result.values()) {
                points[index].insert(floor_to(convert::time(at), period), *value);
            }
            if let Some(StatusCode::Forbidden | StatusCode::InternalError) = result.status_code() {
                let Target { namespace, name, .. } = &batch[index];
                warnings.push(format!("CloudWatch would not give {namespace} {name}; it stays a gap"));
            }
        }
        match answer.next_token().filter(|t| !t.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => return Ok(points),
        }
    }
    Err(CloudError::Retry(format!("{ACTION} did not come to an end after {MOST_PAGES} pages")))
}

/// Id of the query at `index` of its batch.
fn id(index: usize) -> String {
    format!("q{index}")
}

fn question(index: usize, target: &Target, period: Seconds) -> MetricDataQuery {
    let dimensions = target
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name.as_ref()).value(value).build());
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
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn query(metric: Metric, from: i64, until: i64, period: Seconds) -> MetricQuery {
        MetricQuery { group: "web".into(), metric, from: at_epoch(from), until: at_epoch(until), period }
    }

    #[test]
    fn a_bucket_that_still_fills_does_not_come() {
        let q = query(Metric::Cpu, 0, 3_000, 300);
        assert_eq!(blank(at_epoch(899), &q).map(|s| s.len()), Ok(2));
        assert_eq!(blank(at_epoch(900), &q).map(|s| s.len()), Ok(3));
    }

    #[test]
    fn periods_that_cloudwatch_lacks_and_endless_ranges_are_refused() {
        let now = at_epoch(2_000_000_000);
        assert!(matches!(blank(now, &query(Metric::Cpu, 0, 600, 30)), Err(CloudError::Stop(_))));
        assert!(matches!(blank(now, &query(Metric::Cpu, 0, 600, 90)), Err(CloudError::Stop(_))));
        assert!(matches!(blank(now, &query(Metric::Cpu, 0, 2_000_000_000, 60)), Err(CloudError::Stop(_))));
        assert_eq!(blank(now, &query(Metric::Cpu, 600, 0, 60)).map(|s| s.len()), Ok(0));
    }

    #[test]
    fn network_sums_become_bytes_a_minute() {
        let q = query(Metric::NetworkIn, 0, 900, 300);
        let mut series = blank(at_epoch(9_000), &q).expect("a plain query");
        add(&mut series, &q, &Points::from([(at_epoch(300), 1_500.0)]));
        assert_eq!(series.iter().map(|(_, v)| v).collect::<Vec<_>>(), [None, Some(300.0), None]);
    }

    #[test]
    fn requests_of_several_balancers_add_up_and_a_common_gap_stays() {
        let q = query(Metric::Requests, 0, 900, 300);
        let pair = |t: &str, l: &str| (t.to_owned(), l.to_owned());
        fn before(pairs: &[(String, String)]) -> Known<'_> {
            Known { pairs, ..Known::default() }
        }
        assert_eq!(targets(0, &q, before(&[pair("t1", "l1"), pair("t2", "l1")])).len(), 2);
        assert_eq!(targets(0, &q, Known::default()), []);
        let errors = targets(0, &query(Metric::Errors, 0, 900, 300), before(&[pair("t1", "l1")]));
        assert_eq!((errors.len(), errors[0].name.as_ref()), (1, "HTTPCode_Target_5XX_Count"));
        let mut series = blank(at_epoch(9_000), &q).expect("a plain query");
        add(&mut series, &q, &Points::from([(at_epoch(0), 5.0), (at_epoch(300), 7.0)]));
        add(&mut series, &q, &Points::from([(at_epoch(0), 6.0)]));
        assert_eq!(series.iter().map(|(_, v)| v).collect::<Vec<_>>(), [Some(11.0), Some(7.0), None]);
    }

    #[test]
    fn a_metric_of_the_operators_own_is_asked_for_as_it_is_named() {
        let custom = CustomMetric {
            namespace: "Shop".into(),
            name: "OpenSessions".into(),
            dimensions: BTreeMap::from([("Service".into(), "web".into())]),
            statistic: crate::domain::metric::Statistic::Average,
        };
        let q = query(Metric::Custom, 0, 900, 300);
        assert_eq!(targets(0, &q, Known::default()), [], "nobody has said what it is");
        let found = targets(0, &q, Known { custom: Some(&custom), ..Known::default() });
        let asked = question(0, &found[0], 300);
        let stat = asked.metric_stat().expect("it asks for one metric");
        let metric = stat.metric().expect("as before");
        assert_eq!((metric.namespace(), metric.metric_name()), (Some("Shop"), Some("OpenSessions")));
        let dimension = &metric.dimensions()[0];
        assert_eq!((dimension.name(), dimension.value()), (Some("Service"), Some("web")));
        assert_eq!((stat.stat(), stat.period()), (Some("Average"), Some(300)));
    }

    #[test]
    fn with_weights_the_units_in_service_are_asked_for() {
        let name = |weighted| {
            let known = Known { weighted, ..Known::default() };
            targets(0, &query(Metric::InService, 0, 900, 300), known)[0].name.clone()
        };
        assert_eq!([name(false), name(true)], ["GroupInServiceInstances", "GroupInServiceCapacity"]);
    }

    #[test]
    fn a_batch_holds_one_range_and_at_most_500() {
        let queries: Vec<_> =
            (0..1_203).map(|i| query(Metric::Cpu, if i % 400 == 0 { 0 } else { 600 }, 1_200, 300)).collect();
        let all: Vec<_> =
            queries.iter().enumerate().flat_map(|(i, q)| targets(i, q, Known::default())).collect();
        let sizes: Vec<_> =
            batches(at_epoch(9_000), &queries, &all).iter().map(|(_, batch)| batch.len()).collect();
        assert_eq!(sizes, [4, 500, 500, 199]);
    }

    proptest! {
        #[test]
        fn every_step_lies_in_the_question_and_has_ended(from in -9_000i64..9_000, length in -900i64..90_000,
                                                         now in -9_000i64..90_000, minutes in 1i64..60) {
            let q = query(Metric::Cpu, from, from + length, minutes * 60);
            let series = blank(at_epoch(now), &q).expect("a plain query");
            for (start, value) in series.iter() {
                prop_assert!(start >= q.from && start < q.until);
                prop_assert!(shift(start, q.period) <= at_epoch(now));
                prop_assert_eq!(value, None);
            }
            let whole = (from..from + length).filter(|t| t % q.period == 0 && t + q.period <= now).count();
            prop_assert_eq!(series.len(), whole);
        }
    }
}
