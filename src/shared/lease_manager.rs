//! One agent's part in the table of leases: renew, notice who died, take, give up.
//!
//! [`LeaseManager::sync`] is one round with the store; [`LeaseManager::may_act`] the question before each act. A round that
//! fails changes nothing but words: what is held runs out by itself.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    SharedError,
    moment::{ClockReading, Ticks},
    register::{PutOutcome, Register},
    split::split,
    table::{AgentRecord, Lease, LeaseTable},
};
use crate::domain::{Seconds, Time, actuator::HeldFloor, shift};

/// Longest time, in the machine's, that a round may take.
const ROUND: Duration = Duration::from_secs(5);
/// Tries of a round against others that write at the same time.
const TRIES: usize = 8;
/// Longest term, in seconds of the engine's time.
const LONGEST: f64 = 300.0;

/// Who an agent is. The identity is new with each process, or that of processes of which one runs at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Identity, different from that of every other process that runs.
    pub id: String,
    /// Machine.
    pub host: String,
    /// Process there.
    pub pid: u32,
}

/// What a round changed.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaseChange {
    /// A group is held from now on.
    Gained {
        /// Group.
        group: String,
        /// Fencing token.
        epoch: u64,
        /// The floor that the holder before left, where there was one: `Some(None)` is none.
        floor: Option<Option<HeldFloor>>,
    },
    /// A group is held no longer.
    Lost {
        /// Group.
        group: String,
    },
}

/// The floors that are in force, of the groups that the engine watches.
pub type Floors = BTreeMap<String, Option<HeldFloor>>;

/// One agent's leases.
pub struct LeaseManager {
    register: Register,
    ticks: Box<dyn Ticks>,
    me: Holder,
    term: f64,
    serial: u64,
    /// Of each other agent: its newest serial, and when that was first seen.
    seen: BTreeMap<String, (u64, ClockReading)>,
    /// What is ours by the last round that was confirmed, less what was given up since.
    held: BTreeMap<String, u64>,
    /// The moment before the last confirmed renewal was sent.
    renewed: Option<ClockReading>,
    /// When the last round began, whatever became of it.
    tried: Option<ClockReading>,
    /// The table as last seen.
    table: LeaseTable,
    wants: BTreeSet<String>,
    trouble: Option<SharedError>,
    changes: Vec<LeaseChange>,
}

impl LeaseManager {
    /// The lease manager of an agent that looks at its groups each `cycle`.
    ///
    /// The term is four fifths of a cycle, five minutes at the most, and leases are renewed three times within it. So
    /// another agent has seen the last renewal after a third of it, waits for the term, looks again within a third,
    /// and a second one has its share within another: less than two cycles after a death.
    pub fn new(register: Register, ticks: Box<dyn Ticks>, me: Holder, cycle: Seconds) -> LeaseManager {
        LeaseManager {
            register,
            ticks,
            me,
            term: (0.8 * cycle as f64).min(LONGEST),
            serial: 0,
            seen: BTreeMap::new(),
            held: BTreeMap::new(),
            renewed: None,
            tried: None,
            table: LeaseTable::default(),
            wants: BTreeSet::new(),
            trouble: None,
            changes: Vec::new(),
        }
    }

    /// Where the leases lie.
    pub fn url(&self) -> &str {
        self.register.url()
    }

    /// Why the last round failed, if it did.
    pub fn trouble(&self) -> Option<&SharedError> {
        self.trouble.as_ref()
    }

    /// Time of the machine until the next round is due; none for one that is overdue.
    pub fn due_in(&self) -> Duration {
        let age = self.tried.map_or(f64::INFINITY, |at| self.ticks.now().at_most_since(at));
        self.ticks.machine((self.term / 3.0 - age).max(0.0))
    }

    /// True when a round is due, or would be for other groups than those wanted last.
    pub fn is_due(&self, wants: &BTreeSet<String>) -> bool {
        self.due_in().is_zero() || (*wants != self.wants && self.trouble.is_none())
    }

