//! The SDK's words turned into the domain's. Pure; a word that is new to us maps to the cautious neighbour.

use aws_sdk_autoscaling::{primitives::DateTime, types};

use crate::{
    cloud::aws::prose::activity_kind,
    domain::{
        Time,
        activity::{Activity, ActivityStatus},
        at_epoch,
        group::{
            GroupState, Instance, InstanceRefresh, Lifecycle, OWNER_TAG, PolicyKind, ScalingPolicy,
            ScheduledAction, WarmPool,
        },
        process::ScalingProcess,
        text::clean,
    },
};

/// Longest name that AWS allows.
const MOST_NAME: usize = 255;
/// Longest description kept, in characters.
const MOST_TEXT: usize = 500;

/// The group called `name` without its policies, activities and refresh.
pub(super) fn group(seen_at: Time, name: &str, group: &types::AutoScalingGroup) -> GroupState {
    GroupState {
        name: clean(name, MOST_NAME),
        seen_at,
        min: count(group.min_size()),
        max: count(group.max_size()),
        desired: count(group.desired_capacity()),
        instances: group.instances().iter().map(instance).collect(),
        activities: Vec::new(),
        suspended: group
            .suspended_processes()
            .iter()
            .filter_map(|p| p.process_name())
            .map(|name| ScalingProcess::from(clean(name, MOST_NAME)))
            .collect(),
        policies: Vec::new(),
        refresh: None,
        cooldown: i64::from(group.default_cooldown().unwrap_or(300).max(0)),
        schedules: Vec::new(),
        warm_pool: group.warm_pool_configuration().map(|pool| WarmPool {
            size: count(group.warm_pool_size()),
            deleting: pool.status().is_some_and(|s| *s == types::WarmPoolStatus::PendingDelete),
        }),
        rebalances: group.capacity_rebalance().unwrap_or(false),
        owner: group
            .tags()
            .iter()
            .find(|tag| tag.key() == Some(OWNER_TAG))
            .and_then(|tag| tag.value())
            .map(|value| clean(value, MOST_NAME)),
    }
}

fn count(value: Option<i32>) -> u32 {
    value.and_then(|v| u32::try_from(v).ok()).unwrap_or(0)
}

