//! What CloudWatch would say of a simulated group.

use super::{TICK, chance::Stream, group::Group, publishing, record::Size, spec::Publishing};
use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{Seconds, Time, fault::Fault, metric::Metric, series::Series, shift},
};

/// Relative scatter of the measured CPU and of bytes.
const CPU_SPREAD: f64 = 0.015;
const BYTES_SPREAD: f64 = 0.04;
/// Seconds by which the metric-delay fault holds metrics up.
const LATE: Seconds = 600;

/// Answers `query` at `now`, to which `group` has been advanced.
///
/// Points lie on the grid of the group's trace. Those whose period has not ended do not come; those that are
/// late or lost are gaps, as is what was not measured. Published as AWS does, a period grows until all of its minutes are there.
///
/// # Errors
/// [`CloudError::Stop`] for a period that is not a whole number of minutes.
pub fn answer(group: &Group, now: Time, query: &MetricQuery) -> Result<Series, CloudError> {
    let period = query.period;
    if period < TICK || period % TICK != 0 {
        let text = format!("ValidationError: the period {period} s is not a multiple of {TICK} s");
        return Err(CloudError::Stop(text));
    }
    let start = group.load.start().timestamp();
    let first = (-(start.saturating_sub(query.from.timestamp())).div_euclid(period)).max(0);
    let first =
        first + i64::from(start.saturating_add(first.saturating_mul(period)) < query.from.timestamp());
    let mut series = Series::new(shift(group.load.start(), first.saturating_mul(period)), period);
    let late = if group.life.faults.active(Fault::MetricDelay, now) { LATE } else { 0 };
    for index in first.. {
        let begin = shift(group.load.start(), index.saturating_mul(period));
        let end = shift(begin, period);
        if begin >= query.until || end > now {
            break;
        }
        let ticks = period / TICK;
        series.push(match group.spec.publishing {
            Publishing::AsAws => in_parts(group, query.metric, (index, ticks), shift(now, -late)),
            Publishing::AtOnce => {
                let arrives = shift(end, group.spec.metrics_delay);
                let seen = shift(arrives, late) <= now && !group.life.faults.lost(arrives);
                seen.then(|| value(group, query.metric, index, ticks)).flatten()
            }
        });
    }
    Ok(series)
}

/// What has been published at `now` of period `index` of `ticks` ticks: of what is counted the parts that are there, nothing
/// for zero; of what is measured the mean of the minutes that are there.
fn in_parts(group: &Group, metric: Metric, (index, ticks): (i64, i64), now: Time) -> Option<f64> {
    let share = |tick: i64| {
        let arrives = shift(group.load.time_of(tick), TICK + group.spec.metrics_delay);
        if group.life.faults.lost(arrives) { 0.0 } else { publishing::share(group, metric, tick, now) }
    };
    let range = index * ticks..(index + 1) * ticks;
    if !publishing::counts(metric) {
        return mean(range.map(|tick| (share(tick) > 0.0).then(|| value(group, metric, tick, 1)).flatten()));
    }
    let weight =
        |tick: i64| if metric == Metric::Errors { failed(group, tick) } else { measured(group, tick) };
    let add = |(seen, all): (f64, f64), tick: i64| {
        let weight = weight(tick).unwrap_or(0.0);
        (seen + share(tick) * weight, all + weight)
    };
    let (seen, all) = range.fold((0.0, 0.0), add);
    (seen > 0.0).then(|| Some(value(group, metric, index, ticks)? * (seen / all))).flatten()
}

/// The value of period `index` of `ticks` ticks.
fn value(group: &Group, metric: Metric, index: i64, ticks: i64) -> Option<f64> {
    let range = index * ticks..(index + 1) * ticks;
    match metric {
        // What an operator's own metric counts here is what the group serves.
        Metric::Requests | Metric::Custom => requests(group, range),
        Metric::Errors => errors(group, range),
        Metric::Cpu => mean(range.map(|tick| cpu(group, tick))),
        Metric::InService => {
            let units = |size: Size| f64::from(size.in_service * group.spec.weight);
            mean(range.map(|tick| group.record.at(tick).map(units)))
        }
        Metric::NetworkIn => mean(range.map(|t| bytes(group, t, group.spec.bytes.0, Stream::NetworkIn))),
        Metric::NetworkOut => mean(range.map(|t| bytes(group, t, group.spec.bytes.1, Stream::NetworkOut))),
        Metric::Demand => None,
    }
}

/// Mean of what is known; `None` when nothing is.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = values.flatten().fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Requests of a range of ticks. Whole steps give what was recorded: interpolated minutes lean towards the
/// step to come. A part that was not measured makes the sum unknown.
fn requests(group: &Group, ticks: std::ops::Range<i64>) -> Option<f64> {
    let per_step = group.load.per_step() as i64;
    if (ticks.end - ticks.start) % per_step != 0 {
        return ticks.map(|tick| Some(measured(group, tick)? / per_step as f64)).sum();
    }
    (ticks.start / per_step..ticks.end / per_step)
        .map(|step| {
            let of_step = step * per_step..(step + 1) * per_step;
            let surge = of_step.map(|t| group.life.faults.surge(group.load.time_of(t))).sum::<f64>();
            Some(group.load.raw(step)? * surge / per_step as f64)
        })
        .sum()
}

/// Failed requests of a range of ticks; where there are none nothing is published, as a load balancer does.
fn errors(group: &Group, ticks: std::ops::Range<i64>) -> Option<f64> {
    let all: f64 = ticks.filter_map(|tick| failed(group, tick)).sum();
    (all > 0.0).then_some(all)
}

/// Failed requests of a tick.
fn failed(group: &Group, tick: i64) -> Option<f64> {
    let share = group.life.faults.failing(group.load.time_of(tick));
    let per_step = group.load.per_step() as f64;
    (share > 0.0).then(|| Some(measured(group, tick)? / per_step * share)).flatten()
}

/// The rate of a tick, unless it lies in a gap of the trace.
fn measured(group: &Group, tick: i64) -> Option<f64> {
    group.load.counted(tick).then(|| group.rate(tick)).flatten()
}

fn cpu(group: &Group, tick: i64) -> Option<f64> {
    let time = group.load.time_of(tick);
    let cpu = group.life.faults.work(time)
        * group.cpu(time, measured(group, tick)?, group.record.at(tick)?.in_service)?;
    Some((cpu * scatter(group, tick, Stream::Cpu, CPU_SPREAD)).min(100.0))
}

fn bytes(group: &Group, tick: i64, each: f64, stream: Stream) -> Option<f64> {
    let load = measured(group, tick)? / group.load.per_step() as f64;
    Some(load * each * scatter(group, tick, stream, BYTES_SPREAD))
}

fn scatter(group: &Group, tick: i64, stream: Stream, spread: f64) -> f64 {
    if group.spec.noise { group.chance.factor(stream, tick.unsigned_abs(), spread) } else { 1.0 }
}
