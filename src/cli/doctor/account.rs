//! Checks of an AWS account, through the same adapter that the engine uses; none of them changes anything.

use std::collections::BTreeMap;

use super::report::{DoctorCheck, DoctorReport};
use crate::{
    cloud::{
        MetricQuery, MetricSource,
        aws::{
            ConnectOptions, connect,
            permissions::{READS, WRITES},
        },
    },
    config::{Config, DemandSetting},
    domain::{
        Seconds, Time,
        group::{GroupState, PolicyKind},
        metric::{CustomMetric, Metric},
        process::ScalingProcess,
        series::Series,
        shift,
        text::clean,
    },
};

/// Seconds of metrics asked for.
const LOOK_BACK: Seconds = 3 * 3_600;
/// Seconds a point covers: what EC2's basic monitoring publishes.
const PERIOD: Seconds = 300;
/// Seconds by which the clock may be off.
const MOST_OFF: Seconds = 60;
/// A newest point older than this counts as stale.
const STALE: Seconds = 1_200;

/// Looks at the account that `options` lead to.
pub async fn look(options: &ConnectOptions, config: Option<&Config>, now: Time, report: &mut DoctorReport) {
    let connection = match connect(options).await {
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
    let customs: BTreeMap<String, CustomMetric> =
        groups.iter().filter_map(|g| Some((g.name.clone(), custom(config?, &g.name)?))).collect();
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
        let (says, fix) = halves(warning).unwrap_or((warning, "until then this part is not seen"));
        report.push(DoctorCheck::warn("seen", says, fix));
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
    let says = format!(
        "not tried, as Auto Scaling has no trial run: {writes}; prescale iam-policy --act allows them"
    );
    report.push(DoctorCheck::ok("permissions", says));
}

/// Compares this machine's clock with AWS's.
fn clock(server: Option<Time>, now: Time) -> DoctorCheck {
    let Some(server) = server else { return DoctorCheck::ok("clock", "AWS did not say the time") };
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
        Some((says, fix)) => DoctorCheck::fail(check, says, fix),
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
    for policy in group.policies.iter().filter(|p| p.enabled) {
        let (what, fix) = match policy.kind {
            PolicyKind::TargetTracking { scale_in_disabled: true, .. } => continue,
            PolicyKind::TargetTracking { target, .. } => (
                format!("target tracking at {target} will scale in what was added ahead"),
                "leave `actuator` unset or at \"floor\": then MinSize is moved and the policy does the rest",
            ),
            PolicyKind::Step => (
                "a step policy may undo a change".to_owned(),
                "see that its alarms leave room, or switch it off",
            ),
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
        let says = format!("{}: {process} is suspended, so capacity cannot follow", group.name);
        report.push(DoctorCheck::warn(
            "processes",
            says,
            format!("resume {process} when the reason has passed"),
        ));
    }
}

/// The metric of its own by which the demand of `group` is counted, if it is.
fn custom(config: &Config, group: &str) -> Option<CustomMetric> {
    match config.group(group).demand {
        DemandSetting::Metric(custom) => Some(custom),
        DemandSetting::Cpu | DemandSetting::Requests => None,
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
        let says = format!("{name} has no point in three hours");
        return match own {
            Some(own) => DoctorCheck::fail("metrics", says, listed(own)),
            None => DoctorCheck::warn("metrics", says, absent(query)),
        };
    };
    let age = (now - shift(newest, query.period)).num_seconds();
    if age > STALE {
        let fix = "see whether its instances run and publish; stale data never scales in";
        return DoctorCheck::warn("metrics", format!("{name} is {} min old", age / 60), fix);
    }
    let known = series.known().count();
    DoctorCheck::ok(
        "metrics",
        format!("{name}, {known} of {} points, newest {} min old", series.len(), age.max(0) / 60),
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
        Metric::Requests => "nothing to do where no Application Load Balancer stands before the group".into(),
        _ => "see whether the group has instances".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::doctor::report::CheckStatus,
        cloud::aws::AccessKey,
        domain::{at_epoch, group::ScalingPolicy, metric::Statistic},
    };

    fn group(kind: PolicyKind, enabled: bool) -> GroupState {
        GroupState {
            name: "web".into(),
            seen_at: at_epoch(0),
            min: 1,
            max: 4,
            desired: 2,
            instances: vec![],
            activities: vec![],
            suspended: vec![ScalingProcess::Other("AZRebalance".into()), ScalingProcess::Launch],
            policies: vec![ScalingPolicy { name: "p".into(), kind, enabled }],
            refresh: None,
            cooldown: 300,
            schedules: vec![],
            warm_pool: None,
            rebalances: false,
            owner: None,
        }
    }

    #[test]
    fn only_policies_that_fight_are_named() {
        let count = |kind, enabled| {
            let mut report = DoctorReport::default();
            policies(&group(kind, enabled), &mut report);
            report.lines().iter().filter(|l| l.check == "policies").count()
        };
        let tracking = |scale_in_disabled| PolicyKind::TargetTracking { target: 50.0, scale_in_disabled };
        assert_eq!([count(tracking(false), true), count(tracking(true), true)], [1, 0]);
        assert_eq!([count(PolicyKind::Step, true), count(PolicyKind::Step, false)], [1, 0]);
    }

    #[test]
    fn a_suspended_launch_is_named_and_a_rebalance_is_not() {
        let mut report = DoctorReport::default();
        policies(&group(PolicyKind::Step, false), &mut report);
        assert_eq!(report.lines().len(), 1);
        assert!(report.lines()[0].says.contains("Launch"));
    }

    #[test]
    fn freshness_tells_absent_from_stale_from_new() {
        let now = at_epoch(90_000);
        let query = &questions("web", false, now)[0];
        let of = |values: &[Option<f64>]| {
            let start = shift(now, -300 * values.len() as i64);
            freshness(query, None, &Series::from_values(start, 300, values.iter().copied()), now)
        };
        assert_eq!(of(&[None; 6]).level, CheckStatus::Warn);
        let old = of(&[Some(1.0), None, None, None, None, None]);
        assert_eq!((old.level, old.says.as_str()), (CheckStatus::Warn, "web: cpu is 25 min old"));
        assert_eq!(of(&[None, Some(0.0)]).level, CheckStatus::Ok);
    }

    #[test]
    fn a_demand_of_ones_own_is_asked_for_and_its_absence_fails() {
        let now = at_epoch(90_000);
        let custom = CustomMetric {
            namespace: "Shop".into(),
            name: "Orders".into(),
            dimensions: [("Stage".to_owned(), "prod".to_owned())].into(),
            statistic: Statistic::Sum,
        };
        let queries = questions("web", true, now);
        let query = queries.last().expect("four of them");
        let of = |values: &[Option<f64>]| {
            let start = shift(now, -300 * values.len() as i64);
            freshness(query, Some(&custom), &Series::from_values(start, 300, values.iter().copied()), now)
        };
        let found = of(&[Some(3.0), Some(4.0)]);
        assert_eq!(found.level, CheckStatus::Ok);
        assert!(found.says.contains("Shop Orders [Stage=prod]"), "{found:?}");
        let absent = of(&[None, None]);
        assert_eq!(absent.level, CheckStatus::Fail);
        let fix = absent.fix.expect("there is one");
        assert!(fix.contains("list-metrics --namespace 'Shop' --metric-name 'Orders'"), "{fix}");
    }

    #[test]
    fn denied_calls_are_named_and_a_clock_that_is_off_is_said() {
        let mut report = DoctorReport::default();
        let denied = "not allowed: no; grant autoscaling:DescribePolicies to the role in use (left empty)";
        permissions(&[denied.to_owned()], true, &mut report);
        assert_eq!(report.lines()[0].says, "denied: autoscaling:DescribePolicies");
        assert!(report.lines()[1].says.contains("autoscaling:SetDesiredCapacity"));
        let off = |seconds: i64| clock(Some(at_epoch(1_000)), at_epoch(1_000 + seconds)).level;
        assert_eq!(
            [off(0), off(-59), off(61), off(-7_200)],
            [CheckStatus::Ok, CheckStatus::Ok, CheckStatus::Warn, CheckStatus::Warn]
        );
    }

    #[tokio::test]
    async fn a_closed_port_fails_with_a_fix_and_does_not_hang() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        let options = ConnectOptions {
            region: Some("eu-west-1".into()),
            endpoint_url: Some(format!("http://127.0.0.1:{port}")),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            ..ConnectOptions::default()
        };
        let mut report = DoctorReport::default();
        look(&options, None, at_epoch(90_000), &mut report).await;
        let last = report.lines().last().expect("there are lines");
        assert_eq!((last.check.as_str(), last.level), ("groups", CheckStatus::Fail));
        assert!(last.says.contains("no connection") && last.fix.is_some(), "{last:?}");
    }
}
