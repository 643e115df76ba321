//! The operations of EC2 Auto Scaling that read.

use super::{
    ACCOUNT, OperationCall, OperationResult, REGION, Refusal, balancer, page,
    value::{Input, Node},
};
use crate::domain::{
    activity::Activity,
    group::{GroupState, Instance, OWNER_TAG, PolicyKind, ScalingPolicy, ScheduledAction},
    shift,
};

/// The id of every instance refresh.
pub(in crate::cloud::simulator_http) const REFRESH: &str = "08b91cf7-8fa6-48af-b6a6-d227f40f1b9b";

/// The group metrics that there are.
const GROUP_METRICS: [&str; 1] = ["GroupInServiceInstances"];

/// Does `operation`; `None` if it is not one of these.
pub(in crate::cloud::simulator_http) fn perform(
    operation: &str,
    call: &OperationCall<'_>,
) -> Option<OperationResult> {
    Some(match operation {
        "DescribeAutoScalingGroups" => {
            listing(call, "AutoScalingGroups", (50, 100), |call, group| vec![describe(call, group)])
        }
        "DescribePolicies" => listing(call, "ScalingPolicies", (50, 100), |call, group| {
            let asked = |p: &&ScalingPolicy| among(call, "PolicyNames", &p.name);
            group.policies.items().iter().filter(asked).map(|policy| shown(&group.name, policy)).collect()
        }),
        "DescribeScheduledActions" => {
            listing(call, "ScheduledUpdateGroupActions", (50, 100), |call, group| {
                let asked = |a: &&ScheduledAction| among(call, "ScheduledActionNames", &a.name);
                group
                    .schedules
                    .items()
                    .iter()
                    .filter(asked)
                    .map(|a| scheduled(call, &group.name, a))
                    .collect()
            })
        }
        "DescribeScalingActivities" => listing(call, "Activities", (100, 100), |call, group| {
            let asked = |a: &&Activity| among(call, "ActivityIds", &a.id);
            group.activities.items().iter().filter(asked).map(|a| activity(call, &group.name, a)).collect()
        }),
        "DescribeInstanceRefreshes" => match call.required("AutoScalingGroupName") {
            Err(refusal) => Err(refusal),
            Ok(_) => listing(call, "InstanceRefreshes", (50, 100), refreshes),
        },
        _ => return None,
    })
}

/// True if `name` is in the list `list` of the request, or there is none.
fn among(call: &OperationCall<'_>, list: &str, name: &str) -> bool {
    let names = call.input.texts(list);
    names.is_empty() || names.contains(&name)
}

