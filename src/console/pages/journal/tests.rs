//! The journal page: screens of every size, what its keys ask for, and anything at all.

use proptest::prelude::*;

use crossterm::event::KeyCode;

use super::*;
use crate::{
    console::{
        draw::theme::Theme,
        tests::{
            any::{any_step, any_view, live},
            fixture::{calls, line, proposal, shot, snapshots, view},
        },
    },
    domain::{journal::JournalKind, shift},
};

fn type_filter(page: &mut JournalPage, view: &View, text: &str) {
    page.act(Action::Filter, view);
    text.chars().for_each(|c| {
        page.key(KeyCode::Char(c).into(), view);
    });
}

#[test]
fn groups_of_one_prefix_are_told_apart_on_a_narrow_screen() {
    let names = ["checkout-web-europe-blue", "checkout-web-europe-green"];
    let entry = |id, name| line(id, Some(name), JournalKind::Advised, "the plan wants 7");
    let journal = names.iter().zip(1..).map(|(name, id)| entry(id, *name)).collect();
    let shown = shot(&JournalPage::new(), &View { journal, ..view() }, &Theme::default(), 80, 24);
    assert!(shown.contains("checkout…ope-blue") && shown.contains("checkout…pe-green"), "{shown}");
}

#[test]
fn screens() {
    let view = view();
    let mut page = JournalPage::new();
    page.act(Action::Down, &view);
    page.act(Action::Down, &view);
    page.act(Action::Open, &view);
    assert_eq!(page.decision(&view).map(|(id, _)| id), Some(21));
    let view =
        View { decision: Some(proposal(21, "shop", 6, 9)), calls: vec![(21, calls("shop", 9))], ..view };
    snapshots("journal_expanded", &page, &view);
    let last = |page: &JournalPage| shot(page, &view, &Theme::default(), 80, 24).contains("more lines");
    assert!(last(&page), "there is more than fits");
    (0..20).for_each(|_| assert_eq!(page.act(Action::PageDown, &view), Outcome::Changed));
    assert!(!last(&page), "the end is reached");
    page.act(Action::PageUp, &view);
    assert!(last(&page), "and one key leads back from it");
    assert_eq!(page.decision(&view).map(|(id, _)| id), Some(21), "and the cursor stays");
    page.act(Action::Back, &view);
    type_filter(&mut page, &view, "SHOP p");
    snapshots("journal_filter", &page, &view);
}

#[test]
fn brackets_go_from_decision_to_decision() {
    let view = view();
    let mut page = JournalPage::new();
    let mut step = |action| {
        let said = matches!(page.act(action, &view), Outcome::Say(_));
        (page.current(&view).map(|entry| entry.id), said)
    };
    let older = [(); 3].map(|()| step(Action::EarlierDecision));
    assert_eq!(older, [(Some(43), false), (Some(40), false), (Some(40), true)], "22, then 21, then 20");
    let newer = [(); 3].map(|()| step(Action::LaterDecision));
    assert_eq!(newer, [(Some(42), false), (Some(44), false), (Some(44), true)]);
}

#[test]
fn the_filter_looks_at_every_column_and_escape_clears_it() {
    let view = view();
    let mut page = JournalPage::new();
    type_filter(&mut page, &view, "ada shop revision");
    let ids: Vec<i64> = page.shown(&view).iter().map(|e| e.entry.id).collect();
    assert_eq!(ids, [43]);
    page.key(KeyCode::Esc.into(), &view);
    assert_eq!(page.shown(&view).len(), 5);
    assert!(!page.wants_text());
    let mut view = view;
    view.journal[3].at = crate::console::draw::axis::utc("2026-11-27T02:12:30Z");
    type_filter(&mut page, &view, "11-27 03:12");
    let ids: Vec<i64> = page.shown(&view).iter().map(|e| e.entry.id).collect();
    assert_eq!(ids, [41], "on the clocks of the screen");
    type_filter(&mut page, &view, "9");
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("These are the newest; a group"));
}

#[test]
fn a_folded_entry_is_found_by_its_own_time() {
    let mut view = view();
    let entry = |n: i64| {
        let text = format!("desired capacity {} → {}: demand", 20 - n, 30 - n);
        JournalEntry {
            at: shift(view.now, 60 * n),
            ..line(50 + n, Some("feed"), JournalKind::Advised, &text)
        }
    };
    view.journal = (0..20).rev().map(entry).collect();
    let mut page = JournalPage::new();
    let found = |page: &JournalPage| {
        page.shown(&view).iter().map(|item| (item.entry.id, item.more())).collect::<Vec<_>>()
    };
    assert_eq!(found(&page), [(69, 19)], "folded into one");
    type_filter(&mut page, &view, "feed");
    assert_eq!(found(&page), [(69, 19)]);
    type_filter(&mut page, &view, " 14:05");
    assert_eq!(found(&page), [(53, 0)]);
}

