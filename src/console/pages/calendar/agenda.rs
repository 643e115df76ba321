//! The agenda: occurrences from the chosen day on, and details of the chosen one.

use chrono::{NaiveDate, Offset};
use chrono_tz::Tz;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use unicode_width::UnicodeWidthStr;

use super::{effect, kind};
use crate::{
    calendar::CalendarEntry,
    console::{
        draw::{
            axis,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    domain::{Time, event::Event, listing, shift, text::clean},
    link::View,
};

/// A line of the agenda: an occurrence, or an entry that does not fall from the chosen day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgendaRow {
    /// Position in the view's occurrences.
    pub occurrence: Option<usize>,
    /// Position in the file; unknown when no entry fits the occurrence.
    pub entry: Option<usize>,
}

/// True if `event` touches the day `date` on the clocks of `zone`.
pub fn covers(event: &Event, date: NaiveDate, zone: Tz) -> bool {
    axis::in_zone(event.start, zone).date_naive() <= date && last_day(event, zone) >= date
}

fn last_day(event: &Event, zone: Tz) -> NaiveDate {
    axis::in_zone(shift(event.end, -1).max(event.start), zone).date_naive()
}

/// Occurrences that end on `day` or later, then every entry that has none among them.
pub fn rows(view: &View, day: NaiveDate) -> Vec<AgendaRow> {
    let zone = axis::zone(&view.zone);
    let mut rows: Vec<AgendaRow> = Vec::new();
    for (i, event) in view.calendar.occurrences.iter().enumerate() {
        if last_day(event, zone) >= day {
            rows.push(AgendaRow { occurrence: Some(i), entry: entry_of(view, event) });
        }
    }
    for index in 0..view.calendar.entries.len() {
        if !rows.iter().any(|row| row.entry == Some(index)) {
            rows.push(AgendaRow { occurrence: None, entry: Some(index) });
        }
    }
    rows
}

/// The entry that `event` comes from: the same name and kind, and the most alike of several.
fn entry_of(view: &View, event: &Event) -> Option<usize> {
    let same =
        |e: &&CalendarEntry| clean(&e.name, 200) == clean(&event.name, 200) && e.kind == event.kind.name();
    let start = |e: &CalendarEntry| {
        let zone = [&e.zone, &view.calendar.zone].into_iter().find(|z| !z.is_empty());
        axis::stamp(event.start, axis::zone(zone.map_or("UTC", String::as_str)), "%Y-%m-%d %H:%M")
    };
    let similarity = |e: &CalendarEntry| {
        let start = start(e);
        let clock = e.start.get(10..16).is_some_and(|t| start.ends_with(t));
        let groups = e.groups.split(',').map(str::trim).filter(|g| !g.is_empty()).eq(event.groups.iter());
        let factor = e.multiplier.trim().parse::<f64>().ok() == event.multiplier;
        let least = e.min_instances.trim().parse::<u32>().ok() == event.min_instances;
        8 * u8::from(e.start.starts_with(&start))
            + 4 * u8::from(groups)
            + 2 * u8::from(factor && least)
            + u8::from(clock)
    };
    let entries = view.calendar.entries.iter().enumerate().filter(|(_, e)| same(e));
    entries.rev().max_by_key(|(_, e)| similarity(e)).map(|(i, _)| i)
}

/// `from – until` on the clocks of `zone`, with the UTC offset where it is not that of `now`.
fn span(event: &Event, zone: Tz, now: Time) -> String {
    let offset = |t: Time| axis::in_zone(t, zone).offset().fix();
    let moves = offset(event.start) != offset(now) || offset(event.end) != offset(event.start);
    let format = if moves { "%a %d %b %H:%M%:z" } else { "%a %d %b %H:%M" };
    let same_day = axis::stamp(event.start, zone, "%F") == axis::stamp(event.end, zone, "%F");
    let end = if same_day && !moves { "%H:%M" } else { format };
    format!("{} – {}", axis::stamp(event.start, zone, format), axis::stamp(event.end, zone, end))
}

/// What stands where there is no event yet.
const EMPTY: &str = "No events. Add sales, promotions and holidays so that the forecast includes demand that history does \
                     not show; a freeze holds capacity still. a adds one, i reads an .ics file.";

/// Draws the agenda with row `chosen` marked.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    view: &View,
    day: NaiveDate,
    chosen: usize,
    active: bool,
    theme: &Theme,
) {
    let title = format!("From {} ({})", day.format("%a %d %b %Y"), axis::zone(&view.zone));
    let title = pane::title(&title, active);
    let inner = pane::framed(frame, area, &title, theme);
    let rows = rows(view, day);
    if rows.is_empty() {
        let rows = text::wrap(EMPTY, usize::from(inner.width));
        return pane::lines(frame, inner, rows.into_iter().map(|t| pane::line(t, Role::Muted, theme)), theme);
    }
    let seen = listing::seen(chosen, rows.len(), usize::from(inner.height));
    let width = usize::from(inner.width);
    let lines = seen.map(|i| draw_row(view, rows[i], active && i == chosen, width, theme));
    pane::lines(frame, inner, lines, theme);
}