/// A page of what `items` finds in the groups that were asked for.
fn listing(
    call: &OperationCall<'_>,
    name: &'static str,
    (usual, most): (i64, i64),
    items: impl Fn(&OperationCall<'_>, &GroupState) -> Vec<Node>,
) -> OperationResult {
    let groups = match call.input.text("AutoScalingGroupName") {
        Some(one) => vec![find(call, one)?],
        None => call.groups()?,
    };
    let filters = call.input.list("Filters");
    let asked = |g: &&GroupState| {
        among(call, "AutoScalingGroupNames", &g.name) && filters.iter().all(|f| passes(&tags(call, g), f))
    };
    let all = groups.iter().filter(asked).flat_map(|g| items(call, g)).collect();
    let (page, next) = page(all, &call.input, usual, most)?;
    Ok(Node::fields([(name, Node::List(page))]).with("NextToken", next.map(Node::Text)))
}

/// The group called `name`.
pub(in crate::cloud::simulator_http) fn find(
    call: &OperationCall<'_>,
    name: &str,
) -> Result<GroupState, Refusal> {
    Ok(call.world.look(name)?)
}

/// The group that the request names.
pub(in crate::cloud::simulator_http) fn group_name(call: &OperationCall<'_>) -> Result<String, Refusal> {
    Ok(call.required("AutoScalingGroupName")?.to_owned())
}

/// The tags of `group`, as key and value.
fn tags(call: &OperationCall<'_>, group: &GroupState) -> Vec<(String, String)> {
    let own = call.world.spec(&group.name).map(|spec| spec.tags.clone()).unwrap_or_default();
    own.into_iter().chain(group.owner.iter().map(|owner| (OWNER_TAG.to_owned(), owner.clone()))).collect()
}

/// True if one of `tags` fits `filter`: `tag-key`, `tag-value` or `tag:KEY`.
fn passes(tags: &[(String, String)], filter: &Input<'_>) -> bool {
    let (name, values) = (filter.text("Name").unwrap_or(""), filter.texts("Values"));
    tags.iter().any(|(key, value)| match name.strip_prefix("tag:") {
        Some(asked) => asked == key && values.contains(&value.as_str()),
        None if name == "tag-key" => values.contains(&key.as_str()),
        None => values.contains(&value.as_str()),
    })
}

fn refreshes(_: &OperationCall<'_>, group: &GroupState) -> Vec<Node> {
    let refresh = group.refresh.known().into_iter().flatten().map(|refresh| {
        Node::fields([
            ("InstanceRefreshId", Node::text(REFRESH)),
            ("AutoScalingGroupName", Node::text(&group.name)),
            ("Status", Node::text(&refresh.status)),
        ])
        .with("PercentageComplete", refresh.percent.map(|percent| Node::Int(i64::from(percent))))
    });
    refresh.collect()
}

fn describe(call: &OperationCall<'_>, group: &GroupState) -> Node {
    let size = |n: u32| Node::Int(i64::from(n));
    let tag = |(key, value): &(String, String)| {
        Node::fields([
            ("ResourceId", Node::text(&group.name)),
            ("ResourceType", Node::text("auto-scaling-group")),
            ("Key", Node::text(key)),
            ("Value", Node::text(value)),
            ("PropagateAtLaunch", Node::Bool(false)),
        ])
    };
    let suspended = group.suspended.iter().map(|process| {
        Node::fields([
            ("ProcessName", Node::text(process.name())),
            ("SuspensionReason", Node::text("User suspended")),
        ])
    });
    let id = "930d940e-891e-4781-a11a-7b0acd480f03";
    let arn = format!(
        "arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:{id}:autoScalingGroupName/{}",
        group.name
    );
    let published = call.world.spec(&group.name).is_some_and(|spec| spec.group_metrics);
    let metric =
        |name: &str| Node::fields([("Metric", Node::text(name)), ("Granularity", Node::text("1Minute"))]);
    let metrics = GROUP_METRICS.into_iter().filter(|_| published).map(metric);
    let zones = [format!("{REGION}a"), format!("{REGION}b")];
    let described = Node::fields([
        ("AutoScalingGroupName", Node::text(&group.name)),
        ("AutoScalingGroupARN", Node::text(arn)),
        ("MinSize", size(group.min)),
        ("MaxSize", size(group.max)),
        ("DesiredCapacity", size(group.desired)),
        ("DefaultCooldown", Node::Int(group.cooldown)),
        ("AvailabilityZones", Node::list(zones.into_iter().map(Node::Text))),
        ("TargetGroupARNs", Node::list([Node::Text(balancer::target_group(&group.name))])),
        ("HealthCheckType", Node::text("ELB")),
        ("HealthCheckGracePeriod", Node::Int(300)),
        ("Instances", Node::list(group.instances.iter().map(instance))),
        ("CreatedTime", call.outward(shift(group.seen_at, -400 * 86_400))),
        ("SuspendedProcesses", Node::list(suspended)),
        ("EnabledMetrics", Node::list(metrics)),
        ("Tags", Node::list(tags(call, group).iter().map(tag))),
        ("CapacityRebalance", Node::Bool(group.rebalances)),
    ]);
    let status = |deleting: bool| Node::fields(deleting.then(|| ("Status", Node::text("PendingDelete"))));
    described
        .with("WarmPoolConfiguration", group.warm_pool.as_ref().map(|pool| status(pool.deleting)))
        .with("WarmPoolSize", group.warm_pool.as_ref().and_then(|pool| pool.size).map(size))
}

fn instance(instance: &Instance) -> Node {
    Node::fields([
        ("InstanceId", Node::text(&instance.id)),
        ("InstanceType", Node::text(instance.instance_type.as_deref().unwrap_or_default())),
        ("AvailabilityZone", Node::text(&instance.zone)),
        ("LifecycleState", Node::text(instance.lifecycle.name())),
        ("HealthStatus", Node::text(if instance.healthy { "Healthy" } else { "Unhealthy" })),
        ("ProtectedFromScaleIn", Node::Bool(instance.protected)),
        ("WeightedCapacity", Node::text(instance.weight.to_string())),
    ])
}

fn shown(group: &str, policy: &ScalingPolicy) -> Node {
    let kind = match policy.kind {
        PolicyKind::TargetTracking { .. } => "TargetTrackingScaling",
        PolicyKind::Step => "StepScaling",
        PolicyKind::Predictive => "PredictiveScaling",
    };
    let configuration = match policy.kind {
        PolicyKind::TargetTracking { target, scale_in_disabled } => {
            let predefined = Node::fields([("PredefinedMetricType", Node::text("ASGAverageCPUUtilization"))]);
            Some(Node::fields([
                ("PredefinedMetricSpecification", predefined),
                ("TargetValue", Node::Float(target)),
                ("DisableScaleIn", Node::Bool(scale_in_disabled)),
            ]))
        }
        PolicyKind::Step | PolicyKind::Predictive => None,
    };
    Node::fields([
        ("AutoScalingGroupName", Node::text(group)),
        ("PolicyName", Node::text(&policy.name)),
        ("PolicyType", Node::text(kind)),
        ("Enabled", Node::Bool(policy.enabled)),
    ])
    .with("TargetTrackingConfiguration", configuration)
}

fn scheduled(call: &OperationCall<'_>, group: &str, action: &ScheduledAction) -> Node {
    let size = |n: Option<u32>| n.map(|n| Node::Int(i64::from(n)));
    Node::fields([
        ("AutoScalingGroupName", Node::text(group)),
        ("ScheduledActionName", Node::text(&action.name)),
        ("StartTime", call.outward(action.at)),
    ])
    .with("MinSize", size(action.min))
    .with("MaxSize", size(action.max))
    .with("DesiredCapacity", size(action.desired))
}

fn activity(call: &OperationCall<'_>, group: &str, activity: &Activity) -> Node {
    Node::fields([
        ("ActivityId", Node::text(&activity.id)),
        ("AutoScalingGroupName", Node::text(group)),
        ("Description", Node::text(&activity.description)),
        ("Cause", Node::text("The group was brought to its desired capacity.")),
        ("StartTime", call.outward(activity.started)),
        ("StatusCode", Node::text(activity.status.name())),
        ("Progress", Node::Int(if activity.status.is_open() { 50 } else { 100 })),
    ])
    .with("EndTime", activity.ended.map(|time| call.outward(time)))
    .with("StatusMessage", activity.message.as_ref().map(Node::text))
}
