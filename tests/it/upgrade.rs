//! A home written by 0.1 opens and goes on: configuration, calendar, models and store.

use std::{fs, path::Path};

use prescale::{
    domain::{actuator::HeldFloor, decision::Mode},
    store::{Store, keys},
};
use serde_json::Value;

use crate::support::{
    home::Home,
    running::Running,
    wait::{signal, until},
};

/// A home as 0.1 left it when it was killed: two groups in `auto`, one of them on a floor of ours, one open proposal.
fn written_by_0_1() -> Home {
    let home = Home::new("");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/written_by_0_1"), home.path());
    home
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is ours");
    for entry in fs::read_dir(from).expect("the fixture is there") {
        let entry = entry.expect("the fixture is readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the folder is ours");
        }
    }
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let out = home.command(arguments).output().expect("the binary starts");
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("one document")
}

#[test]
fn configuration_calendar_and_history_of_0_1_are_read() {
    let home = written_by_0_1();
    let check = home.command(&["config", "check"]).output().expect("the binary starts");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let events = json(&home, &["calendar", "list", "--json"]);
    assert!(!events.to_string().is_empty() && events != Value::Null);
    let report = json(&home, &["report", "--json"]);
    assert!(report.to_string().contains("api-bursty"), "{report}");
    let replayed = json(&home, &["explain", "--replay", "--all", "--json"]);
    let count = |key: &str| replayed[key].as_u64();
    assert!(count("without_inputs") > Some(0) && count("same") == Some(0), "{replayed}");
    assert_eq!(replayed["different"], Value::Array(vec![]), "what has no inputs is counted, and no failure");
}

#[test]
fn a_store_of_0_1_goes_on_with_its_floor_proposal_modes_and_model() {
    let home = written_by_0_1();
    let path = home.path().join("data/prescale.db");
    let (lines, open, held) = {
        let store = Store::read_only(&path).expect("0.1 wrote it");
        let held: Option<HeldFloor> = store.get(&keys::floor("api-bursty")).expect("readable").flatten();
        let lines = store.journal(5_000, None).expect("readable");
        (lines.len(), store.open_decisions().expect("readable").len(), held.expect("0.1 held one"))
    };
    assert!(lines > 10 && open > 0);
    let mut command = home.command(&["agent"]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut agent = Running::start(command);
    let journal = || Store::read_only(&path).and_then(|s| s.journal(5_000, None)).map_or(0, |l| l.len());
    until("the agent goes on with the journal", || (journal() > lines + 3).then_some(()));
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));

    let store = Store::read_only(&path).expect("the agent has ended");
    let memory: Value = store.get(&keys::memory("api-bursty")).expect("readable").expect("it is written now");
    assert!(memory["learned_from"].is_string(), "{memory}");
    let texts: Vec<String> =
        store.journal(5_000, None).expect("readable").into_iter().map(|line| line.text).collect();
    let own = held.own;
    assert!(
        texts.iter().any(|text| text.contains(&format!("MinSize is {own}"))),
        "the floor of 0.1 goes back at the clean end: {texts:#?}"
    );
    assert_eq!(store.get::<Mode>(&keys::mode("api-bursty")).expect("readable"), None, "nobody chose one");
}
