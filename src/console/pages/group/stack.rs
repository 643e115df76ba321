//! Charts one above the other on one time axis, as the group page and the fleet page show them.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

use crate::{
    console::draw::{
        axis::zone,
        chart::{ChartPainter, OutlookCurves},
        theme::Theme,
    },
    domain::Time,
    link::{Chart, ChartKind, GroupDetail, LineRole, View},
};

/// How charts are read: the moment whose values stand in the headings, and the kind of value axis.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::console) struct ChartReading {
    /// The crosshair.
    pub cross: Option<Time>,
    /// Logarithmic value axes.
    pub log: bool,
    /// Where the past ends, if that is not now.
    pub now: Option<Time>,
}

/// Draws `charts` one above the other on one time axis, whose labels stand under the last.
pub(in crate::console) fn stack(
    frame: &mut Frame<'_>,
    area: Rect,
    detail: &GroupDetail,
    charts: &[&Chart],
    read: ChartReading,
    (view, theme): (&View, &Theme),
) {
    let several = charts.len() > 1;
    let heights = (0..charts.len()).map(|i| Constraint::Fill(if i == 0 && several { 4 } else { 3 }));
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let places = Layout::vertical(heights).split(above);
    let end = forecast_end(detail);
    let seen = end < detail.until;
    let outlook = OutlookCurves::of(&detail.outlook, end).filter(|_| seen);
    let carried = carried(detail).filter(|_| seen);
    let needed = carried.and_then(|carried| OutlookCurves::needed(&detail.outlook, end, carried));
    for (index, (place, chart)) in places.iter().zip(charts).enumerate() {
        let last = place.bottom() == above.bottom();
        let painter = ChartPainter {
            chart,
            outlook: match chart.kind {
                ChartKind::Demand => outlook.as_ref(),
                ChartKind::Instances => needed.as_ref(),
                _ => None,
            },
            from: detail.from,
            until: detail.until,
            now: read.now.unwrap_or(view.now),
            cross: read.cross,
            zone: zone(&view.zone),
            events: &detail.events,
            theme,
            names: index == 0,
            labels: last,
            log: read.log,
        };
        let height = place.height + u16::from(last);
        painter.draw(Rect { height, ..*place }, frame.buffer_mut());
    }
}

/// Demand that one instance carries at 100 %, and the plan's target.
fn carried(detail: &GroupDetail) -> Option<(f64, f64)> {
    Some((detail.capacity.as_ref()?.0, detail.plan.as_ref()?.basis.as_ref()?.target))
}

/// First moment that the forecast says nothing of.
fn forecast_end(detail: &GroupDetail) -> Time {
    let lines = detail.charts.iter().flat_map(|chart| &chart.lines);
    let predicted = lines.filter(|line| line.role == LineRole::Predicted);
    predicted.map(|line| line.series.known_until()).max().unwrap_or(detail.from)
}
