//! One group in full: charts on one time axis, the newest plan with its reasons, the last activities.

use std::cell::Cell;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::{labelled, lines, panel, reasons, write};
use crate::{
    console::{
        axis::{length, local, short, zone},
        chart::{AXIS, ChartPainter},
        keymap::Action,
        page::{Outcome, Page, Target},
        theme::{Role, Theme},
    },
    domain::{Seconds, Time, decision::Mode, ledger::Score, shift, text::clean},
    link::{GroupDetail, LedgerView, View, Viewport},
};

/// Hours of the past on the charts, by zoom level.
const ZOOM: [Seconds; 9] = [1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 2 * 86_400, 4 * 86_400, 7 * 86_400];
/// Columns beside the charts that the plan needs.
const SIDE: u16 = 46;
/// From this width on the plan stands beside the charts, below it under them.
const WIDE: u16 = 110;

/// The group page.
#[derive(Debug)]
pub struct GroupPage {
    group: Option<String>,
    zoom: usize,
    /// Last moment of the past shown; `None` follows the clock.
    until: Option<Time>,
    /// First chart shown.
    first: usize,
    /// The chart that fills the page.
    expanded: Option<usize>,
    /// Charts that had room when last drawn, so that scrolling stops at the last.
    room: Cell<usize>,
}

impl Default for GroupPage {
    fn default() -> Self {
        GroupPage { group: None, zoom: 3, until: None, first: 0, expanded: None, room: Cell::new(1) }
    }
}

impl GroupPage {
    fn past(&self) -> Seconds {
        ZOOM[self.zoom.min(ZOOM.len() - 1)]
    }

    /// Moves the charts by a quarter of their past; to now when the end passes it.
    fn pan(&mut self, direction: i64, view: &View) -> Outcome {
        let until = shift(self.until.unwrap_or(view.now), direction * self.past() / 4);
        self.until = (until < view.now).then_some(until);
        Outcome::Changed
    }

    /// Detail of the group wanted, if the view has it.
    fn detail<'a>(&self, view: &'a View) -> Option<&'a GroupDetail> {
        view.detail.as_ref().filter(|d| self.group.as_ref().is_none_or(|g| *g == d.name))
    }

    /// As many charts as fit, each at least five rows high.
    fn draw_charts(&self, frame: &mut Frame<'_>, area: Rect, detail: &GroupDetail, look: (&View, &Theme)) {
        let (view, theme) = look;
        let count = detail.charts.len();
        if count == 0 {
            write(frame, area, 0, "No metrics have arrived yet.", theme.style(Role::Muted));
            return;
        }
        let room = usize::from(area.height.saturating_sub(1) / 5).clamp(1, count);
        self.room.set(room);
        let (first, room) = match self.expanded {
            Some(chart) => (chart.min(count - 1), 1),
            None => (self.first.min(count - room), room),
        };
        let heights = (0..room).map(|i| Constraint::Fill(if i == 0 && room > 1 { 4 } else { 3 }));
        let above = Rect { height: area.height.saturating_sub(1), ..area };
        let places = Layout::vertical(heights).split(above);
        for (place, chart) in places.iter().zip(&detail.charts[first..]) {
            let last = place.bottom() == above.bottom();
            let painter = ChartPainter {
                chart,
                from: detail.from,
                until: detail.until,
                now: view.now,
                zone: zone(&view.zone),
                events: &detail.events,
                theme,
                labels: last,
            };
            let height = place.height + u16::from(last);
            painter.draw(Rect { height, ..*place }, frame.buffer_mut());
        }
    }
}

