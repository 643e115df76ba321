//! The agent as a service of systemd: what it tells, what a reload does, and the unit file.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::net::{UnixDatagram, UnixListener},
    },
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::{
    home::Home,
    http::{free_port, get},
    journal::journal,
    peer::Peer,
    running::Running,
    wait::{signal, until},
};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/prescale.service");
const SOCKET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/prescale.socket");
const CONSOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/prescale-console.socket");

/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[train]\ndaily = false\n\n[defaults]\nmode = \"approve\"\n";

/// What stands in systemd's place, and hears what it is told.
struct Manager(UnixDatagram);

impl Manager {
    fn at(home: &Home) -> Manager {
        let socket = UnixDatagram::bind(home.path().join("notify")).expect("the folder is ours");
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a time that is not zero");
        Manager(socket)
    }

    /// The next message that has this line.
    fn hear(&self, line: &str) -> String {
        let mut bytes = [0; 4_096];
        loop {
            let length = self.0.recv(&mut bytes).unwrap_or_else(|e| panic!("waited in vain for {line}: {e}"));
            let said = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if said.lines().any(|said| said == line) {
                return said;
            }
        }
    }
}

fn agent(home: &Home, variables: &[(&str, &str)]) -> Running {
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null()).envs(variables.iter().copied());
    Running::start(command)
}

/// The policy that a group's line shows.
fn policy(home: &Home, group: &str) -> String {
    let out =
        home.command(&["ctl", "status", "--json"]).output().expect("the binary was built for this test");
    let fleet: serde_json::Value = serde_json::from_slice(&out.stdout).expect("one document");
    let row = fleet["groups"].as_array().expect("groups").iter().find(|row| row["name"] == group);
    row.expect("a group of the fleet")["policy"].as_str().expect("a word").to_owned()
}

#[test]
fn systemd_hears_that_it_is_ready_alive_reloading_and_stopping() {
    let home = Home::new(ASKING);
    let manager = Manager::at(&home);
    let socket = home.path().join("notify").display().to_string();
    let mut agent = agent(&home, &[("NOTIFY_SOCKET", &socket), ("WATCHDOG_USEC", "2000000")]);
    let ready = manager.hear("READY=1");
    assert!(ready.contains("STATUS=SIMULATED: 4 groups"), "{ready}");
    for _ in 0..3 {
        manager.hear("WATCHDOG=1");
    }
    signal(agent.0.id(), "HUP");
    let reloading = manager.hear("RELOADING=1");
    assert!(reloading.lines().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reloading}");
    let ready = manager.hear("READY=1");
    assert!(ready.contains("STATUS=configuration reloaded: no group changed"), "{ready}");
    home.write("prescale.toml", "[defaults]\nrisk = 7\n");
    signal(agent.0.id(), "HUP");
    manager.hear("RELOADING=1");
    let ready = manager.hear("READY=1");
    assert!(ready.contains("STATUS=configuration refused") && ready.contains("prescale.toml:2:1"), "{ready}");
    signal(agent.0.id(), "TERM");
    manager.hear("STOPPING=1");
    assert_eq!(agent.end(), Some(0));
}

#[test]
fn a_reload_puts_a_right_file_in_force_and_keeps_the_old_over_a_wrong_one() {
    let home = Home::new(ASKING);
    let mut agent = agent(&home, &[]);
    drop(Peer::connect(&home));
    assert_eq!(policy(&home, "web-sessions"), "capacity");
    home.write(
        "prescale.toml",
        &format!(
            "{ASKING}\n[group.web-sessions]\npolicy = \"threshold\"\nmode = \"observe\"\n\n[log]\ndays = 9\n"
        ),
    );
    signal(agent.0.id(), "HUP");
    let (operator, text) = until("the reload", || journal(&home, "config").pop());
    assert!(operator.starts_with("SIGHUP@"), "{operator}");
    assert_eq!(
        text,
        "configuration reloaded: web-sessions changed; changed, and in force after a restart: [log]"
    );
    assert_eq!(
        (policy(&home, "web-sessions").as_str(), policy(&home, "api-bursty").as_str()),
        ("threshold", "capacity")
    );
    let modes = journal(&home, "mode");
    assert!(modes.iter().any(|(by, text)| by == &operator && text.contains("observe")), "{modes:?}");

    home.write("prescale.toml", &format!("{ASKING}\n[group.web-sessions]\npolicy = \"guesswork\"\n"));
    let refused = home.command(&["ctl", "reload"]).output().expect("the binary was built for this test");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("the previous one stays in force") && said.contains("guesswork"), "{said}");
    assert!(journal(&home, "config").pop().is_some_and(|(_, text)| text.contains("guesswork")));
    assert_eq!(policy(&home, "web-sessions"), "threshold");

    // Another way to count demand: the group goes on from its history under the new one.
    home.write("prescale.toml", &format!("{ASKING}\n[group.web-sessions]\ndemand = \"cpu\"\n"));
    let done = home.command(&["ctl", "reload"]).output().expect("the binary was built for this test");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(journal(&home, "demand").iter().any(|(_, text)| text.contains("demand is now measured by")));
    assert_eq!(policy(&home, "web-sessions"), "capacity");
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}

