//! The floor actuator: MinSize is raised for a while, then restored.
//!
//! Where an AWS scaling policy sizes a group, `prescale` changes MinSize and leaves the rest to the policy. The floor
//! is stored with the intent ([`HeldFloor`]), so that the original MinSize is known after any restart. Each minute
//! the group is compared with it: a foreign change is taken as the operator's decision.

use super::{
    memory::Awaited,
    observation::Context,
    ready::{Line, Ready, Setting, Wish, WishKind},
    runtime::GroupRuntime,
};
use crate::domain::journal::JournalKind;
use crate::domain::{
    Seconds, Time,
    actuator::{Act, Actuator, FloorWindow, HeldFloor, SCHEDULE_HOLDS},
    decision::{Decision, Mode},
    floor_to,
    plan::Plan,
    preflight::Preflight,
    shift,
};

/// AWS may start a scheduled action two minutes late, and it is observed a minute later.
const LATE: Seconds = 180;
/// Seconds after which the observed state must show what was set.
const SHOWS: Seconds = 180;
/// Seconds after which a MinSize that shows is not taken for a late change of ours, however long nobody has looked.
const FORGOTTEN: Seconds = 3_600;

impl GroupRuntime {
    /// The act that brings the group to `to`.
    pub(in crate::engine) fn act_for(&self, now: Time, to: u32) -> Act {
        let scheduled = self.memory.held.is_some_and(|h| h.window.is_some());
        let own = self.own_state().map_or(to, |state| state.min);
        match self.actuator_to(to) {
            Actuator::Desired => Act::Desired { to },
            Actuator::Scheduled if to > own => {
                let start = shift(floor_to(now, 60), Actuator::Scheduled.delay());
                Act::Schedule(FloorWindow {
                    min: to,
                    start: Some(start),
                    end: shift(start, SCHEDULE_HOLDS),
                    own,
                })
            }
            _ => Act::Floor { min: to.max(own), unschedule: scheduled },
        }
    }

    /// The floor that is held once `act` has been carried out; it is stored before the act.
    pub(in crate::engine) fn held_by(&self, now: Time, act: &Act) -> Option<HeldFloor> {
        let state = self.state.as_ref()?;
        let held = self.memory.held;
        let own = self.own_min()?;
        match *act {
            Act::Desired { .. } => held,
            Act::Floor { min, unschedule } => Some(HeldFloor {
                own,
                held: min,
                before: state.min,
                window: held.and_then(|h| h.window).filter(|_| unschedule && min == own),
                ending: min == own,
            }),
            Act::Schedule(window) => {
                let began = held.and_then(|h| h.window).map(|(start, _)| start);
                Some(HeldFloor {
                    own,
                    held: window.min,
                    before: state.min,
                    window: Some((window.start.or(began).unwrap_or(now), window.end)),
                    ending: false,
                })
            }
        }
    }

    /// Compares the group with what was set, then asks to restore a floor that has ended, or to extend one that is
    /// still needed.
    pub(super) fn keep_floor(&mut self, context: &Context, ready: &mut Ready) {
        let now = context.now;
        self.confirm_last_act(now, ready);
        self.settle_doubt(now, ready);
        self.compare_floor(now, ready);
        let Some(held) = self.memory.held else { return };
        let acts = self.mode > Mode::Observe;
        let stuck = held.window.is_some_and(|(_, end)| shift(end, LATE) <= now);
        let unfit = self.actuator() == Actuator::Desired && self.policies_known();
        if held.ending || (acts && (stuck || unfit)) {
            if self.memory.floor_again.is_none_or(|again| again <= now) {
                ready.acts.extend(self.put_back(context, "restoring the group's original MinSize", None));
            }
        } else if acts && self.must_renew(now, &held) {
            ready.acts.push(self.renew(now, &held));
        }
    }

    /// Journals when a later observation does not show what was set.
    fn confirm_last_act(&mut self, now: Time, ready: &mut Ready) {
        let (Some(awaited), Some(state)) = (self.memory.awaited, &self.state) else { return };
        let Awaited { floor, value, since } = awaited;
        let (what, seen) = if floor { ("MinSize", state.min) } else { ("desired capacity", state.desired) };
        let age = (now - since).num_seconds();
        if age < 60 || (seen != value && age < SHOWS) {
            return;
        }
        self.memory.awaited = None;
        if seen != value {
            let text = format!(
                "{what} is {seen}, not {value} as set {} min ago: a scaling policy or another client changed it",
                age / 60
            );
            ready.note(JournalKind::Unconfirmed, text);
        }
    }

    /// Holds a floor that appears after its change seemed to have failed: it is ours to restore.
    pub(in crate::engine) fn settle_doubt(&mut self, now: Time, ready: &mut Ready) {
        let (Some(doubt), Some(state)) = (self.memory.in_doubt, &self.state) else { return };
        let seen = state.min;
        let shows = seen == doubt.min && self.memory.held.is_none_or(|held| held.held != seen);
        if !shows || shift(doubt.at, FORGOTTEN) <= now {
            // The look that comes last still counts: the change may have come since the one before.
            self.memory.in_doubt = self.memory.in_doubt.filter(|_| now < shift(doubt.at, SHOWS));
            return;
        }
        self.memory.in_doubt = None;
        let new = HeldFloor { own: doubt.own, held: seen, before: doubt.own, window: None, ending: false };
        let held = self.memory.held.map_or(new, |held| HeldFloor { held: seen, ..held });
        // Who observes asks for no floor: it ends.
        let held = HeldFloor { ending: held.ending || self.mode == Mode::Observe, ..held };
        let text = format!("MinSize is {seen}: a change that seemed to have failed took effect late");
        self.hold(Some(held), Some(text), ready);
    }

