//! Is the group itself in a state to be changed?

use super::{PreflightContext, Verdict, adds, block, removes};
use crate::domain::{
    Seconds,
    activity::ActivityStatus,
    actuator::Actuator,
    group::{PolicyKind, ScalingPolicy},
    process::ScalingProcess,
    reading::Reading,
};

/// Failed launches in a row after which more orders only pile up.
const MOST_FAILED: u32 = 3;
/// Least seconds before a launch counts as one that does not arrive.
const PATIENCE: Seconds = 900;

/// Each suspended process has its own rule.
pub fn suspended(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let found = |processes: &[ScalingProcess]| processes.iter().find(|p| c.group.is_suspended(p)).cloned();
    let hurt = c.group.unhealthy();
    if to == c.group.desired {
        return Verdict::Pass;
    }
    if c.scaling.actuator == Actuator::Scheduled && c.group.is_suspended(&ScalingProcess::ScheduledActions) {
        return block("ScheduledActions is suspended: a scheduled floor would be skipped".into());
    }
    if adds(to, c)
        && let Some(process) = found(&[ScalingProcess::Launch, ScalingProcess::AddToLoadBalancer])
    {
        return block(format!("{process} is suspended: new instances would not go into service"));
    }
    if removes(to, c)
        && let Some(process) = found(&[ScalingProcess::Terminate])
    {
        return block(format!("{process} is suspended: no instance would be terminated"));
    }
    if removes(to, c)
        && hurt > 0
        && let Some(process) = found(&[ScalingProcess::HealthCheck, ScalingProcess::ReplaceUnhealthy])
    {
        return block(format!("{process} is suspended; {hurt} unhealthy instances are not replaced"));
    }
    Verdict::Pass
}

/// Without alarms the group's own policies cannot bring back what is taken away too much: a person decides.
pub fn alarms(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let suspended = c.group.is_suspended(&ScalingProcess::AlarmNotification);
    if to == c.group.desired || !suspended || !c.operator.auto || !c.group.policies.items().iter().any(reacts)
    {
        return Verdict::Pass;
    }
    block(
        "AlarmNotification is suspended: the group's own scaling policies cannot act; manual approval required"
            .into(),
    )
}

fn reacts(policy: &ScalingPolicy) -> bool {
    policy.enabled && matches!(policy.kind, PolicyKind::TargetTracking { .. } | PolicyKind::Step)
}

/// A refresh replaces every instance, and counts on the capacity that is there. More may be added at any time; where even
/// that is held, a refresh that could not be read counts as one that runs.
pub fn refresh(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match &c.group.refresh {
        Reading::Known(Some(refresh)) if to != c.group.desired => {
            block(format!("an instance refresh is {}", refresh.words()))
        }
        Reading::Unknown { unknown } if adds(to, c) => {
            block(format!("an instance refresh may be running; it could not be read: {unknown}"))
        }
        _ => Verdict::Pass,
    }
}

/// No scale-in while launches are under way (a reversal), nor while terminations are (one on the other). More may
/// be added at any time: the order is absolute, so what is under way is part of it.
pub fn in_progress(to: u32, c: &PreflightContext<'_>) -> Verdict {
    if !removes(to, c) {
        return Verdict::Pass;
    }
    match (c.group.pending(), c.group.leaving()) {
        (0, 0) => Verdict::Pass,
        (0, leaving) => {
            block(format!("{leaving} instances are terminating: no further scale-in until they are gone"))
        }
        (pending, _) => {
            block(format!("{pending} instances are launching: no scale-in until they are in service"))
        }
    }
}

/// After three failed launches in a row, or while none arrives, more orders only pile up.
pub fn launches(to: u32, c: &PreflightContext<'_>) -> Verdict {
    if !adds(to, c) || c.group.desired <= c.group.in_service() {
        return Verdict::Pass;
    }
    let missing = c.group.desired - c.group.in_service();
    if c.scaling.failed_launches >= MOST_FAILED {
        let failed = c.scaling.failed_launches;
        return block(format!("{failed} launches failed in a row and {missing} are still missing"));
    }
    let most = PATIENCE.max(3 * c.scaling.lead);
    let launches = || c.group.activities.items().iter().filter(|a| a.kind.is_launch());
    let oldest = launches().filter(|a| a.status.is_open()).map(|a| a.started).min();
    let arrived = launches().filter(|a| a.status == ActivityStatus::Successful).filter_map(|a| a.ended).max();
    // What one instance waits for does not stop the others where some have arrived since.
    let stuck = oldest.filter(|oldest| arrived.is_none_or(|arrived| arrived <= *oldest));
    match stuck.map(|oldest| (c.now - oldest).num_seconds()) {
        Some(age) if age > most => block(format!(
            "a launch has taken {} min (usually {} min); {missing} instances missing",
            age / 60,
            c.scaling.lead / 60
        )),
        _ => Verdict::Pass,
    }
}

