//! Checks of an AWS account, through the same adapter that the engine uses; none of them changes anything.

use crate::domain::process::ScalingProcess;
use std::collections::BTreeMap;

use super::{
    DoctorArgs,
    report::{DoctorCheck, DoctorReport},
};
use crate::{
    agent::account_options,
    cloud::{
        MetricQuery, MetricSource,
        aws::{
            ConnectOptions, connect,
            permissions::{READS, WRITES},
        },
    },
    config::Config,
    domain::{
        Seconds, Time,
        group::{GroupState, PolicyKind},
        metric::{CustomMetric, Metric},
        publication::PublishingInterval,
        series::Series,
        shift,
        source::Routes,
        text::clean,
    },
    plan::demand::DemandMeasure,
};

/// Seconds of metrics asked for.
const LOOK_BACK: Seconds = 3 * 3_600;
/// Seconds a point covers: the finest there are, so that the publishing interval shows.
const PERIOD: Seconds = 60;
/// Seconds by which the clock may be off.
const MOST_OFF: Seconds = 60;
/// A newest point older than this counts as stale.
const STALE: Seconds = 1_200;

/// An account that is looked at.
pub struct Examined {
    /// What it is called; empty for one alone.
    pub label: String,
    options: ConnectOptions,
    /// Its place among those of the configuration.
    place: usize,
    routes: Routes,
}

impl Examined {
    /// The accounts of `config`; the one that the command line names, or the usual one, where that has none.
    pub fn all(options: &DoctorArgs, config: Option<&Config>) -> Vec<Examined> {
        let is_named = options.profile.is_some() || options.region.is_some();
        let source =
            config.map(|config| &config.source).filter(|source| !is_named && !source.accounts().is_empty());
        let Some(source) = source else {
            let (profile, region) = (options.profile.clone(), options.region.clone());
            return vec![Examined::alone(ConnectOptions { profile, region, ..ConnectOptions::default() })];
        };
        let (routes, accounts) = (source.routes(), source.accounts().iter().map(account_options));
        let labels = routes.labels().map(str::to_owned).chain([String::new()]);
        let examined = |(place, (options, label))| Examined { label, options, place, routes: routes.clone() };
        accounts.zip(labels).enumerate().map(examined).collect()
    }

    fn alone(options: ConnectOptions) -> Examined {
        Examined { label: String::new(), options, place: 0, routes: Routes::default() }
    }

    /// The name under which the configuration has `group`.
    fn name(&self, group: &str) -> String {
        self.routes.name(self.place, group).unwrap_or_else(|| group.to_owned())
    }
}

/// Looks at `account`.
pub async fn look(account: &Examined, config: Option<&Config>, now: Time, report: &mut DoctorReport) {
    let connection = match connect(&account.options).await {
        Ok(connection) => connection,
        Err(error) => return report.push(refused("credentials", &error.to_string())),
    };
    report.push(DoctorCheck::ok("credentials", "found"));
    report.push(DoctorCheck::ok("region", connection.region()));
    let mut source = connection.source();
    let groups = match source.groups(now).await {
        Ok(groups) => groups,
        Err(error) => return report.push(refused("groups", &error.to_string())),
    };
    report.push(clock(connection.server_time(), chrono::Utc::now()));
    report.push(fleet(&groups, connection.region()));
    for group in &groups {
        policies(group, report);
    }
    let customs: BTreeMap<String, CustomMetric> = groups
        .iter()
        .filter_map(|g| Some((g.name.clone(), custom(config?, &account.name(&g.name))?)))
        .collect();
    customs.iter().for_each(|(group, custom)| source.define(group, custom));
    let queries: Vec<MetricQuery> =
        groups.iter().flat_map(|g| questions(&g.name, customs.contains_key(&g.name), now)).collect();
    match source.metrics(now, &queries).await {
        Ok(series) => queries.iter().zip(&series).for_each(|(query, series)| {
            report.push(freshness(query, customs.get(&query.group), series, now));
        }),
        Err(error) => report.push(refused("metrics", &error.to_string())),
    }
    let warnings = source.warnings();
    permissions(&warnings, !groups.is_empty(), report);
    for warning in &warnings {
        let (message, fix) = halves(warning).unwrap_or((warning, "this data is unavailable until fixed"));
        report.push(DoctorCheck::warn("seen", message, fix));
    }
}

