//! The past of the group page: what it means for other pages and for questions.

use super::*;
use crate::{
    domain::shift,
    link::{PastFleet, PastGroup, PastMoment},
};

/// A console that looks back, and the moment that it asked for.
fn looking_back() -> (App, PastMoment) {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    let effects = press(&mut app, &[KeyCode::Char('2'), KeyCode::Char('[')]);
    let Some(Effect::Show(viewport)) = effects.last() else { panic!("a moment is asked for: {effects:?}") };
    let asked = viewport.then.expect("it is of the past");
    (app, asked)
}

/// The view that answers: a decision of four hours ago.
fn of_then(asked: PastMoment) -> View {
    let mut view = view();
    let mut decision = fixture::proposal(57, "shop", 4, 7);
    decision.at = shift(view.now, -4 * 3_600);
    let past = PastGroup { at: Some(decision.at), decision: Some(decision), ..PastGroup::of(asked) };
    view.detail.as_mut().expect("the fixture has one").past = Some(Box::new(past));
    view
}

#[test]
fn charts_of_the_past_are_on_no_other_page_and_not_on_the_group_page_of_now() {
    let (mut app, asked) = looking_back();
    app.update(Message::View(Arc::new(of_then(asked))), Duration::ZERO);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("as of Fri 27 10:02") && shown.contains("Demand requests"), "{shown}");
    press(&mut app, &[KeyCode::Char('1')]);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("Loading charts of shop") && !shown.contains("Demand requests"), "{shown}");
    press(&mut app, &[KeyCode::Char('3')]);
    app.update(Message::Resize(200, 60), Duration::ZERO);
    let shown = screen(&app, 200, 60).to_string();
    assert!(shown.contains("Proposal 41") && !shown.contains("If it is approved"), "{shown}");
    press(&mut app, &[KeyCode::Char('2'), KeyCode::Esc]);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("Loading shop.") && !shown.contains("Demand requests"), "{shown}");
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("Demand requests") && !shown.contains("as of"), "{shown}");
}

#[test]
fn a_page_without_charts_asks_for_none_of_the_past() {
    let (mut app, asked) = looking_back();
    let effects = press(&mut app, &[KeyCode::Char('8')]);
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!((viewport.then, viewport.group.as_deref()), (None, Some("shop")));
    let effects = press(&mut app, &[KeyCode::Char('2')]);
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!(viewport.then, Some(asked), "the page is where it was left");
}

#[test]
fn the_past_of_the_fleet_page_is_asked_for_by_that_page_alone() {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    let effects = press(&mut app, &[KeyCode::Char('[')]);
    let Some(Effect::Show(viewport)) = effects.last() else { panic!("a moment is asked for: {effects:?}") };
    let asked = viewport.fleet_then.expect("it is of the past");
    assert_eq!(viewport.then, None, "which moment that is comes with the answer");
    let mut view = view();
    let at = shift(view.now, -4 * 3_600);
    view.fleet_then = Some(Box::new(PastFleet { at: Some(at), ..PastFleet::of(asked) }));
    let effects = app.update(Message::View(Arc::new(view)), Duration::ZERO);
    let [Effect::Show(viewport)] = effects.as_slice() else {
        panic!("its charts are asked for: {effects:?}")
    };
    assert_eq!((viewport.fleet_then, viewport.then), (Some(asked), Some(PastMoment::At(at))));
    press(&mut app, &[KeyCode::Char('m')]);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("The page shows the past; the mode changes now."), "{shown}");
    press(&mut app, &[KeyCode::Esc]);
    for page in ['2', '8'] {
        let effects = press(&mut app, &[KeyCode::Char(page)]);
        let Some(Effect::Show(viewport)) = effects.last() else { panic!("{page}: {effects:?}") };
        assert_eq!((viewport.fleet_then, viewport.then), (None, None), "{page}");
        press(&mut app, &[KeyCode::Char('1')]);
    }
    let effects = press(&mut app, &[KeyCode::Char('.')]);
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!((viewport.fleet_then, viewport.then), (None, None));
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains("to look at;") && !shown.contains("as of"), "{shown}");
}

#[test]
fn a_change_of_mode_says_that_the_page_shows_the_past() {
    let words = "The page shows the past; the mode changes now.";
    let (mut app, asked) = looking_back();
    app.update(Message::View(Arc::new(of_then(asked))), Duration::ZERO);
    press(&mut app, &[KeyCode::Char('m')]);
    let shown = screen(&app, 120, 40).to_string();
    assert!(shown.contains(words) && shown.contains("shop: from"), "{shown}");
    press(&mut app, &[KeyCode::Esc, KeyCode::Char('.'), KeyCode::Char('m')]);
    let shown = screen(&app, 120, 40).to_string();
    assert!(!shown.contains(words) && shown.contains("shop: from"), "{shown}");
}

#[test]
fn a_group_is_opened_at_the_moment_that_the_fleet_is_shown_at() {
    let then = |effects: Vec<Effect>| match effects.last() {
        Some(Effect::Show(viewport)) => (viewport.fleet_then, viewport.then),
        other => panic!("a viewport, not {other:?}"),
    };
    let (mut app, asked) = looking_back();
    app.update(Message::View(Arc::new(of_then(asked))), Duration::ZERO);
    press(&mut app, &[KeyCode::Char('1')]);
    let opened = press(&mut app, &[KeyCode::Enter]);
    assert_eq!(then(opened), (None, None), "from now to now, though the page looked back before");
    let stepped = press(&mut app, &[KeyCode::Char('1'), KeyCode::Char('[')]);
    let asked = then(stepped).0.expect("it is of the past");
    let effects = press(&mut app, &[KeyCode::Enter]);
    assert!(effects.is_empty(), "no row of then is there yet: {effects:?}");
    let mut view = view();
    view.fleet_then = Some(Box::new(PastFleet { at: Some(view.now), ..PastFleet::of(asked) }));
    app.update(Message::View(Arc::new(view.clone())), Duration::ZERO);
    let opened = press(&mut app, &[KeyCode::Enter]);
    assert_eq!(then(opened), (None, Some(PastMoment::At(view.now))));
}