    /// One round with the store: renews what is held, takes and gives up what is to be, and notes who died. What
    /// changed is returned; trouble is kept for [`LeaseManager::trouble`].
    ///
    /// `wants` are the groups that this agent would act on, `floors` what it keeps of each, `now` the engine's time,
    /// for people who read the table.
    pub async fn sync(&mut self, wants: BTreeSet<String>, floors: &Floors, now: Time) -> Vec<LeaseChange> {
        self.wants = wants;
        self.tried = Some(self.ticks.now());
        let round = tokio::time::timeout(ROUND, self.round(floors, now, false)).await;
        self.trouble = self.answer(round).err();
        std::mem::take(&mut self.changes)
    }

    /// Takes this agent out of the table, so that others need not wait.
    ///
    /// # Errors
    /// [`SharedError`]: then the leases end by themselves.
    pub async fn leave(&mut self, floors: &Floors, now: Time) -> Result<(), SharedError> {
        let round = tokio::time::timeout(ROUND, self.round(floors, now, true)).await;
        self.held.clear();
        self.answer(round)
    }

    fn answer<E>(&self, round: Result<Result<(), SharedError>, E>) -> Result<(), SharedError> {
        round.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", ROUND.as_secs());
            Err(SharedError::Unreachable { url: self.url().to_owned(), reason })
        })
    }

    /// The fencing token of `group`, if it is held for longer than `deadline` seconds from now; or why not.
    pub fn may_act(&self, group: &str, deadline: f64) -> Result<u64, String> {
        let (Some(epoch), Some(renewed)) = (self.held.get(group), self.renewed) else {
            return Err(self.why_not(group));
        };
        let age = self.ticks.now().at_most_since(renewed);
        if age + deadline < self.term {
            return Ok(*epoch);
        }
        let trouble = self.trouble.as_ref().map(|e| format!(": {e}")).unwrap_or_default();
        Err(format!("lease {epoch} was renewed {age:.0} s ago and runs out at {:.0} s{trouble}", self.term))
    }

    fn why_not(&self, group: &str) -> String {
        if let Some(trouble) = &self.trouble {
            return format!("no lease: {trouble}");
        }
        let Some(lease) = self.table.leases.get(group) else { return "no agent holds a lease yet".into() };
        match lease.holder.as_ref().and_then(|id| self.table.agents.get(id)) {
            Some(agent) => format!("{} holds lease {}", agent.words(), lease.epoch),
            None => format!("no agent holds a lease since number {} was released", lease.epoch),
        }
    }

    /// Reads the table, changes it, writes it; again where somebody else was faster.
    async fn round(&mut self, floors: &Floors, now: Time, leaving: bool) -> Result<(), SharedError> {
        for _ in 0..TRIES {
            let (version, bytes) = self.register.newest().await?;
            let mut next = self.parse(version, &bytes)?;
            self.look(&next);
            self.bury(&mut next);
            let inherited = match leaving {
                true => self.withdraw(&mut next, floors),
                false => self.claim(&mut next, version + 1, floors, now),
            };
            self.let_go(&next);
            let started = self.ticks.now();
            let bytes = serde_json::to_vec(&next).map_err(|e| {
                SharedError::damaged(&self.register.name(version + 1), e, "this is an error of prescale")
            })?;
            if self.register.put(version + 1, bytes).await? == PutOutcome::Newest {
                self.accept(next, started, inherited);
                return Ok(());
            }
        }
        Err(SharedError::Contended(TRIES))
    }

    fn parse(&self, version: u64, bytes: &[u8]) -> Result<LeaseTable, SharedError> {
        if version == 0 {
            return Ok(LeaseTable::default());
        }
        let fix = "stop every agent that uses the store, then remove the folder leases/";
        let wrong = |why: String| SharedError::damaged(&self.register.name(version), why, fix);
        let table: LeaseTable = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        match table.agents.values().find(|a| !(a.term.is_finite() && a.term > 0.0)) {
            Some(agent) => Err(wrong(format!("{} has a term of {} s", agent.words(), agent.term))),
            None => Ok(table),
        }
    }

    /// Notes when each other agent's newest serial was first seen.
    fn look(&mut self, table: &LeaseTable) {
        let now = self.ticks.now();
        self.seen.retain(|id, _| table.agents.contains_key(id));
        for (id, agent) in table.agents.iter().filter(|(id, _)| **id != self.me.id) {
            let seen = self.seen.entry(id.clone()).or_insert((agent.serial, now));
            if seen.0 != agent.serial {
                *seen = (agent.serial, now);
            }
        }
        self.table = table.clone();
    }

    /// Takes those out whose last renewal has been seen for their whole term.
    fn bury(&self, table: &mut LeaseTable) {
        let now = self.ticks.now();
        let expired = |id: &String, agent: &AgentRecord| {
            self.seen.get(id).is_some_and(|(_, since)| now.at_least_since(*since) >= agent.term)
        };
        table.agents.retain(|id, agent| !expired(id, agent));
        table.free_orphans();
    }

    /// Renews this agent and takes its share. Returns what earlier holders left of the groups taken.
    fn claim(
        &mut self,
        next: &mut LeaseTable,
        version: u64,
        floors: &Floors,
        now: Time,
    ) -> BTreeMap<String, Option<Option<HeldFloor>>> {
        // An identity may outlive its process: others must see a number that they have not seen.
        self.serial = next.agents.get(&self.me.id).map_or(self.serial, |was| was.serial.max(self.serial)) + 1;
        let agent = AgentRecord {
            host: self.me.host.clone(),
            pid: self.me.pid,
            serial: self.serial,
            term: self.term,
            expires: shift(now, self.term as Seconds),
            groups: self.wants.clone(),
        };
        next.agents.insert(self.me.id.clone(), agent);
        self.keep_floors(next, floors);
        let shares = split(next);
        let ours = |group: &String| shares.get(group) == Some(&self.me.id);
        for (group, lease) in &mut next.leases {
            lease.holder.take_if(|holder| *holder == self.me.id && !ours(group));
        }
        let mut inherited = BTreeMap::new();
        for group in shares.keys().filter(|group| ours(group)) {
            let known = next.leases.get(group).cloned();
            if known.as_ref().is_some_and(|lease| lease.holder.is_some()) {
                continue;
            }
            inherited.insert(group.clone(), known.as_ref().map(|lease| lease.floor));
            let floor = known.map_or_else(|| floors.get(group).copied().flatten(), |lease| lease.floor);
            next.leases
                .insert(group.clone(), Lease { holder: Some(self.me.id.clone()), epoch: version, floor });
        }
        next.tidy();
        inherited
    }

    fn withdraw(
        &mut self,
        next: &mut LeaseTable,
        floors: &Floors,
    ) -> BTreeMap<String, Option<Option<HeldFloor>>> {
        self.keep_floors(next, floors);
        next.remove(&self.me.id);
        next.tidy();
        BTreeMap::new()
    }

    /// Writes the floors of what has been held since before this round into the table.
    fn keep_floors(&self, next: &mut LeaseTable, floors: &Floors) {
        for (group, lease) in &mut next.leases {
            let ours =
                lease.holder.as_ref() == Some(&self.me.id) && self.held.get(group) == Some(&lease.epoch);
            if let Some(floor) = floors.get(group).filter(|_| ours) {
                lease.floor = *floor;
            }
        }
    }

    /// Forgets what the version about to be written gives up: from here on it may be somebody else's, even if
    /// the answer to the write is lost.
    fn let_go(&mut self, next: &LeaseTable) {
        let me = &self.me.id;
        let stays = |group: &String, epoch: &u64| {
            next.leases.get(group).is_some_and(|l| l.holder.as_ref() == Some(me) && l.epoch == *epoch)
        };
        let (held, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.held).into_iter().partition(|(group, epoch)| stays(group, epoch));
        self.held = held;
        self.changes.extend(lost.into_keys().map(|group| LeaseChange::Lost { group }));
    }

    /// Takes in a version that is known to be the newest.
    fn accept(
        &mut self,
        next: LeaseTable,
        started: ClockReading,
        mut inherited: BTreeMap<String, Option<Option<HeldFloor>>>,
    ) {
        let me = self.me.id.clone();
        for (group, lease) in next.held_by(&me) {
            if self.held.insert(group.clone(), lease.epoch) != Some(lease.epoch) {
                // Taken in a round whose answer was lost: what it inherited stands in the table.
                let floor = inherited.remove(group).unwrap_or(Some(lease.floor));
                let group = group.clone();
                self.changes.push(LeaseChange::Gained { group, epoch: lease.epoch, floor });
            }
        }
        self.renewed = Some(started);
        self.table = next;
    }
}
