//! What the loop costs: one minute on the embedded fleet, and one view for a screen.

mod embedded;

use criterion::{Criterion, criterion_group, criterion_main};
use embedded::fleet;
use prescale::{
    cloud::simulator::demo_start,
    domain::{Time, shift},
    engine::{Engine, clock::Clock, options::GroupOptions},
};

fn engine(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut engine, simulator) = fleet(folder.path(), GroupOptions::default());
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
