//! The training panel: where it stands, how far it is, and its loss curve.

use ratatui::{Frame, layout::Rect, style::Style};

use super::wrapped;
use crate::{
    console::{
        draw::{
            axis::Scale,
            plot::{Plot, PlotColumn, Stroke},
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    link::{EpochLoss, TrainingState, TrainingView},
};

/// Draws the newest training, running or over.
pub fn draw(frame: &mut Frame<'_>, area: Rect, training: &TrainingView, theme: &Theme) {
    let inner = pane::framed(frame, area, &format!("Training for {}", training.group), theme);
    let width = usize::from(inner.width);
    let (state, role) = match &training.state {
        TrainingState::Running => ("running".to_owned(), Role::Info),
        TrainingState::Done(words) => (format!("done: {words}"), Role::Good),
        TrainingState::Cancelled => ("cancelled".to_owned(), Role::Warning),
        TrainingState::Failed(words) => (format!("failed: {words}"), Role::Critical),
    };
    let mut rows = wrapped(&format!("{}: {state}", training.what), width, role, theme);
    rows.push(pane::line(text::cut(&progress(training, width), width), Role::Text, theme));
    let (text, chart) = pane::above_and_below(inner, inner.height.saturating_sub(rows.len() as u16));
    pane::lines(frame, text, rows, theme);
    // What is over has no more epochs to come.
    let to_come = if training.state == TrainingState::Running { training.epochs } else { 0 };
    draw_losses(frame, chart, &training.losses, to_come, theme);
}

/// `epoch 12/40 [=====>    ] 35 s left`; without a bar when it is over: many end before their last epoch.
fn progress(training: &TrainingView, width: usize) -> String {
    let (done, all) = (training.losses.len(), training.epochs.max(training.losses.len()));
    if training.state != TrainingState::Running {
        let plural = if done == 1 { "" } else { "s" };
        return format!("{done} epoch{plural} of at most {all}");
    }
    let left = match (&training.state, training.eta.filter(|s| s.is_finite())) {
        (TrainingState::Running, Some(seconds)) => format!(" {} left", duration(seconds)),
        _ => String::new(),
    };
    let room = width.saturating_sub(20 + left.len()).min(40);
    let full = (done * room).checked_div(all).unwrap_or(0);
    let bar = format!("{}{}", "=".repeat(full), " ".repeat(room - full));
    format!("epoch {done}/{all} [{bar}]{left}")
}

fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).ceil() as u64;
    match whole {
        0..=99 => format!("{whole} s"),
        100..=5_999 => format!("{} min", whole.div_ceil(60)),
        _ => format!("{} h", whole.div_ceil(3_600)),
    }
}

/// Loss over `epochs`, or those that there are: training dotted, validation as a line, each named at its end; a logarithmic axis
/// when the values span more than a decade.
fn draw_losses(frame: &mut Frame<'_>, area: Rect, losses: &[EpochLoss], epochs: usize, theme: &Theme) {
    const GUTTER: u16 = 9;
    const NAMES: u16 = 7;
    let known = losses.iter().flat_map(|l| [l.train, l.valid]).filter(drawable);
    let (low, high) = known.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
    if low > high || area.height < 4 || area.width < GUTTER + NAMES + 8 {
        return;
    }
    let log = low > 0.0 && high / low > 10.0;
    let level = |v: f64| if log { v.log10() } else { v };
    let span = level(high) - level(low);
    let share = |v: f64| if span > 0.0 { (level(v) - level(low)) / span } else { 0.5 };
    let (plot, axis) = pane::above_and_below(area, 1);
    let (labels, rest) = pane::left_and_right(plot, GUTTER);
    let (plot, names) = pane::left_and_right(rest, rest.width - NAMES);
    let last = epochs.max(losses.len()).max(2);
    let scale = Scale { low: -0.05, high: 1.05, step: 1.0, log: false };
    let columns = usize::from(plot.width) * Plot::grain(theme.symbols()).0;
    let curve = |get: fn(&EpochLoss) -> f64| curve(losses, get, share, (columns, last));
    let curves = [curve(|l| l.train), curve(|l| l.valid)];
    let mut dots = Plot::new(plot, theme.symbols());
    dots.line(&curves[0], &scale, Stroke::Dotted, theme.style(Role::Second), ':');
    dots.line(&curves[1], &scale, Stroke::Solid, theme.style(Role::Predicted), '*');
    dots.paint(frame.buffer_mut());
    for (y, value) in [(labels.y, high), (labels.bottom() - 1, low)] {
        let text = format!("{:>8} ", text::cut(&number(value), 8));
        put(frame, Rect { y, height: 1, ..labels }, &text, theme.style(Role::Muted));
    }
    let kind = if log { "loss, log axis" } else { "loss" };
    let text = format!("{:9}epochs 1 to {last} ({kind}; train dotted, valid line)", "");
    put(frame, axis, &text, theme.style(Role::Muted));
    let newest = curves.iter().filter_map(|curve| curve.iter().rposition(Option::is_some)).max();
    let end =
        newest.map_or(plot.width, |at| (at / Plot::grain(theme.symbols()).0) as u16 + 1).min(plot.width);
    name_ends(frame, Rect { x: plot.x + end, ..names }, &curves, &scale, theme);
}

/// Losses beyond this are no use on a chart, and their differences would overflow.
fn drawable(loss: &f64) -> bool {
    loss.abs() <= 1e100
}

/// The scaled losses on so many dot columns for so many epochs, straight between two epochs; open where a loss is no
/// number, and after the newest.
fn curve(
    losses: &[EpochLoss],
    get: fn(&EpochLoss) -> f64,
    share: impl Fn(f64) -> f64,
    (columns, last): (usize, usize),
) -> Vec<PlotColumn> {
    let value = |epoch: usize| losses.get(epoch).map(get).filter(drawable).map(&share);
    let steps = columns.saturating_sub(1).max(1) as f64;
    (0..columns)
        .map(|column| {
            let at = column as f64 * (last - 1) as f64 / steps;
            let (epoch, part) = (at.floor() as usize, at.fract());
            let here = value(epoch)?;
            let there = if part > 0.0 { value(epoch + 1)? } else { here };
            let value = here + part * (there - here);
            Some((value, value))
        })
        .collect()
}

/// Writes the names of the curves at the height of their last values, one row apart at least.
fn name_ends(frame: &mut Frame<'_>, area: Rect, curves: &[Vec<PlotColumn>; 2], scale: &Scale, theme: &Theme) {
    let row = |points: &[PlotColumn]| {
        let (_, newest) = points.iter().rev().find_map(|point| *point)?;
        let share = 1.0 - scale.share(newest);
        Some(((share * f64::from(area.height)) as u16).min(area.height - 1))
    };
    let valid = row(&curves[1]);
    let train = row(&curves[0]).map(|r| match valid {
        Some(v) if v == r && r + 1 < area.height => r + 1,
        Some(v) if v == r => r.saturating_sub(1),
        _ => r,
    });
    for (name, row, role) in [("train", train, Role::Second), ("valid", valid, Role::Predicted)] {
        if let Some(row) = row {
            let line = Rect { y: area.y + row, height: 1, ..area };
            put(frame, line, &format!(" {name}"), theme.style(role));
        }
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        v if v != 0.0 && !(1e-3..1e5).contains(&v) => format!("{value:.1e}"),
        _ => format!("{value:.4}"),
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, text: &str, style: Style) {
    let text = text::cut(text, usize::from(area.width));
    frame.buffer_mut().set_string(area.x, area.y, text, style);
}
