//! One chart of a group, straight into the buffer: axes, event shading, predicted band, lines, now, crosshair.
//!
//! Own code rather than a widget: gaps must stay open, the band lies between two curves, labels are local
//! times, and columns are tied to absolute moments so that a redraw changes few cells. Values come through
//! [`super::plot`], round numbers and times from [`super::axis`]; what each mark means stands in the heading
//! (`legend`).

mod bands;
mod legend;
mod outlook;
mod range;

use self::range::within;
pub use outlook::OutlookCurves;

use chrono_tz::Tz;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};
use unicode_width::UnicodeWidthStr;

use super::{
    axis::{Scale, TimeAxis, local, short},
    fill::fill_half,
    plot::{Plot, Stroke, columns},
    theme::{Role, Theme},
};
use crate::{
    domain::{Seconds, Time, event::Event, text::clean},
    link::{Chart, ChartLine, LineRole},
};

/// Columns that the value axis takes.
pub const AXIS: u16 = 7;

/// A chart with all that it needs to be drawn.
#[derive(Debug, Clone, Copy)]
pub struct ChartPainter<'a> {
    /// Lines, band, limits.
    pub chart: &'a Chart,
    /// What may come after the forecast's end, where the chart has that.
    pub outlook: Option<&'a OutlookCurves>,
    /// First moment shown.
    pub from: Time,
    /// First moment after.
    pub until: Time,
    /// Where the now-line stands.
    pub now: Time,
    /// The moment whose values are read, if one is.
    pub cross: Option<Time>,
    /// Zone of the labels.
    pub zone: Tz,
    /// Events to shade.
    pub events: &'a [Event],
    /// Styles and symbols.
    pub theme: &'a Theme,
    /// True for the highest of a stack: the one with the events' names.
    pub names: bool,
    /// True for the lowest of a stack: the one with time labels.
    pub labels: bool,
    /// A logarithmic value axis.
    pub log: bool,
}

/// Style, stroke and ASCII mark of a line.
fn look(role: LineRole) -> (Role, Stroke, char) {
    match role {
        LineRole::Actual => (Role::Actual, Stroke::Solid, '*'),
        LineRole::Predicted => (Role::Predicted, Stroke::Dotted, ':'),
        LineRole::Outlook => (Role::Predicted, Stroke::Sparse, '.'),
        LineRole::Second => (Role::Second, Stroke::Solid, '+'),
        LineRole::Came => (Role::Second, Stroke::Dashed, 'o'),
        LineRole::InService => (Role::InService, Stroke::Steps, '='),
        LineRole::Capacity => (Role::InService, Stroke::Steps, '='),
        LineRole::Desired => (Role::Desired, Stroke::Steps, '-'),
        LineRole::Needed => (Role::Needed, Stroke::DottedSteps, '.'),
    }
}

/// The axis of a plot `width` cells wide, in dot columns.
fn time_axis(from: Time, until: Time, width: u16, theme: &Theme) -> TimeAxis {
    TimeAxis::new(from, until, usize::from(width) * Plot::grain(theme.symbols()).0)
}

