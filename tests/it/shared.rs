//! Two agents share a fleet, and one of them is killed again and again: no group is acted on twice, none is left alone
//! for longer than two cycles.
//!
//! Each agent lives in a simulated world of its own, at high speed; what they share is the folder of leases. That one
//! acted after another had begun to is seen from the order in which their journals show intents: they are read in
//! turns, and what was absent in a read that began after another read had ended came later, however slow the machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
    time::Duration,
};

use chrono::{DateTime, Utc};
use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

use crate::support::{
    home::Home,
    running::Running,
    wait::{signal, until},
};

const KILLS: usize = 100;
/// Seconds of two cycles, by the engine's clock.
const TWO_CYCLES: i64 = 600;
/// Leases are renewed three times within a term and a cycle is little more than a term: so often the survivor looks within two
/// cycles at the most. Where the machine holds it up it looks less often, and what it may take is counted in looks.
const LOOKS: usize = 8;
/// Groups of the embedded fleet.
const FLEET: usize = 4;

/// The shared table, as it lies in the folder.
#[derive(Debug, Deserialize)]
struct Table {
    agents: BTreeMap<String, Agent>,
    leases: BTreeMap<String, Lease>,
}

#[derive(Debug, Clone, Deserialize)]
struct Agent {
    pid: u32,
    term: f64,
    expires: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Lease {
    holder: Option<String>,
}

impl Table {
    /// The newest version; `None` before the first, or when it is deleted just now.
    fn read(folder: &Path) -> Option<Table> {
        let names = std::fs::read_dir(folder.join("leases")).ok()?.flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let newest = names.filter(|name| name.ends_with(".json")).max()?;
        let text = std::fs::read_to_string(folder.join("leases").join(newest)).ok()?;
        Some(serde_json::from_str(&text).expect("a version is whole or not there"))
    }

    /// True when each group is held by one of these processes.
    fn is_held_by(&self, pids: &[u32]) -> bool {
        let lives = |id: &String| self.agents.get(id).is_some_and(|agent| pids.contains(&agent.pid));
        self.leases.len() == FLEET && self.leases.values().all(|l| l.holder.as_ref().is_some_and(lives))
    }

    fn of(&self, pid: u32) -> Option<&Agent> {
        self.agents.values().find(|agent| agent.pid == pid)
    }

    /// Moment of that agent's engine when it wrote its last renewal.
    fn renewed(&self, pid: u32) -> Option<DateTime<Utc>> {
        self.of(pid).map(|agent| agent.expires - Duration::from_secs_f64(agent.term))
    }
}

/// An intent under a lease.
#[derive(Debug, Clone)]
struct Intent {
    group: String,
    token: i64,
    /// The last read of this journal that did not show it, and the first that did.
    between: (usize, usize),
}

/// One agent with its home; the process changes, the home stays.
struct Member {
    home: Home,
    process: Running,
    intents: BTreeMap<i64, Intent>,
    /// Number of the last read of its journal.
    read: usize,
}

impl Member {
    fn start(folder: &Path) -> Member {
        let home = Home::new(&format!(
            "[source]\nspeed = 300.0\n\n[cycle]\nminutes = 5\n\n[defaults]\nmode = \"auto\"\nmodel_gate = false\n\n\
             [train]\ndaily = false\n\n[shared]\nurl = \"{}\"\n",
            folder.display()
        ));
        let process = agent(&home);
        Member { home, process, intents: BTreeMap::new(), read: 0 }
    }

    fn pid(&self) -> u32 {
        self.process.0.id()
    }

    fn kill(&mut self) {
        signal(self.pid(), "KILL");
        assert_eq!(self.process.end(), None, "it ended before it was killed");
        self.process = agent(&self.home);
    }

    fn store(&self) -> rusqlite::Result<Connection> {
        let path = self.home.path().join("data/prescale.db");
        let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        store.busy_timeout(Duration::from_secs(10))?;
        Ok(store)
    }

    /// Takes in the intents that are new in the journal; `number` counts the reads of both journals.
    fn look(&mut self, number: usize) {
        let newest = self.intents.keys().last().copied().unwrap_or(0);
        // A home that has no store yet has no intents.
        let Ok(rows) = self.store().and_then(|store| intents(&store, newest)) else { return };
        let between = (self.read, number);
        self.read = number;
        self.intents
            .extend(rows.into_iter().map(|(id, group, token)| (id, Intent { group, token, between })));
    }

