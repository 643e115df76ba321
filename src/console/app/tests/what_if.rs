//! What if: how few keys it takes, and that the way back leads to where one came from.

use super::*;
use crate::domain::{objective::Objective, what_if::WhatIf};

/// Twice what may go wrong, of a group whose objective is 0.5 %.
fn twice() -> WhatIf {
    WhatIf { objective: Some(Objective::MinutesAbove(0.01)), ..WhatIf::default() }
}

/// What the engine was asked for last.
fn asked(effects: &[Effect]) -> Option<WhatIf> {
    let shown = effects.iter().rev().find_map(|effect| match effect {
        Effect::Show(viewport) => Some(viewport.what_if),
        _ => None,
    });
    shown.expect("another part is asked for")
}

#[test]
fn twice_as_much_risk_is_three_keys_from_the_fleet_page() {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    let effects = press(&mut app, &[KeyCode::Enter, KeyCode::Char('w'), KeyCode::Right]);
    assert_eq!(asked(&effects), Some(twice()));
    assert!(screen(&app, 120, 40).to_string().contains("What if: shop"));
    let effects = press(&mut app, &[KeyCode::Esc]);
    assert_eq!(asked(&effects), None);
}

#[test]
fn a_proposal_opens_it_for_its_group_and_the_way_back_leads_to_the_proposal() {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    let effects = press(&mut app, &[KeyCode::Char('3'), KeyCode::Char('w')]);
    assert_eq!(asked(&effects), Some(WhatIf::default()));
    press(&mut app, &[KeyCode::Esc, KeyCode::Esc]);
    assert!(screen(&app, 120, 40).to_string().contains("Proposal 41"));
}

#[test]
fn a_console_that_may_only_look_thinks_and_writes_nothing() {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    press(&mut app, &[KeyCode::Char('2'), KeyCode::Char('w'), KeyCode::Right]);
    let mut view = View { read_only: true, ..view() };
    view.detail.as_mut().expect("of shop").what_if = Some(Box::new(fixture::what_if(twice())));
    app.update(Message::View(Arc::new(view)), Duration::ZERO);
    let effects = press(&mut app, &[KeyCode::Char('w')]);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Send(_) | Effect::Confirm(_))),
        "{effects:?}"
    );
    assert!(screen(&app, 120, 40).to_string().contains("read-only: changes are disabled"));
}