/// Seconds that a cell of a plot `width` cells wide covers: how far a crosshair moves at a key.
pub fn cell(from: Time, until: Time, width: u16, theme: &Theme) -> Seconds {
    let axis = time_axis(from, until, width.saturating_sub(AXIS).max(1), theme);
    axis.bucket * Plot::grain(theme.symbols()).0 as i64
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
        let time = time_axis(self.from, self.until, plot.width, self.theme);
        let scale = self.scale(plot.height);
        self.heading(area, &time, buffer);
        self.shade_events(plot, &time, buffer);
        self.paint_bands(plot, &time, &scale, buffer);
        self.name_events(plot, &time, buffer);
        self.value_axis(plot, &scale, buffer);
        self.upright(plot, &time, self.now, (self.theme.glyph("│", "|"), Role::Now), buffer);
        let mut dots = Plot::new(plot, self.theme.symbols());
        for line in self.lines() {
            let (role, stroke, mark) = look(line.role);
            let shown = within(line.role, columns(&line.series, &time, stroke), &scale);
            dots.line(&shown, &scale, stroke, self.style(line.role, role), mark);
        }
        dots.paint(buffer);
        self.peaks(plot, &time, &scale, buffer);
        if let Some(at) = self.cross {
            self.upright(plot, &time, at, (self.theme.glyph("┃", "!"), Role::Key), buffer);
        }
        if self.labels {
            self.time_labels(plot, &time, buffer);
        }
    }

    /// Every line, the last on top.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &ChartLine> {
        self.outlook.map(|o| &o.median).into_iter().chain(&self.chart.lines)
    }

    /// Style of a line: what lies further off than anybody acts on is dimmed.
    fn style(&self, line: LineRole, role: Role) -> Style {
        let style = self.theme.style(role);
        if line == LineRole::Outlook { style.add_modifier(Modifier::DIM) } else { style }
    }

    /// The columns of `event` in a plot.
    fn columns_of(event: &Event, plot: Rect, time: &TimeAxis) -> impl Iterator<Item = u16> {
        let cells = time.coarser(time.columns / usize::from(plot.width).max(1));
        (0..plot.width).filter(move |x| {
            let column = usize::from(*x);
            event.touches(cells.time_of(column), cells.time_of(column + 1))
        })
    }

    /// Names each event on the top row, over the band.
    fn name_events(&self, plot: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let style = Style { bg: None, ..self.theme.style(Role::Event) };
        for event in self.events.iter().filter(|_| self.names) {
            let Some(x) = ChartPainter::columns_of(event, plot, time).next() else { continue };
            let room = usize::from(plot.width - x);
            let name = clean(&event.name, room);
            let under = name.width().min(room) as u16;
            for n in 0..under {
                buffer.cell_mut((plot.x + x + n, plot.y)).into_iter().for_each(fill_half);
            }
            buffer.set_stringn(plot.x + x, plot.y, name, room, style);
        }
    }

    /// Shades the columns of events.
    fn shade_events(&self, plot: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let style = self.theme.style(Role::Event);
        for event in self.events {
            for x in ChartPainter::columns_of(event, plot, time) {
                for y in plot.top()..plot.bottom() {
                    let Some(cell) = buffer.cell_mut((plot.x + x, y)) else { continue };
                    if self.theme.shades(Role::Event) {
                        cell.set_style(style);
                    } else if (y - plot.y).is_multiple_of(2) {
                        cell.set_symbol(self.theme.glyph("·", "'")).set_style(style);
                    }
                }
            }
        }
    }

    /// Ticks with their numbers, and the limits. On the row of a limit stands the limit's number: that of a tick would be taken for it.
    fn value_axis(&self, plot: Rect, scale: &Scale, buffer: &mut Buffer) {
        let last = f64::from(plot.height.saturating_sub(1));
        let row = |value: f64| plot.bottom() - 1 - (scale.share(value) * last).round() as u16;
        let rule = self.theme.glyph("│", "|");
        for y in plot.top()..plot.bottom() {
            buffer.set_string(plot.x - 1, y, rule, self.theme.style(Role::Border));
        }
        let limits = || self.chart.limits.iter().filter(|l| (scale.low..=scale.high).contains(&l.value));
        let style = Style { bg: None, ..self.theme.style(Role::Warning) };
        let mut above = None;
        for tick in scale.ticks() {
            let y = row(tick);
            if above == Some(y) {
                continue;
            }
            above = Some(y);
            let limit = limits().find(|limit| row(limit.value) == y).map(|limit| limit.value);
            let text = format!("{:>width$}", short(limit.unwrap_or(tick)), width = usize::from(AXIS - 2));
            let muted = self.theme.style(Role::Muted);
            buffer.set_string(plot.x - AXIS, y, text, limit.map_or(muted, |_| style));
            buffer.set_string(plot.x - 1, y, self.theme.glyph("┤", "+"), self.theme.style(Role::Border));
        }
        for limit in limits() {
            for x in plot.left()..plot.right() {
                let Some(cell) = buffer.cell_mut((x, row(limit.value))) else { continue };
                fill_half(cell);
                if cell.symbol() == " " {
                    cell.set_symbol(self.theme.glyph("╌", "~")).set_style(style);
                }
            }
        }
    }

    /// An upright line at one moment.
    fn upright(
        &self,
        plot: Rect,
        time: &TimeAxis,
        at: Time,
        (glyph, role): (&str, Role),
        buffer: &mut Buffer,
    ) {
        let (across, _) = Plot::grain(self.theme.symbols());
        let Some(column) = time.column_of(at) else { return };
        let band = self.theme.style(Role::Band).bg;
        for y in plot.top()..plot.bottom() {
            if let Some(cell) = buffer.cell_mut((plot.x + (column / across) as u16, y)) {
                // A line may have the same glyphs as the edge of a band.
                if band == Some(cell.fg) {
                    fill_half(cell);
                }
                cell.set_symbol(glyph).set_style(self.theme.style(role));
            }
        }
    }

    /// Local times under the plot; the crosshair's own goes before the round ones.
    fn time_labels(&self, plot: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let (across, _) = Plot::grain(self.theme.symbols());
        let place = |column: usize, width: u16| {
            let middle = plot.x + (column / across) as u16;
            middle.saturating_sub(width / 2).clamp(plot.x, plot.right().saturating_sub(width).max(plot.x))
        };
        let mut taken = plot.x..plot.x;
        if let Some((at, column)) = self.cross.and_then(|at| Some((at, time.column_of(at)?))) {
            let label = format!(" {} ", local(at, self.zone));
            let x = place(column, label.width() as u16);
            taken = x..x + label.width() as u16;
            let room = usize::from(plot.right().saturating_sub(x));
            buffer.set_stringn(x, plot.bottom(), label, room, self.theme.style(Role::Selected));
        }
        let mut free = plot.x;
        for (column, label) in time.ticks(self.zone, 9 * across) {
            let width = label.width() as u16;
            let x = (plot.x + (column / across) as u16).saturating_sub(width / 2).max(plot.x);
            let hidden = x < taken.end && taken.start < x + width;
            if x >= free && x + width <= plot.right() && !hidden {
                buffer.set_string(x, plot.bottom(), &label, self.theme.style(Role::Muted));
                free = x + width + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