    /// Ids of the decisions that were really carried out.
    fn applied(&self) -> BTreeSet<i64> {
        let store = self.store().expect("there is a store");
        let mut select =
            store.prepare("SELECT id FROM decisions WHERE stage = 'applied'").expect("the tables are there");
        select.query_map([], |row| row.get(0)).expect("readable").collect::<Result<_, _>>().expect("readable")
    }
}

fn agent(home: &Home) -> Running {
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    Running::start(command)
}

fn intents(store: &Connection, after: i64) -> rusqlite::Result<Vec<(i64, String, i64)>> {
    let mut select = store.prepare(
        "SELECT id, group_name, json_extract(record, '$.lease') FROM decisions
         WHERE id > ?1 AND json_extract(record, '$.lease') IS NOT NULL ORDER BY id",
    )?;
    select.query_map([after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// Reads the journals of both in turn.
struct Watch {
    reads: usize,
}

impl Watch {
    fn look(&mut self, both: &mut [Member]) {
        for member in both {
            self.reads += 1;
            member.look(self.reads);
        }
    }
}

/// That no act of the one came after an intent of the other under a larger token, and no token has two holders.
fn never_twice(both: &[Member]) {
    for (one, other) in [(&both[0], &both[1]), (&both[1], &both[0])] {
        let applied = one.applied();
        for (id, act) in one.intents.iter().filter(|(id, _)| applied.contains(id)) {
            for later in other.intents.values().filter(|later| later.group == act.group) {
                assert_ne!(act.token, later.token, "{act:?} and {later:?}");
                let came_after = act.between.0 > later.between.1;
                assert!(
                    act.token > later.token || !came_after,
                    "decision {id}, {act:?}, came after {later:?}"
                );
            }
        }
    }
}

#[test]
fn a_hundred_kills_leave_no_group_unowned_and_none_acted_on_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut both = Vec::from([Member::start(folder.path()), Member::start(folder.path())]);
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let mut watch = Watch { reads: 0 };
    let mut longest = 0;
    let pids = |both: &[Member]| [both[0].pid(), both[1].pid()];
    // The moments at which `of` renewed its leases until every group was held.
    let all_held = |both: &mut [Member], watch: &mut Watch, of: u32| {
        let mut renewed = BTreeSet::new();
        until("every group to be held by a live agent", || {
            watch.look(both);
            let table = Table::read(folder.path())?;
            renewed.extend(table.renewed(of));
            table.is_held_by(&pids(both)).then_some(())
        });
        renewed
    };
    let first = both[0].pid();
    all_held(&mut both, &mut watch, first);
    for _ in 0..KILLS {
        let pause = rng.random_range(0..600);
        for _ in 0..pause / 20 {
            watch.look(&mut both);
            std::thread::sleep(Duration::from_millis(20));
        }
        let victim = rng.random_range(0..2);
        let survivor = both[1 - victim].pid();
        both[victim].kill();
        let before = until("the table", || Table::read(folder.path())).renewed(survivor);
        let looks = all_held(&mut both, &mut watch, survivor);
        // One that had not joined when the other was killed has nothing to answer for.
        if let (Some(before), Some(after)) = (before, looks.last()) {
            let alone = (*after - before).num_seconds();
            let looked = looks.len();
            assert!(
                alone <= TWO_CYCLES || looked <= LOOKS,
                "a group was left alone for {alone} s, while the other renewed its leases {looked} times"
            );
            longest = longest.max(alone);
        }
    }
    watch.look(&mut both);
    never_twice(&both);
    let tokens: BTreeSet<i64> = both.iter().flat_map(|m| m.intents.values().map(|i| i.token)).collect();
    let acts: usize = both.iter().map(|m| m.intents.len()).sum();
    println!(
        "{acts} acts under {} leases; the longest wait was {longest} s of two cycles' 600 s",
        tokens.len()
    );
    assert!(both.iter().all(|m| m.intents.len() > 5) && tokens.len() > 10, "the test must see acts");
}
