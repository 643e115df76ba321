//! What the fleet leaves room for: charts of the chosen group, what is unusual about it, and what happened of late.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        draw::{
            axis::{self, local},
            theme::{Role, Theme},
        },
        pages::{group, journal},
        widgets::{level, pane, reasons, text},
    },
    link::{Chart, GroupDetail, GroupRow, PastMoment, View},
};

/// Least rows for a chart, for a chart with panels under it, and for a second chart.
pub const ROWS: (u16, u16, u16) = (8, 13, 20);
/// From this width on two panels stand side by side.
const WIDE: u16 = 110;

/// Draws into `area` what there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, row: &GroupRow, view: &View, theme: &Theme) {
    if area.height < ROWS.0 {
        return;
    }
    let panels = if area.height >= ROWS.1 { (area.height / 3).clamp(5, 12) } else { 0 };
    let (above, below) = pane::above_and_below(area, panels);
    draw_charts(frame, above, row, None, (view, theme));
    let half = if area.width >= WIDE { area.width / 2 } else { 0 };
    let (left, right) = pane::left_and_right(below, half);
    if half > 0 && panels > 0 {
        let inner = pane::framed(frame, left, &row.name, theme);
        pane::lines(frame, inner, about(row, view, usize::from(inner.width), theme), theme);
    }
    if panels > 0 {
        let inner = pane::framed(frame, right, "Recent events", theme);
        pane::lines(frame, inner, lately(view, usize::from(inner.width), inner.height, theme), theme);
    }
}

/// Draws into `area` the charts of `row` as of `then`, where there is room.
pub fn draw_then(frame: &mut Frame<'_>, area: Rect, row: &GroupRow, then: PastMoment, look: (&View, &Theme)) {
    if area.height >= ROWS.0 {
        draw_charts(frame, area, row, Some(then), look);
    }
}

/// The numbers of the chosen group and its first charts, of now or as of `then`, once the engine has sent them.
fn draw_charts(
    frame: &mut Frame<'_>,
    area: Rect,
    row: &GroupRow,
    then: Option<PastMoment>,
    (view, theme): (&View, &Theme),
) {
    let wanted = |detail: &&GroupDetail| {
        detail.name == row.name && detail.past.as_ref().map(|past| past.asked) == then
    };
    let Some(detail) = view.detail.as_ref().filter(wanted) else {
        let text = format!("Loading charts of {}.", row.name);
        return pane::write(
            frame,
            area,
            0,
            &text::cut(&text, usize::from(area.width)),
            theme.style(Role::Muted),
        );
    };
    let (first, charts) = pane::above_and_below(area, area.height - 1);
    let (line, now) = match &detail.past {
        Some(past) => (group::banner(past, detail, view, theme, usize::from(first.width)), past.at),
        None => (group::words::numbers(detail, view, theme), None),
    };
    pane::lines(frame, first, [line], theme);
    let count = if charts.height >= ROWS.2 { 2 } else { 1 };
    let shown: Vec<&Chart> = detail.charts.iter().take(count).collect();
    if !shown.is_empty() {
        let read = group::ChartReading { now, ..group::ChartReading::default() };
        group::stack(frame, charts, detail, &shown, read, (view, theme));
    }
}

/// All that is unusual about a group, whole, then its forecasts.
fn about(row: &GroupRow, view: &View, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let proposal = row.proposal.and_then(|id| view.proposals.iter().find(|p| p.id == id));
    if let Some(p) = proposal {
        let text = format!("proposal {}: {} {} to {}", p.id, p.moves(), p.from, p.to);
        out.extend(reasons::bullet(theme.glyph("◆", "*"), &text, Role::Warning, theme, width));
    }
    for badge in &row.badges {
        let (role, mark) = level(badge.level, theme);
        out.extend(reasons::bullet(mark, &badge.text, role, theme, width));
    }
    if let Some((name, start)) = &row.next_event {
        let zone = axis::zone(&view.zone);
        let when = if *start <= view.now { "now".to_owned() } else { local(*start, zone) };
        out.extend(pane::labelled("next", &format!("{name}, {when}"), width, theme));
    }
    out.extend(pane::labelled("policy", &row.policy, width, theme));
    let scored = view.whole_row(&row.name).is_some();
    let model = if scored { group::words::score(row) } else { row.model.clone() };
    out.extend(pane::labelled("model", &model, width, theme));
    if let Some(coverage) = row.coverage {
        let text = format!("p95 covered {:.1} %", 100.0 * coverage);
        out.extend(pane::labelled("band", &text, width, theme));
    }
    out
}

/// Every notice where there are several, then the newest of the journal.
fn lately(view: &View, width: usize, most: u16, theme: &Theme) -> Vec<Line<'static>> {
    let notices = view.notices.iter().filter(|_| view.notices.len() > 1);
    let mut out: Vec<Line<'static>> = notices
        .map(|notice| {
            let (role, mark) = level(notice.level, theme);
            pane::line(text::cut(&format!("{mark} {}", notice.text), width), role, theme)
        })
        .collect();
    let room = usize::from(most).saturating_sub(out.len());
    out.extend(journal::folded(view).into_iter().take(room).map(|item| {
        let entry = item.entry;
        let group = entry.group.as_deref().unwrap_or("all groups");
        let (at, times) = (item.at("%H:%M"), item.times());
        let text = format!("{at} {group}: {times}{}: {}", entry.kind, entry.text);
        pane::line(text::cut(&text, width), Role::Text, theme)
    }));
    if out.is_empty() {
        out.push(pane::line("Nothing has happened yet.", Role::Muted, theme));
    }
    out
}
