//! The real adapter over a real socket to the simulated account.

#[cfg(test)]
mod matrix;

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{Account, AccountLimits, EXPIRED, serve, value::Input};
use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Scaler,
        aws::{AccessKey, AwsConnection, ConnectOptions, connect},
        simulator::{GroupSpec, demo_fleet, demo_start},
    },
    domain::{
        Time,
        actuator::FloorWindow,
        at_epoch,
        decision::{Licence, Mode},
        fault::Fault,
        floor_to,
        metric::Metric,
        process::ScalingProcess,
        shift,
    },
};

/// Three weeks and some minutes after the demonstration's start: moments are moved there and back.
fn begin() -> Time {
    shift(demo_start(), 21 * 86_400 + 420)
}

/// An account on a free port, and the seconds since [`begin`] that its clock shows.
fn account() -> (Arc<Account>, String, Arc<AtomicI64>) {
    account_of(|_| {})
}

/// The same with groups of another kind.
fn account_of(change: impl Fn(&mut GroupSpec)) -> (Arc<Account>, String, Arc<AtomicI64>) {
    let elapsed = Arc::new(AtomicI64::new(0));
    let hand = Arc::clone(&elapsed);
    let clock = move || shift(begin(), hand.load(Ordering::SeqCst));
    let mut fleet = demo_fleet().expect("built-in traces are good");
    fleet.iter_mut().for_each(change);
    let account = Arc::new(Account::new(fleet, 1, AccountLimits::default(), clock));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let served = Arc::clone(&account);
    std::thread::spawn(move || serve(&listener, served));
    (account, url, elapsed)
}

