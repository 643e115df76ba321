//! What a kill may not take: the agent is killed at seeded moments, and the store is read with plain SQL.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, OpenFlags};

use crate::support::{
    home::Home,
    running::Running,
    wait::{signal, until},
};

/// A line of the journal: group, kind, text, decision.
type Line = (Option<String>, String, String, Option<i64>);

fn config(mode: &str) -> String {
    format!("[source]\nspeed = 3600.0\n\n[defaults]\nmode = \"{mode}\"\n\n[train]\ndaily = false\n")
}

fn agent(home: &Home) -> Running {
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    Running::start(command)
}

fn kill(mut agent: Running) {
    signal(agent.0.id(), "KILL");
    assert_eq!(agent.end(), None, "it ended before it was killed");
}

fn open(home: &Home, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let store = Connection::open_with_flags(home.path().join("data/prescale.db"), flags)?;
    store.busy_timeout(Duration::from_secs(10))?;
    Ok(store)
}

/// One number from the store of a live agent; `None` while there is no such thing yet.
fn number(home: &Home, query: &str) -> Option<i64> {
    let store = open(home, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    store.query_row(query, [], |row| row.get(0)).ok()
}

/// The simulated clock as it was last promised, in seconds since the epoch: it is JSON within JSON.
const CLOCK: &str = "SELECT unixepoch(json_extract(json_extract(value, '$'), '$.now')) FROM settings \
                     WHERE key = 'simulator'";
const NEWEST: &str = "SELECT coalesce(max(id), 0) FROM journal";
const INTENTS: &str = "SELECT count(*) FROM journal WHERE kind = 'intent'";

/// Acts on groups without scaling policies; api-bursty has target tracking.
const APPLIED: &str = "FROM decisions WHERE stage = 'applied' AND group_name <> 'api-bursty'";

/// Everything that a kill may not take.
struct Kept {
    journal: BTreeMap<i64, Line>,
    stages: BTreeMap<i64, String>,
    samples: i64,
    clock: i64,
}

impl Kept {
    fn read(home: &Home) -> Kept {
        let store = open(home, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the store is there");
        let sound: String = store.query_row("PRAGMA integrity_check", [], |r| r.get(0)).expect("readable");
        assert_eq!(sound, "ok");
        let get = |query| store.query_row(query, [], |r| r.get(0)).expect("the tables are there");
        Kept {
            journal: rows(&store, "SELECT id, group_name, kind, text, decision FROM journal", |r| {
                Ok((r.get(0)?, (r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)))
            }),
            stages: rows(&store, "SELECT id, stage FROM decisions", |r| Ok((r.get(0)?, r.get(1)?))),
            samples: get("SELECT count(*) FROM samples"),
            clock: get(CLOCK),
        }
    }

    /// How many lines of `kind` speak of `decision`.
    fn lines(&self, kind: &str, decision: i64) -> usize {
        self.journal.values().filter(|l| l.1 == kind && l.3 == Some(decision)).count()
    }

    /// What holds at any moment: an intent has its decision, and an outcome exactly when that is over.
    fn check(&self) {
        for (_, kind, text, decision) in self.journal.values().filter(|l| l.1 == "intent") {
            let decision = decision.unwrap_or_else(|| panic!("{kind} without a decision: {text}"));
            let stage = self.stages.get(&decision).unwrap_or_else(|| panic!("no decision {decision}"));
            let over = match stage.as_str() {
                "intended" => 0,
                "applied" | "failed" => 1,
                other => panic!("decision {decision} was acted upon and is {other}"),
            };
            assert_eq!(self.lines("outcome", decision), over, "decision {decision} is {stage}");
        }
    }

    /// What holds from one kill to a later one: nothing that was promised is gone or changed.
    fn check_since(&self, before: &Kept) {
        for (id, line) in &before.journal {
            assert_eq!(self.journal.get(id), Some(line), "line {id} of the journal");
        }
        let last = before.journal.keys().last().copied().unwrap_or(0);
        let new = self.journal.keys().filter(|id| !before.journal.contains_key(id));
        assert!(new.into_iter().all(|id| *id > last), "ids of the journal go back");
        assert!(self.samples >= before.samples, "{} samples, then {}", before.samples, self.samples);
        assert!(self.clock >= before.clock, "the clock went back");
        for (id, _) in before.stages.iter().filter(|(_, stage)| *stage == "intended") {
            assert_ne!(self.stages[id], "intended", "decision {id} was left open by a restart");
        }
    }
}

fn rows<V>(
    store: &Connection,
    query: &str,
    read: fn(&rusqlite::Row<'_>) -> rusqlite::Result<(i64, V)>,
) -> BTreeMap<i64, V> {
    let mut select = store.prepare(query).expect("the tables are there");
    select.query_map([], read).expect("readable").collect::<Result<_, _>>().expect("readable")
}

#[test]
fn a_kill_at_any_moment_loses_no_acknowledged_write() {
    let home = Home::new(&config("auto"));
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(20);
    let mut before: Option<Kept> = None;
    for round in 0..8 {
        let clock = before.as_ref().map_or(0, |kept| kept.clock);
        let intents = number(&home, INTENTS).unwrap_or(0);
        let running = agent(&home);
        // The first minute is over, and with it what a restart does, once the clock has gone on.
        until("the clock to go on", || number(&home, CLOCK).filter(|now| *now > clock));
        if round % 2 == 0 {
            // As near to an act as can be seen from outside.
            until("an act", || number(&home, INTENTS).filter(|now| *now > intents));
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..300)));
        kill(running);
        let now = Kept::read(&home);
        now.check();
        if let Some(before) = &before {
            now.check_since(before);
        }
        before = Some(now);
    }
    let kept = before.expect("there were rounds");
    assert!(kept.journal.values().any(|l| l.1 == "outcome"), "the test must see acts");
    assert!(kept.samples > 0, "the test must see history");
}

/// Takes the outcome of the newest act away, as if the kill had come between the call and its answer.
fn interrupt(home: &Home, wanted: Option<u32>) -> i64 {
    let store = open(home, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the agent is gone");
    let find = format!("SELECT max(id) {APPLIED}");
    let id: i64 = store.query_row(&find, [], |row| row.get(0)).expect("something was applied");
    let to = wanted.map_or("json_extract(record, '$.to')".to_owned(), |to| to.to_string());
    let undo = format!(
        "DELETE FROM journal WHERE decision = {id} AND kind = 'outcome';
         UPDATE decisions SET stage = 'intended',
             record = json_set(record, '$.state', 'intended', '$.to', {to}, '$.act.to', {to}) WHERE id = {id};"
    );
    store.execute_batch(&undo).expect("the tables are there");
    id
}

#[test]
fn an_intention_without_an_outcome_is_looked_into_after_the_restart() {
    let home = Home::new(&config("auto"));
    let applied = format!("SELECT count(*) {APPLIED}");
    let running = agent(&home);
    until("an act", || number(&home, &applied).filter(|count| *count > 0));
    kill(running);
    let cases = [(None, "confirmed after a restart"), (Some(9_999), "interrupted by a restart")];
    for (wanted, words) in cases {
        let id = interrupt(&home, wanted);
        let newest = number(&home, NEWEST).expect("there is a journal");
        let running = agent(&home);
        let outcome = format!("SELECT id FROM journal WHERE decision = {id} AND kind = 'outcome'");
        let line = until("the outcome", || number(&home, &outcome));
        kill(running);
        let kept = Kept::read(&home);
        kept.check();
        assert!(line > newest && kept.journal[&line].2.contains(words), "{:?}", kept.journal[&line]);
    }
}

#[test]
fn in_observe_nothing_is_ever_done() {
    let home = Home::new(&config("observe"));
    let running = agent(&home);
    let start = until("the clock", || number(&home, CLOCK));
    until("six simulated hours", || number(&home, CLOCK).filter(|now| *now >= start + 6 * 3_600));
    kill(running);
    let kept = Kept::read(&home);
    let kinds: Vec<&str> = kept.journal.values().map(|line| line.1.as_str()).collect();
    assert!(kinds.contains(&"advised"), "the test must see advice: {kinds:?}");
    assert!(!kinds.contains(&"intent") && !kinds.contains(&"outcome"), "{kinds:?}");
    assert!(kept.stages.values().all(|stage| stage == "advised"), "{:?}", kept.stages);
}
