//! Acts as a home tells of them, and the calls that they consist of.

use std::path::Path;

use prescale::domain::actuator::Act;
use rusqlite::{Connection, OpenFlags};

use super::{gate::Call, home::Home};

/// The calls that `act` consists of: operation and size.
pub fn wanted(act: &Act) -> Vec<(&'static str, u32)> {
    match act {
        Act::Desired { to } => vec![("SetDesiredCapacity", *to)],
        Act::Floor { min, .. } => vec![("UpdateAutoScalingGroup", *min)],
        Act::Schedule(window) => {
            let set = window.start.map(|_| ("PutScheduledUpdateGroupAction", window.min));
            [("PutScheduledUpdateGroupAction", window.own)].into_iter().chain(set).collect()
        }
    }
}

/// Takes the calls of `act` off the front of `calls`; those that delete scheduled actions do not count.
pub fn take(act: &Act, calls: &mut Vec<Call>) -> Vec<Call> {
    let unschedules = matches!(act, Act::Floor { unschedule: true, .. });
    while unschedules && calls.first().is_some_and(|call| call.operation == "DeleteScheduledAction") {
        calls.remove(0);
    }
    let mut made = Vec::new();
    for (operation, size) in wanted(act) {
        if calls.first().is_none_or(|call| call.operation != operation || call.size != Some(size)) {
            break;
        }
        made.push(calls.remove(0));
    }
    made
}

/// An act as the journal and its decision tell it.
#[derive(Debug)]
pub struct Told {
    pub group: String,
    pub act: Act,
    pub stage: String,
    pub at: i64,
    /// The line of its intent.
    pub intent: i64,
    /// The line of its outcome, and what it says.
    pub outcome: Option<(i64, String)>,
}

/// What the home holds.
pub struct Kept {
    pub acts: Vec<Told>,
    /// Lines about changes by others.
    pub foreign: Vec<String>,
    /// The newest line of the journal.
    pub newest: i64,
}

const ACTS: &str = "SELECT d.id, d.group_name, d.stage, d.at / 1000000, json_extract(d.record, '$.act'), i.id
    FROM decisions d JOIN journal i ON i.decision = d.id AND i.kind = 'intent' ORDER BY i.id";

/// The newest lines of the journal, for what a failure says.
pub fn newest_lines(home: &Home) -> Vec<String> {
    let store =
        Connection::open_with_flags(home.path().join("data/prescale.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("the store can be read");
    let mut lines = store
        .prepare("SELECT coalesce(group_name, '') || ': ' || kind || ': ' || text FROM journal ORDER BY id DESC LIMIT 20")
        .expect("it has a journal");
    let lines = lines.query_map([], |row| row.get(0)).expect("it can be read");
    lines.collect::<Result<_, _>>().expect("lines are text")
}

impl Kept {
    pub fn read(home: &Home) -> Kept {
        let path = home.path().join("data/prescale.db");
        if !path.exists() {
            return Kept { acts: vec![], foreign: vec![], newest: 0 };
        }
        Kept::of(&path).expect("the store can be read")
    }

    pub fn of(path: &Path) -> rusqlite::Result<Kept> {
        let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if !store.table_exists(None, "journal")? {
            return Ok(Kept { acts: vec![], foreign: vec![], newest: 0 });
        }
        let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        assert_eq!(sound, "ok");
        let newest = store.query_row("SELECT coalesce(max(id), 0) FROM journal", [], |row| row.get(0))?;
        let mut foreign = store.prepare("SELECT text FROM journal WHERE text LIKE '%outside prescale%'")?;
        let foreign = foreign.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut outcome =
            store.prepare("SELECT id, text FROM journal WHERE decision = ?1 AND kind = 'outcome'")?;
        let mut select = store.prepare(ACTS)?;
        let mut acts = Vec::new();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let act: String = row.get(4)?;
            let lines: Vec<(i64, String)> =
                outcome.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            assert!(lines.len() <= 1, "decision {id} has {lines:?}");
            let stage: String = row.get(2)?;
            assert_eq!(stage == "intended", lines.is_empty(), "decision {id} is {stage} with {lines:?}");
            acts.push(Told {
                group: row.get(1)?,
                stage,
                at: row.get(3)?,
                act: serde_json::from_str(&act).expect("an act is JSON"),
                intent: row.get(5)?,
                outcome: lines.into_iter().next(),
            });
        }
        Ok(Kept { acts, foreign, newest })
    }
}
