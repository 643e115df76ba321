//! What a large fleet costs: one cycle's collection, forecast and plan for 10 to 1,000 groups, against the
//! simulated AWS over HTTP in another process, each of whose answers takes 300 ms.
//!
//!     cargo bench --bench fleet
//!
//! prints one row a size. A cycle is five minutes: five looks at every group (seven questions to CloudWatch a group
//! each: load, and the minutes of six metrics), five plans, one forecast. *Start* is the first minute: two days of
//! history are read and learned. CPU (with the system's share) and memory are of the measured process alone, without
//! the simulated AWS, from /proc, so it needs Linux. Words after `--` choose other sizes: `-- 10 300`.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use prescale::{
    cloud::{
        CloudError, MetricQuery, MetricSource,
        aws::{AccessKey, AwsSource, ConnectOptions, connect},
        simulator::{GroupSpec, Trace, demo_start},
        simulator_http::{Account, AccountLimits, serve},
    },
    domain::{Time, at_epoch, group::GroupState, series::Series, shift},
    engine::{
        Engine,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    store::Store,
};

const SIZES: [&str; 5] = ["10", "30", "100", "300", "1000"];
const LATENCY: Duration = Duration::from_millis(300);
/// Steps of 300 s: three days of history, and one to come.
const STEPS: (i64, i64) = (864, 288);
/// Minutes of a cycle.
const CYCLE: i64 = 5;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", groups] => server(number(groups)),
        ["measure", groups, url] => measure(number(groups), url),
        chosen => {
            let sizes = if chosen.is_empty() { &SIZES[..] } else { chosen };
            println!(
                "| groups | start, CPU s | start, peak MB | cycle, CPU s | CPU ms a group | cycle, wall s | cycle, peak MB |"
            );
            println!("|---|---|---|---|---|---|---|");
            sizes.iter().for_each(|groups| row(groups));
        }
    }
    ExitCode::SUCCESS
}

fn number(text: &str) -> usize {
    text.parse().expect("a number of groups")
}

/// This program again, with other words.
fn again(words: &[&str]) -> Child {
    let this = env::current_exe().expect("a program knows where it lies");
    Command::new(this).args(words).stdout(Stdio::piped()).spawn().expect("what runs can be run again")
}

/// Measures one size in a process of its own, against a server in another.
fn row(groups: &str) {
    let mut server = again(&["serve", groups]);
    let mut line = String::new();
    let out = server.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut line).expect("its first line is its address");
    let output = again(&["measure", groups, line.trim()]).wait_with_output().expect("it ends");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    // An error means that it has ended already.
    let _ = server.kill();
    let _ = server.wait();
    assert!(output.status.success(), "the measurement failed");
}

/// The moment of this process's start, so that metrics are as old as they say.
fn now() -> Time {
    at_epoch(chrono::Utc::now().timestamp())
}

/// A group with a daily wave of its own.
fn group(index: usize) -> GroupSpec {
    let wave = |step: i64| {
        let day = std::f64::consts::TAU * (step + 7 * index as i64) as f64 / 288.0;
        Some(500.0 + 400.0 * day.sin() + (step * (1 + index as i64)).rem_euclid(11) as f64)
    };
    let start = prescale::domain::floor_to(now_in_the_world(), 300);
    let series = Series::from_values(shift(start, -300 * STEPS.0), 300, (-STEPS.0..STEPS.1).map(wave));
    let trace = Trace { series, column: "requests".into() };
    GroupSpec {
        max: 60,
        target_tracking: Some(60.0),
        ..GroupSpec::plain(&format!("group-{index:04}"), trace, 50.0)
    }
}

/// The present moment, moved by whole weeks to where the simulation lives.
fn now_in_the_world() -> Time {
    const WEEK: i64 = 7 * 86_400;
    let offset = (now() - demo_start()).num_seconds().div_euclid(WEEK) * WEEK;
    shift(now(), -offset)
}

fn server(groups: usize) {
    let pace = AccountLimits { latency: LATENCY, rate: None };
    let account = Account::new((0..groups).map(group).collect(), 1, pace, now);
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    println!("http://{}", listener.local_addr().expect("it is bound"));
    serve(&listener, Arc::new(account));
}

/// The adapter without its errand of saving history, which goes on beside the loop for hours.
struct Present(AwsSource);

#[async_trait]
impl MetricSource for Present {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.0.groups(now).await
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.0.metrics(now, queries).await
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

fn measure(groups: usize, url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(cycle(groups, url));
}

async fn cycle(groups: usize, url: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ConnectOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url.to_owned()),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    let connection = connect(&options).await.expect("keys and region are given");
    let world = CloudAccess {
        source: Box::new(Present(connection.source())),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    };
    // Ten minutes behind the simulation, so that each minute brings points that have ended.
    let start = shift(prescale::domain::floor_to(now(), 300), -600);
    let store = Store::open(&folder.path().join("bench.db")).expect("a folder of our own");
    let mut engine = Engine::new(engine_options(start), world, store).expect("a new store");
    engine.minute(start).await.expect("the store can be written");
    assert_eq!(engine.groups().len(), groups, "every group was found");
    assert!(engine.groups().iter().all(|w| w.forecast.is_some()), "every group has a forecast");
    let (begun, peak) = (cpu(), peak_memory());
    // From here on the kernel counts the peak anew.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let since = Instant::now();
    for minute in 1..=CYCLE {
        engine.minute(shift(start, 60 * minute)).await.expect("the store can be written");
    }
    let (spent, wall) = (cpu() - begun, since.elapsed().as_secs_f64());
    let each = 1_000.0 * spent / groups as f64;
    let after = peak_memory();
    println!("| {groups} | {begun:.1} | {peak:.0} | {spent:.2} | {each:.1} | {wall:.1} | {after:.0} |");
}

fn engine_options(start: Time) -> EngineOptions {
    EngineOptions {
        zone: chrono_tz::Tz::UTC,
        group: Box::new(|_| GroupOptions::default()),
        calendar: None,
        events: Vec::new(),
        holidays: Vec::new(),
        models: None,
        backfill: 2 * 86_400,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(0),
        start,
    }
}

/// Seconds of CPU that all threads of this process took, in hundredths (`proc_pid_stat(5)`, fields 14 and 15).
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").expect("Linux has /proc");
    let (_, after_name) = text.rsplit_once(") ").expect("the name is in brackets");
    let ticks: Vec<f64> = after_name.split(' ').skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
    ticks.iter().sum::<f64>() / 100.0
}

/// Most memory that the process held since the peak was counted anew, in megabytes.
fn peak_memory() -> f64 {
    let text = fs::read_to_string("/proc/self/status").expect("Linux has /proc");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it says the peak");
    let kilobytes: f64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number");
    kilobytes / 1_024.0
}
