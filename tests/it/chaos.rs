//! Chaos: the real agent on a simulated account over HTTP, killed again and again at seeded points from before an intent to
//! after its outcome. The record of the account and the journal must tell the same story: every call has its intent, in
//! order and once, every intent its outcome, and what a restart says of an interrupted act is what became of it.
//!
//! Kills come in series, each on a fresh account and a fresh home. `PRESCALE_KILLS` is how many there are in all.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use chrono::{SubsecRound, Utc};
use prescale::{
    cloud::{
        simulator::{GroupSpec, demo_fleet, demo_start},
        simulator_http::{Account, AccountLimits},
    },
    domain::{actuator::Act, group::SCHEDULE_PREFIX, shift},
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::support::{
    acts::{Kept, Told, newest_lines, take, wanted},
    gate::{Aim, Call, Fate, Gate, Point, kill},
    home::Home,
    running::Running,
    wait::{signal, until},
};

/// Kills in all, where the environment does not say.
const KILLS: usize = 500;
/// Kills of one series.
const SERIES: usize = 50;
/// Series at the same time.
const AT_ONCE: usize = 3;
/// A loop that asks for nothing so long has done its minute.
const QUIET: Duration = Duration::from_millis(250);
/// Groups without a policy of AWS.
const PLAIN: [&str; 3] = ["web", "api", "jobs"];
/// Groups with a target-tracking policy: their MinSize is what is set.
const TRACKED: [&str; 2] = ["floor", "ordered"];
/// The group that may grow once in a minute.
const COOLED: &str = "cooled";

const CONFIG: &str = "[source]\nkind = \"aws\"\nregion = \"us-east-1\"\n\n[cycle]\nminutes = 1\n\n\
    [defaults]\nmode = \"auto\"\ncapacity = 394.0\nstep_minutes = 60\nstep_out_max = 1\nmodel_gate = false\n\n\
    [group.cooled]\ncooldown_out_seconds = 60\n\n[group.ordered]\nactuator = \"scheduled\"\n\n\
    [agent]\nlisten = false\n\n[train]\ndaily = false\n";

/// Groups that are far too small for their load, so that each minute of the loop acts on each of them. Their history is short, and
/// their steps are long: a restart learns all of it again.
pub fn fleet() -> Vec<GroupSpec> {
    let mut like = demo_fleet().expect("built-in traces are good").swap_remove(0);
    let weeks = (Utc::now() - demo_start()).num_weeks();
    let begun = shift(Utc::now(), -weeks * 7 * 86_400);
    like.trace.series = like.trace.series.between(shift(begun, -2 * 86_400), shift(begun, 86_400));
    let group = |name: &str, tracked: bool| GroupSpec {
        name: name.to_owned(),
        capacity: 197.0,
        boot: (60, 60),
        min: 1,
        max: 600,
        initial_desired: Some(1),
        target_tracking: tracked.then_some(50.0),
        noise: false,
        ..like.clone()
    };
    let plain = PLAIN.into_iter().chain([COOLED]).map(|name| group(name, false));
    plain.chain(TRACKED.map(|name| group(name, true))).collect()
}

/// One series: an account, its gate and a home.
struct Series {
    account: Arc<Account>,
    gate: Gate,
    home: Home,
    /// The last line of the journal of each process, by its number.
    ends: BTreeMap<usize, i64>,
    tally: Tally,
}

/// What was seen.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// Kills that left an intent without an outcome.
    within: usize,
    /// Acts, and those that a restart had to look into.
    acts: usize,
    confirmed: usize,
    interrupted: usize,
}

impl Series {
    fn new(seed: u64) -> Series {
        let now = || Utc::now().trunc_subsecs(0);
        let account = Arc::new(Account::new(fleet(), seed, AccountLimits::default(), now));
        let gate = Gate::to(Arc::clone(&account));
        Series { account, gate, home: Home::new(CONFIG), ends: BTreeMap::new(), tally: Tally::default() }
    }

    fn agent(&self) -> Running {
        let mut command = self.home.command(&["agent"]);
        command.stdout(Stdio::null()).env("AWS_ENDPOINT_URL", &self.gate.url);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        let agent = Running::start(command);
        self.gate.is(agent.0.id());
        agent
    }

