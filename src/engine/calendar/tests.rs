use super::*;
use crate::{calendar::CalendarEntry, domain::at_epoch};

const NOW: i64 = 1_795_000_000; // November 2026

fn entry(name: &str) -> CalendarEntry {
    CalendarEntry {
        name: name.into(),
        kind: "sale".into(),
        start: "2026-11-27 00:00".into(),
        end: "2026-11-28 00:00".into(),
        ..CalendarEntry::default()
    }
}

fn events(text: &str) -> (tempfile::TempDir, Events) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("calendar.toml");
    std::fs::write(&path, text).expect("a new file");
    let mut events = Events::new(Some(path), vec![], chrono_tz::UTC);
    events.look(at_epoch(NOW));
    (folder, events)
}

#[test]
fn an_edit_reaches_the_file_and_keeps_its_comments() {
    let (_folder, mut events) = events("# ours\ntimezone = \"Europe/Berlin\"\n");
    let base = events.view(at_epoch(NOW)).hash;
    events.edit(&CalendarEdit::Add { base, entry: entry("Sale") }, at_epoch(NOW)).expect("valid");
    let view = events.view(at_epoch(NOW));
    assert_eq!((view.entries.len(), view.occurrences.len()), (1, 1));
    let text = std::fs::read_to_string(&view.path).expect("written");
    assert!(text.starts_with("# ours"), "{text}");
}

#[test]
fn a_calendar_from_elsewhere_replaces_the_file_only_as_it_was_seen() {
    let (_folder, mut events) = events("# ours\n");
    let theirs = "[[event]]\nname = \"Sale\"\nkind = \"sale\"\nstart = 2026-11-27\nend = 2026-11-28\n";
    assert_eq!(events.text().as_deref(), Some("# ours\n"));
    events.replace("# ours\n", "[[event]]\n").expect_err("an event without a name");
    events.replace("# older\n", theirs).expect_err("the file is not that");
    events.replace("# ours\n", theirs).expect("it is a calendar");
    assert!(events.look(at_epoch(NOW)), "it is read anew");
    assert_eq!((events.text().as_deref(), events.view(at_epoch(NOW)).entries.len()), (Some(theirs), 1));
}

#[test]
fn edits_are_taken_back_and_done_again_with_their_comments() {
    let (_folder, mut events) = events(
        "# ours\n[[event]] # one\nname = 'a'\nkind = 'sale'\nstart = '2026-12-01'\nend = '2026-12-02'\n",
    );
    let now = at_epoch(NOW);
    let text = |events: &Events| std::fs::read_to_string(events.view(now).path).expect("there");
    let before = text(&events);
    let base = |events: &Events| events.view(now).hash;
    let remove = CalendarEdit::Remove { base: base(&events), index: 0 };
    events.edit(&remove, now).expect("it is there");
    let view = events.view(now);
    assert_eq!((view.entries.len(), view.undo.as_deref()), (0, Some("“a” deleted")));
    let undo = CalendarEdit::Undo { base: base(&events) };
    assert_eq!(events.edit(&undo, now), Ok("undone: “a” deleted".into()));
    assert_eq!(text(&events), before);
    assert_eq!(events.view(now).redo.as_deref(), Some("“a” deleted"));
    let redo = CalendarEdit::Redo { base: base(&events) };
    events.edit(&redo, now).expect("it was taken back");
    std::fs::write(events.view(now).path, "# theirs\n").expect("writable");
    events.look(now);
    assert_eq!(events.view(now).undo, None);
    let undo = CalendarEdit::Undo { base: base(&events) };
    assert!(events.edit(&undo, now).expect_err("others wrote").contains("changed by another program"));
    assert_eq!(text(&events), "# theirs\n");
}

#[test]
fn an_export_is_imported_once() {
    let (folder, mut one) = events("");
    let now = at_epoch(NOW);
    assert!(one.export("/nowhere/x.ics", now).is_err());
    let base = one.view(now).hash;
    one.edit(&CalendarEdit::Add { base, entry: entry("Sale") }, now).expect("valid");
    let file = folder.path().join("out.ics").display().to_string();
    assert_eq!(one.export(&file, now), Ok(format!("1 entries written to {file}")));
    assert!(one.export(&file, now).expect_err("it exists").contains("another name"));
    let (_other, mut two) = events("");
    let import = |events: &mut Events| {
        let base = events.view(now).hash;
        events.edit(&CalendarEdit::Import { base, path: file.clone() }, now)
    };
    assert_eq!(import(&mut two), Ok("1 entries added".into()));
    assert_eq!(import(&mut two), Ok("0 entries added, 1 were there already".into()));
    assert_eq!(two.view(now).entries, one.view(now).entries);
}

#[test]
fn a_file_changed_outside_is_a_conflict() {
    let (_folder, mut events) = events("");
    let view = events.view(at_epoch(NOW));
    std::fs::write(&view.path, "# theirs\n").expect("writable");
    let edit = CalendarEdit::Add { base: view.hash, entry: entry("Sale") };
    assert!(events.edit(&edit, at_epoch(NOW)).is_err());
    assert_eq!(std::fs::read_to_string(&view.path).expect("still there"), "# theirs\n");
}

#[test]
fn public_holidays_of_the_countries_stand_beside_the_file() {
    let (_folder, events) = events("timezone = \"Europe/Berlin\"\n");
    let mut events = events.with_holidays(vec![Country::DE]);
    events.fall(at_epoch(NOW));
    let christmas = at_epoch(1_798_153_200); // 2026-12-25 00:00 in Berlin
    let found = events.concerning("any group").into_iter().find(|e| e.start == christmas);
    assert_eq!(found.map(|e| e.kind), Some(crate::domain::event::EventKind::Holiday));
}

#[test]
fn a_broken_file_keeps_the_last_good_calendar() {
    let (_folder, mut events) = events("");
    let base = events.view(at_epoch(NOW)).hash;
    events.edit(&CalendarEdit::Add { base, entry: entry("Sale") }, at_epoch(NOW)).expect("valid");
    let path = events.view(at_epoch(NOW)).path;
    std::fs::write(&path, "[[event]\nname=").expect("writable");
    assert!(events.look(at_epoch(NOW)));
    let view = events.view(at_epoch(NOW));
    assert_eq!(view.occurrences.len(), 1);
    assert!(view.problem.is_some_and(|p| p.contains("calendar.toml")));
}
