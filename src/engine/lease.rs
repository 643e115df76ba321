//! Leases: what this process may act on, where several share a fleet.
//!
//! The keeper of [`crate::shared`] does the work; here is when it is asked and what follows. Rounds with the store
//! come three times in a term, by the loop of [`super::run`] and at the beginning of a minute, so that a long minute
//! does not starve them. Before an act the lease must hold for longer than a call can last, and a floor must stand in
//! the table, so that whoever comes next can put it back.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Engine, SELF, archive::Archive, floor, same_calendar::SameCalendar, same_stance::SameStance,
    watched::Watched,
};
use crate::{
    domain::{Seconds, actuator::HeldFloor, decision::Mode},
    link::{Level, Notice},
    shared::{Change, Floors, Keeper, Store},
    store::{Setting, StoreError},
};

/// Seconds within which an act is over, one way or another; a lease must hold for longer.
pub(super) const DEADLINE: Seconds = 45;

impl Engine {
    /// From now on groups are acted on only under leases of `keeper`, and history, calendar and what operators decide are
    /// shared in `store`.
    pub fn share(&mut self, keeper: Keeper, store: Store) {
        self.leases = Some(keeper);
        self.same_calendar = Some(SameCalendar::new(&store));
        // Who takes no command and does nothing has nobody's word to follow.
        self.same_stance = (!self.read_only).then(|| SameStance::new(&store));
        self.archive = Some(Archive::new(store));
    }

    /// Time of the machine until the next round with the shared store; `None` without one.
    pub fn leases_due(&self) -> Option<Duration> {
        let due = self.leases.as_ref().map(Keeper::due_in);
        due.map(|due| if self.stance_waits() { Duration::ZERO } else { due })
    }

    /// A round with the shared store, if one is due.
    ///
    /// # Errors
    /// When the journal cannot be written. A shared store that fails is no error: its leases run out.
    pub async fn keep_leases(&mut self) -> Result<(), StoreError> {
        let wants = self.wanted();
        if self.leases.as_ref().is_some_and(|keeper| keeper.is_due(&wants)) {
            self.renew_leases(&self.floors()).await?;
        } else if !self.stance_waits() {
            return Ok(());
        }
        self.share_stance().await
    }

    /// Gives all leases back, at the end.
    pub(super) async fn give_back_leases(&mut self) -> Result<(), StoreError> {
        let (floors, now) = (self.floors(), self.now);
        let Some(keeper) = &mut self.leases else { return Ok(()) };
        match keeper.leave(&floors, now).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.note(None, "lease", format!("not given back, they end by themselves: {error}"))
            }
        }
    }

    /// Groups that this process would act on: what only observes and holds no floor is left to others.
    fn wanted(&self) -> BTreeSet<String> {
        let acts = |w: &&Watched| w.mode > Mode::Observe || w.held.is_some();
        self.groups.iter().filter(acts).map(|w| w.name.clone()).collect()
    }

    fn floors(&self) -> Floors {
        self.groups.iter().map(|w| (w.name.clone(), w.held)).collect()
    }

    async fn renew_leases(&mut self, floors: &Floors) -> Result<(), StoreError> {
        let (wants, now) = (self.wanted(), self.now);
        let Some(keeper) = &mut self.leases else { return Ok(()) };
        let troubled = keeper.trouble().is_some();
        let changes = keeper.sync(wants, floors, now).await;
        let trouble = keeper.trouble().map(ToString::to_string);
        match trouble {
            Some(why) if !troubled => self.note(None, "shared", format!("{why}; leases run out"))?,
            None if troubled => self.note(None, "shared", "the shared store answers again".into())?,
            _ => {}
        }
        changes.into_iter().try_for_each(|change| self.follow(change))
    }

    /// What follows from a lease won or lost.
    fn follow(&mut self, change: Change) -> Result<(), StoreError> {
        let (group, text, floor) = match change {
            Change::Gained { group, epoch, floor } => (group, format!("lease {epoch} is held here"), floor),
            Change::Lost { group } => (group, "the lease is held here no longer".to_owned(), Some(None)),
        };
        let Some(at) = self.groups.iter().position(|w| w.name == group) else { return Ok(()) };
        let watched = &mut self.groups[at];
        watched.awaited = None;
        let floor = floor.filter(|left| *left != watched.held);
        let text = match floor {
            Some(Some(left)) => {
                format!("{text}; with it a floor of {}, the group's own is {}", left.held, left.own)
            }
            Some(None) if watched.held.is_some() => format!("{text}; the floor goes with it"),
            _ => text,
        };
        let kept = floor.unwrap_or(watched.held);
        watched.held = kept;
        let entry = self.entry(SELF, Some(&group), "lease", text, None);
        self.store.set_noted(&[Setting::new(&floor::key(&group), &kept)?], &entry).map(drop)
    }

    /// The fencing token of a group's lease, if it holds for `seconds` from now; `None` where nothing is shared.
    /// Else why this process may not act on the group.
    pub(super) fn lease(&self, at: usize, seconds: Seconds) -> Result<Option<u64>, String> {
        let Some(keeper) = &self.leases else { return Ok(None) };
        let token = keeper.may_act(&self.groups[at].name, seconds as f64)?;
        self.stance_unknown().map_or(Ok(Some(token)), Err)
    }

    /// Why the lease stands against a change of the group. In `observe` nothing is changed, and none is asked for.
    pub(super) fn no_lease(&self, watched: &Watched) -> Option<String> {
        let keeper = self.leases.as_ref().filter(|_| watched.mode > Mode::Observe)?;
        keeper.may_act(&watched.name, 0.0).err().or_else(|| self.stance_unknown())
    }

    /// Makes sure of a lease that outlasts a call, and that the floor about to be `held` stands in the table.
    pub(super) async fn secure(
        &mut self,
        at: usize,
        held: Option<HeldFloor>,
    ) -> Result<Result<Option<u64>, String>, StoreError> {
        let news = held != self.groups[at].held;
        let token = match self.lease(at, 0) {
            Ok(Some(token)) => token,
            other => return Ok(other),
        };
        if news || self.lease(at, DEADLINE).is_err() {
            let mut floors = self.floors();
            floors.insert(self.groups[at].name.clone(), held);
            self.renew_leases(&floors).await?;
            if let Some(error) = self.leases.as_ref().and_then(Keeper::trouble).filter(|_| news) {
                return Ok(Err(format!("the floor could not be written for others to find: {error}")));
            }
        }
        let renewed = self.lease(at, DEADLINE);
        // What is about to be done was planned under the lease that was held, not under a new one.
        Ok(renewed.and_then(|now| match now == Some(token) {
            true => Ok(now),
            false => Err("the lease changed hands meanwhile".into()),
        }))
    }

    /// Trouble with the shared store, for the screen.
    pub(super) fn shared_notices(&self) -> impl Iterator<Item = Notice> {
        let leases = self.leases.as_ref().and_then(Keeper::trouble).map(ToString::to_string);
        let leases = leases.or_else(|| self.stance_trouble());
        let notice = |text| Notice { level: Level::Warning, text };
        leases.into_iter().chain(self.calendar_problem()).map(notice)
    }
}
