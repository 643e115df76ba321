//! A world's state as text, from which it goes on after a restart.

use serde::{Deserialize, Serialize};

use super::{
    group::{Group, SimulatedState},
    record::Size,
    world::World,
};
use crate::domain::{Seconds, Time, shift, text::clean};

/// How long the sizes of groups are kept: longer than anybody asks for metrics.
const KEPT: Seconds = 40 * 86_400;

/// Everything that changes, without the traces: small enough to be written every few minutes.
#[derive(Debug, Serialize, Deserialize)]
struct Snapshot {
    version: u32,
    fingerprint: String,
    seed: u64,
    now: Time,
    groups: Vec<Saved>,
}

/// One group of a [`Snapshot`].
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    name: String,
    life: SimulatedState,
    changes: Vec<SizeChange>,
}

/// A change of a group's size at a tick.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum SizeChange {
    /// As it is written: in service, billed, desired.
    Numbers(i64, u32, u32, u32),
    /// As earlier releases wrote it, three times as long.
    Names(i64, Size),
}

impl SizeChange {
    fn from((tick, size): (i64, Size)) -> SizeChange {
        SizeChange::Numbers(tick, size.in_service, size.billed, size.desired)
    }

    fn read(self) -> (i64, Size) {
        match self {
            SizeChange::Numbers(tick, in_service, billed, desired) => {
                (tick, Size { in_service, billed, desired })
            }
            SizeChange::Names(tick, size) => (tick, size),
        }
    }
}

/// Form of [`Snapshot`].
const VERSION: u32 = 1;

impl World {
    /// Everything that changes, as JSON; [`World::restore`] goes on from it exactly.
    ///
    /// It is written again and again, so it must not grow for ever: sizes that are older than 40 days are let go before,
    /// here as well, and their metrics are unknown from then on.
    ///
    /// # Errors
    /// When it cannot be written as JSON, in words.
    pub fn snapshot(&mut self) -> Result<String, String> {
        let before = shift(self.now, -KEPT);
        self.groups.iter_mut().for_each(|group| group.record.forget(group.load.first_tick_at(before)));
        let saved = |group: &Group| Saved {
            name: group.spec.name.clone(),
            life: group.life.clone(),
            changes: group.record.since(group.first).into_iter().map(SizeChange::from).collect(),
        };
        let snapshot = Snapshot {
            version: VERSION,
            fingerprint: self.fingerprint.clone(),
            seed: self.seed,
            now: self.now,
            groups: self.groups.iter().map(saved).collect(),
        };
        serde_json::to_string(&snapshot).map_err(|e| format!("the simulation cannot be saved: {e}"))
    }

    /// Goes on from a snapshot of a world with the same specs, start and seed.
    ///
    /// # Errors
    /// In words, when the text is no snapshot or one of another world; nothing has changed then.
    pub fn restore(&mut self, text: &str) -> Result<(), String> {
        let snapshot: Snapshot = serde_json::from_str(text)
            .map_err(|e| format!("the saved simulation cannot be read: {}", clean(&e.to_string(), 200)))?;
        let names = snapshot.groups.iter().map(|g| g.name.as_str());
        if snapshot.version != VERSION
            || snapshot.fingerprint != self.fingerprint
            || snapshot.seed != self.seed
            || !names.eq(self.groups.iter().map(|g| g.spec.name.as_str()))
        {
            return Err("the saved simulation is from another fleet or release; starting over".into());
        }
        for (group, saved) in self.groups.iter_mut().zip(snapshot.groups) {
            let changes: Vec<(i64, Size)> = saved.changes.into_iter().map(SizeChange::read).collect();
            group.record.replace_since(group.first, &changes, saved.life.next);
            group.life = saved.life;
            group.life.roster.name_activities();
        }
        self.now = snapshot.now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_it_is_written_and_as_it_was() {
        let size = Size { in_service: 3, billed: 4, desired: 5 };
        let new = serde_json::to_string(&SizeChange::from((7, size))).expect("plain values");
        assert_eq!(new, "[7,3,4,5]");
        for text in [new.as_str(), "[7,{\"in_service\":3,\"billed\":4,\"desired\":5}]"] {
            let change: SizeChange = serde_json::from_str(text).expect("a change");
            assert_eq!(change.read(), (7, size));
        }
    }
}
