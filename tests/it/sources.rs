//! Several accounts in one agent: the real binary on four simulated accounts over HTTP, of which one throttles every call, one
//! finds its keys expired and one never answers. The fourth is scaled at its own pace, and the screen says which is which.

use std::{
    net::TcpListener,
    process::Stdio,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chrono::{SubsecRound, Utc};
use prescale::cloud::simulator_http::{Account, AccountLimits, EXPIRED, serve};
use serde_json::Value;

use crate::{
    chaos::fleet,
    support::{
        acts::Kept,
        harness::Terminal,
        home::Home,
        peer::Peer,
        running::Running,
        wait::{poll, until},
    },
};

const NAMES: [&str; 4] = ["busy", "expired", "good", "silent"];
/// Seconds into a minute by which the good account is acted on: those that a silent one is waited for, and some for the work.
const LATEST: i64 = 40;

fn config() -> String {
    let source =
        |name: &str| format!("[[source]]\nkind = \"aws\"\nname = \"{name}\"\nprofile = \"{name}\"\n\n");
    NAMES.map(source).concat()
        + "[cycle]\nminutes = 1\n\n[defaults]\nmode = \"auto\"\ncapacity = 394.0\nstep_minutes = 60\n\
           step_out_max = 1\nmodel_gate = false\n\n[train]\ndaily = false\n"
}

/// An account behind a port of its own.
fn account(limits: AccountLimits) -> (Arc<Account>, String) {
    let account = Arc::new(Account::new(fleet(), 1, limits, || Utc::now().trunc_subsecs(0)));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let served = Arc::clone(&account);
    thread::spawn(move || serve(&listener, served));
    (account, url)
}

/// The accounts, and a home whose profiles lead to them.
struct Scene {
    home: Home,
    good: Arc<Account>,
    busy: Arc<Account>,
    /// Takes connections and says nothing.
    _silent: TcpListener,
}

impl Scene {
    fn new() -> Scene {
        let throttled = AccountLimits { rate: Some(0), ..AccountLimits::default() };
        let (busy, busy_url) = account(throttled);
        let (_, expired_url) = account(AccountLimits::default());
        let (good, good_url) = account(AccountLimits::default());
        let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let silent_url = format!("http://{}", silent.local_addr().expect("it is bound"));
        let home = Home::new(&config());
        std::fs::create_dir(home.path().join(".aws")).expect("the folder is ours");
        let profile = |(name, url): (&str, String)| {
            let key = if name == "expired" { EXPIRED } else { "test" };
            format!(
                "[profile {name}]\nregion = us-east-1\nendpoint_url = {url}\naws_access_key_id = {key}\n\
                 aws_secret_access_key = test\n\n"
            )
        };
        let urls = [busy_url, expired_url, good_url, silent_url];
        let profiles: String = NAMES.into_iter().zip(urls).map(profile).collect();
        home.write(".aws/config", &profiles);
        Scene { home, good, busy, _silent: silent }
    }

    fn run(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.home.command(arguments);
        for name in
            ["AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        {
            command.env_remove(name);
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).output().expect("the binary was built for this test");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Instances that the groups of `account` ask for together.
fn desired(account: &Account) -> u32 {
    let groups = account.simulator().with(|world| world.groups()).expect("it is simulated");
    groups.iter().map(|group| group.desired).sum()
}

#[test]
fn three_accounts_fail_each_in_its_way_and_the_fourth_is_scaled_at_its_pace() {
    let scene = Scene::new();
    let before = desired(&scene.good);
    let mut command = scene.run(&["agent"]);
    command.stdout(Stdio::null());
    let begun = Instant::now();
    let _agent = Running::start(command);
    let acts = || Kept::read(&scene.home).acts;
    let applied = |minute: usize| {
        let applied = acts().into_iter().filter(|act| act.stage == "applied").map(|act| act.at / 60);
        let mut minutes: Vec<i64> = applied.collect();
        minutes.dedup();
        minutes.get(minute).copied()
    };
    let first = until("the good account to be acted on", || applied(0));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(LATEST as u64), "{took:?}: a silent account holds the others up");
    drop(Peer::connect(&scene.home));
    let next = until("the next minute", || applied(1));
    assert_eq!(next - first, 1, "the next minute is not missed");
    let late = Utc::now().timestamp() - 60 * next;
    assert!(late < LATEST, "{late} s into the minute");
    assert!(acts().iter().all(|act| act.group.starts_with("good/")), "{:?}", acts());
    assert!(desired(&scene.good) > before);
    which_is_which(&scene);
    // The same groups under the same plan: it was the throttling alone that kept them from being acted on.
    scene.busy.limit(AccountLimits::default());
    let acted = || acts().into_iter().find(|act| act.group.starts_with("busy/") && act.stage == "applied");
    until("the busy account to be acted on", acted);
    assert!(desired(&scene.busy) > before, "as soon as it was read");
}

/// What `ctl`, the screen and `doctor` say.
fn which_is_which(scene: &Scene) {
    let status = scene.said(&["ctl", "status"]);
    let line = |start: &str| {
        let found = status.lines().find(|line| line.contains(start));
        found.unwrap_or_else(|| panic!("no line with {start} in\n{status}")).to_owned()
    };
    assert!(line("source good (aws us-east-1 123456789012").contains(": read; 6 groups"), "{status}");
    for name in ["busy", "expired", "silent"] {
        assert!(line(&format!("source {name} (")).contains("NOT READ"), "{status}");
    }
    assert!(line("source busy was not read").contains("AWS throttles"), "{status}");
    assert!(line("source expired was not read").contains("expired"), "{status}");
    assert!(line("source silent was not read").contains("does not answer"), "{status}");
    let json: Value = serde_json::from_str(&scene.said(&["ctl", "status", "--json"])).expect("one document");
    let problems = json["sources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|source| (source["name"].as_str().unwrap_or_default(), source["problem"]["level"].as_str()));
    let wanted = [
        ("busy", Some("warning")),
        ("expired", Some("critical")),
        ("good", None),
        ("silent", Some("warning")),
    ];
    assert_eq!(problems.collect::<Vec<_>>(), wanted);
    let screen = Terminal::ready(&scene.home, (160, 40), &["--attach"]);
    screen.wait_for("not read: busy, expired, silent (3 of 4)");
    screen.wait_for("source expired was not read");
    screen.quit();
    let doctor = scene.said(&["doctor", "--aws", "--json"]);
    let report: Value = serde_json::from_str(&doctor).expect("one document");
    let checks: Vec<(&str, &str)> = report["checks"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|check| Some((check["level"].as_str()?, check["message"].as_str()?)))
        .collect();
    let says = |level: &str, words: [&str; 2]| {
        let found = |(l, m): &(&str, &str)| *l == level && words.iter().all(|word| m.contains(word));
        assert!(checks.iter().any(found), "{level} {words:?} in {checks:#?}");
    };
    says("ok", ["good: ", "6: "]);
    says("fail", ["busy: ", "AWS throttles"]);
    says("fail", ["expired: ", "expired"]);
    says("fail", ["silent: ", ""]);
}

#[test]
fn an_account_without_keys_does_not_keep_the_agent_from_starting() {
    let scene = Scene::new();
    let text = std::fs::read_to_string(scene.home.path().join(".aws/config")).expect("it was written");
    let without: Vec<&str> =
        text.split_inclusive("\n\n").filter(|part| !part.contains("profile busy]")).collect();
    scene.home.write(".aws/config", &without.concat());
    let mut command = scene.run(&["agent"]);
    command.stdout(Stdio::null());
    let _agent = Running::start(command);
    let found = poll(|| {
        let acts = Kept::read(&scene.home).acts;
        acts.iter().any(|act| act.group.starts_with("good/") && act.stage == "applied").then_some(())
    });
    assert!(found.is_some(), "the good account is acted on");
    let status = until("an answer", || {
        Some(scene.said(&["ctl", "status"])).filter(|text| text.contains("source busy"))
    });
    let line = status.lines().find(|line| line.contains("source busy was not read")).expect("it is said");
    assert!(line.contains("busy") && line.contains("critical"), "{line}");
}
