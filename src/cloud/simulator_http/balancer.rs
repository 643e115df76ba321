//! The operations of Elastic Load Balancing: one load balancer, and a target group before every group.

use super::{ACCOUNT, OperationCall, OperationResult, REGION, Refusal, page_from, value::Node};
use crate::domain::group::{GroupState, Instance, Lifecycle};

/// The load balancer before every group.
pub(in crate::cloud::simulator_http) const LOAD_BALANCER: &str = "app/simulated/50dc6c495c0c9188";

/// The dimension `TargetGroup` of what is before `group`.
pub(in crate::cloud::simulator_http) fn dimension(group: &str) -> String {
    format!("targetgroup/{group}/73e2d6bc24d8a067")
}

/// The group behind the target group that `dimension` names.
pub(in crate::cloud::simulator_http) fn behind(dimension: &str) -> Option<&str> {
    dimension.strip_prefix("targetgroup/")?.split('/').next()
}

/// The ARN of the target group before `group`.
pub(in crate::cloud::simulator_http) fn target_group(group: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{}", dimension(group))
}

/// Does `operation`; `None` if it is not one of these.
pub(in crate::cloud::simulator_http) fn perform(
    operation: &str,
    call: &OperationCall<'_>,
) -> Option<OperationResult> {
    match operation {
        "DescribeTargetGroups" => Some(target_groups(call)),
        "DescribeTargetHealth" => Some(health(call)),
        _ => None,
    }
}

fn not_found() -> Refusal {
    Refusal::new("TargetGroupNotFound", "One or more target groups not found")
}

fn target_groups(call: &OperationCall<'_>) -> OperationResult {
    let (arns, names) = (call.input.texts("TargetGroupArns"), call.input.texts("Names"));
    let all: Vec<String> = call.world.specs().map(|spec| spec.name.clone()).collect();
    let known = |arn: &str| all.iter().any(|group| target_group(group) == arn);
    if !arns.iter().all(|arn| known(arn)) || !names.iter().all(|name| all.iter().any(|g| g == name)) {
        return Err(not_found());
    }
    let asked = |group: &&String| {
        let arn = target_group(group);
        (arns.is_empty() || arns.contains(&arn.as_str()))
            && (names.is_empty() || names.contains(&group.as_str()))
    };
    let balancer = format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{LOAD_BALANCER}");
    let shown = |group: &String| {
        Node::fields([
            ("TargetGroupArn", Node::Text(target_group(group))),
            ("TargetGroupName", Node::text(group)),
            ("Protocol", Node::text("HTTP")),
            ("Port", Node::Int(80)),
            ("TargetType", Node::text("instance")),
            ("LoadBalancerArns", Node::list([Node::text(&balancer)])),
        ])
    };
    let size = call.input.number("PageSize").unwrap_or(400).clamp(1, 400) as usize;
    let shown = all.iter().filter(asked).map(shown).collect();
    let (page, next) = page_from(shown, call.input.text("Marker"), size)?;
    Ok(Node::fields([("TargetGroups", Node::List(page))]).with("NextMarker", next.map(Node::Text)))
}

fn health(call: &OperationCall<'_>) -> OperationResult {
    let arn = call.required("TargetGroupArn")?;
    let name = arn.rsplit(':').next().and_then(behind).filter(|name| target_group(name) == arn);
    let name = name.filter(|name| call.world.spec(name).is_some()).ok_or_else(not_found)?;
    let group = call.world.look(name)?;
    Ok(Node::fields([("TargetHealthDescriptions", Node::list(targets(&group)))]))
}

fn targets(group: &GroupState) -> impl Iterator<Item = Node> + '_ {
    let described = |instance: &Instance| {
        let (state, reason) = state(instance)?;
        let target = Node::fields([("Id", Node::text(&instance.id)), ("Port", Node::Int(80))]);
        let health = Node::fields([("State", Node::text(state))]);
        Some(Node::fields([
            ("Target", target),
            ("HealthCheckPort", Node::text("80")),
            ("TargetHealth", health.with("Reason", reason.map(Node::text))),
        ]))
    };
    group.instances.iter().filter_map(described)
}

/// State and reason of a target; an instance outside the load balancer is none.
fn state(instance: &Instance) -> Option<(&'static str, Option<&'static str>)> {
    match instance.lifecycle {
        Lifecycle::InService if instance.is_registering() => {
            Some(("initial", Some("Elb.InitialHealthChecking")))
        }
        Lifecycle::InService if instance.healthy => Some(("healthy", None)),
        Lifecycle::InService => Some(("unhealthy", Some("Target.Timeout"))),
        Lifecycle::Pending | Lifecycle::PendingWait => Some(("initial", Some("Elb.RegistrationInProgress"))),
        Lifecycle::Terminating | Lifecycle::TerminatingWait => {
            Some(("draining", Some("Target.DeregistrationInProgress")))
        }
        Lifecycle::Standby | Lifecycle::Warmed => None,
    }
}
