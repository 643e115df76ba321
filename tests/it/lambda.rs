//! `prescale-lambda`, the real binary, as Lambda runs it: on the Runtime API, with S3 by moto and the simulated AWS.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::Utc;
use prescale::{
    cloud::{
        simulator::{GroupSpec, demo_fleet},
        simulator_http::{Account, AccountLimits},
    },
    domain::{Time, at_epoch, floor_to},
};
use serde_json::{Value, json};

use crate::{
    chaos,
    support::{
        acts::{Kept, Told, take, wanted},
        emulated_aws::EmulatedAws,
        gate::{Aim, Call, Fate, Gate, Point},
        running::Running,
        runtime_api::{RuntimeApi, Said},
        wait::until,
    },
};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the function has time for.
const TIME: Duration = Duration::from_secs(60);
/// Memory of the function, in MB, and how long a warm tick may take.
const MEMORY: u64 = 512;
const TICK: Duration = Duration::from_secs(10);

/// Steps of an hour, so that a cold start has little to learn again.
const LONG_STEPS: &str = "step_minutes = 60\ncapacity = 394.0\n";

/// An account whose time is that of the ticks, and S3.
struct World {
    s3: EmulatedAws,
    gate: Gate,
    minute: Arc<AtomicI64>,
}

impl World {
    fn new(fleet: Vec<GroupSpec>) -> World {
        let s3 = EmulatedAws::moto();
        s3.create_bucket("team-scaling");
        // A little ahead, so that no tick is late on a slow machine.
        let minute = Arc::new(AtomicI64::new(floor_to(Utc::now(), 60).timestamp() + 120));
        let shown = Arc::clone(&minute);
        let clock = move || at_epoch(shown.load(Ordering::SeqCst) + 1);
        let account = Account::new(fleet, 7, AccountLimits::default(), clock);
        World { s3, gate: Gate::to(Arc::new(account)), minute }
    }

    fn minute(&self) -> Time {
        at_epoch(self.minute.load(Ordering::SeqCst))
    }

    /// The next minute begins.
    fn pass(&self) {
        self.minute.fetch_add(60, Ordering::SeqCst);
    }

    /// A new process of the function, with a disk of its own.
    fn start(&self, config: &str) -> Lambda {
        let (api, disk) = (RuntimeApi::start(), tempfile::tempdir().expect("a temporary folder"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_prescale-lambda"));
        command.stdin(Stdio::null()).env("AWS_LAMBDA_RUNTIME_API", &api.address);
        command.env("AWS_LAMBDA_FUNCTION_NAME", "prescale").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY.to_string());
        command.env("PRESCALE_HOME", disk.path()).env("PRESCALE_CONFIG", config);
        command.env("AWS_ENDPOINT_URL", &self.gate.url).env("AWS_ENDPOINT_URL_S3", self.s3.url());
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("AWS_REGION", "us-east-1").env("HOME", disk.path());
        let process = Running::start(command);
        self.gate.is(process.0.id());
        Lambda { api, disk, process }
    }
}

/// One process of the function.
struct Lambda {
    api: RuntimeApi,
    disk: tempfile::TempDir,
    process: Running,
}

impl Lambda {
    /// What the function answers to the tick of `minute`, and how long that took.
    fn tick(&mut self, minute: Time) -> (Value, Duration) {
        let begun = Instant::now();
        self.api.send(&event(minute), TIME);
        match self.api.hear(PATIENCE) {
            Some(Ok(answer)) => (answer, begun.elapsed()),
            other => panic!("no answer to the tick of {minute}: {other:?}"),
        }
    }

    fn database(&self) -> PathBuf {
        self.disk.path().join("data/prescale.db")
    }

    /// Most memory that it has had, in MB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says it");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    }
}

/// An event as the schedule sends it.
fn event(minute: Time) -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": minute, "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/prescale"], "detail": {},
    })
}

fn config(more: &str) -> String {
    format!(
        "[source]\nkind = \"aws\"\nregion = \"us-east-1\"\n\n[shared]\nurl = \"s3://team-scaling/prod\"\n\n\
         [defaults]\nmode = \"auto\"\nmodel_gate = false\n{more}"
    )
}

/// Groups of the ticks, where `PRESCALE_GROUPS` does not say.
const GROUPS: usize = 50;

/// So many groups on the recorded load, of which one is far too small.
fn fleet(count: usize) -> Vec<GroupSpec> {
    let like = demo_fleet().expect("built-in traces are good").swap_remove(0);
    let group = |n: usize| GroupSpec {
        name: format!("group-{n:02}"),
        capacity: 197.0,
        max: 400,
        initial_desired: (n == 0).then_some(2),
        noise: false,
        ..like.clone()
    };
    (0..count).map(group).collect()
}

