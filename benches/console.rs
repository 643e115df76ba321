//! What a frame costs: every page drawn at 200 × 60, with twenty groups and six hours of charts, and the fleet page of a thousand.

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
        draw::theme::Theme,
        pages::{PageSetup, settings::SettingRow},
    },
    domain::{
        Time,
        decision::{Decision, Mode, Stage},
        event::{Event, EventKind},
        series::Series,
        shift,
        summary::Summary,
    },
    engine::{clock::Clock, options::GroupOptions},
    link::{
        Backtest, BacktestRow, BacktestState, EpochLoss, FleetWindow, GroupDetail, GroupRow, Level, LogLine,
        ModelRow, ModelScore, TrainingState, TrainingView, View,
    },
};
use ratatui::{Terminal, backend::TestBackend};

const GROUPS: usize = 20;
const MANY: usize = 1_000;
const SIZE: (u16, u16) = (200, 60);

/// A view of the embedded fleet after some hours, its groups repeated until there are twenty, with something on every
/// page: a calendar, models, a training under way, a backtest that is over, a full log.
fn view() -> View {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut engine, simulator) = fleet(folder.path(), GroupOptions::default());
    let mut now = demo_start();
    for _ in 0..180 {
        now = shift(now, 60);
        simulator.with(|world| world.advance(now));
        runtime.block_on(engine.minute(now)).expect("the store can be written");
    }
    let mut view = engine.view(&Clock::simulated(now, 60.0)).expect("the store can be read");
    repeat_groups(&mut view, GROUPS);
    // The group under the cursor is the one whose charts are there.
    let detail = view.detail.as_mut().expect("the engine sends the first group's");
    detail.name.clone_from(&view.groups[0].name);
    fill(&mut view);
    view
}

/// The groups of `view` again and again, until there are `count`.
fn repeat_groups(view: &mut View, count: usize) {
    let few = std::mem::take(&mut view.groups);
    let many = few.iter().cycle().take(count).enumerate();
    view.groups =
        many.map(|(n, row)| GroupRow { name: format!("{}-{n:03}", row.name), ..row.clone() }).collect();
    view.groups.sort_by(|a, b| a.name.cmp(&b.name));
}

/// A proposal of the group in detail, with its own plan and checks.
fn proposal(detail: &GroupDetail, now: Time) -> Decision {
    Decision {
        id: 1,
        revision: 1,
        group: detail.name.clone(),
        at: now,
        from: 4,
        to: 7,
        stage: Stage::Proposed,
        expires: shift(now, 3_600),
        mode: Mode::Approve,
        plan: detail.plan.clone().expect("three hours are enough for a plan"),
        preflight: detail.preflight.clone().expect("a plan was checked"),
        act: None,
        cost_and_risk: None,
        undoes: None,
        lease: None,
    }
}

/// Puts something onto the pages that a young engine leaves empty.
fn fill(view: &mut View) {
    let now = view.now;
    view.proposals = view.detail.iter().map(|detail| proposal(detail, now)).collect();
    view.models = view.groups.iter().map(|group| model(group, now)).collect();
    let group = &view.groups[0].name;
    view.training = Some(training(group));
    view.backtest.newest = Some(backtest(group, now));
    let line =
        |n: i64| LogLine { at: shift(now, -n), level: Level::Info, text: format!("decided {n}: 4 to 7") };
    view.log = (0..300).map(line).collect();
    view.calendar.occurrences = (-30..300).map(|day| sale(day, now)).collect();
}

fn model(group: &GroupRow, now: Time) -> ModelRow {
    let score =
        ModelScore { wape: 0.08, naive_wape: 0.12, champion_wape: Some(0.09), coverage: 0.95, count: 2_016 };
    ModelRow {
        group: group.name.clone(),
        version: "20261123T130000Z".into(),
        what: "lstm 64x1, 24 steps".into(),
        trained_at: now,
        champion: true,
        previous: false,
        score,
        remark: "promoted: WAPE 8.0 % beats the champion's 9.0 %".into(),
    }
}

fn training(group: &str) -> TrainingView {
    let loss = |n: i32| EpochLoss { train: 0.2 * 0.9f64.powi(n), valid: 0.25 * 0.92f64.powi(n) };
    TrainingView {
        group: group.into(),
        what: "lstm 64x1, 24 steps".into(),
        state: TrainingState::Running,
        epochs: 40,
        losses: (0..30).map(loss).collect(),
        eta: Some(12.0),
    }
}

