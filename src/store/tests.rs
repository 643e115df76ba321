//! What the store promises as a whole: across restarts, crashes, damage and versions.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{
    decisions::tests::{decision, line},
    *,
};
use crate::domain::{at_epoch, decision::Stage, metric::Metric, series::Series};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn open(path: &Path) -> Store {
    Store::open(path).expect("it opens")
}

/// What a crash leaves: the files as they are on disk at this moment, while the store is still open.
fn crashed(path: &Path) -> (TempDir, std::path::PathBuf) {
    let after = folder();
    let copy = after.path().join("prescale.db");
    for suffix in ["", "-wal"] {
        let name = format!("{}{suffix}", path.display());
        if fs::exists(&name).expect("the folder is ours") {
            fs::copy(name, format!("{}{suffix}", copy.display())).expect("the folder is ours");
        }
    }
    (after, copy)
}

#[test]
fn a_restart_finds_everything() {
    let folder = folder();
    let path = folder.path().join("deep/er/prescale.db");
    let samples = Series::from_values(at_epoch(300), 300, [Some(1.0), None, Some(3.5)]);
    let mut wrote = decision("web", Stage::Proposed);
    {
        let mut store = open(&path);
        store.append("web", Metric::Cpu, &samples).expect("writable");
        store.record(&mut wrote, line("asked")).expect("writable");
        store.set(&keys::brake(), &true).expect("writable");
    }
    let store = open(&path);
    let loaded = store.load("web", Metric::Cpu, 300, at_epoch(0), at_epoch(9_000)).expect("readable");
    assert_eq!(loaded, samples);
    assert_eq!(store.open_decisions().expect("readable"), [wrote]);
    assert_eq!(store.journal(5, None).expect("readable")[0].text, "asked");
    assert_eq!(store.get(&keys::brake()).expect("readable"), Some(true));
    store.check().expect("it is sound");
}

#[test]
fn a_crash_loses_no_acknowledged_write() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    let mut store = open(&path);
    for number in 0..20 {
        let mut wrote = decision("web", Stage::Intended);
        store.record(&mut wrote, line(&number.to_string())).expect("writable");
        let (_after, copy) = crashed(&path);
        let found = open(&copy);
        assert_eq!(found.open_decisions().expect("readable").last(), Some(&wrote));
        assert_eq!(found.journal(100, None).expect("readable").len(), number + 1);
    }
}

/// A log torn at any byte leaves whole commits: never a line without its decision, never a later one without
/// those before it.
#[test]
fn a_torn_log_keeps_whole_commits_in_order() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    drop(open(&path));
    let mut store = open(&path);
    for number in 0..6 {
        store.record(&mut decision("web", Stage::Intended), line(&number.to_string())).expect("writable");
    }
    let log = fs::read(format!("{}-wal", path.display())).expect("the log is there while open");
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=log.len()).step_by(1_777).chain([log.len()]) {
        let (_after, copy) = crashed(&path);
        fs::write(format!("{}-wal", copy.display()), &log[..cut]).expect("the folder is ours");
        let found = open(&copy);
        let lines = found.journal(100, None).expect("readable");
        let decisions = found.open_decisions().expect("readable");
        let texts: Vec<String> = lines.iter().rev().map(|l| l.text.clone()).collect();
        let wanted: Vec<String> = (0..lines.len()).map(|i| i.to_string()).collect();
        assert_eq!((texts, decisions.len()), (wanted, lines.len()), "cut at byte {cut}");
        seen.insert(lines.len());
    }
    assert!(seen.contains(&0) && seen.contains(&6) && seen.len() > 3, "{seen:?}");
}

#[test]
fn one_process_one_store() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    let _first = open(&path);
    assert!(matches!(Store::open(&path), Err(StoreError::InUse { pid: Some(_), .. })));
}

#[test]
fn a_newer_file_is_left_as_it_is() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    {
        let store = open(&path);
        store.connection.pragma_update(None, "user_version", 99).expect("valid pragma");
    }
    let before = fs::read(&path).expect("it is there");
    let error = Store::open(&path).expect_err("it is newer");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(fs::read(&path).expect("it is there"), before);
}

#[test]
fn a_damaged_file_is_named_with_the_way_out() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    let noise: Vec<u8> = (0..40_000u32).map(|i| (i * 31 % 251) as u8).collect();
    fs::write(&path, &noise).expect("the folder is ours");
    let error = Store::open(&path).expect_err("that is no database").to_string();
    assert!(error.contains("prescale.db is damaged") && error.contains("mv "), "{error}");
    assert_eq!(fs::read(&path).expect("it is there"), noise);
}

#[test]
fn damage_in_the_middle_is_found_by_the_check() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    let many = Series::from_values(at_epoch(0), 60, (0..20_000).map(|i| Some(f64::from(i))));
    open(&path).append("web", Metric::Cpu, &many).expect("writable");
    let mut bytes = fs::read(&path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0xa5);
    fs::write(&path, bytes).expect("the folder is ours");
    let store = open(&path);
    assert!(matches!(store.check(), Err(StoreError::Damaged { .. })));
    let loaded = store.load("web", Metric::Cpu, 60, at_epoch(0), at_epoch(9_000_000));
    assert!(matches!(loaded, Err(StoreError::Damaged { .. })));
}

#[test]
fn an_empty_file_becomes_a_new_history() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    fs::write(&path, "").expect("the folder is ours");
    assert!(open(&path).journal(1, None).expect("readable").is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "x").expect("the folder is ours");
    let error =
        Store::open(&in_the_way.join("data/prescale.db")).expect_err("a file is no folder").to_string();
    assert!(error.contains("file/data") && error.contains("--home"), "{error}");
}

/// A file as version 1 wrote it, read by the program of today.
#[test]
fn version_1_is_still_read() {
    let folder = folder();
    let path = folder.path().join("prescale.db");
    let old = Connection::open(&path).expect("the folder is ours");
    old.execute_batch(include_str!("fixtures/version_1.sql")).expect("the fixture is valid SQL");
    drop(old);

    let mut store = open(&path);
    let loaded = store.load("web", Metric::Requests, 300, at_epoch(0), at_epoch(9_000)).expect("readable");
    assert_eq!(loaded, Series::from_values(at_epoch(600), 300, [Some(120.5), None, Some(80.0)]));
    let forecasts = store.forecasts("web", at_epoch(0), at_epoch(9_000)).expect("readable");
    assert_eq!(forecasts[0].rows, [[0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]);
    let decisions = store.open_decisions().expect("readable");
    assert_eq!((decisions[0].id, decisions[0].to, &decisions[0].stage), (7, 6, &Stage::Proposed));
    assert_eq!(store.journal(5, None).expect("readable")[0].decision, Some(7));
    assert_eq!(store.get(&Key::named("mode/web")).expect("readable"), Some("auto".to_owned()));
    let mut next = decision("web", Stage::Proposed);
    store.insert_decision(&mut next).expect("writable");
    assert_eq!(next.id, 8);
}
