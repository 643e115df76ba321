//! Braille, blocks and frames as paths, one path a colour.

use std::{collections::BTreeMap, fmt::Write};

use ratatui::symbols::pixel::OCTANTS;

use super::{CELL, hex};

/// Shapes so far: fills and strokes by colour, and grounds in the order in which they came.
#[derive(Debug, Default)]
pub struct Shapes {
    grounds: String,
    fills: BTreeMap<[u8; 3], String>,
    strokes: BTreeMap<[u8; 3], String>,
}

/// True where [`Shapes::add`] draws `symbol`.
pub fn knows(symbol: &str) -> bool {
    symbol.chars().next().is_some_and(|c| {
        braille(c).is_some() || block(c).is_some() || arms(c).is_some() || octant(c).is_some()
    })
}

/// The dots of a braille character: bit `i` is dot `i + 1`.
fn braille(c: char) -> Option<u32> {
    matches!(c, '\u{2801}'..='\u{28ff}').then(|| c as u32 - 0x2800)
}

/// Left, top, right and bottom of a block, as shares of its cell.
fn block(c: char) -> Option<(f64, f64, f64, f64)> {
    match c {
        '▁'..='█' => Some((0.0, 1.0 - f64::from(c as u32 - '▁' as u32 + 1) / 8.0, 1.0, 1.0)),
        '▀' => Some((0.0, 0.0, 1.0, 0.5)),
        '▬' => Some((0.1, 0.4, 0.9, 0.6)),
        '▏' => Some((0.0, 0.0, 0.125, 1.0)),
        _ => None,
    }
}

/// The eighths of an octant in reading order, two to a row.
fn octant(c: char) -> Option<usize> {
    OCTANTS.iter().position(|octant| *octant == c).filter(|eighths| *eighths != 0)
}

/// Arms of a frame to the left, up, right and down, and whether they are thick or broken.
fn arms(c: char) -> Option<([bool; 4], ArmStroke)> {
    let (l, u, r, d) = (true, true, true, true);
    Some(match c {
        '─' => ([l, false, r, false], ArmStroke::Thin),
        '━' => ([l, false, r, false], ArmStroke::Thick),
        '╌' | '╍' | '┄' => ([l, false, r, false], ArmStroke::Broken),
        '│' => ([false, u, false, d], ArmStroke::Thin),
        '┃' => ([false, u, false, d], ArmStroke::Thick),
        '┌' => ([false, false, r, d], ArmStroke::Thin),
        '┐' => ([l, false, false, d], ArmStroke::Thin),
        '└' => ([false, u, r, false], ArmStroke::Thin),
        '┘' => ([l, u, false, false], ArmStroke::Thin),
        '├' => ([false, u, r, d], ArmStroke::Thin),
        '┤' => ([l, u, false, d], ArmStroke::Thin),
        '┬' => ([l, false, r, d], ArmStroke::Thin),
        '┴' => ([l, u, r, false], ArmStroke::Thin),
        '┼' => ([l, u, r, d], ArmStroke::Thin),
        _ => return None,
    })
}

/// How an arm is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArmStroke {
    Thin,
    Thick,
    Broken,
}

impl Shapes {
    /// A ground of `cells` cells.
    pub fn ground(&mut self, colour: [u8; 3], (x, y): (f64, f64), cells: usize) {
        let (width, height, fill) = (cells as f64 * CELL.0, CELL.1, hex(colour));
        // Writing to a String cannot fail, here and below. Half a pixel more closes the seams.
        let _ = writeln!(
            self.grounds,
            "<rect x=\"{x:.1}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"{height}\" fill=\"{fill}\"/>",
            width + 0.3
        );
    }

