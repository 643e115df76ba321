//! What an area of a chart is filled with, and what becomes of it where something else stands in the same cell.

use ratatui::{buffer::Cell, style::Color};

use super::style::{rgb, sixteen_on};

/// The edge of a band within a cell: its upper half filled, or its lower.
pub const HALVES: [&str; 2] = ["▀", "▄"];

/// Fills the whole of a cell that holds the edge of a band, so that something else can stand in it.
pub fn fill_half(cell: &mut Cell) {
    if HALVES.contains(&cell.symbol()) {
        cell.bg = cell.fg;
        cell.set_symbol(" ");
    }
}

/// With what a band is filled where it cannot be shaded, and the ground that stands for it in a cell with a line.
///
/// Without colours there is none: a cell holds one character, and that is the line's. Reversed, it would look like a selection, and
/// underlined like another line.
#[derive(Debug, Clone, Copy)]
pub struct Pattern<'a> {
    /// What fills a cell.
    pub symbol: &'a str,
    /// The ground of a cell with a line.
    pub ground: Option<Color>,
}

impl Pattern<'_> {
    /// True where `cell` is filled with it.
    pub fn fills(&self, cell: &Cell) -> bool {
        cell.symbol() == self.symbol
    }

    /// Makes the ground of `cell` that of the band, and what stands in it readable there.
    pub fn put_under(&self, cell: &mut Cell) {
        let Some(ground) = self.ground else { return };
        cell.bg = ground;
        if let (Some(letters), Some(on)) = (rgb(cell.fg), rgb(ground)) {
            cell.fg = sixteen_on(letters, on);
        }
    }
}
