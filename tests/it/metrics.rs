//! Metrics as Prometheus reads them: a real agent's scrape, the files of `docs/deploy` that stand on it, and a real
//! Prometheus where there is one.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::support::{
    home::Home,
    http::{free_port, get, try_get},
    running::Running,
    wait::until,
};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy");

/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[defaults]\nmode = \"approve\"\n\n[train]\ndaily = false\n";

/// An agent that serves HTTP, as soon as it is ready.
fn agent() -> (Home, SocketAddr, Running) {
    let address = free_port();
    let home = Home::new(&format!("{ASKING}\n[agent]\nhttp = \"{address}\"\n"));
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    let agent = Running::start(command);
    assert_eq!(get(address, "/readyz"), "ready\n");
    (home, address, agent)
}

fn deploy(name: &str) -> (PathBuf, String) {
    let path = Path::new(DEPLOY).join(name);
    let text = fs::read_to_string(&path).expect("a file of ours");
    (path, text)
}

/// Words that begin with `prescale_`.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("prescale_")).collect()
}

/// The program, if this machine has it.
fn tool(name: &str) -> Option<Command> {
    let found = Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("{name} is not installed: not tried (Debian: apt-get install prometheus)");
    }
    found.then(|| Command::new(name))
}

#[test]
fn a_real_scrape_has_every_group_and_whatever_dashboard_and_rules_ask_for() {
    let (home, address, _agent) = agent();
    let groups = ["api-bursty", "batch-steady", "checkout-web", "web-sessions"];
    let wanted = |page: &str| {
        let of = |name: &str, group: &str| page.contains(&format!("prescale_{name}{{group=\"{group}\""));
        let each = ["demand", "forecast", "forecast_wape", "forecast_p95_coverage", "in_service", "planned"];
        each.iter().all(|name| groups.iter().filter(|group| of(name, group)).count() >= 3)
    };
    let page = until("every group to be forecast", || Some(get(address, "/metrics")).filter(|p| wanted(p)));
    let families: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for file in ["prometheus/prescale.rules.yml", "grafana/prescale.json"] {
        let (_, text) = deploy(file);
        let asked = names(&text);
        assert!(asked.len() > 10, "{file} asks for nothing");
        let missing: Vec<&&str> = asked.difference(&families).collect();
        assert!(missing.is_empty(), "{file} asks for what is not exported: {missing:?}");
    }
    assert!(page.contains("\nprescale_read_only 0\n"), "the agent takes commands, if not from here");
    let on = home.command(&["ctl", "brake", "on"]).output().expect("the binary was built for this test");
    assert!(on.status.success());
    until("the brake in a scrape", || {
        get(address, "/metrics").contains("\nprescale_brake 1\n").then_some(())
    });
}

#[test]
fn the_dashboard_is_whole() {
    let (_, text) = deploy("grafana/prescale.json");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut seen = BTreeSet::new();
    for panel in panels {
        assert!(seen.insert(panel["id"].as_u64().expect("an id")), "an id twice: {panel}");
        let place = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        assert!(place("x") + place("w") <= 24, "{panel}");
        if panel["type"] != "row" {
            let targets = panel["targets"].as_array().expect("queries");
            assert!(!targets.is_empty() && targets.iter().all(|t| t["expr"].is_string()), "{panel}");
        }
    }
    assert!(seen.len() > 15);
}

#[test]
fn promtool_finds_the_rules_right() {
    let Some(mut check) = tool("promtool") else { return };
    let (rules, _) = deploy("prometheus/prescale.rules.yml");
    let out = check.args(["check", "rules"]).arg(rules).output().expect("it is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let (tests, _) = deploy("prometheus/prescale.rules.test.yml");
    let out = Command::new("promtool").args(["test", "rules"]).arg(tests).output().expect("it is there");
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    let (_, address, _agent) = agent();
    let mut lint = Command::new("promtool");
    lint.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut lint = lint.spawn().expect("it is there");
    let page = get(address, "/metrics");
    std::io::Write::write_all(&mut lint.stdin.take().expect("it is piped"), page.as_bytes())
        .expect("it reads");
    let out = lint.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    // 1: it could not be parsed; 3: advice on names.
    assert!(out.status.code() != Some(1), "{said}");
}

#[test]
fn a_real_prometheus_scrapes_and_a_rule_fires() {
    let Some(mut prometheus) = tool("prometheus") else { return };
    let (home, address, _agent) = agent();
    let (_, rules) = deploy("prometheus/prescale.rules.yml");
    // Nobody waits for four hours here: what is tried is that the rule reads what the agent says.
    let eager: String = rules
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("for:") { "        for: 0s" } else { line }.to_owned() + "\n"
        })
        .collect();
    home.write("rules.yml", &eager);
    let config = home.write(
        "prometheus.yml",
        &format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yml]\n\
             scrape_configs:\n  - job_name: prescale\n    static_configs: [{{ targets: [\"{address}\"] }}]\n"
        ),
    );
    let web = free_port();
    prometheus.arg(format!("--config.file={}", config.display()));
    prometheus.arg(format!("--storage.tsdb.path={}", home.path().join("tsdb").display()));
    prometheus.arg(format!("--web.listen-address={web}"));
    prometheus.stdout(Stdio::null()).stderr(Stdio::null());
    let _prometheus = Running::start(prometheus);
    let query = |path: &str| {
        let (status, body) = try_get(web, path)?;
        (status == 200).then(|| serde_json::from_str::<Value>(&body).expect("it speaks JSON"))
    };
    until("a demand in Prometheus", || {
        let answer = query("/api/v1/query?query=count(prescale_demand)")?;
        answer["data"]["result"][0]["value"][1].as_str().filter(|count| *count == "4").map(drop)
    });
    let firing = |name: &str| {
        let alerts = query("/api/v1/alerts")?;
        let alerts = alerts["data"]["alerts"].as_array()?.clone();
        alerts.iter().any(|a| a["labels"]["alertname"] == name && a["state"] == "firing").then_some(())
    };
    assert!(firing("PrescaleBrakeOn").is_none());
    let on = home.command(&["ctl", "brake", "on"]).output().expect("the binary was built for this test");
    assert!(on.status.success());
    until("the rule to fire", || firing("PrescaleBrakeOn"));
    assert!(firing("PrescaleDown").is_none());
}
