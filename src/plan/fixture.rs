//! Groups and scenes for tests.

use super::{PlanContext, Policy, Settings};
use crate::domain::{
    Time, at_epoch,
    group::{GroupState, Instance, Lifecycle},
    plan::Plan,
    series::Series,
};

/// A moment of a reactive policy: instances that serve 100 each and take five minutes to boot, a target of 50 %.
pub struct Scene {
    pub policy: Policy,
    pub group: GroupState,
    pub now: Time,
    pub load: f64,
    pub history: Series,
    pub recent_most: Option<u32>,
}

impl Scene {
    /// `group` without load or history.
    pub fn of(group: GroupState) -> Scene {
        Scene {
            policy: Policy::TargetTracking,
            group,
            now: at_epoch(0),
            load: 0.0,
            history: Series::new(at_epoch(0), 300),
            recent_most: None,
        }
    }

    /// What the policy makes of it.
    pub fn plan(&self) -> Plan {
        let settings = Settings { policy: self.policy, ..Settings::default() };
        let context = PlanContext {
            now: self.now,
            cycle_due: false,
            group: &self.group,
            forecast: None,
            load: Some(self.load),
            history: &self.history,
            capacity: Some(100.0),
            lead: 300,
            events: &[],
            recent_most: self.recent_most,
            dip: None,
            settings: &settings,
        };
        self.policy.plan(&context).expect("load and capacity are known")
    }
}

/// A healthy group of 1 to 40 with `desired` ordered and `in_service` of them serving.
pub fn group(desired: u32, in_service: u32) -> GroupState {
    let instance = |i: u32| Instance {
        id: format!("i-{i:08x}"),
        lifecycle: if i < in_service { Lifecycle::InService } else { Lifecycle::Pending },
        healthy: true,
        registering: false,
        protected: false,
        weight: 1,
        zone: ["a", "b", "c"][i as usize % 3].into(),
    };
    GroupState {
        name: "web".into(),
        seen_at: at_epoch(0),
        min: 1,
        max: 40,
        desired,
        instances: (0..desired.max(in_service)).map(instance).collect(),
        activities: vec![],
        suspended: vec![],
        policies: vec![],
        refresh: None,
        cooldown: 300,
        schedules: vec![],
        warm_pool: None,
        rebalances: false,
        owner: None,
    }
}