/// Which of the calls that only read were refused; those that write have no trial run, and are named.
fn permissions(warnings: &[String], tried: bool, report: &mut DoctorReport) {
    let name = |(service, action): (&str, &str)| format!("{service}:{action}");
    let refused = |call: &String| warnings.iter().any(|w| w.contains(call) && w.contains("not allowed"));
    let denied: Vec<String> = READS.into_iter().map(name).filter(refused).collect();
    let writes = WRITES.into_iter().map(name).collect::<Vec<_>>().join(", ");
    match denied.as_slice() {
        _ if !tried => {}
        [] => report.push(DoctorCheck::ok(
            "permissions",
            format!("none of the {} calls that read was denied", READS.len()),
        )),
        some => {
            let fix = "prescale iam-policy --observe prints the policy that allows them";
            report.push(DoctorCheck::warn("permissions", format!("denied: {}", some.join(", ")), fix));
        }
    }
    let message = format!(
        "not tested, because Auto Scaling has no dry run: {writes}; prescale iam-policy --act allows them"
    );
    report.push(DoctorCheck::ok("permissions", message));
}

/// Compares this machine's clock with AWS's.
fn clock(server: Option<Time>, now: Time) -> DoctorCheck {
    let Some(server) = server else { return DoctorCheck::ok("clock", "AWS returned no date header") };
    let off = (now - server).num_seconds();
    match off.abs() {
        ..=MOST_OFF => DoctorCheck::ok("clock", format!("{off} s from AWS's")),
        _ => DoctorCheck::warn(
            "clock",
            format!("{off} s from AWS's: metrics look too old, or come from the future"),
            "set the clock (NTP)",
        ),
    }
}

/// What a sentence of the adapter says, and its fix after the first semicolon.
fn halves(sentence: &str) -> Option<(&str, &str)> {
    sentence.split_once("; ")
}

/// A failure of the adapter; its sentence holds the fix after the semicolon.
fn refused(check: &str, sentence: &str) -> DoctorCheck {
    match sentence.rsplit_once("; ") {
        Some((message, fix)) => DoctorCheck::fail(check, message, fix),
        None => DoctorCheck::fail(
            check,
            sentence,
            "run doctor again; if it stays, check the network and the proxy",
        ),
    }
}

fn fleet(groups: &[GroupState], region: &str) -> DoctorCheck {
    match groups {
        [] => DoctorCheck::warn(
            "groups",
            format!("no Auto Scaling group in {region}"),
            "check the region (--region) and the account (--profile)",
        ),
        [one] => DoctorCheck::ok("groups", format!("1: {}", one.name)),
        many => DoctorCheck::ok(
            "groups",
            format!("{}: {} … {}", many.len(), many[0].name, many[many.len() - 1].name),
        ),
    }
}

/// Warns of policies and suspensions that will act against a changed desired capacity.
fn policies(group: &GroupState, report: &mut DoctorReport) {
    for (what, why) in group.unknown() {
        let message = format!("{}: {what} could not be read: {why}", group.name);
        report.push(DoctorCheck::warn(
            "details",
            message,
            "until they can be read the group is not scaled in",
        ));
    }
    for policy in group.policies.items().iter().filter(|p| p.enabled) {
        let (what, fix) = match policy.kind {
            PolicyKind::TargetTracking { scale_in_disabled: true, .. } => continue,
            PolicyKind::TargetTracking { target, .. } => (
                format!("target tracking at {target} will scale in capacity added ahead of demand"),
                "leave `actuator` unset or at \"floor\": then prescale changes MinSize only",
            ),
            PolicyKind::Step => {
                ("a step-scaling policy may revert a change".to_owned(), "adjust its alarms or disable it")
            }
            PolicyKind::Predictive => (
                "AWS's predictive scaling plans capacity as well".to_owned(),
                "leave `actuator` unset or at \"floor\", or switch it to ForecastOnly",
            ),
        };
        report.push(DoctorCheck::warn("policies", format!("{}: {} ({what})", group.name, policy.name), fix));
    }
    for process in
        group.suspended.iter().filter(|p| matches!(p, ScalingProcess::Launch | ScalingProcess::Terminate))
    {
        let message = format!("{}: {process} is suspended, so capacity cannot follow", group.name);
        report.push(DoctorCheck::warn(
            "processes",
            message,
            format!("resume {process} when the cause is resolved"),
        ));
    }
}

