//! Soak: random simulated days with faults, operators and a cloud that loses answers, through the real engine.
//!
//! Whatever happens, no limit is broken, nothing is ended while something launches or leaves, nothing acts in
//! `observe`, and every act stands in the journal with its intent before and its outcome after. A day is 288 cycles.
//! `cargo test` lives through 2,500 days, on as many threads as the machine has cores;
//! `PRESCALE_SOAK_DAYS=10000 cargo test --release --test soak` takes longer, and `PRESCALE_SOAK_SEED` begins elsewhere. A failure names the seed of its day:
//! `PRESCALE_SOAK_DAYS=1 PRESCALE_SOAK_SEED=…` repeats it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use prescale::{
    cloud::{
        CloudError, Scaler,
        simulator::{GroupSpec, SimulatedScaler, Simulator, Trace, World as Simulated},
    },
    domain::{
        Time,
        actuator::FloorWindow,
        at_epoch,
        decision::Mode,
        event::{Event, EventKind},
        fault::Fault,
        group::GroupState,
        journal::JournalKind,
        process::ScalingProcess,
        series::Series,
        shift,
    },
    engine::{
        Engine,
        clock::Clock,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    link::Command,
    plan::{Policy, Settings, preflight::Limits},
    store::Store,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const GROUP: &str = "soak";
/// Days of an ordinary test run.
const DAYS: u64 = 2_500;
/// Cycles of history before a day, and of the day.
const HISTORY: i64 = 96;
const CYCLES: i64 = 288;
const CYCLE: i64 = 300;

fn start() -> Time {
    at_epoch(1_700_006_400)
}

/// What was asked of the cloud, and what was wrong with it.
#[derive(Debug, Default)]
struct Log {
    calls: usize,
    lost: usize,
    wrong: Vec<String>,
    mode: Option<Mode>,
}

/// A writer that looks at the group before each call, and now and then fails before or after it.
struct Witness {
    inner: SimulatedScaler,
    world: Simulator,
    log: Arc<Mutex<Log>>,
    rng: Pcg64Mcg,
}

impl Witness {
    /// Notes the call and what stands against it. `Err` is what the caller hears; whether it was done is chance.
    fn hear(
        &mut self,
        now: Time,
        check: impl FnOnce(&GroupState) -> Vec<String>,
    ) -> Option<(CloudError, bool)> {
        let seen = self.world.with(|world| {
            world.advance(now);
            world.groups()
        });
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.calls += 1;
        if log.mode == Some(Mode::Observe) {
            log.wrong.push(format!("{now}: a call in observe"));
        }
        if let Ok(groups) = seen {
            let found = check(&groups[0]);
            log.wrong.extend(found.into_iter().map(|text| format!("{now}: {text}")));
        }
        let failure = match self.rng.random_range(0..40) {
            0 => CloudError::Retry("the answer was lost".into()),
            1 => CloudError::Replan("ScalingActivityInProgress".into()),
            _ => return None,
        };
        log.lost += 1;
        let done = matches!(failure, CloudError::Retry(_)) && self.rng.random_bool(0.5);
        Some((failure, done))
    }
}

/// What stands against setting `to` on `group`.
fn against(group: &GroupState, to: u32) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut never = |broken: bool, text: &str| {
        if broken {
            wrong.push(format!("{} → {to}: {text}", group.desired));
        }
    };
    let (adds, removes) = (to > group.desired, to < group.desired);
    never(to < group.min || to > group.max, "outside its bounds");
    never(removes && group.pending() > 0, "a scale-in while something launches");
    never(removes && group.leaving() > 0, "a scale-in on another");
    never(group.refresh.is_some() && (adds || removes), "during an instance refresh");
    never(adds && group.is_suspended(&ScalingProcess::Launch), "adding while Launch is suspended");
    never(removes && group.is_suspended(&ScalingProcess::Terminate), "removing while Terminate is suspended");
    never(removes && to < group.protected(), "below what is protected");
    never(removes && !group.impaired_zones().is_empty(), "a scale-in while a zone is impaired");
    wrong
}

#[async_trait]
impl Scaler for Witness {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        match self.hear(now, |state| against(state, desired)) {
            Some((failure, false)) => Err(failure),
            Some((failure, true)) => self.inner.set_desired(now, group, desired).await.and(Err(failure)),
            None => self.inner.set_desired(now, group, desired).await,
        }
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        let check = |state: &GroupState| {
            if min > state.max { vec![format!("a floor of {min} above {}", state.max)] } else { vec![] }
        };
        match self.hear(now, check) {
            Some((failure, false)) => Err(failure),
            Some((failure, true)) => self.inner.set_floor(now, group, min).await.and(Err(failure)),
            None => self.inner.set_floor(now, group, min).await,
        }
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.inner.schedule_floor(now, group, window).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.inner.unschedule_floor(now, group).await
    }
}

