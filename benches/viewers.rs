//! What pages cost the loop: a real agent on the simulated fleet, one simulated minute a second, while nobody and while 20
//! pages look at it, in turn. Each does what the page does: at every news it reads fleet, group, journal and calendar.
//!
//!     cargo bench --bench viewers
//!
//! prints a row for each turn: the time that a minute of the loop took as `/metrics` tells it, the processor time of the agent
//! (from /proc, so it needs Linux), and what was answered. A number after `--` is the seconds of a turn.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

const TURNS: [usize; 6] = [0, 20, 0, 20, 0, 20];
const SECONDS: u64 = 30;
const PATHS: [&str; 4] =
    ["/api/v1/fleet", "/api/v1/group/checkout-web?past=6&ahead=2", "/api/v1/journal", "/api/v1/calendar"];
/// Clock ticks a second in /proc: the same on every Linux of today.
const TICKS: f64 = 100.0;

fn main() {
    let seconds = env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(SECONDS);
    let home = tempfile::tempdir().expect("a temporary folder");
    let address = free();
    let mut agent = agent(home.path(), address);
    while get(address, "/readyz").is_none_or(|(status, _)| status != 200) {
        thread::sleep(Duration::from_millis(200));
    }
    println!(
        "| pages | minute of the loop, mean ms | longest ms | agent's CPU, s a minute | answers a page and minute |"
    );
    println!("|---|---|---|---|---|");
    for pages in TURNS {
        turn(&agent, address, pages, seconds);
    }
    // It may have ended by itself; then there is nothing to do.
    let _ = agent.kill();
    let _ = agent.wait();
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound")
}

fn agent(home: &Path, address: SocketAddr) -> Child {
    let config =
        format!("[source]\nspeed = 60.0\n\n[train]\ndaily = false\n\n[agent]\nhttp = \"{address}\"\n");
    fs::write(home.join("prescale.toml"), config).expect("the folder is ours");
    let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
    command.arg("agent").arg("--home").arg(home).stdin(Stdio::null()).stdout(Stdio::null());
    command.env_remove("PRESCALE_CONFIG").spawn().expect("the binary was built for this bench")
}

/// Looks at the loop for so many seconds while `pages` look at the fleet.
fn turn(agent: &Child, address: SocketAddr, pages: usize, seconds: u64) {
    let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let open: Vec<JoinHandle<()>> = (0..pages)
        .map(|_| {
            let (over, answers) = (Arc::clone(&over), Arc::clone(&answers));
            thread::spawn(move || look(address, &over, &answers))
        })
        .collect();
    thread::sleep(Duration::from_secs(2));
    let (used, answered) = (processor(agent), answers.load(Ordering::Relaxed));
    let mut minutes = Vec::new();
    for _ in 0..seconds {
        thread::sleep(Duration::from_secs(1));
        minutes.extend(get(address, "/metrics").and_then(|(_, page)| minute(&page)));
    }
    let (used, answered) = (processor(agent) - used, answers.load(Ordering::Relaxed) - answered);
    over.store(true, Ordering::Relaxed);
    for page in open {
        page.join().expect("a page does not panic");
    }
    let mean = minutes.iter().sum::<f64>() / minutes.len().max(1) as f64;
    let longest = minutes.iter().copied().fold(0.0, f64::max);
    let each = answered as f64 / pages.max(1) as f64 / seconds as f64;
    let used = used / seconds as f64;
    println!("| {pages} | {:.2} | {:.2} | {used:.3} | {each:.1} |", 1e3 * mean, 1e3 * longest);
}

/// Seconds that the newest minute of the loop took, in a page of metrics.
fn minute(page: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix("prescale_loop_minute_seconds "))?.trim().parse().ok()
}

/// Processor time of the agent so far, in seconds.
fn processor(agent: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", agent.id())).expect("it runs, on Linux");
    let after = stat.rsplit(')').next().expect("it has the name in parentheses");
    let ticks = after.split_whitespace().skip(11).take(2).map(|n| n.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() / TICKS
}

/// A page, until it is over: at every news it reads what it shows.
fn look(address: SocketAddr, over: &AtomicBool, answers: &AtomicU64) {
    let mut news = BufReader::new(ask(address, "/api/v1/events", true).expect("it listens"));
    let mut line = String::new();
    while !over.load(Ordering::Relaxed) && news.read_line(&mut line).is_ok_and(|length| length > 0) {
        if line.starts_with("event: fleet") {
            let read =
                PATHS.iter().filter_map(|path| get(address, path)).filter(|(status, _)| *status == 200);
            answers.fetch_add(read.count() as u64, Ordering::Relaxed);
        }
        line.clear();
    }
}

fn ask(address: SocketAddr, path: &str, keep: bool) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let end = if keep { "keep-alive" } else { "close" };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {end}\r\n\r\n").ok()?;
    Some(stream)
}

/// Status and text of an answer.
fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut answer = Vec::new();
    ask(address, path, false)?.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Some((answer.split(' ').nth(1)?.parse().ok()?, answer))
}
