//! Consoles that attach to a running agent: the real binaries, over the real socket.

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use serde_json::json;

use crate::support::{
    harness::Terminal,
    home::Home,
    journal::{journal, user},
    pause::pause_on,
    peer::{Peer, socket},
    running::Running,
    wait::{signal, until},
};

/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[defaults]\nmode = \"approve\"\n\n[train]\ndaily = false\n";

/// Groups act by themselves, an hour a second.
const ACTING: &str = "[source]\nspeed = 3600.0\n\n[defaults]\nmode = \"auto\"\n\n[train]\ndaily = false\n";

/// An agent that listens.
fn agent(home: &Home) -> Running {
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    let agent = Running::start(command);
    drop(Peer::connect(home));
    agent
}

/// A console that is attached and shows the fleet.
fn console(home: &Home) -> Terminal {
    let terminal = Terminal::start(home, (120, 40), &["--attach"]);
    terminal.wait_for("[1 Fleet]");
    terminal.wait_for("web-sessions");
    terminal
}

fn freeze_scale_in(terminal: &Terminal) {
    terminal.press("b");
    terminal.wait_for("Freeze scale-in for all groups?");
    terminal.press("y");
}

#[test]
fn a_request_from_an_attached_console_is_journalled_under_the_users_name() {
    let home = Home::new(ASKING);
    let mut agent = agent(&home);
    let terminal = console(&home);
    terminal.wait_for(&format!("agent {}, you: ", agent.0.id()));
    terminal.wait_for(&format!("{}@", user()));
    terminal.press("\r");
    terminal.wait("charts cut for this screen", |screen| {
        ["[2 Group]", "actual", "CPU"].iter().all(|word| screen.contains(word)).then_some(())
    });
    freeze_scale_in(&terminal);
    terminal.wait_for("BRAKE");
    let (operator, text) = until("the journal", || journal(&home, "brake").pop());
    assert!(operator.contains(&format!("{}@", user())), "{operator}");
    assert_eq!(
        text,
        "scale-in is frozen for all groups; AWS's own scaling goes on: api-bursty (policy “api-bursty-cpu-target”)"
    );

    signal(terminal.pid(), "KILL");
    drop(terminal);
    let mut terminal = console(&home);
    terminal.wait_for("BRAKE");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(agent.0.try_wait().expect("it is our child").is_none(), "the agent goes on");
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
    assert!(!socket(&home).exists(), "the socket goes with the agent");
}