    /// Runs the agent once, and kills it as `plan` says.
    fn round(&mut self, plan: Plan) {
        let first = if plan.stops { None } else { plan.aim };
        let run = self.gate.next(first);
        let begun = Instant::now();
        let mut agent = self.agent();
        let mut stopping = false;
        let code = loop {
            if let Some(status) = agent.0.try_wait().expect("it is our child") {
                break status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "run {run} does not end: {plan:?}");
            let quiet = self.gate.is_quiet(QUIET);
            match plan.started {
                Some(after) if begun.elapsed() >= after => kill(agent.0.id()),
                _ if quiet && plan.stops && !stopping => {
                    stopping = true;
                    self.gate.aim(plan.aim);
                    signal(agent.0.id(), "TERM");
                }
                _ if quiet && !stopping => kill(agent.0.id()),
                _ => thread::sleep(Duration::from_millis(1)),
            }
        };
        until("the dead agent's connections to end", || self.gate.is_drained(run).then_some(()));
        assert!(code.is_none() || (stopping && code == Some(0)), "run {run} ended with {code:?}");
        self.tally.kills += usize::from(code.is_none());
        let kept = Kept::read(&self.home);
        let open = kept.acts.iter().filter(|act| act.outcome.is_none()).count();
        assert!(open <= 1, "{open} acts are open after run {run}");
        let new = kept.newest > self.ends.values().last().copied().unwrap_or(0);
        self.tally.within += usize::from(open == 1 && code.is_none() && new);
        self.ends.insert(run, kept.newest);
    }

    /// A last process that is not disturbed, and another where it left a MinSize to the next start, as it may on a busy machine.
    fn finish(mut self) -> Tally {
        self.undisturbed();
        for _ in 0..2 {
            if newest_lines(&self.home).iter().any(|line| line.contains("restored at the next start")) {
                self.undisturbed();
            }
        }
        let (kept, calls) = (Kept::read(&self.home), self.gate.calls());
        self.check_acts(&kept, &calls);
        check_pace(&kept);
        self.check_groups(&calls);
        self.tally
    }

    /// Runs the agent until it has acted on each group, and asks it to stop.
    fn undisturbed(&mut self) {
        let run = self.gate.next(None);
        let before = self.ends.values().last().copied().unwrap_or(0);
        let mut agent = self.agent();
        until("an act on each group", || {
            (self.gate.is_quiet(QUIET) && acted_on_all(&Kept::read(&self.home), before)).then_some(())
        });
        signal(agent.0.id(), "TERM");
        assert_eq!(agent.end(), Some(0));
        self.ends.insert(run, Kept::read(&self.home).newest);
    }

    /// The number of the process that wrote a line of the journal.
    fn run_of(&self, line: i64) -> usize {
        *self.ends.iter().find(|(_, end)| line <= **end).expect("every line has its process").0
    }

    /// That each process made exactly the calls that its intents speak of, and what was said of those it left open.
    fn check_acts(&mut self, kept: &Kept, calls: &[Call]) {
        assert_eq!(kept.foreign, Vec::<String>::new(), "nobody else changes anything here");
        let mut left: BTreeMap<(usize, String), Vec<Call>> = BTreeMap::new();
        for call in calls {
            left.entry((call.run, call.group.clone())).or_default().push(call.clone());
        }
        let mut newest: BTreeMap<&str, &Told> = BTreeMap::new();
        for act in &kept.acts {
            self.tally.acts += 1;
            let earlier = newest.insert(&act.group, act);
            let run = self.run_of(act.intent);
            let (line, text) = act.outcome.clone().unwrap_or_else(|| panic!("nothing came of {act:?}"));
            let calls = left.entry((run, act.group.clone())).or_default();
            let before = calls.len();
            let made = take(&act.act, calls);
            let deleted = before - calls.len() - made.len();
            let whole = made.len() >= wanted(&act.act).len();
            if self.run_of(line) == run {
                assert!(whole && act.stage == "applied", "{text}: {act:?} made {made:?}");
                continue;
            }
            let (confirmed, interrupted) =
                (text.starts_with("confirmed after a restart"), text.starts_with("interrupted by a restart"));
            assert!(confirmed != interrupted, "{text}");
            self.tally.confirmed += usize::from(confirmed);
            self.tally.interrupted += usize::from(interrupted);
            let is = |fate: fn(&Fate) -> bool| made.iter().any(|call| fate(&call.fate));
            match () {
                // It may reach the group before or after it is looked at.
                () if is(|fate| matches!(fate, Fate::Late(_))) => {}
                // Before a scheduled action fires, MinSize is right as soon as the action is gone.
                () if !whole && deleted > 0 => {}
                // There was nothing to restore: the act before took no effect.
                () if made.is_empty()
                    && is_restored(&act.act)
                    && earlier.is_some_and(|e| e.stage == "failed") => {}
                () if whole && !is(|fate| *fate == Fate::Lost) => assert!(confirmed, "{text}: {act:?}"),
                () => assert!(interrupted, "{text}: {act:?} made {made:?}"),
            }
        }
        left.retain(|_, calls| !calls.is_empty());
        assert!(left.is_empty(), "calls without an intent: {left:?}");
    }

