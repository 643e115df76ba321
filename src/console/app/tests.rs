//! Tests of [`super::App`]: keys to effects, whole screens, and anything at all without a panic.

mod any;
mod first_minutes;
mod guides;
mod past;
mod tasks;
mod what_if;

use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::backend::TestBackend;

use super::*;
use crate::{
    console::{
        draw::{style::Depth, theme::Symbols},
        tests::fixture::{self, SIZES, view},
    },
    domain::{decision::Mode, fault::Fault},
    link::{ClockCommand, ClockView, ConnectionState},
};

fn app(theme: Theme) -> App {
    let mut app = App::new(theme, &PageSetup::default());
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    app
}

fn press(app: &mut App, keys: &[KeyCode]) -> Vec<Effect> {
    keys.iter().flat_map(|code| app.update(Message::Key((*code).into()), Duration::ZERO)).collect()
}

fn screen(app: &App, width: u16, height: u16) -> TestBackend {
    fixture::screen((width, height), |frame| app.draw(frame))
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
            let cells = shown.buffer().content();
            assert!(cells.iter().all(|cell| cell.symbol().is_ascii()), "after {key}: {}", shown);
            press(&mut app, &[KeyCode::Esc]);
        }
    }
}

#[test]
fn small_screens_say_so() {
    let app = app(Theme::default());
    assert!(screen(&app, 60, 15).to_string().contains("pages need 80x24; q quits"), "a list fits");
    let shown = screen(&app, 40, 10).to_string();
    assert!(shown.contains("needs 80x24") && shown.contains("has 40x10"), "{shown}");
    assert!(
        screen(&App::new(Theme::default(), &PageSetup::default()), 80, 24).to_string().contains("Starting")
    );
}

#[test]
fn approving_asks_and_sends_what_was_seen() {
    let mut app = app(Theme::default());
    let effects = press(&mut app, &[KeyCode::Char('3'), KeyCode::Char('a')]);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Send(_) | Effect::Confirm(_))));
    insta::assert_snapshot!("app_approve", screen(&app, 80, 24).to_string());
    assert_eq!(press(&mut app, &[KeyCode::Enter]), [], "Enter says no");
    let sent = press(&mut app, &[KeyCode::Char('a'), KeyCode::Char('y')]);
    assert_eq!(sent, [Effect::Confirm(Command::Approve { id: 41, revision: 2 })]);
}

#[test]
fn mode_and_brake_default_to_no() {
    let mut app = app(Theme::default());
    assert_eq!(press(&mut app, &[KeyCode::Char('b'), KeyCode::Enter]), []);
    assert_eq!(press(&mut app, &[KeyCode::Char('m'), KeyCode::Esc]), []);
    let sent = press(&mut app, &[KeyCode::Char('b'), KeyCode::Char('y')]);
    assert_eq!(sent, [Effect::Confirm(Command::SetBrake { on: true })]);
    app.update(
        Message::Confirmed(Box::new(Command::SetBrake { on: true }), Ok("scale-in is frozen".into())),
        Duration::ZERO,
    );
    assert!(matches!(press(&mut app, &[KeyCode::Down]).as_slice(), [Effect::Show(_)]), "its charts");
    let sent = press(&mut app, &[KeyCode::Char('m'), KeyCode::Char('y')]);
    assert_eq!(sent, [Effect::Confirm(Command::SetMode { group: "feed".into(), mode: Mode::Approve })]);
}

#[test]
fn opening_a_group_asks_for_its_charts_once() {
    let mut app = app(Theme::default());
    let effects = press(&mut app, &[KeyCode::Down, KeyCode::Enter]);
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!(viewport.group.as_deref(), Some("feed"));
    assert_eq!(press(&mut app, &[KeyCode::Char('1'), KeyCode::Char('2')]), []);
    assert_eq!(app.update(Message::ShowFailed, Duration::ZERO).len(), 1);
}

#[test]
fn the_clock_is_driven_only_when_simulated() {
    let mut app = app(Theme::default());
    let sent =
        press(&mut app, &[KeyCode::Char('>'), KeyCode::Char('>'), KeyCode::Char('<'), KeyCode::Char('p')]);
    let [first, second, third] = [120.0, 300.0, 120.0].map(ClockCommand::Speed);
    let clock = [first, second, third, ClockCommand::Pause];
    assert_eq!(sent, clock.map(|c| Effect::Send(Command::Clock(c))));
    let real = View { clock: ClockView::Real, simulated: false, ..view() };
    app.update(Message::View(Arc::new(real)), Duration::ZERO);
    assert_eq!(press(&mut app, &[KeyCode::Char('p'), KeyCode::Char('x')]), []);
}

