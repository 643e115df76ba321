//! Operator state for all agents of a fleet: brake, modes, and open proposals.
//!
//! A decision at one agent is written to the shared store at once, and read by the others in their next lease
//! round. The next holder of a group finds its mode, the open proposal, the snoozed one and the change that
//! was rejected. While the operator state is unknown, nothing is changed.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    domain::{
        decision::{Decision, Mode},
        journal::JournalKind,
    },
    engine::{Engine, SELF, group::words},
    shared::{
        SharedError, SharedStore,
        operator_state::{self, Open, OperatorState},
        register::Register,
    },
    store::{StoreError, keys},
};

/// Maximum real time of one read.
const LOOK: Duration = Duration::from_secs(5);

/// Sync of the operator state.
pub(in crate::engine) struct OperatorStateSync {
    register: Register,
    /// A decision here is not in the store yet.
    has_changes: bool,
    /// It has been read at least once.
    is_read: bool,
    /// Why the state of other agents is unknown.
    trouble: Option<String>,
    /// Groups whose open proposals were taken over, with the token of the lease.
    taken: BTreeMap<String, u64>,
}

impl OperatorStateSync {
    pub(in crate::engine) fn new(store: &SharedStore) -> OperatorStateSync {
        let register = operator_state::register(store);
        OperatorStateSync {
            register,
            has_changes: false,
            is_read: false,
            trouble: None,
            taken: BTreeMap::new(),
        }
    }
}

impl Engine {
    /// Marks a decision here to be shared as soon as possible.
    pub(in crate::engine) fn operator_state_changed(&mut self) {
        if let Some(sync) = &mut self.fleet.operator_state {
            sync.has_changes = true;
        }
    }

    /// True while a decision here waits to be shared.
    pub(in crate::engine) fn operator_state_pending(&self) -> bool {
        self.fleet.operator_state.as_ref().is_some_and(|sync| sync.has_changes)
    }

    /// Why the operator state could not be read the last time.
    pub(in crate::engine) fn operator_state_error(&self) -> Option<String> {
        self.fleet.operator_state.as_ref()?.trouble.clone()
    }

    /// Why nothing may be changed: the operator state is unknown.
    pub(in crate::engine) fn operator_state_unknown(&self) -> Option<String> {
        let unread = self.fleet.operator_state.as_ref().is_some_and(|sync| !sync.is_read);
        let unread = || unread.then(|| "operator state has not been read from the shared store yet".into());
        self.operator_state_error().or_else(unread)
    }

