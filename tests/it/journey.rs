//! The journey through the whole loop (`support/scenario.rs`) on the simulator in process and over HTTP. On emulated
//! AWS it is made in `aws_moto.rs` and `aws_ministack.rs`.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use prescale::{
    cloud::{
        aws::{AccessKey, ConnectOptions, connect},
        simulator::{GroupSpec, Simulator, Trace, World as SimulatedWorld, demo_start},
        simulator_http::{Account, AccountLimits, serve},
    },
    domain::{Time, series::Series, shift},
    engine::options::{CloudAccess, DemandMeasure},
};

use crate::support::scenario;

fn start() -> Time {
    demo_start()
}

/// The group of the journey, with two days behind it and one before it.
fn group() -> GroupSpec {
    let before = scenario::STEPS as i64;
    let values = (-before..288).map(|step| Some(scenario::load(step)));
    let series = Series::from_values(shift(start(), -300 * before), 300, values);
    let trace = Trace { series, column: "requests".into() };
    GroupSpec {
        min: scenario::OWN,
        max: scenario::MOST,
        target_tracking: Some(60.0),
        ..GroupSpec::plain(scenario::GROUP, trace, scenario::CAPACITY)
    }
}

#[tokio::test]
async fn in_process() {
    let simulator = Simulator::new(SimulatedWorld::new(vec![group()], start(), 1));
    let writer = simulator.clone();
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    scenario::travel(world, DemandMeasure::Requests, start(), &mut |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http() {
    let now = Arc::new(AtomicI64::new(start().timestamp()));
    let hand = Arc::clone(&now);
    let clock = move || prescale::domain::at_epoch(hand.load(Ordering::SeqCst));
    let account = Arc::new(Account::new(vec![group()], 1, AccountLimits::default(), clock));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || serve(&listener, account));
    let options = ConnectOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    let connection = connect(&options).await.expect("keys and region are given");
    let world = CloudAccess {
        source: Box::new(connection.source()),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    };
    scenario::travel(world, DemandMeasure::Requests, start(), &mut |moment| {
        now.store(moment.timestamp(), Ordering::SeqCst)
    })
    .await;
}
