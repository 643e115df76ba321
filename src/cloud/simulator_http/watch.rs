//! The operations of CloudWatch.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    OperationCall, OperationResult, Refusal, balancer, missing, page,
    value::{Input, Node},
};
use crate::{
    cloud::MetricQuery,
    domain::{Seconds, Time, floor_to, metric::Metric, series::Series, shift},
};

/// Queries in one call: the most that AWS takes.
const MOST_QUERIES: usize = 500;
/// Points on one page: the most that AWS gives.
const MOST_POINTS: i64 = 100_800;
/// Points of one GetMetricStatistics: the most that AWS gives.
const MOST_STATISTICS: usize = 1_440;
/// Minutes that a question may span, so that nobody asks for a thousand years.
const LONGEST: i64 = 1_000_000;
/// Seconds between two points of EC2's basic monitoring.
const BASIC: Seconds = 300;

/// A metric: ours, namespace, name, and the statistic that the simulation has for any period.
const METRICS: [(Metric, &str, &str, &str); 6] = [
    (Metric::Cpu, "AWS/EC2", "CPUUtilization", "Average"),
    (Metric::NetworkIn, "AWS/EC2", "NetworkIn", "Sum"),
    (Metric::NetworkOut, "AWS/EC2", "NetworkOut", "Sum"),
    (Metric::InService, "AWS/AutoScaling", "GroupInServiceInstances", "Average"),
    (Metric::Requests, "AWS/ApplicationELB", "RequestCount", "Sum"),
    (Metric::Errors, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum"),
];

/// The dimensions that `metric` of `group` is filed under.
fn dimensions(metric: Metric, group: &str) -> Vec<(&'static str, String)> {
    match metric {
        Metric::Requests | Metric::Errors => vec![
            ("LoadBalancer", balancer::LOAD_BALANCER.into()),
            ("TargetGroup", balancer::dimension(group)),
        ],
        _ => vec![("AutoScalingGroupName", group.to_owned())],
    }
}

/// Points by time, ascending.
type Points = Vec<(Time, f64)>;

/// What is asked of one metric.
#[derive(Debug, Clone, Copy)]
struct StatisticQuery<'a> {
    statistic: &'a str,
    from: Time,
    until: Time,
    period: Seconds,
}

/// The points of what `asked` names; none where nothing is filed under it.
fn points(call: &OperationCall<'_>, asked: Input<'_>, ask: StatisticQuery<'_>) -> Result<Points, Refusal> {
    if ask.period < 60 || ask.period % 60 != 0 {
        return Err(Refusal::invalid("Period must be a multiple of 60."));
    }
    if (ask.until - ask.from).num_minutes() > LONGEST {
        return Err(Refusal::invalid("The time range is too long."));
    }
    let (namespace, name) = (asked.text("Namespace"), asked.text("MetricName"));
    let found = METRICS.into_iter().find(|(_, n, m, _)| namespace == Some(*n) && name == Some(*m));
    let Some((metric, .., own)) = found else { return Ok(Points::new()) };
    let mut filed: Vec<(&str, &str)> =
        asked.list("Dimensions").iter().filter_map(|d| Some((d.text("Name")?, d.text("Value")?))).collect();
    filed.sort_unstable();
    let value = |name| filed.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let group = value("AutoScalingGroupName").or_else(|| balancer::behind(value("TargetGroup")?));
    let Some(spec) = group.and_then(|group| call.world.spec(group)) else { return Ok(Points::new()) };
    let own_dimensions = dimensions(metric, &spec.name);
    if !own_dimensions.iter().map(|(n, v)| (*n, v.as_str())).eq(filed.iter().copied()) {
        return Ok(Points::new());
    }
    if metric == Metric::InService && !spec.group_metrics {
        return Ok(Points::new());
    }
    let ask = StatisticQuery { from: ask.from.max(forgotten(call.world.now(), ask.period)), ..ask };
    let basic = namespace == Some("AWS/EC2") && !spec.detailed_monitoring;
    let slow = StatisticQuery { period: ask.period.max(BASIC), from: floor_to(ask.from, BASIC), ..ask };
    let ask = if basic { slow } else { ask };
    let read = |period| {
        let (from, until) = (ask.from, ask.until);
        let query = MetricQuery { group: spec.name.clone(), metric, from, until, period };
        call.world.metrics(&[query]).map(|mut series| series.remove(0))
    };
    let whole = read(ask.period)?;
    if ask.statistic == own && whole.start() == ask.from {
        // Bytes are kept by the minute; CloudWatch's sum is of the whole period.
        let bytes = matches!(metric, Metric::NetworkIn | Metric::NetworkOut);
        let minutes = if bytes { ask.period as f64 / 60.0 } else { 1.0 };
        return Ok(whole.iter().filter_map(|(time, value)| Some((time, value? * minutes))).collect());
    }
    gathered(&read(60)?, call.world.now(), ask)
}

