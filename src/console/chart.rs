//! One chart of a group, straight into the buffer: axes, event shading, predicted band, lines, now.
//!
//! Own code rather than a widget: gaps must stay open, the band lies between two curves, labels are local
//! times, and columns are tied to absolute moments so that a redraw changes few cells. Values come through
//! [`super::plot`], round numbers and times from [`super::axis`].

use chrono_tz::Tz;
use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
    axis::{Scale, TimeAxis, short},
    plot::{Plot, Stroke, columns},
    theme::{Role, Symbols, Theme},
};
use crate::{
    domain::{Time, event::Event, text::clean},
    link::{Chart, ChartKind, LineRole},
};

/// Columns that the value axis takes.
pub const AXIS: u16 = 7;

/// A chart with all that it needs to be drawn.
#[derive(Debug, Clone, Copy)]
pub struct ChartPainter<'a> {
    /// Lines, band, threshold.
    pub chart: &'a Chart,
    /// First moment shown.
    pub from: Time,
    /// First moment after.
    pub until: Time,
    /// Where the now-line stands.
    pub now: Time,
    /// Zone of the labels.
    pub zone: Tz,
    /// Events to shade.
    pub events: &'a [Event],
    /// Styles and symbols.
    pub theme: &'a Theme,
    /// True for the lowest of a stack: the one with time labels.
    pub labels: bool,
}

/// Style, stroke and ASCII mark of a line.
fn look(role: LineRole) -> (Role, Stroke, char) {
    match role {
        LineRole::Actual => (Role::Actual, Stroke::Solid, '*'),
        LineRole::Predicted => (Role::Predicted, Stroke::Dotted, ':'),
        LineRole::Second => (Role::Second, Stroke::Solid, '+'),
        LineRole::InService => (Role::InService, Stroke::Steps, '='),
        LineRole::Desired => (Role::Desired, Stroke::Steps, '-'),
        LineRole::Needed => (Role::Needed, Stroke::Dotted, '.'),
    }
}

