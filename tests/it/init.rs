//! `prescale init`, the real binary in a terminal and without one, against the simulated AWS behind a socket: wrong answers, an
//! empty account, credentials that AWS refuses, and leaving half-way.

use std::{
    ffi::OsStr,
    net::TcpListener,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use portable_pty::CommandBuilder;
use prescale::{
    cloud::{
        simulator::{GroupSpec, demo_fleet},
        simulator_http::{Account, AccountLimits, serve},
    },
    config::Config,
    domain::{at_epoch, decision::Mode, objective::Objective},
    plan::demand::DemandMeasure,
};

use crate::support::{harness::Terminal, home::Home};

const FILE: &str = "prescale.toml";

/// An account with these groups; gives where it listens.
fn account(groups: Vec<GroupSpec>) -> String {
    let clock = || at_epoch(chrono::Utc::now().timestamp());
    let account = Arc::new(Account::new(groups, 1, AccountLimits::default(), clock));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || serve(&listener, account));
    url
}

fn fleet() -> Vec<GroupSpec> {
    demo_fleet().expect("built in")
}

/// What leads AWS's clients to the account and to nothing of the user's.
fn environment<'a>(url: &'a str, key: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

/// `prescale init` in a terminal.
fn asked(home: &Home, url: &str, key: &str) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_prescale"));
    command.arg("init");
    for name in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"] {
        command.env_remove(name);
    }
    Terminal::run(home, (120, 70), command, &environment(url, key))
}

/// `prescale init` with options, and nothing that could answer.
fn silent(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prescale"))
        .arg("init")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .envs(environment(url, "test"))
        .stdin(Stdio::null())
        .output()
        .expect("the binary was built for this test")
}

/// Waits for a question and answers it.
fn answer(terminal: &Terminal, question: &str, text: &str) {
    terminal.wait(question, |screen| {
        let last = screen.trim_end().lines().last().unwrap_or_default();
        last.contains(question).then_some(())
    });
    terminal.press(&format!("{text}\r"));
}

fn said(terminal: &Terminal) -> String {
    String::from_utf8_lossy(&terminal.bytes()).into_owned()
}

#[test]
fn questions_lead_to_a_file_that_the_program_reads() {
    let (home, url) = (Home::new(""), account(fleet()));
    let mut terminal = asked(&home, &url, "test");
    answer(&terminal, "AWS profile", "");
    answer(&terminal, "AWS region", "Europe (Ireland)");
    terminal.wait_for("is not a region");
    answer(&terminal, "AWS region", "us-east-1");
    answer(&terminal, "Groups to watch", "9");
    terminal.wait_for("the numbers go from 1 to 4");
    answer(&terminal, "Groups to watch", "1,batch-stead");
    terminal.wait_for("the nearest name is batch-steady");
    assert!(terminal.screen().contains("target tracking at 50"), "{}", terminal.screen());
    answer(&terminal, "Groups to watch", "1,batch-steady");
    answer(&terminal, "Mode [observe]", "automatic");
    answer(&terminal, "Mode [observe]", "");
    answer(&terminal, "Demand: found", "each");
    answer(&terminal, "api-bursty [requests]", "");
    answer(&terminal, "batch-steady", "sqs:nightly-jobs");
    answer(&terminal, "Risk or objective", "0.5%");
    terminal.wait_for("Write this to");
    assert!(!home.path().join(FILE).exists(), "nothing before the last answer");
    answer(&terminal, "Write this to", "");
    let code = terminal.end();
    // The last bytes are read after the end.
    terminal.wait_for("Next: ");
    let said = said(&terminal);
    assert!(said.contains("written: ") && said.contains("prescale doctor --aws says of it"), "{said}");
    // The queue is not there, and doctor says so of the file that it was run on.
    assert!(said.contains("NumberOfMessagesSent") && code == 1, "{code}: {said}");

    let config = Config::read(&home.path().join(FILE), home.path()).expect("the file is right");
    let [source] = config.source.accounts() else { panic!("one source") };
    assert_eq!((source.region.as_deref(), source.profile.as_deref()), (Some("us-east-1"), None));
    assert_eq!(source.groups, ["api-bursty", "batch-steady"]);
    let [api, batch] = ["api-bursty", "batch-steady"].map(|group| config.group(group));
    assert_eq!((api.mode, &api.demand), (Mode::Observe, &DemandMeasure::Requests));
    assert_eq!(api.settings.objective, Some(Objective::MinutesAbove(0.005)));
    assert!(batch.demand.words().contains("QueueName=nightly-jobs"), "{:?}", batch.demand);
}

