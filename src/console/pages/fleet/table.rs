//! The table of the fleet: which columns have room, and one group's line in them.

use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        draw::{
            axis::{local, short, zone},
            sparkline::sparkline,
            theme::{Role, Theme},
        },
        widgets::{
            level,
            pane::{left_and_right, write},
            text::{cut, fit, fit_right},
        },
    },
    domain::Time,
    link::{GroupRow, View},
};

/// A column: heading, columns wide, right-aligned.
pub type FleetColumn = (&'static str, usize, bool);

/// The columns that fit `width`, the most important first to be kept.
pub fn layout(width: usize) -> Vec<FleetColumn> {
    let mut columns: Vec<FleetColumn> = vec![
        ("group", 14, false),
        ("mode", 7, false),
        ("demand → then", 13, true),
        ("CPU", 5, true),
        ("serve/want", 10, true),
        ("12 hours", 8, false),
        ("", 14, false),
    ];
    let room =
        |columns: &[FleetColumn]| width.saturating_sub(2 + columns.iter().map(|c| c.1 + 1).sum::<usize>());
    let spare = room(&columns);
    columns[0].1 += (spare / 4).min(20);
    if room(&columns) >= 12 {
        columns.insert(5, ("min-max", 7, true));
    }
    if room(&columns) >= 14 {
        columns.insert(2, ("policy", 10, false));
    }
    let grow = room(&columns);
    let spark = columns.iter().position(|c| c.0 == "12 hours").unwrap_or(0);
    columns[spark].1 += (grow / 3).min(36);
    let left = room(&columns);
    if let Some(last) = columns.last_mut() {
        last.1 += left;
    }
    columns
}

/// The words of one cell of a group's line.
fn cell(group: &GroupRow, heading: &str, width: usize, theme: &Theme) -> String {
    let known = |v: Option<f64>| v.map_or_else(|| "?".into(), short);
    match heading {
        "group" => group.name.clone(),
        "mode" => group.mode.name().into(),
        "policy" => group.policy.clone(),
        "demand → then" => {
            format!("{} → {}", known(group.demand), known(group.predicted))
        }
        "CPU" => group.cpu.map_or_else(|| "?".into(), |v| format!("{v:.0} %")),
        "serve/want" if group.pending > 0 => {
            format!("{}+{}/{}", group.in_service, group.pending, group.desired)
        }
        "serve/want" => format!("{}/{}", group.in_service, group.desired),
        "min-max" => format!("{}-{}", group.min, group.max),
        "12 hours" => sparkline(&group.spark, width, theme.symbols()),
        _ => String::new(),
    }
}

/// What is unusual, then the next event, as marked words with their roles.
fn remarks(group: &GroupRow, zone: Tz, now: Time, theme: &Theme) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if group.proposal.is_some() {
        out.push((theme.glyph("◆ proposal", "* proposal").to_owned(), Role::Warning));
    }
    for badge in &group.badges {
        let (role, mark) = level(badge.level, theme);
        out.push((format!("{mark} {}", badge.text), role));
    }
    if let Some((name, start)) = &group.next_event {
        let when = if *start <= now { "now".into() } else { local(*start, zone) };
        out.push((format!("{} {name} {when}", theme.glyph("▸", ">")), Role::Muted));
    }
    out
}

/// Writes remarks on row `y`, whole ones: what has no room is counted, as `+2`. Only the first may be cut.
fn draw_remarks(
    frame: &mut Frame<'_>,
    area: Rect,
    y: u16,
    said: &[(String, Role)],
    style: impl Fn(Role) -> Style,
) {
    let mut left = area;
    for (n, (text, role)) in said.iter().enumerate() {
        let room = usize::from(left.width);
        let after = if n + 1 < said.len() { 4 } else { 0 };
        if n > 0 && text.width() + after > room {
            return write(frame, left, y, &format!("+{}", said.len() - n), style(Role::Muted));
        }
        let text = cut(text, room);
        write(frame, left, y, &text, style(*role));
        (_, left) = left_and_right(left, text.width() as u16 + 2);
    }
}

/// One group's line on row `y`.
pub fn draw_row(
    frame: &mut Frame<'_>,
    area: Rect,
    y: u16,
    group: &GroupRow,
    columns: &[FleetColumn],
    look: (bool, &View, &Theme),
) {
    let (chosen, view, theme) = look;
    let base = if chosen { theme.style(Role::Selected) } else { Style::default() };
    if chosen {
        let row = Rect { y: area.y + y, height: 1, ..area }.intersection(frame.area());
        frame.buffer_mut().set_style(row, base);
    }
    write(frame, area, y, if chosen { theme.glyph("▶", ">") } else { " " }, base);
    let mut x = 2u16;
    for (heading, width, right) in columns {
        let at = Rect { x: area.x + x, width: area.width.saturating_sub(x), ..area };
        if heading.is_empty() {
            let said = remarks(group, zone(&view.zone), view.now, theme);
            draw_remarks(frame, at, y, &said, |role| if chosen { base } else { theme.style(role) });
        } else {
            let text = cell(group, heading, *width, theme);
            let text = if *right { fit_right(&text, *width) } else { fit(&text, *width) };
            let role = if *heading == "12 hours" { Role::Actual } else { Role::Text };
            write(frame, at, y, &text, if chosen { base } else { theme.style(role) });
        }
        x += *width as u16 + 1;
    }
}
