//! Views for the tests of pages: a small fleet in Berlin in November 2026, and arbitrary ones.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend};

use super::fixture;
use crate::{
    calendar::CalendarEntry,
    console::{
        draw::theme::Theme,
        input::action::{Action, PageId},
        pages::page::Page,
    },
    domain::{
        Time, at_epoch,
        decision::Mode,
        event::{Event, EventKind},
        journal::{JournalEntry, JournalKind},
    },
    link::{CalendarView, EpochLoss, ModelRow, ModelScore, TrainingState, TrainingView, View},
};

/// The cells of `page` on a screen of `width` × `height`.
pub fn screen(page: &impl Page, view: &View, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test screen has no errors");
    let theme = Theme::default();
    terminal.draw(|frame| page.draw(frame, frame.area(), view, &theme)).expect("a test screen has no errors");
    terminal.backend().clone()
}

/// Compares `page` with its stored screens at the three sizes.
macro_rules! snapshots {
    ($name:expr, $page:expr, $view:expr) => {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let screen = crate::console::tests::sample::screen($page, $view, width, height);
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), screen);
        }
    };
}
pub(in crate::console) use snapshots;

fn at(text: &str) -> Time {
    text.parse().expect("written in this file")
}

fn entry(name: &str, kind: &str, start: &str, end: &str, repeat: &str) -> CalendarEntry {
    let text = |t: &str| t.to_owned();
    CalendarEntry {
        name: text(name),
        kind: text(kind),
        start: text(start),
        end: text(end),
        repeat: text(repeat),
        ..CalendarEntry::default()
    }
}

fn event(name: &str, kind: EventKind, start: &str, end: &str) -> Event {
    Event {
        name: name.into(),
        kind,
        label: kind.name().into(),
        start: at(start),
        end: at(end),
        multiplier: None,
        min_instances: None,
        groups: Vec::new(),
    }
}

fn calendar() -> CalendarView {
    let mut sale = entry("Black Friday", "sale", "2026-11-27 00:00", "2026-11-30 00:00", "yearly");
    sale.multiplier = "2.5".into();
    sale.min_instances = "12".into();
    sale.groups = "shop-web, shop-api".into();
    let mut friday = event("Black Friday", EventKind::Sale, "2026-11-26T23:00:00Z", "2026-11-29T23:00:00Z");
    friday.multiplier = Some(2.5);
    friday.min_instances = Some(12);
    friday.groups = vec!["shop-web".into(), "shop-api".into()];
    CalendarView {
        path: "calendar.toml".into(),
        hash: "h1".into(),
        zone: "Europe/Berlin".into(),
        entries: vec![
            sale,
            entry("Newsletter", "promotion", "2026-11-02 09:00", "2026-11-02 12:00", "weekly"),
            entry("Change freeze", "freeze", "2026-11-26 18:00", "2026-11-27 06:00", ""),
            entry("Old launch 日本", "launch", "2025-01-01 10:00", "2025-01-01 12:00", ""),
        ],
        occurrences: vec![
            event("Newsletter", EventKind::Promotion, "2026-11-16T08:00:00Z", "2026-11-16T11:00:00Z"),
            event("Newsletter", EventKind::Promotion, "2026-11-23T08:00:00Z", "2026-11-23T11:00:00Z"),
            event("Change freeze", EventKind::Freeze, "2026-11-26T17:00:00Z", "2026-11-27T05:00:00Z"),
            friday,
            event("Newsletter", EventKind::Promotion, "2026-11-30T08:00:00Z", "2026-11-30T11:00:00Z"),
            event("Newsletter", EventKind::Promotion, "2027-03-29T07:00:00Z", "2027-03-29T10:00:00Z"),
        ],
        problem: None,
        undo: None,
        redo: None,
    }
}

fn model(group: &str, version: &str, champion: bool, score: ModelScore, remark: &str) -> ModelRow {
    ModelRow {
        group: group.into(),
        version: version.into(),
        what: "lstm 64×1, 24 steps".into(),
        trained_at: at("2026-11-20T03:15:00Z"),
        champion,
        score,
        remark: remark.into(),
    }
}

fn journal(id: i64, group: Option<&str>, kind: JournalKind, text: &str) -> JournalEntry {
    JournalEntry {
        id,
        at: at_epoch(1_795_000_000 + id * 600),
        group: group.map(str::to_owned),
        operator: if kind == JournalKind::Approved { "ada@ops" } else { "prescale" }.into(),
        kind,
        text: text.into(),
        decision: group.map(|_| id / 2),
    }
}

/// A view with something on every page.
pub fn view() -> View {
    let score = |wape, champion_wape| ModelScore {
        wape,
        naive_wape: 0.121,
        champion_wape,
        coverage: 0.943,
        count: 2_016,
    };
    View {
        serial: 7,
        now: at("2026-11-23T09:30:00Z"),
        groups: ["jobs", "shop-web"]
            .map(|name| fixture::row(name, Mode::Auto, (2, 12, 4), Vec::new()))
            .into(),
        zone: "Europe/Berlin".into(),
        calendar: calendar(),
        models: vec![
            model(
                "shop-web",
                "20261120-0315",
                false,
                score(0.079, Some(0.084)),
                "refused: coverage below 0.95",
            ),
            model("shop-web", "20261113-0315", true, score(0.084, Some(0.090)), "promoted by ada@ops"),
            model("jobs", "20261101-1200", true, score(0.052, None), "first model"),
        ],
        journal: vec![
            journal(
                44,
                Some("shop-web"),
                JournalKind::Outcome,
                "Desired capacity 6 → 9 applied; the group answered InProgress",
            ),
            journal(43, Some("shop-web"), JournalKind::Approved, "Proposal 21 approved at revision 2"),
            journal(
                42,
                Some("shop-web"),
                JournalKind::Proposed,
                "Demand p95 of 5 400 requests / 5 min at 12:05 needs 9 instances at 80 % of 750 each; 6 in service; lead time 4 min 10 s; Black Friday begins within the lead time",
            ),
            journal(41, None, JournalKind::Calendar, "Entry \"Black Friday\" changed\u{1b}[31m"),
            journal(40, Some("jobs"), JournalKind::Failed, "Launch failed: VcpuLimitExceeded"),
        ],
        training: None,
        ..View::default()
    }
}

