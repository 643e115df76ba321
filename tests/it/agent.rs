//! The agent as a service manager meets it: lines on standard output, signals, and one agent a home.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::support::{
    home::Home,
    running::Running,
    wait::{signal, until},
};

/// Every group acts by itself, an hour a second.
const AUTO: &str = "[source]\nspeed = 3600.0\n\n[defaults]\nmode = \"auto\"\n\n[train]\ndaily = false\n";

/// Runs an agent until it has printed so many lines, ends it by SIGTERM, and gives its lines.
fn lines(home: &Home, arguments: &[&str], wanted: usize) -> Vec<String> {
    let mut command = home.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut agent = Running::start(command);
    let mut out = BufReader::new(agent.0.stdout.take().expect("it is piped")).lines();
    let read = |line: std::io::Result<String>| line.expect("output is UTF-8");
    let mut lines: Vec<String> = out.by_ref().take(wanted).map(read).collect();
    assert_eq!(lines.len(), wanted, "it ended before it had decided enough: {lines:?}");
    signal(agent.0.id(), "TERM");
    lines.extend(out.map(read));
    assert_eq!(agent.end(), Some(0));
    lines
}

#[test]
fn each_decision_is_one_line() {
    for line in lines(&Home::new(AUTO), &["agent"], 5) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words[0].starts_with("2026-") && words[0].ends_with('Z'), "{line}");
        assert!(["advised", "proposed", "applied", "failed"].contains(&words[2]), "{line}");
        assert_eq!(words[4], "→", "{line}");
        let count =
            |word: &str| word.trim_end_matches([',', ':']).parse::<u32>().expect("a number of instances");
        assert_ne!(count(words[3]), count(words[5]), "{line}");
        assert!(words.len() > 6, "a line without a reason: {line}");
    }
}

#[test]
fn with_json_each_line_is_the_whole_decision() {
    for line in lines(&Home::new(AUTO), &["agent", "--json"], 5) {
        let decision: serde_json::Value = serde_json::from_str(&line).expect("a line is one document");
        assert!(decision["id"].is_i64() && decision["to"].is_u64(), "{line}");
        assert!(decision["plan"]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{line}");
        let checks = decision["preflight"]["checks"].as_array();
        assert!(checks.is_some_and(|checks| !checks.is_empty()), "{line}");
    }
}

#[test]
fn every_signal_that_asks_for_an_end_gets_one() {
    for name in ["INT", "TERM"] {
        let home = Home::new(AUTO);
        let mut command = home.command(&["agent"]);
        command.stdout(Stdio::piped());
        let mut agent = Running::start(command);
        let mut out = BufReader::new(agent.0.stdout.take().expect("it is piped"));
        out.read_line(&mut String::new()).expect("output is UTF-8");
        signal(agent.0.id(), name);
        assert_eq!(agent.end(), Some(0), "SIG{name}");
    }
}

#[test]
fn a_second_agent_on_the_same_home_is_refused_by_pid() {
    let home = Home::new(AUTO);
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    let first = Running::start(command);
    let lock = home.path().join("data/prescale.db.lock");
    let pid = first.0.id().to_string();
    until("the first to hold the lock", || {
        std::fs::read_to_string(&lock).ok().filter(|text| text.trim() == pid)
    });
    let refused = home.command(&["agent"]).output().expect("the binary was built for this test");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&format!("another prescale (pid {pid})")) && said.contains("--attach"), "{said}");
}

#[test]
fn a_webhook_that_never_answers_does_not_block_the_agent() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = silent.local_addr().expect("it is bound");
    let (tell, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in silent.incoming().flatten() {
            open.push(stream);
            if tell.send(()).is_err() {
                return;
            }
        }
    });
    let home = Home::new(&format!("{AUTO}\n[notify]\nwebhook = \"http://{address}/secret-key\"\n"));
    let decided = lines(&home, &["agent"], 40);
    assert!(decided.len() >= 40);
    heard.try_recv().expect("the webhook was called");
}
