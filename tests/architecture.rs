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
    ("src/engine/serve/run.rs", "the pace of minutes in the live task"),
    ("src/engine/jobs/training.rs", "the time left of a training, for its progress bar"),
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
    let serves = ["src/cloud/simulator_http/", "src/cli/simulate.rs"];
    let server = |s: &Source| serves.iter().any(|path| s.path.starts_with(path));
    is_empty(offenders(|s| &s.code, &["TcpListener"], server), "only the simulated AWS is a server");
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

/// Circles between files that are still there, by their smallest file, each with what keeps it.
const CIRCLES: [(&str, &str); 10] = [
    ("agent/assemble", "the check of the shared store makes the lease manager as the agent does"),
    ("calendar/error", "rules of fields and of recurrence use each other's errors"),
    ("cli/console", "the keymap of the command line is made beside the console that takes it"),
    ("config/group", "keys and resolved settings, until each setting has one type"),
    ("console/pages/calendar/agenda", "letters and colours of kinds stand in the month"),
    ("console/pages/page", "a page's outcome is what a filter answers with"),
    ("engine/fleet/history_sync", "newer models hang on the shared history"),
    ("engine/group/runtime", "state of a group and the parts that change it"),
    ("engine/jobs/training/challenge", "the challenge and its score"),
    ("forecast/lstm/batch", "the loss and the number of shards stand in the fit"),
];

/// Modules of the crate by path (`domain/group`), each with its code.
fn modules() -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    for source in sources().into_iter().filter(|s| !s.code.is_empty() && s.path != "src/main.rs") {
        let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut path: Vec<String> = inside.split('/').map(str::to_owned).collect();
        if path.last().is_some_and(|name| name == "mod" || name == "lib") {
            path.pop();
        }
        found.insert(path, without_tests(&source.text));
    }
    found
}

/// `text` up to its tests, without single items that are for tests alone.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.extend([line, "\n"]);
        } else if lines.next().is_some_and(|item| item.contains("mod ") && item.ends_with('{')) {
            break;
        }
    }
    kept
}

/// What a `use` names: the whole path as it is written, and the name that it has from then on.
struct Import {
    path: Vec<String>,
    name: String,
    public: bool,
}

/// The imports of `code`, lists taken apart.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = code[line..at].trim();
        let public = before == "pub" || (before.starts_with("pub(") && before.ends_with(')'));
        if !before.is_empty() && !public {
            continue;
        }
        let Some(end) = code[at..].find(';') else { continue };
        let tree: String = code[at + 4..at + end].split_whitespace().collect::<Vec<_>>().join(" ");
        let mut paths = Vec::new();
        spread(&tree, "", &mut paths);
        found.extend(paths.into_iter().map(|path| {
            let (path, name) = match path.split_once(" as ") {
                Some((path, name)) => (path.to_owned(), Some(name.to_owned())),
                None => (path, None),
            };
            let path = path.trim_end_matches("::self");
            let path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
            let last = path.last().cloned().unwrap_or_default();
            Import { name: name.unwrap_or(last), path, public }
        }));
    }
    found
}

/// Each path of the tree `a::{b, c::{d}}`, after `prefix`.
fn spread(tree: &str, prefix: &str, found: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]);
    for (at, c) in ends {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = tree[start..at].trim();
                start = at + 1;
                match part.split_once('{') {
                    Some((head, rest)) => {
                        let inside = rest.trim_end().trim_end_matches('}');
                        // Only the outermost closing brace belongs to this list.
                        let missing = inside.matches('{').count().saturating_sub(inside.matches('}').count());
                        let inside = format!("{inside}{}", "}".repeat(missing));
                        spread(&inside, &format!("{prefix}{}", head.trim()), found);
                    }
                    None if part.is_empty() => {}
                    None => found.push(format!("{prefix}{part}")),
                }
            }
            _ => {}
        }
    }
}

/// The paths with `::` in `code` that begin with `crate`, `self`, `super` or a name in lower case.
fn expressions(code: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_name(c)).filter(|word| word.contains("::"));
    let paths = words.map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>());
    paths.filter(|path| path[0].starts_with(|c: char| c.is_lowercase())).collect()
}

