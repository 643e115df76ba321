//! Which room may know which, who reads the clock, who may act, and where libraries may be named.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::source::{Source, is_empty, named, offenders, sources};

/// Room, and the rooms that its code (not its tests) may name. The same table stands in `docs/architecture.md`.
const ARROWS: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("files", &[]),
    ("calendar", &["domain", "files"]),
    ("link", &["calendar", "domain", "files"]),
    ("forecast", &["domain", "files"]),
    ("plan", &["domain"]),
    ("cloud", &["domain"]),
    ("store", &["domain"]),
    ("shared", &["domain"]),
    ("config", &["domain", "files", "forecast", "plan"]),
    ("engine", &["calendar", "cloud", "domain", "files", "forecast", "link", "plan", "shared", "store"]),
    ("backtest", &["cloud", "domain", "engine", "plan", "store"]),
    (
        "agent",
        &[
            "backtest", "cloud", "config", "domain", "engine", "files", "http", "link", "plan", "shared",
            "store",
        ],
    ),
    ("http", &["link"]),
    ("console", &["calendar", "domain", "files", "link"]),
    ("report", &["domain", "store"]),
    (
        "cli",
        &[
            "agent", "backtest", "calendar", "cloud", "config", "console", "domain", "engine", "files",
            "forecast", "link", "plan", "report", "store",
        ],
    ),
];

/// Files outside `cli/` that may read the machine's clock, and why.
const CLOCKS: [(&str, &str); 13] = [
    ("src/engine/clock.rs", "the engine's clock"),
    ("src/engine/serve/run.rs", "the pace of minutes in the live task"),
    ("src/engine/jobs/training.rs", "the time left of a training, for its progress bar"),
    ("src/link/socket/client.rs", "how old the picture of an agent is that is lost"),
    ("src/link/socket/caller.rs", "how long a command of a shell waits"),
    ("src/http/answers.rs", "how long an answer about a group is given again"),
    ("src/http/latest.rs", "how old the newest view is"),
    ("src/cloud/simulator_http/http.rs", "how long a request takes to arrive"),
    ("src/cloud/sources/member.rs", "how long the others wait for a source"),
    ("src/cloud/sources/scalers.rs", "how long the changes of a source take of a minute"),
    ("src/engine/act/leave.rs", "how long a shutdown tries what does not answer"),
    ("src/cloud/aws/details.rs", "how long details of groups are read in one look"),
    ("src/console/mod.rs", "the pace of frames, and how long a message stays"),
];

/// Files of `forecast` that may touch the disk.
const MODEL_FILES: [&str; 4] = [
    "src/forecast/registry.rs",
    "src/forecast/registry/",
    "src/forecast/lstm/bundle.rs",
    "src/forecast/lstm/table.rs",
];

#[test]
fn rooms_know_only_those_that_the_table_allows() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        // Programs name what they start.
        if ["lib", "main", "bin"].contains(&room) {
            continue;
        }
        let Some(allowed) = arrows.get(room) else {
            wrong.push(format!("{}: the room {room} is not in the table", source.path));
            continue;
        };
        let names = named(&source.code).into_iter().filter(|n| arrows.contains_key(n.as_str()));
        let forbidden = names.filter(|n| n != room && !allowed.contains(&n.as_str()));
        wrong.extend(forbidden.map(|n| format!("{}: {room} may not know {n}", source.path)));
    }
    is_empty(wrong, "change the code, or the table here and in docs/architecture.md");
}

#[test]
fn the_table_has_no_arrow_that_the_code_does_not_use() {
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for source in sources() {
        used.extend(named(&source.code).into_iter().map(|n| (source.room().to_owned(), n)));
    }
    let unused = ARROWS.iter().flat_map(|(room, allowed)| allowed.iter().map(move |a| (*room, *a)));
    let unused = unused.filter(|(room, a)| !used.contains(&((*room).to_owned(), (*a).to_owned())));
    is_empty(unused.map(|(room, a)| format!("{room} -> {a}")).collect(), "arrows that nothing uses");
}

#[test]
fn the_page_shows_the_same_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).expect("docs/architecture.md");
    for (room, allowed) in ARROWS {
        let names = allowed.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
        let row = format!("| `{room}` | {} |", if names.is_empty() { "nothing of ours" } else { &names });
        assert!(page.contains(&row), "docs/architecture.md lacks the row\n{row}");
    }
}

#[test]
fn the_domain_is_pure() {
    let words =
        ["tokio", "ratatui", "crossterm", "aws_", "burn::", "rusqlite", "std::fs", "std::net", "async fn"];
    let found = offenders(|s| &s.text, &words, |s| s.room() != "domain");
    is_empty(found, "domain holds plain values");
}

