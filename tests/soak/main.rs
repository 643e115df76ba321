//! Soak: random simulated days with faults, operators and a cloud that loses answers, through the real engine.
//!
//! Whatever happens, no limit is broken, nothing is ended while something launches or leaves, nothing acts in
//! `observe`, every act stands in the journal with its intent before and its outcome after, and four days in five an objective is
//! kept as far as the quantile that follows it promises ([`promise`]). A day is 288 cycles.
//! `cargo test` lives through 2,500 days, on as many threads as the machine has cores;
//! `PRESCALE_SOAK_DAYS=10000 cargo test --release --test soak` takes longer, and `PRESCALE_SOAK_SEED` begins elsewhere. A failure names the seed of its day:
//! `PRESCALE_SOAK_DAYS=1 PRESCALE_SOAK_SEED=…` repeats it.

mod chance;
mod promise;
mod witness;

use std::sync::{Arc, Mutex, PoisonError};

use prescale::{
    cloud::simulator::{Simulator, World as Simulated},
    domain::{Time, at_epoch, decision::Mode, journal::JournalKind, shift},
    engine::{
        Engine,
        clock::Clock,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions},
    },
    store::Store,
};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use self::{
    chance::{events, options, person, spec},
    promise::Promise,
    witness::{Log, Witness},
};

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
        training: TrainingOptions::on_request(),
        anchor: start(),
        start: from,
    };
    let mut engine = Engine::new(engine_options, world, Store::in_memory().expect("memory")).expect("fresh");
    let mut clock = Clock::simulated(from, 60.0);
    let mut promise = Promise::default();
    for cycle in 0..CYCLES {
        // Between two cycles the engine looks each minute; most days skip that.
        let minutes: &[i64] = if seed.is_multiple_of(10) { &[0, 60, 120, 180, 240] } else { &[0] };
        for second in minutes {
            note_mode(&log, &engine);
            engine.minute(shift(from, cycle * CYCLE + second)).await.expect("memory can be written");
            promise.look(&engine);
            note_mode(&log, &engine);
        }
        if let Some(command) = person(&mut rng, &engine) {
            // On the way to observe a floor goes back: that call belongs to the mode before.
            let _ = engine.command("soak", command, &mut clock).await.expect("memory can be written");
        }
    }
    let mut wrong = journal(&engine, &log);
    wrong.extend(promise.broken());
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
