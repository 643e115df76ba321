//! The dots of a chart: lines over a grid of cells, several dots to a cell.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, symbols::pixel::OCTANTS};

use super::{
    axis::{Scale, TimeAxis},
    fill::fill_half,
    theme::Symbols,
};
use crate::domain::{series::Series, shift};

/// Lowest and highest value that a column shows; `None` is a gap.
pub type PlotColumn = Option<(f64, f64)>;

/// Dot columns of a dash, and from one dash to the next.
const DASH: (usize, usize) = (4, 6);

/// How the dots of a line are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Joined, from centre to centre of the steps.
    Solid,
    /// Joined in dashes; what is steep is drawn whole, so that no peak falls into a gap.
    Dashed,
    /// Every other dot column, not joined: a prediction.
    Dotted,
    /// Every fourth dot column, not joined: what lies further off than a prediction.
    Sparse,
    /// Level over each step, with upright edges: counts.
    Steps,
    /// The same, every other dot column and not joined: a count that is predicted.
    DottedSteps,
}

impl Stroke {
    /// Not joined.
    fn dotted(self) -> bool {
        matches!(self, Stroke::Dotted | Stroke::DottedSteps | Stroke::Sparse)
    }

    /// Dot columns from one dot to the next.
    fn apart(self) -> usize {
        match self {
            Stroke::Solid | Stroke::Dashed | Stroke::Steps => 1,
            Stroke::Dotted | Stroke::DottedSteps => 2,
            Stroke::Sparse => 4,
        }
    }

    /// True where dot column `x` lies between two dashes.
    fn gap(self, x: usize) -> bool {
        self == Stroke::Dashed && x % DASH.1 >= DASH.0
    }

    /// Level over each step.
    fn level(self) -> bool {
        matches!(self, Stroke::Steps | Stroke::DottedSteps)
    }
}

/// `series` on the columns of `axis`.
///
/// Where a column holds several samples it gets their lowest and highest; where a step is wider than a column the
/// line runs straight between the centres of two neighbouring samples, and stays open beside a gap.
pub fn columns(series: &Series, axis: &TimeAxis, stroke: Stroke) -> Vec<PlotColumn> {
    (0..axis.columns)
        .map(|column| {
            let (from, until) = (axis.time_of(column), axis.time_of(column + 1));
            if series.step() <= axis.bucket {
                let first = series.index_of(shift(from, series.step() - 1)).unwrap_or(0);
                let last = series.index_of(shift(until, -1)).map_or(0, |i| i + 1).min(series.len());
                return (first..last).filter_map(|i| series.get(i)).fold(None, widen);
            }
            let middle = shift(from, axis.bucket / 2);
            let index = series.index_of(middle)?;
            let here = series.get(index)?;
            if stroke.level() {
                return Some((here, here));
            }
            let share = (middle - series.time_of(index)).num_seconds() as f64 / series.step() as f64 - 0.5;
            let beside = if share < 0.0 {
                index.checked_sub(1).and_then(|i| series.get(i))
            } else {
                series.get(index + 1)
            };
            let value = beside.map_or(here, |other| here + share.abs() * (other - here));
            // The column that holds a sample's own moment shows the sample, so that a peak is as high as it was.
            let centre = shift(series.time_of(index), series.step() / 2);
            let line = Some((value, value));
            if (from..until).contains(&centre) { widen(line, here) } else { line }
        })
        .collect()
}

/// The range `so_far` widened to `value`.
fn widen(so_far: PlotColumn, value: f64) -> PlotColumn {
    Some(so_far.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
}

/// Dots of a plot area, drawn over by one line after the other and then put into the buffer at once.
#[derive(Debug)]
pub struct Plot {
    area: Rect,
    symbols: Symbols,
    cells: Vec<Dots>,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, Default)]
struct Dots {
    /// Bit `x + y × (dots across)`.
    mask: u8,
    /// Of the line drawn last.
    style: Style,
    /// ASCII mark of the line drawn last.
    mark: char,
}

impl Plot {
    /// An empty plot over `area`.
    pub fn new(area: Rect, symbols: Symbols) -> Plot {
        Plot {
            area,
            symbols,
            cells: vec![Dots::default(); usize::from(area.width) * usize::from(area.height)],
        }
    }