#[test]
fn a_socket_of_systemd_is_served_without_an_address_of_ones_own() {
    let activate = |address: &str, home: &Home| {
        let mut command = Command::new("systemd-socket-activate");
        command.args(["--listen", address, env!("CARGO_BIN_EXE_prescale"), "agent", "--home"]);
        command.arg(home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.env_remove("NOTIFY_SOCKET");
        command
    };
    if Command::new("systemd-socket-activate").arg("--version").output().is_err() {
        eprintln!("systemd-socket-activate is not installed: not tried (Debian: apt-get install systemd)");
        return;
    }
    let (home, address) = (Home::new(ASKING), free_port());
    let mut agent = Running::start(activate(&address.to_string(), &home));
    // The first one who asks waits until the agent answers.
    assert_eq!(get(address, "/readyz"), "ready\n");
    assert!(get(address, "/metrics").contains("prescale_demand"));
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));

    // Others would reach it, and nobody has said that they may.
    let (home, port) = (Home::new(ASKING), free_port().port());
    let mut agent = Running::start(activate(&format!("0.0.0.0:{port}"), &home));
    let complaint = agent.0.stderr.take().expect("it is piped");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    drop(until("somebody to listen", || TcpStream::connect(address).ok()));
    let said =
        BufReader::new(complaint).lines().map_while(Result::ok).find(|line| line.contains("http_remote"));
    assert!(said.is_some_and(|line| line.contains(&format!("systemd listens at 0.0.0.0:{port}"))));
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}

#[test]
fn a_socket_of_systemd_lets_consoles_in_and_outlives_the_agent() {
    if Command::new("systemd-socket-activate").arg("--version").output().is_err() {
        eprintln!("systemd-socket-activate is not installed: not tried (Debian: apt-get install systemd)");
        return;
    }
    let (home, address) = (Home::new(ASKING), free_port());
    let path = home.path().join("run/agent.sock");
    std::fs::create_dir(home.path().join("run")).expect("the folder is ours");
    let mut command = Command::new("systemd-socket-activate");
    command.arg("--listen").arg(&path).args(["--listen", &address.to_string()]);
    command.args([env!("CARGO_BIN_EXE_prescale"), "agent", "--home"]).arg(home.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).env_remove("NOTIFY_SOCKET").env("HOME", home.path());
    let mut agent = Running::start(command);
    until("systemd's part to listen", || path.exists().then_some(()));
    // The first one who connects starts the agent, and waits until it greets.
    drop(Peer::attach(&home, false));
    assert_eq!(get(address, "/readyz"), "ready\n");
    let out =
        home.command(&["ctl", "status", "--json"]).output().expect("the binary was built for this test");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert_eq!(get(address, "/healthz"), "live\n", "both kinds of socket at once");
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
    assert!(path.exists(), "it is systemd's to remove");
}

/// Passes each of two descriptors the same `socket`, as systemd does.
fn with_passed(home: &Home, count: u32, socket: OwnedFd) -> Command {
    let mut command = Command::new("sh");
    let script = format!(
        "LISTEN_PID=$$ LISTEN_FDS={count} exec \"{}\" agent --home \"$0\" 3<&0 4<&0",
        env!("CARGO_BIN_EXE_prescale")
    );
    command.args(["-c", &script]).arg(home.path()).env_remove("NOTIFY_SOCKET").env("HOME", home.path());
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn sockets_of_systemd_that_cannot_be_used_are_named() {
    let home = Home::new(&format!("{ASKING}\n[agent]\nlisten = false\n"));
    let (tcp, path) = (TcpListener::bind("127.0.0.1:0"), home.path().join("unix"));
    let unix = || UnixListener::bind(&path).expect("the folder is ours");
    let refused = [
        (tcp.expect("loopback has a free port").into(), "two TCP sockets were passed; one is for HTTP"),
        (unix().into(), "two Unix sockets were passed; one is for consoles"),
        (File::open("/dev/null").expect("it is there").into(), "socket 1 is neither TCP nor Unix"),
    ];
    for (socket, why) in refused {
        let out = with_passed(&home, 2, socket).output().expect("there is a shell");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(said.contains(why), "{said}");
    }
    std::fs::remove_file(&path).expect("it was made");
    let mut agent = Running::start(with_passed(&home, 1, unix().into()));
    let said = BufReader::new(agent.0.stderr.take().expect("it is piped")).lines();
    let said = said.map_while(Result::ok).find(|line| line.contains("no console can attach"));
    assert!(said.is_some_and(|line| line.contains("[agent] listen = false")));
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}

/// What `systemd-analyze` says of the unit; `None` where there is none.
fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let out = Command::new("systemd-analyze").args(arguments).output();
    let Ok(out) = out else {
        eprintln!("systemd-analyze is not installed: not tried");
        return None;
    };
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    Some((out.status.success(), said))
}

#[test]
fn the_unit_is_right_and_hardened() {
    let Some((_, said)) = analyze(&["security", "--offline=true", "--no-pager", UNIT]) else { return };
    let level = said.lines().find_map(|line| {
        let (_, rest) = line.split_once("Overall exposure level for prescale.service: ")?;
        rest.split(' ').next()?.parse::<f64>().ok()
    });
    let level = level.unwrap_or_else(|| panic!("no level in\n{said}"));
    assert!(level < 2.0, "{level}\n{said}");
    // What it names need not be here: the program, its manual page, the user.
    let (_, said) = analyze(&["verify", "--man=no", UNIT, SOCKET, CONSOLE]).expect("it was there");
    let faults: Vec<&str> = said
        .lines()
        .filter(|line| {
            ["prescale.socket:", "prescale-console.socket:", "prescale.service:"]
                .iter()
                .any(|unit| line.contains(unit))
        })
        .filter(|line| !line.contains("is not executable"))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}
