//! `prescale explain` on the history of an agent: while it runs, and after somebody altered a record.

use std::process::{Output, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::support::{
    home::Home,
    running::Running,
    wait::{signal, until},
};

/// Groups act, an hour a second.
const ACTING: &str = "[source]\nspeed = 3600.0\n\n[defaults]\nmode = \"auto\"\n\n[train]\ndaily = false\n";

/// What `prescale` says in `home`.
fn said(home: &Home, arguments: &[&str]) -> Output {
    home.command(arguments).output().expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// Id and group of the newest decision that was applied by a plan, once there are some.
fn applied(home: &Home) -> Option<(i64, String)> {
    let path = home.path().join("data/prescale.db");
    let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let query = "SELECT id, group_name FROM decisions WHERE stage = 'applied'
        AND json_extract(record, '$.plan.policy') = 'capacity' AND id > 3 ORDER BY id DESC LIMIT 1";
    store.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

#[test]
fn decisions_are_explained_and_replayed_beside_the_agent_and_an_altered_one_is_refused() {
    let home = Home::new(ACTING);
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut agent = Running::start(command);
    let (id, group) = until("some decisions", || applied(&home));
    let name = id.to_string();

    let told = said(&home, &["explain", &name]);
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    let told = text(&told.stdout);
    let parts = [
        "Known then\n",
        "load now ",
        "Forecast made at ",
        "Plan: wants ",
        "Preflight: allows ",
        "Afterwards, ",
    ];
    assert!(told.starts_with(&format!("{group}, decision {id}, ")), "{told}");
    assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    let markdown = said(&home, &["explain", &name, "--markdown"]);
    assert!(text(&markdown.stdout).contains("\n## Known then\n"), "{}", text(&markdown.stdout));
    let json = said(&home, &["explain", &name, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(json["decision"]["plan"]["inputs"].is_object() && json["forecast"]["steps"].is_array(), "{json}");
    let at = json["decision"]["at"].as_str().expect("a moment");
    let by_time = said(&home, &["explain", at, "--group", &group, "--json"]);
    let by_time: serde_json::Value = serde_json::from_slice(&by_time.stdout).expect("JSON");
    assert_eq!(by_time["decision"]["at"], json["decision"]["at"]);

    let missing = said(&home, &["explain", "999999"]);
    assert_eq!(missing.status.code(), Some(2));
    let why = text(&missing.stderr);
    assert!(why.contains("there is no decision 999999; the nearest: "), "{why}");
    assert_eq!(said(&home, &["explain", "noon"]).status.code(), Some(2));

    let replayed = said(&home, &["explain", "--replay", "--all"]);
    assert_eq!(replayed.status.code(), Some(0), "{}", text(&replayed.stdout));
    assert!(text(&replayed.stdout).contains(" come out the same, 0 do not"), "{}", text(&replayed.stdout));
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
    altered(&home, id, &name);
}

fn altered(home: &Home, id: i64, name: &str) {
    let store = Connection::open(home.path().join("data/prescale.db")).expect("nobody has it");
    let alter = "UPDATE decisions SET record = json_set(record, '$.plan.want', 999) WHERE id = ?1";
    assert_eq!(store.execute(alter, [id]).expect("valid SQL"), 1);
    drop(store);
    for arguments in [vec!["explain", "--replay", "--all"], vec!["explain", "--replay", name]] {
        let out = said(home, &arguments);
        let told = text(&out.stdout);
        assert_eq!(out.status.code(), Some(1), "{told}");
        assert!(told.contains(&format!("decision {id} of ")), "{told}");
        assert!(told.contains("plan.want: recorded 999; recomputed by "), "{told}");
    }
}
