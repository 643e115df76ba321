//! The month grid: today, days with events by letter and colour, and the chosen day.

use chrono::{Datelike, Days, NaiveDate};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{agenda::covers, kind, today};
use crate::{
    console::{
        draw::{
            axis,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    domain::event::EventKind,
    link::View,
};

/// Draws the month of `day`; `[ ]` marks the chosen day and `( )` today.
pub fn draw(frame: &mut Frame<'_>, area: Rect, view: &View, day: NaiveDate, active: bool, theme: &Theme) {
    let title = pane::title(&day.format("%B %Y").to_string(), active);
    let inner = pane::framed(frame, area, &title, theme);
    let cell = (usize::from(inner.width) / 7).clamp(4, 8);
    let names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let heading: String = names.iter().map(|name| text::fit(&format!(" {name}"), cell)).collect();
    let mut rows = vec![pane::line(heading, Role::Muted, theme)];
    let first = day.with_day(1).unwrap_or(day);
    let start = first.checked_sub_days(Days::new(first.weekday().num_days_from_monday().into()));
    for week in 0..6 {
        let monday = start.and_then(|s| s.checked_add_days(Days::new(7 * week)));
        let days = monday.into_iter().flat_map(|m| m.iter_days().take(7));
        let in_month: Vec<NaiveDate> = days.collect();
        if in_month.iter().any(|d| d.month() == day.month()) {
            let cells = in_month.into_iter().flat_map(|d| draw_day(view, d, day, cell, theme));
            rows.push(Line::from(cells.collect::<Vec<_>>()));
        }
    }
    pane::lines(frame, inner, rows, theme);
}

/// One cell: the number between its marks, then a letter for each kind of event.
fn draw_day(view: &View, date: NaiveDate, day: NaiveDate, cell: usize, theme: &Theme) -> [Span<'static>; 2] {
    if date.month() != day.month() {
        return [Span::raw(" ".repeat(cell)), Span::raw("")];
    }
    let number = date.day();
    let (text, role) = match (date == day, date == today(view)) {
        (true, _) => (format!("[{number:>2}]"), Role::Selected),
        (false, true) => (format!("({number:>2})"), Role::Now),
        (false, false) => (format!(" {number:>2} "), Role::Text),
    };
    let zone = axis::zone(&view.zone);
    let mut kinds: Vec<EventKind> =
        view.calendar.occurrences.iter().filter(|e| covers(e, date, zone)).map(|e| e.kind).collect();
    kinds.sort_by_key(|k| (*k != EventKind::Freeze, *k));
    kinds.dedup();
    let room = cell - 4;
    let mut letters: String = kinds.iter().take(room).map(|k| kind::letter(*k)).collect();
    if kinds.len() > room && room > 1 {
        letters.pop();
        letters.push('+');
    }
    let first = kinds.first().map_or(Role::Text, |k| kind::role(*k));
    [Span::styled(text, theme.style(role)), Span::styled(text::fit(&letters, room), theme.style(first))]
}
