//! One word of operators for all who share a fleet: brake, modes, and what is open of a group.
//!
//! What is decided at one agent is written into the shared store at once, and heard by the others with their next round
//! of leases. Whoever takes a group over finds its mode, the open proposal, the one that was put off and the change that
//! was rejected. While it is not known what the others' operators decided, nothing is done.

use std::{collections::BTreeMap, time::Duration};

use super::{Engine, SELF, decide};
use crate::{
    domain::decision::{Decision, Mode},
    shared::{
        SharedError, Store,
        register::Register,
        stance::{self, Open, Stance},
    },
    store::StoreError,
};

/// Where the store keeps what was last agreed on.
const BASE: &str = "shared_stance";
/// Longest time of the machine that one look may take.
const LOOK: Duration = Duration::from_secs(5);

/// What operators decided, as the engine shares it.
pub(super) struct SameStance {
    register: Register,
    /// Something was decided here that the store does not have yet.
    news: bool,
    /// It has been read once.
    heard: bool,
    /// Why it is not known what others decided.
    trouble: Option<String>,
    /// Groups whose open proposals were taken over, with the token of the lease.
    taken: BTreeMap<String, u64>,
}

impl SameStance {
    pub(super) fn new(store: &Store) -> SameStance {
        let register = stance::register(store);
        SameStance { register, news: false, heard: false, trouble: None, taken: BTreeMap::new() }
    }
}

impl Engine {
    /// Something was decided here: it is shared as soon as the loop comes to it.
    pub(super) fn stance_changed(&mut self) {
        if let Some(same) = &mut self.same_stance {
            same.news = true;
        }
    }

    /// True while something decided here waits to be shared.
    pub(super) fn stance_waits(&self) -> bool {
        self.same_stance.as_ref().is_some_and(|same| same.news)
    }

    /// Why what the others' operators decided could not be read the last time.
    pub(super) fn stance_trouble(&self) -> Option<String> {
        self.same_stance.as_ref()?.trouble.clone()
    }

    /// Why nothing may be done: what the others' operators decided is not known.
    pub(super) fn stance_unknown(&self) -> Option<String> {
        let unread = self.same_stance.as_ref().is_some_and(|same| !same.heard);
        let unread =
            || unread.then(|| "what operators decided has not been read from the shared store yet".into());
        self.stance_trouble().or_else(unread)
    }

    /// Compares what was decided here with the shared store, and follows what was decided elsewhere.
    pub(super) async fn share_stance(&mut self) -> Result<(), StoreError> {
        let base: Option<Stance> = self.store.get(BASE)?;
        let (local, held) = (self.stance()?, self.held_tokens());
        let Some(same) = self.same_stance.as_mut() else { return Ok(()) };
        same.news = false;
        let look = stance::agree(&same.register, base.as_ref(), &local);
        let found = tokio::time::timeout(LOOK, look).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", LOOK.as_secs());
            Err(SharedError::Unreachable { url: same.register.url().to_owned(), reason })
        });
        match found {
            Ok((before, agreed)) => {
                (same.heard, same.trouble) = (true, None);
                let kept = Stance { open: BTreeMap::new(), ..agreed };
                if base.as_ref() != Some(&kept) {
                    self.store.set(BASE, &kept)?;
                }
                self.follow_stance(&kept).await?;
                self.take_over(&before.open, held)
            }
            Err(error) => {
                same.trouble = Some(format!("what operators decided is not known: {error}"));
                Ok(())
            }
        }
    }

    /// What was decided here, and what is open of the groups that are held.
    fn stance(&self) -> Result<Stance, StoreError> {
        let mut local = Stance { brake: self.brake, ..Stance::default() };
        let Some(same) = &self.same_stance else { return Ok(local) };
        let held = self.held_tokens();
        for watched in &self.groups {
            if let Some(mode) = self.store.get::<Mode>(&format!("mode:{}", watched.name))? {
                local.modes.insert(watched.name.clone(), mode);
            }
            let token = held.get(&watched.name).filter(|token| same.taken.get(&watched.name) == Some(token));
            if let Some(token) = token {
                let open = Open {
                    token: *token,
                    proposal: watched.proposal.clone(),
                    snoozed: watched.snoozed.clone(),
                    rejected: watched.rejected,
                };
                local.open.insert(watched.name.clone(), open);
            }
        }
        Ok(local)
    }

    /// The groups whose lease is held here, with its token.
    fn held_tokens(&self) -> BTreeMap<String, u64> {
        let Some(keeper) = &self.leases else { return BTreeMap::new() };
        let token = |name: &String| Some((name.clone(), keeper.may_act(name, 0.0).ok()?));
        self.groups.iter().filter_map(|watched| token(&watched.name)).collect()
    }

    /// Does here what was decided elsewhere.
    async fn follow_stance(&mut self, agreed: &Stance) -> Result<(), StoreError> {
        for (group, mode) in &agreed.modes {
            if self.groups.iter().any(|watched| watched.name == *group && watched.mode != *mode) {
                self.note(Some(group), "shared", format!("{} was chosen elsewhere", mode.name()))?;
                // It refuses only a group that is not there.
                let _ = self.set_mode(SELF, group, *mode).await?;
            }
        }
        if agreed.brake != self.brake {
            let what = if agreed.brake { "pulled" } else { "released" };
            self.note(None, "shared", format!("the brake was {what} elsewhere"))?;
            // It refuses nothing.
            let _ = self.set_brake(SELF, agreed.brake)?;
        }
        if let Some(same) = &mut self.same_stance {
            same.news = false;
        }
        Ok(())
    }

    /// Takes over what the holders before left open, of groups whose lease was held before the look began.
    fn take_over(
        &mut self,
        open: &BTreeMap<String, Open>,
        held: BTreeMap<String, u64>,
    ) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            let name = self.groups[at].name.clone();
            let known = self.same_stance.as_ref().and_then(|same| same.taken.get(&name));
            let Some(token) = held.get(&name).filter(|token| known != Some(token)) else { continue };
            if let Some(left) = open.get(&name).filter(|left| left.token < *token) {
                self.inherit(at, left)?;
            }
        }
        if let Some(same) = &mut self.same_stance {
            same.taken = held;
        }
        Ok(())
    }

    fn inherit(&mut self, at: usize, left: &Open) -> Result<(), StoreError> {
        let watched = &mut self.groups[at];
        watched.rejected = watched.rejected.or(left.rejected);
        let answers = watched.mode == Mode::Approve;
        let (open, asleep) = (watched.proposal.is_some(), watched.snoozed.is_some());
        let lives = |proposal: &&Decision| answers && proposal.expires > self.now;
        if let Some(proposal) = left.proposal.as_ref().filter(lives).filter(|_| !open) {
            let taken = self.take_proposal(proposal, left.token)?;
            self.groups[at].proposal = Some(taken);
        }
        if let Some(snoozed) = left.snoozed.as_ref().filter(|_| answers && !asleep) {
            let taken = self.take_proposal(snoozed, left.token)?;
            self.store.set(&decide::snooze_key(&taken.group), &Some(taken.id))?;
            self.groups[at].snoozed = Some(taken);
        }
        Ok(())
    }

    /// Writes a proposal of another agent down as one of our own.
    fn take_proposal(&mut self, proposal: &Decision, token: u64) -> Result<Decision, StoreError> {
        let mut taken = Decision { id: 0, ..proposal.clone() };
        let text = format!("taken over from lease {token}, {}", decide::words(&taken));
        let entry = self.entry(SELF, Some(&taken.group), "proposed", text, None);
        self.store.record(&mut taken, entry)?;
        Ok(taken)
    }
}
