//! The AWS adapter against an emulated AWS (moto) on loopback: an outside witness of the wire format.
//!
//! The first run makes a virtual environment under `target/` from `tests/moto/requirements.txt` (about half a
//! minute); later runs reuse it. Python 3 with `venv` and `pip` is needed, and without it the test fails and
//! says so. What moto cannot show (bounds, throttling, activities, paging) is tested elsewhere.

use std::{collections::BTreeMap, process::Stdio};

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use prescale::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Scaler,
        aws::{AwsConnection, connect},
    },
    domain::{
        Time,
        actuator::FloorWindow,
        decision::{Licence, Mode},
        floor_to,
        group::PolicyKind,
        metric::Metric,
        shift,
    },
    engine::options::{CloudAccess, DemandMeasure},
};

use crate::support::{
    emulated_aws::EmulatedAws,
    home::Home,
    running::Running,
    scenario,
    wait::{signal, until},
};

const LOAD_BALANCER: &str = "app/front/50dc6c495c0c9188";
const CALLS_THAT_CHANGE: [&str; 5] = ["Set", "Put", "Create", "Update", "Delete"];

fn licence() -> Licence {
    Mode::Auto.licence().expect("auto may change groups")
}

async fn connection(moto: &EmulatedAws, names: &[&str]) -> AwsConnection {
    let options = moto.options(names.iter().map(|n| (*n).to_owned()).collect());
    connect(&options).await.expect("fixed keys and region are given")
}

fn query(group: &str, metric: Metric, now: Time) -> MetricQuery {
    let until = floor_to(now, 300);
    MetricQuery { group: group.into(), metric, from: shift(until, -1_800), until, period: 300 }
}

/// One value for each of the six steps before `now`; `None` is not sent.
async fn publish(
    moto: &EmulatedAws,
    metric: (&str, &str),
    dimensions: &[(&str, &str)],
    now: Time,
    values: [Option<f64>; 6],
) {
    let first = shift(floor_to(now, 300), -1_800);
    let mut call = moto.cloudwatch().put_metric_data().namespace(metric.0);
    for (step, value) in values.into_iter().enumerate() {
        let Some(value) = value else { continue };
        let mut datum = MetricDatum::builder()
            .metric_name(metric.1)
            .timestamp(DateTime::from_secs(shift(first, 300 * step as i64 + 60).timestamp()))
            .unit(StandardUnit::None)
            .value(value);
        for (name, value) in dimensions {
            datum = datum.dimensions(Dimension::builder().name(*name).value(*value).build());
        }
        call = call.metric_data(datum.build());
    }
    call.send().await.expect("moto takes metrics");
}

