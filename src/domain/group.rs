//! An Auto Scaling group as the cloud describes it, in AWS's own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Seconds, Time, activity::Activity, process::ScalingProcess, reading::Reading};

/// What one look at a group showed. What was read by a call of its own may be unknown.
///
/// It has many fields because it is one description of AWS's, and each is what one rule needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupState {
    /// Name of the group.
    pub name: String,
    /// When the look was taken.
    pub seen_at: Time,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// DesiredCapacity.
    pub desired: u32,
    /// Every instance that AWS lists.
    pub instances: Vec<Instance>,
    /// Newest first, at most some tens.
    pub activities: Reading<Vec<Activity>>,
    /// SuspendedProcesses.
    pub suspended: Vec<ScalingProcess>,
    /// Dynamic and predictive policies attached to the group.
    pub policies: Reading<Vec<ScalingPolicy>>,
    /// The instance refresh under way, if any.
    pub refresh: Reading<Option<InstanceRefresh>>,
    /// DefaultCooldown in seconds.
    pub cooldown: Seconds,
    /// Scheduled actions that have not fired, by their start.
    #[serde(default)]
    pub schedules: Reading<Vec<ScheduledAction>>,
    /// Whether the load balancers' own checks are part of the health of the instances.
    #[serde(default)]
    pub target_health: Reading<()>,
    /// The warm pool, if there is one.
    #[serde(default)]
    pub warm_pool: Option<WarmPool>,
    /// CapacityRebalance: instances at risk are replaced, the new one first.
    #[serde(default)]
    pub rebalances: bool,
    /// The tag `prescale:owner`: which installation may act on the group.
    #[serde(default)]
    pub owner: Option<String>,
    /// Value of the tag that the configuration lists groups by (`show_tag`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// How the names of our scheduled actions begin.
pub const SCHEDULE_PREFIX: &str = "prescale-";

/// The tag that says which installation may act on a group.
pub const OWNER_TAG: &str = "prescale:owner";

impl GroupState {
    /// Capacity that serves: `InService`, healthy, and found so by its load balancer. Counted in units of capacity, which are instances unless
    /// the group has weights; so are all the counts below.
    pub fn in_service(&self) -> u32 {
        self.count(|i| i.lifecycle == Lifecycle::InService && i.healthy && !i.registering)
    }

    /// Capacity ordered but not yet serving. The warm pool is neither.
    pub fn pending(&self) -> u32 {
        self.count(|i| {
            matches!(i.lifecycle, Lifecycle::Pending | Lifecycle::PendingWait) || i.is_registering()
        })
    }

    /// Capacity on its way out.
    pub fn leaving(&self) -> u32 {
        self.count(|i| matches!(i.lifecycle, Lifecycle::Terminating | Lifecycle::TerminatingWait))
    }

    /// Capacity that a life-cycle hook holds, on its way in or out.
    pub fn held_by_hooks(&self) -> u32 {
        self.count(|i| matches!(i.lifecycle, Lifecycle::PendingWait | Lifecycle::TerminatingWait))
    }

    /// Capacity in service that scale-in may not touch.
    pub fn protected(&self) -> u32 {
        self.count(|i| i.protected && i.lifecycle == Lifecycle::InService)
    }

    /// Capacity in service that fails its health checks.
    pub fn unhealthy(&self) -> u32 {
        self.count(|i| i.lifecycle == Lifecycle::InService && !i.healthy)
    }

    /// The largest weight of an instance; 1 without weights.
    pub fn largest_weight(&self) -> u32 {
        self.instances.iter().map(|i| i.weight).max().unwrap_or(1).max(1)
    }

    /// Availability Zones in which nothing in service is healthy, while another zone serves.
    pub fn impaired_zones(&self) -> Vec<&str> {
        let mut zones: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for i in self.instances.iter().filter(|i| i.lifecycle == Lifecycle::InService && !i.zone.is_empty()) {
            let (healthy, sick) = zones.entry(&i.zone).or_default();
            *(if i.healthy { healthy } else { sick }) += 1;
        }
        let serves = zones.values().any(|(healthy, _)| *healthy > 0);
        let impaired = zones.into_iter().filter(|(_, (healthy, sick))| serves && *healthy == 0 && *sick > 0);
        impaired.map(|(zone, _)| zone).collect()
    }

    /// What could not be read of the group, each with the reason.
    pub fn unknown(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("scaling activities", self.activities.why()),
            ("scaling policies", self.policies.why()),
            ("instance refreshes", self.refresh.why()),
            ("scheduled actions", self.schedules.why()),
            ("health of load balancer targets", self.target_health.why()),
        ];
        all.into_iter().filter_map(|(what, why)| Some((what, why?))).collect()
    }

    /// What AWS does to the group by itself, whatever `prescale` holds: enabled policies that scale in, and scheduled
    /// actions of others; nothing while Terminate is suspended.
    pub fn acts_by_itself(&self) -> Vec<String> {
        if self.is_suspended(&ScalingProcess::Terminate) {
            return Vec::new();
        }
        let removes = |p: &&ScalingPolicy| {
            p.enabled
                && matches!(
                    p.kind,
                    PolicyKind::TargetTracking { scale_in_disabled: false, .. } | PolicyKind::Step
                )
        };
        let policies = self.policies.items().iter().filter(removes).map(|p| format!("policy “{}”", p.name));
        let others = self.schedules.items().iter().filter(|s| !s.name.starts_with(SCHEDULE_PREFIX));
        let schedules = others.map(|s| format!("scheduled action “{}”", s.name));
        let unknown = [
            self.policies.why().map(|_| "policies that could not be read".to_owned()),
            self.schedules.why().map(|_| "scheduled actions that could not be read".to_owned()),
        ];
        policies.chain(schedules).chain(unknown.into_iter().flatten()).collect()
    }

    /// True when `process` is suspended.
    pub fn is_suspended(&self, process: &ScalingProcess) -> bool {
        self.suspended.contains(process)
    }

    fn count(&self, keep: impl Fn(&Instance) -> bool) -> u32 {
        self.instances.iter().filter(|i| keep(i)).map(|i| i.weight).sum()
    }
}