/// The metric of its own by which the demand of `group` is counted, if it is.
fn custom(config: &Config, group: &str) -> Option<CustomMetric> {
    match &config.group(group).demand {
        DemandMeasure::Metric(custom) => Some(custom.as_ref().clone()),
        DemandMeasure::Cpu | DemandMeasure::Requests => None,
    }
}

fn questions(group: &str, custom: bool, now: Time) -> Vec<MetricQuery> {
    let ask = |metric| MetricQuery {
        group: group.to_owned(),
        metric,
        from: shift(now, -LOOK_BACK),
        until: now,
        period: PERIOD,
    };
    let own = custom.then_some(Metric::Custom);
    [Metric::Cpu, Metric::Requests, Metric::InService].into_iter().chain(own).map(ask).collect()
}

/// Whether a metric is there and new; `own` is what [`Metric::Custom`] means for the group. Without that nothing is
/// forecast, so its absence is a failure.
fn freshness(query: &MetricQuery, own: Option<&CustomMetric>, series: &Series, now: Time) -> DoctorCheck {
    let own = own.filter(|_| query.metric == Metric::Custom);
    let name = match own {
        Some(own) => format!("{}: demand, {}", query.group, words(own)),
        None => format!("{}: {}", query.group, query.metric.name()),
    };
    let Some((newest, _)) = series.last_known() else {
        let message = format!("{name} has no data points in three hours");
        return match own {
            Some(own) => DoctorCheck::fail("metrics", message, listed(own)),
            None => DoctorCheck::warn("metrics", message, absent(query)),
        };
    };
    let times = series.iter().filter(|(_, value)| value.is_some()).map(|(time, _)| time);
    let interval = PublishingInterval::detect(times);
    let seconds = interval.map_or(series.step(), |interval| interval.seconds.max(series.step()));
    let age = (now - shift(newest, seconds)).num_seconds();
    if age > STALE + seconds - series.step() {
        let fix = match query.metric {
            Metric::Requests => {
                "no action is needed if there are no requests: with CPU idle that counts as zero load"
            }
            _ => "check that instances run and publish metrics; stale data never scales in",
        };
        return DoctorCheck::warn("metrics", format!("{name} is {} min old", age / 60), fix);
    }
    let (known, interval) =
        (series.known().count(), interval.map_or("irregularly".into(), PublishingInterval::words));
    DoctorCheck::ok(
        "metrics",
        format!(
            "{name}, published {interval}, {known} points in three hours, newest {} min old",
            age.max(0) / 60
        ),
    )
}

/// A metric of the operator's own in words.
fn words(custom: &CustomMetric) -> String {
    let dimensions: Vec<String> =
        custom.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!(
        "{} of {} {} [{}]",
        custom.statistic.name(),
        custom.namespace,
        custom.name,
        dimensions.join(", ")
    );
    clean(&text, 200)
}

/// How to see under which dimensions it is published.
fn listed(custom: &CustomMetric) -> String {
    let text = format!(
        "`demand` must say namespace, name and every dimension as they are published; aws cloudwatch list-metrics \
         --namespace '{}' --metric-name '{}' shows them",
        custom.namespace, custom.name
    );
    clean(&text, 400)
}

fn absent(query: &MetricQuery) -> String {
    match query.metric {
        Metric::InService => format!(
            "aws autoscaling enable-metrics-collection --auto-scaling-group-name {} --granularity 1Minute",
            query.group
        ),
        Metric::Requests => "no action is needed for a group without an Application Load Balancer".into(),
        _ => "see whether the group has instances".into(),
    }
}

#[cfg(test)]
mod tests;
