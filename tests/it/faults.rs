//! A fault of AWS as an operator meets it: the real console in a real terminal, on a simulated account over HTTP, the
//! way to which throttles, refuses or swallows everything. One clear line says so, keys and commands are answered all
//! the while, and the line goes when the fault ends.

use std::{
    io::{BufRead, BufReader},
    process::{ChildStdout, Stdio},
};

use portable_pty::CommandBuilder;

use crate::support::{
    harness::Terminal,
    home::Home,
    proxy::{Proxy, Way},
    running::Running,
    wait::poll,
};

/// A simulated account, and what keeps it.
struct Account {
    url: String,
    _process: Running,
    /// Kept open: the process may write there.
    _out: BufReader<ChildStdout>,
    _home: Home,
}

fn account() -> Account {
    let home = Home::new("");
    let mut command = home.command(&["simulate", "--json", "--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped());
    let mut process = Running::start(command);
    let mut out = BufReader::new(process.0.stdout.take().expect("its output is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("its first line is text");
    let told: serde_json::Value = serde_json::from_str(&line).expect("its first line is JSON");
    let url = told["endpoint"].as_str().expect("the line names the endpoint").to_owned();
    Account { url, _process: process, _out: out, _home: home }
}

/// The console on the account at `url`.
fn console(home: &Home, url: &str) -> Terminal {
    let variables = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    Terminal::run(home, (160, 40), CommandBuilder::new(env!("CARGO_BIN_EXE_prescale")), &variables)
}

/// Waits for several minutes of the loop, which on an account are real ones.
fn for_minutes(terminal: &Terminal, what: &str, ready: impl Fn(&str) -> bool) {
    let found = (0..4).any(|_| poll(|| ready(&terminal.screen()).then_some(())).is_some());
    assert!(found, "waited in vain for {what}; the screen:\n{}", terminal.screen());
}

fn is_said_and_passes(way: Way, line: &str) {
    let account = account();
    let proxy = Proxy::to(&account.url, way);
    let home = Home::new("[source]\nkind = \"aws\"\nregion = \"us-east-1\"\n");
    let mut terminal = console(&home, &proxy.url);
    terminal.wait_for("[1 Fleet]");
    terminal.press("6");
    terminal.wait_for("[6 Journal]");
    terminal.press("b");
    terminal.wait_for("Freeze scale-in for all groups?");
    terminal.press("y");
    terminal.wait_for("scale-in is frozen for all groups");
    for_minutes(&terminal, "the line of the fault", |screen| header(screen).contains(line));
    terminal.press("1");
    terminal.wait_for("[1 Fleet]");
    proxy.set(Way::Open);
    for_minutes(&terminal, "the groups", |screen| {
        screen.contains("checkout-web") && !header(screen).contains(line)
    });
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

/// The rows above a page: state, pages, notices.
fn header(screen: &str) -> String {
    screen.lines().take(3).collect::<Vec<_>>().join("\n")
}

#[test]
fn expired_credentials_are_reported_and_recover() {
    is_said_and_passes(Way::Expired, "credentials have expired");
}

#[test]
fn throttling_is_reported_and_recovers() {
    is_said_and_passes(Way::Throttled, "AWS throttles");
}

#[test]
fn an_unreachable_service_is_reported_and_recovers() {
    is_said_and_passes(Way::Swallowed, "was not answered in time");
}

#[test]
fn shutdown_does_not_wait_for_an_unreachable_store() {
    let account = account();
    let proxy = Proxy::to(&account.url, Way::Swallowed);
    let home = Home::new("[source]\nkind = \"aws\"\nregion = \"us-east-1\"\n");
    let mut terminal = console(&home, &proxy.url);
    terminal.wait_for("[1 Fleet]");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.screen().contains("was not answered in time"));
}