    /// Compares MinSize with the held floor: another value is the operator's decision.
    fn compare_floor(&mut self, now: Time, ready: &mut Ready) {
        let (Some(held), Some(state)) = (self.memory.held, &self.state) else { return };
        let seen = state.min;
        let over = held.window.is_some_and(|(_, end)| end <= now);
        let late = |moment| moment <= now && now < shift(moment, LATE);
        let (next, text) = match () {
            () if seen == held.expected(now) && over => {
                (None, format!("the scheduled action restored MinSize to {seen}"))
            }
            () if seen == held.held && (!held.ending || held.window.is_some()) => return,
            () if held.ending && [held.own, held.before].contains(&seen) => {
                if seen == held.own && held.window.is_none() {
                    self.hold(None, None, ready);
                }
                return;
            }
            () if seen == held.expected(now) => return,
            () if held.window.is_some_and(|(start, end)| late(start) || late(end)) => return,
            () if seen == held.before && seen != held.own => {
                let kept = HeldFloor { held: seen, ..held };
                (
                    Some(kept),
                    format!("MinSize is still {seen}: the change to {} did not take effect", held.held),
                )
            }
            () if seen == held.own => (None, format!("MinSize is back at the original value {seen}")),
            () => {
                let text =
                    format!("MinSize was set to {seen} outside prescale; it is now the group's own value");
                let rest = HeldFloor { own: seen, held: seen, before: seen, ending: true, ..held };
                (held.window.map(|_| rest), text)
            }
        };
        self.hold(next, Some(text), ready);
    }

    /// Stores `held`, with a journal line if there is one.
    fn hold(&mut self, held: Option<HeldFloor>, text: Option<String>, ready: &mut Ready) {
        self.memory.held = held;
        ready.set(vec![Setting::Floor(held)], text.map(|text| Line::own(JournalKind::Floor, text)));
    }

    /// True while a scheduled floor in effect is still needed: its end is extended.
    fn must_renew(&self, now: Time, held: &HeldFloor) -> bool {
        let Some((start, end)) = held.window else { return false };
        let wanted = self.memory.wanted.is_some_and(|want| want >= held.held);
        wanted && start <= now && (end - now).num_seconds() < SCHEDULE_HOLDS / 2
    }

    fn renew(&self, now: Time, held: &HeldFloor) -> Wish {
        let end = shift(floor_to(now, 60), SCHEDULE_HOLDS);
        let why =
            format!("the floor of {} is still needed; extended until {}", held.held, end.format("%H:%M UTC"));
        let act = Act::Schedule(FloorWindow { min: held.held, start: None, end, own: held.own });
        let decision = self.floor_decision(now, (held.held, held.held), why, act);
        Wish { kind: WishKind::Renew, decision, operator: None, before: vec![] }
    }

    /// The wish to restore the original MinSize now; none where no floor is held or nothing may be changed.
    pub(in crate::engine) fn put_back(
        &self,
        context: &Context,
        why: &str,
        operator: Option<&str>,
    ) -> Option<Wish> {
        let held = self.memory.held.filter(|_| !context.read_only)?;
        let act = Act::Floor { min: held.own, unschedule: held.window.is_some() };
        let decision = self.floor_decision(context.now, (held.held, held.own), why.to_owned(), act);
        Some(Wish {
            kind: WishKind::PutBack,
            decision,
            operator: operator.map(str::to_owned),
            before: vec![],
        })
    }

    /// What is written of a wish that would not be sent, for `why`: it is not begun, and that is said once. A floor that is to be
    /// restored stays so.
    pub(in crate::engine) fn put_off(&mut self, wish: &Wish, why: String) -> Ready {
        let held = self.memory.held.filter(|_| wish.kind == WishKind::PutBack);
        if held.is_some_and(|held| held.ending) {
            return Ready::default();
        }
        let mut ready = self.not_done(&wish.decision, why);
        if held.is_some() {
            self.hold(held.map(|held| HeldFloor { ending: true, ..held }), None, &mut ready);
        }
        ready
    }

    /// A floor could not be restored: it is retried a cycle later.
    pub(in crate::engine) fn put_back_failed(&mut self, now: Time) -> Ready {
        let mut ready = Ready::default();
        self.memory.floor_again = Some(shift(now, self.options.settings.cycle));
        self.hold(self.memory.held.map(|held| HeldFloor { ending: true, ..held }), None, &mut ready);
        ready
    }

    /// A change of the floor that does not follow from a forecast.
    fn floor_decision(&self, now: Time, (from, to): (u32, u32), why: String, act: Act) -> Decision {
        let plan = Plan {
            at: now,
            policy: "floor".into(),
            from,
            want: to,
            unheld: None,
            reasons: vec![why],
            basis: None,
            reactive: None,
            inputs: None,
        };
        let checks = Preflight { allowed: Some(to), ..Preflight::default() };
        Decision { act: Some(act), cost_and_risk: None, ..self.decision(now, &plan, &checks, (from, to)) }
    }
}