#[test]
fn an_empty_list_says_why() {
    let mut view = view();
    let mut page = JournalPage::new();
    (0..4).for_each(|_| drop(page.act(Action::Kinds, &view)));
    view.journal.retain(|entry| entry.kind == JournalKind::Approved);
    let shown = |page: &JournalPage, view: &View| shot(page, view, &Theme::default(), 80, 24);
    type_filter(&mut page, &view, "shop");
    let text = shown(&page, &view);
    assert!(text.contains(NO_KIND) && !text.contains("match the filter"), "{text}");
    page.act(Action::Kinds, &view);
    type_filter(&mut page, &view, "#");
    assert!(shown(&page, &view).contains("No entries match the filter"));
    assert!(shown(&page, &View::default()).contains(NOTHING));
}

#[test]
fn the_choice_stays_with_its_entry_and_the_newest_follows() {
    let mut view = view();
    let mut page = JournalPage::new();
    let mut newer = view.journal[0].clone();
    newer.id = 45;
    page.act(Action::Down, &view);
    let chosen = |page: &JournalPage, view: &View| {
        let shown = page.shown(view);
        shown[page.list.cursor(&shown)].entry.id
    };
    view.journal.insert(0, newer);
    assert_eq!(chosen(&page, &view), 43);
    page.act(Action::First, &view);
    assert_eq!(chosen(&page, &view), 45);
}

#[test]
fn what_was_done_can_be_undone_and_the_rest_says_why_not() {
    let mut view = view();
    let mut page = JournalPage::new();
    (view.journal[0].kind, view.journal[0].decision) = (JournalKind::Outcome, Some(12));
    let Outcome::Ask(question) = page.act(Action::Undo, &view) else { panic!("asks first") };
    assert_eq!(question.command, Some(Command::Undo { decision: 12 }));
    view.journal[0].kind = JournalKind::Expired;
    assert!(matches!(page.act(Action::Undo, &view), Outcome::Say(why) if why.contains("outcome")));
    assert_eq!(page.act(Action::Undo, &View::default()), Outcome::Ignored);
}

#[test]
fn typed_text_outlives_a_refresh() {
    let mut page = JournalPage::new();
    type_filter(&mut page, &view(), "web");
    page.refresh(&View::default());
    assert_eq!(page.list.filter().words(), "web");
}

#[test]
fn a_group_is_opened_at_the_moment_of_the_entry() {
    let (mut page, mut view) = (JournalPage::new(), view());
    let at = view.journal[0].at;
    let open = Action::Page(PageId::GROUP);
    assert_eq!(page.act(open, &view), Outcome::OpenGroup("shop".into(), Moment::Marked(at)));
    view.journal[0].group = None;
    assert_eq!(page.act(open, &view), Outcome::Ignored, "the page opens as from anywhere");
    assert_eq!(page.act(open, &View::default()), Outcome::Ignored);
}

#[test]
fn a_kind_is_shown_alone_and_back_shows_all() {
    let (mut page, view) = (JournalPage::new(), view());
    page.act(Action::Kinds, &view);
    let shown = shot(&page, &view, &Theme::default(), 80, 24);
    assert!(shown.contains("Journal: 1 of 5, changes of groups"), "{shown}");
    assert_eq!(page.act(Action::Back, &view), Outcome::Changed);
    assert_eq!(page.shown(&view).len(), 5);
    assert_eq!(page.act(Action::Back, &view), Outcome::Ignored);
}

#[test]
fn a_press_chooses_an_entry() {
    let (mut page, view) = (JournalPage::new(), view());
    shot(&page, &view, &Theme::default(), 80, 24);
    assert_eq!(page.press((5, 3), &view), Outcome::Changed);
    assert_eq!(page.current(&view).map(|e| e.id), Some(view.journal[1].id));
    assert_eq!((page.press((5, 1), &view), page.press((5, 20), &view)), (Outcome::Ignored, Outcome::Ignored));
}

proptest! {
    #[test]
    fn nothing_panics(views in prop::collection::vec(any_view(), 1..3),
                      steps in prop::collection::vec(any_step(), 0..40)) {
        live(&mut JournalPage::new(), &views, &steps);
    }
}