/// Load with a daily wave, noise, gaps, and now and then a jump.
fn trace(rng: &mut Pcg64Mcg) -> Trace {
    let (base, swing, noise) =
        (rng.random_range(50.0..800.0), rng.random_range(0.0..0.9), rng.random_range(0.0..0.3));
    let mut level: f64 = 1.0;
    let values: Vec<Option<f64>> = (0..HISTORY + CYCLES + 4)
        .map(|i| {
            let wave = 1.0 + swing * (std::f64::consts::TAU * i as f64 / 288.0).sin();
            if rng.random_bool(0.01) {
                level = rng.random_range(0.3..2.5);
            }
            let value = base * level * wave * (1.0 + noise * rng.random_range(-1.0..1.0));
            (!rng.random_bool(0.01)).then_some(value.max(0.0))
        })
        .collect();
    Trace { series: Series::from_values(start(), CYCLE, values), column: "requests".into() }
}

fn spec(rng: &mut Pcg64Mcg) -> GroupSpec {
    let min = rng.random_range(0..4);
    let boot = rng.random_range(60..500);
    GroupSpec {
        min,
        max: min + rng.random_range(1..30),
        boot: (boot, boot + rng.random_range(0..300)),
        noise: true,
        metrics_delay: rng.random_range(0..4) * 60,
        scale_in_protected: rng.random_range(0..3),
        target_tracking: rng.random_bool(0.15).then_some(50.0),
        ..GroupSpec::plain(GROUP, trace(rng), rng.random_range(20.0..90.0))
    }
}

fn options(rng: &mut Pcg64Mcg) -> GroupOptions {
    let some = |rng: &mut Pcg64Mcg, most| rng.random_bool(0.3).then(|| rng.random_range(1..most));
    let policy = match rng.random_range(0..10) {
        0 | 1 => Policy::Capacity,
        2 => Policy::TargetTracking,
        3 => Policy::Hpa,
        _ => Policy::Threshold,
    };
    GroupOptions {
        mode: [Mode::Auto, Mode::Auto, Mode::Auto, Mode::Approve, Mode::Observe][rng.random_range(0..5)],
        settings: Settings { policy, ..Settings::default() },
        limits: Limits {
            step_out: some(rng, 8),
            step_in: some(rng, 4),
            cooldown_out: rng.random_range(0..2) * 120,
            cooldown_in: rng.random_range(0..2) * 600,
            actions_per_hour: rng.random_range(2..30),
            model_gate: rng.random_bool(0.2),
            ..Limits::default()
        },
        capacity: rng.random_bool(0.7).then_some(50.0),
        lead: rng.random_bool(0.5).then_some(300),
        ..GroupOptions::default()
    }
}

fn events(rng: &mut Pcg64Mcg) -> Vec<Event> {
    if rng.random_bool(0.7) {
        return vec![];
    }
    let from = shift(start(), CYCLE * (HISTORY + rng.random_range(0..CYCLES)));
    let kind = [EventKind::Freeze, EventKind::Sale][rng.random_range(0..2)];
    vec![Event {
        name: "Event".into(),
        kind,
        label: kind.name().into(),
        start: from,
        end: shift(from, 3_600 * rng.random_range(1..6)),
        multiplier: None,
        min_instances: rng.random_bool(0.5).then(|| rng.random_range(1..8)),
        groups: vec![],
    }]
}

/// What a person may do in this cycle.
fn person(rng: &mut Pcg64Mcg, engine: &Engine) -> Option<Command> {
    let group = GROUP.to_owned();
    let open = engine.groups().first().and_then(|w| w.proposals.open.as_ref()).map(|p| (p.id, p.revision));
    match (rng.random_range(0..200), open) {
        (0..4, _) => {
            Some(Command::Inject { group, fault: Fault::ALL[rng.random_range(0..Fault::ALL.len())] })
        }
        (4..7, _) => Some(Command::SetBrake { on: rng.random_bool(0.1) }),
        (7, _) => Some(Command::SetMode {
            group,
            mode: [Mode::Auto, Mode::Approve, Mode::Observe][rng.random_range(0..3)],
        }),
        (8..100, Some((id, revision))) => Some(Command::Approve { id, revision }),
        (100..120, Some((id, revision))) => Some(Command::Reject { id, revision, reason: "not now".into() }),
        _ => None,
    }
}

/// What one day came to.
#[derive(Debug, Default)]
struct Day {
    calls: usize,
    lost: usize,
    wrong: Vec<String>,
}

