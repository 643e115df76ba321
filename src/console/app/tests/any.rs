//! Anything at all: keys, presses, sizes and views, hostile names among them. No panic, and no edit is lost.

use crossterm::event::{KeyModifiers, MouseButton, MouseEventKind};
use proptest::prelude::*;

use super::*;
use crate::{
    console::tests::fixture,
    domain::{reading::Reading, shift},
    link::{GroupRow, Level, LogLine, Notice, PastDecision, PastFleet, PastGroup, PastMoment, PastRow},
};

fn whole() -> App {
    let setup = PageSetup { settings: fixture::settings(), check: |_, _| Vec::new() };
    let mut app = App::new(Theme::default(), &setup);
    app.update(Message::View(Arc::new(fixture::view())), Duration::ZERO);
    app
}

fn text(app: &App, width: u16, height: u16) -> String {
    let shown = screen(app, width, height);
    // The test backend cannot show a screen without columns.
    if width == 0 { String::new() } else { shown.to_string() }
}

/// Names as nobody should choose them: escape sequences, wide, combining, right-to-left, zero-width, endless.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned()),
        Just("日本語のグループ".repeat(9)),
        Just("e\u{301}\u{301}\u{301}a\u{20dd}".repeat(20)),
        Just("\u{202e}evil\u{202c} مجموعة العربية".to_owned()),
        Just("\u{200b}\u{feff}".to_owned()),
        Just("👩‍👩‍👧‍👦🏳️‍🌈".to_owned()),
        Just(String::new()),
        Just("x".repeat(10_000)),
        any::<String>(),
    ]
}

/// A view in which everything that comes from outside is called as `names` say.
fn view_of(names: &[String], serial: u64) -> View {
    let mut view = fixture::view();
    let name = |n: usize| names[n % names.len()].clone();
    for (n, row) in view.groups.iter_mut().enumerate() {
        row.name = name(n);
        row.badges.iter_mut().for_each(|badge| badge.text = name(n + 1));
        row.next_event = row.next_event.take().map(|(_, at)| (name(n + 2), at));
        row.spark = vec![Some(f64::NAN), None, Some(f64::INFINITY), Some(-1.0)];
    }
    if let Some(detail) = &mut view.detail {
        detail.name = name(0);
        if let Reading::Known(activities) = &mut detail.state.activities {
            activities.iter_mut().for_each(|a| a.description = name(1));
        }
    }
    for (n, proposal) in view.proposals.iter_mut().enumerate() {
        proposal.group = name(n);
        proposal.plan.reasons = names.to_vec();
    }
    view.notices = names.iter().map(|n| Notice { level: Level::Critical, text: n.clone() }).collect();
    view.log =
        names.iter().map(|n| LogLine { at: view.now, level: Level::Warning, text: n.clone() }).collect();
    view.journal.iter_mut().enumerate().for_each(|(n, entry)| entry.text = name(n));
    view.calendar.occurrences.iter_mut().enumerate().for_each(|(n, event)| event.name = name(n));
    view.models.iter_mut().enumerate().for_each(|(n, model)| model.remark = name(n));
    (view.source, view.zone) = (name(3), name(4));
    View { serial, ..view }
}

/// The same as the answer to a first step back, of the fleet or of a group.
fn past_of(names: &[String], serial: u64) -> View {
    let mut view = view_of(names, serial);
    let (asked, name) = (PastMoment::NewestUntil(view.now), |n: usize| names[n % names.len()].clone());
    let decision = |n: usize| PastDecision {
        id: n as i64,
        group: name(n),
        at: shift(view.now, -600 * n as i64),
        stage: name(n + 1),
        change: n.is_multiple_of(2).then(|| (name(n + 2), n as u32, 7)),
    };
    let row = |(n, group): (usize, &GroupRow)| PastRow {
        name: group.name.clone(),
        demand: Some(f64::NAN),
        predicted: None,
        cpu: Some(f64::INFINITY),
        in_service: Some(-1.0),
        decision: Some(decision(n)),
    };
    let groups = view.groups.iter().enumerate().map(row).collect();
    view.fleet_then = Some(Box::new(PastFleet {
        asked,
        at: Some(view.now),
        newest: Some(decision(names.len())),
        earlier: Some(i64::MIN),
        later: None,
        groups,
        unread: serial.is_multiple_of(2).then(|| name(1)),
    }));
    if let Some(detail) = &mut view.detail {
        let mut decision = fixture::proposal(57, "shop", 4, 7);
        (decision.group, decision.plan.policy, decision.plan.reasons) = (name(0), name(1), names.to_vec());
        detail.past = Some(Box::new(PastGroup {
            at: serial.is_multiple_of(3).then_some(view.now),
            decision: serial.is_multiple_of(2).then_some(decision),
            unread: Some(name(2)),
            made: Some((view.now, name(3))),
            later: Some(i64::MAX),
            ..PastGroup::of(asked)
        }));
    }
    view
}

