//! What an Auto Scaling group did of late: its scaling activities.

use serde::{Deserialize, Serialize};

use crate::domain::Time;

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
    /// What it does.
    #[serde(default)]
    pub kind: ActivityKind,
    /// What AWS says it does, for example "Launching a new EC2 instance: i-…".
    pub description: String,
    /// Why it failed, where it did.
    pub message: Option<String>,
}

/// What a scaling activity does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// Launches an instance that boots from nothing.
    Launch,
    /// Starts an instance that waited in the warm pool.
    LaunchFromWarmPool,
    /// Fills the warm pool: no launch of the group.
    LaunchIntoWarmPool,
    /// Terminates an instance.
    Terminate,
    /// Anything else.
    #[default]
    Other,
}

impl ActivityKind {
    /// True for a launch that brings the group an instance.
    pub fn is_launch(self) -> bool {
        matches!(self, ActivityKind::Launch | ActivityKind::LaunchFromWarmPool)
    }
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