/// That the calls of each run are those of the intents of its minutes, each once.
fn check(kept: &Kept, calls: &[Call], runs: &[(usize, Time)]) {
    for run in runs.iter().map(|(run, _)| *run).collect::<BTreeSet<_>>() {
        let minutes = || runs.iter().filter(|(other, _)| *other == run).map(|(_, minute)| minute.timestamp());
        let mut made: Vec<Call> = calls.iter().filter(|call| call.run == run).cloned().collect();
        // One by one: groups are acted on in turn.
        for act in kept.acts.iter().filter(|act| minutes().any(|at| at == act.at)) {
            let (group, mut own): (Vec<_>, Vec<_>) =
                made.into_iter().partition(|call| call.group == act.group);
            let mut group = group;
            let done = take(&act.act, &mut group);
            own.extend(group);
            made = own;
            let whole = done.len() == wanted(&act.act).len();
            let lost = done.iter().any(|call| call.fate == Fate::Lost);
            let (_, text) = act.outcome.clone().unwrap_or_else(|| panic!("nothing came of {act:?}"));
            assert_eq!(act.stage == "applied", whole && !lost, "{text}: {act:?} made {done:?}");
        }
        assert!(made.is_empty(), "calls of run {run} without an intent: {made:?}");
    }
}

#[test]
fn ten_scheduled_ticks_act_once_where_once_is_right() {
    let count =
        std::env::var("PRESCALE_GROUPS").ok().map_or(GROUPS, |n| n.parse().expect("a number of groups"));
    let world = World::new(fleet(count));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("prescale.toml");
    std::fs::write(&file, config(LONG_STEPS)).expect("the folder is ours");
    let origin = file.to_str().expect("a plain path");
    let (mut runs, mut slowest, mut memory) = (Vec::new(), Duration::ZERO, 0);
    for ticks in [0..5, 5..10] {
        let run = world.gate.next(None);
        let mut lambda = world.start(origin);
        for tick in ticks.clone() {
            runs.push((run, world.minute()));
            let (answer, took) = lambda.tick(world.minute());
            assert_eq!(
                (&answer["groups"], &answer["cold"]),
                (&json!(count), &json!(tick == ticks.start)),
                "{answer}"
            );
            println!("tick {tick}: {:.2} s, {}", took.as_secs_f64(), answer["decided"]);
            if tick != ticks.start {
                slowest = slowest.max(took);
            }
            // A schedule may fire twice.
            let before = world.gate.calls().len();
            let (again, _) = lambda.tick(world.minute());
            assert_eq!(again["skipped"], "the minute is done already");
            assert_eq!(world.gate.calls().len(), before);
            world.pass();
        }
        memory = memory.max(lambda.memory());
        let kept = Kept::of(&lambda.database()).expect("it is a history");
        check(&kept, &world.gate.calls(), &runs);
    }
    let small: Vec<Call> = world.gate.calls().into_iter().filter(|call| call.group == "group-00").collect();
    assert!(!small.is_empty() && small[0].run == runs[0].0, "the small group grows at once: {small:?}");
    let sizes: Vec<u32> = small.iter().filter_map(|call| call.size).collect();
    assert!(sizes.windows(2).all(|pair| pair[0] != pair[1]), "asked for twice: {sizes:?}");
    println!("the slowest warm tick took {:.2} s; {memory} MB", slowest.as_secs_f64());
    assert!(slowest < TICK && memory < MEMORY, "{slowest:?}, {memory} MB");
    let objects = world.s3.objects("team-scaling");
    for folder in ["prod/runs/", "prod/leases/"] {
        assert!(objects.iter().any(|name| name.starts_with(folder)), "{folder}: {objects:?}");
    }
}

