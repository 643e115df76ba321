//! The real binary, as scripts see it: help, exit codes, standard output and standard error.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

const COMMANDS: [&str; 22] = [
    "console",
    "agent",
    "ctl",
    "demo",
    "backtest",
    "generate",
    "train",
    "tune",
    "import",
    "import-model",
    "init",
    "evaluate",
    "explain",
    "predict",
    "report",
    "simulate",
    "calendar",
    "config",
    "doctor",
    "iam-policy",
    "completions",
    "man",
];

fn prescale(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(arguments)
        .env_remove("PRESCALE_CONFIG")
        .env("PRESCALE_HOME", home)
        .output()
        .expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn every_command_has_help() {
    let home = folder();
    for command in COMMANDS {
        let out = prescale(home.path(), &[command, "--help"]);
        assert_eq!(out.status.code(), Some(0), "{command}");
        assert!(text(&out.stdout).contains("--json"), "{command}");
    }
}

#[test]
fn bad_usage_is_exit_code_2() {
    let home = folder();
    for arguments in [&["nonsense"][..], &["--nonsense"], &["completions", "no-shell"], &["config"]] {
        assert_eq!(prescale(home.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_printed_default_is_a_valid_configuration() {
    let home = folder();
    let printed = prescale(home.path(), &["config", "print-default"]);
    fs::write(home.path().join("prescale.toml"), &printed.stdout).expect("the folder is ours");
    let checked = prescale(home.path(), &["config", "check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert!(text(&checked.stdout).contains("prescale.toml: valid"));
}

#[test]
fn a_wrong_configuration_is_exit_code_2_with_its_place() {
    let home = folder();
    let file = home.path().join("wrong.toml");
    fs::write(&file, "[defaults]\nrisk = 7\n").expect("the folder is ours");
    let file = file.to_str().expect("a plain path");
    let out = prescale(home.path(), &["config", "check", file, "--json"]);
    assert_eq!(out.status.code(), Some(2));
    let said = text(&out.stderr);
    assert!(said.contains("wrong.toml:2:1: defaults.risk: 7 is out of range"), "{said}");
    let document: serde_json::Value = serde_json::from_slice(&out.stdout).expect("one JSON document");
    assert_eq!(document["ok"], false);
    assert_eq!(document["finding"]["line"], 2);
}

#[test]
fn a_file_that_is_not_there_is_exit_code_2() {
    let home = folder();
    let out = prescale(home.path(), &["config", "check", "/nonexistent/prescale.toml"]);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn json_is_one_document() {
    let home = folder();
    for arguments in
        [&["config", "check"][..], &["config", "print-default"], &["completions", "bash"], &["man"]]
    {
        let out = prescale(home.path(), &[arguments, &["--json"]].concat());
        let document: serde_json::Value = serde_json::from_slice(&out.stdout).expect("one JSON document");
        assert_eq!(document["ok"], true, "{arguments:?}");
    }
}

#[test]
fn manual_pages_go_to_a_folder() {
    let home = folder();
    let out = home.path().join("man1");
    let done = prescale(home.path(), &["man", "--out", out.to_str().expect("a plain path")]);
    assert_eq!(done.status.code(), Some(0));
    for command in COMMANDS {
        assert!(out.join(format!("prescale-{command}.1")).is_file(), "{command}");
    }
    let file = home.path().join("file");
    fs::write(&file, "").expect("the folder is ours");
    let failed = prescale(home.path(), &["man", "--out", file.to_str().expect("a plain path")]);
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = folder();
    for arguments in [&["man"][..], &["config", "print-default"], &["completions", "zsh"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_prescale"))
            .args(arguments)
            .env("PRESCALE_HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        drop(child.stdout.take());
        let out = child.wait_with_output().expect("it ends");
        assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn the_student_projects_files_are_taken_in_once() {
    let home = folder();
    let flag = home.path().join("business_calendar.json");
    fs::write(&flag, "{\"is_sale_active\": 1}").expect("writable");
    let flag = flag.to_str().expect("UTF-8");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/multi_metric_data.csv");
    let import = || {
        let out = prescale(
            home.path(),
            &["import", "--group", "web", "--data", data, "--calendar", flag, "--json"],
        );
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        serde_json::from_str::<serde_json::Value>(&text(&out.stdout)).expect("JSON")
    };
    let first = import();
    assert!(first["rows"].as_u64() == Some(4_320) && first["sales"].as_u64() > Some(1), "{first}");
    assert_eq!(first["sales"], first["added"]);
    assert_eq!(import()["added"], 0);
    let listed = text(&prescale(home.path(), &["calendar", "list"]).stdout);
    assert!(listed.contains("Sale (imported)") && listed.contains("for web"), "{listed}");
    let store = rusqlite::Connection::open(home.path().join("data/prescale.db")).expect("it was made");
    let count = "SELECT count(*) FROM samples";
    let samples: i64 = store.query_row(count, [], |row| row.get(0)).expect("the tables are there");
    assert_eq!(samples, 4 * 4_320, "CPU, network, requests and demand");

    fs::write(home.path().join("wrong.json"), "{\"is_sale_active\": 2}").expect("writable");
    let wrong = home.path().join("wrong.json");
    let out = prescale(home.path(), &["import", "--calendar", wrong.to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("wrong.json: is_sale_active is 2"), "{}", text(&out.stderr));
}

#[test]
fn a_group_is_trained_from_its_history_and_only_a_known_one() {
    let home = folder();
    let path = |name: &str| home.path().join(name).to_str().expect("a plain path").to_owned();
    let metrics = path("metrics.csv");
    let done = |arguments: &[&str]| {
        let out = prescale(home.path(), arguments);
        assert_eq!(out.status.code(), Some(0), "{arguments:?}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    done(&["generate", "--days", "9", "--out", &metrics]);
    done(&["import", "--data", &metrics, "--group", "web"]);
    let said = done(&["train", "--group", "web", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("one JSON document");
    let version = said["version"].as_str().expect("a version");
    assert!(home.path().join("models/web").join(version).join("head.f32").is_file(), "{said}");
    assert!(said["scores"]["naive_wape"].as_f64().is_some_and(|wape| wape > 0.0), "{said}");
    let live = home.path().join("models/web/champion.json").is_file();
    assert_eq!(said["promoted"].as_bool(), Some(live), "it serves only if it has won");
    let unknown = prescale(home.path(), &["train", "--group", "wob"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("it knows web"), "{}", text(&unknown.stderr));
}

#[test]
fn evaluate_walks_over_recorded_load_with_and_without_holidays() {
    let home = folder();
    let trace = concat!(env!("CARGO_MANIFEST_DIR"), "/data/traces/web_sessions_r5.csv");
    let walk = ["evaluate", "--trace", trace, "--timezone", "Africa/Johannesburg", "--holidays", "ZA"];
    let out = prescale(home.path(), &[walk.as_slice(), &["--json"]].concat());
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).expect("one JSON document");
    let hour = said["ahead"].as_array().and_then(|all| all.iter().find(|s| s["ahead"] == 3_600));
    let hour = hour.expect("steps of a quarter of an hour").clone();
    let number = |key: &str| hour[key].as_f64().expect("a number");
    assert!(number("wape") < 0.8 * number("last_value"), "{hour}");
    assert!((number("covered") - 0.95).abs() < 0.02, "{hour}");
    assert!(said["calendar"].as_array().is_some_and(|worth| !worth.is_empty()), "South Africa has holidays");
    let refused = prescale(home.path(), &["evaluate", "--trace", trace, "--holidays", "XX"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("two letters"), "{}", text(&refused.stderr));
    let mixed = prescale(home.path(), &["evaluate", "--data", trace, "--holidays", "ZA"]);
    assert_eq!(mixed.status.code(), Some(2), "--data has no calendar");
}