async fn connection(url: &str, key: &str) -> AwsConnection {
    let options = ConnectOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url.to_owned()),
        keys: Some(AccessKey { id: key.into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    connect(&options).await.expect("keys and region are given")
}

fn licence() -> Licence {
    Mode::Auto.licence().expect("auto may change groups")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_health_checks_are_seen_through_the_load_balancer() {
    let (account, url, elapsed) =
        account_of(|spec| (spec.boot, spec.checks, spec.noise) = ((120, 120), 900, false));
    let now = account.simulator.with(|world| world.groups()).expect("not throttled");
    let web = now.iter().find(|group| group.name == "checkout-web").expect("one of the fleet");
    account.simulator.with(|world| world.set_desired(&web.name, web.desired + 2)).expect("within bounds");
    elapsed.store(300, Ordering::SeqCst);
    let mut source = connection(&url, "test").await.source();
    let seen = source.groups(shift(begin(), 300)).await.expect("groups are listed");
    let seen = seen.iter().find(|group| group.name == web.name).expect("as before");
    let own = account.simulator.with(|world| world.groups()).expect("not throttled");
    assert!(own.iter().any(|group| group.instances == seen.instances), "{:?}", seen.instances);
    assert!(seen.instances.iter().filter(|i| i.is_registering()).count() >= 2, "two were added");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_sees_what_the_simulator_shows() {
    let (account, url, _) = account();
    let mut source = connection(&url, "test").await.source();
    let seen = source.groups(begin()).await.expect("groups are listed");
    assert_eq!(source.warnings(), [] as [String; 0]);
    let own = account.simulator.with(|world| world.groups()).expect("not throttled");
    assert_eq!(seen.len(), 4);
    for (seen, own) in seen.iter().zip(&own) {
        assert_eq!(
            (&seen.name, seen.min, seen.max, seen.desired),
            (&own.name, own.min, own.max, own.desired)
        );
        assert_eq!((&seen.instances, &seen.policies), (&own.instances, &own.policies));
        assert_eq!(seen.activities.items().len(), own.activities.items().len().min(20));
    }
    let until = floor_to(begin(), 1_800);
    let queries: Vec<MetricQuery> = Metric::ALL
        .into_iter()
        .map(|metric| {
            let from = shift(until, -35 * 1_800);
            MetricQuery { group: "checkout-web".into(), metric, from, until, period: 1_800 }
        })
        .collect();
    let moved = |t: Time| shift(t, -account.offset);
    let inner: Vec<MetricQuery> = queries
        .iter()
        .map(|q| MetricQuery { from: moved(q.from), until: moved(q.until), ..q.clone() })
        .collect();
    let seen = source.metrics(begin(), &queries).await.expect("metrics are given");
    let own = account.simulator.with(|world| world.metrics(&inner)).expect("not throttled");
    for ((seen, own), query) in seen.iter().zip(&own).zip(&queries) {
        assert_eq!(seen.start(), query.from);
        for (at, value) in seen.iter() {
            let own = own.at(moved(at));
            let near = own.zip(value).is_none_or(|(a, b)| (a - b).abs() <= 1e-9 * a.abs());
            assert!(near && own.is_some() == value.is_some(), "{query:?} {at}: {own:?} {value:?}");
        }
    }
    assert!(seen[0].known().count() >= 30, "history is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_act_and_out_of_bounds_is_refused_as_aws_does() {
    let (_, url, elapsed) = account();
    let connection = connection(&url, "test").await;
    let (mut source, mut scaler) = (connection.source(), connection.scaler(&licence()));
    scaler.set_desired(begin(), "checkout-web", 20).await.expect("within bounds");
    let refused = scaler.set_desired(begin(), "checkout-web", 33).await;
    assert!(
        matches!(&refused, Err(CloudError::Replan(t)) if t.contains("33 is above max value 32")),
        "{refused:?}"
    );
    let refused = scaler.set_desired(begin(), "checkout-web", 1).await;
    assert!(matches!(&refused, Err(CloudError::Replan(t)) if t.contains("below min value 2")), "{refused:?}");
    elapsed.store(600, Ordering::SeqCst);
    let groups = source.groups(shift(begin(), 600)).await.expect("groups are listed");
    let web = groups.iter().find(|g| g.name == "checkout-web").expect("it is there");
    assert_eq!(web.desired, 20);
    assert!(web.activities.items().iter().any(|a| a.started >= begin()), "activities show the clients' time");

    scaler.set_floor(shift(begin(), 600), "web-sessions", 9).await.expect("within bounds");
    let (start, end) = (shift(begin(), 900), shift(begin(), 1_800));
    let window = FloorWindow { min: 12, start: Some(start), end, own: 3 };
    scaler.schedule_floor(begin(), "web-sessions", &window).await.expect("both are to come");
    let min = |seconds: i64| {
        elapsed.store(seconds, Ordering::SeqCst);
        shift(begin(), seconds)
    };
    for (seconds, expected) in [(660, 9), (960, 12), (1_860, 3)] {
        let groups = source.groups(min(seconds)).await.expect("groups are listed");
        let found = groups.iter().find(|g| g.name == "web-sessions").map(|g| g.min);
        assert_eq!(found, Some(expected), "after {seconds} s");
    }
    let late = FloorWindow { min: 12, start: None, end: begin(), own: 3 };
    let refused = scaler.schedule_floor(begin(), "web-sessions", &late).await;
    assert!(matches!(refused, Err(CloudError::Replan(_))), "{refused:?}");
    scaler.unschedule_floor(begin(), "web-sessions").await.expect("none there is fine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminate_alone_is_suspended_and_resumed() {
    let (_, url, _) = account();
    let connection = connection(&url, "test").await;
    let (mut source, mut scaler) = (connection.source(), connection.scaler(&licence()));
    for (on, expected) in
        [(true, vec![ScalingProcess::Terminate]), (true, vec![ScalingProcess::Terminate]), (false, vec![])]
    {
        scaler.suspend_terminate(begin(), "checkout-web", on).await.expect("it is there");
        let groups = source.groups(begin()).await.expect("groups are listed");
        let suspended = |name: &str| groups.iter().find(|g| g.name == name).map(|g| g.suspended.clone());
        assert_eq!((suspended("checkout-web"), suspended("web-sessions")), (Some(expected), Some(vec![])));
    }
    let unknown = scaler.suspend_terminate(begin(), "nobody", true).await;
    assert!(unknown.is_err(), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_and_expiry_come_in_their_classes() {
    let (account, url, _) = account();
    let expired = connection(&url, EXPIRED).await.source().groups(begin()).await;
    assert!(matches!(expired, Err(CloudError::Stop(_))), "{expired:?}");
    let now = account.simulator.with(|world| world.now());
    account.simulator.inject(now, "checkout-web", Fault::Throttling).expect("there is the group");
    let throttled = connection(&url, "test").await.source().groups(begin()).await;
    assert!(matches!(throttled, Err(CloudError::Retry(_))), "{throttled:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_metrics_that_are_off_are_said_with_the_command_that_turns_them_on() {
    let (account, url, _) = account_of(|spec| spec.group_metrics = spec.name != "web-sessions");
    let mut source = connection(&url, "test").await.source();
    let ask = MetricQuery {
        group: "web-sessions".into(),
        metric: Metric::InService,
        from: shift(begin(), -3_600),
        until: begin(),
        period: 300,
    };
    source.groups(begin()).await.expect("groups are listed");
    let warnings = source.warnings();
    let command = "enable-metrics-collection --auto-scaling-group-name web-sessions --granularity 1Minute";
    assert!(warnings.len() == 1 && warnings[0].ends_with(command), "{warnings:?}");
    let blind = source.metrics(begin(), std::slice::from_ref(&ask)).await.expect("an answer");
    assert_eq!(blind[0].known().count(), 0);
    let input = serde_json::json!({"AutoScalingGroupName": "web-sessions", "Granularity": "1Minute"});
    ask_account(&account, "EnableMetricsCollection", input).expect("the command is known");
    source.groups(begin()).await.expect("groups are listed");
    assert_eq!(source.warnings(), [] as [String; 0]);
    let seeing = source.metrics(begin(), &[ask]).await.expect("an answer");
    assert!(seeing[0].known().count() >= 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn basic_monitoring_is_said_and_its_bytes_are_a_minutes() {
    let (_, url, _) = account_of(|spec| spec.detailed_monitoring = spec.name != "api-bursty");
    let mut source = connection(&url, "test").await.source();
    let ask = |group: &str, metric| MetricQuery {
        group: group.into(),
        metric,
        from: shift(begin(), -3_600),
        until: shift(begin(), -600),
        period: 60,
    };
    let asked = [Metric::Cpu, Metric::NetworkIn].map(|m| ask("api-bursty", m));
    let asked = [&asked[..], &[ask("web-sessions", Metric::Cpu)]].concat();
    let read = source.metrics(begin(), &asked).await.expect("an answer");
    assert_eq!((read[0].known().count(), read[2].known().count()), (10, 50));
    let warnings = source.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("monitor-instances"), "{warnings:?}");
    assert!(warnings[0].contains("api-bursty") && !warnings[0].contains("web-sessions"), "{warnings:?}");
    let mut whole = ask("api-bursty", Metric::NetworkIn);
    whole.period = 300;
    whole.from = floor_to(shift(whole.from, 299), 300);
    let whole = source.metrics(begin(), &[whole]).await.expect("an answer");
    let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-6 * a;
    let minutes: Vec<f64> = read[1].known().collect();
    assert!(minutes.into_iter().zip(whole[0].known()).all(near), "five minutes' bytes are not one minute's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_chosen_by_tag_and_one_is_looked_at_alone() {
    let (_, url, _) = account_of(|spec| {
        if spec.name == "api-bursty" {
            spec.tags.push(("team".into(), "search".into()));
        }
    });
    let tagged = ConnectOptions {
        tags: [("team".to_owned(), "search".to_owned())].into(),
        show_tag: Some("team".into()),
        region: Some("us-east-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    let mut source = connect(&tagged).await.expect("keys and region are given").source();
    let seen = source.groups(begin()).await.expect("groups are listed");
    assert_eq!(seen.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["api-bursty"]);
    assert_eq!(seen[0].tag.as_deref(), Some("search"));
    let before = source.calls();
    let alone = source.group(begin(), "api-bursty").await.expect("it is read");
    assert_eq!(alone.as_ref(), Some(&seen[0]));
    assert_eq!(source.calls() - before, 6, "list, policies, schedules, activities, refresh, targets");
    assert_eq!(source.group(begin(), "web-sessions").await, Ok(None), "it has not the tag");
}

/// What `operation` answers to `input`.
fn ask_account(
    account: &Account,
    operation: &str,
    input: serde_json::Value,
) -> Result<serde_json::Value, String> {
    account.perform(operation, Input(&input)).map(|n| n.json()).map_err(|r| r.code)
}

#[test]
fn pages_join_to_the_whole_and_bad_tokens_are_refused() {
    let (account, ..) = account();
    let metric = serde_json::json!({"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "api-bursty"}]});
    let query = |id: &str| serde_json::json!({"Id": id, "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}});
    let mut input = serde_json::json!({"MetricDataQueries": [query("a"), query("b")], "MaxDatapoints": 5,
        "StartTime": shift(begin(), -3_600).timestamp(), "EndTime": begin().timestamp()});
    let (mut values, mut pages) = (std::collections::BTreeMap::<String, Vec<String>>::new(), 0);
    loop {
        let answer = ask_account(&account, "GetMetricData", input.clone()).expect("a plain question");
        pages += 1;
        for result in answer["MetricDataResults"].as_array().expect("a list") {
            let times = result["Timestamps"].as_array().expect("a list").iter().map(|t| t.to_string());
            values.entry(result["Id"].to_string()).or_default().extend(times);
        }
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    let (a, b) = (&values["\"a\""], &values["\"b\""]);
    assert!(pages >= 4 && a.len() >= 10 && a == b, "{pages} {values:?}");
    assert!(a.is_sorted_by(|x, y| x > y), "newest first unless asked otherwise");
    input["NextToken"] = "nonsense".into();
    assert_eq!(ask_account(&account, "GetMetricData", input), Err("InvalidNextToken".into()));
    let groups = ask_account(&account, "DescribeAutoScalingGroups", serde_json::json!({"MaxRecords": "3"}));
    let groups = groups.expect("groups are listed");
    assert_eq!(groups["AutoScalingGroups"].as_array().map(Vec::len), Some(3));
    let rest = serde_json::json!({"NextToken": groups["NextToken"]});
    let rest = ask_account(&account, "DescribeAutoScalingGroups", rest).expect("groups are listed");
    assert_eq!(rest["AutoScalingGroups"].as_array().map(Vec::len), Some(1));
    assert!(rest.get("NextToken").is_none());
}

#[test]
fn a_cooldown_is_honoured_when_asked_and_faults_are_injected_by_name() {
    let (account, ..) = account();
    let size = |n: u32, honour: bool| {
        let input = serde_json::json!({"AutoScalingGroupName": "checkout-web", "DesiredCapacity": n,
            "HonorCooldown": honour});
        ask_account(&account, "SetDesiredCapacity", input).map(drop)
    };
    assert_eq!(size(20, false), Ok(()));
    assert_eq!(size(21, true), Err("ScalingActivityInProgress".into()));
    assert_eq!(size(21, false), Ok(()));
    let fault = |name: &str| {
        ask_account(&account, "InjectFault", serde_json::json!({"Group": "checkout-web", "Fault": name}))
            .map(drop)
    };
    assert_eq!(fault("Earthquake"), Err("ValidationError".into()));
    assert_eq!(fault("Throttling"), Ok(()));
    assert_eq!(size(22, false), Err("Throttling".into()));
    assert_eq!(
        ask_account(&account, "GetCallerIdentity", serde_json::json!({})).map(|a| a["Account"].clone()),
        Ok("123456789012".into())
    );
    assert!(account.offset > 0 && at_epoch(0) < begin());
}
