use std::{sync::Arc, time::Duration};

use crossterm::event::KeyCode;
use ratatui::{layout::Rect, style::Style};

use super::*;
use crate::console::{
    app::Message,
    draw::{
        style::Depth,
        theme::{Symbols, Theme},
    },
    pages::PageSetup,
    tests::fixture::view,
};

fn screen(depth: Depth) -> Buffer {
    let theme = Theme::load("dark", depth, Symbols::Braille).expect("built in");
    let mut app = App::new(theme, &PageSetup::default());
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    app.update(Message::Key(KeyCode::Char('2').into()), Duration::ZERO);
    frame(&app, 120, 40)
}

#[test]
fn ansi_shown_by_a_terminal_is_the_screen_again() {
    let [rows, columns] = [40, 120].map(|n| std::num::NonZero::new(n).expect("not zero"));
    for depth in [Depth::True, Depth::Indexed, Depth::Sixteen, Depth::None] {
        let screen = screen(depth);
        let mut terminal = vt100::Parser::new(rows, columns, 0);
        terminal.process(ansi(&screen).trim_end().replace('\n', "\r\n").as_bytes());
        for y in 0..40 {
            for x in 0..120 {
                let (cell, shown) = (&screen[(x, y)], terminal.screen().cell(y, x).expect("on the screen"));
                assert_eq!(shown.contents().trim(), cell.symbol().trim(), "{x}, {y}");
                assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD), "{x}, {y}");
                assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED), "{x}, {y}");
                if let Color::Rgb(r, g, b) = cell.bg {
                    assert_eq!(shown.bgcolor(), vt100::Color::Rgb(r, g, b), "{x}, {y}");
                }
            }
        }
    }
}

#[test]
fn svg_is_small_and_holds_every_word_and_no_braille() {
    for depth in [Depth::True, Depth::None] {
        let picture = svg(&screen(depth), "a <group>");
        assert!(picture.starts_with("<svg ") && picture.contains("<title>a &lt;group&gt;</title>"));
        assert!(picture.contains(">SIMULATED</text>") && picture.contains("mode approve"), "{picture}");
        assert!(!picture.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c) || c == '│'));
        assert!(picture.len() < 150_000, "{} bytes", picture.len());
    }
}

#[test]
fn shapes_and_reversal_are_settled() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
    buffer.set_string(0, 0, "█⠁", Style::new().fg(Color::Rgb(255, 0, 0)));
    buffer.set_string(2, 0, "a&", Style::new().fg(Color::Rgb(0, 255, 0)).reversed());
    let picture = svg(&buffer, "x");
    assert!(
        picture.contains("<path d=\"M10.0 10.0h8.4v17.0h-8.4zM19.4 11.0h2.2v2.2h-2.2z\" fill=\"#ff0000\"/>"),
        "{picture}"
    );
    assert!(picture.contains("fill=\"#00ff00\"/>") && picture.contains(">a&amp;</text>"), "{picture}");
}