#[test]
fn the_header_says_what_reading_an_account_costs() {
    let mut app = app(Theme::default());
    let usage = crate::link::Usage { calls: 42, most_calls: 600, total_calls: 4_200, monthly: Some(3.024) };
    let source = "aws eu-west-1 123456789012".to_owned();
    let real = View { clock: ClockView::Real, simulated: false, source, usage: Some(usage), ..view() };
    app.update(Message::View(Arc::new(real)), Duration::ZERO);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("aws eu-west-1 123456789012  42 API calls/min, $3.02/month"), "{shown}");
}

#[test]
fn toasts_come_and_go() {
    let mut app = app(Theme::default());
    app.update(Message::Answer(Err("the proposal has expired".into())), Duration::ZERO);
    assert!(screen(&app, 80, 24).to_string().contains("! the proposal has expired"));
    insta::assert_snapshot!("app_message", screen(&app, 80, 24).to_string());
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
    assert_eq!(sent, [Effect::Send(Command::Inject { group: "shop".into(), fault: Fault::LaunchFailure })]);
}

fn control(app: &mut App, letter: char) -> Vec<Effect> {
    let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    app.update(Message::Key(key), Duration::ZERO)
}

fn typed(app: &mut App, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| press(app, &[KeyCode::Char(c)])).collect()
}

#[test]
fn a_deep_cut_is_confirmed_by_the_name_of_the_group() {
    let mut app = app(Theme::default());
    let mut view = view();
    (view.proposals[0].from, view.proposals[0].to) = (9, 4);
    app.update(Message::View(Arc::new(view)), Duration::ZERO);
    press(&mut app, &[KeyCode::Char('3'), KeyCode::Char('a')]);
    assert_eq!(typed(&mut app, "y"), []);
    assert_eq!(press(&mut app, &[KeyCode::Enter, KeyCode::Backspace]), []);
    insta::assert_snapshot!("app_deep_cut", screen(&app, 80, 24).to_string());
    typed(&mut app, "shop");
    let sent = press(&mut app, &[KeyCode::Enter]);
    assert_eq!(sent, [Effect::Confirm(Command::Approve { id: 41, revision: 2 })]);
}

#[test]
fn a_frozen_screen_stands_still_and_catches_up() {
    let mut app = app(Theme::default());
    typed(&mut app, "f");
    let newer = View { serial: 8, brake: true, ..view() };
    app.update(Message::View(Arc::new(newer)), Duration::ZERO);
    let shown = screen(&app, 80, 24).to_string();
    assert!(shown.contains("FROZEN: 1 newer views; f resumes") && !shown.contains("BRAKE"));
    typed(&mut app, "f");
    let shown = screen(&app, 80, 24).to_string();
    assert!(!shown.contains("FROZEN") && shown.contains("BRAKE"));
}

#[test]
fn an_agent_that_is_lost_is_said_on_every_screen_and_keys_go_on() {
    let lost = |old| {
        Arc::new(View { connection: ConnectionState::Lost { old, why: "it has gone".into() }, ..view() })
    };
    let mut app = app(Theme::default());
    app.update(Message::View(lost(Some(14))), Duration::ZERO);
    let shown = |app: &App| screen(app, 120, 40).to_string();
    assert!(shown(&app).contains("DISCONNECTED: data is 14 s old"), "{}", shown(&app));
    typed(&mut app, "3");
    assert!(shown(&app).contains("[3 Proposals (1)]") && shown(&app).contains("DISCONNECTED"));
    typed(&mut app, "f");
    app.update(Message::View(lost(Some(15))), Duration::ZERO);
    assert!(shown(&app).contains("data is 15 s old"), "also while the screen is held still");
    let back =
        View { connection: ConnectionState::Attached { pid: 7, operator: "ada@ops".into() }, ..view() };
    app.update(Message::View(Arc::new(back)), Duration::ZERO);
    assert!(shown(&app).contains("FROZEN: 0 newer"), "the same view was told again: {}", shown(&app));
    typed(&mut app, "f");
    assert!(shown(&app).contains("agent 7, you: ada@ops"));
    let mut early = App::new(Theme::default(), &PageSetup::default());
    let none = View {
        connection: ConnectionState::Lost { old: None, why: "it has gone".into() },
        ..View::default()
    };
    early.update(Message::View(Arc::new(none)), Duration::ZERO);
    assert!(shown(&early).contains("DISCONNECTED: no data yet"));
}

#[test]
fn times_are_shown_in_other_zones() {
    let mut app = app(Theme::default()).in_zone(Zone::Fleet, Some("Asia/Tokyo".into()));
    let header = |app: &App| screen(app, 80, 24).to_string().lines().next().unwrap_or_default().to_owned();
    assert!(header(&app).contains("14:02 CET"), "{}", header(&app));
    typed(&mut app, "Z");
    assert!(header(&app).contains("13:02 UTC"), "{}", header(&app));
    typed(&mut app, "Z");
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    assert!(header(&app).contains("22:02 JST"), "{}", header(&app));
    typed(&mut app, ":zone fleet");
    press(&mut app, &[KeyCode::Enter]);
    assert!(header(&app).contains("14:02 CET"), "{}", header(&app));
}