/// Before this moment CloudWatch has nothing left of a step.
fn forgotten(now: Time, period: Seconds) -> Time {
    let days = match period {
        ..300 => 15,
        300..3_600 => 63,
        _ => 455,
    };
    floor_to(shift(now, -days * 86_400), period)
}

/// Minutes gathered into periods that are counted from the start of the question, as CloudWatch does.
fn gathered(minutes: &Series, now: Time, ask: StatisticQuery<'_>) -> Result<Points, Refusal> {
    let mut periods: BTreeMap<Time, Vec<f64>> = BTreeMap::new();
    for (time, value) in minutes.iter().filter_map(|(time, value)| Some((time, value?))) {
        let into = (time - ask.from).num_seconds().rem_euclid(ask.period);
        periods.entry(shift(time, -into)).or_default().push(value);
    }
    let of: fn(&[f64]) -> f64 = match ask.statistic {
        "Average" => |v| v.iter().sum::<f64>() / v.len() as f64,
        "Sum" => |v| v.iter().sum(),
        "Minimum" => |v| v.iter().copied().fold(f64::INFINITY, f64::min),
        "Maximum" => |v| v.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "SampleCount" => |v| v.len() as f64,
        other => {
            let text = format!(
                "The statistic {other:?} is not simulated (Average, Sum, Minimum, Maximum, SampleCount)."
            );
            return Err(Refusal::invalid(text));
        }
    };
    let ended = |time: &Time| shift(*time, ask.period) <= now;
    Ok(periods.iter().filter(|(time, _)| ended(time)).map(|(time, values)| (*time, of(values))).collect())
}

/// The question's range, its start on a whole minute.
fn range(call: &OperationCall<'_>) -> Result<(Time, Time), Refusal> {
    let from = floor_to(call.moment("StartTime")?.ok_or_else(|| missing("StartTime"))?, 60);
    let until = call.moment("EndTime")?.ok_or_else(|| missing("EndTime"))?;
    if from >= until {
        return Err(Refusal::invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    Ok((from, until))
}

/// GetMetricData. A page ends after `MaxDatapoints`; its token names the query and the point to go on with.
pub(in crate::cloud::simulator_http) fn data(call: &OperationCall<'_>) -> OperationResult {
    let (from, until) = range(call)?;
    let queries = call.input.list("MetricDataQueries");
    if queries.len() > MOST_QUERIES {
        return Err(Refusal::invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        )));
    }
    unique(&queries)?;
    let ascending = call.input.text("ScanBy") == Some("TimestampAscending");
    let mut room = call.input.number("MaxDatapoints").unwrap_or(MOST_POINTS).clamp(1, MOST_POINTS) as usize;
    let (first, mut skip) = place(call)?;
    let (mut results, mut next) = (Vec::new(), None);
    for (index, query) in queries.iter().enumerate().skip(first) {
        let id = query.text("Id").ok_or_else(|| missing("Id"))?;
        let stat = query.inside("MetricStat").ok_or_else(|| {
            Refusal::invalid("The simulation answers MetricStat; metric math is not simulated.")
        })?;
        let metric = stat.inside("Metric").ok_or_else(|| missing("Metric"))?;
        let (statistic, period) = (stat.text("Stat").unwrap_or(""), stat.number("Period").unwrap_or(0));
        let mut found = points(call, metric, StatisticQuery { statistic, from, until, period })?;
        if !ascending {
            found.reverse();
        }
        let rest = found.len().saturating_sub(std::mem::take(&mut skip));
        let here: Points = found[found.len() - rest..].iter().take(room).copied().collect();
        room -= here.len();
        let cut = here.len() < rest;
        if cut {
            next = Some(format!("{index}:{}", found.len() - rest + here.len()));
        }
        results.push(Node::fields([
            ("Id", Node::text(id)),
            ("Label", Node::text(metric.text("MetricName").unwrap_or(""))),
            ("Timestamps", Node::list(here.iter().map(|(time, _)| call.outward(*time)))),
            ("Values", Node::list(here.iter().map(|(_, value)| Node::Float(*value)))),
            ("StatusCode", Node::text(if cut { "PartialData" } else { "Complete" })),
        ]));
        if cut {
            break;
        }
    }
    let answer = Node::fields([("MetricDataResults", Node::List(results)), ("Messages", Node::list([]))]);
    Ok(answer.with("NextToken", next.map(Node::Text)))
}

