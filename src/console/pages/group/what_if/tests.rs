//! What if on the group page: a few keys, the panel at every size, and no trace.

use crossterm::event::KeyCode;

use crate::{
    console::{
        draw::{
            style::Depth,
            theme::{Symbols, Theme},
        },
        input::action::Action,
        pages::{group::GroupPage, page::Page},
        tests::fixture::{now, shot, view, what_if},
        widgets::outcome::Outcome,
    },
    domain::{
        cost_and_risk::HourlyPrice,
        objective::Objective,
        shift,
        what_if::{ExtraLoad, Terms, WhatIf},
    },
    link::{Command, Compared, View},
};

/// The page after `keys`, and a view with the answer to what it asks then.
fn asked(keys: &[Action]) -> (GroupPage, View) {
    let (mut page, mut view) = (GroupPage::default(), view());
    page.look_at("shop");
    for key in keys {
        page.act(*key, &view);
        answer(&page, &mut view);
    }
    (page, view)
}

/// Puts the answer to what `page` asks into `view`.
fn answer(page: &GroupPage, view: &mut View) {
    let thought = page.viewport(view, (120, 40)).expect("charts need data").what_if;
    let detail = view.detail.as_mut().expect("of shop");
    detail.what_if = thought.map(|thought| Box::new(what_if(thought)));
}

fn thought(page: &GroupPage, view: &View) -> Option<WhatIf> {
    page.viewport(view, (120, 40)).expect("charts need data").what_if
}

#[test]
fn twice_as_much_risk_is_two_keys_away_and_leaves_no_trace() {
    let (mut page, view) = asked(&[Action::WhatIf]);
    assert_eq!(thought(&page, &view), Some(WhatIf::default()));
    page.act(Action::Right, &view);
    assert_eq!(thought(&page, &view), Some(WhatIf { risk: Some(0.9), ..WhatIf::default() }));
    page.act(Action::Left, &view);
    assert_eq!(thought(&page, &view), Some(WhatIf::default()), "back to what is in force");
    page.act(Action::Down, &view);
    page.act(Action::Right, &view);
    assert_eq!(thought(&page, &view).and_then(|thought| thought.target), Some(0.85));
    page.act(Action::Now, &view);
    assert_eq!(thought(&page, &view), Some(WhatIf::default()));
    page.act(Action::Back, &view);
    assert_eq!(thought(&page, &view), None);
    assert_eq!(page.act(Action::Back, &view), Outcome::Ignored, "the page is as before");
}

#[test]
fn a_value_is_typed_and_a_wrong_one_says_what_may_be_typed() {
    let (mut page, view) = asked(&[Action::WhatIf, Action::Down, Action::Down, Action::Open]);
    assert!(page.wants_text());
    let mut keys = |text: &str| {
        for _ in 0..12 {
            page.key(KeyCode::Backspace.into(), &view);
        }
        text.chars().for_each(|c| drop(page.key(KeyCode::Char(c).into(), &view)));
        page.key(KeyCode::Enter.into(), &view)
    };
    assert_eq!(keys("soon"), Outcome::Say("boot time: minutes: 5; or seconds: 90 s".into()));
    assert_eq!(keys("2"), Outcome::Changed);
    assert_eq!(thought(&page, &view).and_then(|thought| thought.boot), Some(120));
    page.act(Action::Open, &view);
    page.key(KeyCode::Esc.into(), &view);
    assert!(!page.wants_text() && thought(&page, &view).is_some(), "Esc leaves the line first");
}

#[test]
fn an_event_begins_soon_and_its_parts_are_changed_one_by_one() {
    let to_event = [Action::WhatIf, Action::Down, Action::Down, Action::Down, Action::Down, Action::Down];
    let (mut page, view) = asked(&to_event);
    page.act(Action::Right, &view);
    let event = |page: &GroupPage| thought(page, &view).and_then(|thought| thought.event);
    let usual = ExtraLoad { start: shift(now(), 780), length: 3_600, multiplier: 2.0 };
    assert_eq!(event(&page), Some(usual), "at the next quarter of an hour");
    page.act(Action::Right, &view);
    page.act(Action::Down, &view);
    page.act(Action::Right, &view);
    page.act(Action::Down, &view);
    page.act(Action::Left, &view);
    let other = ExtraLoad { start: shift(now(), 1_680), length: 1_800, multiplier: 3.0 };
    assert_eq!(event(&page), Some(other));
    (0..2).for_each(|_| drop(page.act(Action::Up, &view)));
    (0..4).for_each(|_| drop(page.act(Action::Left, &view)));
    assert_eq!(event(&page), None, "once demand is as it is");
}

#[test]
fn a_group_with_an_objective_changes_that() {
    let (mut page, mut view) = asked(&[Action::WhatIf]);
    let own = Objective::MinutesAbove(0.005);
    let terms = Terms { risk: 0.96, objective: Some(own), target: 0.8, boot: 312, min: 2, max: 12 };
    let said = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("it is answered");
    said.terms = Some(Compared { now: terms, then: terms });
    page.act(Action::Right, &view);
    let asked = thought(&page, &view).expect("it is open");
    assert_eq!((asked.objective, asked.risk), (Some(Objective::MinutesAbove(0.01)), None));
}