#[test]
fn the_palette_does_what_is_typed() {
    let mut app = app(Theme::default());
    typed(&mut app, ":brake");
    assert_eq!(press(&mut app, &[KeyCode::Enter]), []);
    assert_eq!(typed(&mut app, "y"), [Effect::Confirm(Command::SetBrake { on: true })]);
    press(&mut app, &[KeyCode::Esc]);
    typed(&mut app, ":group feed");
    press(&mut app, &[KeyCode::Enter]);
    assert!(screen(&app, 80, 24).to_string().contains("[2 Group]"));
    typed(&mut app, ":theme nord");
    press(&mut app, &[KeyCode::Enter]);
    assert_eq!(app.theme.name(), "nord");
    typed(&mut app, ":qui");
    assert_eq!(press(&mut app, &[KeyCode::Enter]), [Effect::Quit]);
}

#[test]
fn the_brake_is_asked_for_while_typing_and_what_is_typed_stays() {
    let mut app = app(Theme::default());
    typed(&mut app, "/sho");
    assert_eq!(control(&mut app, 'x'), []);
    assert_eq!(typed(&mut app, "y"), [Effect::Confirm(Command::SetBrake { on: true })]);
    press(&mut app, &[KeyCode::Esc]);
    typed(&mut app, "p");
    assert!(screen(&app, 80, 24).to_string().contains("filter: shop"));
    assert_eq!(control(&mut app, 'c'), [Effect::Quit], "a filter is nothing to lose");
    app = app.with_keys(Keymap::default().with_ctrl_c(crate::console::input::remap::CtrlC::Back));
    assert!(!control(&mut app, 'c').contains(&Effect::Quit));
    assert!(!screen(&app, 80, 24).to_string().contains("filter:"));
}

#[test]
fn where_nothing_can_be_asked_nothing_is() {
    let mut app = app(Theme::default());
    app.update(Message::View(Arc::new(View { read_only: true, ..view() })), Duration::ZERO);
    assert!(screen(&app, 80, 24).to_string().contains("READ-ONLY"));
    let effects = typed(&mut app, "bnmnxp>3ar");
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Show(_))), "{effects:?}");
    assert!(screen(&app, 80, 24).to_string().contains("read-only: changes are disabled"));
}

#[test]
fn what_is_chosen_is_copied() {
    let mut app = app(Theme::default());
    assert_eq!(typed(&mut app, "y"), [Effect::Copy("shop".into())]);
    assert!(screen(&app, 80, 24).to_string().contains("copied the group's name: shop"));
    let effects = typed(&mut app, "3y");
    let [Effect::Show(_), Effect::Copy(calls)] = effects.as_slice() else {
        panic!("a copy, not {effects:?}")
    };
    assert!(calls.starts_with("SetDesiredCapacity"), "{calls}");
}

#[test]
fn a_mouse_opens_pages_and_chooses_lines_and_sends_nothing() {
    let mut app = app(Theme::default());
    let mouse = |app: &mut App, kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        app.update(Message::Mouse(event), Duration::ZERO)
    };
    let left = MouseEventKind::Down(MouseButton::Left);
    screen(&app, 80, 24);
    mouse(&mut app, left, 3, 5);
    assert_eq!(typed(&mut app, "y"), [Effect::Copy("feed".into())]);
    let shown = screen(&app, 80, 24).to_string();
    let tab = shown.lines().nth(1).and_then(|row| row.find("Prop")).expect("its tab") as u16;
    assert!(matches!(mouse(&mut app, left, tab, 1).as_slice(), [] | [Effect::Show(_)]));
    assert!(screen(&app, 80, 24).to_string().contains("[3 Proposals"));
    typed(&mut app, "1");
    mouse(&mut app, MouseEventKind::ScrollUp, 3, 6);
    assert_eq!(typed(&mut app, "y"), [Effect::Copy("shop".into())]);
}

#[test]
fn what_is_typed_before_anything_is_seen_is_kept_but_sends_nothing() {
    let mut app = App::new(Theme::default(), &PageSetup::default());
    app.update(Message::Resize(80, 24), Duration::ZERO);
    for c in "3by".chars() {
        assert_eq!(app.update(Message::Key(KeyCode::Char(c).into()), Duration::ZERO), []);
    }
    let shown = |app: &App| screen(app, 80, 24).to_string();
    assert!(shown(&app).contains("3 key presses are queued"), "{}", shown(&app));
    let effects = app.update(Message::View(Arc::new(view())), Duration::ZERO);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Send(_) | Effect::Confirm(_))), "{effects:?}");
    let shown = shown(&app);
    assert!(shown.contains("[3 Proposals") && shown.contains("ignored: typed before"), "{shown}");
    let effects = app.update(Message::View(Arc::new(view())), Duration::ZERO);
    assert!(effects.is_empty(), "once: {effects:?}");
}
