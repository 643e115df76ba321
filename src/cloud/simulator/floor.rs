//! MinSize, and the scheduled actions that move it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Time,
    actuator::{FloorWindow, SCHEDULE_END, SCHEDULE_SET},
    group::SCHEDULE_PREFIX,
};

/// A scheduled action that sets MinSize once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// ScheduledActionName.
    pub name: String,
    /// StartTime.
    pub at: Time,
    /// MinSize.
    pub min: u32,
}

/// What moved MinSize, and what will.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// MinSize in force; `None` as the group was made with.
    pub min: Option<u32>,
    /// By their start.
    scheduled: Vec<Scheduled>,
}

impl Floor {
    /// The scheduled actions that have not fired.
    pub fn scheduled(&self) -> &[Scheduled] {
        &self.scheduled
    }

    /// Puts the pair of `window` in place of the actions with their names.
    pub fn schedule(&mut self, window: &FloorWindow) {
        self.put(SCHEDULE_END, window.end, window.own);
        if let Some(start) = window.start {
            self.put(SCHEDULE_SET, start, window.min);
        }
    }

    /// Puts one action in place of that with its name.
    pub fn put(&mut self, name: &str, at: Time, min: u32) {
        self.scheduled.retain(|action| action.name != name);
        self.scheduled.push(Scheduled { name: name.to_owned(), at, min });
        self.scheduled.sort_by_key(|action| action.at);
    }

    /// Takes our actions away.
    pub fn unschedule(&mut self) {
        self.scheduled.retain(|action| !action.name.starts_with(SCHEDULE_PREFIX));
    }

    /// Takes the action `name` away; false if there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.scheduled.len();
        self.scheduled.retain(|action| action.name != name);
        self.scheduled.len() < before
    }

    /// Fires what is due at `now`; an action fires once and is gone. Gives the last MinSize that was set.
    pub fn due(&mut self, now: Time) -> Option<u32> {
        let due = self.scheduled.partition_point(|action| action.at <= now);
        self.scheduled.drain(..due).next_back().map(|action| action.min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn actions_fire_once_in_order_and_are_replaced_by_name() {
        let mut floor = Floor::default();
        floor.schedule(&FloorWindow { min: 8, start: Some(at_epoch(120)), end: at_epoch(900), own: 2 });
        floor.schedule(&FloorWindow { min: 9, start: Some(at_epoch(180)), end: at_epoch(1_800), own: 2 });
        assert_eq!(floor.scheduled().len(), 2);
        assert_eq!([120, 180, 240].map(|t| floor.due(at_epoch(t))), [None, Some(9), None]);
        floor.schedule(&FloorWindow { min: 9, start: None, end: at_epoch(2_400), own: 2 });
        assert_eq!([1_800, 2_400].map(|t| floor.due(at_epoch(t))), [None, Some(2)]);
        floor.schedule(&FloorWindow { min: 9, start: Some(at_epoch(2_460)), end: at_epoch(3_000), own: 2 });
        floor.unschedule();
        assert_eq!(floor.due(at_epoch(9_000)), None);
        floor.put("a", at_epoch(9_060), 3);
        assert_eq!([floor.remove("a"), floor.remove("a")], [true, false]);
        assert_eq!(floor.due(at_epoch(9_060)), None);
    }
}
