//! The charts and the panel of the group page.

use ratatui::{Frame, layout::Rect};

use super::{
    GroupPage, past,
    stack::{ChartReading, stack},
    words,
};
use crate::{
    console::{
        draw::{
            chart,
            theme::{Role, Theme},
        },
        widgets::pane::{self, lines, write},
    },
    link::{GroupDetail, View},
};

impl GroupPage {
    /// As many charts as fit, each at least five rows high.
    pub(super) fn draw_charts(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        detail: &GroupDetail,
        look: (&View, &Theme),
    ) {
        let theme = look.1;
        let charts = self.charts(detail);
        let count = charts.len();
        if count == 0 {
            let text = match self.back.moment() {
                Some(_) => "  No charts: there is no decision to show them for.",
                None => "  No metrics yet; the first arrive within two minutes.",
            };
            return write(frame, area, 0, text, theme.style(Role::Muted));
        }
        let room = usize::from(area.height.saturating_sub(1) / 5).clamp(1, count);
        self.room.set(room);
        self.cell.set(chart::cell(detail.from, detail.until, area.width, theme));
        let (first, room) = match self.expanded {
            Some(chart) => (chart.min(count - 1), 1),
            None => (self.first.min(count - room), room),
        };
        let now = detail.past.as_ref().and_then(|past| past.at);
        let read = ChartReading { cross: self.window.cross, log: self.window.log, now };
        stack(frame, area, detail, &charts[first..first + room], read, look);
    }

    /// The panel with the plan: of now, or of then.
    pub(super) fn draw_panel(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        detail: &GroupDetail,
        (view, theme): (&View, &Theme),
    ) {
        if self.thought.is_open() {
            return self.thought.draw(frame, area, detail, (view, theme));
        }
        let past = detail.past.as_deref();
        let title = match past {
            Some(past) => past.decision.as_ref().map_or("Plan then".into(), past::title),
            None => words::title(detail, view),
        };
        let inner = pane::framed(frame, area, &title, theme);
        let width = usize::from(inner.width);
        let text = match past {
            Some(past) => past::side(past, detail, view, theme, width),
            None => words::side(detail, view, theme, width),
        };
        let [from] = match self.expanded {
            Some(_) => self.scroll.first([(text.len(), inner.height)]),
            None => [0],
        };
        lines(frame, inner, text.into_iter().skip(from), theme);
    }
}