fn any_view() -> impl Strategy<Value = View> {
    prop_oneof![
        2 => (prop::collection::vec(any_name(), 1..5), 1u64..99).prop_map(|(names, serial)| past_of(&names, serial)),
        3 => (prop::collection::vec(any_name(), 1..5), 1u64..99).prop_map(|(names, serial)| view_of(&names, serial)),
        1 => Just(View { serial: 3, ..View::default() }),
        1 => Just(View { read_only: true, simulated: false, brake: true, ..fixture::view() }),
        1 => Just(fixture::view()),
    ]
}

/// Anything that is no key: what happens to a form that nobody types into.
fn any_news() -> impl Strategy<Value = Message> {
    prop_oneof![
        4 => any_view().prop_map(|view| Message::View(Arc::new(view))),
        2 => (80u16..220, 24u16..70).prop_map(|(w, h)| Message::Resize(w, h)),
        1 => (0u16..80, 0u16..24).prop_map(|(w, h)| Message::Resize(w, h)),
        1 => any_name().prop_map(|text| Message::Answer(Err(text))),
        1 => Just(Message::ShowFailed),
        1 => Just(Message::Tick),
        2 => any_mouse(),
    ]
}

fn any_mouse() -> impl Strategy<Value = Message> {
    let kind = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ]);
    (kind, 0u16..220, 0u16..70).prop_map(|(kind, column, row)| {
        Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    })
}

fn any_key() -> impl Strategy<Value = Message> {
    let code = prop_oneof![
        8 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        2 => prop::sample::select(vec!['1', '2', '[', ']']).prop_map(KeyCode::Char),
        8 => prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Enter, KeyCode::Esc, KeyCode::Tab,
            KeyCode::BackTab, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(5),
        ]),
    ];
    let with = prop_oneof![8 => Just(KeyModifiers::NONE), 2 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::ALT)];
    (code, with).prop_map(|(code, with)| Message::Key(KeyEvent::new(code, with)))
}

/// Few where time is short; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_nothing_hostile_reaches_the_screen(
        messages in prop::collection::vec(prop_oneof![3 => any_key(), 2 => any_news(), 1 => any_name().prop_map(Message::Paste)], 0..50)
    ) {
        let (mut app, mut size) = (whole(), (80, 24));
        for (second, message) in messages.into_iter().enumerate() {
            if let Message::Resize(width, height) = message {
                size = (width, height);
            }
            app.update(message, Duration::from_secs(second as u64));
            let shown = text(&app, size.0, size.1);
            let hostile = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            prop_assert!(!shown.contains(hostile), "{shown:?}");
        }
    }

    #[test]
    fn no_edit_is_lost(news in prop::collection::vec(any_news(), 0..30)) {
        let mut app = whole();
        let calm = Duration::ZERO;
        for key in ['4', 'a'] {
            app.update(Message::Key(KeyCode::Char(key).into()), calm);
        }
        app.update(Message::Paste("Night of queues".into()), calm);
        // The brake is asked for from within the form, and refused.
        app.update(Message::Key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL)), calm);
        app.update(Message::Key(KeyCode::Esc.into()), calm);
        for message in news {
            app.update(message, calm);
        }
        app.update(Message::View(Arc::new(fixture::view())), calm);
        app.update(Message::Resize(120, 40), calm);
        prop_assert!(text(&app, 120, 40).contains("Night of queues"));
        // Ctrl-C does not throw it away without a question.
        let left = app.update(Message::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), calm);
        prop_assert!(!left.contains(&Effect::Quit));
        prop_assert!(text(&app, 120, 40).contains("Quit prescale?"));
    }
}
