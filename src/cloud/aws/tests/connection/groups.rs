//! How groups and their details are read: pages, refusals, damage.

use std::time::Duration;

use super::*;
use crate::{
    cloud::aws::Deadlines,
    domain::group::{GroupState, InstanceRefresh},
};

fn group_page(name: &str, next: Option<&str>) -> CannedResponse {
    let next = next.map(|t| format!("<NextToken>{t}</NextToken>")).unwrap_or_default();
    result(
        "DescribeAutoScalingGroups",
        &format!(
            "<AutoScalingGroups><member><AutoScalingGroupName>{name}</AutoScalingGroupName>\
             <AutoScalingGroupARN>arn:aws:autoscaling:eu-west-1:123456789012:x</AutoScalingGroupARN>\
             <MinSize>1</MinSize><MaxSize>9</MaxSize><DesiredCapacity>3</DesiredCapacity>\
             <EnabledMetrics><member><Metric>GroupInServiceInstances</Metric></member></EnabledMetrics></member>\
             </AutoScalingGroups>{next}"
        ),
    )
}

/// The refresh that is known to run.
fn refresh_of(group: &GroupState) -> Option<&InstanceRefresh> {
    group.refresh.known().and_then(Option::as_ref)
}

/// Two pages of one group each; no details but what `details` says.
fn two_pages(request: &str, details: impl Fn(&str) -> CannedResponse) -> CannedResponse {
    match request {
        r if r.contains("Action=DescribeAutoScalingGroups") && r.contains("NextToken=more") => {
            group_page("api", None)
        }
        r if r.contains("Action=DescribeAutoScalingGroups") => group_page("web", Some("more")),
        r => details(r),
    }
}

const REFRESHING: &str = "<InstanceRefreshes><member><Status>InProgress</Status>\
     <PercentageComplete>40</PercentageComplete></member></InstanceRefreshes>";

const SCHEDULED: &str = "<ScheduledUpdateGroupActions><member><AutoScalingGroupName>web</AutoScalingGroupName>\
     <ScheduledActionName>evening</ScheduledActionName><StartTime>2026-11-24T18:00:00Z</StartTime>\
     <MinSize>4</MinSize><DesiredCapacity>6</DesiredCapacity></member>\
     <member><AutoScalingGroupName>web</AutoScalingGroupName>\
     <ScheduledActionName>noon</ScheduledActionName><StartTime>2026-11-24T12:00:00Z</StartTime></member>\
     </ScheduledUpdateGroupActions>";

fn whole(request: &str) -> CannedResponse {
    match request {
        r if r.contains("Action=DescribePolicies") => result("DescribePolicies", ""),
        r if r.contains("Action=DescribeScalingActivities") => result("DescribeScalingActivities", ""),
        r if r.contains("Action=DescribeScheduledActions") => result("DescribeScheduledActions", SCHEDULED),
        r if r.contains("Action=DescribeTargetHealth") => result("DescribeTargetHealth", ""),
        _ => result("DescribeInstanceRefreshes", REFRESHING),
    }
}

#[tokio::test]
async fn groups_come_from_all_pages_in_order_of_name() {
    let (url, _) = serve(|r| two_pages(r, whole));
    let mut source = connection(url).await.source();
    let groups = source.groups(at_epoch(0)).await.expect("both pages are whole");
    assert_eq!(groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["api", "web"]);
    assert_eq!(refresh_of(&groups[0]).and_then(|r| r.percent), Some(40));
    assert_eq!(source.warnings(), [] as [String; 0]);
    let names: Vec<&str> = groups[1].schedules.items().iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["noon", "evening"], "by their start");
    let evening = &groups[1].schedules.items()[1];
    assert_eq!((evening.at.timestamp(), evening.min, evening.max), (1_795_543_200, Some(4), None));
    assert_eq!((evening.desired, groups[0].schedules.items().len()), (Some(6), 0));
    assert_eq!(source.calls(), 8, "two pages, two lists, and for two groups activities and refresh");
}

