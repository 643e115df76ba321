//! What the simulated account says of a group.

use super::{
    group::{Group, SCHEDULED},
    refresh::Refresh,
    roster::InstanceFaults,
};
use crate::domain::{
    Time,
    fault::Fault,
    group::{GroupState, PolicyKind, ScalingPolicy, ScheduledAction},
    process::ScalingProcess,
    reading::Reading,
};

/// The processes that a fault suspends.
const SUSPENDABLE: [ScalingProcess; 5] = [
    ScalingProcess::Launch,
    ScalingProcess::Terminate,
    ScalingProcess::AlarmNotification,
    ScalingProcess::HealthCheck,
    ScalingProcess::AddToLoadBalancer,
];

/// What DescribeAutoScalingGroups and its sisters say of `group` at `now`.
pub(super) fn describe(group: &Group, now: Time) -> GroupState {
    let (spec, life) = (&group.spec, &group.life);
    let policy = |target| ScalingPolicy {
        name: format!("{}-cpu-target", spec.name),
        kind: PolicyKind::TargetTracking { target, scale_in_disabled: false },
        enabled: true,
    };
    let policies: Vec<ScalingPolicy> =
        spec.target_tracking.into_iter().map(policy).chain(spec.policies.clone()).collect();
    let active = |fault| life.faults.active(fault, now);
    let seen = InstanceFaults {
        all_protected: active(Fault::ProtectInstances),
        hooks: active(Fault::LifecycleHook),
        zone_impaired: active(Fault::ZoneImpaired),
    };
    let mut instances = life.roster.instances(seen);
    instances.iter_mut().for_each(|i| i.weight = spec.weight);
    GroupState {
        name: spec.name.clone(),
        seen_at: now,
        min: group.min(),
        max: spec.max,
        desired: group.units(),
        instances,
        activities: life.roster.activities().into(),
        suspended: SUSPENDABLE.into_iter().filter(|process| group.suspended(process, now)).collect(),
        policies: policies.into(),
        refresh: life.refresh.as_ref().map(Refresh::shown).into(),
        cooldown: spec.cooldown,
        schedules: schedules(group, now).into(),
        target_health: Reading::Known(()),
        warm_pool: spec.warm_pool.clone(),
        rebalances: active(Fault::Rebalance),
        owner: spec.owner.clone(),
        tag: None,
    }
}

/// The scheduled actions that have not fired: ours, and that of somebody else.
fn schedules(group: &Group, now: Time) -> Vec<ScheduledAction> {
    let ours = group.life.floor.scheduled().iter().map(|action| ScheduledAction {
        name: action.name.clone(),
        at: action.at,
        min: Some(action.min),
        max: None,
        desired: None,
    });
    let others = group.life.faults.until(Fault::ForeignSchedule, now).map(|at| ScheduledAction {
        name: "evening-batch".into(),
        at,
        min: None,
        max: None,
        desired: Some(group.clamp(group.life.desired + SCHEDULED) * group.spec.weight),
    });
    let mut all: Vec<ScheduledAction> = ours.chain(others).collect();
    all.sort_by_key(|action| action.at);
    all
}
