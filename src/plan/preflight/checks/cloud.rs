//! Is the group itself in a state to be changed?

use super::{PreflightContext, Verdict, adds, block, removes};
use crate::domain::{
    Seconds,
    activity::Activity,
    actuator::Actuator,
    group::{PolicyKind, ScalingPolicy},
    process::ScalingProcess,
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
    if c.operator.auto
        && c.group.is_suspended(&ScalingProcess::AlarmNotification)
        && c.group.policies.iter().any(reacts)
    {
        return block(
            "AlarmNotification is suspended: the group's own scaling policies cannot act; manual approval required"
                .into(),
        );
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

fn reacts(policy: &ScalingPolicy) -> bool {
    policy.enabled && matches!(policy.kind, PolicyKind::TargetTracking { .. } | PolicyKind::Step)
}

/// A refresh replaces every instance; what is launched meanwhile may be of either kind.
pub fn refresh(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match &c.group.refresh {
        Some(refresh) if to != c.group.desired => {
            block(format!("an instance refresh is {} ({} %)", refresh.status, refresh.percent))
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

/// After three failed launches in a row, or while one does not arrive, more orders only pile up.
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
    let launching = |a: &&Activity| a.status.is_open() && a.kind.is_launch();
    let ages = c.group.activities.iter().filter(launching).map(|a| (c.now - a.started).num_seconds());
    match ages.max() {
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
            block(format!("the warm pool of {} is being deleted: launches will take longer", pool.size))
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
            shift,
        },
        plan::{
            fixture::group,
            preflight::checks::tests::{blocker, context, quiet},
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
        g.policies = vec![ScalingPolicy { name: "steps".into(), kind: PolicyKind::Step, enabled: true }];
        let mut c = context(&g, &l);
        assert_eq!(blocker(5, &c), None, "a person may");
        c.operator.auto = true;
        assert_eq!(blocker(5, &c).as_deref(), Some("processes not suspended"));
    }

    #[test]
    fn a_refresh_stops_everything() {
        let (mut g, l) = quiet();
        g.refresh = Some(InstanceRefresh { status: "InProgress".into(), percent: 40 });
        assert_eq!(blocker(5, &context(&g, &l)).as_deref(), Some("no instance refresh"));
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("no instance refresh"));
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
        g.activities = vec![launch.clone()];
        assert_eq!(blocker(8, &context(&g, &l)).as_deref(), Some("launches succeed"));
        let mut slow = context(&g, &l);
        slow.scaling.lead = 600;
        assert_eq!(blocker(8, &slow), None, "this group always takes ten minutes");
        g.activities = vec![Activity { kind: ActivityKind::LaunchIntoWarmPool, ..launch }];
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
        g.warm_pool = Some(WarmPool { size: 4, deleting: true });
        assert_eq!(blocker(3, &context(&g, &l)).as_deref(), Some("warm pool steady"));
        assert_eq!(blocker(5, &context(&g, &l)), None);
    }
}
