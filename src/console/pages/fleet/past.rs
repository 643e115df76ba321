//! The fleet as it was known at a moment of the past: one line a group with its newest decision then.

use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, style::Style, text::Line};

use super::below;
use crate::{
    console::{
        draw::{
            axis::{length, local, short, zone},
            theme::{Role, Theme},
        },
        widgets::{
            filtered_list::FilteredList,
            look_back::{LookBack, banner, before},
            pane::{above_and_below, lines, write},
            text::{cut, fit, fit_right},
        },
    },
    domain::{Time, text::clean},
    link::{GroupRow, PastDecision, PastFleet, PastMoment, PastRow, View},
};

/// Columns: heading, columns wide, right-aligned. What is left is the decision's; names take a quarter of it.
const COLUMNS: [(&str, usize, bool); 4] =
    [("group", 13, false), ("load → ahead", 13, true), ("CPU", 5, true), ("in service", 10, true)];
/// Columns that a decision needs.
const DECISION: usize = 30;

/// What the view has of the moment that `back` looks at.
pub fn answer<'v>(view: &'v View, back: &LookBack) -> Option<&'v PastFleet> {
    view.fleet_then.as_deref().filter(|fleet| Some(fleet.asked) == back.moment())
}

/// Draws the fleet of then, `rows` in their order under the cursor of `list`, and the charts of the chosen group.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    fleet: Option<&PastFleet>,
    (list, rows): (&FilteredList<String>, &[&GroupRow]),
    (view, theme): (&View, &Theme),
) {
    let Some(fleet) = fleet else {
        return write(frame, area, 0, "  Loading the fleet as it was then.", theme.style(Role::Muted));
    };
    let zone = zone(&view.zone);
    let width = usize::from(area.width);
    lines(frame, Rect { height: 1, ..area }, [first_line(fleet, view.now, zone, theme, width)], theme);
    let Some((at, moment)) = fleet.at.zip(fleet.moment()) else { return };
    let columns = columns(width);
    let heading: String = columns.iter().map(|(name, width, right)| cell(name, *width, *right)).collect();
    let (_, table) = above_and_below(area, area.height.saturating_sub(1));
    write(frame, table, 0, &format!("  {heading} decision"), theme.style(Role::Muted));
    let table = list.draw_filter(frame, table, theme);
    let (_, table) = above_and_below(table, table.height.saturating_sub(1));
    let (table, below) = above_and_below(table, table.height.saturating_sub(rows.len() as u16 + 1));
    for (y, (index, chosen)) in list.rows(table, rows).enumerate() {
        let row = fleet.groups.iter().find(|row| row.name == rows[index].name);
        let text = words(rows[index], row, at, &columns);
        let base = if chosen { theme.style(Role::Selected) } else { Style::default() };
        let place = Rect { y: table.y + y as u16, height: 1, ..table }.intersection(frame.area());
        frame.buffer_mut().set_style(place, base);
        let mark = if chosen { theme.glyph("▶", ">") } else { " " };
        write(frame, place, 0, &cut(&format!("{mark} {text}"), width), base);
    }
    if let Some(chosen) = list.current(rows) {
        below::draw_then(frame, below, chosen, moment, (view, theme));
    }
}

/// The columns with the room that a screen of `width` has for names.
fn columns(width: usize) -> [(&'static str, usize, bool); 4] {
    let mut columns = COLUMNS;
    let taken = 3 + DECISION + columns.iter().map(|column| column.1 + 1).sum::<usize>();
    columns[0].1 += (width.saturating_sub(taken) / 4).min(20);
    columns
}

fn cell(text: &str, width: usize, right: bool) -> String {
    if right { fit_right(text, width) + " " } else { fit(text, width) + " " }
}

/// The line of the group `live` as `row` has it.
fn words(live: &GroupRow, row: Option<&PastRow>, at: Time, columns: &[(&str, usize, bool)]) -> String {
    let known = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), short);
    let of = |get: fn(&PastRow) -> Option<f64>| row.and_then(get);
    let texts = [
        live.name.clone(),
        format!("{} → {}", known(of(|row| row.demand)), known(of(|row| row.predicted))),
        of(|row| row.cpu).map_or_else(|| "?".into(), |cpu| format!("{cpu:.0} %")),
        known(of(|row| row.in_service)),
    ];
    let cells = texts.iter().zip(columns).map(|(text, (_, width, right))| cell(text, *width, *right));
    let decision = row.and_then(|row| row.decision.as_ref());
    cells.collect::<String>()
        + " "
        + &decision.map_or("none until then".to_owned(), |decision| made(decision, at))
}

/// `4 → 7, applied, 12 min before, decision 57, desired capacity`.
fn made(decision: &PastDecision, at: Time) -> String {
    let before = Some(before(decision.at, at)).filter(|age| !age.is_empty());
    let before = before.map_or(String::new(), |age| format!(",{age}"));
    match &decision.change {
        Some((moves, from, to)) => format!(
            "{from} → {to}, {}{before}, decision {}, {}",
            clean(&decision.stage, 20),
            decision.id,
            clean(moves, 40)
        ),
        None => format!("decision {} cannot be read{before}", decision.id),
    }
}

/// The line that says which moment is shown, with the newest decision then.
fn first_line(fleet: &PastFleet, now: Time, zone: Tz, theme: &Theme, width: usize) -> Line<'static> {
    let parts = match (fleet.at, &fleet.newest, fleet.asked) {
        _ if fleet.unread.is_some() => {
            vec![format!(
                "the past cannot be read: {}",
                clean(fleet.unread.as_deref().unwrap_or_default(), 300)
            )]
        }
        (None, _, PastMoment::Decision(id)) => vec![format!("decision {id} is no longer kept")],
        (None, ..) => vec!["nothing is kept".to_owned()],
        (Some(at), None, _) => vec![format!("as of {}: no decision until then", local(at, zone))],
        (Some(at), Some(newest), _) => {
            let change = newest.change.as_ref().map(|(_, from, to)| format!(" {from} → {to}"));
            vec![
                format!(
                    "as of {}: {}{}",
                    local(at, zone),
                    clean(&newest.group, 30),
                    change.unwrap_or_default()
                ),
                format!(", decision {}{}", newest.id, before(newest.at, at)),
                format!(", {}", clean(&newest.stage, 20)),
                format!(", {} ago", length((now - at).num_seconds())),
            ]
        }
    };
    banner("fleet", &parts, theme, width)
}

#[cfg(test)]
mod tests;
