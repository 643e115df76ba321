//! The SDK's words turned into the domain's. Pure; a word that is new to us maps to the cautious neighbour, and what must
//! be there and is not is damage, never 0.

use std::collections::HashMap;

use aws_sdk_autoscaling::{primitives::DateTime, types};

use crate::{
    cloud::aws::prose::activity_kind,
    domain::{
        Seconds, Time,
        activity::{Activity, ActivityStatus},
        at_epoch,
        group::{
            GroupState, Instance, InstanceRefresh, Lifecycle, OWNER_TAG, PolicyKind, ScalingPolicy,
            ScheduledAction, WarmPool,
        },
        process::ScalingProcess,
        reading::Reading,
        text::clean,
    },
};

/// Seconds of the default cooldown where AWS does not say.
const COOLDOWN: Seconds = 300;
/// Why what is read by a call of its own is not known at first.
pub(super) const NOT_READ: &str = "not read yet";
/// Longest name that AWS allows.
const MOST_NAME: usize = 255;
/// Longest description kept, in characters.
const MOST_TEXT: usize = 500;

/// The group called `name`; what is read by calls of its own is unknown.
///
/// # Errors
/// What is damaged, in words.
pub(super) fn group(
    seen_at: Time,
    name: &str,
    group: &types::AutoScalingGroup,
) -> Result<GroupState, String> {
    let (min, max) = (count("MinSize", group.min_size())?, count("MaxSize", group.max_size())?);
    if min > max {
        return Err(format!("MinSize {min} is above MaxSize {max}"));
    }
    // The SDK puts 0 in place of a size that is missing. AWS keeps the desired capacity between the two; elsewhere it follows
    // later.
    let desired = count("DesiredCapacity", group.desired_capacity())?;
    if !(min..=max).contains(&desired) && (desired == 0 || max == 0) {
        return Err(format!("DesiredCapacity {desired} is not between MinSize {min} and MaxSize {max}"));
    }
    Ok(GroupState {
        name: clean(name, MOST_NAME),
        seen_at,
        min,
        max,
        desired,
        instances: instances(group)?,
        activities: Reading::unknown(NOT_READ),
        suspended: group
            .suspended_processes()
            .iter()
            .filter_map(|p| p.process_name())
            .map(|name| ScalingProcess::from(clean(name, MOST_NAME)))
            .collect(),
        policies: Reading::unknown(NOT_READ),
        refresh: Reading::unknown(NOT_READ),
        cooldown: group.default_cooldown().filter(|seconds| *seconds >= 0).map_or(COOLDOWN, i64::from),
        schedules: Reading::unknown(NOT_READ),
        target_health: Reading::unknown(NOT_READ),
        warm_pool: group.warm_pool_configuration().map(|pool| WarmPool {
            size: group.warm_pool_size().and_then(|size| u32::try_from(size).ok()),
            deleting: pool.status().is_some_and(|s| *s == types::WarmPoolStatus::PendingDelete),
        }),
        rebalances: group.capacity_rebalance().unwrap_or(false),
        owner: tag(group, OWNER_TAG),
        tag: None,
    })
}

/// The value of the tag `key` of a group.
pub(super) fn tag(group: &types::AutoScalingGroup, key: &str) -> Option<String> {
    let found = group.tags().iter().find(|tag| tag.key() == Some(key))?;
    Some(clean(found.value()?, MOST_NAME))
}

/// A size that every answer must have.
fn count(name: &str, value: Option<i32>) -> Result<u32, String> {
    let value = value.ok_or_else(|| format!("{name} is missing"))?;
    u32::try_from(value).map_err(|_| format!("{name} is {value}"))
}

/// The instances; those of a group with a mix of types, or of On-Demand and Spot, have no type that would tell their price.
fn instances(group: &types::AutoScalingGroup) -> Result<Vec<Instance>, String> {
    let is_mixed = group.mixed_instances_policy().is_some();
    let one = |described: &types::Instance| {
        let instance = instance(described)?;
        Ok(Instance { instance_type: instance.instance_type.filter(|_| !is_mixed), ..instance })
    };
    group.instances().iter().map(one).collect()
}