    /// Dots across and down in a cell.
    pub fn grain(symbols: Symbols) -> (usize, usize) {
        match symbols {
            Symbols::Braille | Symbols::Octant => (2, 4),
            Symbols::Block => (1, 2),
            Symbols::Ascii => (1, 1),
        }
    }

    /// Rows of dots.
    fn rows(&self) -> usize {
        usize::from(self.area.height) * Plot::grain(self.symbols).1
    }

    /// The row of dots that `value` falls on, 0 at the top.
    fn row(&self, value: f64, scale: &Scale) -> usize {
        let last = self.rows().saturating_sub(1);
        last - (scale.share(value) * last as f64).round() as usize
    }

    /// Draws a line over what is there. `mark` is its character where only ASCII may be used.
    pub fn line(&mut self, columns: &[PlotColumn], scale: &Scale, stroke: Stroke, style: Style, mark: char) {
        let mut before: Option<(usize, usize)> = None;
        for (x, column) in columns.iter().enumerate() {
            let Some((low, high)) = column else {
                before = None;
                continue;
            };
            let (top, bottom) = (self.row(*high, scale), self.row(*low, scale));
            let (mut from, mut to) = (top, bottom);
            if !stroke.dotted()
                && let Some((above, below)) = before
            {
                // Join upright to the nearest dot of the column before.
                from = from.min(below);
                to = to.max(above);
            }
            // In ASCII the marks differ, and a line of few columns needs each of them.
            let every =
                if self.symbols == Symbols::Ascii { 1.max(stroke.apart() / 2) } else { stroke.apart() };
            let gap = self.symbols != Symbols::Ascii && stroke.gap(x) && to <= from + 1;
            if x % every == 0 && !gap {
                (from..=to).for_each(|y| self.dot(x, y, style, mark));
            }
            before = Some((top, bottom));
        }
    }

    /// Sets one dot.
    fn dot(&mut self, x: usize, y: usize, style: Style, mark: char) {
        let (across, down) = Plot::grain(self.symbols);
        let (column, row) = (x / across, y / down);
        let width = usize::from(self.area.width);
        if column < width
            && let Some(cell) = self.cells.get_mut(row * width + column)
        {
            cell.mask |= 1 << (x % across + (y % down) * across);
            (cell.style, cell.mark) = (style, mark);
        }
    }

    /// Puts the dots into `buffer`; cells without dots stay as they are, and so does each background.
    pub fn paint(&self, buffer: &mut Buffer) {
        let width = usize::from(self.area.width).max(1);
        for (index, dots) in self.cells.iter().enumerate().filter(|(_, d)| d.mask != 0) {
            let at = (self.area.x + (index % width) as u16, self.area.y + (index / width) as u16);
            if let Some(cell) = buffer.cell_mut(at) {
                fill_half(cell);
                cell.set_char(self.glyph(dots)).set_style(Style { bg: None, ..dots.style });
            }
        }
    }

    /// The character that shows a cell's dots.
    fn glyph(&self, dots: &Dots) -> char {
        match self.symbols {
            Symbols::Braille => braille(dots.mask),
            Symbols::Octant => OCTANTS[usize::from(dots.mask)],
            Symbols::Block => ['█', '▀', '▄', '█'][usize::from(dots.mask & 3)],
            Symbols::Ascii => dots.mark,
        }
    }
}

