//! The load that an event is expected to bring, with it and without it, and what came the last time.

use ratatui::{Frame, layout::Rect};

use super::effect::{self, ordinary};
use crate::{
    console::{
        draw::{
            axis::{stamp, zone},
            chart::ChartPainter,
            theme::Theme,
        },
        widgets::pane,
    },
    domain::{Seconds, Time, event::Event, series::Series, shift, text::clean},
    link::{Chart, ChartKind, ChartLine, GroupDetail, Limit, LineRole, View, Viewport},
};

/// Seconds of a day, and of a row of the outlook.
const DAY: Seconds = 86_400;
const HOUR: Seconds = 3_600;
/// Least and most that is shown before and after an event, and the longest event that is shown whole.
const AROUND: (Seconds, Seconds) = (2 * HOUR, 12 * HOUR);
const LONGEST: Seconds = 7 * DAY;
/// Fewest rows of a chart with its frame.
const ROWS: u16 = 9;

/// An event and the span that is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: Time,
    until: Time,
}

impl Span {
    /// The event with a part of its length before and after it.
    fn around(event: &Event) -> Span {
        let length = (event.end - event.start).num_seconds().clamp(0, LONGEST);
        let around = (length / 2).clamp(AROUND.0, AROUND.1);
        Span { from: shift(event.start, -around), until: shift(event.start, length + around) }
    }

    fn seconds(self) -> Seconds {
        (self.until - self.from).num_seconds()
    }
}

/// What has to be shown of the past for `event` of `group`: the span of its last occurrence.
pub(super) fn viewport(event: Option<&Event>, group: Option<String>, view: &View) -> Viewport {
    let shown = group.as_deref().or(view.detail.as_ref().map(|detail| detail.name.as_str()));
    let last = event.zip(shown).and_then(|(event, group)| last(event, group, view));
    let plain = Viewport { group, ..Viewport::default() };
    let Some(span) = last.map(Span::around) else { return plain };
    Viewport { until: Some(span.until.min(view.now)), past: span.seconds(), ahead: 0, ..plain }
}

/// The newest occurrence before now that is like `event`: of the same name, else of the same kind.
fn last<'v>(event: &Event, group: &str, view: &'v View) -> Option<&'v Event> {
    let over = |e: &&Event| e.end <= view.now && e.start < event.start && e.concerns(group);
    let newest = |alike: &dyn Fn(&Event) -> bool| {
        let over = view.calendar.occurrences.iter().filter(over);
        over.filter(|e| e.kind == event.kind && alike(e)).max_by_key(|e| e.end)
    };
    newest(&|e| e.name == event.name).or_else(|| newest(&|_| true))
}

/// Splits `area` where something is known of the load of `event` and there is room for charts below `rows` rows: what is left,
/// and their place.
pub(super) fn split(area: Rect, rows: u16, event: Option<&Event>, view: &View) -> (Rect, Option<Rect>) {
    let known = event.and_then(|event| subject(event, view)).is_some_and(|detail| !detail.outlook.is_empty());
    if !known || area.height < rows + ROWS || area.width < 50 {
        return (area, None);
    }
    let (above, below) = pane::above_and_below(area, area.height - rows.max(area.height / 3));
    (above, Some(below))
}

/// The group whose load is shown: the one that the view has in detail, if the event is its own.
fn subject<'v>(event: &Event, view: &'v View) -> Option<&'v GroupDetail> {
    view.detail.as_ref().filter(|detail| event.concerns(&detail.name) && detail.past.is_none())
}

