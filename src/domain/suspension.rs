//! The process `Terminate` of a group, suspended by prescale while the brake is on.
//!
//! Of AWS's processes it is the one that stops scale-in alone: suspended, no alarm, schedule or rebalancing takes an instance away, and
//! scale-out goes on. `AlarmNotification` would stop the policies in both directions.

use serde::{Deserialize, Serialize};

use super::Time;

/// What an operator must know before it is suspended.
pub const CONSEQUENCES: [&str; 3] = [
    "AWS then takes no instance of these groups away, whoever asks; scale-out goes on.",
    "Unhealthy instances are not replaced, instance refreshes wait, and rebalancing may exceed MaxSize by a tenth.",
    "Released with the brake: then AWS takes at once what the desired capacity no longer asks for.",
];

/// Where a suspension of ours stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionStage {
    /// It is asked for, and AWS has not confirmed it.
    Wanted,
    /// AWS took it.
    Held,
    /// The brake is released: it is to be resumed.
    Ending,
}

/// A suspension that is ours, stored before the call: only what is ours is ever resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Where it stands.
    pub stage: SuspensionStage,
    /// Since when it stands there.
    pub since: Time,
    /// The call failed: it is tried again from then on.
    pub again: Option<Time>,
}

impl Suspension {
    /// At `stage` since `now`.
    pub fn at(stage: SuspensionStage, now: Time) -> Suspension {
        Suspension { stage, since: now, again: None }
    }
}
