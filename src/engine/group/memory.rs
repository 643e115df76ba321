//! What a group remembers across a restart, as one value.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    registration_delay::RegistrationDelay, scorecard::Scorecard, signals::GroupSignals,
    silent_load::SilentLoad,
};
use crate::{
    domain::{
        Seconds, Time,
        actuator::{Actuator, HeldFloor},
        metric::Metric,
        publication::Publication,
        shift,
        suspension::Suspension,
    },
    plan::{lead::LeadTime, learn::CapacityChange, objective::QuantileLevel},
};

/// Seconds for which actions are kept.
const ACTIONS_KEPT: Seconds = 86_400;

/// Time that the models do not learn from: `[from, until)`.
pub type ExcludedTime = (Time, Time);

/// What an act set, and a later look must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// MinSize was set; else the desired capacity.
    pub floor: bool,
    /// The value set.
    pub value: u32,
    /// When.
    pub since: Time,
}

/// A change of MinSize of which nobody knows whether it was carried out: a restart interrupted it, or its call failed. AWS may
/// do it after the group has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorInDoubt {
    /// The group's own MinSize.
    pub own: u32,
    /// The MinSize that it would set.
    pub min: u32,
    /// When it was sent.
    pub at: Time,
}

/// What must survive a restart, besides the mode, the proposals and the history.
///
/// Fields that are skipped have a key of their own in the store, as they had in 0.1.
///
/// It has many fields because it is one value under one key, and each field is what one rule needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// First step of demand that the forecasters have learned from.
    pub learned_from: Option<Time>,
    /// First step of demand that they had not learned at the last cycle.
    pub learned_until: Option<Time>,
    /// How each metric is published.
    pub publications: BTreeMap<Metric, Publication>,
    /// When the last cycle was.
    pub cycled: Option<Time>,
    /// Load per step of one instance, and how it was learned.
    pub capacity: Option<(f64, String)>,
    /// Seconds of the step in which it was learned.
    pub step: Option<Seconds>,
    /// The newest change of it, for a day: what is older is not learned from.
    pub capacity_change: Option<CapacityChange>,
    /// What load balancers add to the lead time.
    pub(in crate::engine) registration_delay: RegistrationDelay,
    /// The lead time as it was measured last, cold and out of the warm pool.
    pub lead: Option<(LeadTime, Option<LeadTime>)>,
    /// What the newest plan wants.
    pub wanted: Option<u32>,
    /// What was wanted recently, for the rolling maximum.
    pub wants: VecDeque<(Time, u32)>,
    /// Changes by `prescale`: when, and whether it added.
    pub actions: VecDeque<(Time, bool)>,
    /// The change that an operator rejected or undid last; it is not made again until the numbers change.
    pub rejected: Option<(u32, u32)>,
    /// The floor held by prescale, if any.
    #[serde(skip)]
    pub held: Option<HeldFloor>,
    /// Terminate as suspended by us, if it is.
    #[serde(skip)]
    pub suspension: Option<Suspension>,
    /// The newest change of the floor that may still take effect.
    pub in_doubt: Option<FloorInDoubt>,
    /// What the last act set, until an observation has confirmed it.
    pub awaited: Option<Awaited>,
    /// Acts that failed in a row, and the moment before which `auto` does not try again.
    pub pause: Option<(u32, Time)>,
    /// When to retry restoring a floor.
    pub floor_again: Option<Time>,
    /// The actuator that fits the policies of AWS known last, where the operator chose none.
    pub fitting: Option<Actuator>,
    /// The last journalled message, so that repeats are skipped.
    pub last_message: Option<String>,
    /// Detected incidents: excluded from training.
    #[serde(skip)]
    pub excluded: Vec<ExcludedTime>,
    /// Since when load is unknown or nothing but silence, and whether that was said.
    pub(in crate::engine) silence: SilentLoad,
    /// Steps whose demand is a lower bound, because CPU was saturated.
    pub saturated: Vec<ExcludedTime>,
    /// Readings that were set aside: excluded from training.
    pub set_aside: Vec<ExcludedTime>,
    /// What the season needs is kept: the load has vanished since then.
    pub dip: Option<Time>,
    /// Foreign changes, health checks, the health of the model.
    pub signals: GroupSignals,
    /// The score against a simulated target-tracking baseline.
    pub scorecard: Scorecard,
    /// The quantile that follows the objective, if there is one.
    pub quantile: Option<QuantileLevel>,
}

impl Memory {
    /// After the clock was put back to `now`: what seemed to happen later happened at `now` at the latest, and no wait is
    /// longer than `longest` seconds.
    pub(in crate::engine) fn put_back(&mut self, now: Time, longest: Seconds) {
        let latest = |time: &mut Time| *time = (*time).min(now);
        self.cycled.iter_mut().for_each(latest);
        self.wants.iter_mut().for_each(|(at, _)| latest(at));
        self.actions.iter_mut().for_each(|(at, _)| latest(at));
        self.awaited.iter_mut().for_each(|awaited| latest(&mut awaited.since));
        self.in_doubt.iter_mut().for_each(|doubt| latest(&mut doubt.at));
        let soonest = shift(now, longest);
        self.pause.iter_mut().for_each(|(_, until)| *until = (*until).min(soonest));
        self.floor_again.iter_mut().for_each(|again| *again = (*again).min(soonest));
        self.signals.put_back(now);
        self.scorecard.put_back(now);
    }

    /// Drops what no rule uses any more: recommendations older than `hold` seconds, actions older than a day.
    pub(super) fn forget(&mut self, now: Time, hold: Seconds) {
        self.wants.retain(|(at, _)| *at >= shift(now, -hold));
        self.actions.retain(|(at, _)| *at >= shift(now, -ACTIONS_KEPT));
    }
}