#[tokio::test]
async fn denied_details_do_not_hide_a_group() {
    let (url, seen) = serve(|r| two_pages(r, |_| refusal(403, "AccessDenied")));
    let mut source = connection(url).await.source();
    assert_eq!(source.groups(at_epoch(0)).await.map(|g| g.len()), Ok(2));
    let warnings = source.warnings();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    let named = |action: &str| warnings.iter().any(|w| w.contains(&format!("grant autoscaling:{action}")));
    assert!(named("DescribePolicies") && named("DescribeInstanceRefreshes"), "{warnings:?}");
    assert!(seen.lock().expect("the server does not panic").len() <= 8, "a refusal is not tried again");
}

#[tokio::test]
async fn a_refresh_that_could_not_be_read_is_not_taken_for_none() {
    let throttled = Arc::new(Mutex::new(true));
    let switch = Arc::clone(&throttled);
    let (url, _) = serve(move |r| {
        let now = *switch.lock().expect("no test panics while it switches");
        two_pages(r, |r| match r.contains("Refreshes") && now {
            true => refusal(400, "Throttling"),
            false => whole(r),
        })
    });
    let mut source = connection(url).await.source();
    let dark = |g: &GroupState| g.refresh.why().is_some_and(|why| why.contains("throttles"));
    let first = source.groups(at_epoch(0)).await.expect("the groups are listed");
    assert!(first.len() == 2 && first.iter().all(dark), "{first:?}");
    *throttled.lock().expect("the server does not panic") = false;
    let second = source.groups(at_epoch(300)).await.expect("the groups are listed");
    assert!(second.iter().all(|g| refresh_of(g).is_some()), "{second:?}");
    *throttled.lock().expect("the server does not panic") = true;
    let third = source.groups(at_epoch(600)).await.expect("the groups are listed");
    assert!(third.iter().all(dark), "unknown, and neither none nor as it was: {third:?}");
    assert!(source.warnings().iter().any(|w| w.contains("unknown: no scale-in")));
    let one = source.group(at_epoch(660), "web").await.expect("listed").expect("it is there");
    assert!(dark(&one), "before a change as well: {one:?}");
}

#[tokio::test]
async fn one_damaged_group_is_left_out_and_one_bad_answer_leaves_its_group_in_the_dark() {
    let group = |name: &str, max: &str| {
        format!(
            "<member><AutoScalingGroupName>{name}</AutoScalingGroupName><MinSize>1</MinSize>{max}\
             <DesiredCapacity>3</DesiredCapacity></member>"
        )
    };
    let max = "<MaxSize>9</MaxSize>";
    let all = [group("api", max), group("bad", ""), group("odd", max), group("web", max)].concat();
    let (url, _) = serve(move |r| match r {
        r if r.contains("Action=DescribeAutoScalingGroups") => {
            result("DescribeAutoScalingGroups", &format!("<AutoScalingGroups>{all}</AutoScalingGroups>"))
        }
        r if r.contains("Activities") && r.contains("AutoScalingGroupName=odd") => {
            refusal(400, "ValidationError")
        }
        r => whole(r),
    });
    let mut source = connection(url).await.source();
    let groups = source.groups(at_epoch(0)).await.expect("the others go on");
    assert_eq!(groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["api", "odd", "web"]);
    assert_eq!(
        source.left_out(),
        [("bad".to_owned(), "the answer is damaged: MinSize 1 is above MaxSize 0".to_owned())].into()
    );
    let dark: Vec<_> = groups.iter().map(|g| g.unknown().len()).collect();
    assert_eq!(dark, [0, 1, 0], "{groups:?}");
    let warnings = source.warnings();
    let said = |words: &str| warnings.iter().any(|w| w.starts_with(words));
    assert!(said("bad is left out: its answer is damaged: MinSize 1 is above MaxSize 0"), "{warnings:?}");
    assert!(said("odd: autoscaling:DescribeScalingActivities"), "{warnings:?}");
    let again = source.group(at_epoch(60), "bad").await;
    assert!(matches!(&again, Err(CloudError::Replan(why)) if why.contains("is damaged")), "{again:?}");
}

