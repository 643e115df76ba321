//! One group in full: charts on one time axis (`window` says which stretch), the newest plan with its reasons, the
//! last activities (`words`).

mod window;
pub(in crate::console) mod words;

use std::{borrow::Cow, cell::Cell};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use self::window::ChartWindow;
use super::page::Page;
use crate::{
    console::{
        draw::{
            axis::zone,
            chart::{self, AXIS, ChartPainter, OutlookCurves},
            theme::{Role, Theme},
        },
        input::action::{Action, PageId},
        widgets::{
            outcome::Outcome,
            pane::{self, lines, write},
        },
    },
    domain::{Seconds, Time, text::clean},
    link::{Chart, ChartKind, GroupDetail, LineRole, View, Viewport},
};

/// Columns beside the charts that the plan needs.
const SIDE: u16 = 46;
/// From this width on the plan stands beside the charts, below it under them.
const WIDE: u16 = 110;
/// From this height on a line says which range is shown.
const TALL: u16 = 28;

/// The group page.
#[derive(Debug)]
pub struct GroupPage {
    group: Option<String>,
    window: ChartWindow,
    /// First chart shown.
    first: usize,
    /// The chart that fills the page.
    expanded: Option<usize>,
    /// Charts that had room when last drawn, so that scrolling stops at the last.
    room: Cell<usize>,
    /// Seconds that a cell of the charts covered when last drawn.
    cell: Cell<Seconds>,
}

impl Default for GroupPage {
    fn default() -> Self {
        let window = ChartWindow::default();
        GroupPage { group: None, window, first: 0, expanded: None, room: Cell::new(1), cell: Cell::new(60) }
    }
}

impl GroupPage {
    /// Detail of the group wanted, if the view has it.
    fn detail<'a>(&self, view: &'a View) -> Option<&'a GroupDetail> {
        view.detail.as_ref().filter(|d| self.group.as_ref().is_none_or(|g| *g == d.name))
    }

    /// As many charts as fit, each at least five rows high.
    fn draw_charts(&self, frame: &mut Frame<'_>, area: Rect, detail: &GroupDetail, look: (&View, &Theme)) {
        let theme = look.1;
        let count = detail.charts.len();
        if count == 0 {
            write(
                frame,
                area,
                0,
                "  No metrics yet; the first arrive within two minutes.",
                theme.style(Role::Muted),
            );
            return;
        }
        let room = usize::from(area.height.saturating_sub(1) / 5).clamp(1, count);
        self.room.set(room);
        self.cell.set(chart::cell(detail.from, detail.until, area.width, theme));
        let (first, room) = match self.expanded {
            Some(chart) => (chart.min(count - 1), 1),
            None => (self.first.min(count - room), room),
        };
        stack(frame, area, detail, &detail.charts[first..first + room], self.window.cross, look);
    }

    /// The line that says which stretch of time is shown.
    fn draw_range(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let mut spans = vec![Span::styled("range ", theme.style(Role::Muted))];
        for (name, shown) in self.window.ranges() {
            let (text, role) = if shown {
                (Cow::Owned(format!("[{name}]")), Role::Selected)
            } else {
                (Cow::Owned(format!(" {name} ")), Role::Muted)
            };
            spans.push(Span::styled(text, theme.style(role)));
        }
        let role = if self.window.until.is_some() { Role::Warning } else { Role::Muted };
        let words = self.window.words(zone(&view.zone));
        spans.push(Span::styled(format!("   {words}"), theme.style(role)));
        frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    }
}

/// Draws `charts` one above the other on one time axis, whose labels stand under the last.
pub(in crate::console) fn stack(
    frame: &mut Frame<'_>,
    area: Rect,
    detail: &GroupDetail,
    charts: &[Chart],
    cross: Option<Time>,
    (view, theme): (&View, &Theme),
) {
    let several = charts.len() > 1;
    let heights = (0..charts.len()).map(|i| Constraint::Fill(if i == 0 && several { 4 } else { 3 }));
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let places = Layout::vertical(heights).split(above);
    let end = forecast_end(detail);
    let outlook = OutlookCurves::of(&detail.outlook, end).filter(|_| end < detail.until);
    for (index, (place, chart)) in places.iter().zip(charts).enumerate() {
        let last = place.bottom() == above.bottom();
        let painter = ChartPainter {
            chart,
            outlook: outlook.as_ref().filter(|_| chart.kind == ChartKind::Demand),
            from: detail.from,
            until: detail.until,
            now: view.now,
            cross,
            zone: zone(&view.zone),
            events: &detail.events,
            theme,
            names: index == 0,
            labels: last,
        };
        let height = place.height + u16::from(last);
        painter.draw(Rect { height, ..*place }, frame.buffer_mut());
    }
}

