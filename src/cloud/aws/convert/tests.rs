//! What each word and number of the SDK becomes.

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
    let state = group(at_epoch(0), "web", &group_of).expect("it is whole");
    assert_eq!((state.in_service(), state.pending(), state.desired), (1, 0, 2));
    assert_eq!(state.unknown().len(), 5, "what other calls read is not known yet: {:?}", state.unknown());
}

#[test]
fn a_type_is_known_of_a_group_of_one_type_alone() {
    let kind_of = |mixed: Option<types::MixedInstancesPolicy>| {
        let instance = types::Instance::builder().instance_id("i-1").instance_type("m5.large").build();
        let described = types::AutoScalingGroup::builder().min_size(1).max_size(4).desired_capacity(2);
        let described = described.instances(instance).set_mixed_instances_policy(mixed).build();
        group(at_epoch(0), "web", &described).expect("it is whole").instances[0].instance_type.clone()
    };
    assert_eq!(kind_of(None).as_deref(), Some("m5.large"));
    let mixed = types::MixedInstancesPolicy::builder().build();
    assert_eq!(kind_of(Some(mixed)), None, "some may be Spot, at other prices");
}

#[test]
fn what_is_missing_or_negative_is_damage_and_never_zero() {
    let whole = || types::AutoScalingGroup::builder().min_size(1).max_size(4).desired_capacity(2);
    let heavy = |weight: &str| types::Instance::builder().weighted_capacity(weight).build();
    let why = |described: types::AutoScalingGroup| group(at_epoch(0), "web", &described).err();
    assert_eq!(why(whole().build()), None);
    assert_eq!(why(whole().min_size(3).build()), None, "the desired capacity follows");
    for (described, words) in [
        (whole().set_max_size(None), "MaxSize is missing"),
        (whole().min_size(-1), "MinSize is -1"),
        (whole().set_desired_capacity(None), "DesiredCapacity is missing"),
        (whole().min_size(5), "MinSize 5 is above MaxSize 4"),
        (whole().desired_capacity(0), "DesiredCapacity 0 is not between MinSize 1 and MaxSize 4"),
        (whole().min_size(0).max_size(0), "DesiredCapacity 2 is not between MinSize 0 and MaxSize 0"),
        (whole().instances(heavy("-4")), "the weight of an instance is “-4”"),
    ] {
        assert_eq!(why(described.build()).as_deref(), Some(words));
    }
    let pool = types::WarmPoolConfiguration::builder().build();
    let pooled = group(at_epoch(0), "web", &whole().warm_pool_configuration(pool).warm_pool_size(-3).build());
    assert_eq!(pooled.expect("it is whole").warm_pool, Some(WarmPool { size: None, deleting: false }));
    let refresh = refresh(&types::InstanceRefresh::builder().percentage_complete(-1).build());
    let refresh = refresh.expect("it may still run");
    assert_eq!((refresh.percent, refresh.words().as_str()), (None, "of unknown status"));
}

#[test]
fn a_damaged_policy_makes_those_of_its_group_unknown_and_no_others() {
    let of = |group: &str, kind: Option<&str>| {
        let policy = types::ScalingPolicy::builder().auto_scaling_group_name(group).policy_name("p");
        policy.set_policy_type(kind.map(str::to_owned)).build()
    };
    let page = [
        of("web", Some("StepScaling")),
        of("web", None),
        of("api", Some("TargetTrackingScaling")),
        of("batch", Some("StepScaling")),
    ];
    let mut found = HashMap::new();
    policies(&mut found, &page).expect("each has a group");
    assert_eq!(found["web"].why(), Some("the policy “p” has no type"));
    assert_eq!(found["api"].why(), Some("the policy “p” has no target"));
    assert_eq!(found["batch"].items().len(), 1);
    let nobodys = types::ScalingPolicy::builder().policy_type("StepScaling").build();
    assert!(policies(&mut found, &[nobodys]).is_err());
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
    let policy = policy(&given).expect("it is whole");
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
    let pool = types::WarmPoolConfiguration::builder().status(types::WarmPoolStatus::PendingDelete).build();
    let tag = types::TagDescription::builder().key("prescale:owner").value("ber\u{1b}lin").build();
    let described = types::AutoScalingGroup::builder()
        .min_size(0)
        .max_size(9)
        .desired_capacity(4)
        .instances(heavy)
        .warm_pool_configuration(pool)
        .warm_pool_size(3)
        .capacity_rebalance(true)
        .tags(tag)
        .build();
    let state = group(at_epoch(0), "web", &described).expect("it is whole");
    assert_eq!((state.leaving(), state.held_by_hooks(), state.largest_weight()), (4, 4, 4));
    assert_eq!(state.instances[0].zone, "eu-west-1b");
    assert_eq!(state.warm_pool, Some(WarmPool { size: Some(3), deleting: true }));
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
        policy(&given).map(|p| (p.kind, p.enabled))
    };
    let predictive = PolicyKind::Predictive;
    assert_eq!(of(types::PredictiveScalingMode::ForecastOnly), Ok((predictive, false)));
    assert_eq!(of(types::PredictiveScalingMode::ForecastAndScale), Ok((predictive, true)));
}

#[test]
fn a_refresh_that_is_over_is_no_refresh() {
    let of = |status: &str| types::InstanceRefresh::builder().status(status.into()).percentage_complete(140);
    assert_eq!(refresh(&of("Successful").build()), None);
    let open = refresh(&of("InProgress").build()).expect("it goes on");
    assert_eq!((open.status.as_str(), open.percent), ("InProgress", Some(100)));
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
    fn no_numbers_panic_and_a_group_that_is_taken_is_whole(
        (min, max, desired) in (any::<Option<i32>>(), any::<Option<i32>>(), any::<Option<i32>>()),
        (cooldown, pool, percent) in (any::<Option<i32>>(), any::<Option<i32>>(), any::<Option<i32>>()),
        weight in prop::option::of(".{0,4}"),
    ) {
        let described = types::AutoScalingGroup::builder()
            .set_min_size(min)
            .set_max_size(max)
            .set_desired_capacity(desired)
            .set_default_cooldown(cooldown)
            .warm_pool_configuration(types::WarmPoolConfiguration::builder().build())
            .set_warm_pool_size(pool)
            .instances(types::Instance::builder().set_weighted_capacity(weight).build())
            .build();
        if let Ok(state) = group(at_epoch(0), "web", &described) {
            prop_assert!(state.min <= state.max && state.cooldown >= 0 && state.largest_weight() > 0);
            prop_assert_eq!(Some(state.desired), desired.and_then(|n| u32::try_from(n).ok()));
            prop_assert_eq!(state.warm_pool.and_then(|p| p.size), pool.and_then(|n| u32::try_from(n).ok()));
        }
        let refresh = refresh(&types::InstanceRefresh::builder().set_percentage_complete(percent).build());
        prop_assert!(refresh.is_some_and(|r| r.percent.is_none_or(|p| p <= 100)));
    }

    #[test]
    fn no_text_panics(text in ".*") {
        lifecycle(&text);
        activity_status(&text);
        let dimension = target_group_dimension(&text);
        prop_assert!(dimension.is_none_or(|d| text.ends_with(d)));
        account(&text);
    }
}
