//! Leases: what this process may act on, where several share a fleet.
//!
//! The lease manager of [`crate::shared`] does the work; here is when it is asked and what follows. Rounds with the store
//! come three times in a term, by the loop of [`crate::engine::serve::run`] and at the beginning of a minute, so that a long minute
//! does not starve them. Before an act the lease must hold for longer than a call can last, and a floor must stand in
//! the table, so that whoever comes next can put it back.

use std::{collections::BTreeSet, time::Duration};

use super::{
    calendar_sync::CalendarSync, history_sync::HistorySync, model_sync::ModelSync,
    operator_state::OperatorStateSync,
};
use crate::{
    domain::{Seconds, actuator::HeldFloor, decision::Mode, journal::JournalKind, shift},
    engine::{Engine, SELF, group::runtime::GroupRuntime},
    link::{Level, Notice},
    shared::{Floors, LeaseChange, LeaseManager, SharedStore},
    store::{SettingWrite, StoreError, keys},
};

/// Time limit of an act in seconds; a lease must last longer.
pub(in crate::engine) const DEADLINE: Seconds = 45;
/// Seconds after which a group that cannot be read is left to other agents.
const UNREAD: Seconds = 5 * 60;

impl Engine {
    /// From now on groups are acted on only under leases of `lease_manager`, and history, models, calendar and what
    /// operators decide are shared in `store`.
    pub fn share(&mut self, lease_manager: LeaseManager, store: SharedStore) {
        self.fleet.leases = Some(lease_manager);
        self.fleet.calendar = Some(CalendarSync::new(&store));
        // A read-only agent refuses commands and changes nothing, so it needs no operator state.
        self.fleet.operator_state = (!self.read_only).then(|| OperatorStateSync::new(&store));
        self.fleet.models = Some(ModelSync::new(store.clone()));
        self.fleet.history = Some(HistorySync::new(store));
    }

    /// Real time until the next round with the shared store; `None` without one.
    pub fn leases_due(&self) -> Option<Duration> {
        let due = self.fleet.leases.as_ref().map(LeaseManager::due_in);
        due.map(|due| if self.operator_state_pending() { Duration::ZERO } else { due })
    }

    /// A round with the shared store, if one is due.
    ///
    /// # Errors
    /// When the journal cannot be written. A shared store that fails is not an error: leases expire.
    pub async fn keep_leases(&mut self) -> Result<(), StoreError> {
        let wants = self.wanted();
        if self.fleet.leases.as_ref().is_some_and(|lease_manager| lease_manager.is_due(&wants)) {
            self.renew_leases(&self.floors()).await?;
        } else if !self.operator_state_pending() {
            return Ok(());
        }
        self.sync_operator_state().await
    }

    /// Releases all leases, at shutdown.
    pub(in crate::engine) async fn give_back_leases(&mut self) -> Result<(), StoreError> {
        let (floors, now) = (self.floors(), self.now);
        let Some(lease_manager) = &mut self.fleet.leases else { return Ok(()) };
        match lease_manager.leave(&floors, now).await {
            Ok(()) => Ok(()),
            Err(error) => self.note(
                None,
                JournalKind::Lease,
                format!("leases could not be released and will expire: {error}"),
            ),
        }
    }

    /// Groups that this process would act on: one that only observes and holds no floor needs no lease, and one that has not
    /// been read for a while is left to an agent that reads it, unless its floor is to be restored.
    fn wanted(&self) -> BTreeSet<String> {
        let routes = self.world.source.routes();
        let since = |w: &GroupRuntime| self.serving.unread_since.get(routes.label_of(&w.name));
        let is_read = |w: &GroupRuntime| since(w).is_none_or(|since| self.now < shift(*since, UNREAD));
        let acts = |w: &&GroupRuntime| w.memory.held.is_some() || (w.mode > Mode::Observe && is_read(w));
        self.groups.iter().filter(acts).map(|w| w.name.clone()).collect()
    }

    fn floors(&self) -> Floors {
        self.groups.iter().map(|w| (w.name.clone(), w.memory.held)).collect()
    }