/// Draws what `event` is expected to bring, and below it what came the last time, as far as there is room.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, event: &Event, view: &View, theme: &Theme) {
    let Some(detail) = subject(event, view) else { return };
    let last = last(event, &detail.name, view);
    let chart = demand(detail);
    let came = last.zip(chart).filter(|(last, _)| detail.from < last.end && last.start < detail.until);
    let (above, below) = match came {
        Some(_) if area.height >= 2 * ROWS => pane::above_and_below(area, area.height / 2),
        _ => (area, Rect { height: 0, ..area }),
    };
    draw_expected(frame, above, (event, detail), view, theme);
    if let Some((last, chart)) = came.filter(|_| below.height > 0) {
        draw_last(frame, below, (last, chart, detail), view, theme);
    }
}

fn demand(detail: &GroupDetail) -> Option<&Chart> {
    detail.charts.iter().find(|chart| chart.kind == ChartKind::Demand)
}

fn draw_expected(
    frame: &mut Frame<'_>,
    area: Rect,
    (event, detail): (&Event, &GroupDetail),
    view: &View,
    theme: &Theme,
) {
    let group = effect::subject(&detail.name, event, view);
    let title = format!("Expected load of {group}, p90 of the outlook");
    let inner = pane::framed(frame, area, &title, theme);
    let span = Span::around(event);
    if let Some(chart) = expected(event, detail, view, span) {
        paint(frame, inner, &chart, (span, std::slice::from_ref(event)), view, theme);
    }
}

fn draw_last(
    frame: &mut Frame<'_>,
    area: Rect,
    (last, chart, detail): (&Event, &Chart, &GroupDetail),
    view: &View,
    theme: &Theme,
) {
    let when = stamp(last.start, zone(&view.zone), "%a %d %b %H:%M");
    let factor = last.multiplier.map_or(String::new(), |factor| format!(", × {factor}"));
    let title = format!("Last time: {}, {when}{factor}", clean(&last.name, 40));
    let inner = pane::framed(frame, area, &title, theme);
    let span = Span { from: detail.from, until: detail.until };
    paint(frame, inner, chart, (span, &detail.events), view, theme);
}

fn paint(
    frame: &mut Frame<'_>,
    area: Rect,
    chart: &Chart,
    (span, events): (Span, &[Event]),
    view: &View,
    theme: &Theme,
) {
    let painter = ChartPainter {
        chart,
        outlook: None,
        from: span.from,
        until: span.until,
        now: view.now,
        cross: None,
        zone: zone(&view.zone),
        events,
        theme,
        names: true,
        labels: true,
        log: false,
    };
    painter.draw(area, frame.buffer_mut());
}

/// The load of each hour of `span`, without the event and with it, and what the group can serve at its most.
fn expected(event: &Event, detail: &GroupDetail, view: &View, span: Span) -> Option<Chart> {
    let usual = ordinary(detail, view);
    if usual.is_empty() {
        return None;
    }
    let hours = || (0..(span.seconds() / HOUR).max(1)).map(|hour| shift(span.from, hour * HOUR));
    let without: Vec<Option<f64>> = hours().map(|hour| at(&usual, hour)).collect();
    let with = hours().zip(&without).map(|(hour, without)| with_event(event, detail, hour, *without));
    let line = |role, label: &str, values: Vec<Option<f64>>| {
        ChartLine::of(role, label, Series::from_values(span.from, HOUR, values), None)
    };
    let lines = vec![
        line(LineRole::Predicted, "with it", with.collect()),
        line(LineRole::Second, "without", without),
    ];
    let unit = demand(detail).map_or(String::new(), |chart| chart.unit.clone());
    let most = detail.capacity.as_ref().zip(detail.plan.as_ref().and_then(|plan| plan.basis.as_ref()));
    let limit = most.map(|((capacity, _), basis)| Limit {
        label: format!("max {} serves", detail.state.max),
        value: f64::from(detail.state.max) * capacity * basis.target,
    });
    Some(Chart {
        limits: limit.into_iter().collect(),
        ..Chart::new(ChartKind::Demand, "Demand", unit, lines)
    })
}

