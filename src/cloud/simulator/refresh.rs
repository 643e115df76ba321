//! An instance refresh: every instance is replaced, the new one first.

use serde::{Deserialize, Serialize};

use super::{chance::Chance, roster::Roster};
use crate::domain::{Time, group::InstanceRefresh};

/// A refresh under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    total: u32,
    left: u32,
}

impl Refresh {
    /// Begins a refresh of all that `roster` lists; a tenth at a time.
    pub fn begin(roster: &mut Roster) -> Refresh {
        roster.set_outdated(true);
        let total = roster.outdated();
        Refresh { total, left: total }
    }

    /// Instances above the desired capacity that are launched before old ones end.
    pub fn extra(&self) -> u32 {
        (self.total / 10).max(1).min(self.left)
    }

    /// Ends old instances whose replacements serve, unless terminations are `held`. `None` when all is done;
    /// protected instances are left as they are.
    pub fn step(
        mut self,
        roster: &mut Roster,
        desired: u32,
        held: bool,
        (tick, now, chance): (i64, Time, Chance),
    ) -> Option<Refresh> {
        let mut ready = roster.serving().saturating_sub(desired);
        while roster.booting() == 0 && ready > 0 && !held && roster.terminate(tick, now, chance, true) {
            ready -= 1;
        }
        self.left = roster.outdated();
        if self.left > 0 || roster.booting() > 0 {
            return Some(self);
        }
        roster.set_outdated(false);
        None
    }

    /// What DescribeInstanceRefreshes says.
    pub fn shown(&self) -> InstanceRefresh {
        let percent = 100 * self.total.saturating_sub(self.left) / self.total.max(1);
        InstanceRefresh { status: "InProgress".into(), percent: u8::try_from(percent).ok() }
    }
}