fn instance(instance: &types::Instance) -> Instance {
    Instance {
        id: clean(instance.instance_id().unwrap_or("unknown"), MOST_NAME),
        lifecycle: lifecycle(instance.lifecycle_state().map_or("", |s| s.as_str())),
        healthy: instance.health_status().is_some_and(|s| s.eq_ignore_ascii_case("healthy")),
        registering: false,
        protected: instance.protected_from_scale_in().unwrap_or(false),
        weight: instance.weighted_capacity().and_then(|w| w.parse().ok()).filter(|w| *w > 0).unwrap_or(1),
        zone: clean(instance.availability_zone().unwrap_or(""), MOST_NAME),
    }
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

/// A scaling activity; `None` without an id or a start.
pub(super) fn activity(activity: &types::Activity) -> Option<Activity> {
    let description = clean(activity.description().unwrap_or(""), MOST_TEXT);
    Some(Activity {
        id: clean(activity.activity_id()?, MOST_NAME),
        started: time(activity.start_time()?),
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

/// A policy with the name of its group. The type decides, never the presence of a configuration: some
/// emulators send an empty predictive configuration with every policy.
pub(super) fn policy(policy: &types::ScalingPolicy) -> Option<(String, ScalingPolicy)> {
    let kind = match policy.policy_type()? {
        "TargetTrackingScaling" => {
            let tracking = policy.target_tracking_configuration()?;
            PolicyKind::TargetTracking {
                target: tracking.target_value().unwrap_or(0.0),
                scale_in_disabled: tracking.disable_scale_in().unwrap_or(false),
            }
        }
        "PredictiveScaling" => PolicyKind::Predictive,
        _ => PolicyKind::Step,
    };
    let name = clean(policy.policy_name().unwrap_or("unnamed"), MOST_NAME);
    let group = policy.auto_scaling_group_name()?.to_owned();
    // A predictive policy that only forecasts changes nothing.
    let only_forecasts = policy.predictive_scaling_configuration().and_then(|p| p.mode())
        == Some(&types::PredictiveScalingMode::ForecastOnly);
    let idle = kind == PolicyKind::Predictive && only_forecasts;
    Some((group, ScalingPolicy { name, kind, enabled: policy.enabled().unwrap_or(true) && !idle }))
}

/// The refresh, unless it is over.
pub(super) fn refresh(refresh: &types::InstanceRefresh) -> Option<InstanceRefresh> {
    let status = refresh.status()?.as_str();
    if matches!(status, "Successful" | "Failed" | "Cancelled" | "RollbackSuccessful" | "RollbackFailed") {
        return None;
    }
    let percent = refresh.percentage_complete().unwrap_or(0).clamp(0, 100);
    Some(InstanceRefresh { status: clean(status, MOST_NAME), percent: percent as u8 })
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_instance_state_is_not_capacity() {
        let strange = types::Instance::builder()
            .instance_id("i-1")
            .lifecycle_state("Levitating".into())
            .health_status("Healthy")
            .build();
        let group_of = types::AutoScalingGroup::builder()
            .min_size(1)
            .max_size(4)
            .desired_capacity(2)
            .instances(strange)
            .instances(
                types::Instance::builder()
                    .instance_id("i-2")
                    .lifecycle_state("InService".into())
                    .health_status("HEALTHY")
                    .build(),
            )
            .build();
        let state = group(at_epoch(0), "web", &group_of);
        assert_eq!((state.in_service(), state.pending(), state.desired), (1, 0, 2));
    }

    #[test]
    fn every_word_of_the_sdk_maps_to_something_sensible() {
        for word in types::LifecycleState::values() {
            let ours = lifecycle(word);
            assert_eq!(ours == Lifecycle::InService, *word == "InService", "{word}");
            assert_eq!(ours == Lifecycle::Warmed, word.starts_with("Warmed"), "{word}");
        }
        for word in types::ScalingActivityStatusCode::values() {
            let over = matches!(*word, "Successful" | "Failed" | "Cancelled");
            assert_eq!(activity_status(word).is_open(), !over, "{word}");
        }
    }

    #[test]
    fn an_empty_predictive_configuration_does_not_make_a_policy_predictive() {
        let tracking = types::TargetTrackingConfiguration::builder().target_value(55.0).build();
        let given = types::ScalingPolicy::builder()
            .auto_scaling_group_name("web")
            .policy_name("cpu55")
            .policy_type("TargetTrackingScaling")
            .target_tracking_configuration(tracking)
            .predictive_scaling_configuration(types::PredictiveScalingConfiguration::builder().build())
            .build();
        let (_, policy) = policy(&given).expect("it is whole");
        assert_eq!(policy.kind, PolicyKind::TargetTracking { target: 55.0, scale_in_disabled: false });
    }

    #[test]
    fn weights_zones_pool_owner_and_rebalancing_are_read() {
        let heavy = types::Instance::builder()
            .instance_id("i-1")
            .lifecycle_state(types::LifecycleState::TerminatingWait)
            .weighted_capacity("4")
            .availability_zone("eu-west-1b")
            .build();
        let pool =
            types::WarmPoolConfiguration::builder().status(types::WarmPoolStatus::PendingDelete).build();
        let tag = types::TagDescription::builder().key("prescale:owner").value("ber\u{1b}lin").build();
        let described = types::AutoScalingGroup::builder()
            .instances(heavy)
            .warm_pool_configuration(pool)
            .warm_pool_size(3)
            .capacity_rebalance(true)
            .tags(tag)
            .build();
        let state = group(at_epoch(0), "web", &described);
        assert_eq!((state.leaving(), state.held_by_hooks(), state.largest_weight()), (4, 4, 4));
        assert_eq!(state.instances[0].zone, "eu-west-1b");
        assert_eq!(state.warm_pool, Some(WarmPool { size: 3, deleting: true }));
        assert_eq!((state.rebalances, state.owner.as_deref()), (true, Some("berlin")));
    }

    #[test]
    fn a_predictive_policy_that_only_forecasts_is_not_one_that_acts() {
        let of = |mode| {
            let config = types::PredictiveScalingConfiguration::builder().mode(mode).build();
            let given = types::ScalingPolicy::builder()
                .auto_scaling_group_name("web")
                .policy_type("PredictiveScaling")
                .predictive_scaling_configuration(config)
                .build();
            policy(&given).map(|(_, p)| (p.kind, p.enabled))
        };
        let predictive = PolicyKind::Predictive;
        assert_eq!(of(types::PredictiveScalingMode::ForecastOnly), Some((predictive, false)));
        assert_eq!(of(types::PredictiveScalingMode::ForecastAndScale), Some((predictive, true)));
    }

    #[test]
    fn a_refresh_that_is_over_is_no_refresh() {
        let of =
            |status: &str| types::InstanceRefresh::builder().status(status.into()).percentage_complete(140);
        assert_eq!(refresh(&of("Successful").build()), None);
        let open = refresh(&of("InProgress").build()).expect("it goes on");
        assert_eq!((open.status.as_str(), open.percent), ("InProgress", 100));
    }

    #[test]
    fn dimensions_come_from_arns() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067";
        let group = types::AutoScalingGroup::builder()
            .target_group_arns(arn)
            .traffic_sources(types::TrafficSourceIdentifier::builder().identifier(arn).build())
            .build();
        assert_eq!(target_groups(&group), [arn]);
        assert_eq!(target_group_dimension(arn), Some("targetgroup/web/73e2d6bc24d8a067"));
        assert_eq!(account(arn).as_deref(), Some("123456789012"));
        assert_eq!(account("arn:aws:autoscaling:eu-west-1"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            lifecycle(&text);
            activity_status(&text);
            let dimension = target_group_dimension(&text);
            prop_assert!(dimension.is_none_or(|d| text.ends_with(d)));
            account(&text);
        }
    }
}
