//! How high the value axis of a chart reaches: to what is usual with room above it, so that one burst does not flatten the
//! hours around it; what is cut off has its height written where it is cut.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{ChartPainter, look};
use crate::{
    console::draw::{
        axis::{Scale, TimeAxis, short},
        plot::{PlotColumn, columns},
        theme::Role,
    },
    domain::{series::Series, shift},
    link::{ChartKind, ChartLine, LineRole},
};

/// How far a limit or a capacity may lift the top of the axis over what happens.
const LIFT: f64 = 1.6;
/// The share of values that counts as usual, the room above it, and how far a peak must reach above that to be cut.
const USUAL: f64 = 0.9;
const ROOM: f64 = 1.3;
const PEAK: f64 = 1.5;
/// Values below which none is called unusual.
const FEW: usize = 40;
/// The share of the past, up to now, that is never cut: what happens now is seen whole.
const NEWEST: i32 = 12;
/// A logarithmic axis shows no more than this ratio of its highest to its lowest value.
const DECADES: f64 = 1e5;

impl ChartPainter<'_> {
    /// A value axis that holds what is usual, what happens now and what is to come, and limits and capacity that are not far
    /// above it.
    pub(super) fn scale(&self, height: u16) -> Scale {
        let bands = self.bands().flat_map(|(low, high)| [low, high]).map(|s| self.range(s));
        // A quantile below zero is no demand below zero.
        let bands = bands.map(|(_, high)| (0.0, high));
        let (low, top) = self.happens().map(|l| self.range(&l.series)).chain(bands).fold((0.0, 0.0), outer);
        if self.log {
            return Scale::logarithmic(self.least(), top, DECADES);
        }
        let top = self.usual_top(top);
        let carried = self.chart.lines.iter().filter(|l| l.role == LineRole::Capacity);
        let above = carried.map(|l| self.range(&l.series).1).chain(self.chart.limits.iter().map(|l| l.value));
        let high = above.filter(|v| *v <= LIFT * top).fold(top, f64::max);
        // Shares have a natural top: without a value near it the axis still shows the limit.
        let high = if self.chart.kind == ChartKind::Cpu { self.limit_top(high) } else { high };
        let scale = Scale::new(low, high, usize::from(height / 3).clamp(1, 6));
        match self.chart.kind {
            ChartKind::Instances => whole(scale, (low, high)),
            _ => scale,
        }
    }

    /// Lines of what happens, without the capacity that carries it.
    fn happens(&self) -> impl Iterator<Item = &ChartLine> {
        self.lines().filter(|l| l.role != LineRole::Capacity)
    }

    /// `top`, or what is usual with room above it where `top` is a peak far above that.
    fn usual_top(&self, top: f64) -> f64 {
        // Shares have a natural top, and nothing is far above it.
        if self.chart.kind == ChartKind::Cpu {
            return top;
        }
        let mut usual = 0.0f64;
        for line in self.happens().filter(|line| line.role != LineRole::Outlook) {
            let mut values: Vec<f64> = self.part(&line.series).known().collect();
            if values.len() < FEW {
                usual = usual.max(values.into_iter().fold(0.0, f64::max));
                continue;
            }
            let at = (USUAL * (values.len() - 1) as f64) as usize;
            let (_, value, _) = values.select_nth_unstable_by(at, f64::total_cmp);
            usual = usual.max(*value);
        }
        let recent = shift(self.now, -(self.now - self.from).num_seconds() / i64::from(NEWEST));
        let bands = self.bands().map(|(_, high)| high);
        let all = self.happens().map(|l| &l.series).chain(bands);
        let newest =
            all.flat_map(|s| s.between(recent, self.until).known().collect::<Vec<_>>()).fold(0.0, f64::max);
        let high = (ROOM * usual).max(newest);
        if high > 0.0 && top > PEAK * high { high } else { top }
    }

    fn limit_top(&self, high: f64) -> f64 {
        self.chart.limits.iter().map(|l| l.value).fold(high, f64::max)
    }

    /// The least value above zero on the screen.
    fn least(&self) -> f64 {
        let known = self.happens().flat_map(|l| self.part(&l.series).known().collect::<Vec<_>>());
        known.filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min)
    }

    fn part(&self, series: &Series) -> Series {
        series.between(shift(self.from, -series.step()), self.until)
    }

    /// Least and greatest value of `series` on the screen, and zero.
    fn range(&self, series: &Series) -> (f64, f64) {
        self.part(series).known().fold((0.0f64, 0.0f64), |range, v| outer(range, (v, v)))
    }

    /// Writes the height of what is cut off above the plot where it is cut, and marks where the capacity leaves it.
    pub(super) fn peaks(&self, plot: Rect, time: &TimeAxis, scale: &Scale, buffer: &mut Buffer) {
        let cells = time.coarser(time.columns / usize::from(plot.width).max(1));
        let mut highest: Vec<Option<f64>> = vec![None; usize::from(plot.width)];
        let over = |line: &&ChartLine| self.range(&line.series).1 > scale.high;
        for line in self.chart.lines.iter().filter(over) {
            let (_, stroke, _) = look(line.role);
            let all = columns(&line.series, &cells, stroke);
            if line.role == LineRole::Capacity {
                self.leaves(plot, &all, scale, buffer);
                continue;
            }
            for (cell, column) in highest.iter_mut().zip(all) {
                let over = column.map(|(_, high)| high).filter(|high| *high > scale.high * 1.001);
                *cell = over.map_or(*cell, |high| Some(cell.map_or(high, |known| known.max(high))));
            }
        }
        let mut free = plot.x;
        let mut at = 0;
        while at < highest.len() {
            let run = highest[at..].iter().take_while(|cell| cell.is_some()).count();
            if run > 0 {
                let peak = highest[at..at + run].iter().flatten().copied().fold(0.0, f64::max);
                let label = format!("{}{}", self.theme.glyph("▲", "^"), short(peak));
                let width = label.width() as u16;
                let x = (plot.x + (at + run / 2) as u16).saturating_sub(width / 2);
                let x = x.clamp(plot.x, plot.right().saturating_sub(width).max(plot.x));
                if x >= free && x + width <= plot.right() {
                    buffer.set_string(x, plot.y, &label, self.theme.style(Role::Warning));
                    free = x + width + 1;
                }
            }
            at += run.max(1);
        }
    }

    /// Marks each place where the capacity leaves the plot at its top or comes back.
    fn leaves(&self, plot: Rect, all: &[PlotColumn], scale: &Scale, buffer: &mut Buffer) {
        let over = |column: &PlotColumn| column.is_some_and(|(low, _)| low > scale.high);
        for (x, column) in all.iter().enumerate().take(usize::from(plot.width)) {
            let edge = x == 0 || !over(&all[x - 1]) || all.get(x + 1).is_some_and(|next| !over(next));
            if over(column) && edge {
                let style = Style { bg: None, ..self.theme.style(Role::InService) };
                if let Some(cell) = buffer.cell_mut((plot.x + x as u16, plot.y)) {
                    cell.set_symbol(self.theme.glyph("↑", "^")).set_style(style);
                }
            }
        }
    }
}

/// `scale` of values from `low` to `high`, with a tick at whole numbers only.
fn whole(scale: Scale, (low, high): (f64, f64)) -> Scale {
    match scale.step {
        step if step < 1.0 && high < 1.0 => Scale::new(low, 1.0, 1),
        step if step < 1.0 => Scale { step: 1.0, ..scale },
        step if step.fract() > 0.0 => Scale { step: if high >= 10.0 { 5.0 } else { 2.0 }, ..scale },
        _ => scale,
    }
}

/// Columns of a line as far as the axis goes; a capacity far above all that happens would only press it flat.
pub(super) fn within(role: LineRole, mut all: Vec<PlotColumn>, scale: &Scale) -> Vec<PlotColumn> {
    if role == LineRole::Capacity {
        all.iter_mut().filter(|c| c.is_some_and(|(low, _)| low > scale.high)).for_each(|c| *c = None);
    }
    all
}

/// The range that holds both.
fn outer(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.min(b.0), a.1.max(b.1))
}