impl ChartPainter<'_> {
    /// Draws into `area`: one row of heading, the plot, and a row of times where asked for.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        let below = 1 + u16::from(self.labels);
        if area.width < AXIS + 4 || area.height <= below {
            return;
        }
        let plot = Rect::new(area.x + AXIS, area.y + 1, area.width - AXIS, area.height - below);
        let (across, _) = Plot::grain(self.theme.symbols());
        let time = TimeAxis::new(self.from, self.until, usize::from(plot.width) * across);
        let scale = self.scale(plot.height);
        self.heading(area, buffer);
        self.shade_events(plot, &time, buffer);
        self.paint_band(plot, &time, &scale, buffer);
        self.value_axis(plot, &scale, buffer);
        self.now_line(plot, &time, buffer);
        let mut dots = Plot::new(plot, self.theme.symbols());
        for line in &self.chart.lines {
            let (role, stroke, mark) = look(line.role);
            dots.line(&columns(&line.series, &time, stroke), &scale, stroke, self.theme.style(role), mark);
        }
        dots.paint(buffer);
        if self.labels {
            self.time_axis(plot, &time, across, buffer);
        }
    }

    /// A value axis that holds everything shown.
    fn scale(&self, height: u16) -> Scale {
        let shown = |series: &crate::domain::series::Series| {
            let part = series.between(crate::domain::shift(self.from, -series.step()), self.until);
            part.known().fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)))
        };
        let band = self.chart.band.iter().flat_map(|(low, high)| [low, high]);
        let all = self.chart.lines.iter().map(|l| &l.series).chain(band).map(shown);
        let (low, high) = all.fold((0.0, 0.0), |a: (f64, f64), b| (a.0.min(b.0), a.1.max(b.1)));
        let high = high.max(self.chart.threshold.unwrap_or(0.0));
        let scale = Scale::new(low, high, usize::from(height / 3).clamp(1, 6));
        match self.chart.kind {
            ChartKind::Instances if scale.step < 1.0 => Scale::new(low, high.max(1.0), 1),
            _ => scale,
        }
    }

    /// Title, unit, and each line's mark, word and newest value.
    fn heading(&self, area: Rect, buffer: &mut Buffer) {
        let theme = self.theme;
        let mut pen = Pen { x: area.x, y: area.y, right: area.right(), buffer };
        pen.write(&clean(&self.chart.title, 40), theme.style(Role::Title));
        pen.write(&format!(" {} ", clean(&self.chart.unit, 30)), theme.style(Role::Muted));
        for line in &self.chart.lines {
            let (role, _, mark) = look(line.role);
            let rich = match line.role {
                LineRole::Predicted | LineRole::Needed => "┄",
                LineRole::InService | LineRole::Desired => "▬",
                LineRole::Actual | LineRole::Second => "━",
            };
            let newest = line.series.between(line.series.start(), self.now).last_known();
            let value = newest.map(|(_, v)| format!(" {}", short(v))).unwrap_or_default();
            let label = clean(&line.label, 24);
            let item = format!(" {}{label}{value} ", theme.glyph(rich, mark.encode_utf8(&mut [0; 4])));
            pen.write_whole(&item, theme.style(role));
        }
        if self.chart.band.is_some() {
            let shade = if theme.symbols() == Symbols::Ascii { "%" } else { "░" };
            pen.write_whole(&format!(" {shade}band "), theme.style(Role::Band));
        }
        if let Some(value) = self.chart.threshold {
            let mark = theme.glyph("╌", "~");
            pen.write_whole(&format!(" {mark}limit {} ", short(value)), theme.style(Role::Warning));
        }
    }

    /// Shades the columns of events and names each on the top row.
    fn shade_events(&self, plot: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let style = self.theme.style(Role::Event);
        let per_cell = time.columns / usize::from(plot.width).max(1);
        for event in self.events {
            let mut first = None;
            for x in 0..plot.width {
                let start = time.time_of(usize::from(x) * per_cell);
                if !event.touches(start, time.time_of((usize::from(x) + 1) * per_cell)) {
                    continue;
                }
                first.get_or_insert(x);
                for y in plot.top()..plot.bottom() {
                    let Some(cell) = buffer.cell_mut((plot.x + x, y)) else { continue };
                    if self.theme.shades(Role::Event) {
                        cell.set_style(style);
                    } else if (y - plot.y).is_multiple_of(2) {
                        cell.set_symbol(self.theme.glyph("·", "'")).set_style(style);
                    }
                }
            }
            if let Some(x) = first {
                let name = clean(&event.name, usize::from(plot.width - x));
                buffer.set_stringn(plot.x + x, plot.y, name, usize::from(plot.width - x), style);
            }
        }
    }

    /// The band between its two edges: shaded, or filled with a light pattern where shading cannot be seen.
    fn paint_band(&self, plot: Rect, time: &TimeAxis, scale: &Scale, buffer: &mut Buffer) {
        let Some((low, high)) = &self.chart.band else { return };
        let per_cell = time.columns / usize::from(plot.width).max(1);
        let cells =
            TimeAxis { bucket: time.bucket * per_cell as i64, columns: usize::from(plot.width), ..*time };
        let low = columns(low, &cells, Stroke::Solid);
        let high = columns(high, &cells, Stroke::Solid);
        let style = self.theme.style(Role::Band);
        let last = f64::from(plot.height.saturating_sub(1));
        for (x, edges) in low.iter().zip(&high).enumerate() {
            let (Some((low, _)), Some((_, high))) = edges else { continue };
            let row = |value: f64| plot.height - 1 - (scale.share(value) * last).round() as u16;
            for y in row(high.max(*low))..=row(low.min(*high)) {
                let Some(cell) = buffer.cell_mut((plot.x + x as u16, plot.y + y)) else { continue };
                if self.theme.shades(Role::Band) {
                    cell.set_style(style);
                } else {
                    cell.set_symbol(self.theme.glyph("░", "%")).set_style(style);
                }
            }
        }
    }

    /// Ticks with their numbers, and the limit.
    fn value_axis(&self, plot: Rect, scale: &Scale, buffer: &mut Buffer) {
        let last = f64::from(plot.height.saturating_sub(1));
        let row = |value: f64| plot.bottom() - 1 - (scale.share(value) * last).round() as u16;
        let rule = self.theme.glyph("│", "|");
        for y in plot.top()..plot.bottom() {
            buffer.set_string(plot.x - 1, y, rule, self.theme.style(Role::Border));
        }
        let mut above = None;
        for tick in scale.ticks() {
            let y = row(tick);
            if above == Some(y) {
                continue;
            }
            above = Some(y);
            let text = format!("{:>width$}", short(tick), width = usize::from(AXIS - 2));
            buffer.set_string(plot.x - AXIS, y, text, self.theme.style(Role::Muted));
            buffer.set_string(plot.x - 1, y, self.theme.glyph("┤", "+"), self.theme.style(Role::Border));
        }
        if let Some(limit) = self.chart.threshold {
            for x in plot.left()..plot.right() {
                if let Some(cell) = buffer.cell_mut((x, row(limit))).filter(|c| c.symbol() == " ") {
                    let style = ratatui::style::Style { bg: None, ..self.theme.style(Role::Warning) };
                    cell.set_symbol(self.theme.glyph("╌", "~")).set_style(style);
                }
            }
        }
    }

    /// The upright line at now, behind the dots.
    fn now_line(&self, plot: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let (across, _) = Plot::grain(self.theme.symbols());
        let Some(column) = time.column_of(self.now) else { return };
        for y in plot.top()..plot.bottom() {
            if let Some(cell) = buffer.cell_mut((plot.x + (column / across) as u16, y)) {
                cell.set_symbol(self.theme.glyph("│", "|")).set_style(self.theme.style(Role::Now));
            }
        }
    }

    /// Local times under the plot.
    fn time_axis(&self, plot: Rect, time: &TimeAxis, across: usize, buffer: &mut Buffer) {
        let mut free = plot.x;
        for (column, label) in time.ticks(self.zone, 9 * across) {
            let middle = plot.x + (column / across) as u16;
            let width = label.width() as u16;
            let x = middle.saturating_sub(width / 2).max(plot.x);
            if x >= free && x + width <= plot.right() {
                buffer.set_string(x, plot.bottom(), &label, self.theme.style(Role::Muted));
                free = x + width + 1;
            }
        }
    }
}

/// Writes words one after the other on one row.
struct Pen<'a> {
    x: u16,
    y: u16,
    right: u16,
    buffer: &'a mut Buffer,
}

impl Pen<'_> {
    /// Writes as much of `text` as fits.
    fn write(&mut self, text: &str, style: ratatui::style::Style) {
        let room = usize::from(self.right.saturating_sub(self.x));
        self.x = self.buffer.set_stringn(self.x, self.y, text, room, style).0;
    }

    /// Writes `text` if all of it fits.
    fn write_whole(&mut self, text: &str, style: ratatui::style::Style) {
        if text.width() <= usize::from(self.right.saturating_sub(self.x)) {
            self.write(text, style);
        }
    }
}