/// First moment that the forecast says nothing of.
fn forecast_end(detail: &GroupDetail) -> Time {
    let lines = detail.charts.iter().flat_map(|chart| &chart.lines);
    let predicted = lines.filter(|line| line.role == LineRole::Predicted);
    predicted.map(|line| line.series.known_until()).max().unwrap_or(detail.from)
}

impl Page for GroupPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(detail) = self.detail(view) else {
            let text = match &self.group {
                Some(name) => format!("  Loading {}.", clean(name, 60)),
                None => "  No group is selected: open one on the fleet page (1, then Enter).".into(),
            };
            return write(frame, area, 1, &text, theme.style(Role::Muted));
        };
        let range = u16::from(area.height >= TALL || self.expanded.is_some());
        let rows = [Constraint::Length(1), Constraint::Length(range), Constraint::Fill(1)];
        let [top, second, rest] = Layout::vertical(rows).areas(area);
        frame.buffer_mut().set_line(top.x, top.y, &words::numbers(detail, view, theme), top.width);
        if range > 0 {
            self.draw_range(frame, second, view, theme);
        }
        let panel_area = if self.expanded.is_some() {
            self.draw_charts(frame, rest, detail, (view, theme));
            return;
        } else if area.width >= WIDE {
            let [charts, side] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(SIDE)]).areas(rest);
            self.draw_charts(
                frame,
                Rect { width: charts.width.saturating_sub(1), ..charts },
                detail,
                (view, theme),
            );
            side
        } else {
            let below = (rest.height / 3).clamp(5, 9);
            let [charts, side] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(rest);
            self.draw_charts(frame, charts, detail, (view, theme));
            side
        };
        let inner = pane::framed(frame, panel_area, &words::title(detail), theme);
        lines(frame, inner, words::side(detail, view, theme, usize::from(inner.width)), theme);
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        let count = self.detail(view).map_or(0, |d| d.charts.len());
        match action {
            Action::Up => self.first = self.first.saturating_sub(1),
            Action::Down => self.first = (self.first + 1).min(count.saturating_sub(self.room.get())),
            Action::Expand => {
                let next = self.expanded.map_or(self.first, |i| i + 1);
                self.expanded = (next < count).then_some(next);
            }
            Action::Back if self.window.cross.is_none() && self.expanded.is_some() => self.expanded = None,
            Action::Open => return Outcome::Open(PageId::PROPOSALS),
            other => return self.window.act(other, self.cell.get(), view),
        }
        Outcome::Changed
    }

    fn look_at(&mut self, group: &str) {
        if self.group.as_deref() != Some(group) {
            *self = GroupPage { group: Some(group.to_owned()), window: self.window, ..GroupPage::default() };
        }
    }

    fn chosen_group(&self, _view: &View) -> Option<String> {
        self.group.clone()
    }

    fn viewport(&self, _view: &View, width: u16) -> Option<Viewport> {
        let side = if self.expanded.is_none() && width >= WIDE { SIDE + 1 } else { 0 };
        let columns = width.saturating_sub(AXIS + side).max(10);
        Some(Viewport {
            group: self.group.clone(),
            until: self.window.until,
            past: self.window.past(),
            ahead: self.window.ahead(),
            points: usize::from(columns) * 2,
            overlay: self.window.overlay,
            decision: None,
        })
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Range,
            Action::ZoomIn,
            Action::ZoomOut,
            Action::Now,
            Action::Crosshair,
            Action::Overlay,
            Action::Expand,
            Action::Mode,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::{
            draw::{style::Depth, theme::Symbols},
            tests::fixture::{now, shot, view},
        },
        domain::shift,
    };

    #[test]
    fn a_group_with_few_means() {
        for (name, symbols) in [("block", Symbols::Block), ("ascii", Symbols::Ascii)] {
            let theme = Theme::load("dark", Depth::None, symbols).expect("built in");
            let shown = shot(&GroupPage::default(), &view(), &theme, 120, 40);
            assert!(symbols != Symbols::Ascii || shown.is_ascii() || !shown.contains('⣿'));
            insta::assert_snapshot!(format!("group_{name}_without_colours"), shown);
        }
    }

    #[test]
    fn panning_zooming_and_expanding_change_what_is_asked() {
        let (mut page, view) = (GroupPage::default(), view());
        page.look_at("shop");
        page.act(Action::Left, &view);
        let asked = page.viewport(&view, 120).expect("charts need data");
        assert_eq!(asked.until, Some(shift(now(), -5_400)));
        page.act(Action::Right, &view);
        assert_eq!(page.viewport(&view, 120).expect("charts need data").until, None);
        page.act(Action::ZoomOut, &view);
        assert_eq!(page.viewport(&view, 120).expect("charts need data").past, 43_200);
        (0..5).for_each(|_| assert_eq!(page.act(Action::Expand, &view), Outcome::Changed));
        assert_eq!(page.expanded, Some(4));
        page.act(Action::Expand, &view);
        assert_eq!(page.expanded, None);
    }
}