    async fn renew_leases(&mut self, floors: &Floors) -> Result<(), StoreError> {
        let (wants, now) = (self.wanted(), self.now);
        let Some(lease_manager) = &mut self.fleet.leases else { return Ok(()) };
        let troubled = lease_manager.trouble().is_some();
        let changes = lease_manager.sync(wants, floors, now).await;
        let trouble = lease_manager.trouble().map(ToString::to_string);
        match trouble {
            Some(why) if !troubled => {
                self.note(None, JournalKind::Shared, format!("{why}; leases will expire"))?
            }
            None if troubled => {
                self.note(None, JournalKind::Shared, "the shared store answers again".into())?
            }
            _ => {}
        }
        changes.into_iter().try_for_each(|change| self.follow(change))
    }

    /// Handles a lease gained or lost.
    fn follow(&mut self, change: LeaseChange) -> Result<(), StoreError> {
        let (group, text, floor) = match change {
            LeaseChange::Gained { group, epoch, floor } => {
                (group, format!("this agent acquired lease {epoch}"), floor)
            }
            LeaseChange::Lost { group } => (group, "this agent lost the lease".to_owned(), Some(None)),
        };
        let Some(at) = self.groups.iter().position(|w| w.name == group) else { return Ok(()) };
        let runtime = &mut self.groups[at];
        runtime.memory.awaited = None;
        let floor = floor.filter(|left| *left != runtime.memory.held);
        let text = match floor {
            Some(Some(left)) => {
                format!("{text}, including a floor of {} (original MinSize {})", left.held, left.own)
            }
            Some(None) if runtime.memory.held.is_some() => format!("{text}; the floor is handed over too"),
            _ => text,
        };
        let kept = floor.unwrap_or(runtime.memory.held);
        runtime.memory.held = kept;
        let entry = self.entry(SELF, Some(&group), JournalKind::Lease, text, None);
        self.store.set_noted(&[SettingWrite::new(&keys::floor(&group), &kept)?], &entry).map(drop)
    }

    /// The fencing token of a group's lease, if it lasts `seconds` from now; `None` where nothing is shared.
    /// Else why this process may not act on the group.
    pub(in crate::engine) fn lease(&self, at: usize, seconds: Seconds) -> Result<Option<u64>, String> {
        let Some(lease_manager) = &self.fleet.leases else { return Ok(None) };
        let token = lease_manager.may_act(&self.groups[at].name, seconds as f64)?;
        self.operator_state_unknown().map_or(Ok(Some(token)), Err)
    }

    /// Why the lease forbids a change of the group. In `observe` nothing is changed, and no lease is needed.
    pub(in crate::engine) fn no_lease(&self, runtime: &GroupRuntime) -> Option<String> {
        let lease_manager = self.fleet.leases.as_ref().filter(|_| runtime.mode > Mode::Observe)?;
        lease_manager.may_act(&runtime.name, 0.0).err().or_else(|| self.operator_state_unknown())
    }

    /// Ensures a lease that outlasts a call, and that the floor about to be `held` is recorded in the table.
    pub(in crate::engine) async fn secure(
        &mut self,
        at: usize,
        held: Option<HeldFloor>,
    ) -> Result<Result<Option<u64>, String>, StoreError> {
        let news = held != self.groups[at].memory.held;
        let token = match self.lease(at, 0) {
            Ok(Some(token)) => token,
            other => return Ok(other),
        };
        if news || self.lease(at, DEADLINE).is_err() {
            let mut floors = self.floors();
            floors.insert(self.groups[at].name.clone(), held);
            self.renew_leases(&floors).await?;
            if let Some(error) = self.fleet.leases.as_ref().and_then(LeaseManager::trouble).filter(|_| news) {
                return Ok(Err(format!("the floor could not be recorded in the shared store: {error}")));
            }
        }
        let renewed = self.lease(at, DEADLINE);
        // The act was planned under the earlier lease, not under a new one.
        Ok(renewed.and_then(|now| match now == Some(token) {
            true => Ok(now),
            false => Err("the lease was taken by another agent".into()),
        }))
    }

    /// A problem with the shared store, for the console.
    pub(in crate::engine) fn shared_notices(&self) -> impl Iterator<Item = Notice> {
        let leases = self.fleet.leases.as_ref().and_then(LeaseManager::trouble).map(ToString::to_string);
        let leases = leases.or_else(|| self.operator_state_error());
        let notice = |text| Notice { level: Level::Warning, text };
        leases.into_iter().chain(self.calendar_problem()).map(notice)
    }
}
