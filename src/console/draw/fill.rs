//! The edges of a filled area, and what becomes of one where something else stands in the same cell.

use ratatui::buffer::Cell;

/// The edge of a band within a cell: its upper half filled, or its lower.
pub const HALVES: [&str; 2] = ["▀", "▄"];

/// Fills the whole of a cell that holds the edge of a band, so that something else can stand in it.
pub fn fill_half(cell: &mut Cell) {
    if HALVES.contains(&cell.symbol()) {
        cell.bg = cell.fg;
        cell.set_symbol(" ");
    }
}
