//! How long load balancers take to mark new instances healthy after Auto Scaling reports them in service.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    group::{GroupState, Lifecycle},
};

/// Launches kept.
const REMEMBERED: usize = 50;

/// Pending first health checks, and how long the newest took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::engine) struct RegistrationDelay {
    since: BTreeMap<String, Time>,
    took: VecDeque<Seconds>,
}

impl RegistrationDelay {
    /// Updates from the observed state. An instance that disappears before it is healthy is ignored.
    pub(in crate::engine) fn look(&mut self, state: &GroupState) {
        let mut waiting = BTreeMap::new();
        for instance in &state.instances {
            let since = self.since.remove(&instance.id);
            if instance.is_registering() {
                waiting.insert(instance.id.clone(), since.unwrap_or(state.seen_at));
            } else if let Some(since) = since
                && instance.lifecycle == Lifecycle::InService
                && instance.healthy
            {
                self.took.push_back((state.seen_at - since).num_seconds().max(0));
            }
        }
        self.since = waiting;
        self.took.drain(..self.took.len().saturating_sub(REMEMBERED));
    }

    /// Seconds within which nine of ten became healthy; 0 if none has been measured.
    pub(in crate::engine) fn p90(&self) -> Seconds {
        let mut took: Vec<Seconds> = self.took.iter().copied().collect();
        took.sort_unstable();
        (took.len() * 9).div_ceil(10).checked_sub(1).map_or(0, |rank| took[rank])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::at_epoch, plan::fixture::group};

    #[test]
    fn the_wait_for_the_load_balancer_is_measured_launch_by_launch() {
        let mut registration_delay = RegistrationDelay::default();
        let mut at = |minute: i64, registering: bool, healthy: bool| {
            let mut seen = group(3, 3);
            seen.seen_at = at_epoch(60 * minute);
            (seen.instances[0].registering, seen.instances[0].healthy) = (registering, healthy);
            assert_eq!(seen.in_service(), if registering || !healthy { 2 } else { 3 });
            assert_eq!(seen.pending(), u32::from(registering && healthy), "it is on its way");
            registration_delay.look(&seen);
            registration_delay.p90()
        };
        assert_eq!(at(0, false, true), 0, "nobody waits");
        assert_eq!((at(1, true, true), at(2, true, true)), (0, 0), "not over");
        assert_eq!(at(3, false, true), 120);
        at(4, true, true);
        assert_eq!(at(9, false, false), 120, "one that failed its checks never served");
        at(10, true, true);
        assert_eq!(at(14, false, true), 240, "the longer of two");
    }
}
