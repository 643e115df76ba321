//! The bands of a chart: what lies between two curves, filled to half a cell.

use ratatui::{buffer::Buffer, layout::Rect};

use super::ChartPainter;
use crate::{
    console::draw::{
        axis::{Scale, TimeAxis},
        fill::{HALVES, fill_half},
        plot::{Stroke, columns},
        theme::{Role, Symbols},
    },
    domain::series::Series,
};

impl ChartPainter<'_> {
    /// Lower and upper edge of each band.
    pub(super) fn bands(&self) -> impl Iterator<Item = (&Series, &Series)> {
        let own = self.chart.band.iter().map(|(low, high)| (low, high));
        own.chain(self.outlook.map(|o| (&o.low, &o.high)))
    }

    /// Rows of a band in a cell: half blocks have the band's colour, so there must be one that can be seen.
    fn band_grain(&self) -> u16 {
        if self.theme.shades(Role::Band) && self.theme.symbols() != Symbols::Ascii { 2 } else { 1 }
    }

    /// Each band between its edges: shaded, or filled with a light pattern where shading cannot be seen. There a line takes the cells
    /// that it crosses: with a ground of the band's colour they stood out more than the line.
    pub(super) fn paint_bands(&self, plot: Rect, time: &TimeAxis, scale: &Scale, buffer: &mut Buffer) {
        let cells = time.coarser(time.columns / usize::from(plot.width).max(1));
        let grain = self.band_grain();
        let last = (plot.height * grain).saturating_sub(1);
        let row = |value: f64| last - (scale.share(value) * f64::from(last)).round() as u16;
        for (low, high) in self.bands() {
            let (low, high) = (columns(low, &cells, Stroke::Solid), columns(high, &cells, Stroke::Solid));
            for (x, edges) in low.iter().zip(&high).enumerate() {
                let (Some((low, _)), Some((_, high))) = edges else { continue };
                // A quantile below zero is no demand below zero.
                let (low, high) = (&low.max(0.0), &high.max(0.0));
                let (top, bottom) = (row(high.max(*low)), row(low.min(*high)));
                for y in top / grain..=bottom / grain {
                    let halves = (y * grain >= top, (y + 1) * grain - 1 <= bottom);
                    self.fill((plot.x + x as u16, plot.y + y), halves, buffer);
                }
            }
        }
    }

    /// Fills the upper and the lower half of a cell, or one of them where nothing else stands in it.
    pub(super) fn fill(&self, at: (u16, u16), halves: (bool, bool), buffer: &mut Buffer) {
        let style = self.theme.style(Role::Band);
        let Some(cell) = buffer.cell_mut(at) else { return };
        let edge = match halves {
            (true, true) => None,
            (true, false) => Some(HALVES[0]),
            (false, _) => Some(HALVES[1]),
        };
        match (edge, style.bg) {
            _ if !self.theme.shades(Role::Band) => {
                cell.set_symbol(self.theme.glyph("░", "%")).set_style(style);
            }
            (Some(edge), Some(_)) if cell.symbol() == edge => {}
            (Some(edge), Some(colour)) if cell.symbol() == " " && cell.bg != colour => {
                cell.set_symbol(edge).set_fg(colour);
            }
            _ => {
                // The halves of two bands make a whole.
                fill_half(cell);
                cell.set_style(style);
            }
        }
    }
}
