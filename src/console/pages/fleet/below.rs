//! What the fleet leaves room for: charts of the chosen group, what is unusual about it, and what happened of late.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        draw::{
            axis::{self, local},
            theme::{Role, Theme},
        },
        pages::group,
        widgets::{level, pane, reasons, text},
    },
    link::{GroupRow, View},
};

/// Least rows for a chart, for a chart with panels under it, and for a second chart.
const ROWS: (u16, u16, u16) = (8, 13, 20);
/// From this width on two panels stand side by side.
const WIDE: u16 = 110;

/// Draws into `area` what there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, row: &GroupRow, view: &View, theme: &Theme) {
    if area.height < ROWS.0 {
        return;
    }
    let panels = if area.height >= ROWS.1 { (area.height / 3).clamp(5, 12) } else { 0 };
    let (above, below) = pane::above_and_below(area, panels);
    draw_charts(frame, above, row, view, theme);
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

/// The numbers of the chosen group and its first charts, once the engine has sent them.
fn draw_charts(frame: &mut Frame<'_>, area: Rect, row: &GroupRow, view: &View, theme: &Theme) {
    let Some(detail) = view.detail.as_ref().filter(|detail| detail.name == row.name) else {
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
    pane::lines(frame, first, [group::words::numbers(detail, view, theme)], theme);
    let count = if charts.height >= ROWS.2 { 2 } else { 1 };
    group::stack(
        frame,
        charts,
        detail,
        &detail.charts[..count.min(detail.charts.len())],
        None,
        (view, theme),
    );
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
    out.extend(pane::labelled("model", &group::words::score(row), width, theme));
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
    let zone = axis::zone(&view.zone);
    let room = usize::from(most).saturating_sub(out.len());
    out.extend(view.journal.iter().take(room).map(|entry| {
        let group = entry.group.as_deref().unwrap_or("all groups");
        let text = format!("{} {group}: {}: {}", axis::clock(entry.at, zone), entry.kind, entry.text);
        pane::line(text::cut(&text, width), Role::Text, theme)
    }));
    if out.is_empty() {
        out.push(pane::line("Nothing has happened yet.", Role::Muted, theme));
    }
    out
}
