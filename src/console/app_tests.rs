//! Tests of [`super::App`]: keys to effects, whole screens, and anything at all without a panic.

use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::console::{
    style::Depth,
    theme::Symbols,
    views::fixture::{SIZES, view},
};

fn app(theme: Theme) -> App {
    let mut app = App::new(theme, Vec::new());
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    app
}

fn press(app: &mut App, keys: &[KeyCode]) -> Vec<Effect> {
    keys.iter().flat_map(|code| app.update(Message::Key((*code).into()), Duration::ZERO)).collect()
}

fn screen(app: &App, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test backend cannot fail");
    terminal.draw(|frame| app.draw(frame)).expect("a test backend cannot fail");
    terminal
}

#[test]
fn the_whole_screen_at_every_size() {
    for (width, height) in SIZES {
        let mut app = app(Theme::default());
        app.update(Message::Resize(width, height), Duration::ZERO);
        insta::assert_snapshot!(
            format!("app_{width}x{height}"),
            screen(&app, width, height).backend().to_string()
        );
    }
}

#[test]
fn the_screen_in_every_depth_of_colour() {
    for depth in [Depth::True, Depth::Sixteen, Depth::None] {
        let theme = Theme::load("dark", depth, Symbols::Braille).expect("built in");
        let shown = screen(&app(theme), 80, 24);
        let mut styles: Vec<String> = Vec::new();
        for (y, line) in shown.backend().buffer().content().chunks(80).enumerate() {
            for run in line.chunk_by(|a, b| a.style() == b.style()) {
                let text: String = run.iter().map(|c| c.symbol()).collect();
                let (cell, text) = (&run[0], text.trim());
                if !text.is_empty() {
                    styles.push(format!("{y:2} {:?} on {:?} {:?}: {text}", cell.fg, cell.bg, cell.modifier));
                }
            }
        }
        insta::assert_snapshot!(format!("app_colours_{depth:?}").to_lowercase(), styles.join("\n"));
    }
}

#[test]
fn in_ascii_no_page_shows_anything_else() {
    let theme = Theme::load("dark", Depth::True, Symbols::Ascii).expect("built in");
    for (width, height) in SIZES {
        let mut app = app(theme.clone());
        for key in ['1', '2', '3', 'a', '?', 'x'] {
            let shown = {
                press(&mut app, &[KeyCode::Char(key)]);
                screen(&app, width, height)
            };
            let cells = shown.backend().buffer().content();
            assert!(cells.iter().all(|cell| cell.symbol().is_ascii()), "after {key}: {}", shown.backend());
            press(&mut app, &[KeyCode::Esc]);
        }
    }
}

#[test]
fn small_screens_say_so() {
    let app = app(Theme::default());
    let shown = screen(&app, 40, 10).backend().to_string();
    assert!(shown.contains("needs 80x24") && shown.contains("has 40x10"), "{shown}");
    assert!(
        screen(&App::new(Theme::default(), Vec::new()), 80, 24).backend().to_string().contains("Starting")
    );
}

#[test]
fn approving_asks_and_sends_what_was_seen() {
    let mut app = app(Theme::default());
    let effects = press(&mut app, &[KeyCode::Char('3'), KeyCode::Char('a')]);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Send(_))));
    insta::assert_snapshot!("app_approve", screen(&app, 80, 24).backend().to_string());
    let sent = press(&mut app, &[KeyCode::Enter]);
    assert_eq!(sent, [Effect::Send(Command::Approve { id: 41, revision: 2 })]);
}

#[test]
fn mode_and_brake_default_to_no() {
    let mut app = app(Theme::default());
    assert_eq!(press(&mut app, &[KeyCode::Char('b'), KeyCode::Enter]), []);
    assert_eq!(press(&mut app, &[KeyCode::Char('m'), KeyCode::Esc]), []);
    let sent = press(&mut app, &[KeyCode::Char('b'), KeyCode::Char('y')]);
    assert_eq!(sent, [Effect::Send(Command::SetBrake { on: true })]);
    let sent = press(&mut app, &[KeyCode::Down, KeyCode::Char('m'), KeyCode::Char('y')]);
    assert_eq!(sent, [Effect::Send(Command::SetMode { group: "feed".into(), mode: Mode::Approve })]);
}

