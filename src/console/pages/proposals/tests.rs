//! The proposals page: screens of every size, and what its keys ask for.

use crossterm::event::KeyCode;

use super::{
    words::{consequence, row},
    *,
};
use crate::{
    console::{
        draw::{style::Depth, theme::Symbols},
        tests::fixture::{proposal, shot, view},
    },
    domain::actuator::{Act, FloorWindow},
    link::ConnectionState,
};

#[test]
fn what_is_approved_is_what_was_seen() {
    let (mut page, mut view) = (ProposalsPage::default(), view());
    view.proposals.push(proposal(42, "api", 6, 5));
    page.act(Action::Down, &view);
    let Outcome::Ask(question) = page.act(Action::Approve, &view) else { panic!("asks first") };
    assert_eq!(question.command, Some(Command::Approve { id: 42, revision: 2 }));
    assert!(question.consequence.iter().any(|l| l == "1 instance will be terminated."));
}

#[test]
fn a_rejection_needs_a_reason() {
    let (mut page, view) = (ProposalsPage::default(), view());
    page.act(Action::Reject, &view);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
    page.paste("too early", &view);
    let ascii = Theme::load("mono", Depth::None, Symbols::Ascii).expect("built in");
    assert!(shot(&page, &view, &ascii, 80, 24).contains("Reject because: too early"));
    let sent = Command::Reject { id: 41, revision: 2, reason: "too early".into() };
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent));
    assert!(!page.wants_text());
}

#[test]
fn a_reason_that_cannot_arrive_stays_on_the_line() {
    let (mut page, mut view) = (ProposalsPage::default(), view());
    page.act(Action::Reject, &view);
    page.paste("too early", &view);
    view.connection = ConnectionState::Lost { old: Some(1), why: "it has gone".into() };
    let sent = Command::Reject { id: 41, revision: 2, reason: "too early".into() };
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent.clone()), "its refusal says why");
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("Reject because: too early"));
    view.connection = ConnectionState::Here;
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent));
    assert!(!page.wants_text());
}

#[test]
fn a_snooze_takes_whole_minutes_of_a_day_at_the_most() {
    let (mut page, view) = (ProposalsPage::default(), view());
    page.act(Action::Snooze, &view);
    let sent = Command::Snooze { id: 41, revision: 2, minutes: 30 };
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent));
    page.act(Action::Snooze, &view);
    page.paste("00", &view);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed, "3000 minutes are no snooze");
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("A whole number from 1 to 1440"));
    page.key(KeyCode::Esc.into(), &view);
    assert!(!page.wants_text());
}

#[test]
fn a_floor_is_called_a_floor_and_its_calls_are_shown() {
    let mut view = view();
    let window = FloorWindow { min: 7, start: Some(view.now), end: view.now, own: 2 };
    view.proposals[0].act = Some(Act::Schedule(window));
    view.calls[0].1 = vec!["PutScheduledUpdateGroupAction ScheduledActionName=prescale-floor-end".into()];
    let page = ProposalsPage::default();
    let shown = shot(&page, &view, &Theme::default(), 200, 60);
    assert!(
        shown.contains("floor (MinSize) 4 → 7") && shown.contains("ScheduledActionName=prescale-floor-end")
    );
    assert!(
        row(&view.proposals[0], &view, 80).contains("  MinSize: demand may reach"),
        "the list says it too"
    );
    view.proposals[0].cost_and_risk.as_mut().expect("the fixture has them").instances = -2;
    assert!(consequence(&view.proposals[0])[1].starts_with("AWS scaling policies may"));
}

#[test]
fn a_question_closes_with_its_proposal() {
    let (mut page, mut view) = (ProposalsPage::default(), view());
    page.act(Action::Reject, &view);
    view.proposals.clear();
    page.refresh(&view);
    assert!(!page.wants_text());
    assert_eq!(page.act(Action::Approve, &view), Outcome::Ignored);
}

#[test]
fn a_filter_narrows_what_waits_and_what_is_answered_stays() {
    let (mut page, mut view) = (ProposalsPage::default(), view());
    view.proposals.push(proposal(42, "api", 6, 5));
    page.act(Action::Filter, &view);
    page.paste("api", &view);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
    assert_eq!(page.current(&view).map(|p| p.id), Some(42));
    page.act(Action::Reject, &view);
    view.proposals[1].group = "other".into();
    assert_eq!(page.current(&view).map(|p| p.id), Some(42));
    page.key(KeyCode::Esc.into(), &view);
    assert_eq!(page.current(&view), None);
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("No entries match the filter."));
    page.act(Action::Back, &view);
    assert_eq!(page.current(&view).map(|p| p.id), Some(42));
}

#[test]
fn a_press_chooses_a_proposal() {
    let (mut page, mut view) = (ProposalsPage::default(), view());
    view.proposals.push(proposal(42, "api", 6, 5));
    shot(&page, &view, &Theme::default(), 80, 24);
    assert_eq!(page.press((5, 1), &view), Outcome::Changed);
    assert_eq!(page.current(&view).map(|p| p.id), Some(42));
    assert_eq!(page.press((5, 2), &view), Outcome::Ignored);
}

#[test]
fn what_the_words_leave_free_is_the_charts() {
    let (page, view) = (ProposalsPage::default(), view());
    let shown = shot(&page, &view, &Theme::default(), 200, 60);
    let lines: Vec<&str> = shown.lines().collect();
    let end = lines.iter().position(|line| line.contains("If it is approved, and if not")).expect("a chart");
    assert!(lines[end - 2].contains("events    Black Friday"), "{shown}");
    assert!(lines.iter().any(|line| line.contains("3 pass, 1 clamp: up to 7 allowed")), "{shown}");
}