fn instance(instance: &types::Instance) -> Result<Instance, String> {
    let weight = match instance.weighted_capacity() {
        None => 1,
        Some(text) => {
            let weight = text.parse().ok().filter(|weight| *weight > 0);
            weight.ok_or_else(|| format!("the weight of an instance is “{}”", clean(text, 20)))?
        }
    };
    Ok(Instance {
        id: clean(instance.instance_id().unwrap_or("unknown"), MOST_NAME),
        lifecycle: lifecycle(instance.lifecycle_state().map_or("", |s| s.as_str())),
        healthy: instance.health_status().is_some_and(|s| s.eq_ignore_ascii_case("healthy")),
        registering: false,
        protected: instance.protected_from_scale_in().unwrap_or(false),
        weight,
        zone: clean(instance.availability_zone().unwrap_or(""), MOST_NAME),
        instance_type: instance.instance_type().map(|kind| clean(kind, MOST_NAME)),
    })
}

/// A scheduled action with the name of its group; `None` without a moment at which it fires next.
pub(super) fn schedule(action: &types::ScheduledUpdateGroupAction) -> Option<(String, ScheduledAction)> {
    let size = |value: Option<i32>| value.and_then(|v| u32::try_from(v).ok());
    let found = ScheduledAction {
        name: clean(action.scheduled_action_name().unwrap_or("unnamed"), MOST_NAME),
        at: time(action.start_time()?),
        min: size(action.min_size()),
        max: size(action.max_size()),
        desired: size(action.desired_capacity()),
    };
    Some((action.auto_scaling_group_name()?.to_owned(), found))
}

/// A life-cycle word. What is unknown counts as leaving: it must not be taken for capacity.
fn lifecycle(word: &str) -> Lifecycle {
    match word {
        "InService" => Lifecycle::InService,
        "Pending" => Lifecycle::Pending,
        "Terminating:Wait" | "Terminating:Proceed" => Lifecycle::TerminatingWait,
        "Standby" | "EnteringStandby" => Lifecycle::Standby,
        w if w.starts_with("Pending:") => Lifecycle::PendingWait,
        w if w.starts_with("Warmed") => Lifecycle::Warmed,
        _ => Lifecycle::Terminating,
    }
}

/// A scaling activity.
///
/// # Errors
/// What is damaged, in words.
pub(super) fn activity(activity: &types::Activity) -> Result<Activity, String> {
    let description = clean(activity.description().unwrap_or(""), MOST_TEXT);
    Ok(Activity {
        id: clean(activity.activity_id().ok_or("an activity without an id")?, MOST_NAME),
        started: time(activity.start_time().ok_or("an activity without a start")?),
        ended: activity.end_time().map(time),
        status: activity_status(activity.status_code().map_or("", |s| s.as_str())),
        kind: activity_kind(&description),
        description,
        message: activity.status_message().map(|m| clean(m, MOST_TEXT)).filter(|m| !m.is_empty()),
    })
}

/// A status word. What is unknown counts as still open.
fn activity_status(word: &str) -> ActivityStatus {
    match word {
        "Successful" => ActivityStatus::Successful,
        "Failed" => ActivityStatus::Failed,
        "Cancelled" => ActivityStatus::Cancelled,
        "MidLifecycleAction" => ActivityStatus::MidLifecycleAction,
        "WaitingForInstanceWarmup" => ActivityStatus::WaitingForInstanceWarmup,
        "WaitingForELBConnectionDraining" | "WaitingForConnectionDraining" => {
            ActivityStatus::WaitingForElbConnectionDraining
        }
        "PreInService"
        | "PendingSpotBidPlacement"
        | "WaitingForSpotInstanceRequestId"
        | "WaitingForSpotInstanceId"
        | "WaitingForInstanceId" => ActivityStatus::PreInService,
        _ => ActivityStatus::InProgress,
    }
}