#[test]
fn opening_a_group_asks_for_its_charts_once() {
    let mut app = app(Theme::default());
    let effects = press(&mut app, &[KeyCode::Down, KeyCode::Down, KeyCode::Enter]);
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!(viewport.group.as_deref(), Some("shop"));
    assert_eq!(press(&mut app, &[KeyCode::Char('1'), KeyCode::Char('2')]), []);
    assert_eq!(app.update(Message::ShowFailed, Duration::ZERO).len(), 1);
}

#[test]
fn the_clock_is_driven_only_when_simulated() {
    let mut app = app(Theme::default());
    let sent = press(&mut app, &[KeyCode::Char('>'), KeyCode::Char('<'), KeyCode::Char('p')]);
    let clock = [ClockCommand::Speed(120.0), ClockCommand::Speed(30.0), ClockCommand::Pause];
    assert_eq!(sent, clock.map(|c| Effect::Send(Command::Clock(c))));
    let real = View { clock: ClockView::Real, simulated: false, ..view() };
    app.update(Message::View(Arc::new(real)), Duration::ZERO);
    assert_eq!(press(&mut app, &[KeyCode::Char('p'), KeyCode::Char('x')]), []);
}

#[test]
fn the_header_says_what_reading_an_account_costs() {
    let mut app = app(Theme::default());
    let usage = crate::link::Usage { calls: 42, most_calls: 600, monthly: Some(3.024) };
    let source = "aws eu-west-1 123456789012".to_owned();
    let real = View { clock: ClockView::Real, simulated: false, source, usage: Some(usage), ..view() };
    app.update(Message::View(Arc::new(real)), Duration::ZERO);
    let shown = screen(&app, 120, 40).backend().to_string();
    assert!(shown.contains("aws eu-west-1 123456789012  42 API calls/min, $3.02/month"), "{shown}");
}

#[test]
fn toasts_come_and_go() {
    let mut app = app(Theme::default());
    app.update(Message::Answer(Err("the proposal has expired".into())), Duration::ZERO);
    assert!(screen(&app, 80, 24).backend().to_string().contains("! the proposal has expired"));
    let gone = app.next_expiry().expect("a toast is shown");
    app.take_changed();
    app.update(Message::Tick, gone);
    assert!(app.take_changed());
    app.update(Message::Tick, gone);
    assert!(!app.take_changed());
}

#[test]
fn faults_are_injected_by_number() {
    let mut app = app(Theme::default());
    let sent = press(&mut app, &[KeyCode::Char('x'), KeyCode::Char('2')]);
    assert_eq!(sent, [Effect::Send(Command::Inject { group: "api".into(), fault: Fault::LaunchFailure })]);
}

fn any_message() -> impl Strategy<Value = Message> {
    let code = prop_oneof![
        8 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        6 => prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Enter, KeyCode::Esc, KeyCode::Tab,
            KeyCode::BackTab, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
        ]),
    ];
    let empty = View { serial: 3, ..View::default() };
    prop_oneof![
        12 => code.prop_map(|code| Message::Key(code.into())),
        1 => "\\PC{0,30}".prop_map(Message::Paste),
        2 => (0u16..220, 0u16..70).prop_map(|(w, h)| Message::Resize(w, h)),
        1 => Just(Message::View(Arc::new(view()))),
        1 => Just(Message::View(Arc::new(empty))),
        1 => any::<bool>().prop_map(|ok| Message::Answer(if ok { Ok("done".into()) } else { Err("no".into()) })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_panics(messages in prop::collection::vec(any_message(), 0..40)) {
        let mut app = app(Theme::default());
        let mut size = (80, 24);
        for (second, message) in messages.into_iter().enumerate() {
            if let Message::Resize(width, height) = message {
                size = (width, height);
            }
            app.update(message, Duration::from_secs(second as u64));
            screen(&app, size.0, size.1);
        }
    }
}
