//! The table of leases: which agents there are, and which group each of them holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{Time, actuator::HeldFloor};

/// Who holds what, as one version of the shared object says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseTable {
    /// Agents that take part, by the identity of their process.
    pub agents: BTreeMap<String, AgentRecord>,
    /// Leases, by group. One that nobody holds stays while somebody watches the group or a floor is to go back.
    pub leases: BTreeMap<String, Lease>,
}

/// One process that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Its machine.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// Another number with each renewal: how others see that it lives.
    pub serial: u64,
    /// Seconds after which others may take what it holds, unless they see a new serial.
    pub term: f64,
    /// The same as a moment of the agent's own clock. For people: nobody else's decision hangs on it.
    pub expires: Time,
    /// Groups that it would act on.
    pub groups: BTreeSet<String>,
}

impl AgentRecord {
    /// Who it is, in words.
    pub fn words(&self) -> String {
        format!("{} (pid {})", crate::domain::text::clean(&self.host, 64), self.pid)
    }
}

/// The right to act on one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// Identity of the agent that holds it, if one does.
    pub holder: Option<String>,
    /// Version of the table in which that agent took it: the fencing token. A later holder has a larger one.
    pub epoch: u64,
    /// A floor of ours that is in force, so that whoever comes next can put it back.
    #[serde(default)]
    pub floor: Option<HeldFloor>,
}

impl LeaseTable {
    /// Takes an agent out. Its leases are held by nobody then.
    pub fn remove(&mut self, agent: &str) {
        self.agents.remove(agent);
        self.free_orphans();
    }

    /// Frees the leases of agents that are not in the table.
    pub fn free_orphans(&mut self) {
        for lease in self.leases.values_mut() {
            lease.holder.take_if(|holder| !self.agents.contains_key(holder));
        }
    }

    /// Drops the leases that nobody holds, watches or needs.
    pub fn tidy(&mut self) {
        let agents = &self.agents;
        let watched = |group: &String| agents.values().any(|a| a.groups.contains(group));
        self.leases.retain(|group, l| l.holder.is_some() || l.floor.is_some() || watched(group));
    }

    /// Groups that `agent` holds, with their tokens.
    pub fn held_by<'a>(&'a self, agent: &'a str) -> impl Iterator<Item = (&'a String, &'a Lease)> {
        self.leases.iter().filter(move |(_, lease)| lease.holder.as_deref() == Some(agent))
    }
}
