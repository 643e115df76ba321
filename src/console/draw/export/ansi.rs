//! The screen as text with escape sequences for its colours, as a terminal would be sent it.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// The screen, a line a row, each ending with all colours put back.
pub fn ansi(screen: &Buffer) -> String {
    let mut out = String::new();
    for line in screen.content().chunks(usize::from(screen.area.width.max(1))) {
        for run in line.chunk_by(|a, b| a.style() == b.style()) {
            out.push_str(&sequence(&run[0]));
            let mut hidden = 0;
            for cell in run {
                // The cells that a wide character covers hold nothing of their own.
                if hidden == 0 {
                    out.push_str(cell.symbol());
                    hidden = cell.symbol().width().saturating_sub(1);
                } else {
                    hidden -= 1;
                }
            }
        }
        out.push_str("\u{1b}[0m\n");
    }
    out
}

/// Select Graphic Rendition for one look.
fn sequence(cell: &Cell) -> String {
    let mut out = String::from("\u{1b}[0");
    for (modifier, code) in
        [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)]
    {
        if cell.modifier.contains(modifier) {
            // Writing to a String cannot fail.
            let _ = write!(out, ";{code}");
        }
    }
    out + &colour(cell.fg, 30) + &colour(cell.bg, 40) + "m"
}

/// `;…` for a colour, counted from 30 for letters and from 40 for the ground.
fn colour(colour: Color, base: u8) -> String {
    let basic = |index: u8| format!(";{}", base + index);
    let bright = |index: u8| format!(";{}", base + 60 + index);
    match colour {
        Color::Reset => String::new(),
        Color::Rgb(r, g, b) => format!(";{};2;{r};{g};{b}", base + 8),
        Color::Indexed(index) => format!(";{};5;{index}", base + 8),
        Color::Black => basic(0),
        Color::Red => basic(1),
        Color::Green => basic(2),
        Color::Yellow => basic(3),
        Color::Blue => basic(4),
        Color::Magenta => basic(5),
        Color::Cyan => basic(6),
        Color::Gray => basic(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
    }
}
