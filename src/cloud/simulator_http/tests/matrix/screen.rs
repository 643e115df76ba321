//! What a loop says of each fault.

use super::*;
use crate::{
    domain::at_epoch,
    engine::{
        Engine,
        clock::Clock,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    link::{Level, Notice},
    store::Store,
};

/// A loop on what `source` says, that has lived through one minute; gives the most important line of its screen.
async fn headline(connection: AwsConnection) -> Option<Notice> {
    let world = CloudAccess {
        source: Box::new(connection.source()),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    };
    let options = EngineOptions {
        zone: chrono_tz::UTC,
        group: Box::new(|_| GroupOptions::default()),
        calendar: None,
        events: Vec::new(),
        holidays: Vec::new(),
        models: None,
        backfill: 86_400,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(0),
        start: begin(),
    };
    let mut engine = Engine::new(options, world, Store::in_memory().expect("memory")).expect("a fresh store");
    engine.minute(begin()).await.expect("trouble outside is no error");
    let view = engine.view(&Clock::simulated(begin(), 60.0)).expect("readable");
    view.notices.first().cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_a_line_on_the_screen() {
    let account = account();
    let check = |(name, fault, class, words): (&'static str, ConnectionFault, &'static str, &'static str)| {
        let account = Arc::clone(&account);
        async move {
            let (url, _closed) = serve(account, "DescribeAutoScalingGroups", fault);
            let line = headline(connection(url).await).await.unwrap_or_else(|| panic!("{name}: no line"));
            let level = if class == STOP { Level::Critical } else { Level::Warning };
            assert!(line.level == level && line.text.contains(words), "{name}: {line:?}");
        }
    };
    stream::iter(FAULTS.iter().map(|row| Box::pin(check(*row))))
        .buffer_unordered(8)
        .collect::<Vec<()>>()
        .await;
}
