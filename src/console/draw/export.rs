//! The screen as a picture: SVG for pages and mails, ANSI for terminals (`cat`).
//!
//! Both are made from the cells of a frame, so a picture shows exactly what the screen shows. In SVG, braille, blocks
//! and frames are drawn as shapes (`shapes`): fonts that lack them or give them another width do no harm.

mod ansi;
mod save;
mod shapes;

pub use ansi::ansi;
pub use save::save;

use std::fmt::Write;

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

use super::{axis, style};
use crate::{
    console::{app::App, input::action::PageId},
    link::View,
};

/// Width and height of a cell, and size of the letters, in pixels.
const CELL: (f64, f64) = (8.43, 17.0);
const LETTER: f64 = 14.0;
/// Free room around the screen.
const MARGIN: f64 = 10.0;

/// The cells of a frame of `width` × `height` that `app` draws.
pub fn frame(app: &App, width: u16, height: u16) -> Buffer {
    // The backend holds cells in memory: its error type has no values.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| app.draw(frame));
    terminal.backend().buffer().clone()
}

/// What a picture is called: the page and the time on it.
pub fn name(page: PageId, view: &View) -> String {
    let time = view.now.with_timezone(&axis::zone(&view.zone)).format("%Y%m%d-%H%M%S");
    format!("{}-{time}", page.0)
}

/// What a cell looks like once reversal and missing colours are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ink {
    fg: [u8; 3],
    bg: [u8; 3],
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Ink {
    fn of(cell: &Cell, ground: ([u8; 3], [u8; 3])) -> Ink {
        let (mut fg, mut bg) =
            (style::rgb(cell.fg).unwrap_or(ground.0), style::rgb(cell.bg).unwrap_or(ground.1));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut fg, &mut bg);
        }
        Ink {
            fg,
            bg,
            bold: cell.modifier.contains(Modifier::BOLD),
            dim: cell.modifier.contains(Modifier::DIM),
            underlined: cell.modifier.contains(Modifier::UNDERLINED),
        }
    }
}

/// `#rrggbb`
fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The screen as one self-contained SVG, called `title` for those who cannot see it.
pub fn svg(screen: &Buffer, title: &str) -> String {
    let (columns, rows) = (screen.area.width, screen.area.height);
    let ground = ground(screen);
    let (width, height) =
        (f64::from(columns) * CELL.0 + 2.0 * MARGIN, f64::from(rows) * CELL.1 + 2.0 * MARGIN);
    let out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-size=\"{LETTER}\" \
         font-family=\"'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace\" xml:space=\"preserve\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        escaped(title),
        hex(ground.1)
    );
    let mut shapes = shapes::Shapes::default();
    let mut letters = String::new();
    for (y, line) in screen.content().chunks(usize::from(columns.max(1))).enumerate() {
        let mut x = 0;
        for run in line.chunk_by(|a, b| Ink::of(a, ground) == Ink::of(b, ground)) {
            let ink = Ink::of(&run[0], ground);
            if ink.bg != ground.1 {
                shapes.ground(ink.bg, place(x, y), run.len());
            }
            draw_run(run, (x, y), ink, &mut shapes, &mut letters);
            x += run.len();
        }
    }
    out + &shapes.finish() + &letters + "</svg>\n"
}

/// Pixels of the upper left corner of a cell.
fn place(x: usize, y: usize) -> (f64, f64) {
    (MARGIN + x as f64 * CELL.0, MARGIN + y as f64 * CELL.1)
}

/// The shapes and letters of cells of one look.
fn draw_run(
    run: &[Cell],
    (x, y): (usize, usize),
    ink: Ink,
    shapes: &mut shapes::Shapes,
    letters: &mut String,
) {
    let mut at = 0;
    while at < run.len() {
        let c = run[at].symbol().chars().next().unwrap_or(' ');
        if c == ' ' || shapes.add(c, ink.fg, place(x + at, y)) {
            at += 1;
            continue;
        }
        // Words up to a shape or a wider gap are one text of a known length.
        let rest = &run[at..];
        let is_end = |i: usize| {
            let symbol = rest[i].symbol();
            shapes::knows(symbol)
                || (symbol == " " && rest.get(i + 1).is_none_or(|next| next.symbol() == " "))
        };
        let len = (0..rest.len()).find(|i| is_end(*i)).unwrap_or(rest.len());
        let text: String = rest[..len].iter().map(|cell| cell.symbol()).collect();
        write_text(letters, &text, place(x + at, y), ink);
        at += len.max(1);
    }
}

fn write_text(out: &mut String, text: &str, (x, y): (f64, f64), ink: Ink) {
    let bold = if ink.bold { " font-weight=\"bold\"" } else { "" };
    let dim = if ink.dim { " opacity=\".65\"" } else { "" };
    let line = if ink.underlined { " text-decoration=\"underline\"" } else { "" };
    let length = text.width() as f64 * CELL.0;
    let (base, fill, text) = (y + 13.0, hex(ink.fg), escaped(text));
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{base:.0}\" fill=\"{fill}\" textLength=\"{length:.1}\"{bold}{dim}{line}>{text}</text>"
    );
}

/// `text` for XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Colours of cells that name none: those that most cells have, or grey on black.
fn ground(screen: &Buffer) -> ([u8; 3], [u8; 3]) {
    let common = |get: fn(&Cell) -> Color, otherwise| {
        let mut counts = std::collections::BTreeMap::<[u8; 3], usize>::new();
        for colour in screen.content().iter().filter_map(|cell| style::rgb(get(cell))) {
            *counts.entry(colour).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.filter(|(_, count)| 2 * count > screen.content().len()).map_or(otherwise, |(colour, _)| colour)
    };
    (common(|c| c.fg, [201, 209, 217]), common(|c| c.bg, [13, 17, 23]))
}

#[cfg(test)]
mod tests;
