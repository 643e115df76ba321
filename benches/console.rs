//! What a frame costs: every page drawn at 200 × 60, with twenty groups and six hours of charts.

mod embedded;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::KeyCode;
use embedded::fleet;
use prescale::{
    cloud::simulator::demo_start,
    console::{
        app::{App, Message},
        page::{Page, Target},
        theme::Theme,
        views::{journal::JournalPage, log::LogPage, models::ModelsPage},
    },
    domain::shift,
    engine::clock::Clock,
    link::View,
};
use ratatui::{Terminal, backend::TestBackend};

const GROUPS: usize = 20;
const SIZE: (u16, u16) = (200, 60);

/// A view of the embedded fleet after some hours, its groups repeated until there are twenty.
fn view() -> View {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut engine, simulator) = fleet(folder.path());
    let mut now = demo_start();
    for _ in 0..180 {
        now = shift(now, 60);
        simulator.with(|world| world.advance(now));
        runtime.block_on(engine.minute(now)).expect("the store can be written");
    }
    let mut view = engine.view(&Clock::simulated(now, 60.0)).expect("the store can be read");
    let few = view.groups.clone();
    let many = few.iter().cycle().take(GROUPS).enumerate();
    view.groups = many
        .map(|(n, row)| prescale::link::GroupRow { name: format!("{}-{n}", row.name), ..row.clone() })
        .collect();
    view
}

fn app(view: &View, key: char) -> App {
    let more: Vec<(Target, Box<dyn Page>)> = vec![
        (Target::Models, Box::new(ModelsPage::new())),
        (Target::Journal, Box::new(JournalPage::new())),
        (Target::Log, Box::new(LogPage::default())),
    ];
    let mut app = App::new(Theme::default(), more);
    app.update(Message::View(Arc::new(view.clone())), Duration::ZERO);
    app.update(Message::Resize(SIZE.0, SIZE.1), Duration::ZERO);
    app.update(Message::Key(KeyCode::Char(key).into()), Duration::ZERO);
    app
}

fn frames(c: &mut Criterion) {
    let view = view();
    for (key, page) in [('1', "fleet"), ('2', "group"), ('3', "proposals"), ('6', "journal")] {
        let app = app(&view, key);
        let mut terminal =
            Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend cannot fail");
        let mut draw = || {
            terminal.draw(|frame| app.draw(frame)).expect("a test backend cannot fail");
        };
        c.bench_function(&format!("console: a frame of the {page} page"), |b| b.iter(&mut draw));
        // Criterion gives means; what one feels is the slowest of a hundred.
        let mut took: Vec<Duration> = (0..2_000)
            .map(|_| {
                let begun = Instant::now();
                draw();
                begun.elapsed()
            })
            .collect();
        took.sort();
        println!("{page}: p50 {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100]);
    }
}

criterion_group!(benches, frames);
criterion_main!(benches);
