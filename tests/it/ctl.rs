//! `prescale ctl` as scripts use it: the real binary from a shell, on a real agent on the simulated fleet.

use std::process::{Command, Output, Stdio};

use crate::support::{
    home::Home,
    journal::{journal, user},
    peer::Peer,
    running::Running,
    wait::signal,
};

/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[defaults]\nmode = \"approve\"\n\n[train]\ndaily = false\n";

fn agent(home: &Home, arguments: &[&str]) -> Running {
    let mut command = home.command(arguments);
    command.stdout(Stdio::null());
    let agent = Running::start(command);
    drop(Peer::connect(home));
    agent
}

fn ctl(home: &Home, arguments: &[&str]) -> Output {
    let all = [&["ctl"], arguments].concat();
    home.command(&all).output().expect("the binary was built for this test")
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_shell_script_drives_a_whole_approval() {
    let home = Home::new(ASKING);
    let _agent = agent(&home, &["agent"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/scripts/approve.sh");
    let mut shell = Command::new("sh");
    shell.arg(script).current_dir(home.path()).env("PRESCALE", env!("CARGO_BIN_EXE_prescale"));
    shell.env("PRESCALE_HOME", home.path()).env("HOME", home.path()).env_remove("PRESCALE_CONFIG");
    let output = shell.output().expect("a shell is part of every Unix");
    let (code, out, err) = said(&output);
    assert_eq!(code, Some(0), "{out}\n{err}");
    let line = out.lines().last().expect("it names what it approved");
    let (id, group) = line.split_once(' ').expect("the proposal and its group");

    let approved = journal(&home, "approved");
    assert_eq!(approved.len(), 1, "{approved:?}");
    let (operator, text) = &approved[0];
    assert!(operator.starts_with(&user()) && operator.contains('@'), "{operator}");
    assert!(text.starts_with(&format!("proposal {id} approved: ")), "{text}");
    // The same lines as a console's: intent before the call, the outcome after it.
    // `observe` may put a MinSize back: that is an act of its own.
    let (intents, outcomes) = (journal(&home, "intent"), journal(&home, "outcome"));
    assert!(!intents.is_empty() && intents.len() == outcomes.len(), "{intents:?} {outcomes:?}");
    let changes = |kind: &str| journal(&home, kind).iter().filter(|(by, _)| by == operator).count();
    assert_eq!((changes("brake"), changes("mode"), changes("calendar")), (2, 1, 2), "{group}");
}

#[test]
fn without_an_agent_it_fails_and_a_read_only_one_refuses() {
    let home = Home::new(ASKING);
    let (code, _, err) = said(&ctl(&home, &["status"]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("start one with `prescale agent`"), "{err}");
    let mut agent = agent(&home, &["agent", "--read-only"]);
    let (code, out, err) = said(&ctl(&home, &["brake", "on", "--json"]));
    assert_eq!(code, Some(3), "{out}{err}");
    let answer: serde_json::Value = serde_json::from_str(&out).expect("one document");
    assert_eq!(answer["ok"], false, "{out}");
    assert!(err.contains("this process is read-only; commands are refused"), "{err}");
    assert!(journal(&home, "brake").is_empty());
    let (code, out, _) = said(&ctl(&home, &["status"]));
    assert!(code == Some(0) && out.contains("; read-only"), "{out}");
    let (code, _, err) = said(&ctl(&home, &["status", "nowhere"]));
    assert!(code == Some(2) && err.contains("there is no group nowhere"), "{err}");
    // An agent that is stopped does not answer, and a script does not hang.
    signal(agent.0.id(), "STOP");
    let (code, _, err) = said(&ctl(&home, &["status", "--timeout", "1"]));
    assert_eq!(code, Some(1), "{err}");
    signal(agent.0.id(), "CONT");
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}
