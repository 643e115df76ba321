//! Each warning of an account, from groups and series made by hand.

use super::*;
use crate::domain::process::ScalingProcess;
use crate::{
    cli::doctor::report::CheckStatus,
    cloud::{aws::AccessKey, simulator_http::closed_port::ClosedPort},
    domain::{
        at_epoch, fixture,
        metric::{Missing, Statistic},
    },
};

fn group(kind: PolicyKind, enabled: bool) -> GroupState {
    fixture::group("web")
        .sizes(1, 4, 2)
        .suspended(ScalingProcess::Other("AZRebalance".into()))
        .suspended(ScalingProcess::Launch)
        .policy("p", kind, enabled)
        .build()
}

#[test]
fn only_conflicting_policies_are_reported() {
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
    assert!(report.lines()[0].message.contains("Launch"));
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
    assert_eq!((old.level, old.message.as_str()), (CheckStatus::Warn, "web: cpu is 25 min old"));
    assert_eq!(of(&[None, Some(0.0)]).level, CheckStatus::Ok);
}

#[test]
fn the_publishing_interval_of_a_metric_is_shown() {
    let now = at_epoch(90_000);
    let query = &questions("web", false, now)[0];
    let message = |every: usize, newest: usize| {
        let values = (0..180).map(|m| (m % every == 0 && m < 180 - newest).then_some(40.0));
        let found = freshness(query, None, &Series::from_values(shift(now, -10_800), 60, values), now);
        (found.level, found.message)
    };
    let shown = |text: &str| (CheckStatus::Ok, format!("web: cpu, published {text}"));
    assert_eq!(message(1, 2), shown("every minute, 178 points in three hours, newest 2 min old"));
    assert_eq!(message(5, 2), shown("every 5 min, 36 points in three hours, newest 0 min old"));
    assert_eq!(message(15, 0), shown("every 15 min, 12 points in three hours, newest 0 min old"));
    assert_eq!(message(100, 0).1, "web: cpu is 79 min old", "two points are no interval");
}

#[test]
fn a_custom_demand_metric_is_checked_and_its_absence_fails() {
    let now = at_epoch(90_000);
    let custom = CustomMetric {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: [("Stage".to_owned(), "prod".to_owned())].into(),
        statistic: Statistic::Sum,
        missing: Missing::Gap,
    };
    let queries = questions("web", true, now);
    let query = queries.last().expect("four of them");
    let of = |values: &[Option<f64>]| {
        let start = shift(now, -300 * values.len() as i64);
        freshness(query, Some(&custom), &Series::from_values(start, 300, values.iter().copied()), now)
    };
    let found = of(&[Some(3.0), Some(4.0)]);
    assert_eq!(found.level, CheckStatus::Ok);
    assert!(found.message.contains("Shop Orders [Stage=prod]"), "{found:?}");
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
    assert_eq!(report.lines()[0].message, "denied: autoscaling:DescribePolicies");
    assert!(report.lines()[1].message.contains("autoscaling:SetDesiredCapacity"));
    let off = |seconds: i64| clock(Some(at_epoch(1_000)), at_epoch(1_000 + seconds)).level;
    assert_eq!(
        [off(0), off(-59), off(61), off(-7_200)],
        [CheckStatus::Ok, CheckStatus::Ok, CheckStatus::Warn, CheckStatus::Warn]
    );
}

#[tokio::test]
async fn a_closed_port_fails_with_a_fix_and_does_not_hang() {
    let port = ClosedPort::new();
    let options = ConnectOptions {
        region: Some("eu-west-1".into()),
        endpoint_url: Some(port.url()),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    let mut report = DoctorReport::default();
    look(&Examined::alone(options), None, at_epoch(90_000), &mut report).await;
    let last = report.lines().last().expect("there are lines");
    assert_eq!((last.check.as_str(), last.level), ("groups", CheckStatus::Fail));
    assert!(last.message.contains("no connection") && last.fix.is_some(), "{last:?}");
}

#[test]
fn each_source_of_the_configuration_is_examined_unless_another_is_named() {
    let text = "[[source]]\nkind = \"aws\"\nregion = \"eu-west-1\"\n[[source]]\nkind = \"aws\"\nname = \"us\"\nprofile = \"ops\"\n";
    let file = std::path::Path::new("prescale.toml");
    let of = |text: &str, options: &DoctorArgs| {
        let config = Config::parse(text, file, file).expect("valid");
        let all = Examined::all(options, Some(&config)).into_iter();
        all.map(|one| (one.label.clone(), one.options.region.clone(), one.name("web"))).collect::<Vec<_>>()
    };
    let row = |label: &str, region: Option<&str>, name: &str| {
        (label.into(), region.map(str::to_owned), name.into())
    };
    let usual = DoctorArgs { aws: true, ..DoctorArgs::default() };
    let both = [row("default", Some("eu-west-1"), "web"), row("us", None, "us/web")];
    assert_eq!(of(text, &usual), both);
    let alone = "[source]\nkind = \"aws\"\nregion = \"eu-west-1\"\n";
    assert_eq!(of(alone, &usual), [row("", Some("eu-west-1"), "web")]);
    let named = DoctorArgs { region: Some("ap-south-1".into()), ..usual };
    assert_eq!(of(text, &named), [row("", Some("ap-south-1"), "web")]);
    assert_eq!(of("", &named), [row("", Some("ap-south-1"), "web")]);
}