#[test]
fn forecasts_and_plans_do_no_io() {
    let outside = |s: &Source| !["forecast", "plan"].contains(&s.room());
    let found = offenders(|s| &s.code, &["tokio", "std::net", "async fn", "rusqlite"], outside);
    is_empty(found, "forecast and plan are functions of their arguments");
    let disk = ["std::fs", "fs::", "File::"];
    let found =
        offenders(|s| &s.code, &disk, |s| outside(s) || MODEL_FILES.iter().any(|f| s.path.starts_with(f)));
    is_empty(found, "only model files and training tables are read or written here");
}

#[test]
fn only_the_engines_clock_reads_the_machines_clock() {
    let words = ["Utc::now", "Local::now", "SystemTime::now", "Instant::now", ".elapsed()"];
    let allowed = |s: &Source| s.room() == "cli" || CLOCKS.iter().any(|(path, _)| s.path == *path);
    is_empty(offenders(|s| &s.code, &words, allowed), "time is an argument");
    let wall = ["Utc::now", "Local::now", "SystemTime::now"];
    let allowed = |s: &Source| s.room() == "cli" || s.path == "src/engine/clock.rs";
    is_empty(offenders(|s| &s.code, &wall, allowed), "the date comes from the engine's clock");
}

#[test]
fn one_file_asks_for_capacity_and_one_file_tells_aws() {
    let is_cloud = |s: &Source| s.room() == "cloud" || s.path == "src/engine/act/execute.rs";
    let acts = [".set_desired(", ".set_floor(", ".schedule_floor(", ".unschedule_floor("];
    is_empty(offenders(|s| &s.code, &acts, is_cloud), "only engine/act/execute.rs may act");
    let methods = [
        ".set_desired_capacity()",
        ".update_auto_scaling_group()",
        ".put_scaling_policy()",
        ".put_scheduled_update_group_action()",
        ".delete_scheduled_action()",
        ".terminate_instance_in_auto_scaling_group()",
        ".put_metric_data()",
        ".put_metric_alarm()",
        ".execute_policy()",
    ];
    let found = offenders(|s| &s.code, &methods, |s| s.path == "src/cloud/aws/scaler.rs");
    is_empty(found, "only cloud/aws/scaler.rs calls what changes an account");
}

#[test]
fn only_the_cloud_room_knows_the_sdk_and_only_the_store_knows_sqlite() {
    let sdk = |s: &Source| s.path.starts_with("src/cloud/aws");
    is_empty(offenders(|s| &s.code, &["aws_sdk_", "aws_config"], sdk), "nothing of an SDK leaves cloud/aws");
    is_empty(offenders(|s| &s.code, &["rusqlite"], |s| s.room() == "store"), "SQL lives in the store");
    let prose = ["\"Launching", "\"Terminating EC2", "into warm pool", "from warm pool"];
    is_empty(offenders(|s| &s.code, &prose, |s| s.room() == "cloud"), "AWS's sentences stay in the cloud");
    let notify = |s: &Source| s.path.starts_with("src/agent/notify/");
    is_empty(offenders(|s| &s.code, &["reqwest"], notify), "only notifications speak HTTP");
    let serves = ["src/cloud/simulator_http/", "src/cli/simulate.rs", "src/http/server.rs"];
    let server = |s: &Source| serves.iter().any(|path| s.path.starts_with(path));
    is_empty(
        offenders(|s| &s.code, &["TcpListener"], server),
        "only the simulated AWS and the agent's listener are servers",
    );
    let http = |s: &Source| s.room() == "http";
    let words = ["axum", "hyper", "prometheus_client"];
    is_empty(offenders(|s| &s.code, &words, http), "the agent's HTTP stays in its room");
    let passed = |s: &Source| s.path == "src/agent/passed.rs";
    is_empty(offenders(|s| &s.code, &["listenfd"], passed), "sockets of systemd are taken in one file");
    let socket = |s: &Source| s.path.starts_with("src/link/socket/");
    let unix = ["UnixListener", "UnixStream"];
    is_empty(offenders(|s| &s.code, &unix, socket), "only the link opens Unix sockets");
    let shared = |s: &Source| s.room() == "shared";
    let stores = ["object_store", "parquet::"];
    is_empty(offenders(|s| &s.code, &stores, shared), "objects and their formats stay in shared");
    is_empty(offenders(|s| &s.code, &["burn::"], |s| s.room() == "forecast"), "tensors stay in forecast");
}

#[test]
fn the_http_room_can_only_look() {
    let http = |s: &Source| s.room() != "http";
    let words = ["Command", "Door::", "door()", "Link", "EngineEnd", ".send("];
    let found = offenders(|s| &s.code, &words, http);
    is_empty(found, "what HTTP shows is read through link::Viewer, which has no command");
}