/// What a hook holds will come or go by somebody else's hand.
pub fn hooks(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.group.held_by_hooks() {
        held if held > 0 && removes(to, c) => {
            block(format!("{held} instances wait in lifecycle hooks; no scale-in until they complete"))
        }
        _ => Verdict::Pass,
    }
}

/// More instances than ordered: Capacity Rebalancing, or the balance of the zones, replaces some.
pub fn rebalancing(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let alive = c.group.in_service() + c.group.pending() + c.group.unhealthy();
    let rounding = c.group.largest_weight() - 1;
    if c.group.rebalances && removes(to, c) && alive > c.group.desired + rounding {
        let desired = c.group.desired;
        return block(format!("{alive} instances running, desired {desired}: a replacement is in progress"));
    }
    Verdict::Pass
}

/// While a zone is out the others carry its share, and what is unhealthy may be counted twice.
pub fn zones(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let impaired = c.group.impaired_zones();
    if removes(to, c) && !impaired.is_empty() {
        return block(format!(
            "no healthy instance in {}: no scale-in while a zone is impaired",
            impaired.join(", ")
        ));
    }
    Verdict::Pass
}

/// A warm pool on its way out: what is ended now cannot come back as fast as the lead time says.
pub fn warm_pool(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match &c.group.warm_pool {
        Some(pool) if pool.deleting && removes(to, c) => {
            let size = pool.size.map_or("an unknown size".to_owned(), |size| size.to_string());
            block(format!("the warm pool of {size} is being deleted: launches will take longer"))
        }
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{
            activity::{Activity, ActivityKind, ActivityStatus},
            actuator::Actuator,
            fixture,
            group::{InstanceRefresh, Lifecycle, PolicyKind, ScalingPolicy, WarmPool},
            process::ScalingProcess,
            reading::Reading,
            shift,
        },
        plan::{
            fixture::group,
            preflight::{
                Limits, ScaleOutHold,
                checks::tests::{blocker, context, quiet},
            },
        },
    };

    #[test]
    fn suspended_processes_hold_their_direction() {
        let (mut g, l) = quiet();
        let name = Some("processes not suspended");
        for (process, adds, removes) in [
            (ScalingProcess::Launch, name, None),
            (ScalingProcess::AddToLoadBalancer, name, None),
            (ScalingProcess::Terminate, None, name),
        ] {
            g.suspended = vec![process.clone()];
            assert_eq!(blocker(5, &context(&g, &l)).as_deref(), adds, "{process}");
            assert_eq!(blocker(3, &context(&g, &l)).as_deref(), removes, "{process}");
        }
    }

    #[test]
    fn suspended_health_checks_matter_where_something_is_unhealthy() {
        let (mut g, l) = quiet();
        for process in [ScalingProcess::HealthCheck, ScalingProcess::ReplaceUnhealthy] {
            g.suspended = vec![process];
            g.instances[0].healthy = true;
            assert_eq!(blocker(3, &context(&g, &l)), None);
            g.instances[0].healthy = false;
            assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("processes not suspended"));
        }
    }

    #[test]
    fn without_alarms_only_a_person_acts_and_without_schedules_no_scheduled_floor_is_set() {
        let (mut g, l) = quiet();
        g.suspended = vec![ScalingProcess::AlarmNotification, ScalingProcess::ScheduledActions];
        let mut c = context(&g, &l);
        c.operator.auto = true;
        assert_eq!(blocker(5, &c), None, "no policy of its own is without its alarms");
        c.scaling.actuator = Actuator::Scheduled;
        assert_eq!(blocker(5, &c).as_deref(), Some("processes not suspended"));
        let mut g = g.clone();
        g.policies =
            vec![ScalingPolicy { name: "steps".into(), kind: PolicyKind::Step, enabled: true }].into();
        let mut c = context(&g, &l);
        assert_eq!(blocker(3, &c), None, "a person may");
        c.operator.auto = true;
        assert_eq!(blocker(3, &c).as_deref(), Some("alarms not suspended"));
        assert_eq!(blocker(5, &c), None, "what is needed is added");
        let both = Limits { hold_scale_out: vec![ScaleOutHold::Alarms], ..l.clone() };
        c.limits = &both;
        assert_eq!(blocker(5, &c).as_deref(), Some("alarms not suspended"));
    }

    #[test]
    fn a_refresh_holds_scale_in_and_scale_out_only_where_that_was_asked_for() {
        let (mut g, l) = quiet();
        let both = Limits { hold_scale_out: vec![ScaleOutHold::Refresh], ..l.clone() };
        let running = InstanceRefresh { status: "InProgress".into(), percent: Some(40) };
        let check = Some("no instance refresh");
        g.refresh = Some(running).into();
        assert_eq!((blocker(5, &context(&g, &l)), blocker(3, &context(&g, &l)).as_deref()), (None, check));
        assert_eq!(blocker(5, &context(&g, &both)).as_deref(), check);
        g.refresh = Reading::unknown("denied");
        assert_eq!(blocker(5, &context(&g, &l)), None);
        assert_eq!(blocker(5, &context(&g, &both)).as_deref(), check, "one may be running");
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("nothing unknown"));
    }

    #[test]
    fn no_reversal_and_no_scale_in_on_another() {
        let (g, l) = (group(6, 4), quiet().1);
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("nothing in progress"));
        assert_eq!(blocker(8, &context(&g, &l)), None);
        let (mut g, l) = quiet();
        g.instances.push(crate::domain::group::Instance {
            lifecycle: Lifecycle::Terminating,
            ..g.instances[0].clone()
        });
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("nothing in progress"));
        assert_eq!(blocker(5, &context(&g, &l)), None);
    }

    #[test]
    fn failing_and_lost_launches_trip_the_breaker() {
        let (mut g, l) = (group(6, 4), quiet().1);
        let mut c = context(&g, &l);
        c.scaling.failed_launches = 3;
        assert_eq!(blocker(8, &c).as_deref(), Some("launches succeed"));
        let started = shift(c.now, -901);
        let launch = fixture::activity(ActivityKind::Launch, ActivityStatus::InProgress, started);
        g.activities = vec![launch.clone()].into();
        assert_eq!(blocker(8, &context(&g, &l)).as_deref(), Some("launches succeed"));
        let mut slow = context(&g, &l);
        slow.scaling.lead = 600;
        assert_eq!(blocker(8, &slow), None, "this group always takes ten minutes");
        let arrived = Activity {
            id: "2".into(),
            status: ActivityStatus::Successful,
            ended: Some(shift(started, 300)),
            ..launch.clone()
        };
        g.activities = vec![arrived, launch.clone()].into();
        assert_eq!(blocker(8, &context(&g, &l)), None, "one waits, others have arrived since");
        g.activities = vec![Activity { kind: ActivityKind::LaunchIntoWarmPool, ..launch }].into();
        assert_eq!(blocker(8, &context(&g, &l)), None, "a warm pool that fills is no launch of the group");
    }

    #[test]
    fn hooks_replacements_zones_and_a_leaving_pool_hold_scale_in() {
        let (mut g, l) = quiet();
        g.instances[0].lifecycle = Lifecycle::TerminatingWait;
        g.desired = 3;
        let checks = super::super::tests::run(2, &context(&g, &l)).checks;
        assert!(
            checks.iter().any(|c| c.name == "no lifecycle hook waiting" && c.verdict != super::Verdict::Pass)
        );
        let (mut g, l) = quiet();
        (g.rebalances, g.desired) = (true, 3);
        assert_eq!(blocker(2, &context(&g, &l)).as_deref(), Some("no rebalancing"));
        assert_eq!(blocker(5, &context(&g, &l)), None);
        let (mut g, l) = quiet();
        g.instances.iter_mut().filter(|i| i.zone == "a").for_each(|i| i.healthy = false);
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("zones not impaired"));
        let (mut g, l) = quiet();
        g.warm_pool = Some(WarmPool { size: Some(4), deleting: true });
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("warm pool steady"));
        assert_eq!(blocker(5, &context(&g, &l)), None);
    }
}