#[test]
fn an_empty_account_and_a_refusal_of_aws_lead_back_to_the_question_and_leave_nothing_behind() {
    let home = Home::new("");
    let mut terminal = asked(&home, &account(Vec::new()), "test");
    answer(&terminal, "AWS profile", "");
    answer(&terminal, "AWS region", "us-east-1");
    terminal.wait_for("There is no Auto Scaling group in aws us-east-1");
    answer(&terminal, "AWS profile", "");
    terminal.wait_for("AWS region (- for that of AWS_REGION or the profile) [us-east-1]");
    // The end of the input.
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), 1);
    terminal.wait_for("no answer; nothing was written");

    let mut terminal = asked(&home, &account(fleet()), "EXPIRED");
    answer(&terminal, "AWS profile", "");
    answer(&terminal, "AWS region", "us-east-1");
    terminal.wait("the refusal", |screen| screen.to_lowercase().contains("expired").then_some(()));
    terminal
        .wait("the question again", |screen| (screen.matches("AWS profile (").count() == 2).then_some(()));
    terminal.press("\u{3}");
    assert_ne!(terminal.end(), 0, "it was interrupted");
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("ours").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_after_a_yes() {
    let (home, url) = (Home::new("# mine\n"), account(fleet()));
    let mut terminal = asked(&home, &url, "test");
    answer(&terminal, "exists already. Replace it? [no]", "");
    assert_eq!(terminal.end(), 0);
    terminal.wait_for("nothing was written");
    assert_eq!(std::fs::read_to_string(home.path().join(FILE)).expect("kept"), "# mine\n");
}

#[test]
fn options_alone_write_it_without_a_terminal() {
    let (folder, url) = (tempfile::tempdir().expect("a temporary folder"), account(fleet()));
    let run = |arguments: &[&str]| silent(folder.path(), &url, arguments);
    let error = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let is_empty = || std::fs::read_dir(folder.path()).expect("ours").next().is_none();

    let output = run(&["--region", "us-east-1"]);
    assert!(output.status.code() == Some(2) && error(&output).contains("--yes"), "{output:?}");
    let output = run(&["--yes"]);
    assert!(output.status.code() == Some(1) && error(&output).contains("no AWS region is set"), "{output:?}");
    let output = run(&["--yes", "--region", "us-east-1", "--group", "wep-sessions"]);
    assert!(output.status.code() == Some(2), "{output:?}");
    assert!(error(&output).contains("the nearest name is web-sessions"), "{output:?}");
    let output = silent(folder.path(), &account(Vec::new()), &["--yes", "--region", "us-east-1"]);
    assert!(
        output.status.code() == Some(1) && error(&output).contains("no Auto Scaling group"),
        "{output:?}"
    );
    assert!(is_empty(), "nothing was written so far");

    let right = ["--yes", "--region", "us-east-1", "--group", "web-sessions", "--risk", "0.9"];
    let output = run(&right);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("Next: prescale opens the console"), "{told}");
    let file = folder.path().join(FILE);
    let config = Config::read(&file, folder.path()).expect("the file is right");
    let group = config.group("web-sessions");
    assert_eq!((group.mode, group.settings.risk), (Mode::Observe, 0.9));
    assert_eq!(config.source.accounts()[0].groups, ["web-sessions"]);

    let before = std::fs::read_to_string(&file).expect("written");
    let again = run(&["--yes", "--region", "us-east-1"]);
    assert!(again.status.code() == Some(2) && error(&again).contains("--force"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), before);
    let output = run(&["--json", "--region", "us-east-1", "--mode", "approve", "--output", "other.toml"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!((&told["mode"], &told["doctor"]["ok"]), (&"approve".into(), &true.into()), "{told}");
    let other = Config::read(&folder.path().join("other.toml"), folder.path()).expect("right");
    assert!(other.source.accounts()[0].groups.is_empty(), "all, also those created later");
}

#[test]
#[cfg(target_os = "linux")]
fn the_profile_of_the_environment_is_written_and_a_path_may_have_any_bytes() {
    let (folder, url) = (tempfile::tempdir().expect("a temporary folder"), account(fleet()));
    std::fs::create_dir(folder.path().join(".aws")).expect("ours");
    std::fs::write(folder.path().join(".aws/config"), "[profile team]\nregion = us-east-1\n").expect("ours");
    let file = folder.path().join(OsStr::from_bytes(b"caf\xe9.toml"));
    let output = Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(["init", "--json", "--home"])
        .arg(folder.path())
        .arg("--output")
        .arg(&file)
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_PROFILE", "team")
        .envs(environment(&url, "test"))
        .stdin(Stdio::null())
        .output()
        .expect("the binary was built for this test");
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    assert_eq!((&told["region"], &told["warnings"]), (&"us-east-1".into(), &serde_json::json!([])), "{told}");
    let config = Config::read(&file, folder.path()).expect("the file is right");
    assert_eq!(config.source.accounts()[0].profile.as_deref(), Some("team"));
}
