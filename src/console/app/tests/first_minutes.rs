//! The guide of the first minutes: where there is no configuration, and only until it was used.

use super::*;
use crate::console::input::action::PageId;

fn guided() -> App {
    let mut app = App::new(Theme::default(), &PageSetup::default()).guided();
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    app
}

fn resized(app: &mut App, (width, height): (u16, u16)) -> String {
    app.update(Message::Resize(width, height), Duration::ZERO);
    screen(app, width, height).to_string()
}

fn is_shown(app: &mut App) -> bool {
    resized(app, (120, 40)).contains("A simulated fleet")
}

#[test]
fn it_says_what_one_sees_and_which_keys_to_try() {
    for (width, height) in [(80, 24), (120, 40)] {
        let shown = resized(&mut guided(), (width, height));
        let rows = shown.lines().filter(|line| line.contains(" Try ") || line.contains("A simulated fleet"));
        assert_eq!(rows.count(), 2, "{shown}");
        assert!(shown.contains("; no account.") && shown.contains("Esc hide"), "whole lines:\n{shown}");
        for group in ["api", "feed", "shop", "video-transc", "4 groups"] {
            assert!(shown.contains(group), "{group} keeps its line:\n{shown}");
        }
        insta::assert_snapshot!(format!("guide_{width}x{height}"), shown);
    }
}

#[test]
fn it_goes_key_by_key_and_does_not_come_back() {
    let mut app = guided();
    press(&mut app, &[KeyCode::Enter]);
    assert!(!is_shown(&mut app), "the group page needs its rows");
    press(&mut app, &[KeyCode::Esc]);
    let shown = resized(&mut app, (120, 40));
    assert!(shown.contains("Try 3 answer proposals  x break something"), "{shown}");
    press(&mut app, &[KeyCode::Char('3'), KeyCode::Esc, KeyCode::Char('x'), KeyCode::Esc]);
    assert!(!is_shown(&mut app));
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    press(&mut app, &[KeyCode::Char('1')]);
    assert!(!is_shown(&mut app));
}

#[test]
fn escape_hides_it_once_nothing_else_is_open() {
    let mut app = guided();
    press(&mut app, &[KeyCode::Char('?'), KeyCode::Esc]);
    assert!(is_shown(&mut app), "the help was open");
    press(&mut app, &[KeyCode::Char('/'), KeyCode::Char('s'), KeyCode::Enter, KeyCode::Esc]);
    assert!(is_shown(&mut app), "a filter was open");
    press(&mut app, &[KeyCode::Esc]);
    assert!(!is_shown(&mut app));
}

#[test]
fn there_is_none_with_a_configuration_on_an_account_or_where_groups_need_the_rows() {
    assert!(!is_shown(&mut app(Theme::default())), "there is a configuration");
    let mut real = guided();
    real.update(Message::View(Arc::new(View { simulated: false, ..view() })), Duration::ZERO);
    assert!(!is_shown(&mut real));
    let mut many = guided();
    let groups = view().groups.iter().cycle().take(17).cloned().collect();
    many.update(Message::View(Arc::new(View { groups, ..view() })), Duration::ZERO);
    assert!(!resized(&mut many, (80, 24)).contains("A simulated fleet"));
    assert!(is_shown(&mut many), "here is room");
    assert_eq!(many.tabs.id(), PageId("fleet"));
}
