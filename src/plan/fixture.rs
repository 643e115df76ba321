//! Groups and scenes for tests.

use std::sync::LazyLock;

use super::{PlanContext, Policy, Settings, policies::LOOKS_BACK};
use crate::domain::{
    Time, at_epoch, fixture,
    group::{GroupState, Lifecycle},
    plan::Plan,
    series::Series,
};

static NO_HISTORY: LazyLock<Series> = LazyLock::new(|| Series::new(at_epoch(0), 300));

/// The epoch, at which nothing is known but the group: instances that serve 100 each and take five minutes to boot.
pub fn context<'a>(group: &'a GroupState, settings: &'a Settings) -> PlanContext<'a> {
    PlanContext {
        now: at_epoch(0),
        cycle_due: false,
        group,
        forecast: None,
        load: None,
        cpu: &[],
        history: &NO_HISTORY,
        capacity: Some(100.0),
        lead: 300,
        events: &[],
        recent_most: None,
        saturated: None,
        dip: None,
        settings,
    }
}

/// A moment of a reactive policy: instances that serve 100 each and take five minutes to boot, a target of 50 %. The load has
/// been what it is for a quarter of an hour, unless `cpu` says otherwise.
pub struct Scene {
    pub policy: Policy,
    pub group: GroupState,
    pub now: Time,
    pub load: f64,
    pub cpu: Option<Vec<f64>>,
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
            cpu: None,
            history: Series::new(at_epoch(0), 300),
            recent_most: None,
        }
    }

    /// What the policy makes of it.
    pub fn plan(&self) -> Plan {
        let settings = Settings { policy: self.policy, ..Settings::default() };
        let cpu = (self.load / f64::from(self.group.in_service().max(1))).min(100.0);
        let cpu = self.cpu.clone().unwrap_or_else(|| vec![cpu; LOOKS_BACK]);
        let context = PlanContext {
            now: self.now,
            load: Some(self.load),
            cpu: &cpu,
            history: &self.history,
            recent_most: self.recent_most,
            ..context(&self.group, &settings)
        };
        self.policy.plan(&context).expect("load and capacity are known")
    }
}

/// A healthy group of 1 to 40 with `desired` ordered and `in_service` of them serving.
pub fn group(desired: u32, in_service: u32) -> GroupState {
    fixture::group("web")
        .sizes(1, 40, desired)
        .with(in_service, Lifecycle::InService)
        .with(desired.saturating_sub(in_service), Lifecycle::Pending)
        .build()
}
