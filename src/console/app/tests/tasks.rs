//! The keys of the table “Common tasks” in `docs/console.md`: they are pressed as they stand there.

use crossterm::event::{KeyEvent, KeyModifiers};

use super::*;
use crate::{
    console::{draw::axis::utc, input::key::Key},
    link::{CalendarEdit, PastMoment},
};

const DOCUMENT: &str = include_str!("../../../../docs/console.md");

/// What the keys of a task led to.
struct Pressed {
    /// The screen before the last key, and after it.
    screens: [String; 2],
    effects: Vec<Effect>,
}

/// True where the keys led to what the document says.
type TaskCheck = fn(&Pressed) -> bool;

/// The rows of the table: the task, and its keys in words.
fn tasks() -> Vec<(&'static str, &'static str)> {
    let (_, rest) = DOCUMENT.split_once("\n## Common tasks\n").expect("the section is there");
    let rows = rest.split("\n## ").next().unwrap_or(rest).lines().filter(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    cells.filter(|cells| cells.len() == 3).skip(1).map(|cells| (cells[0], cells[1])).collect()
}

/// Keys as pressed: names between backticks, and each character of what stands between “ and ”.
fn keys(words: &str) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = words.trim();
    while !rest.is_empty() {
        let typed = rest.starts_with('“');
        let end = if typed { '”' } else { '`' };
        let (word, after) = rest[if typed { '“'.len_utf8() } else { 1 }..].split_once(end).expect("it ends");
        if typed {
            keys.extend(word.chars().map(|c| KeyEvent::from(KeyCode::Char(c))));
        } else {
            let key: Key = word.parse().expect("a key");
            let with = if key.control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            keys.push(KeyEvent::new(key.code, with));
        }
        rest = after.trim_start();
    }
    keys
}

/// A fleet with a journal line of 03:12 local time, a group whose budget burns, and no event yet.
fn fleet() -> View {
    let mut view = view();
    view.journal[2].at = utc("2026-11-27T02:12:30Z");
    view.decision = Some(fixture::proposal(view.journal[2].decision.expect("it has one"), "shop", 6, 9));
    view.calendar.occurrences.clear();
    let feed = view.groups.iter_mut().find(|g| g.name == "feed").expect("it is there");
    feed.budget.as_mut().expect("it has one").rates.0 = Some(17.0);
    view
}

fn pressed(words: &str) -> Pressed {
    let mut app = app(Theme::default());
    app.update(Message::Resize(120, 40), Duration::ZERO);
    app.update(Message::View(Arc::new(fleet())), Duration::ZERO);
    let (mut screens, mut effects) = ([String::new(), String::new()], Vec::new());
    for key in keys(words) {
        screens[0] = screen(&app, 120, 40).to_string();
        effects.extend(app.update(Message::Key(key), Duration::ZERO));
    }
    screens[1] = screen(&app, 120, 40).to_string();
    Pressed { screens, effects }
}

fn asked(effects: &[Effect]) -> &Viewport {
    let shown = effects.iter().rev().find_map(|effect| match effect {
        Effect::Show(viewport) => Some(viewport),
        _ => None,
    });
    shown.expect("something is asked for")
}

#[test]
fn the_keys_of_the_document_do_what_it_says() {
    let said: [(&str, TaskCheck); 6] = [
        ("Why was a group scaled", |done| {
            let shown = &done.screens[1];
            shown.contains("Journal: 1 of 5") && shown.contains("Black Friday begins at 15:00")
        }),
        ("What was known", |done| {
            asked(&done.effects).then == Some(PastMoment::At(utc("2026-11-27T02:12:59Z")))
        }),
        ("twice the risk", |done| {
            asked(&done.effects).what_if.is_some() && done.screens[1].contains("What if: shop")
        }),
        ("Announce a sale", |done| {
            let added = |effect: &Effect| match effect {
                Effect::Send(Command::Calendar(CalendarEdit::Add { entry, .. })) => {
                    let times = (entry.start.as_str(), entry.end.as_str());
                    times == ("2026-11-27 18:00", "2026-11-28 00:00") && entry.multiplier == "2"
                }
                _ => false,
            };
            done.screens[0].contains("instances at the peak, max 12") && done.effects.iter().any(added)
        }),
        ("error budget", |done| {
            let place = |name: &str| done.screens[1].find(name).expect("it is listed");
            place(" feed ") < place(" api ").min(place(" shop "))
        }),
        ("scale in", |done| done.effects.contains(&Effect::Confirm(Command::SetBrake { on: true }))),
    ];
    let tasks = tasks();
    assert_eq!(tasks.len(), said.len(), "docs/console.md, Common tasks: {tasks:?}");
    for ((task, words), (name, is_done)) in tasks.into_iter().zip(said) {
        assert!(task.contains(name), "docs/console.md, Common tasks: {task} is not {name}");
        let done = pressed(words);
        assert!(
            is_done(&done),
            "{task}: {words}\n{:?}\n{}\n{}",
            done.effects,
            done.screens[0],
            done.screens[1]
        );
    }
}
