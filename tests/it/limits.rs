//! What comes from outside has an end, and what is written is for its owner alone.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use crate::support::home::Home;

/// What a command says that must end at once.
fn at_once(mut command: Command) -> (Output, String) {
    let begun = Instant::now();
    let output = command.output().expect("the binary starts");
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {} s", begun.elapsed().as_secs());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

#[test]
fn endless_files_and_pipes_are_refused_whatever_they_stand_for() {
    let home = Home::new("");
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let out = home.path().join("out").display().to_string();
    let cases = |file: &str| {
        let size = ["--capacity", "10", "--boot", "60", "--min", "1", "--max", "4"];
        let traced = ["--from", "2026-01-01T00:00:00Z", "--out", &out];
        let backtest = [&["backtest", "--trace", file][..], &size, &traced].concat();
        [
            vec!["config", "check", "--config", file],
            vec!["calendar", "check", "--file", file],
            vec!["calendar", "import", file],
            vec!["import", "--group", "web", "--data", file],
            vec!["import", "--calendar", file],
            backtest,
        ]
        .map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    for file in ["/dev/zero", pipe.to_str().expect("UTF-8")] {
        for words in cases(file) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (output, said) = at_once(home.command(&words));
            assert!(!output.status.success(), "{words:?}");
            assert!(said.contains("not a regular file"), "{words:?}: {said}");
        }
    }
}

#[test]
fn sizes_beyond_reason_are_refused() {
    let home = Home::new("");
    let trace =
        home.write("trace.csv", "timestamp,requests\n2026-01-01T00:00:00Z,1\n2026-01-01T00:05:00Z,2\n");
    let trace = trace.to_str().expect("UTF-8");
    let words =
        ["backtest", "--trace", trace, "--capacity", "1", "--boot", "60", "--from", "2026-01-01T00:05:00Z"];
    let sizes = ["--min", "1", "--max", "4000000000", "--out", "/nowhere"];
    let (output, said) = at_once(home.command(&[&words[..], &sizes].concat()));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("20000"), "{said}");
}

/// Every file and folder below `folder`.
fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| [vec![path.clone()], if path.is_dir() { all(&path) } else { vec![] }].concat())
        .collect()
}

#[test]
fn what_is_written_is_for_its_owner_alone() {
    let home = Home::new("");
    let inner = home.path().join("new");
    let table = "timestamp,cpu_utilization,network_in,request_count,is_sale_active\n\
        2026-01-01 00:00:00,1,1,1,1\n2026-01-01 00:05:00,1,1,1,0\n2026-01-01 00:10:00,1,1,1,0\n";
    let table = home.write("metrics.csv", table);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_prescale")]);
    command.args(["import", "--group", "web", "--data"]).arg(&table).arg("--home").arg(&inner);
    let (output, said) = at_once(command);
    assert!(output.status.success(), "{said}");
    let made = [vec![inner.clone()], all(&inner)].concat();
    assert!(made.len() >= 4, "{made:?}");
    for path in made {
        let mode = fs::metadata(&path).expect("it was made").permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn a_command_in_somebody_elses_configuration_is_not_run() {
    let home = Home::new("[notify]\ncommand = [\"/bin/touch\", \"/tmp/never\"]\n");
    let file = home.path().join("prescale.toml");
    if chown(&file, Some(12_345), None).is_err() {
        // Only root can give a file away; whoever is not makes it one that everybody may write.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("the file is ours");
    }
    let (output, said) = at_once(home.command(&["agent"]));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("notify.command") && said.contains("its command is not run"), "{said}");
    assert!(!home.path().join("data").exists(), "nothing is made there");
}
