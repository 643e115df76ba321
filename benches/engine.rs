//! What the loop costs: one minute on the embedded fleet, and one view for a screen.

use criterion::{Criterion, criterion_group, criterion_main};
use prescale::{
    cloud::simulator::{Simulator, World as SimulatedWorld, demo_fleet, demo_start},
    domain::{Time, at_epoch, shift},
    engine::{
        Engine,
        clock::Clock,
        models::TrainingOptions,
        options::{EngineOptions, GroupOptions, World},
    },
    store::Store,
};

/// The embedded fleet with ten days behind it, and the simulation that moves it.
fn fleet(folder: &std::path::Path) -> (Engine, Simulator) {
    let fleet = demo_fleet().expect("the traces are built in");
    let simulator = Simulator::new(SimulatedWorld::new(fleet, demo_start(), 1));
    let writer = simulator.clone();
    let world = World {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator.clone()),
    };
    let options = EngineOptions {
        zone: chrono_tz::Tz::UTC,
        group: Box::new(|_| GroupOptions::default()),
        calendar: None,
        events: Vec::new(),
        holidays: Vec::new(),
        models: None,
        backfill: 10 * 86_400,
        training: TrainingOptions::default(),
        anchor: at_epoch(0),
        start: demo_start(),
    };
    let store = Store::open(&folder.join("bench.db")).expect("a folder of our own");
    (Engine::new(options, world, store).expect("a new store"), simulator)
}

fn engine(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut engine, simulator) = fleet(folder.path());
    let mut now: Time = demo_start();
    let mut minute = |engine: &mut Engine| {
        now = shift(now, 60);
        simulator.with(|world| world.advance(now));
        runtime.block_on(engine.minute(now)).expect("the store can be written")
    };
    minute(&mut engine);
    c.bench_function("engine: one minute on the embedded fleet", |b| b.iter(|| minute(&mut engine)));
    let clock = Clock::simulated(engine.now(), 60.0);
    c.bench_function("engine: one view", |b| b.iter(|| engine.view(&clock).expect("the store can be read")));
}

criterion_group!(benches, engine);
criterion_main!(benches);