/// A training with 24 of 40 epochs done.
pub fn training(state: TrainingState) -> TrainingView {
    let losses = (0..24).map(|i| {
        let t = f64::from(i);
        EpochLoss { train: 0.9 * (-t / 6.0).exp() + 0.02, valid: 0.8 * (-t / 5.0).exp() + 0.06 + 0.001 * t }
    });
    TrainingView {
        group: "shop-web".into(),
        what: "lstm 64×1".into(),
        state,
        epochs: 40,
        losses: losses.collect(),
        eta: Some(37.2),
    }
}

/// Views with a few rows of hostile text and odd numbers.
pub fn any_view() -> impl Strategy<Value = View> {
    let text = || "\\PC{0,12}|[a-z\u{1b}\n日é]{0,9}";
    let number = || prop_oneof![any::<f64>(), 0.0..2.0f64];
    let parts = (text(), text(), 0i64..3, any::<i64>(), prop::collection::vec((number(), number()), 0..9));
    (prop::collection::vec(parts, 0..4), prop::bool::ANY, 0usize..5, "h[12]").prop_map(
        |(parts, known, state, hash)| {
            let mut view = if known { view() } else { View::default() };
            view.calendar.hash = hash;
            for (a, b, id, time, numbers) in parts {
                view.calendar.entries.push(entry(&a, &b, &b, &a, ""));
                let start = at_epoch(time);
                let mut event = event(&a, EventKind::Other, "2026-11-16T08:00:00Z", "2026-11-17T08:00:00Z");
                (event.start, event.end) = (start, at_epoch(time.saturating_add(id * 100_000)));
                view.calendar.occurrences.push(event);
                view.journal.push(JournalEntry {
                    at: start,
                    ..journal(id, Some(&a), JournalKind::from(b.clone()), &a)
                });
                let scores: Vec<f64> = numbers.iter().map(|n| n.0).chain([0.1; 3]).collect();
                let score = ModelScore {
                    wape: scores[0],
                    naive_wape: scores[1],
                    champion_wape: Some(scores[2]),
                    coverage: scores[0],
                    count: 0,
                };
                view.models.push(ModelRow { trained_at: start, ..model(&b, &a, id == 0, score, &b) });
                view.zone = if id == 0 { a.clone() } else { view.zone };
                view.calendar.problem = (id == 1).then_some(a);
                let mut run = training(match state {
                    0 => TrainingState::Done(b),
                    1 => TrainingState::Cancelled,
                    2 => TrainingState::Failed(b),
                    _ => TrainingState::Running,
                });
                run.losses =
                    numbers.iter().map(|(train, valid)| EpochLoss { train: *train, valid: *valid }).collect();
                run.epochs = state;
                run.eta = scores.first().copied();
                view.training = Some(run);
            }
            view
        },
    )
}

/// One thing that happens to a page.
#[derive(Debug, Clone)]
pub enum PageInput {
    /// An action, or the key where the page wants text.
    Press(Action, KeyEvent),
    /// Pasted text.
    Paste(String),
    /// A new view.
    Refresh,
    /// A screen of this size.
    Draw(u16, u16),
}

/// Arbitrary steps.
pub fn any_step() -> impl Strategy<Value = PageInput> {
    use Action as A;
    let actions = [
        A::Up,
        A::Down,
        A::Left,
        A::Right,
        A::PageUp,
        A::PageDown,
        A::First,
        A::Last,
        A::Open,
        A::Back,
        A::Add,
        A::Edit,
        A::Delete,
        A::Train,
        A::Cancel,
        A::Promote,
        A::RollBack,
        A::Filter,
        A::Page(PageId::GROUP),
        A::Now,
        A::Quit,
        A::Run,
        A::Tick,
    ];
    let codes = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        "[a-z]".prop_map(|s| KeyCode::Char(s.chars().next().unwrap_or('a'))),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Home,
            KeyCode::End,
        ]),
    ];
    let modifiers = prop::sample::select(vec![KeyModifiers::NONE, KeyModifiers::NONE, KeyModifiers::CONTROL]);
    let press = (prop::sample::select(actions.to_vec()), codes, modifiers)
        .prop_map(|(action, code, with)| PageInput::Press(action, KeyEvent::new(code, with)));
    prop_oneof![
        8 => press,
        1 => "\\PC{0,20}".prop_map(PageInput::Paste),
        1 => Just(PageInput::Refresh),
        2 => (0u16..90, 0u16..30).prop_map(|(w, h)| PageInput::Draw(w, h)),
    ]
}

/// Lives `steps` with `page`, the views taking turns.
pub fn live(page: &mut impl Page, views: &[View], steps: &[PageInput]) {
    let mut seen = 0;
    for step in steps {
        let view = &views[seen % views.len()];
        match step {
            PageInput::Press(_, key) if page.wants_text() => {
                page.key(*key, view);
            }
            PageInput::Press(action, _) => {
                page.act(*action, view);
            }
            PageInput::Paste(text) => {
                page.paste(text, view);
            }
            PageInput::Refresh => {
                seen += 1;
                page.refresh(&views[seen % views.len()]);
            }
            PageInput::Draw(width, height) => {
                screen(page, view, *width, *height);
            }
        }
    }
}