fn changes(calls: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let changes = |call: &str| {
        let operation = call.split(':').nth(1).unwrap_or_default();
        CALLS_THAT_CHANGE.iter().any(|verb| operation.starts_with(verb))
    };
    calls.iter().filter(|(call, _)| changes(call)).map(|(call, n)| (call.clone(), *n)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_against_an_emulated_aws() {
    let mut moto = EmulatedAws::moto();
    let now: Time = std::time::SystemTime::now().into();
    let target_group = moto.create_target_group("web");
    moto.create_group("web", (1, 6, 2), Some(target_group.clone())).await;
    moto.create_group("batch", (0, 3, 1), None).await;
    groups_are_found(&moto, now).await;
    metrics_keep_their_gap(&moto, now).await;
    requests_are_counted_at_the_load_balancer(&moto, now, &target_group).await;
    observing_changes_nothing(&moto, now).await;
    a_desired_capacity_is_set_and_seen(&moto, now).await;
    a_floor_is_set_and_put_back(&moto, now).await;
    a_scheduled_floor_is_ordered_in_place_and_cleaned_up(&moto, now).await;
    moto.stop();
    a_dead_server_is_worth_another_try(&moto, now).await;
}

async fn groups_are_found(moto: &EmulatedAws, now: Time) {
    let mut source = connection(moto, &[]).await.source();
    let groups = source.groups(now).await.expect("moto lists groups");
    let names: Vec<&str> = groups.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["batch", "web"]);
    let web = &groups[1];
    assert_eq!((web.min, web.max, web.desired, web.in_service()), (1, 6, 2, 2));
    assert_eq!(web.policies.items().len(), 1);
    assert_eq!(
        web.policies.items()[0].kind,
        PolicyKind::TargetTracking { target: 55.0, scale_in_disabled: false }
    );
    assert!(source.name().starts_with("aws eu-west-1 123456789012 at "), "{}", source.name());
    // moto has no instance refreshes (HTTP 500): the groups are seen all the same, and the gap is said.
    let warnings = source.warnings();
    assert!(warnings.iter().any(|w| w.contains("DescribeInstanceRefreshes")), "{warnings:?}");

    let mut named = connection(moto, &["web", "gone"]).await.source();
    assert_eq!(named.groups(now).await.expect("moto lists groups").len(), 1);
    assert!(named.warnings().iter().any(|w| w.contains("`gone`")));
}

async fn metrics_keep_their_gap(moto: &EmulatedAws, now: Time) {
    let of_group = [("AutoScalingGroupName", "web")];
    let cpu = [Some(40.0), Some(0.0), None, Some(60.0), Some(61.5), Some(70.0)];
    publish(moto, ("AWS/EC2", "CPUUtilization"), &of_group, now, cpu).await;
    publish(moto, ("AWS/EC2", "NetworkIn"), &of_group, now, [Some(5e6); 6]).await;

    let mut source = connection(moto, &[]).await.source();
    let asked = [
        query("web", Metric::Cpu, now),
        query("web", Metric::NetworkIn, now),
        query("web", Metric::InService, now),
        query("batch", Metric::Requests, now),
    ];
    let read = source.metrics(now, &asked).await.expect("moto answers GetMetricData");
    let values: Vec<Vec<Option<f64>>> = read.iter().map(|s| s.iter().map(|(_, v)| v).collect()).collect();
    assert_eq!(values[0], cpu, "a gap is a gap, and a zero is a zero");
    assert_eq!(values[1], [Some(1e6); 6], "bytes in five minutes become bytes a minute");
    assert_eq!(values[2], [None; 6], "a metric that is not there is all gaps");
    assert_eq!(values[3], [None; 6], "a group without a load balancer has no requests to count");
    assert!(read.iter().zip(&asked).all(|(s, q)| s.start() == q.from && s.step() == 300));

    let early = shift(floor_to(now, 300), -1);
    let before = source.metrics(early, &asked[..1]).await.expect("moto answers GetMetricData");
    assert_eq!(
        before[0].iter().map(|(_, v)| v).collect::<Vec<_>>(),
        cpu[..5],
        "a step still open is not told"
    );
}

async fn requests_are_counted_at_the_load_balancer(moto: &EmulatedAws, now: Time, target_group: &str) {
    let dimension = target_group.rsplit(':').next().expect("a split has a last part");
    let pair = [("TargetGroup", dimension), ("LoadBalancer", LOAD_BALANCER)];
    let sent = [Some(900.0), None, Some(450.0), Some(1.0), Some(0.0), Some(7.0)];
    publish(moto, ("AWS/ApplicationELB", "RequestCount"), &pair, now, sent).await;
    let elsewhere = [("TargetGroup", "targetgroup/other/0"), ("LoadBalancer", LOAD_BALANCER)];
    publish(moto, ("AWS/ApplicationELB", "RequestCount"), &elsewhere, now, [Some(1e6); 6]).await;

    let mut source = connection(moto, &[]).await.source();
    let read = source.metrics(now, &[query("web", Metric::Requests, now)]).await.expect("moto answers");
    assert_eq!(
        read[0].iter().map(|(_, v)| v).collect::<Vec<_>>(),
        sent,
        "only this group's target group counts"
    );
}

async fn observing_changes_nothing(moto: &EmulatedAws, now: Time) {
    let before = moto.calls();
    assert!(changes(&before).contains_key("cloudwatch:PutMetricData"), "the ledger sees changes: {before:?}");
    let mut source = connection(moto, &[]).await.source();
    source.groups(now).await.expect("moto lists groups");
    let asked: Vec<MetricQuery> = Metric::ALL.into_iter().map(|m| query("web", m, now)).collect();
    source.metrics(now, &asked).await.expect("moto answers GetMetricData");
    let after = moto.calls();
    assert_eq!(changes(&before), changes(&after));
    assert!(after["cloudwatch:GetMetricData"] > before["cloudwatch:GetMetricData"]);
}

async fn a_desired_capacity_is_set_and_seen(moto: &EmulatedAws, now: Time) {
    let connection = connection(moto, &["web"]).await;
    connection.scaler(&licence()).set_desired(now, "web", 5).await.expect("moto takes a desired capacity");
    let groups = connection.source().groups(now).await.expect("moto lists groups");
    assert_eq!((groups[0].desired, groups[0].in_service()), (5, 5));
    assert_eq!(moto.calls()["autoscaling:SetDesiredCapacity"], 1);
}

async fn a_floor_is_set_and_put_back(moto: &EmulatedAws, now: Time) {
    let connection = connection(moto, &["web"]).await;
    let (mut scaler, mut source) = (connection.scaler(&licence()), connection.source());
    scaler.set_floor(now, "web", 6).await.expect("moto takes a floor");
    let groups = source.groups(now).await.expect("moto lists groups");
    assert_eq!(
        (groups[0].min, groups[0].max, groups[0].desired),
        (6, 6, 6),
        "the desired capacity rises with it"
    );
    scaler.set_floor(now, "web", 1).await.expect("moto takes a floor");
    let groups = source.groups(now).await.expect("moto lists groups");
    assert_eq!((groups[0].min, groups[0].desired), (1, 6), "and does not fall with it");
    assert_eq!(moto.calls()["autoscaling:UpdateAutoScalingGroup"], 2);
}

async fn a_scheduled_floor_is_ordered_in_place_and_cleaned_up(moto: &EmulatedAws, now: Time) {
    let connection = connection(moto, &["web"]).await;
    let mut scaler = connection.scaler(&licence());
    let window = FloorWindow { min: 4, start: Some(shift(now, 120)), end: shift(now, 1_920), own: 1 };
    scaler.schedule_floor(now, "web", &window).await.expect("moto takes scheduled actions");
    let later = FloorWindow { min: 5, end: shift(now, 3_600), ..window };
    scaler.schedule_floor(now, "web", &later).await.expect("moto takes scheduled actions");
    let expected = [("prescale-floor".to_owned(), 5), ("prescale-floor-end".to_owned(), 1)];
    assert_eq!(moto.scheduled("web").await, expected, "in place, not beside each other");
    scaler.unschedule_floor(now, "web").await.expect("moto deletes scheduled actions");
    assert_eq!(moto.scheduled("web").await, []);
    scaler.unschedule_floor(now, "web").await.expect("nothing there is fine");
}

async fn a_dead_server_is_worth_another_try(moto: &EmulatedAws, now: Time) {
    let connection = connection(moto, &[]).await;
    let read = connection.source().groups(now).await;
    assert!(matches!(read, Err(CloudError::Retry(_))), "{read:?}");
    let asked = [query("web", Metric::Cpu, now)];
    let metrics = connection.source().metrics(now, &asked).await;
    assert!(matches!(metrics, Err(CloudError::Retry(_))), "{metrics:?}");
    let written = connection.scaler(&licence()).set_desired(now, "web", 3).await;
    assert!(matches!(written, Err(CloudError::Retry(_))), "{written:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_on_an_emulated_aws() {
    let moto = EmulatedAws::moto();
    let now: Time = std::time::SystemTime::now().into();
    let start = floor_to(now, 60);
    let target_group = moto.create_target_group(scenario::GROUP);
    let sizes = (scenario::OWN as i32, scenario::MOST as i32, 2);
    moto.create_group(scenario::GROUP, sizes, Some(target_group.clone())).await;
    let dimension = target_group.rsplit(':').next().expect("a split has a last part");
    let pair = [("TargetGroup", dimension), ("LoadBalancer", LOAD_BALANCER)];
    moto.publish_history("AWS/ApplicationELB", "RequestCount", &pair, start).await;
    let connection = connection(&moto, &[scenario::GROUP]).await;
    let world = CloudAccess {
        source: Box::new(connection.source()),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    };
    scenario::travel(world, DemandMeasure::Requests, start, &mut |_| {}).await;
}

/// An agent that shares its leases and history in `bucket`.
fn sharing(moto: &EmulatedAws, home: &Home) -> Running {
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null()).env("AWS_ENDPOINT_URL", moto.url()).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    Running::start(command)
}

#[test]
fn two_agents_share_a_bucket() {
    let moto = EmulatedAws::moto();
    moto.create_bucket("team-scaling");
    let config = "[source]\nspeed = 60.0\n\n[defaults]\nmode = \"auto\"\n\n[train]\ndaily = false\n\n\
                  [shared]\nurl = \"s3://team-scaling/prod\"\n";
    let homes = [Home::new(config), Home::new(config)];
    let mut agents: Vec<Running> = homes.iter().map(|home| sharing(&moto, home)).collect();
    let lease = |home: &Home| {
        let store = rusqlite::Connection::open_with_flags(
            home.path().join("data/prescale.db"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        );
        let held =
            "SELECT count(*) FROM journal WHERE kind = 'lease' AND text LIKE 'this agent acquired lease %'";
        store.ok()?.query_row(held, [], |row| row.get::<_, i64>(0)).ok().filter(|count| *count > 0)
    };
    for home in &homes {
        until("each to hold leases", || lease(home));
    }
    let named = |start: &str| moto.objects("team-scaling").into_iter().find(|name| name.starts_with(start));
    until("the table", || named("prod/leases/"));
    let day = until("a day of history", || named("prod/history/"));
    assert!(day.ends_with(".parquet"), "{day}");
    for agent in &mut agents {
        signal(agent.0.id(), "TERM");
        assert_eq!(agent.end(), Some(0));
    }
}