/// One instance of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Instance id, `i-…`.
    pub id: String,
    /// Life-cycle state.
    pub lifecycle: Lifecycle,
    /// HealthStatus.
    pub healthy: bool,
    /// Registered with a load balancer whose first checks have not ended (`initial`).
    #[serde(default)]
    pub registering: bool,
    /// Protected from scale-in.
    pub protected: bool,
    /// Units of capacity that it counts for; 1 without weights.
    #[serde(default = "one")]
    pub weight: u32,
    /// Availability Zone.
    #[serde(default)]
    pub zone: String,
    /// Instance type, where the group has one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
}

impl Instance {
    /// In service for Auto Scaling, and not yet for its load balancer.
    pub fn is_registering(&self) -> bool {
        self.lifecycle == Lifecycle::InService && self.healthy && self.registering
    }
}

fn one() -> u32 {
    1
}

/// A scheduled action, ours or another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledAction {
    /// Its name.
    pub name: String,
    /// When it fires next.
    pub at: Time,
    /// MinSize that it sets.
    pub min: Option<u32>,
    /// MaxSize that it sets.
    pub max: Option<u32>,
    /// DesiredCapacity that it sets.
    pub desired: Option<u32>,
}

/// A warm pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmPool {
    /// Instances that wait in it; `None` where AWS does not say.
    pub size: Option<u32>,
    /// True while it is being deleted: nothing more starts from it.
    pub deleting: bool,
}

/// Life-cycle states, those that the program tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    /// Booting, or in service soon.
    Pending,
    /// Held by a launch hook (`Pending:Wait`, `Pending:Proceed`).
    PendingWait,
    /// Serving.
    InService,
    /// On its way out.
    Terminating,
    /// On its way out, held by a termination hook (`Terminating:Wait`).
    TerminatingWait,
    /// Taken out by a person.
    Standby,
    /// In the warm pool.
    Warmed,
}

impl Lifecycle {
    /// AWS's word.
    pub fn name(self) -> &'static str {
        match self {
            Lifecycle::Pending => "Pending",
            Lifecycle::PendingWait => "Pending:Wait",
            Lifecycle::InService => "InService",
            Lifecycle::Terminating => "Terminating",
            Lifecycle::TerminatingWait => "Terminating:Wait",
            Lifecycle::Standby => "Standby",
            Lifecycle::Warmed => "Warmed",
        }
    }
}

/// A scaling policy that is not ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: PolicyKind,
    /// False when it is switched off.
    pub enabled: bool,
}

/// What a policy of AWS does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum PolicyKind {
    /// Keeps mean CPU at `target` percent.
    TargetTracking {
        /// Percent.
        target: f64,
        /// DisableScaleIn.
        scale_in_disabled: bool,
    },
    /// Step or simple scaling.
    Step,
    /// AWS's own predictive scaling.
    Predictive,
}

/// An instance refresh that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceRefresh {
    /// `Pending`, `InProgress`, `RollbackInProgress`, …
    pub status: String,
    /// PercentageComplete; `None` where AWS does not say.
    pub percent: Option<u8>,
}

impl InstanceRefresh {
    /// `InProgress (40 %)`.
    pub fn words(&self) -> String {
        self.percent.map_or(self.status.clone(), |percent| format!("{} ({percent} %)", self.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;

    fn instance(lifecycle: Lifecycle, healthy: bool, weight: u32, zone: &str) -> Instance {
        Instance { healthy, weight, zone: zone.into(), ..fixture::instance(1, lifecycle) }
    }

    fn of(instances: Vec<Instance>) -> GroupState {
        fixture::group("web").instances(instances).build()
    }

    #[test]
    fn counts_are_in_units_and_the_warm_pool_is_no_capacity() {
        let g = of(vec![
            instance(Lifecycle::InService, true, 4, "a"),
            instance(Lifecycle::InService, false, 2, "a"),
            instance(Lifecycle::PendingWait, true, 2, "b"),
            instance(Lifecycle::TerminatingWait, true, 1, "b"),
            instance(Lifecycle::Warmed, true, 8, "b"),
            instance(Lifecycle::Standby, true, 8, "b"),
        ]);
        assert_eq!((g.in_service(), g.unhealthy(), g.pending(), g.leaving()), (4, 2, 2, 1));
        assert_eq!((g.held_by_hooks(), g.largest_weight()), (3, 8));
    }

    #[test]
    fn a_zone_without_a_healthy_instance_is_impaired_only_beside_one_that_serves() {
        let sick = instance(Lifecycle::InService, false, 1, "a");
        let well = instance(Lifecycle::InService, true, 1, "b");
        assert_eq!(of(vec![sick.clone(), well.clone()]).impaired_zones(), ["a"]);
        assert!(
            of(vec![sick.clone(), instance(Lifecycle::InService, true, 1, "a")]).impaired_zones().is_empty()
        );
        assert!(of(vec![sick]).impaired_zones().is_empty() && of(vec![well]).impaired_zones().is_empty());
    }
}
