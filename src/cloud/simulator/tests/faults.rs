//! Every fault that can be injected: what is seen of it, and that it passes.

use super::*;
use crate::domain::{activity::ActivityStatus, process::ScalingProcess};

#[test]
fn launch_failures_pass_and_the_group_catches_up() {
    let mut w = world(spec());
    w.inject("web", Fault::LaunchFailure).expect("known group");
    w.set_desired("web", 9).expect("within bounds");
    let state = look(&mut w, 300);
    assert_eq!((state.desired, state.in_service(), state.pending()), (9, 8, 0));
    let failed = &state.activities.items()[0];
    assert_eq!(failed.status, ActivityStatus::Failed);
    assert!(failed.message.as_deref().is_some_and(|m| m.contains("vCPU") && m.ends_with("instance failed.")));
    assert_eq!(look(&mut w, 600 + 60 + 120).in_service(), 9);
}

#[test]
fn a_metric_gap_loses_points_for_good_and_a_delay_does_not() {
    let mut w = world(spec());
    w.inject("web", Fault::MetricGap).expect("known group");
    w.advance(at_epoch(DAY + 1_200));
    let cpu = ask(&w, Metric::Cpu, at_epoch(DAY), 60);
    assert!(cpu[..14].iter().all(Option::is_none) && cpu[14..].iter().all(Option::is_some), "{cpu:?}");
    let mut w = world(spec());
    w.inject("web", Fault::MetricDelay).expect("known group");
    w.advance(at_epoch(DAY + 1_200));
    let cpu = ask(&w, Metric::Cpu, at_epoch(DAY), 60);
    assert!(cpu[..10].iter().all(Option::is_some) && cpu[10..].iter().all(Option::is_none), "{cpu:?}");
    w.advance(at_epoch(DAY + 1_800));
    assert!(ask(&w, Metric::Cpu, at_epoch(DAY), 60).iter().all(Option::is_some));
}

#[test]
fn throttling_stops_every_call_for_five_minutes() {
    let mut w = world(spec());
    w.inject("web", Fault::Throttling).expect("known group");
    let error = CloudError::Retry("Throttling: Rate exceeded".into());
    assert_eq!(w.groups(), Err(error.clone()));
    assert_eq!(w.metrics(&[]), Err(error.clone()));
    assert_eq!(w.set_desired("web", 9), Err(error));
    assert_eq!(look(&mut w, 300).desired, 8);
}

#[test]
fn a_refresh_replaces_every_instance_without_losing_capacity() {
    let mut w = world(GroupSpec { initial_desired: Some(12), ..spec() });
    let old: Vec<String> = look(&mut w, 0).instances.into_iter().map(|i| i.id).collect();
    w.inject("web", Fault::InstanceRefresh).expect("none runs");
    assert!(w.inject("web", Fault::InstanceRefresh).is_err());
    let mut percents = Vec::new();
    for minute in 1..90 {
        let state = look(&mut w, 60 * minute);
        assert!(state.in_service() >= 12);
        percents.extend(state.refresh.known().cloned().flatten().and_then(|r| r.percent));
    }
    assert!(percents.is_sorted() && percents.iter().any(|p| (1..100).contains(p)), "{percents:?}");
    let state = look(&mut w, 90 * 60);
    assert_eq!((state.refresh, state.instances.len()), (crate::domain::reading::Reading::Known(None), 12));
    assert!(state.instances.iter().all(|i| !old.contains(&i.id)));
}

#[test]
fn suspended_processes_are_shown_and_do_nothing() {
    let mut w = world(spec());
    w.inject("web", Fault::SuspendLaunch).expect("known group");
    w.set_desired("web", 9).expect("within bounds");
    let state = look(&mut w, 1_790);
    assert_eq!(
        (state.pending(), state.in_service(), state.is_suspended(&ScalingProcess::Launch)),
        (0, 8, true)
    );
    let state = look(&mut w, 1_800);
    assert_eq!((state.pending(), state.is_suspended(&ScalingProcess::Launch)), (1, false));
    let mut w = world(spec());
    w.inject("web", Fault::SuspendTerminate).expect("known group");
    w.set_desired("web", 3).expect("within bounds");
    let state = look(&mut w, 1_740);
    assert_eq!((state.in_service(), state.is_suspended(&ScalingProcess::Terminate)), (8, true));
    assert_eq!(look(&mut w, 1_800).in_service(), 3);
}

#[test]
fn protected_instances_stay_and_aws_says_why() {
    let mut w = world(spec());
    w.inject("web", Fault::ProtectInstances).expect("known group");
    w.set_desired("web", 3).expect("within bounds");
    let state = look(&mut w, 600);
    assert_eq!((state.in_service(), state.protected()), (8, 8));
    let said = state.activities.items().iter().filter(|a| a.status == ActivityStatus::Failed).count();
    assert_eq!(said, 1, "said once, not every minute");
    let state = look(&mut w, 1_800);
    assert_eq!((state.in_service(), state.protected()), (3, 0));
    let mut w = world(GroupSpec { scale_in_protected: 5, ..spec() });
    w.set_desired("web", 2).expect("within bounds");
    let state = look(&mut w, 60);
    assert_eq!((state.in_service(), state.protected()), (5, 5));
}

#[test]
fn a_surge_doubles_demand_and_passes() {
    let mut w = world(spec());
    w.inject("web", Fault::Surge).expect("known group");
    w.advance(at_epoch(DAY + 2 * 3_600));
    let requests = ask(&w, Metric::Requests, at_epoch(DAY), 300);
    assert_eq!(requests[2], Some(800.0));
    assert_eq!(requests[12], Some(400.0));
    assert_eq!(ask(&w, Metric::Cpu, at_epoch(DAY + 900), 60)[0], Some(100.0));
}

#[test]
fn faults_of_unknown_groups_are_errors() {
    assert!(world(spec()).inject("nobody", Fault::Surge).is_err_and(|e| e.contains("nobody")));
}

#[test]
fn a_change_by_somebody_else_can_be_planned_as_every_fault() {
    let mut planned = world(spec());
    let mut at_once = planned.clone();
    let (start, at) = (planned.now(), shift(planned.now(), 600));
    planned.inject_at("web", Fault::ForeignChange, at).expect("known group");
    let desired = |w: &World| w.look("web").expect("known group").desired;
    let before = desired(&planned);
    planned.advance(shift(start, 540));
    assert_eq!(desired(&planned), before, "it is yet to come");
    planned.advance(shift(at, 60));
    at_once.advance(at);
    at_once.inject("web", Fault::ForeignChange).expect("known group");
    assert!(desired(&planned) != before && desired(&planned) == desired(&at_once));
    planned.advance(shift(at, 300));
    assert_eq!(desired(&planned), desired(&at_once), "once");
}