/// The policies of each group by its name; those of a group of which one is damaged are unknown.
///
/// # Errors
/// What is damaged, where it belongs to no group.
pub(super) fn policies(
    found: &mut HashMap<String, Reading<Vec<ScalingPolicy>>>,
    page: &[types::ScalingPolicy],
) -> Result<(), String> {
    for described in page {
        let group = described.auto_scaling_group_name().ok_or("a policy without a group")?;
        let known = found.entry(group.to_owned()).or_default();
        match policy(described) {
            Err(why) => *known = Reading::unknown(why),
            Ok(policy) => {
                if let Reading::Known(policies) = known {
                    policies.push(policy);
                }
            }
        }
    }
    Ok(())
}

/// A policy. The type decides, never the presence of a configuration: some emulators send an empty predictive
/// configuration with every policy.
fn policy(policy: &types::ScalingPolicy) -> Result<ScalingPolicy, String> {
    let name = clean(policy.policy_name().unwrap_or("unnamed"), MOST_NAME);
    let lacks = |what: &str| format!("the policy “{name}” has no {what}");
    let kind = match policy.policy_type().ok_or_else(|| lacks("type"))? {
        "TargetTrackingScaling" => {
            let tracking = policy.target_tracking_configuration().ok_or_else(|| lacks("target"))?;
            PolicyKind::TargetTracking {
                target: tracking.target_value().ok_or_else(|| lacks("target"))?,
                scale_in_disabled: tracking.disable_scale_in().unwrap_or(false),
            }
        }
        "PredictiveScaling" => PolicyKind::Predictive,
        _ => PolicyKind::Step,
    };
    // A predictive policy that only forecasts changes nothing.
    let only_forecasts = policy.predictive_scaling_configuration().and_then(|p| p.mode())
        == Some(&types::PredictiveScalingMode::ForecastOnly);
    let idle = kind == PolicyKind::Predictive && only_forecasts;
    Ok(ScalingPolicy { name, kind, enabled: policy.enabled().unwrap_or(true) && !idle })
}

/// The refresh, unless it is over. One of an unknown status is not.
pub(super) fn refresh(refresh: &types::InstanceRefresh) -> Option<InstanceRefresh> {
    let status = refresh.status().map_or("of unknown status", |status| status.as_str());
    if matches!(status, "Successful" | "Failed" | "Cancelled" | "RollbackSuccessful" | "RollbackFailed") {
        return None;
    }
    let percent = refresh.percentage_complete().filter(|percent| *percent >= 0);
    Some(InstanceRefresh { status: clean(status, MOST_NAME), percent: percent.map(|p| p.min(100) as u8) })
}

/// The ARNs of the load balancers' target groups before a group.
pub(super) fn target_groups(group: &types::AutoScalingGroup) -> Vec<String> {
    let sources = group.traffic_sources().iter().filter_map(|s| s.identifier());
    let mut found: Vec<String> = group
        .target_group_arns()
        .iter()
        .map(String::as_str)
        .chain(sources)
        .filter(|arn| target_group_dimension(arn).is_some())
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// `targetgroup/web/73e2d6bc24d8a067` of `arn:aws:elasticloadbalancing:…:targetgroup/web/73e2d6bc24d8a067`.
pub(super) fn target_group_dimension(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    (arn.contains(":elasticloadbalancing:") && resource.starts_with("targetgroup/")).then_some(resource)
}

/// The account number in a group's ARN.
pub(super) fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    (!account.is_empty() && account.bytes().all(|b| b.is_ascii_digit())).then(|| account.to_owned())
}

/// A moment of the SDK's, whole seconds.
pub(super) fn time(moment: &DateTime) -> Time {
    at_epoch(moment.secs())
}

#[cfg(test)]
mod tests;