/// The group's line of numbers.
fn numbers(detail: &GroupDetail, view: &View, theme: &Theme) -> Line<'static> {
    let state = &detail.state;
    let row = view.groups.iter().find(|g| g.name == detail.name);
    let mode = row.map_or(String::new(), |r| format!("  mode {}", r.mode.name()));
    let refresh = state.refresh.as_ref().map_or(String::new(), |r| format!("  refresh {} %", r.percent));
    Line::from(vec![
        Span::styled(clean(&detail.name, 40), theme.style(Role::Title)),
        Span::styled(
            format!(
                "  {} in service, {} pending, desired {} ({}-{}){mode}{refresh}",
                state.in_service(),
                state.pending(),
                state.desired,
                state.min,
                state.max
            ),
            theme.style(Role::Text),
        ),
    ])
}

/// Plan, reasons, checks, what was learned of the group, activities.
fn side(detail: &GroupDetail, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let zone = zone(&view.zone);
    let heading = |text: String| Line::styled(text, theme.style(Role::Title));
    let mut out = Vec::new();
    match &detail.plan {
        Some(plan) => {
            let arrow = theme.glyph("→", ">");
            out.push(heading(format!(
                "Plan ({}): {} {arrow} {}",
                clean(&plan.policy, 20),
                plan.from,
                plan.want
            )));
            out.extend(reasons::plan(plan, theme, width));
        }
        None => out.push(heading("No plan yet: the forecast needs more history".into())),
    }
    if let Some(preflight) = &detail.preflight {
        out.extend(reasons::bullet(
            theme.glyph("☑", "#"),
            &reasons::summary(preflight),
            Role::Info,
            theme,
            width,
        ));
    }
    let (lead, launches) = detail.lead;
    out.push(labelled("lead time", format!("{} (p90 of {launches} launches)", length(lead)), theme));
    if let Some((warm, launches)) = detail.warm {
        let text = format!("{} out of the pool (p90 of {launches})", length(warm));
        out.push(labelled("warm", text, theme));
    }
    let capacity = detail.capacity.as_ref();
    let said = capacity.map_or("not learned yet".into(), |(v, how)| {
        format!("{} an instance; {}", short(*v), clean(how, 60))
    });
    out.extend(reasons::bullet("", &format!("capacity  {said}"), Role::Muted, theme, width + 2));
    if let Some(row) = view.groups.iter().find(|g| g.name == detail.name) {
        out.push(labelled("model", score(row), theme));
    }
    if let Some(ledger) = &detail.ledger {
        let observes = view.groups.iter().any(|g| g.name == detail.name && g.mode == Mode::Observe);
        out.extend(score_lines(ledger, observes).map(|(label, text)| labelled(label, text, theme)));
    }
    if !detail.state.suspended.is_empty() {
        let names = detail.state.suspended.iter().map(|s| clean(s, 24)).collect::<Vec<_>>().join(", ");
        out.push(labelled("suspended", names, theme));
    }
    for policy in detail.state.policies.iter().filter(|p| p.enabled) {
        out.push(labelled("policy", clean(&policy.name, 40), theme));
    }
    out.push(heading("Last activities".into()));
    for activity in detail.state.activities.iter().take(8) {
        let failed = activity.message.as_ref().map_or(String::new(), |m| format!(": {m}"));
        let text = format!(
            "{} {} {}{failed}",
            local(activity.started, zone),
            activity.status.name(),
            activity.description
        );
        let role = if activity.status == crate::domain::group::ActivityStatus::Failed {
            Role::Warning
        } else {
            Role::Text
        };
        out.extend(reasons::bullet(theme.glyph("•", "-"), &text, role, theme, width));
    }
    out
}

