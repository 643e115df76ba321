//! How long a new instance takes until it serves, measured on the group's own launches. What a load balancer's first checks
//! add after that, the engine measures (`engine/group/registration_delay.rs`).
//!
//! A launch that starts an instance of the warm pool is much faster than one that boots from nothing, so the two are
//! measured apart. Which of them sets the horizon of a plan is decided in [`plan`]: the warm one only where the pool holds
//! all that would be added.

use super::{PlanContext, Policy};
use crate::domain::{
    Seconds,
    activity::{Activity, ActivityKind, ActivityStatus},
    group::GroupState,
    plan::Plan,
};

/// Seconds assumed before the first launch was seen.
pub const UNKNOWN: Seconds = 300;

/// Seconds from order to service (p90), and launches that it was learned from.
pub type LeadTime = (Seconds, usize);

/// Lead times, each where a launch of its kind has ended well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeadTimes {
    /// Of instances that boot from nothing.
    pub cold: Option<LeadTime>,
    /// Of instances that waited in the warm pool.
    pub warm: Option<LeadTime>,
}

/// Measures both kinds of launches.
pub fn measured(activities: &[Activity]) -> LeadTimes {
    let p90 = |kind: ActivityKind| {
        let served = |a: &&Activity| a.kind == kind && a.status == ActivityStatus::Successful;
        let mut took: Vec<Seconds> = activities
            .iter()
            .filter(served)
            .filter_map(|a| Some((a.ended? - a.started).num_seconds()))
            .filter(|seconds| *seconds >= 0)
            .collect();
        took.sort_unstable();
        let rank = (took.len() * 9).div_ceil(10).checked_sub(1)?;
        Some((took[rank], took.len()))
    };
    LeadTimes { cold: p90(ActivityKind::Launch), warm: p90(ActivityKind::LaunchFromWarmPool) }
}

/// Instances that are known to wait in the warm pool and may be started.
pub(super) fn pooled(group: &GroupState) -> u32 {
    group.warm_pool.as_ref().filter(|pool| !pool.deleting).and_then(|pool| pool.size).unwrap_or(0)
}

/// What `policy` wants by the lead time of `context`; by `warm`, the lead time of the warm pool, where the pool holds all
/// that would be added. A plan by the pool may add less than one by a cold start, and never removes what that would keep.
pub fn plan(policy: Policy, context: &PlanContext<'_>, warm: Option<Seconds>) -> Option<Plan> {
    let cold = policy.plan(context)?;
    let Some(lead) = warm.filter(|lead| *lead < context.lead) else { return Some(cold) };
    let (desired, pool) = (context.group.desired, pooled(context.group));
    if cold.want <= desired || cold.want - desired > pool {
        return Some(cold);
    }
    let mut plan = policy.plan(&PlanContext { lead, ..*context })?;
    plan.want = plan.want.max(desired);
    plan.reasons.push(format!("{pool} wait in the warm pool: they serve within {lead} s"));
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            at_epoch, fixture,
            forecast::{Forecast, LEVELS},
            group::WarmPool,
        },
        plan::{
            Settings,
            fixture::{context, group},
        },
    };

    fn activity(status: ActivityStatus, seconds: i64) -> Activity {
        let launch = fixture::activity(ActivityKind::Launch, status, at_epoch(0));
        Activity { ended: Some(at_epoch(seconds)), ..launch }
    }

    #[test]
    fn p90_of_the_launches_that_ended_well_cold_and_warm_apart() {
        let mut seen: Vec<_> = (1..=10).map(|i| activity(ActivityStatus::Successful, i * 10)).collect();
        seen.push(activity(ActivityStatus::Failed, 5_000));
        assert_eq!(measured(&seen), LeadTimes { cold: Some((90, 10)), warm: None });
        let told = |seconds, kind| Activity { kind, ..activity(ActivityStatus::Successful, seconds) };
        seen.extend((0..30).map(|i| told(20 + i, ActivityKind::LaunchFromWarmPool)));
        seen.extend((0..30).map(|_| told(900, ActivityKind::LaunchIntoWarmPool)));
        let expected = LeadTimes { cold: Some((90, 10)), warm: Some((46, 30)) };
        assert_eq!(measured(&seen), expected, "what only fills the pool does not serve");
        assert_eq!(measured(&[]), LeadTimes::default());
    }

    /// Nine instances are needed in 400 s; two are there.
    fn want(pool: u32, warm: Option<Seconds>) -> Plan {
        let tops = [100.0, 700.0, 700.0, 700.0];
        let rows = tops.iter().map(|top| LEVELS.map(|_| *top)).collect();
        let forecast =
            Forecast { origin: at_epoch(0), step: 300, model: "test".into(), rows, first: at_epoch(0) };
        let mut group = group(2, 2);
        group.warm_pool = Some(WarmPool { size: Some(pool), deleting: false });
        let settings = Settings { cycle: 60, ..Settings::default() };
        let context = PlanContext {
            cycle_due: true,
            forecast: Some(&forecast),
            load: Some(100.0),
            lead: 400,
            ..context(&group, &settings)
        };
        plan(Policy::Capacity, &context, warm).expect("load and capacity are known")
    }

    #[test]
    fn the_pool_sets_the_horizon_where_it_holds_enough() {
        assert_eq!(want(0, None).want, 9);
        assert_eq!(want(6, Some(30)).want, 9, "six in the pool are not the seven that are needed");
        let warm = want(7, Some(30));
        assert_eq!(warm.want, 2, "there is time until they are needed");
        assert!(warm.reasons.iter().any(|r| r.contains("7 wait in the warm pool")), "{:?}", warm.reasons);
        assert_eq!(want(7, Some(500)).want, 9, "a pool that is slower than a cold start is none");
    }
}