/// The p90 of the outlook at `hour`, or at the same hour of another day.
fn at(rows: &[(Time, f64)], hour: Time) -> Option<f64> {
    let apart = |(time, _): &&(Time, f64)| (*time - hour).num_seconds();
    let same = rows.iter().filter(|row| apart(row).rem_euclid(DAY) < HOUR);
    same.min_by_key(|row| apart(row).abs()).map(|(_, p90)| *p90)
}

/// The load at `hour` with the event: so many times the usual one, or, where that is learned, what the outlook says.
fn with_event(event: &Event, detail: &GroupDetail, hour: Time, without: Option<f64>) -> Option<f64> {
    if !event.touches(hour, shift(hour, HOUR)) {
        return without;
    }
    let learned = || {
        let row =
            detail.outlook.iter().find(|row| (hour - row.time).num_seconds().unsigned_abs() < HOUR as u64)?;
        Some(row.p90).filter(|p90| p90.is_finite())
    };
    match event.multiplier {
        Some(multiplier) => without.map(|load| load * multiplier),
        None => learned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    /// A sale of `shop` that begins in `hours` and lasts four.
    fn sale(view: &View, hours: i64) -> Event {
        let start = shift(view.now, hours * HOUR);
        let other = view.detail.as_ref().expect("of shop").events[0].clone();
        Event { start, end: shift(start, 4 * HOUR), multiplier: Some(2.0), min_instances: None, ..other }
    }

    fn values(chart: &Chart, line: usize) -> Vec<f64> {
        chart.lines[line].series.known().collect()
    }

    #[test]
    fn the_load_is_multiplied_while_the_event_lasts() {
        let mut view = view();
        view.calendar.occurrences.clear();
        let event = sale(&view, 5);
        let detail = view.detail.as_ref().expect("of shop");
        let chart =
            expected(&event, detail, &view, Span::around(&event)).expect("the fixture has an outlook");
        let (with, without) = (values(&chart, 0), values(&chart, 1));
        assert_eq!((with.len(), without.len()), (8, 8), "two hours before and after it");
        let factors: Vec<f64> =
            with.iter().zip(&without).map(|(a, b)| (a / b * 10.0).round() / 10.0).collect();
        assert_eq!(factors, [1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0]);
        let far = sale(&view, 24 * 90);
        let chart = expected(&far, detail, &view, Span::around(&far)).expect("like the same hours of a day");
        assert_eq!(values(&chart, 0).len(), 8);
        let learned = Event { multiplier: None, ..sale(&view, 24 * 90) };
        let chart = expected(&learned, detail, &view, Span::around(&learned)).expect("without it is known");
        assert_eq!(values(&chart, 0).len(), 4, "what is learned is not made up beyond the outlook");
        let unknown = GroupDetail { outlook: vec![], ..detail.clone() };
        assert_eq!(expected(&event, &unknown, &view, Span::around(&event)), None);
    }

    #[test]
    fn the_past_that_is_asked_for_is_that_of_the_last_occurrence() {
        let mut view = view();
        let (event, week) = (sale(&view, 5), sale(&view, 5 - 24 * 7));
        let older = Event { name: "another".into(), ..sale(&view, -24) };
        view.calendar.occurrences = vec![week.clone(), older.clone(), event.clone()];
        let asked = viewport(Some(&event), Some("shop".into()), &view);
        assert_eq!(
            (asked.until, asked.past),
            (Some(shift(week.end, 2 * HOUR)), 8 * HOUR),
            "of the same name"
        );
        view.calendar.occurrences.remove(0);
        let asked = viewport(Some(&event), Some("shop".into()), &view);
        assert_eq!(asked.until, Some(shift(older.end, 2 * HOUR)), "else of the same kind");
        let foreign = Event { groups: vec!["feed".into()], ..older };
        view.calendar.occurrences = vec![foreign, event.clone()];
        let asked = viewport(Some(&event), Some("shop".into()), &view);
        assert_eq!(asked, Viewport { group: Some("shop".into()), ..Viewport::default() }, "of other groups");
    }
}
