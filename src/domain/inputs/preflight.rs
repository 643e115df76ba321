//! What the checks of preflight looked at.

use serde::{Deserialize, Serialize};

use super::{EventInputs, unusual, unusual_each};
use crate::domain::{
    Seconds, Time,
    actuator::Actuator,
    at_epoch,
    group::{InstanceRefresh, Lifecycle, ScalingPolicy, ScheduledAction, WarmPool},
    process::ScalingProcess,
    reading::Reading,
};

/// Name of the check of the age of the load: its pass says no more than how old the newest point may be.
pub const DATA_FRESH: &str = "data fresh";

/// What the checks of preflight looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreflightInputs {
    /// Version of the program that ran them.
    pub by: String,
    /// When they ran.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Time,
    /// What was wished for.
    pub want: u32,
    /// The group as it was read then.
    #[serde(serialize_with = "unusual")]
    pub group: GroupInputs,
    /// Events that held then and that a check looks at.
    #[serde(serialize_with = "unusual_each")]
    pub events: Vec<EventInputs>,
    /// How far the data could be trusted.
    #[serde(serialize_with = "unusual")]
    pub data: DataInputs,
    /// How capacity is moved, and how launches went.
    #[serde(serialize_with = "unusual")]
    pub scaling: ScalingInputs,
    /// What prescale had done lately.
    #[serde(serialize_with = "unusual")]
    pub pace: PaceInputs,
    /// The newest change by somebody else.
    pub foreign: Option<ForeignInputs>,
    /// Why this process held no lease.
    pub no_lease: Option<String>,
    /// What operators had chosen.
    #[serde(serialize_with = "unusual")]
    pub operator: OperatorInputs,
    /// What the configuration allowed.
    #[serde(serialize_with = "unusual")]
    pub limits: LimitsInputs,
}

impl Default for PreflightInputs {
    fn default() -> Self {
        PreflightInputs {
            by: String::new(),
            at: at_epoch(0),
            want: 0,
            group: GroupInputs::default(),
            events: vec![],
            data: DataInputs::default(),
            scaling: ScalingInputs::default(),
            pace: PaceInputs::default(),
            foreign: None,
            no_lease: None,
            operator: OperatorInputs::default(),
            limits: LimitsInputs::default(),
        }
    }
}

impl PreflightInputs {
    /// What a pass of the check called `name` rests on, where the name alone would say more than is known.
    pub fn rests_on(&self, name: &str) -> Option<String> {
        let limit = self.limits.max_data_age;
        (name == DATA_FRESH).then(|| match self.data.age {
            Some(age) if age <= limit => {
                format!("newest point {} min old, limit {} min", age / 60, limit / 60)
            }
            Some(age) => {
                let (age, limit) = (age / 60, limit / 60);
                format!("newest point {age} min old; the limit of {limit} min holds scale-in alone")
            }
            None => "no point yet; that holds scale-in alone".to_owned(),
        })
    }
}

/// What the checks count of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupInputs {
    /// MinSize of its own.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// DesiredCapacity; where the floor is steered, as much of it as the change may affect.
    pub desired: u32,
    /// Seconds since the group was read.
    pub age: Seconds,
    /// Instances, those that are alike as one.
    #[serde(serialize_with = "unusual_each")]
    pub instances: Vec<InstanceInputs>,
    /// The launch that was waited for longest.
    pub launches: Reading<Option<LaunchInputs>>,
    /// SuspendedProcesses.
    pub suspended: Vec<ScalingProcess>,
    /// AWS's policies that were enabled.
    pub policies: Reading<Vec<ScalingPolicy>>,
    /// The instance refresh under way.
    pub refresh: Reading<Option<InstanceRefresh>>,
    /// Scheduled actions of others, as far as a check looks at them.
    pub schedules: Reading<Vec<ScheduledAction>>,
    /// Whether the load balancers' checks were known.
    pub target_health: Reading<()>,
    /// The warm pool.
    pub warm_pool: Option<WarmPool>,
    /// CapacityRebalance.
    pub rebalances: bool,
    /// The tag `prescale:owner`.
    pub owner: Option<String>,
}

