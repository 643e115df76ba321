//! Steering by the floor: MinSize that is ours for a while, and its way back.
//!
//! Where a policy of AWS sizes a group, `prescale` moves MinSize and leaves the rest to the policy. What it holds
//! stands in the store beside the intent ([`HeldFloor`]), so that the operator's own MinSize is known after any
//! restart. Each minute the group is compared with it: a change by somebody else is taken as the operator's word.

use std::borrow::Cow;

use crate::{
    domain::{
        Seconds,
        actuator::{Act, Actuator, FloorWindow, HeldFloor, SCHEDULE_HOLDS},
        decision::{Decision, Mode, Stage},
        group::GroupState,
        journal::JournalKind,
        plan::Plan,
        preflight::Preflight,
        shift,
    },
    engine::{
        Engine, SELF,
        group::runtime::{Awaited, GroupRuntime},
    },
    store::{SettingWrite, StoreError, keys},
};

/// AWS may start a scheduled action two minutes late, and a look shows it a minute later.
const LATE: Seconds = 180;
/// Seconds after which a look must show what was set.
const SHOWS: Seconds = 180;

impl GroupRuntime {
    /// How its capacity is moved: as configured, else as fits the group.
    pub fn actuator(&self) -> Actuator {
        let fitting = || self.state.as_ref().map_or(Actuator::Desired, Actuator::fitting);
        self.options.actuator.unwrap_or_else(fitting)
    }

    /// The group with the operator's own MinSize in place of a floor of ours.
    pub fn own_state(&self) -> Option<Cow<'_, GroupState>> {
        let state = self.state.as_ref()?;
        Some(match &self.held {
            Some(held) => Cow::Owned(GroupState { min: held.own.min(state.max), ..state.clone() }),
            None => Cow::Borrowed(state),
        })
    }

    /// What the next act starts from: the desired capacity, or the floor in force.
    pub fn steered_from(&self) -> Option<u32> {
        let state = self.state.as_ref()?;
        Some(match self.actuator() {
            Actuator::Desired => state.desired,
            _ => self.held.filter(|h| !h.ending).map_or(state.min, |h| h.held),
        })
    }

    /// The group as preflight must see the wish for `want`. A floor below the desired capacity changes no
    /// instance: only what goes beyond adds, and only a floor that falls may remove.
    pub fn steered(&self, want: u32) -> Option<Cow<'_, GroupState>> {
        let own = self.own_state()?;
        if self.actuator() == Actuator::Desired {
            return Some(own);
        }
        let floor = self.steered_from()?;
        let desired = if want < floor { floor } else { want.min(own.desired) };
        Some(Cow::Owned(GroupState { desired, ..own.into_owned() }))
    }
}