    /// Compares the state here with the shared store, and applies decisions of other agents.
    pub(in crate::engine) async fn sync_operator_state(&mut self) -> Result<(), StoreError> {
        let base: Option<OperatorState> = self.store.get(&keys::shared_operator_state())?;
        let (local, held) = (self.local_operator_state()?, self.held_tokens());
        let Some(sync) = self.fleet.operator_state.as_mut() else { return Ok(()) };
        sync.has_changes = false;
        let look = operator_state::agree(&sync.register, base.as_ref(), &local);
        let found = tokio::time::timeout(LOOK, look).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", LOOK.as_secs());
            Err(SharedError::Unreachable { url: sync.register.url().to_owned(), reason })
        });
        match found {
            Ok((before, agreed)) => {
                (sync.is_read, sync.trouble) = (true, None);
                let kept = OperatorState { open: BTreeMap::new(), ..agreed };
                if base.as_ref() != Some(&kept) {
                    self.store.set(&keys::shared_operator_state(), &kept)?;
                }
                self.apply_operator_state(&kept).await?;
                self.take_over(&before.open, held)
            }
            Err(error) => {
                sync.trouble = Some(format!("operator state is unknown: {error}"));
                Ok(())
            }
        }
    }

    /// The state here, and the open proposals of held groups.
    fn local_operator_state(&self) -> Result<OperatorState, StoreError> {
        let mut local = OperatorState { brake: self.brake, ..OperatorState::default() };
        let Some(sync) = &self.fleet.operator_state else { return Ok(local) };
        let held = self.held_tokens();
        for runtime in &self.groups {
            if let Some(mode) = self.store.get(&keys::mode(&runtime.name))? {
                local.modes.insert(runtime.name.clone(), mode);
            }
            let token = held.get(&runtime.name).filter(|token| sync.taken.get(&runtime.name) == Some(token));
            if let Some(token) = token {
                let open = Open {
                    token: *token,
                    proposal: runtime.proposals.open.clone(),
                    snoozed: runtime.proposals.snoozed.clone(),
                    rejected: runtime.memory.rejected,
                };
                local.open.insert(runtime.name.clone(), open);
            }
        }
        Ok(local)
    }

    /// The groups whose lease is held here, with its token.
    fn held_tokens(&self) -> BTreeMap<String, u64> {
        let Some(lease_manager) = &self.fleet.leases else { return BTreeMap::new() };
        let token = |name: &String| Some((name.clone(), lease_manager.may_act(name, 0.0).ok()?));
        self.groups.iter().filter_map(|runtime| token(&runtime.name)).collect()
    }

    /// Applies decisions of other agents.
    async fn apply_operator_state(&mut self, agreed: &OperatorState) -> Result<(), StoreError> {
        for (group, mode) in &agreed.modes {
            if self.groups.iter().any(|runtime| runtime.name == *group && runtime.mode != *mode) {
                self.note(
                    Some(group),
                    JournalKind::Shared,
                    format!("mode {} was set on another agent", mode.name()),
                )?;
                // Refused only for an unknown group.
                let _ = self.set_mode(SELF, group, *mode).await?;
            }
        }
        if agreed.brake != self.brake {
            let what = if agreed.brake { "pulled" } else { "released" };
            self.note(None, JournalKind::Shared, format!("the brake was {what} on another agent"))?;
            // Never refused.
            let _ = self.set_brake(SELF, agreed.brake)?;
        }
        if let Some(sync) = &mut self.fleet.operator_state {
            sync.has_changes = false;
        }
        Ok(())
    }

    /// Takes over open proposals of previous holders, for groups whose lease was held before the read began.
    fn take_over(
        &mut self,
        open: &BTreeMap<String, Open>,
        held: BTreeMap<String, u64>,
    ) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            let name = self.groups[at].name.clone();
            let known = self.fleet.operator_state.as_ref().and_then(|sync| sync.taken.get(&name));
            let Some(token) = held.get(&name).filter(|token| known != Some(token)) else { continue };
            if let Some(left) = open.get(&name).filter(|left| left.token < *token) {
                self.inherit(at, left)?;
            }
        }
        if let Some(sync) = &mut self.fleet.operator_state {
            sync.taken = held;
        }
        Ok(())
    }

    fn inherit(&mut self, at: usize, left: &Open) -> Result<(), StoreError> {
        let runtime = &mut self.groups[at];
        runtime.memory.rejected = runtime.memory.rejected.or(left.rejected);
        let answers = runtime.mode == Mode::Approve;
        let (open, has_snoozed) = (runtime.proposals.open.is_some(), runtime.proposals.snoozed.is_some());
        let lives = |proposal: &&Decision| answers && proposal.expires > self.now;
        if let Some(proposal) = left.proposal.as_ref().filter(lives).filter(|_| !open) {
            let taken = self.take_proposal(proposal, left.token)?;
            self.groups[at].proposals.open = Some(taken);
        }
        if let Some(snoozed) = left.snoozed.as_ref().filter(|_| answers && !has_snoozed) {
            let taken = self.take_proposal(snoozed, left.token)?;
            self.store.set(&keys::snoozed(&taken.group), &Some(taken.id))?;
            self.groups[at].proposals.snoozed = Some(taken);
        }
        Ok(())
    }

    /// Stores a proposal of another agent as this agent's own.
    fn take_proposal(&mut self, proposal: &Decision, token: u64) -> Result<Decision, StoreError> {
        let mut taken = Decision { id: 0, ..proposal.clone() };
        let text = format!("taken over from lease {token}, {}", words(&taken));
        let entry = self.entry(SELF, Some(&taken.group), JournalKind::Proposed, text, None);
        self.store.record(&mut taken, entry)?;
        Ok(taken)
    }
}
