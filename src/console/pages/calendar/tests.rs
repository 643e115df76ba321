use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;

use super::*;
use crate::console::tests::{
    any::{any_step, any_view, live},
    fixture::{shot, snapshots, view},
};

/// Stands for the calendar's own check: a name must be there, and a number where one is asked for.
fn check(entry: &CalendarEntry, _zone: &str) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if entry.name.is_empty() {
        problems.push(("name", "a name is missing".to_owned()));
    }
    if !entry.multiplier.is_empty() && entry.multiplier.parse::<f64>().is_err() {
        problems.push(("multiplier", format!("\"{}\" is not a number: write 2.5", entry.multiplier)));
    }
    problems
}

fn page() -> CalendarPage {
    CalendarPage::new(check)
}

fn press(page: &mut CalendarPage, view: &View, codes: &[KeyCode]) -> Outcome {
    codes.iter().fold(Outcome::Ignored, |_, code| page.key((*code).into(), view))
}

fn control(page: &mut CalendarPage, view: &View, c: char) -> Outcome {
    page.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), view)
}

fn typed(page: &CalendarPage) -> CalendarEntry {
    page.editor.as_ref().map(Editor::entry).expect("the form is open")
}

#[test]
fn screens() {
    let mut view = view();
    let mut page = page();
    page.act(Action::Open, &view);
    page.act(Action::Down, &view);
    snapshots("calendar_agenda", &page, &view);
    page.act(Action::Edit, &view);
    snapshots("calendar_form", &page, &view);
    press(&mut page, &view, &[KeyCode::Up; 5]);
    press(&mut page, &view, &[KeyCode::Char('x')]);
    snapshots("calendar_form_error", &page, &view);
    view.calendar.hash = "h2".into();
    view.calendar.problem = Some("line 12: \"lauch\" is no kind: write launch".into());
    page.refresh(&view);
    snapshots("calendar_form_conflict", &page, &view);
}

#[test]
fn days_move_and_come_back_to_today() {
    let view = view();
    let mut page = page();
    let day = |page: &CalendarPage| page.day(&view).to_string();
    assert_eq!(day(&page), "2026-11-27");
    for (action, to) in [
        (Action::Right, "2026-11-28"),
        (Action::Down, "2026-12-05"),
        (Action::PageUp, "2026-11-05"),
        (Action::Left, "2026-11-04"),
        (Action::Up, "2026-10-28"),
        (Action::First, "2026-11-27"),
    ] {
        page.act(action, &view);
        assert_eq!(day(&page), to);
    }
}

#[test]
fn every_entry_can_be_reached_and_is_the_one_that_is_deleted() {
    let view = view();
    let mut page = page();
    page.act(Action::Open, &view);
    page.act(Action::Last, &view);
    let Outcome::Ask(question) = page.act(Action::Delete, &view) else { panic!("asks first") };
    assert!(!question.yes, "No is the default");
    let remove = CalendarEdit::Remove { base: "h1".into(), index: 3 };
    assert_eq!(question.command, Some(Command::Calendar(remove)));
}

#[test]
fn edits_are_taken_back_and_done_again_after_a_question() {
    let mut view = view();
    let mut page = page();
    assert!(matches!(page.act(Action::Undo, &view), Outcome::Say(_)));
    assert!(matches!(page.act(Action::Redo, &view), Outcome::Say(_)));
    (view.calendar.undo, view.calendar.redo) = (Some("“Sale” deleted".into()), Some("“Launch” saved".into()));
    let Outcome::Ask(question) = page.act(Action::Undo, &view) else { panic!("asks first") };
    assert_eq!(question.command, Some(Command::Calendar(CalendarEdit::Undo { base: "h1".into() })));
    assert_eq!(question.consequence[0], "“Sale” deleted");
    let Outcome::Ask(question) = page.act(Action::Redo, &view) else { panic!("asks first") };
    assert_eq!(question.command, Some(Command::Calendar(CalendarEdit::Redo { base: "h1".into() })));
}