    /// Draws `c` at a cell's corner; false if it is no shape.
    pub fn add(&mut self, c: char, colour: [u8; 3], (x, y): (f64, f64)) -> bool {
        if let Some(dots) = braille(c) {
            self.dots(dots, colour, (x, y));
        } else if let Some((left, top, right, bottom)) = block(c) {
            let (w, h) = ((right - left) * CELL.0, (bottom - top) * CELL.1);
            let path = self.fills.entry(colour).or_default();
            let (x, y) = (x + left * CELL.0, y + top * CELL.1);
            let _ = write!(path, "M{x:.1} {y:.1}h{w:.1}v{h:.1}h-{w:.1}z");
        } else if let Some((arms, pen)) = arms(c) {
            self.arms(arms, pen, colour, (x, y));
        } else if let Some(eighths) = octant(c) {
            self.eighths(eighths, colour, (x, y));
        } else {
            return false;
        }
        true
    }

    fn dots(&mut self, dots: u32, colour: [u8; 3], (x, y): (f64, f64)) {
        // Unicode's order: down the left column, down the right one, then the lowest row.
        const PLACES: [(f64, f64); 8] =
            [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (0.0, 3.0), (1.0, 3.0)];
        let path = self.fills.entry(colour).or_default();
        for (_, (column, row)) in PLACES.iter().enumerate().filter(|(bit, _)| dots & (1 << bit) != 0) {
            let (x, y) = (x + CELL.0 * (0.25 + 0.5 * column) - 1.1, y + CELL.1 * (0.125 + 0.25 * row) - 1.1);
            let _ = write!(path, "M{x:.1} {y:.1}h2.2v2.2h-2.2z");
        }
    }

    fn eighths(&mut self, eighths: usize, colour: [u8; 3], (x, y): (f64, f64)) {
        let path = self.fills.entry(colour).or_default();
        let (w, h) = (CELL.0 / 2.0, CELL.1 / 4.0);
        for bit in (0..8).filter(|bit| eighths & (1 << bit) != 0) {
            let (x, y) = (x + w * f64::from(bit % 2), y + h * f64::from(bit / 2));
            let _ = write!(path, "M{x:.1} {y:.1}h{w:.1}v{h:.1}h-{w:.1}z");
        }
    }

    fn arms(
        &mut self,
        [left, up, right, down]: [bool; 4],
        pen: ArmStroke,
        colour: [u8; 3],
        (x, y): (f64, f64),
    ) {
        let (middle, centre) = (x + CELL.0 / 2.0, y + CELL.1 / 2.0);
        if pen == ArmStroke::Broken {
            let path = self.strokes.entry(colour).or_default();
            let _ = write!(path, "M{:.1} {centre:.1}h2.6m1.6 0h2.6", x + 0.8);
            return;
        }
        if pen == ArmStroke::Thick {
            let path = self.fills.entry(colour).or_default();
            let (x, y, w, h) = match left {
                true => (x, centre - 1.2, CELL.0, 2.4),
                false => (middle - 1.2, y, 2.4, CELL.1),
            };
            let _ = write!(path, "M{x:.1} {y:.1}h{w:.1}v{h:.1}h-{w:.1}z");
            return;
        }
        let path = self.strokes.entry(colour).or_default();
        let ends = [
            (left, (x, centre)),
            (up, (middle, y)),
            (right, (x + CELL.0, centre)),
            (down, (middle, y + CELL.1)),
        ];
        for (_, (x, y)) in ends.into_iter().filter(|(drawn, _)| *drawn) {
            let _ = write!(path, "M{middle:.1} {centre:.1}L{x:.1} {y:.1}");
        }
    }

    /// Everything as SVG, grounds first.
    pub fn finish(self) -> String {
        let mut out = self.grounds;
        for (colour, path) in self.strokes {
            let _ = writeln!(out, "<path d=\"{path}\" stroke=\"{}\" fill=\"none\"/>", hex(colour));
        }
        for (colour, path) in self.fills {
            let _ = writeln!(out, "<path d=\"{path}\" fill=\"{}\"/>", hex(colour));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octant_is_a_rectangle_an_eighth() {
        let mut shapes = Shapes::default();
        assert!(knows("𜴀") && shapes.add('𜴀', [255, 0, 0], (0.0, 0.0)));
        let set = OCTANTS.iter().position(|c| *c == '𜴀').map_or(0, |mask| mask.count_ones() as usize);
        assert_eq!(shapes.finish().matches('z').count(), set);
        assert!(!knows("a") && !knows(" "));
    }
}
