//! Every page at every size with every means of a terminal, at a fixed moment with fixed data.
//!
//! One stored file holds one page at one size: its text in braille and in ASCII, then for each depth of colour and each
//! of the two which style each run of cells has. A letter stands for a style; the legend of a block says which.

use std::{fmt::Write, sync::Arc, time::Duration};

use crossterm::event::KeyCode;
use proptest::prelude::*;
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier, Style},
};

use super::{
    any,
    fixture::{self, SIZES, view},
};
use crate::{
    console::{
        app::{App, Message},
        draw::{
            export,
            style::Depth,
            theme::{Symbols, Theme},
        },
        input::action::PageId,
        pages::{PAGES, PageSetup},
    },
    link::View,
};

/// A console with every page.
fn app(theme: Theme, (width, height): (u16, u16)) -> App {
    let setup = PageSetup { settings: fixture::settings(), check: |_, _| Vec::new() };
    let mut app = App::new(theme, &setup);
    app.update(Message::Resize(width, height), Duration::ZERO);
    app
}

/// The page behind `key`, as the whole screen shows it; the fleet's cursor stands on the group of which the view has the
/// detail, because a proposal waits there.
fn screen(key: char, depth: Depth, symbols: Symbols, size: (u16, u16)) -> Buffer {
    let mut app = app(Theme::load("dark", depth, symbols).expect("built in"), size);
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    app.update(Message::Key(KeyCode::Char(key).into()), Duration::ZERO);
    export::frame(&app, size.0, size.1)
}

fn text(screen: &Buffer) -> String {
    let rows = screen.content().chunks(usize::from(screen.area.width));
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
    rows.map(|cells| row(cells).trim_end().to_owned() + "\n").collect()
}

/// `12a 3b …` for each row, rows that are the same together, then what each letter stands for.
fn styles(screen: &Buffer) -> String {
    let mut known: Vec<Style> = Vec::new();
    let mut letter = |style: Style| {
        let index = known.iter().position(|s| *s == style).unwrap_or(known.len());
        if index == known.len() {
            known.push(style);
        }
        char::from_u32('a' as u32 + index as u32).expect("far below the surrogates")
    };
    let rows: Vec<String> = screen
        .content()
        .chunks(usize::from(screen.area.width))
        .map(|cells| {
            let runs = cells.chunk_by(|a, b| a.style() == b.style());
            runs.map(|run| format!(" {}{}", run.len(), letter(run[0].style()))).collect()
        })
        .collect();
    let (mut out, mut first) = (String::new(), 0);
    for same in rows.chunk_by(|a, b| a == b) {
        let _ = match same.len() {
            1 => writeln!(out, "{first:>5}:{}", same[0]),
            n => writeln!(out, "{:>5}:{}", format!("{first}-{}", first + n - 1), same[0]),
        };
        first += same.len();
    }
    for (index, style) in known.iter().enumerate() {
        let _ = writeln!(
            out,
            "    {} {}",
            char::from_u32('a' as u32 + index as u32).expect("as above"),
            said(*style)
        );
    }
    out
}

fn said(style: Style) -> String {
    let colour = |colour: Option<Color>| match colour {
        Some(Color::Rgb(r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
        Some(colour) => colour.to_string().to_lowercase(),
        None => "none".into(),
    };
    let mut out = format!("{} on {}", colour(style.fg), colour(style.bg));
    for (modifier, word) in [
        (Modifier::BOLD, " bold"),
        (Modifier::DIM, " dim"),
        (Modifier::UNDERLINED, " underlined"),
        (Modifier::REVERSED, " reversed"),
    ] {
        if style.add_modifier.contains(modifier) {
            out.push_str(word);
        }
    }
    out
}

#[test]
fn every_page_at_every_size_with_every_means() {
    for (key, name) in PAGES.iter().map(|page| (page.key, page.id.0)) {
        for size in SIZES {
            let mut stored = String::new();
            for symbols in [Symbols::Braille, Symbols::Ascii] {
                let shown = screen(key, Depth::True, symbols, size);
                let _ = write!(stored, "== {symbols:?}\n{}", text(&shown));
            }
            for depth in [Depth::True, Depth::Sixteen, Depth::None] {
                for symbols in [Symbols::Braille, Symbols::Ascii] {
                    let shown = screen(key, depth, symbols, size);
                    let _ = write!(stored, "== {depth:?}, {symbols:?}\n{}", styles(&shown));
                }
            }
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), stored);
        }
    }
}

#[test]
fn the_text_does_not_depend_on_colours_but_for_shaded_areas() {
    // Where an area cannot be shaded it is filled with a pattern; all else must read the same.
    let words = |screen: &Buffer| {
        text(screen)
            .replace(['░', '▀', '▄', '·', '%', '\''], " ")
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for page in PAGES.iter().filter(|page| page.id != PageId::GROUP) {
        let [rich, poor] =
            [Depth::True, Depth::None].map(|d| screen(page.key, d, Symbols::Braille, (120, 40)));
        assert_eq!(words(&rich), words(&poor), "{:?}", page.id);
    }
}

#[test]
fn without_colours_no_page_has_one_and_with_ascii_no_other_character() {
    for (key, name) in PAGES.iter().map(|page| (page.key, page.id.0)) {
        for size in SIZES {
            let shown = screen(key, Depth::None, Symbols::Ascii, size);
            for cell in shown.content() {
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}: {cell:?}");
                assert!(cell.symbol().is_ascii(), "{name}: {cell:?}");
            }
        }
    }
}

/// Views with hostile text in every place that has one.
fn any_hostile_view() -> impl Strategy<Value = View> {
    (any::any_view(), "\\PC{0,40}|[a-z\u{1b}\u{202e}\u{301}日]{0,400}").prop_map(|(other, text)| {
        let mut view =
            View { journal: other.journal, models: other.models, calendar: other.calendar, ..view() };
        view.training = other.training;
        view.groups[1].name.clone_from(&text);
        view.proposals[0].group.clone_from(&text);
        view.proposals[0].plan.reasons.push(text.clone());
        view.notices[0].text.clone_from(&text);
        view.log[0].text.clone_from(&text);
        if let Some(detail) = &mut view.detail {
            detail.name.clone_from(&text);
            detail.charts[0].title.clone_from(&text);
        }
        if let Some(newest) = &mut view.backtest.newest {
            newest.rows[0].summary.policy.clone_from(&text);
            newest.remarks.push(text);
        }
        view
    })
}

fn any_key() -> impl Strategy<Value = KeyCode> {
    use KeyCode as K;
    let named = [
        K::Up,
        K::Down,
        K::Left,
        K::Right,
        K::Enter,
        K::Esc,
        K::Tab,
        K::PageUp,
        K::PageDown,
        K::Home,
        K::End,
        K::Backspace,
    ];
    prop_oneof![
        3 => proptest::char::range('1', '9').prop_map(KeyCode::Char),
        5 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        4 => prop::sample::select(named.to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_keys_on_any_page_of_any_view_at_any_size(
        views in prop::collection::vec(any_hostile_view(), 1..3),
        keys in prop::collection::vec(any_key(), 0..60),
        size in (1u16..210, 1u16..70),
    ) {
        let mut app = app(Theme::default(), size);
        for (at, key) in keys.into_iter().enumerate() {
            if at % 7 == 0 {
                app.update(Message::View(Arc::new(views[at % views.len()].clone())), Duration::ZERO);
            }
            app.update(Message::Key(key.into()), Duration::ZERO);
            let shown = export::frame(&app, size.0, size.1);
            for cell in shown.content() {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{cell:?}");
            }
        }
    }
}