/// The running score against the reactive twin: what was saved, or, in `observe`, what following the advice would have.
fn score_lines(ledger: &LedgerView, observes: bool) -> [(&'static str, String); 2] {
    let Score { acted, advised } = ledger.score;
    let (label, tally) = if observes { ("to save", advised) } else { ("saved", acted) };
    let hours = tally.hours_saved();
    let money = ledger.price.map_or(String::new(), |price| format!(" ({:.2})", price * hours));
    let saved = format!("{:.0} min above, {hours:.1} inst-h{money}", tally.minutes_saved());
    let since = ledger.since.format("%d %b");
    let twin = format!("target tracking {:.0} %, since {since}", 100.0 * ledger.tracking_target);
    [(label, saved), ("beside", twin)]
}

/// The champion and how well it did.
fn score(row: &crate::link::GroupRow) -> String {
    let percent = |v: f64| format!("{:.1} %", v * 100.0);
    let model = clean(&row.model, 30);
    match row.wape {
        Some((own, naive)) => format!("{model}, error {} (seasonal-naive {})", percent(own), percent(naive)),
        None => format!("{model}, not scored yet"),
    }
}

impl Page for GroupPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(detail) = self.detail(view) else {
            let text = match &self.group {
                Some(name) => format!("Reading {} …", clean(name, 60)),
                None => "No group is chosen: open one from the fleet.".into(),
            };
            return write(frame, area, 1, &text, theme.style(Role::Muted));
        };
        let [top, rest] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        frame.buffer_mut().set_line(top.x, top.y, &numbers(detail, view, theme), top.width);
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
        let block = panel("Plan", theme);
        let inner = block.inner(panel_area);
        frame.render_widget(block, panel_area);
        lines(frame, inner, &side(detail, view, theme, usize::from(inner.width)), theme);
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        let count = self.detail(view).map_or(0, |d| d.charts.len());
        match action {
            Action::Up => self.first = self.first.saturating_sub(1),
            Action::Down => self.first = (self.first + 1).min(count.saturating_sub(self.room.get())),
            Action::Left => return self.pan(-1, view),
            Action::Right => return self.pan(1, view),
            Action::Now | Action::Last => self.until = None,
            Action::ZoomIn => self.zoom = self.zoom.saturating_sub(1),
            Action::ZoomOut => self.zoom = (self.zoom + 1).min(ZOOM.len() - 1),
            Action::Expand => {
                let next = self.expanded.map_or(self.first, |i| i + 1);
                self.expanded = (next < count).then_some(next);
            }
            Action::Back if self.expanded.is_some() => self.expanded = None,
            Action::Open => return Outcome::Open(Target::Proposals),
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    fn look_at(&mut self, group: &str) {
        if self.group.as_deref() != Some(group) {
            *self = GroupPage { group: Some(group.to_owned()), zoom: self.zoom, ..GroupPage::default() };
        }
    }

    fn chosen_group(&self, _view: &View) -> Option<String> {
        self.group.clone()
    }

    fn viewport(&self, width: u16) -> Option<Viewport> {
        let side = if self.expanded.is_none() && width >= WIDE { SIDE + 1 } else { 0 };
        let columns = width.saturating_sub(AXIS + side).max(10);
        Some(Viewport {
            group: self.group.clone(),
            until: self.until,
            past: self.past(),
            ahead: (self.past() / 3).clamp(1_800, 2 * 86_400),
            points: usize::from(columns) * 2,
        })
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::ZoomIn, Action::ZoomOut, Action::Now, Action::Expand, Action::Mode]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::{
        style::Depth,
        theme::Symbols,
        views::fixture::{SIZES, now, shot, view},
    };

    #[test]
    fn a_group_at_every_size() {
        for (width, height) in SIZES {
            let shown = shot(&GroupPage::default(), &view(), &Theme::default(), width, height);
            insta::assert_snapshot!(format!("group_{width}x{height}"), shown);
        }
    }

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
        let asked = page.viewport(120).expect("charts need data");
        assert_eq!(asked.until, Some(shift(now(), -5_400)));
        page.act(Action::Right, &view);
        assert_eq!(page.viewport(120).expect("charts need data").until, None);
        page.act(Action::ZoomOut, &view);
        assert_eq!(page.viewport(120).expect("charts need data").past, 43_200);
        (0..5).for_each(|_| assert_eq!(page.act(Action::Expand, &view), Outcome::Changed));
        assert_eq!(page.expanded, Some(4));
        page.act(Action::Expand, &view);
        assert_eq!(page.expanded, None);
    }
}
