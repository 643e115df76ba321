//! Anything at all, for property tests of pages: views with hostile text and odd numbers, keys, sizes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::fixture;
use crate::{
    console::{
        draw::theme::Theme,
        input::action::{Action, PageId},
        pages::page::Page,
    },
    domain::{
        at_epoch,
        event::EventKind,
        journal::{JournalEntry, JournalKind},
    },
    link::{EpochLoss, ModelRow, ModelScore, TrainingState, View},
};

/// Views with a few rows of hostile text and odd numbers.
pub fn any_view() -> impl Strategy<Value = View> {
    let text = || "\\PC{0,12}|[a-z\u{1b}\n日é]{0,9}";
    let number = || prop_oneof![any::<f64>(), 0.0..2.0f64];
    let parts = (text(), text(), 0i64..3, any::<i64>(), prop::collection::vec((number(), number()), 0..9));
    (prop::collection::vec(parts, 0..4), prop::bool::ANY, 0usize..5, "h[12]").prop_map(
        |(parts, known, state, hash)| {
            let mut view = if known { fixture::view() } else { View::default() };
            view.calendar.hash = hash;
            for (a, b, id, time, numbers) in parts {
                view.calendar.entries.push(fixture::entry(&a, &b, &b, &a, ""));
                let start = at_epoch(time);
                let mut event =
                    fixture::event(&a, EventKind::Other, "2026-11-16T08:00:00Z", "2026-11-17T08:00:00Z");
                (event.start, event.end) = (start, at_epoch(time.saturating_add(id * 100_000)));
                view.calendar.occurrences.push(event);
                view.journal.push(JournalEntry {
                    at: start,
                    ..fixture::line(id, Some(&a), JournalKind::from(b.clone()), &a)
                });
                let scores: Vec<f64> = numbers.iter().map(|n| n.0).chain([0.1; 3]).collect();
                let score = ModelScore {
                    wape: scores[0],
                    naive_wape: scores[1],
                    champion_wape: Some(scores[2]),
                    coverage: scores[0],
                    count: 0,
                };
                view.models
                    .push(ModelRow { trained_at: start, ..fixture::model(&b, &a, id == 0, score, &b) });
                view.zone = if id == 0 { a.clone() } else { view.zone };
                view.calendar.problem = (id == 1).then_some(a);
                let mut run = fixture::training(match state {
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
                fixture::screen((*width, *height), |frame| {
                    page.draw(frame, frame.area(), view, &Theme::default())
                });
            }
        }
    }
}
