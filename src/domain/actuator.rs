//! How a group's capacity is moved. The API calls that carry it out are worded in `cloud/aws`.
//!
//! `desired` sets the desired capacity, which is right where nobody else sizes the group. Where a policy of AWS
//! does, it would undo that; then `floor` moves MinSize and leaves the rest to the policy, and `scheduled` does
//! the same by a pair of scheduled actions of which the second puts MinSize back even if nobody is left to.

use serde::{Deserialize, Serialize};

use super::{
    Seconds, Time,
    group::{PolicyKind, ScalingPolicy},
};

/// How capacity is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actuator {
    /// SetDesiredCapacity.
    Desired,
    /// MinSize, by UpdateAutoScalingGroup; put back when it is no longer needed.
    Floor,
    /// MinSize, by two scheduled actions: one raises it, one puts it back.
    Scheduled,
}

impl Actuator {
    /// The word in the configuration and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Actuator::Desired => "desired",
            Actuator::Floor => "floor",
            Actuator::Scheduled => "scheduled",
        }
    }

    /// What it moves, in words.
    pub fn moves(self) -> &'static str {
        match self {
            Actuator::Desired => "desired capacity",
            Actuator::Floor | Actuator::Scheduled => "floor (MinSize)",
        }
    }

    /// Seconds from the call until it takes effect.
    pub fn delay(self) -> Seconds {
        if self == Actuator::Scheduled { SCHEDULE_DELAY } else { 0 }
    }

    /// The actuator for a group with these policies where the operator chose none: the floor if one of them sizes it.
    pub fn fitting(policies: &[ScalingPolicy]) -> Actuator {
        if sized_by_aws(policies) { Actuator::Floor } else { Actuator::Desired }
    }
}

/// True when one of `policies` sizes its group by itself and would undo a desired capacity set from outside. Target
/// tracking that may not scale in undoes nothing, and would leave a floor's instances for ever.
pub fn sized_by_aws(policies: &[ScalingPolicy]) -> bool {
    let sizes = |kind| {
        matches!(kind, PolicyKind::TargetTracking { scale_in_disabled: false, .. } | PolicyKind::Predictive)
    };
    policies.iter().any(|p| p.enabled && sizes(p.kind))
}

/// The scheduled action that sets the floor.
pub const SCHEDULE_SET: &str = "prescale-floor";
/// The scheduled action that puts the floor back.
pub const SCHEDULE_END: &str = "prescale-floor-end";
/// Seconds from now to the first scheduled action: AWS takes no moment in the past.
pub const SCHEDULE_DELAY: Seconds = 120;
/// Seconds for which a scheduled floor holds unless its end is moved on.
pub const SCHEDULE_HOLDS: Seconds = 1_800;

/// A floor for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorWindow {
    /// MinSize while it holds.
    pub min: u32,
    /// When it begins; `None` if it holds already and only its end moves.
    pub start: Option<Time>,
    /// When MinSize is put back.
    pub end: Time,
    /// MinSize from then on: the operator's own.
    pub own: u32,
}

/// One thing asked of AWS, in absolute values: asking twice is the same as asking once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Act {
    /// Set the desired capacity.
    Desired {
        /// DesiredCapacity.
        to: u32,
    },
    /// Set MinSize now.
    Floor {
        /// MinSize.
        min: u32,
        /// Take our scheduled actions away first.
        unschedule: bool,
    },
    /// Set MinSize by scheduled actions, and put it back by another.
    Schedule(FloorWindow),
}

/// A floor that is ours, and the operator's own that it stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFloor {
    /// The operator's own MinSize: never gone below, put back at the end.
    pub own: u32,
    /// MinSize as we set it, or ordered it to be set.
    pub held: u32,
    /// MinSize found just before that: after a kill between intent and outcome one of the two is in force.
    pub before: u32,
    /// Begin and end, where scheduled actions carry it.
    pub window: Option<(Time, Time)>,
    /// It is on its way back, and no longer managed.
    pub ending: bool,
}

impl HeldFloor {
    /// What MinSize should be at `now`.
    pub fn expected(&self, now: Time) -> u32 {
        match self.window {
            Some((start, _)) if now < start => self.before,
            Some((_, end)) if now >= end => self.own,
            _ => self.held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn the_floor_fits_where_a_policy_would_undo_a_desired_capacity() {
        let group = |kind, enabled| [ScalingPolicy { name: "p".into(), kind, enabled }];
        let tracking = |scale_in_disabled| PolicyKind::TargetTracking { target: 50.0, scale_in_disabled };
        assert_eq!(Actuator::fitting(&group(tracking(false), true)), Actuator::Floor);
        assert_eq!(Actuator::fitting(&group(PolicyKind::Predictive, true)), Actuator::Floor);
        assert_eq!(Actuator::fitting(&group(tracking(false), false)), Actuator::Desired);
        assert_eq!(Actuator::fitting(&group(tracking(true), true)), Actuator::Desired);
        assert_eq!(Actuator::fitting(&group(PolicyKind::Step, true)), Actuator::Desired);
    }

    #[test]
    fn a_scheduled_floor_is_expected_within_its_window_alone() {
        let held = HeldFloor {
            own: 2,
            held: 8,
            before: 2,
            window: Some((at_epoch(120), at_epoch(1_920))),
            ending: false,
        };
        assert_eq!([0, 120, 1_919, 1_920].map(|t| held.expected(at_epoch(t))), [2, 8, 8, 2]);
        assert_eq!(HeldFloor { window: None, ..held }.expected(at_epoch(0)), 8);
    }

    #[test]
    fn an_act_comes_back_from_json() {
        let window = FloorWindow { min: 8, start: None, end: at_epoch(1_920), own: 2 };
        for act in [Act::Desired { to: 3 }, Act::Schedule(window), Act::Floor { min: 1, unschedule: true }] {
            let text = serde_json::to_string(&act).expect("plain values");
            assert_eq!(serde_json::from_str::<Act>(&text).expect("as written"), act);
        }
    }
}
