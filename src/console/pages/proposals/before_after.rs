//! Instances before and after a proposal: as it is, if it is approved, what is needed, and what target tracking alone would
//! run; the lead time is shaded.

use ratatui::{Frame, layout::Rect};

use crate::{
    console::draw::{axis::zone, chart::ChartPainter, theme::Theme},
    domain::{
        Seconds, Time,
        actuator::Act,
        decision::Decision,
        event::{Event, EventKind},
        floor_to,
        series::Series,
        shift,
    },
    link::{Chart, ChartKind, ChartLine, GroupDetail, LineRole, View},
};

/// Seconds of a step of the curves to come.
const STEP: Seconds = 60;

/// Draws it into `area`, from the newest detail of the proposal's group.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    proposal: &Decision,
    detail: &GroupDetail,
    (view, theme): (&View, &Theme),
) {
    let lead = view.groups.iter().find(|g| g.name == detail.name).map_or(detail.lead.0, |row| row.lead);
    let ready = shift(view.now, lead);
    let chart = Chart::new(
        ChartKind::Instances,
        "Instances",
        "before and after",
        lines(proposal, detail, (view.now, ready)),
    );
    let shaded = Event {
        // The first column is that of the line at now.
        name: " lead time".into(),
        kind: EventKind::Other,
        label: String::new(),
        start: view.now,
        end: ready,
        multiplier: None,
        min_instances: None,
        groups: Vec::new(),
    };
    let events: Vec<Event> = std::iter::once(shaded).chain(detail.events.iter().cloned()).collect();
    let painter = ChartPainter {
        chart: &chart,
        outlook: None,
        from: detail.from,
        until: detail.until,
        now: view.now,
        cross: None,
        zone: zone(&view.zone),
        events: &events,
        theme,
        names: true,
        labels: true,
        log: false,
    };
    painter.draw(area, frame.buffer_mut());
}

/// The curves, the most telling last.
fn lines(proposal: &Decision, detail: &GroupDetail, (now, ready): (Time, Time)) -> Vec<ChartLine> {
    let of = |role| {
        let chart = detail.charts.iter().find(|chart| chart.kind == ChartKind::Instances)?;
        chart.lines.iter().find(|line| line.role == role).cloned()
    };
    let desired = detail.state.desired;
    // A floor lifts a group that is below it, and leaves one above it to AWS.
    let after = match proposal.act() {
        Act::Desired { to } => to,
        _ => desired.max(proposal.to),
    };
    let reactive = detail.plan.as_ref().and_then(|plan| plan.reactive);
    let ahead = |value: &dyn Fn(Time) -> u32| {
        let first = floor_to(now, STEP);
        let steps = ((detail.until - first).num_seconds() / STEP).clamp(0, 10_000);
        let at = |n| Some(f64::from(value(shift(first, n * STEP))));
        Series::from_values(first, STEP, (0..steps).map(at))
    };
    let line =
        |role, label: &str, value: u32, series| ChartLine::of(role, label, series, Some(f64::from(value)));
    let serving = detail.state.in_service();
    let arrives = move |time: Time| if time < ready { serving } else { after };
    let reactive = reactive.map(|n| line(LineRole::Predicted, "target tracking alone", n, ahead(&|_| n)));
    let out = [
        of(LineRole::Needed),
        reactive,
        Some(line(LineRole::Second, "without it", desired, ahead(&|_| desired))),
        of(LineRole::InService),
        Some(line(LineRole::Desired, "if approved", after, ahead(&arrives))),
    ];
    out.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{detail, now, proposal};

    #[test]
    fn approval_shows_when_capacity_arrives() {
        let (proposal, detail) = (proposal(41, "shop", 4, 7), detail("shop"));
        let ready = shift(now(), 600);
        let lines = lines(&proposal, &detail, (now(), ready));
        let of = |label: &str| lines.iter().find(|line| line.label == label).expect("a line");
        let approved = &of("if approved").series;
        assert_eq!((approved.at(now()), approved.at(shift(ready, 60))), (Some(4.0), Some(7.0)));
        assert_eq!(of("without it").series.at(shift(ready, 60)), Some(4.0));
        assert_eq!(of("target tracking alone").newest, Some(5.0));
    }
}