/// Instances that are alike. The zone is kept where one was impaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceInputs {
    /// How many.
    pub count: u32,
    /// Life-cycle state.
    pub lifecycle: Lifecycle,
    /// HealthStatus.
    pub healthy: bool,
    /// Waiting for a load balancer's first checks.
    pub registering: bool,
    /// Protected from scale-in.
    pub protected: bool,
    /// Units of capacity of each.
    pub weight: u32,
    /// Availability Zone.
    pub zone: String,
}

impl Default for InstanceInputs {
    fn default() -> Self {
        InstanceInputs {
            count: 1,
            lifecycle: Lifecycle::InService,
            healthy: true,
            registering: false,
            protected: false,
            weight: 1,
            zone: String::new(),
        }
    }
}

/// A launch under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchInputs {
    /// When it began.
    pub started: Time,
    /// When another one arrived last.
    pub arrived: Option<Time>,
}

/// How far the data could be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataInputs {
    /// Seconds since the newest load reading ended.
    pub age: Option<Seconds>,
    /// Seconds by which the clock had jumped.
    pub clock_jump: Option<Seconds>,
    /// Why the model was not to be trusted.
    pub sick_model: Option<String>,
    /// Instances that the highest load seen needs.
    pub most_seen: Option<u32>,
}

/// How capacity is moved, and how launches went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScalingInputs {
    /// How capacity is moved.
    pub actuator: Actuator,
    /// Seconds from order to service.
    pub lead: Seconds,
    /// Launches failed in a row.
    pub failed_launches: u32,
}

impl Default for ScalingInputs {
    fn default() -> Self {
        ScalingInputs { actuator: Actuator::Desired, lead: 300, failed_launches: 0 }
    }
}

/// What prescale had done lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaceInputs {
    /// When it last added.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub last_out: Option<Time>,
    /// When it last removed.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub last_in: Option<Time>,
    /// Changes during the hour before.
    pub actions: u32,
    /// Changes of direction during the hour before.
    pub reversals: u32,
    /// API calls during the minute before.
    pub calls: u32,
}

/// A change by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignInputs {
    /// When it was seen.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Time,
    /// Desired capacity before.
    pub from: u32,
    /// Desired capacity after.
    pub to: u32,
}

/// What operators had chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorInputs {
    /// Nobody would approve: the group was in `auto`.
    pub auto: bool,
    /// Scale-in was frozen everywhere.
    pub brake: bool,
    /// The capacity that an operator had rejected.
    pub rejected: Option<u32>,
}

/// What the configuration allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitsInputs {
    /// Oldest data that allow scale-in, in seconds.
    pub max_data_age: Seconds,
    /// Most instances added at once.
    pub step_out: Option<u32>,
    /// Most instances removed at once.
    pub step_in: Option<u32>,
    /// Seconds between two scale-outs.
    pub cooldown_out: Seconds,
    /// Seconds before a scale-in.
    pub cooldown_in: Seconds,
    /// Most changes an hour.
    pub actions_per_hour: u32,
    /// Most changes of direction an hour.
    pub reversals_per_hour: u32,
    /// Seconds for which a change by somebody else is not reversed.
    pub yield_for: Seconds,
    /// Most API calls a minute.
    pub calls_per_minute: u32,
    /// Words of the checks that hold scale-out as well.
    pub hold_scale_out: Vec<String>,
    /// Name of the installation.
    pub owner: String,
}

impl Default for LimitsInputs {
    fn default() -> Self {
        LimitsInputs {
            max_data_age: 1_200,
            step_out: None,
            step_in: None,
            cooldown_out: 0,
            cooldown_in: 0,
            actions_per_hour: 60,
            reversals_per_hour: 8,
            yield_for: 600,
            calls_per_minute: 600,
            hold_scale_out: vec![],
            owner: "prescale".into(),
        }
    }
}