#[test]
fn files_are_named_before_they_are_read_or_written() {
    let view = view();
    let mut page = page();
    page.act(Action::Import, &view);
    assert!(matches!(press(&mut page, &view, &[KeyCode::Enter]), Outcome::Say(_)), "no name yet");
    page.paste("team.ics", &view);
    snapshots("calendar_import", &page, &view);
    let import = CalendarEdit::Import { base: "h1".into(), path: "team.ics".into() };
    assert_eq!(press(&mut page, &view, &[KeyCode::Enter]), Outcome::Send(Command::Calendar(import)));
    assert!(!page.wants_text());
    page.act(Action::Export, &view);
    let export = Command::ExportCalendar { path: "calendar.ics".into() };
    assert_eq!(press(&mut page, &view, &[KeyCode::Enter]), Outcome::Send(export));
    page.act(Action::Export, &view);
    assert_eq!(press(&mut page, &view, &[KeyCode::Esc]), Outcome::Changed);
    assert!(!page.wants_text());
}

#[test]
fn an_entry_is_added_and_the_form_closes_when_the_file_has_it() {
    let mut view = view();
    let mut page = page();
    page.act(Action::Add, &view);
    assert_eq!(control(&mut page, &view, 's'), Outcome::Changed, "no name yet");
    press(&mut page, &view, &[KeyCode::Char('X')]);
    let Outcome::Send(Command::Calendar(CalendarEdit::Add { base, entry })) = control(&mut page, &view, 's')
    else {
        panic!("nothing was sent")
    };
    assert_eq!((base.as_str(), entry.name.as_str(), entry.start.as_str()), ("h1", "X", "2026-11-27 15:00"));
    page.refresh(&view);
    assert!(page.wants_text(), "not in the file yet");
    view.calendar.entries.push(entry);
    view.calendar.hash = "h2".into();
    page.refresh(&view);
    assert!(!page.wants_text());
}

#[test]
fn an_entry_for_a_group_that_is_not_there_is_saved_only_when_it_is_meant() {
    let view = view();
    let mut page = page();
    page.act(Action::Add, &view);
    press(&mut page, &view, &[KeyCode::Char('X')]);
    press(&mut page, &view, &[KeyCode::Tab; 6]);
    page.paste("shpo", &view);
    let notice = |page: &CalendarPage| shot(page, &view, &Theme::default(), 120, 40);
    assert_eq!(control(&mut page, &view, 's'), Outcome::Changed, "nothing is sent");
    let asked = "Not saved: no group shpo in the fleet; nearest: shop.";
    assert!(notice(&page).contains(asked), "{}", notice(&page));
    press(&mut page, &view, &[KeyCode::Char('x')]);
    assert!(!notice(&page).contains("Not saved"), "other groups are typed by now");
    assert_eq!(control(&mut page, &view, 's'), Outcome::Changed, "said anew of them");
    let Outcome::Send(Command::Calendar(CalendarEdit::Add { entry, .. })) = control(&mut page, &view, 's')
    else {
        panic!("it is meant")
    };
    assert_eq!(entry.groups, "shpox");
}

#[test]
fn typing_replaces_the_times_suggested_and_the_end_follows_the_start() {
    let (mut page, view) = (page(), view());
    page.act(Action::Add, &view);
    let times = |page: &CalendarPage| (typed(page).start, typed(page).end);
    let write = |page: &mut CalendarPage, text: &str| {
        text.chars().for_each(|c| drop(press(page, &view, &[KeyCode::Char(c)])))
    };
    press(&mut page, &view, &[KeyCode::Tab, KeyCode::Tab]);
    write(&mut page, "2026-12-04 18:00");
    assert_eq!(times(&page), ("2026-12-04 18:00".into(), "2026-12-05 00:00".into()));
    (0..16).for_each(|_| drop(page.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::ALT), &view)));
    assert_eq!(times(&page), ("2026-11-27 15:00".into(), "2026-11-28 00:00".into()));
    press(&mut page, &view, &[KeyCode::Backspace, KeyCode::Char('9')]);
    assert_eq!(times(&page).0, "2026-11-27 15:09", "a suggestion can be edited");
    press(&mut page, &view, &[KeyCode::Tab]);
    page.paste("20:00", &view);
    press(&mut page, &view, &[KeyCode::BackTab, KeyCode::Backspace, KeyCode::Char('0')]);
    assert_eq!(times(&page), ("2026-11-27 15:00".into(), "2026-11-27 20:00".into()), "what was typed stays");
}