fn draw_row(view: &View, row: AgendaRow, chosen: bool, width: usize, theme: &Theme) -> Line<'static> {
    let pointer = if chosen { theme.glyph("▶", ">") } else { " " };
    let text_role = if chosen { Role::Selected } else { Role::Text };
    let Some(event) = row.occurrence.and_then(|i| view.calendar.occurrences.get(i)) else {
        let name = row.entry.and_then(|i| view.calendar.entries.get(i)).map_or("", |e| e.name.as_str());
        let text = text::fit(&format!("{pointer} - {name} (not from this day on)"), width);
        let role = if chosen { Role::Selected } else { Role::Muted };
        return pane::line(text, role, theme);
    };
    let zone = axis::zone(&view.zone);
    let narrow = width < 60;
    let room = if narrow { 12 } else { 35.max(width * 2 / 5) };
    let when = match narrow {
        true => axis::stamp(event.start, zone, "%d %b %H:%M"),
        false => Some(span(event, zone, view.now))
            .filter(|span| span.width() <= room)
            .unwrap_or_else(|| axis::stamp(event.start, zone, "%a %d %b %Y %H:%M %:z")),
    };
    let on = if event.covers(view.now) { "now: " } else { "" };
    let before = text::fit(&format!("{pointer} {}", text::fit(&when, room)), room + 3);
    let rest = text::fit(&format!(" {on}{}", event.name), width.saturating_sub(room + 4));
    Line::from(vec![
        Span::styled(before, theme.style(text_role)),
        Span::styled(kind::letter(event.kind).to_string(), theme.style(kind::role(event.kind))),
        Span::styled(rest, theme.style(text_role)),
    ])
}

/// Draws what is known of the chosen row.
pub fn draw_details(frame: &mut Frame<'_>, area: Rect, view: &View, row: Option<&AgendaRow>, theme: &Theme) {
    let inner = pane::framed(frame, area, "Selected entry", theme);
    let width = usize::from(inner.width);
    let event = row.and_then(|r| r.occurrence).and_then(|i| view.calendar.occurrences.get(i));
    let entry = row.and_then(|r| r.entry).and_then(|i| view.calendar.entries.get(i));
    let mut lines = match (entry, event) {
        (Some(entry), _) => entry_lines(entry, width, theme),
        (None, Some(event)) => vec![pane::line(text::cut(&event.name, width), Role::Title, theme)],
        (None, None) => {
            let rows = text::wrap("Enter goes to the list; its selected event is shown here.", width);
            return pane::lines(
                frame,
                inner,
                rows.into_iter().map(|t| pane::line(t, Role::Muted, theme)),
                theme,
            );
        }
    };
    let own = entry.map(|e| e.zone.as_str()).filter(|z| !z.is_empty()).unwrap_or(&view.calendar.zone);
    let zone = axis::zone(if own.is_empty() { &view.zone } else { own });
    let index = row.and_then(|r| r.entry);
    let next = view.calendar.occurrences.iter().filter(|e| e.end > view.now);
    let next: Vec<&Event> = next.filter(|e| index.is_some() && entry_of(view, e) == index).take(5).collect();
    let heading = if next.is_empty() { "No occurrence ahead".into() } else { format!("Next ({zone})") };
    lines.push(pane::line(text::cut(&heading, width), Role::Muted, theme));
    if let Some((text, role)) = next.first().and_then(|event| effect::words(event, view)) {
        lines.extend(text::wrap(&text, width).into_iter().map(|t| pane::line(t, role, theme)));
    }
    for event in next {
        let text = axis::stamp(event.start, zone, "  %a %Y-%m-%d %H:%M %:z");
        lines.push(pane::line(text::cut(&text, width), Role::Text, theme));
    }
    pane::lines(frame, inner, lines, theme);
}

fn entry_lines(entry: &CalendarEntry, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let or = |text: &str, other: &str| {
        let text = text.trim();
        if text.is_empty() { other.to_owned() } else { text.to_owned() }
    };
    let demand = match entry.multiplier.trim() {
        "" => "learned from the past".to_owned(),
        factor => format!("× {factor} of an ordinary day"),
    };
    let name = format!("{} ({})", entry.name, entry.kind);
    let facts = [
        ("demand", demand),
        ("instances", or(&entry.min_instances, "no minimum")),
        ("groups", or(&entry.groups, "all")),
        ("repeat", or(&entry.repeat, "once")),
    ];
    let mut lines = vec![pane::line(text::cut(&name, width), Role::Title, theme)];
    lines.extend(facts.iter().flat_map(|(label, text)| pane::labelled(label, text, width, theme)));
    lines
}