#[test]
fn an_objective_that_is_turned_is_one_that_a_document_can_say() {
    let (mut page, mut view) = asked(&[Action::WhatIf]);
    let own = Objective::MinutesAbove(0.003);
    let terms = Terms { risk: 0.96, objective: Some(own), target: 0.8, boot: 312, min: 2, max: 12 };
    let mut turn = |key, view: &mut View| {
        let said = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("it is answered");
        said.terms = Some(Compared { now: terms, then: terms });
        page.act(key, view);
        answer(&page, view);
        thought(&page, view).expect("it is open")
    };
    for key in [Action::Left; 12].into_iter().chain([Action::Right; 12]) {
        let asked = turn(key, &mut view);
        let json = serde_json::to_string(&asked).expect("plain values");
        let heard: WhatIf = serde_json::from_str(&json).expect("what was written");
        assert!(asked.says_the_same(&heard), "{json} is no answer to {asked:?}");
    }
    let (asked, ends) = (turn(Action::Left, &mut view), Objective::MinutesAbove(0.000_01));
    assert!(asked.objective.is_some_and(|objective| objective != ends));
}

#[test]
fn writing_is_asked_with_the_lines_that_change_and_what_is_in_force_is_no_longer_thought_of() {
    let (mut page, mut view) = asked(&[Action::WhatIf]);
    assert!(matches!(page.act(Action::WhatIf, &view), Outcome::Say(_)), "nothing is changed");
    page.act(Action::Right, &view);
    assert!(matches!(page.act(Action::WhatIf, &view), Outcome::Say(_)), "it is still being computed");
    answer(&page, &mut view);
    let said = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("it is answered");
    (said.notes, said.unwritten) =
        (vec!["It makes no instance boot faster.".into()], vec!["MinSize: do x".into()]);
    let Outcome::Ask(question) = page.act(Action::WhatIf, &view) else { panic!("it is asked") };
    let lines = question.consequence.join("\n");
    assert!(lines.contains("\nIt makes no instance boot faster.\nNot in it: MinSize: do x\n"), "{lines}");
    assert!(lines.contains("- risk = 0.95 # as agreed in May\n+ risk = 0.9 # as agreed"), "{lines}");
    assert!(!question.yes, "no by itself");
    let what_if = WhatIf { risk: Some(0.9), ..WhatIf::default() };
    let bases = vec![("/etc/prescale/prescale.toml".to_owned(), "f00d".to_owned())];
    assert_eq!(question.command, Some(Command::Adopt { group: "shop".into(), what_if, bases }));
    let said = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("it is answered");
    said.terms = said.terms.take().map(|terms| Compared { now: terms.then, then: terms.then });
    page.refresh(&view);
    assert_eq!(thought(&page, &view), Some(WhatIf::default()));
    page.act(Action::Right, &view);
    answer(&page, &mut view);
    said_unwritten(&mut view);
    assert_eq!(page.act(Action::WhatIf, &view), Outcome::Say("no configuration".into()));
}

/// No file says it.
fn said_unwritten(view: &mut View) {
    let said = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("it is answered");
    (said.files, said.unwritten) = (Vec::new(), vec!["no configuration".into()]);
}

#[test]
fn what_was_known_then_and_what_might_be_are_not_mixed() {
    let (mut page, view) = asked(&[Action::WhatIf, Action::Right]);
    page.act(Action::EarlierDecision, &view);
    let shown = page.viewport(&view, (120, 40)).expect("charts need data");
    assert!(shown.what_if.is_none() && shown.then.is_some());
    assert!(matches!(page.act(Action::WhatIf, &view), Outcome::Say(_)));
}

#[test]
fn the_panel_at_every_size() {
    let keys = [Action::WhatIf, Action::Right];
    for (width, height) in [(80, 20), (120, 36), (160, 41)] {
        let (page, view) = asked(&keys);
        let shown = shot(&page, &view, &Theme::default(), width, height);
        assert!(shown.contains("5 % p95 → 10 % p90") && shown.contains("above target"), "{shown}");
        insta::assert_snapshot!(format!("what_if_{width}x{height}"), shown);
    }
    let theme = Theme::load("dark", Depth::None, Symbols::Ascii).expect("built in");
    let (page, view) = asked(&keys);
    insta::assert_snapshot!("what_if_without_colours", shot(&page, &view, &theme, 80, 20));
    let (mut page, view) = asked(&keys);
    page.act(Action::Right, &view);
    let shown = shot(&page, &view, &Theme::default(), 120, 36);
    assert!(shown.contains("computing"), "the answer is one to something else: {shown}");
}

#[test]
fn a_list_price_says_its_currency_and_a_price_of_the_operator_none() {
    let (page, mut view) = asked(&[Action::WhatIf, Action::Right]);
    let shown = |view: &View| shot(&page, view, &Theme::default(), 120, 36);
    assert!(shown(&view).contains("cost  ") && !shown(&view).contains("US $"), "{}", shown(&view));
    let answer = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("an answer");
    answer.price = answer.price.map(|price| HourlyPrice { list: Some(now().date_naive()), ..price });
    assert!(shown(&view).contains("cost (US $)"), "{}", shown(&view));
}

#[test]
fn the_hint_speaks_of_the_objective_where_there_is_one() {
    let (page, mut view) = asked(&[Action::WhatIf, Action::Right]);
    let shown = |view: &View| shot(&page, view, &Theme::default(), 120, 36);
    assert!(shown(&view).contains("percent of risk: 10"), "{}", shown(&view));
    let answer = view.detail.as_mut().and_then(|detail| detail.what_if.as_mut()).expect("an answer");
    let terms = answer.terms.as_mut().expect("they are known");
    terms.now.objective = Some(Objective::MinutesAbove(0.003));
    assert!(shown(&view).contains("percent that the objective allows: 0.3"), "{}", shown(&view));
}