/// `path`, as `module` writes it, from the root of the crate; `None` where it is another crate's.
fn absolute(module: &[String], path: &[String], all: &BTreeMap<Vec<String>, String>) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let kept = module.len().checked_sub(up)?;
            Some([&module[..kept], &path[up..]].concat())
        }
        _ => {
            let child = [module, path].concat();
            all.contains_key(&child[..module.len() + 1]).then_some(child)
        }
    }
}

/// The file in which `path` is defined: the longest module in it, past what that module only passes on.
fn owner(
    path: &[String],
    all: &BTreeMap<Vec<String>, String>,
    passed_on: &BTreeMap<(Vec<String>, String), Vec<String>>,
) -> Option<Vec<String>> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let onward = rest.first().and_then(|name| passed_on.get(&(module.to_vec(), name.clone())));
        match onward {
            Some(target) if *target != path[..length + 1] => path = [target.as_slice(), &rest[1..]].concat(),
            _ => return Some(module.to_vec()),
        }
    }
    None
}

/// Which file names which, without parents and children.
fn uses() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let all = modules();
    let mut passed_on = BTreeMap::new();
    let mut named: BTreeMap<Vec<String>, Vec<Vec<String>>> = BTreeMap::new();
    for (module, code) in &all {
        for import in imports(code) {
            let Some(path) = absolute(module, &import.path, &all) else { continue };
            match import.public {
                true => drop(passed_on.insert((module.clone(), import.name), path)),
                false => named.entry(module.clone()).or_default().push(path),
            }
        }
        let paths = expressions(code).into_iter().filter_map(|path| absolute(module, &path, &all));
        named.entry(module.clone()).or_default().extend(paths);
    }
    let mut found: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, paths) in named {
        let owners = paths.iter().filter_map(|path| owner(path, &all, &passed_on));
        let others = owners.filter(|other| !other.starts_with(&module) && !module.starts_with(other));
        found.entry(module.clone()).or_default().extend(others);
    }
    found
}

/// Every file that `from` reaches.
fn reached(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>, from: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut next = vec![from.to_vec()];
    while let Some(module) = next.pop() {
        let new = uses.get(&module).into_iter().flatten().filter(|other| !found.contains(*other));
        next.extend(new.cloned().collect::<Vec<_>>());
        found.extend(uses.get(&module).into_iter().flatten().cloned());
    }
    found
}

/// Files that use each other in a circle, each circle in the order of its names.
fn circles(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<_, _> = uses.keys().map(|module| (module, reached(uses, module))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, all) in &reach {
        let back = all.iter().filter(|other| reach.get(other).is_some_and(|r| r.contains(*module)));
        let circle: Vec<String> = back.map(|other| other.join("/")).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn files_use_each_other_in_one_direction() {
    let found = circles(&uses());
    let known = |circle: &Vec<String>| CIRCLES.iter().any(|(first, _)| *first == circle[0]);
    let new = found.iter().filter(|circle| !known(circle)).map(|circle| circle.join(" <-> "));
    is_empty(new.collect(), "files in a circle: move what both need to a file of its own");
    let gone = CIRCLES.iter().filter(|(first, _)| !found.iter().any(|circle| circle[0] == *first));
    is_empty(
        gone.map(|(first, _)| (*first).to_owned()).collect(),
        "no circle any more: take it off the list",
    );
}

#[test]
fn imports_are_taken_apart() {
    let code =
        "use crate::{\n    a::{B, c::{self, D as E}},\n    f,\n};\npub use super::g::H;\nlet because = 1;";
    let found: Vec<_> = imports(code).into_iter().map(|i| (i.path.join("::"), i.name, i.public)).collect();
    let of = |path: &str, name: &str, public| (path.to_owned(), name.to_owned(), public);
    let expected = [
        of("crate::a::B", "B", false),
        of("crate::a::c", "c", false),
        of("crate::a::c::D", "E", false),
        of("crate::f", "f", false),
        of("super::g::H", "H", true),
    ];
    assert_eq!(found, expected);
}

#[test]
fn circles_are_found() {
    let path = |name: &str| vec![name.to_owned()];
    let uses = BTreeMap::from([
        (path("a"), BTreeSet::from([path("b")])),
        (path("b"), BTreeSet::from([path("c")])),
        (path("c"), BTreeSet::from([path("a")])),
        (path("d"), BTreeSet::from([path("a")])),
    ]);
    assert_eq!(circles(&uses), [["a", "b", "c"].map(str::to_owned)]);
}