/// An answer that does not parse at all names no group: the page is asked for again in halves.
#[tokio::test]
async fn one_group_that_makes_a_page_unreadable_is_found_and_left_out() {
    let member = |name: &str| {
        let max = if name == "bad" { "many" } else { "9" };
        format!(
            "<member><AutoScalingGroupName>{name}</AutoScalingGroupName><MinSize>1</MinSize>\
             <MaxSize>{max}</MaxSize><DesiredCapacity>3</DesiredCapacity></member>"
        )
    };
    let page = move |names: &[&str], next: &str| {
        let all: String = names.iter().map(|name| member(name)).collect();
        result("DescribeAutoScalingGroups", &format!("<AutoScalingGroups>{all}</AutoScalingGroups>{next}"))
    };
    let (url, _) = serve(move |r| match r {
        r if !r.contains("Action=DescribeAutoScalingGroups") => whole(r),
        r if r.contains("NextToken=more") => page(&["web"], ""),
        r if r.contains("AutoScalingGroupNames") => {
            let asked = |name: &&str| r.contains(&format!("={name}&")) || r.ends_with(&format!("={name}"));
            let names: Vec<&str> = ["api", "bad", "batch", "odd"].into_iter().filter(asked).collect();
            page(&names, "")
        }
        _ => page(&["api", "bad", "batch", "odd"], "<NextToken>more</NextToken>"),
    });
    let mut source = connection(url).await.source();
    let groups = source.groups(at_epoch(0)).await.expect("the others go on");
    assert_eq!(groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["api", "batch", "odd", "web"]);
    assert_eq!(
        source.left_out(),
        [("bad".to_owned(), "the answer is damaged: it cannot be read".to_owned())].into()
    );
    assert!(matches!(source.group(at_epoch(60), "bad").await, Err(CloudError::Replan(_))));
}

/// Twenty groups of a service that answers slowly, so many of them `behind` a load balancer: at each look the time for details is
/// over at once.
async fn slow_details(behind: u32) {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/front/6d0ecf831eec9f09";
    let member = |i: u32| {
        let target_groups = match i < behind {
            true => format!("<TargetGroupARNs><member>{arn}</member></TargetGroupARNs>"),
            false => String::new(),
        };
        format!(
            "<member><AutoScalingGroupName>g{i:02}</AutoScalingGroupName><MinSize>1</MinSize>\
             <MaxSize>9</MaxSize><DesiredCapacity>3</DesiredCapacity>{target_groups}</member>"
        )
    };
    let all: String = (0..20).map(member).collect();
    let (url, _) = serve(move |r| match r.contains("Action=DescribeAutoScalingGroups") {
        true => result("DescribeAutoScalingGroups", &format!("<AutoScalingGroups>{all}</AutoScalingGroups>")),
        false => whole(r),
    });
    let deadlines = Deadlines { details: Duration::ZERO, ..Deadlines::default() };
    let mut source = connect(&ConnectOptions { deadlines, ..options(url) }).await.expect("given").source();
    let mut dark = Vec::new();
    for minute in 0..3 {
        let groups = source.groups(at_epoch(60 * minute)).await.expect("the list is read");
        assert_eq!(groups.len(), 20, "every group is there");
        dark.push(groups.iter().filter(|group| !group.unknown().is_empty()).count());
        let warned = source.warnings().iter().any(|warning| warning.contains("groups are read later"));
        assert!(warned, "{:?}", source.warnings());
    }
    assert_eq!(
        dark,
        [12, 4, 0],
        "eight at each look, and never the same ones first, with {behind} behind one"
    );
}

#[tokio::test]
async fn details_for_which_the_time_does_not_suffice_are_read_at_the_next_looks() {
    slow_details(0).await;
    slow_details(16).await;
}