/// The braille pattern for dots in reading order (Unicode numbers them down the columns, the last row apart).
fn braille(mask: u8) -> char {
    const BITS: [u32; 8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
    let bits = (0..8).filter(|i| mask & (1 << i) != 0).map(|i| BITS[i]).sum::<u32>();
    char::from_u32(0x2800 + bits).unwrap_or('⣿')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    fn axis(columns: usize) -> TimeAxis {
        TimeAxis { start: at_epoch(0), bucket: 60, columns }
    }

    #[test]
    fn a_gap_stays_open() {
        let series = Series::from_values(at_epoch(0), 60, [Some(1.0), None, Some(3.0)]);
        assert_eq!(
            columns(&series, &axis(4), Stroke::Solid),
            [Some((1.0, 1.0)), None, Some((3.0, 3.0)), None]
        );
    }

    #[test]
    fn many_samples_a_column_keep_their_extremes() {
        let series = Series::from_values(at_epoch(0), 20, [1.0, 9.0, 4.0, 2.0, 2.0, 3.0].map(Some));
        assert_eq!(columns(&series, &axis(2), Stroke::Solid), [Some((1.0, 9.0)), Some((2.0, 3.0))]);
    }

    #[test]
    fn wide_steps_run_from_centre_to_centre_and_counts_stay_level() {
        let series = Series::from_values(at_epoch(0), 120, [Some(0.0), Some(8.0)]);
        let line = columns(&series, &axis(4), Stroke::Solid);
        // The centres lie on the left edges of the second column and the fourth.
        assert_eq!(line, [Some((0.0, 0.0)), Some((0.0, 2.0)), Some((6.0, 6.0)), Some((8.0, 8.0))]);
        let steps = columns(&series, &axis(4), Stroke::Steps);
        assert_eq!(steps, [Some((0.0, 0.0)), Some((0.0, 0.0)), Some((8.0, 8.0)), Some((8.0, 8.0))]);
    }

    #[test]
    fn a_peak_is_as_high_as_it_was_at_every_zoom() {
        let mut values = vec![Some(1.0); 40];
        values[17] = Some(50.0);
        let series = Series::from_values(at_epoch(0), 60, values);
        for bucket in [7, 35, 48, 59, 60, 61, 250] {
            let axis = TimeAxis { start: at_epoch(0), bucket, columns: 2_400 / bucket as usize };
            let highest = columns(&series, &axis, Stroke::Solid).into_iter().flatten().map(|(_, high)| high);
            assert_eq!(highest.fold(0.0, f64::max), 50.0, "{bucket} s a column");
        }
    }

    #[test]
    fn lines_are_joined_and_predictions_are_not() {
        let area = Rect::new(0, 0, 2, 1);
        let scale = Scale { low: 0.0, high: 3.0, step: 1.0, log: false };
        let shown = |stroke| {
            let mut plot = Plot::new(area, Symbols::Braille);
            plot.line(
                &[Some((0.0, 0.0)), Some((3.0, 3.0)), Some((3.0, 3.0))],
                &scale,
                stroke,
                Style::new(),
                '*',
            );
            let mut buffer = Buffer::empty(area);
            plot.paint(&mut buffer);
            buffer.content().iter().map(|c| c.symbol().to_owned()).collect::<String>()
        };
        assert_eq!(shown(Stroke::Solid), "⣸⠁");
        assert_eq!(shown(Stroke::Dotted), "⡀⠁");
    }

    #[test]
    fn dashes_leave_gaps_where_a_line_is_level_and_none_where_it_has_a_peak() {
        let area = Rect::new(0, 0, 6, 1);
        let scale = Scale { low: 0.0, high: 3.0, step: 1.0, log: false };
        let shown = |peak: usize, symbols| {
            let values: Vec<PlotColumn> = (0..12)
                .map(|x| if x == peak { 3.0 } else { 0.0 })
                .map(|value| Some((value, value)))
                .collect();
            let mut plot = Plot::new(area, symbols);
            plot.line(&values, &scale, Stroke::Dashed, Style::new(), 'o');
            let mut buffer = Buffer::empty(area);
            plot.paint(&mut buffer);
            buffer.content().iter().map(|c| c.symbol().to_owned()).collect::<String>()
        };
        assert_eq!(shown(99, Symbols::Braille), "⣀⣀ ⣀⣀ ");
        assert_eq!(shown(99, Symbols::Block), "▄▄▄▄  ");
        assert_eq!(shown(99, Symbols::Octant), "▂▂ ▂▂ ");
        assert_eq!(shown(99, Symbols::Ascii), "oooooo", "its mark is another");
        for peak in 0..11 {
            let shown = shown(peak, Symbols::Braille);
            assert!(shown.contains(['⡇', '⢸', '⣸', '⣇', '⢹', '⡏', '⣿']), "{peak}: {shown}");
        }
    }
}
