//! The embedded fleet for benches, with ten days of history behind it.

use prescale::{
    cloud::simulator::{Simulator, World as SimulatedWorld, demo_fleet, demo_start},
    domain::at_epoch,
    engine::{
        Engine,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    store::Store,
};

/// An engine on the fleet, each group with `options`, and the simulation that moves it.
pub fn fleet(folder: &std::path::Path, options: GroupOptions) -> (Engine, Simulator) {
    let fleet = demo_fleet().expect("the traces are built in");
    let simulator = Simulator::new(SimulatedWorld::new(fleet, demo_start(), 1));
    let writer = simulator.clone();
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator.clone()),
    };
    let options = EngineOptions {
        zone: chrono_tz::Tz::UTC,
        group: Box::new(move |_| options.clone()),
        calendar: None,
        events: Vec::new(),
        holidays: Vec::new(),
        models: None,
        backfill: 10 * 86_400,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(0),
        start: demo_start(),
    };
    let store = Store::open(&folder.join("bench.db")).expect("a folder of our own");
    (Engine::new(options, world, store).expect("a new store"), simulator)
}
