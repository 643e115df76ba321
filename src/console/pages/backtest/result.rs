//! The right-hand side of the backtest page: where it stands, figures, bars, and instances over time.

use ratatui::{Frame, layout::Rect, text::Line};

use super::figures;
use crate::{
    console::{
        draw::{
            axis::{self, zone},
            chart::ChartPainter,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    domain::series::Series,
    link::{Backtest, BacktestRow, BacktestState, Chart, ChartKind, LineRole, View},
};

/// Least rows of a chart.
const CHART: usize = 7;

/// What the page says before the first backtest.
pub(super) fn none(frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
    let inner = pane::framed(frame, area, "No result yet", theme);
    let text = "Choose a group and a number of past days. Each selected policy is simulated over them, minute by \
                minute, in the same engine that runs here; AWS is not changed. `oracle` knows the future: the least \
                that was possible. `recorded` is the group as it was.";
    let rows = text::wrap(text, usize::from(inner.width));
    pane::lines(frame, inner, rows.iter().map(|row| pane::line(row, Role::Muted, theme)), theme);
}

/// Draws the newest backtest; `chosen` is the policy on the form's cursor, which the chart shows.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    backtest: &Backtest,
    chosen: Option<&str>,
    (view, theme): (&View, &Theme),
) {
    let title = format!("Backtest of {}", backtest.group);
    let inner = pane::framed(frame, area, &title, theme);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut rows = state(backtest, view, width, theme);
    rows.extend(figures::table(backtest, chosen, width, theme));
    let words = backtest.remarks.iter().map(|remark| (remark.clone(), Role::Warning));
    let words = figures::verdict(backtest).map(|text| (text, Role::Info)).into_iter().chain(words);
    for (text, role) in words {
        rows.extend(text::wrap(&text, width).into_iter().map(|text| pane::line(text, role, theme)));
    }
    let bars = figures::bars(backtest, width, theme);
    if rows.len() + bars.len() + 2 + CHART <= height {
        rows.push(Line::default());
        rows.extend(bars);
        rows.push(Line::default());
    }
    let left = height.saturating_sub(rows.len());
    pane::lines(frame, inner, rows, theme);
    if left >= CHART {
        let (_, below) = pane::above_and_below(inner, left as u16);
        chart(frame, below, backtest, chosen, (view, theme));
    }
}

/// Where it stands, the time walked, and the numbers shared by all.
fn state(backtest: &Backtest, view: &View, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let zone = axis::zone(&view.zone);
    let stamp = |time| axis::stamp(time, zone, "%a %d %b %H:%M");
    let time = format!("{} to {}", stamp(backtest.from), stamp(backtest.until));
    let (word, role) = match &backtest.state {
        BacktestState::Running => (progress(backtest, width), Role::Info),
        BacktestState::Done => ("done".to_owned(), Role::Good),
        BacktestState::Cancelled => ("cancelled".to_owned(), Role::Warning),
        BacktestState::Failed(why) => (format!("failed: {why}"), Role::Critical),
    };
    let texts = [(time, Role::Text), (word, role), (backtest.basis.clone(), Role::Muted)];
    let lines = texts.into_iter().flat_map(|(text, role)| {
        text::wrap(&text, width).into_iter().map(move |text| pane::line(text, role, theme))
    });
    lines.collect()
}

/// `running  42 % [=====>    ]`.
fn progress(backtest: &Backtest, width: usize) -> String {
    let share = if backtest.share.is_finite() { backtest.share.clamp(0.0, 1.0) } else { 0.0 };
    let room = width.saturating_sub(18).min(40);
    let full = (share * room as f64) as usize;
    format!("running {:3.0} % [{}{}]", 100.0 * share, "=".repeat(full), ".".repeat(room - full))
}

/// Instances that the load needed, those of the chosen policy, and beside them those of the present one, else of another.
fn chart(
    frame: &mut Frame<'_>,
    area: Rect,
    backtest: &Backtest,
    chosen: Option<&str>,
    (view, theme): (&View, &Theme),
) {
    let line = |role, label: &str, series: &Series| {
        let newest = series.last_known().map(|(_, value)| value);
        crate::link::ChartLine::of(role, label, series.clone(), newest)
    };
    let of = |name: Option<&str>| backtest.rows.iter().find(|row| Some(row.summary.policy.as_str()) == name);
    let policy = |role, row: &BacktestRow| line(role, &row.summary.policy, &row.in_service);
    let first = of(chosen).or(backtest.rows.first());
    let other = |row: &&BacktestRow| Some(&row.summary.policy) != first.map(|f| &f.summary.policy);
    let beside = of(backtest.present.as_deref()).filter(other);
    let beside =
        beside.or_else(|| of(Some("recorded")).filter(other)).or_else(|| backtest.rows.iter().find(other));
    let lines = beside.map(|row| policy(LineRole::Desired, row)).into_iter();
    let lines = lines.chain(first.map(|row| policy(LineRole::InService, row)));
    let lines = lines.chain(backtest.needed.as_ref().map(|s| line(LineRole::Needed, "needed", s)));
    let chart = Chart::new(ChartKind::Instances, "Size", "", lines.collect());
    let painter = ChartPainter {
        chart: &chart,
        outlook: None,
        from: backtest.from,
        until: backtest.until,
        now: backtest.until,
        cross: None,
        zone: zone(&view.zone),
        events: &[],
        theme,
        names: false,
        labels: true,
        log: false,
    };
    painter.draw(area, frame.buffer_mut());
}