/// Refuses ids that are not as AWS wants them.
fn unique(queries: &[Input<'_>]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for query in queries {
        let id = query.text("Id").ok_or_else(|| missing("Id"))?;
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
            let text = format!("The value {id} for parameter id must start with a lowercase letter.");
            return Err(Refusal::invalid(text));
        }
        if !seen.insert(id) {
            return Err(Refusal::invalid("The values for parameter id in MetricDataQueries are not unique."));
        }
    }
    Ok(())
}

/// The query and the point that `NextToken` names.
fn place(call: &OperationCall<'_>) -> Result<(usize, usize), Refusal> {
    let Some(token) = call.input.text("NextToken").filter(|t| !t.is_empty()) else { return Ok((0, 0)) };
    let read = token.split_once(':').and_then(|(q, p)| Some((q.parse().ok()?, p.parse().ok()?)));
    read.ok_or_else(|| Refusal::new("InvalidNextToken", "The token is not valid."))
}

/// GetMetricStatistics.
pub(in crate::cloud::simulator_http) fn statistics(call: &OperationCall<'_>) -> OperationResult {
    let (from, until) = range(call)?;
    let period = call.input.number("Period").unwrap_or(0);
    let mut rows: BTreeMap<Time, Node> = BTreeMap::new();
    for statistic in call.input.texts("Statistics") {
        for (time, value) in points(call, call.input, StatisticQuery { statistic, from, until, period })? {
            let row = rows.entry(time).or_insert_with(|| Node::fields([("Timestamp", call.outward(time))]));
            let field = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"].into_iter();
            if let Some(field) = field.into_iter().find(|field| *field == statistic) {
                let whole = std::mem::replace(row, Node::fields([]));
                *row = whole.with(field, Some(Node::Float(value)));
            }
        }
    }
    if rows.len() > MOST_STATISTICS {
        return Err(Refusal::new(
            "InvalidParameterCombination",
            format!("You have requested up to {} datapoints, which exceeds the limit of 1,440.", rows.len()),
        ));
    }
    let label = call.required("MetricName")?;
    Ok(Node::fields([("Label", Node::text(label)), ("Datapoints", Node::list(rows.into_values()))]))
}

/// ListMetrics.
pub(in crate::cloud::simulator_http) fn list(call: &OperationCall<'_>) -> OperationResult {
    // An answer to nothing: throttled as any other.
    call.world.metrics(&[])?;
    let asked = |key: &str, value: &str| call.input.text(key).is_none_or(|wanted| wanted == value);
    let filters = call.input.list("Dimensions");
    let mut all = Vec::new();
    for group in call.world.specs().map(|spec| spec.name.as_str()) {
        for (metric, namespace, name, _) in METRICS {
            let own = dimensions(metric, group);
            let has = |filter: &Input<'_>| {
                own.iter().any(|(n, v)| {
                    filter.text("Name") == Some(*n) && filter.text("Value").is_none_or(|wanted| wanted == v)
                })
            };
            if asked("Namespace", namespace) && asked("MetricName", name) && filters.iter().all(has) {
                let dimension = |(n, v): &(&str, String)| {
                    Node::fields([("Name", Node::text(*n)), ("Value", Node::text(v))])
                };
                all.push(Node::fields([
                    ("Namespace", Node::text(namespace)),
                    ("MetricName", Node::text(name)),
                    ("Dimensions", Node::list(own.iter().map(dimension))),
                ]));
            }
        }
    }
    let (page, next) = page(all, &call.input, 500, 500)?;
    Ok(Node::fields([("Metrics", Node::List(page))]).with("NextToken", next.map(Node::Text)))
}