/// Lives through the day with `seed`.
async fn day(seed: u64) -> Day {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let from = shift(start(), HISTORY * CYCLE);
    let simulator = Simulator::new(Simulated::new(vec![spec(&mut rng)], from, seed));
    let log = Arc::new(Mutex::new(Log::default()));
    let (writer, heard, world) = (simulator.clone(), log.clone(), simulator.clone());
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| {
            let rng = Pcg64Mcg::seed_from_u64(seed ^ 0x5eed);
            Box::new(Witness { inner: writer.scaler(), world: world.clone(), log: heard.clone(), rng })
        }),
        simulator: Some(simulator.clone()),
    };
    let group = options(&mut rng);
    let engine_options = EngineOptions {
        zone: chrono_tz::UTC,
        group: Box::new(move |_| group.clone()),
        calendar: None,
        events: events(&mut rng),
        holidays: Vec::new(),
        models: None,
        backfill: HISTORY * CYCLE,
        training: TrainingOptions::default(),
        anchor: start(),
        start: from,
    };
    let mut engine = Engine::new(engine_options, world, Store::in_memory().expect("memory")).expect("fresh");
    let mut clock = Clock::simulated(from, 60.0);
    for cycle in 0..CYCLES {
        // Between two cycles the engine looks each minute; most days skip that.
        let minutes: &[i64] = if seed.is_multiple_of(10) { &[0, 60, 120, 180, 240] } else { &[0] };
        for second in minutes {
            note_mode(&log, &engine);
            engine.minute(shift(from, cycle * CYCLE + second)).await.expect("memory can be written");
            note_mode(&log, &engine);
        }
        if let Some(command) = person(&mut rng, &engine) {
            // On the way to observe a floor goes back: that call belongs to the mode before.
            let _ = engine.command("soak", command, &mut clock).await.expect("memory can be written");
        }
    }
    let wrong = journal(&engine, &log);
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    log.wrong.extend(wrong);
    Day { calls: log.calls, lost: log.lost, wrong: std::mem::take(&mut log.wrong) }
}

/// Tells the witness in which mode the group is; a floor on its way back may go in any.
fn note_mode(log: &Mutex<Log>, engine: &Engine) {
    let mode = engine.groups().first().map(|w| if w.memory.held.is_some() { Mode::Auto } else { w.mode });
    log.lock().unwrap_or_else(PoisonError::into_inner).mode = mode;
}

/// What is wrong with the journal: every call has an intent, and every intent is followed by its outcome.
fn journal(engine: &Engine, log: &Mutex<Log>) -> Vec<String> {
    let mut lines = engine.store().journal(100_000, None).expect("readable");
    lines.sort_by_key(|line| line.id);
    let acts: Vec<&JournalKind> = lines
        .iter()
        .map(|l| &l.kind)
        .filter(|k| [JournalKind::Intent, JournalKind::Outcome].contains(k))
        .collect();
    let mut wrong = Vec::new();
    if !acts.chunks(2).all(|pair| pair == [&JournalKind::Intent, &JournalKind::Outcome]) {
        wrong.push(format!("an intent without its outcome: {acts:?}"));
    }
    let calls = log.lock().unwrap_or_else(PoisonError::into_inner).calls;
    if calls > acts.len() / 2 {
        wrong.push(format!("{calls} calls, {} intents", acts.len() / 2));
    }
    if let Some(line) = lines.iter().find(|l| l.text.trim().is_empty() || l.operator.is_empty()) {
        wrong.push(format!("a line that says nothing: {line:?}"));
    }
    wrong
}

#[test]
fn the_witness_sees_what_is_wrong() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let spec =
        GroupSpec { min: 2, max: 12, initial_desired: Some(6), scale_in_protected: 0, ..spec(&mut rng) };
    let mut world = Simulated::new(vec![spec], shift(start(), HISTORY * CYCLE), 3);
    world.advance(shift(start(), HISTORY * CYCLE + 60));
    let look = |world: &Simulated| world.groups().expect("not throttled").remove(0);
    assert_eq!(against(&look(&world), 4), Vec::<String>::new());
    assert_eq!(against(&look(&world), 13).len(), 1, "above its maximum");
    world.set_desired(GROUP, 8).expect("within bounds");
    assert_eq!(against(&look(&world), 4).len(), 1, "while something launches");
    world.inject(GROUP, Fault::SuspendLaunch).expect("known");
    assert_eq!(against(&look(&world), 9).len(), 1, "while Launch is suspended");
}

fn number(key: &str) -> Option<u64> {
    std::env::var(key).ok()?.parse().ok()
}

/// Lives through the days of `seeds`; calls, and those of them that failed.
fn live(seeds: impl Iterator<Item = u64>) -> (usize, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    seeds.fold((0, 0), |(calls, lost), seed| {
        let day = runtime.block_on(day(seed));
        assert!(day.wrong.is_empty(), "PRESCALE_SOAK_SEED={seed}:\n{}", day.wrong.join("\n"));
        (calls + day.calls, lost + day.lost)
    })
}

#[test]
fn random_days_break_no_limit() {
    let days = number("PRESCALE_SOAK_DAYS").unwrap_or(DAYS);
    let first = number("PRESCALE_SOAK_SEED").unwrap_or(1);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let part = |thread| (first + thread..first + days).step_by(threads as usize);
    let parts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || live(part(thread)))).collect();
        all.into_iter().map(|part| part.join().expect("a broken day is told above")).collect()
    });
    let (calls, lost) = parts.into_iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    println!("{days} days, {calls} calls, {lost} of them failed");
    assert!(
        days < 20 || (calls as u64 > days && lost > 0),
        "{calls} calls in {days} days: the engine hardly acts"
    );
}
