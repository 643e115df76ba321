//! Groups for tests.

use crate::domain::{
    at_epoch,
    group::{GroupState, Instance, Lifecycle},
};

/// A healthy group of 1 to 40 with `desired` ordered and `in_service` of them serving.
pub fn group(desired: u32, in_service: u32) -> GroupState {
    let instance = |i: u32| Instance {
        id: format!("i-{i:08x}"),
        lifecycle: if i < in_service { Lifecycle::InService } else { Lifecycle::Pending },
        healthy: true,
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