#[test]
fn a_crash_between_intent_and_outcome_loses_nothing() {
    let world = World::new(chaos::fleet());
    world.s3.put_object("team-scaling/prescale.toml", &config(&format!("{LONG_STEPS}step_out_max = 1\n")));
    let origin = "s3://team-scaling/prescale.toml";
    let brief = Duration::from_millis(1_500);
    let points = [
        Point::Arrived(Fate::Done),
        Point::Arrived(Fate::Lost),
        Point::Held,
        Point::Read(Duration::from_millis(20)),
        Point::Read(Duration::from_millis(60)),
        Point::Answered(Duration::ZERO),
        Point::Answered(Duration::from_millis(20)),
    ];
    let (mut runs, mut restarts) = (Vec::new(), 0);
    for (n, point) in points.into_iter().enumerate() {
        let run = world.gate.next(Some(Aim { nth: n % 3, point }));
        runs.push((run, world.minute()));
        let mut killed = world.start(origin);
        let sent = Instant::now();
        killed.api.send(&event(world.minute()), brief);
        assert_eq!(killed.process.end(), None, "it is killed at {point:?}");
        until("its connections to end", || world.gate.is_drained(run).then_some(()));
        std::thread::sleep((brief + Duration::from_secs(1)).saturating_sub(sent.elapsed()));
        world.pass();
        let run = world.gate.next(None);
        runs.push((run, world.minute()));
        let mut next = world.start(origin);
        let (answer, _) = next.tick(world.minute());
        assert_eq!(answer["skipped"], Value::Null, "the killed run is over: {answer}");
        let kept = Kept::of(&next.database()).expect("it is a history");
        assert!(kept.foreign.is_empty(), "nobody else changes anything: {:?}", kept.foreign);
        check(&kept, &world.gate.calls(), &runs);
        restarts = kept.acts.iter().filter(|act| says_restart(act)).count();
        world.pass();
    }
    assert!(restarts >= 3, "{restarts} acts were interrupted");
}

fn says_restart(act: &Told) -> bool {
    act.outcome.as_ref().is_some_and(|(_, text)| text.contains("a restart"))
}

#[test]
fn runs_take_turns_and_operators_are_answered() {
    let world = World::new(chaos::fleet());
    world.s3.put_object("team-scaling/prescale.toml", &config(LONG_STEPS).replace("\"auto\"", "\"approve\""));
    let origin = "s3://team-scaling/prescale.toml";
    let mut one = world.start(origin);
    let (answer, _) = one.tick(world.minute());
    let proposed = answer["decided"].as_array().expect("a list");
    assert!(proposed.iter().any(|d| d["group"] == "web" && d["stage"] == "proposed"), "{answer}");
    assert!(world.gate.calls().is_empty(), "nothing is done without leave");
    // The brake by one process is known to the next, and a proposal is answered there.
    one.api.send(&json!({ "time": world.minute(), "command": { "set_brake": { "on": true } } }), TIME);
    let braked = one.api.hear(PATIENCE).expect("an answer").expect("it is done");
    assert!(braked["answer"]["done"].as_str().is_some_and(|said| said.contains("frozen")), "{braked}");
    world.pass();
    let mut two = world.start(origin);
    let (answer, _) = two.tick(world.minute());
    assert_eq!((&answer["cold"], &answer["groups"]), (&json!(true), &json!(6)), "{answer}");
    let (id, revision) = open_proposal(&two.database(), "web");
    two.api.send(
        &json!({ "time": world.minute(), "command": { "approve": { "id": id, "revision": revision } } }),
        TIME,
    );
    let said: Said = two.api.hear(PATIENCE).expect("an answer");
    assert!(said.as_ref().is_ok_and(|said| said["answer"]["done"].is_string()), "{said:?}");
    let calls = world.gate.calls();
    assert!(calls.len() == 1 && calls[0].group == "web", "{calls:?}");
    two.api.send(&json!({ "command": { "train": { "group": "web" } } }), TIME);
    let refused = two.api.hear(PATIENCE).expect("an answer").expect_err("not by a function");
    assert!(refused.to_string().contains("a function does not do this"), "{refused}");
    two.api.send(&json!({ "time": Utc::now() + chrono::TimeDelta::hours(1) }), TIME);
    let refused: Value = two.api.hear(PATIENCE).expect("an answer").expect_err("that time is not now");
    assert!(refused.to_string().contains("nothing is done"), "{refused}");
    // The configuration is read at each start.
    world.s3.put_object("team-scaling/prescale.toml", "[source]\nkind = \"simulated\"\nwrong = 1\n");
    two.api.send(&event(world.minute()), TIME);
    let refused: Value = two.api.hear(PATIENCE).expect("an answer").expect_err("it has a mistake");
    assert!(refused.to_string().contains("prescale.toml"), "{refused}");
}

/// Id and revision of the open proposal of `group`.
fn open_proposal(database: &Path, group: &str) -> (i64, u32) {
    let store = rusqlite::Connection::open(database).expect("it is a history");
    let query = "SELECT id, json_extract(record, '$.revision') FROM decisions
                 WHERE stage = 'proposed' AND group_name = ?1";
    store.query_row(query, [group], |row| Ok((row.get(0)?, row.get(1)?))).expect("there is a proposal")
}