#[test]
fn a_console_that_loses_its_agent_says_so_keeps_what_is_typed_and_attaches_again() {
    let home = Home::new(ASKING);
    let path = home.write("calendar.toml", "# Of the shop.\n");
    let mut first = agent(&home);
    let mut terminal = console(&home);
    terminal.press("4");
    terminal.press("a");
    terminal.wait_for("Add an entry");
    terminal.press("Night of the long queues");
    signal(first.0.id(), "KILL");
    assert_eq!(first.end(), None);
    assert!(socket(&home).exists(), "nobody could remove it");
    terminal.wait_for("DISCONNECTED: data is");
    terminal.press("\x13");
    terminal.wait_for("not sent (edit the calendar): not connected to the agent");
    terminal.wait_for("Night of the long queues");

    let second = agent(&home);
    terminal.wait("the console to be reconnected", |s| (!s.contains("DISCONNECTED")).then_some(()));
    terminal.wait_for(&format!("agent {}, you: ", second.0.id()));
    terminal.wait_for("Night of the long queues");
    terminal.press("\x13");
    until("the file to have it", || {
        std::fs::read_to_string(&path).ok().filter(|text| text.contains("Night of the long queues"))
    });
    terminal.wait("the form to close", |screen| (!screen.contains("Add an entry")).then_some(()));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_stopped_agent_is_lost_until_it_resumes() {
    let home = Home::new(ASKING);
    let agent = agent(&home);
    let mut terminal = console(&home);
    signal(agent.0.id(), "STOP");
    terminal.wait_for("commands are refused: no message from the agent for 10 s");
    terminal.press("6");
    terminal.wait_for("[6 Journal]");
    signal(agent.0.id(), "CONT");
    terminal.wait("the console to be reconnected", |s| (!s.contains("DISCONNECTED")).then_some(()));
    signal(terminal.pid(), "HUP");
    assert!([0, 129].contains(&terminal.end()));
    console(&home).wait_for(&format!("agent {}, you: ", agent.0.id()));
}

/// The first proposal on the screen.
fn proposal(screen: &str) -> Option<String> {
    let line = screen.lines().find(|line| line.contains(" Proposal ") && line.contains('─'))?;
    line.split_whitespace().skip_while(|word| *word != "Proposal").nth(1).map(str::to_owned)
}

#[test]
fn of_two_consoles_that_approve_one_proposal_the_second_is_refused() {
    let home = Home::new(ASKING);
    let _agent = agent(&home);
    let (one, other) = (console(&home), console(&home));
    one.press("3");
    let id = pause_on(&one, "a proposal", proposal);
    other.press("3");
    other.wait("the same proposal", |screen| proposal(screen).filter(|seen| *seen == id));
    for terminal in [&one, &other] {
        terminal.press("a");
        terminal.wait_for(&format!("Approve proposal {id}?"));
    }
    one.press("y");
    until("the approval", || journal(&home, "approved").pop());
    other.wait_for(&format!("Approve proposal {id}?"));
    other.press("y");
    other.wait_for(&format!("proposal {id} is no longer open"));
    assert_eq!(journal(&home, "approved").len(), 1);
}

#[test]
fn a_read_only_console_is_refused_by_the_agent_whatever_it_sends() {
    let home = Home::new(ASKING);
    let _agent = agent(&home);
    let terminal = Terminal::start(&home, (120, 40), &["--attach", "--read-only"]);
    terminal.wait_for("READ-ONLY");
    terminal.press("b");
    terminal.wait_for("read-only: changes are disabled");
    let mut peer = Peer::attach(&home, true);
    let refused = peer.request(1, json!({ "set_brake": { "on": true } })).expect_err("it only looks");
    assert!(refused.contains("read-only"), "{refused}");
    let mut peer = Peer::attach(&home, false);
    assert!(peer.request(1, json!({ "set_brake": { "on": true } })).is_ok());
    assert_eq!(journal(&home, "brake").len(), 1);
}

#[test]
fn each_console_sees_the_group_that_it_asked_for() {
    let home = Home::new(ASKING);
    let _agent = agent(&home);
    let show = |group: &str| json!({ "show": { "group": group, "until": null, "past": 3_600, "ahead": 3_600, "points": 60, "foretold": "lead" } });
    let mut peers = ["web-sessions", "api-bursty"].map(|group| (group, Peer::attach(&home, false)));
    for (group, peer) in &mut peers {
        peer.request(1, show(group)).expect("a screen may show anything");
    }
    for _ in 0..3 {
        for (group, peer) in &mut peers {
            peer.wait(|said| (said["view"]["detail"]["name"] == *group).then_some(()));
        }
    }
}

#[test]
fn peers_that_are_no_consoles_are_sent_away_and_one_that_sleeps_holds_nobody_up() {
    let home = Home::new(ACTING);
    let mut agent = agent(&home);
    let (_, greeting) = Peer::greet(&home, json!({ "protocol": 99, "version": "9.9" }));
    let why = greeting["refused"].as_str().expect("a refusal");
    assert!(why.contains("speaks protocol 1") && why.contains("(prescale 9.9) protocol 99"), "{why}");
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 512], b"\0\0\0\x02{}"] {
        let mut peer = Peer::connect(&home);
        peer.0.write_all(garbage).expect("the agent listens");
        let refused = peer.hear().expect("it is told why");
        assert!(refused["refused"].is_string(), "{refused}");
    }
    // It never reads: views of simulated days pile up before it, and the newest alone is kept.
    let _asleep = Peer::attach(&home, false);
    let mut awake = Peer::attach(&home, false);
    let at = |said: &serde_json::Value| said["view"]["serial"].as_u64();
    let first = awake.wait(at);
    awake.wait(|said| at(said).filter(|serial| *serial > first + 100));
    assert!(awake.request(1, json!({ "set_brake": { "on": true } })).is_ok());
    assert!(agent.0.try_wait().expect("it is our child").is_none());
}

#[test]
fn without_an_agent_or_where_it_does_not_listen_attaching_says_what_to_do() {
    let home = Home::new(&format!("{ACTING}\n[agent]\nlisten = false\n"));
    let refused = || {
        let output =
            home.command(&["--attach", "--plain"]).output().expect("the binary was built for this test");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("run/agent.sock; start one with `prescale agent`"), "{said}");
    };
    refused();
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::piped());
    let mut agent = Running::start(command);
    let mut out = BufReader::new(agent.0.stdout.take().expect("it is piped"));
    out.read_line(&mut String::new()).expect("output is UTF-8");
    refused();
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}

#[test]
fn attached_lines_say_what_is_new_and_when_the_agent_goes_and_comes() {
    let home = Home::new(ASKING);
    let mut first = agent(&home);
    let mut command = home.command(&["--attach", "--plain"]);
    command.stdout(Stdio::piped());
    let mut console = Running::start(command);
    let mut lines = BufReader::new(console.0.stdout.take().expect("it is piped")).lines();
    let mut wait = |text: &str| {
        let found = lines.by_ref().map_while(Result::ok).any(|line| line.contains(text));
        assert!(found, "no line has “{text}”");
    };
    wait("source SIMULATED");
    signal(first.0.id(), "TERM");
    assert_eq!(first.end(), Some(0));
    wait("connection to the agent lost: ");
    let _second = agent(&home);
    wait("reconnected");
    signal(console.0.id(), "TERM");
    assert_eq!(console.end(), Some(0));
}
