//! After a crash: intents without an outcome.

use crate::{
    domain::{
        actuator::{Act, FloorWindow, SCHEDULE_END, SCHEDULE_SET},
        decision::{Decision, Stage},
        group::{GroupState, SCHEDULE_PREFIX, ScheduledAction},
        journal::JournalKind,
    },
    engine::{
        Engine, SELF,
        observe::{collect::Looks, sources::has_groups},
    },
    store::StoreError,
};

/// What a group shows of an act.
struct Evidence {
    /// It took effect.
    is_done: bool,
    /// What was seen, in words.
    seen: String,
}

impl Engine {
    /// Checks the group of each intent without an outcome and journals the result. Once for each source, as soon as its
    /// groups have been read.
    pub(in crate::engine) fn reconcile(&mut self, looks: &Looks) -> Result<(), StoreError> {
        let routes = self.world.source.routes();
        // An intent for a group of no source that there is now is nobody's to wait for.
        let sources = routes.labels().chain([""]);
        let due: Vec<&str> = sources
            .filter(|source| has_groups(&looks.errors, source))
            .filter(|source| !self.observing.reconciled.contains(*source))
            .collect();
        if due.is_empty() || self.groups.is_empty() {
            return Ok(());
        }
        self.observing.reconciled.extend(due.iter().map(|source| (*source).to_owned()));
        for mut decision in self.store.open_decisions()? {
            if decision.stage == Stage::Intended && due.contains(&routes.label_of(&decision.group)) {
                let found = evidence(&decision.act(), looks.states.get(&decision.group));
                self.settle_interrupted(&mut decision, &found)?;
            }
        }
        Ok(())
    }

    /// Writes what became of an interrupted act. One that took effect counts as any other: for cooldowns and the changes of
    /// an hour.
    fn settle_interrupted(&mut self, decision: &mut Decision, found: &Evidence) -> Result<(), StoreError> {
        let seen = &found.seen;
        let text = match found.is_done {
            true => format!("confirmed after a restart: {seen}"),
            false => {
                decision.stage = Stage::Failed { error: format!("interrupted by a restart; {seen}") };
                format!("interrupted by a restart before its outcome; {seen}; it will be planned again")
            }
        };
        if found.is_done {
            decision.stage = Stage::Applied;
        }
        match self.groups.iter().position(|group| group.name == decision.group) {
            Some(at) => {
                let mut ready = self.groups[at].outcome_after_restart(decision, text);
                self.persist(at, &mut ready)
            }
            None => {
                let entry = self.entry(SELF, Some(&decision.group), JournalKind::Outcome, text, None);
                self.store.record(decision, entry).map(drop)
            }
        }
    }
}

/// What the group in `state` shows of `act`.
fn evidence(act: &Act, state: Option<&GroupState>) -> Evidence {
    let Some(state) = state else {
        return Evidence { is_done: false, seen: "the group was not found".into() };
    };
    let (what, wanted, seen) = match act {
        Act::Desired { to } => ("desired capacity", *to, state.desired),
        Act::Floor { min, .. } => ("MinSize", *min, state.min),
        Act::Schedule(window) => return scheduled(window, state),
    };
    // Where our scheduled actions still stand, or may stand, they would set MinSize again.
    let ours = || state.schedules.known().is_none_or(|all| all.iter().any(is_ours));
    if matches!(act, Act::Floor { unschedule: true, .. }) && ours() {
        return Evidence {
            is_done: false,
            seen: format!("{what} is {seen}, with scheduled actions still there"),
        };
    }
    Evidence { is_done: seen == wanted, seen: format!("{what} is {seen}") }
}

fn is_ours(action: &ScheduledAction) -> bool {
    action.name.starts_with(SCHEDULE_PREFIX)
}

/// What the scheduled actions of the group show: MinSize itself changes when the first of them fires.
fn scheduled(window: &FloorWindow, state: &GroupState) -> Evidence {
    let Some(actions) = state.schedules.known() else {
        return Evidence { is_done: false, seen: "its scheduled actions could not be read".into() };
    };
    let ordered =
        |name: &str, at, min| actions.iter().any(|a| a.name == name && a.at == at && a.min == Some(min));
    let ends = ordered(SCHEDULE_END, window.end, window.own);
    let holds = state.min == window.min;
    let is_done = ends && window.start.is_none_or(|start| holds || ordered(SCHEDULE_SET, start, window.min));
    let seen = match is_done {
        true => format!("MinSize is scheduled to be {}", window.min),
        false => format!("the scheduled actions are not all there, MinSize is {}", state.min),
    };
    Evidence { is_done, seen }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{at_epoch, reading::Reading},
        plan::fixture::group,
    };

    #[test]
    fn a_floor_is_restored_only_when_no_scheduled_action_of_ours_is_left() {
        let act = Act::Floor { min: 1, unschedule: true };
        let is_done = |schedules: Reading<Vec<ScheduledAction>>| {
            evidence(&act, Some(&GroupState { schedules, min: 1, ..group(4, 4) })).is_done
        };
        assert!(is_done(vec![action("nightly", 600, 2)].into()));
        assert!(!is_done(vec![action(SCHEDULE_SET, 120, 8)].into()), "it would raise MinSize again");
        assert!(!is_done(Reading::unknown("throttled")));
    }

    fn action(name: &str, at: i64, min: u32) -> ScheduledAction {
        ScheduledAction { name: name.into(), at: at_epoch(at), min: Some(min), max: None, desired: None }
    }

    #[test]
    fn a_scheduled_floor_is_looked_for_among_the_scheduled_actions() {
        let (set, end) = (action(SCHEDULE_SET, 120, 8), action(SCHEDULE_END, 1_920, 1));
        let window = FloorWindow { min: 8, start: Some(at_epoch(120)), end: at_epoch(1_920), own: 1 };
        let is_done = |window: FloorWindow, actions: &[&ScheduledAction], min: u32| {
            let schedules = actions.iter().map(|a| (*a).clone()).collect::<Vec<_>>().into();
            let state = GroupState { schedules, min, ..group(4, 4) };
            evidence(&Act::Schedule(window), Some(&state)).is_done
        };
        assert!(is_done(window, &[&set, &end], 1), "ordered, and not in force yet");
        assert!(is_done(window, &[&end], 8), "the first has fired");
        assert!(!is_done(window, &[&end], 1), "the kill came between the two calls");
        assert!(!is_done(window, &[], 1));
        let longer = FloorWindow { start: None, end: at_epoch(3_000), ..window };
        assert!(!is_done(longer, &[&end], 8), "its end was not moved");
        assert!(is_done(longer, &[&action(SCHEDULE_END, 3_000, 1)], 8));
        let unread = GroupState { schedules: Reading::unknown("throttled"), min: 8, ..group(4, 4) };
        let found = evidence(&Act::Schedule(window), Some(&unread));
        assert!(!found.is_done && found.seen.contains("could not be read"), "{}", found.seen);
    }
}
