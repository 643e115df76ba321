//! Auto Scaling groups for the tests of every room: a healthy, idle group, of which a test changes what it is about.

use super::{
    Time,
    activity::{Activity, ActivityKind, ActivityStatus},
    at_epoch,
    group::{GroupState, Instance, Lifecycle, PolicyKind, ScalingPolicy},
    process::ScalingProcess,
    reading::Reading,
};

/// Builds a [`GroupState`]; start with [`group`].
pub struct GroupBuilder(GroupState);

/// An empty group of 1 to 40, seen at the epoch, with the default cooldown.
pub fn group(name: &str) -> GroupBuilder {
    GroupBuilder(GroupState {
        name: name.into(),
        seen_at: at_epoch(0),
        min: 1,
        max: 40,
        desired: 0,
        instances: vec![],
        activities: Reading::default(),
        suspended: vec![],
        policies: Reading::default(),
        refresh: Reading::default(),
        cooldown: 300,
        schedules: Reading::default(),
        target_health: Reading::default(),
        warm_pool: None,
        rebalances: false,
        owner: None,
        tag: None,
    })
}

impl GroupBuilder {
    /// MinSize, MaxSize and DesiredCapacity.
    pub fn sizes(mut self, min: u32, max: u32, desired: u32) -> GroupBuilder {
        (self.0.min, self.0.max, self.0.desired) = (min, max, desired);
        self
    }

    /// When it was seen.
    pub fn seen_at(mut self, time: Time) -> GroupBuilder {
        self.0.seen_at = time;
        self
    }

    /// `count` more healthy instances in this state.
    pub fn with(mut self, count: u32, lifecycle: Lifecycle) -> GroupBuilder {
        let first = self.0.instances.len() as u32;
        self.0.instances.extend((first..first + count).map(|number| instance(number, lifecycle)));
        self
    }

    /// These instances alone.
    pub fn instances(mut self, instances: Vec<Instance>) -> GroupBuilder {
        self.0.instances = instances;
        self
    }

    /// One more scaling policy.
    pub fn policy(mut self, name: &str, kind: PolicyKind, enabled: bool) -> GroupBuilder {
        self.0.policies = one_more(&self.0.policies, ScalingPolicy { name: name.into(), kind, enabled });
        self
    }

    /// One more suspended process.
    pub fn suspended(mut self, process: ScalingProcess) -> GroupBuilder {
        self.0.suspended.push(process);
        self
    }

    /// One more activity, older than those before.
    pub fn activity(mut self, activity: Activity) -> GroupBuilder {
        self.0.activities = one_more(&self.0.activities, activity);
        self
    }

    /// The group.
    pub fn build(self) -> GroupState {
        self.0
    }
}

/// The items of `known` and one more.
fn one_more<T: Clone>(known: &Reading<Vec<T>>, item: T) -> Reading<Vec<T>> {
    Reading::Known(known.items().iter().cloned().chain([item]).collect())
}

/// A healthy instance with a weight of 1; the zones `a`, `b` and `c` take turns.
pub fn instance(number: u32, lifecycle: Lifecycle) -> Instance {
    Instance {
        id: format!("i-{number:08x}"),
        lifecycle,
        healthy: true,
        registering: false,
        protected: false,
        weight: 1,
        zone: ["a", "b", "c"][number as usize % 3].into(),
        instance_type: None,
    }
}

/// An activity that has not ended, without a description.
pub fn activity(kind: ActivityKind, status: ActivityStatus, started: Time) -> Activity {
    Activity {
        id: format!("act-{}", started.timestamp()),
        started,
        ended: None,
        status,
        kind,
        description: String::new(),
        message: None,
    }
}