fn backtest(group: &str, now: Time) -> Backtest {
    let sizes = |height: f64| {
        let wave = (0..1_440).map(move |n| Some((height + 3.0 * (f64::from(n) / 90.0).sin()).round()));
        Series::from_values(shift(now, -86_400), 60, wave)
    };
    let row = |policy: &str, height: f64| BacktestRow {
        summary: Summary {
            policy: policy.into(),
            hours: 24.0,
            instance_hours: 24.0 * height,
            ..Summary::default()
        },
        in_service: sizes(height),
    };
    Backtest {
        group: group.into(),
        from: shift(now, -86_400),
        until: now,
        state: BacktestState::Done,
        share: 1.0,
        present: Some("target-tracking".into()),
        basis: "1250 requests a step an instance".into(),
        rows: vec![row("capacity", 6.0), row("target-tracking", 8.0), row("oracle", 4.0)],
        needed: Some(sizes(4.0)),
        remarks: Vec::new(),
    }
}

/// A sale of half a day, so many days from now.
fn sale(day: i64, now: Time) -> Event {
    Event {
        name: format!("Sale {day}"),
        kind: EventKind::Sale,
        label: "sale".into(),
        start: shift(now, day * 86_400),
        end: shift(now, day * 86_400 + 43_200),
        multiplier: Some(2.0),
        min_instances: None,
        groups: Vec::new(),
    }
}

/// The pages: key, name, and words that stand on it when there is something to see.
const PAGES: [(char, &str, &str); 9] = [
    ('1', "fleet", "actual"),
    ('2', "group", "Last activities"),
    ('3', "proposals", "Why"),
    ('4', "calendar", "Sale"),
    ('5', "models", "epoch 30/40"),
    ('6', "journal", "Journal:"),
    ('7', "backtest", "Compared with target-tracking"),
    ('8', "log", "Log: 300 of 300"),
    ('9', "settings", "Theme"),
];

fn app(view: &View, key: char) -> App {
    let settings = (0..60).map(|n| SettingRow {
        key: format!("section.key_{n}"),
        value: n.to_string(),
        from: "default".into(),
        set: n % 7 == 0,
        meaning: "What it means and what is allowed.".into(),
    });
    let setup = PageSetup { settings: settings.collect(), ..PageSetup::default() };
    let mut app = App::new(Theme::default(), &setup);
    app.update(Message::View(Arc::new(view.clone())), Duration::ZERO);
    app.update(Message::Resize(SIZE.0, SIZE.1), Duration::ZERO);
    app.update(Message::Key(KeyCode::Char(key).into()), Duration::ZERO);
    app
}

/// Milliseconds of the median frame and of the slowest of a hundred, which is what one feels. A frame in which the system
/// gave the processor to another program says nothing of ours and is drawn again.
fn percentiles(draw: &mut impl FnMut()) -> (f64, f64) {
    let mut undisturbed = || {
        loop {
            let (before, begun) = (interruptions(), Instant::now());
            draw();
            let took = 1_000.0 * begun.elapsed().as_secs_f64();
            if interruptions() == before {
                return took;
            }
        }
    };
    let mut took: Vec<f64> = (0..2_000).map(|_| undisturbed()).collect();
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

/// How often the processor was taken from this thread so far; always 0 where the system does not say.
fn interruptions() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

fn frames(c: &mut Criterion) {
    let view = view();
    let mut rows = vec!["| page | p50, ms | p99, ms |".to_owned(), "|---|---|---|".to_owned()];
    for (key, page, words) in PAGES {
        rows.push(frame(c, &view, key, page, words));
    }
    let mut many = view;
    repeat_groups(&mut many, MANY);
    // As the engine lists it for this screen.
    many.cut_fleet(FleetWindow { rows: SIZE.1.into(), ..FleetWindow::default() }, None);
    rows.push(frame(c, &many, '1', "fleet of 1,000", "1000 groups"));
    println!("{}", rows.join("\n"));
}

/// Draws the page behind `key`, on which `words` must stand; gives its line of the table.
fn frame(c: &mut Criterion, view: &View, key: char, page: &str, words: &str) -> String {
    let app = app(view, key);
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend cannot fail");
    let mut draw = || {
        terminal.draw(|frame| app.draw(frame)).expect("a test backend cannot fail");
    };
    draw();
    c.bench_function(&format!("console: a frame of the {page} page"), |b| b.iter(&mut draw));
    let (median, slow) = percentiles(&mut draw);
    let shown = terminal.backend().to_string();
    assert!(shown.contains(words), "the {page} page shows nothing:\n{shown}");
    format!("| {page} | {median:.2} | {slow:.2} |")
}

criterion_group!(benches, frames);
criterion_main!(benches);