#[test]
fn a_start_that_is_suggested_lies_ahead() {
    let mut view = view();
    let times = |moved: &[Action], view: &View| {
        let mut page = page();
        moved.iter().chain([&Action::Add]).for_each(|action| drop(page.act(*action, view)));
        (typed(&page).start, typed(&page).end)
    };
    let day = |start: &str, end: &str| (start.to_owned(), end.to_owned());
    assert_eq!(times(&[], &view), day("2026-11-27 15:00", "2026-11-28 00:00"), "it is 14:02");
    assert_eq!(times(&[Action::Right], &view), day("2026-11-28 00:00", "2026-11-29 00:00"));
    view.calendar.zone = "Asia/Tokyo".into();
    assert_eq!(times(&[], &view), day("2026-11-27 23:00", "2026-11-28 00:00"), "on the calendar's clocks");
    view.now = axis::utc("2026-11-27T16:30:00Z");
    let tomorrow = day("2026-11-28 02:00", "2026-11-29 00:00");
    assert_eq!(times(&[], &view), tomorrow, "where the next day has begun");
    assert_eq!(times(&[Action::Right], &view), tomorrow);
    (view.calendar.zone, view.now) = ("Europe/Berlin".into(), axis::utc("2027-03-28T00:30:00Z"));
    assert_eq!(times(&[], &view).0, "2027-03-28 03:00", "the clocks skip an hour");
}

#[test]
fn undoing_all_leaves_nothing_to_discard() {
    let (mut page, view) = (page(), view());
    let undo = |page: &mut CalendarPage| {
        (0..20).for_each(|_| drop(page.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::ALT), &view)));
    };
    page.act(Action::Add, &view);
    press(&mut page, &view, &[KeyCode::Tab, KeyCode::Tab]);
    for end in ["2026-12-05 00:00", "2026-12-06 00:00"] {
        let start = if end.contains("-05") { "2026-12-04 18:00" } else { "2026-12-05 18:00" };
        start.chars().for_each(|c| drop(press(&mut page, &view, &[KeyCode::Char(c)])));
        assert_eq!(typed(&page).end, end, "it follows the start");
        undo(&mut page);
    }
    assert!(!page.unsaved());
    press(&mut page, &view, &[KeyCode::Esc]);
    assert!(!page.wants_text(), "closed without a question");
}

#[test]
fn a_change_outside_keeps_what_was_typed_and_the_old_base_until_the_operator_rebases() {
    let mut view = view();
    let mut page = page();
    page.act(Action::Open, &view);
    (0..2).for_each(|_| drop(page.act(Action::Down, &view)));
    page.act(Action::Edit, &view);
    press(&mut page, &view, &[KeyCode::Char('!')]);
    view.calendar.hash = "h2".into();
    view.calendar.entries.remove(0);
    page.refresh(&view);
    assert_eq!(typed(&page).name, "Newsletter!");
    let sent = |outcome| match outcome {
        Outcome::Send(Command::Calendar(CalendarEdit::Replace { base, index, entry })) => {
            (base, index, entry.name)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(sent(control(&mut page, &view, 's')), ("h1".into(), 1, "Newsletter!".into()));
    control(&mut page, &view, 'r');
    assert_eq!(sent(control(&mut page, &view, 's')), ("h2".into(), 0, "Newsletter!".into()));
}

#[test]
fn typing_on_after_saving_is_not_lost_when_the_save_arrives() {
    let mut view = view();
    let mut page = page();
    page.act(Action::Add, &view);
    press(&mut page, &view, &[KeyCode::Char('X')]);
    control(&mut page, &view, 's');
    view.calendar.entries.push(typed(&page));
    view.calendar.hash = "h2".into();
    press(&mut page, &view, &[KeyCode::Char('Y')]);
    page.refresh(&view);
    assert_eq!(typed(&page).name, "XY");
}

proptest! {
    #[test]
    fn nothing_panics(views in prop::collection::vec(any_view(), 1..3),
                      steps in prop::collection::vec(any_step(), 0..40)) {
        live(&mut page(), &views, &steps);
    }

    #[test]
    fn a_refresh_never_loses_typed_text(text in "[a-zé日 ]{1,20}", other in any_view()) {
        let view = view();
        let mut page = page();
        page.act(Action::Add, &view);
        page.paste(&text, &view);
        let before = typed(&page);
        page.refresh(&other);
        prop_assert_eq!(typed(&page), before);
    }
}
