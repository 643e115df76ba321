//! Holds the rules of `docs/architecture.md`: which room may know which, who reads the clock, who may act.
//!
//! The rules are read off the source text. Comments do not count; what stands below `#[cfg(test)]`, in a file
//! called `tests.rs` or `*_tests.rs`, or in a folder called `tests` counts only where a rule says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Room, and the rooms that its code (not its tests) may name. The same table stands in `docs/architecture.md`.
const ARROWS: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("calendar", &["domain"]),
    ("link", &["calendar", "domain"]),
    ("forecast", &["domain"]),
    ("plan", &["domain"]),
    ("cloud", &["domain"]),
    ("store", &["domain"]),
    ("shared", &["domain"]),
    ("config", &["domain", "plan"]),
    ("engine", &["calendar", "cloud", "domain", "forecast", "link", "plan", "shared", "store"]),
    ("backtest", &["cloud", "domain", "engine", "plan", "store"]),
    (
        "agent",
        &["backtest", "cloud", "config", "domain", "engine", "forecast", "link", "plan", "shared", "store"],
    ),
    ("console", &["calendar", "domain", "link"]),
    ("report", &["domain", "store"]),
    (
        "cli",
        &[
            "agent", "backtest", "calendar", "cloud", "config", "console", "domain", "engine", "forecast",
            "link", "plan", "report", "store",
        ],
    ),
];

/// Files outside `cli/` that may read the machine's clock, and why.
const CLOCKS: [(&str, &str); 5] = [
    ("src/engine/clock.rs", "the engine's clock"),
    ("src/engine/run.rs", "the pace of minutes in the live task"),
    ("src/engine/models.rs", "the time left of a training, for its progress bar"),
    ("src/link/socket/client.rs", "how old the picture of an agent is that is lost"),
    ("src/console/mod.rs", "the pace of frames, and how long a message stays"),
];

/// Files of `forecast` that may touch the disk.
const MODEL_FILES: [&str; 4] = [
    "src/forecast/registry.rs",
    "src/forecast/registry/",
    "src/forecast/lstm/bundle.rs",
    "src/forecast/lstm/table.rs",
];

const MOST_LINES: usize = 450;

/// One source file.
struct Source {
    /// From the project's root, with `/`.
    path: String,
    /// Everything, comments blanked.
    text: String,
    /// Without tests.
    code: String,
    lines: usize,
}

impl Source {
    fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "src/ was not found");
    paths.iter().map(|path| read(root, path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("an entry of ours").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let all = fs::read_to_string(path).expect("a file of ours");
    let path = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
    let text = without_comments(&all);
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_test = path.contains("/tests/") || name == "tests.rs" || name.ends_with("_tests.rs");
    let code = match text.find("#[cfg(test)]") {
        _ if is_test => String::new(),
        Some(at) => text[..at].to_owned(),
        None => text.clone(),
    };
    Source { path, text, code, lines: all.lines().count() }
}

fn without_comments(text: &str) -> String {
    let kept = text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    kept.collect::<Vec<_>>().join("\n")
}

/// The rooms that `text` names: `crate::room`, or each of `crate::{room, …}`.
fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, mark) in text.match_indices("crate::") {
        let rest = &text[at + mark.len()..];
        match rest.strip_prefix('{') {
            Some(inside) => rooms.extend(first_names(inside)),
            None => rooms.extend(word(rest)),
        }
    }
    rooms
}

/// First name of each part of a brace list, up to the brace that closes it.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && !c.is_whitespace() => {
                names.extend(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Every path of ours in which `code` contains one of `words`, unless `allowed` says so.
fn offenders(
    part: impl Fn(&Source) -> &str,
    words: &[&str],
    allowed: impl Fn(&Source) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|s| !allowed(s)) {
        for (number, line) in part(source).lines().enumerate() {
            if words.iter().any(|w| line.contains(w)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

fn is_empty(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn rooms_know_only_those_that_the_table_allows() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        if room == "lib" || room == "main" {
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
        ["tokio", "ratatui", "crossterm", "aws_", "burn", "rusqlite", "std::fs", "std::net", "async fn"];
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
    let is_cloud = |s: &Source| s.room() == "cloud" || s.path == "src/engine/execute.rs";
    let acts = [".set_desired(", ".set_floor(", ".schedule_floor(", ".unschedule_floor("];
    is_empty(offenders(|s| &s.code, &acts, is_cloud), "only engine/execute.rs may act");
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
    let notify = |s: &Source| s.path.starts_with("src/agent/notify/");
    is_empty(offenders(|s| &s.code, &["reqwest"], notify), "only notifications speak HTTP");
    // cloud/aws/wire.rs holds tests alone: canned answers.
    let serves = ["src/cloud/wire/", "src/cloud/aws/wire.rs", "src/cli/simulate.rs"];
    let wire = |s: &Source| serves.iter().any(|path| s.path.starts_with(path));
    is_empty(offenders(|s| &s.code, &["TcpListener"], wire), "only the simulated AWS is a server");
    let socket = |s: &Source| s.path.starts_with("src/link/socket/");
    let unix = ["UnixListener", "UnixStream"];
    is_empty(offenders(|s| &s.code, &unix, socket), "only the link opens Unix sockets");
    let shared = |s: &Source| s.room() == "shared";
    let stores = ["object_store", "parquet::"];
    is_empty(offenders(|s| &s.code, &stores, shared), "objects and their formats stay in shared");
    is_empty(offenders(|s| &s.code, &["burn::"], |s| s.room() == "forecast"), "tensors stay in forecast");
}

#[test]
fn files_are_short_and_safe() {
    let long = sources().into_iter().filter(|s| s.lines > MOST_LINES);
    is_empty(long.map(|s| format!("{}: {} lines", s.path, s.lines)).collect(), "split these");
    is_empty(offenders(|s| &s.text, &["unsafe "], |_| false), "unsafe code is not for this program");
    is_empty(offenders(|s| &s.text, &["todo!", "unimplemented!", "dbg!("], |_| false), "unfinished");
}

#[test]
fn names_are_read_from_lists_and_paths() {
    let text = "use crate::{\n    domain::{Time, shift},\n    plan,\n};\nlet x = crate::store::open();";
    let names: Vec<String> = named(text).into_iter().collect();
    assert_eq!(names, ["domain", "plan", "store"]);
}