impl Engine {
    /// What has to be asked of AWS to bring the group to `to`.
    pub(in crate::engine) fn act_for(&self, at: usize, to: u32) -> Act {
        let group = &self.groups[at];
        let scheduled = group.held.is_some_and(|h| h.window.is_some());
        let own = group.own_state().map_or(to, |state| state.min);
        match group.actuator() {
            Actuator::Desired => Act::Desired { to },
            Actuator::Scheduled if to > own => {
                let minute = crate::domain::floor_to(self.now, 60);
                let start = shift(minute, Actuator::Scheduled.delay());
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

    /// The floor that is held once `act` has been carried out; during the act it stands in the store already.
    pub(in crate::engine) fn held_by(&self, at: usize, act: &Act) -> Option<HeldFloor> {
        let group = &self.groups[at];
        let state = group.state.as_ref()?;
        let own = group.held.map_or(state.min, |h| h.own);
        match *act {
            Act::Desired { .. } => group.held,
            Act::Floor { min, unschedule } => Some(HeldFloor {
                own,
                held: min,
                before: state.min,
                window: group.held.and_then(|h| h.window).filter(|_| unschedule && min == own),
                ending: min == own,
            }),
            Act::Schedule(window) => {
                let began = group.held.and_then(|h| h.window).map(|(start, _)| start);
                Some(HeldFloor {
                    own,
                    held: window.min,
                    before: state.min,
                    window: Some((window.start.or(began).unwrap_or(self.now), window.end)),
                    ending: false,
                })
            }
        }
    }

    /// Compares each group with what was set, then puts back the floors that are to go and keeps up those that
    /// are still wanted.
    pub(in crate::engine) async fn watch_floors(&mut self) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            self.confirm(at)?;
            self.compare_floor(at)?;
            let Some(held) = self.groups[at].held else { continue };
            let group = &self.groups[at];
            let acts = group.mode > Mode::Observe;
            let stuck = held.window.is_some_and(|(_, end)| shift(end, LATE) <= self.now);
            if held.ending || (acts && (stuck || group.actuator() == Actuator::Desired)) {
                if group.floor_again.is_none_or(|again| again <= self.now) {
                    self.put_back(at, "MinSize goes back to the group's own", SELF).await?;
                }
            } else if acts && self.must_renew(at, &held) {
                self.renew(at, &held).await?;
            }
        }
        Ok(())
    }

    /// Says so when a later look does not show what was set.
    fn confirm(&mut self, at: usize) -> Result<(), StoreError> {
        let group = &mut self.groups[at];
        let (Some(awaited), Some(state)) = (group.awaited, &group.state) else { return Ok(()) };
        let Awaited { floor, value, since } = awaited;
        let (what, seen) = if floor { ("MinSize", state.min) } else { ("desired capacity", state.desired) };
        let age = (self.now - since).num_seconds();
        if age < 60 || (seen != value && age < SHOWS) {
            return Ok(());
        }
        group.awaited = None;
        if seen == value {
            return Ok(());
        }
        let text = format!(
            "{what} is {seen}, not {value} as set {} min ago: a policy or somebody else changed it",
            age / 60
        );
        let name = group.name.clone();
        self.note(Some(&name), JournalKind::Unconfirmed, text)
    }

    /// Compares MinSize with the floor held: what is not ours is the operator's word.
    fn compare_floor(&mut self, at: usize) -> Result<(), StoreError> {
        let group = &self.groups[at];
        let (Some(held), Some(state)) = (group.held, &group.state) else { return Ok(()) };
        let (seen, now) = (state.min, self.now);
        let over = held.window.is_some_and(|(_, end)| end <= now);
        let late = |moment| moment <= now && now < shift(moment, LATE);
        let (next, text) = match () {
            () if seen == held.expected(now) && over => {
                (None, format!("the scheduled end put MinSize back to {seen}"))
            }
            () if seen == held.held && (!held.ending || held.window.is_some()) => return Ok(()),
            () if held.ending && [held.own, held.before].contains(&seen) => {
                let gone = seen == held.own && held.window.is_none();
                return if gone { self.hold(at, None, None) } else { Ok(()) };
            }
            () if seen == held.expected(now) => return Ok(()),
            () if held.window.is_some_and(|(start, end)| late(start) || late(end)) => return Ok(()),
            () if seen == held.before && seen != held.own => {
                let kept = HeldFloor { held: seen, ..held };
                (
                    Some(kept),
                    format!("MinSize is still {seen}: the change to {} did not take place", held.held),
                )
            }
            () if seen == held.own => (None, format!("MinSize is {seen} again, the group's own")),
            () => {
                let text = format!("somebody else set MinSize to {seen}: from now on it is the group's own");
                let rest = HeldFloor { own: seen, held: seen, before: seen, ending: true, ..held };
                (held.window.map(|_| rest), text)
            }
        };
        self.hold(at, next, Some(text))
    }

    /// Keeps `held` in memory and on disk, with a line in the journal where there is something to say.
    fn hold(&mut self, at: usize, held: Option<HeldFloor>, text: Option<String>) -> Result<(), StoreError> {
        let name = self.groups[at].name.clone();
        self.groups[at].held = held;
        let setting = SettingWrite::new(&keys::floor(&name), &held)?;
        match text {
            Some(text) => {
                let entry = self.entry(SELF, Some(&name), JournalKind::Floor, text, None);
                self.store.set_noted(&[setting], &entry).map(drop)
            }
            None => self.store.set(&keys::floor(&name), &held),
        }
    }

    /// A scheduled floor in force is kept up while it is still wanted: its end moves on.
    fn must_renew(&self, at: usize, held: &HeldFloor) -> bool {
        let Some((start, end)) = held.window else { return false };
        let wanted = self.groups[at].plan.as_ref().is_some_and(|(plan, _)| plan.want >= held.held);
        wanted && start <= self.now && (end - self.now).num_seconds() < SCHEDULE_HOLDS / 2
    }

    async fn renew(&mut self, at: usize, held: &HeldFloor) -> Result<(), StoreError> {
        let end = shift(crate::domain::floor_to(self.now, 60), SCHEDULE_HOLDS);
        let why =
            format!("the floor of {} is still wanted: it holds until {}", held.held, end.format("%H:%M UTC"));
        let act = Act::Schedule(FloorWindow { min: held.held, start: None, end, own: held.own });
        let mut decision = self.floor_decision(at, held.held, held.held, why, act);
        self.carry_out(at, &mut decision, SELF, vec![]).await
    }

    /// Puts the operator's own MinSize back now. A failure is tried again by [`Engine::watch_floors`].
    pub(in crate::engine) async fn put_back(
        &mut self,
        at: usize,
        why: &str,
        operator: &str,
    ) -> Result<(), StoreError> {
        let Some(held) = self.groups[at].held.filter(|_| !self.read_only) else { return Ok(()) };
        let act = Act::Floor { min: held.own, unschedule: held.window.is_some() };
        let mut decision = self.floor_decision(at, held.held, held.own, why.to_owned(), act);
        self.carry_out(at, &mut decision, operator, vec![]).await?;
        if matches!(decision.stage, Stage::Failed { .. }) {
            let again = shift(self.now, self.groups[at].options.settings.cycle);
            self.groups[at].floor_again = Some(again);
            self.hold(at, self.groups[at].held.map(|held| HeldFloor { ending: true, ..held }), None)?;
        }
        Ok(())
    }

    /// A change of the floor that follows from no forecast.
    fn floor_decision(&self, at: usize, from: u32, to: u32, why: String, act: Act) -> Decision {
        let plan = Plan {
            at: self.now,
            policy: "floor".into(),
            from,
            want: to,
            unheld: None,
            reasons: vec![why],
            basis: None,
            reactive: None,
        };
        let checks = Preflight { checks: vec![], allowed: Some(to) };
        Decision { act: Some(act), cost_and_risk: None, ..self.decision(at, &plan, &checks, (from, to)) }
    }

    /// The clean end: floors go back, then leases, and the simulation's state is written.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(&mut self) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            let group = &self.groups[at];
            if group.held.is_some_and(|held| held.ending || group.mode > Mode::Observe) {
                self.put_back(at, "prescale ends: MinSize goes back to the group's own", SELF).await?;
            }
        }
        self.give_back_leases().await?;
        self.feed_journal()?;
        self.checkpoint_now()
    }
}
