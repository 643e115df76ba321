//! An Auto Scaling group as the cloud describes it, in AWS's own words.

use serde::{Deserialize, Serialize};

use super::{Seconds, Time};

/// What one look at a group showed.
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
    pub activities: Vec<Activity>,
    /// SuspendedProcesses, by AWS's names (`Launch`, `Terminate`, …).
    pub suspended: Vec<String>,
    /// Dynamic and predictive policies attached to the group.
    pub policies: Vec<ScalingPolicy>,
    /// The instance refresh under way, if any.
    pub refresh: Option<InstanceRefresh>,
    /// DefaultCooldown in seconds.
    pub cooldown: Seconds,
}

impl GroupState {
    /// Instances that serve: `InService` and healthy.
    pub fn in_service(&self) -> u32 {
        self.count(|i| i.lifecycle == Lifecycle::InService && i.healthy)
    }

    /// Instances ordered but not yet serving.
    pub fn pending(&self) -> u32 {
        self.count(|i| matches!(i.lifecycle, Lifecycle::Pending | Lifecycle::PendingWait))
    }

    /// Instances in service that scale-in may not touch.
    pub fn protected(&self) -> u32 {
        self.count(|i| i.protected && i.lifecycle == Lifecycle::InService)
    }

    /// True when `process` is suspended.
    pub fn is_suspended(&self, process: &str) -> bool {
        self.suspended.iter().any(|p| p == process)
    }

    fn count(&self, keep: impl Fn(&Instance) -> bool) -> u32 {
        self.instances.iter().filter(|i| keep(i)).count() as u32
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
    /// Protected from scale-in.
    pub protected: bool,
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
            Lifecycle::Standby => "Standby",
            Lifecycle::Warmed => "Warmed",
        }
    }
}

/// A scaling activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// ActivityId.
    pub id: String,
    /// When it began.
    pub started: Time,
    /// When it ended, if it has.
    pub ended: Option<Time>,
    /// StatusCode.
    pub status: ActivityStatus,
    /// What AWS says it does, for example "Launching a new EC2 instance: i-…".
    pub description: String,
    /// Why it failed, where it did.
    pub message: Option<String>,
}

/// StatusCode of an activity, those that the program tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityStatus {
    /// Under way before the instance serves.
    PreInService,
    /// Under way.
    InProgress,
    /// The new instance warms up.
    WaitingForInstanceWarmup,
    /// Connections drain before the end.
    #[serde(rename = "WaitingForELBConnectionDraining")]
    WaitingForElbConnectionDraining,
    /// A life-cycle hook holds it.
    MidLifecycleAction,
    /// Done.
    Successful,
    /// Ended without success.
    Failed,
    /// Given up.
    Cancelled,
}

impl ActivityStatus {
    /// True until the activity has ended.
    pub fn is_open(self) -> bool {
        !matches!(self, ActivityStatus::Successful | ActivityStatus::Failed | ActivityStatus::Cancelled)
    }

    /// AWS's word.
    pub fn name(self) -> &'static str {
        match self {
            ActivityStatus::PreInService => "PreInService",
            ActivityStatus::InProgress => "InProgress",
            ActivityStatus::WaitingForInstanceWarmup => "WaitingForInstanceWarmup",
            ActivityStatus::WaitingForElbConnectionDraining => "WaitingForELBConnectionDraining",
            ActivityStatus::MidLifecycleAction => "MidLifecycleAction",
            ActivityStatus::Successful => "Successful",
            ActivityStatus::Failed => "Failed",
            ActivityStatus::Cancelled => "Cancelled",
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
    /// PercentageComplete.
    pub percent: u8,
}
