//! The heading of a chart: its title and unit, then every mark with its word and its value.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{ChartPainter, look};
use crate::{
    console::draw::{
        axis::{TimeAxis, clock, short},
        theme::{Role, Symbols},
    },
    domain::{Time, series::Series, text::clean},
    link::{ChartKind, ChartLine, LineRole},
};

impl ChartPainter<'_> {
    /// Title, unit, and each line's mark, word and value: the newest, or the crosshair's.
    pub(super) fn heading(&self, area: Rect, time: &TimeAxis, buffer: &mut Buffer) {
        let theme = self.theme;
        let mut pen = LegendWriter { x: area.x, y: area.y, right: area.right(), buffer };
        pen.write(&clean(&self.chart.title, 40), theme.style(Role::Title));
        // A unit that is the title is said once.
        let unit = clean(&self.chart.unit, 30);
        let unit =
            if unit.eq_ignore_ascii_case(&self.chart.title) { String::new() } else { format!(" {unit}") };
        let log = if self.log { ", log" } else { "" };
        pen.write(&format!("{unit}{log} "), theme.style(Role::Muted));
        // Most important first: on a narrow screen the last do not fit.
        for line in self.lines().rev() {
            let (role, _, mark) = look(line.role);
            let rich = match line.role {
                LineRole::Predicted | LineRole::Needed => "┄",
                LineRole::Outlook => "┈",
                LineRole::InService | LineRole::Desired | LineRole::Capacity => "▬",
                LineRole::Came => "╍",
                LineRole::Actual | LineRole::Second => "━",
            };
            let read = match (self.cross, line.newest) {
                (Some(at), _) => self.under(&line.series, at, time),
                (None, Some(value)) => format!(" {}{}", short(value), self.step_of(line)),
                (None, None) => String::new(),
            };
            let label = clean(&line.label, 30);
            let item = format!(" {}{label}{read} ", theme.glyph(rich, mark.encode_utf8(&mut [0; 4])));
            pen.write_whole(&item, self.style(line.role, role));
        }
        if let Some((low, high)) = &self.chart.band {
            let shade = if theme.symbols() == Symbols::Ascii { "%" } else { "░" };
            let read = self.cross.and_then(|at| Some((low.at(at)?, high.at(at)?)));
            let words = match read {
                Some((low, high)) => format!("{} to {}", short(low), short(high)),
                None => clean(&self.chart.band_label, 40),
            };
            pen.write_whole(&format!(" {shade}{words} "), theme.style(Role::Band));
        }
        for limit in &self.chart.limits {
            let mark = theme.glyph("╌", "~");
            let text = format!(" {mark}{} {} ", clean(&limit.label, 16), short(limit.value));
            pen.write_whole(&text, theme.style(Role::Warning));
        }
    }
}

impl ChartPainter<'_> {
    /// The step that the newest measured value is of, or the minute where that is old: what is now is another number.
    fn step_of(&self, line: &ChartLine) -> String {
        let measured = line.newest_at.filter(|_| matches!(line.role, LineRole::Actual | LineRole::InService));
        let what = if self.chart.kind == ChartKind::Demand { "step of" } else { "at" };
        measured.map_or(String::new(), |at| format!(" ({what} {})", clock(at, self.zone)))
    }

    /// What the column under the crosshair shows of `series`: a value, or the lowest and the highest of several.
    fn under(&self, series: &Series, at: Time, time: &TimeAxis) -> String {
        let Some(column) = time.column_of(at) else { return String::new() };
        let inside = series.between(time.time_of(column), time.time_of(column + 1));
        let values: Vec<f64> =
            if inside.is_empty() { series.at(at).into_iter().collect() } else { inside.known().collect() };
        let all = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).map(short);
        match (all(f64::min), all(f64::max)) {
            (Some(low), Some(high)) if low == high => format!(" {low}"),
            (Some(low), Some(high)) => format!(" {low}-{high}"),
            _ => format!(" {}", self.theme.glyph("–", "-")),
        }
    }
}

/// Writes words one after the other on one row.
struct LegendWriter<'a> {
    x: u16,
    y: u16,
    right: u16,
    buffer: &'a mut Buffer,
}

impl LegendWriter<'_> {
    /// Writes as much of `text` as fits.
    fn write(&mut self, text: &str, style: Style) {
        let room = usize::from(self.right.saturating_sub(self.x));
        self.x = self.buffer.set_stringn(self.x, self.y, text, room, style).0;
    }

    /// Writes `text` if all of it fits.
    fn write_whole(&mut self, text: &str, style: Style) {
        if text.width() <= usize::from(self.right.saturating_sub(self.x)) {
            self.write(text, style);
        }
    }
}