    /// That the account is as the last calls left it, and every floor is restored.
    fn check_groups(&self, calls: &[Call]) {
        let groups = self.account.simulator().with(|world| world.groups()).expect("it is simulated");
        for group in groups {
            let last = |operation: &str| {
                let of = |call: &&Call| call.group == group.name && call.operation == operation;
                calls.iter().rev().filter(|call| call.fate != Fate::Lost).find(of).and_then(|call| call.size)
            };
            if let Some(size) = last("SetDesiredCapacity") {
                assert_eq!(group.desired, size, "{}", group.name);
            }
            assert_eq!(group.min, 1, "MinSize of {}: {:#?}", group.name, newest_lines(&self.home));
            let ours = group.schedules.items().iter().filter(|s| s.name.starts_with(SCHEDULE_PREFIX));
            assert_eq!(ours.count(), 0, "{}", group.name);
        }
    }
}

/// Whether every group that each minute acts on has an act, with its outcome, after line `before` of the journal.
fn acted_on_all(kept: &Kept, before: i64) -> bool {
    let acted = |name: &&str| {
        kept.acts.iter().any(|act| act.group == *name && act.intent > before && act.outcome.is_some())
    };
    PLAIN.iter().chain(&TRACKED).all(acted)
}

/// Whether `act` gives the group back its own MinSize.
fn is_restored(act: &Act) -> bool {
    matches!(act, Act::Floor { min: 1, unschedule: true })
}

/// How one process is to end.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// It is asked to stop after its minute, and killed while it does.
    stops: bool,
    /// Killed so long after its start, whatever it does.
    started: Option<Duration>,
    aim: Option<Aim>,
}

impl Plan {
    fn draw(rng: &mut Pcg64Mcg) -> Plan {
        let mut millis = |most: u64| Duration::from_micros(rng.random_range(0..most * 1_000));
        let (start, read, answered, late) = (millis(900), millis(12), millis(8), millis(300));
        let point = match rng.random_range(0..12) {
            0..3 => Point::Read(read),
            3 | 4 => Point::Arrived(Fate::Done),
            5 | 6 => Point::Arrived(Fate::Lost),
            7 => Point::Arrived(Fate::Late(late)),
            8 | 9 => Point::Held,
            _ => Point::Answered(answered),
        };
        let stops = rng.random_range(0..8) == 0;
        let aim = Some(Aim { nth: rng.random_range(0..if stops { 2 } else { 4 }), point });
        match rng.random_range(0..12) {
            0 => Plan { stops: false, started: Some(start), aim: None },
            _ => Plan { stops, started: None, aim },
        }
    }
}

/// That what was applied before a kill counts after it: the cooldown holds over restarts.
fn check_pace(kept: &Kept) {
    let applied = kept.acts.iter().filter(|act| act.group == COOLED && act.stage == "applied");
    let times: Vec<i64> = applied.map(|act| act.at).collect();
    let apart = times.windows(2).all(|pair| pair[1] - pair[0] >= 60);
    assert!(apart, "acts on {COOLED} within its cooldown: {times:?}");
}

fn series(seed: u64, kills: usize) -> Tally {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut series = Series::new(seed);
    while series.tally.kills < kills {
        series.round(Plan::draw(&mut rng));
    }
    series.finish()
}

#[test]
fn kills_at_every_point_of_an_act_lose_nothing_and_double_nothing() {
    let all = std::env::var("PRESCALE_KILLS").ok().map_or(KILLS, |n| n.parse().expect("a number of kills"));
    let begun = Instant::now();
    let (next, count) = (AtomicUsize::new(0), all.div_ceil(SERIES));
    // Where the machine is busy fewer kills find an act: more series follow, up to as many again, until a fifth of `all` has.
    let within = AtomicUsize::new(0);
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let enough = 5 * within.load(Ordering::SeqCst) >= all;
                if number >= 2 * count || (number >= count && enough) {
                    return done;
                }
                let left = all.saturating_sub(number % count * SERIES);
                let tally = series(1_000 + number as u64, SERIES.min(left));
                within.fetch_add(tally.within, Ordering::SeqCst);
                done.push(tally);
            }
        };
        let threads: Vec<_> = (0..AT_ONCE.min(count)).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<Tally>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (kills, within) = (sum(|t| t.kills), sum(|t| t.within));
    println!(
        "{kills} kills in {:.0} s, {within} within an act; {} acts, of which {} were confirmed and {} interrupted",
        begun.elapsed().as_secs_f64(),
        sum(|t| t.acts),
        sum(|t| t.confirmed),
        sum(|t| t.interrupted),
    );
    assert!(5 * within >= all, "{within} of {kills} kills landed within an act");
}
