//! What the calendar says of a step: which kinds of events hold, whether they make the day another kind of day,
//! and what the operator expects of them.
//!
//! The operator's multiplier is taken out of what was seen and put into what is said, so that it holds from the first
//! event of a kind on; what it leaves unexplained is learned by kind, as it is where no multiplier was given.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
};

/// Kinds of events told apart; further ones share the last place.
pub const LABELS: usize = 6;
/// From this length on an event makes the day another kind of day, as a holiday does.
const DAY_LONG: Seconds = 20 * 3_600;
/// Shorter events are felt a little before they begin and for a while after they end: the times, in seconds, in
/// which that grows and fades by a factor of e.
const EDGES: (f64, f64) = (1_800.0, 3_600.0);

/// What holds at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalendarFeatures {
    /// How much of each kind is felt, 0 to 1.
    pub flags: [f64; LABELS],
    /// The kind of day that it is, where it is not an ordinary one.
    pub day: Option<DayKind>,
    /// Demand that the operator expects against an ordinary day; 1 where nothing was said.
    pub expected: f64,
}

impl CalendarFeatures {
    /// That of a step of which the calendar says nothing.
    pub const PLAIN: CalendarFeatures = CalendarFeatures { flags: [0.0; LABELS], day: None, expected: 1.0 };

    /// Place of the kind that is felt most, if one is.
    pub fn strongest(&self) -> Option<usize> {
        let felt = self.flags.iter().enumerate().filter(|(_, felt)| **felt > 0.0);
        felt.max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place)
    }

    /// The same step as if no kind were known; what the operator expects of it stays.
    #[must_use]
    pub fn without_kinds(self) -> CalendarFeatures {
        CalendarFeatures { expected: self.expected, ..CalendarFeatures::PLAIN }
    }
}

/// A kind of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayKind {
    place: u8,
    /// While no such day has been seen, Sundays are most like it.
    pub sunday: bool,
}

impl DayKind {
    /// Its place, below [`LABELS`].
    pub fn place(self) -> usize {
        usize::from(self.place)
    }
}

/// The places of event labels, in order of first appearance.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EventLabels(Vec<String>);

impl EventLabels {
    /// What `events` say of the step that starts at `time`.
    pub fn calendar(&mut self, time: Time, events: &[Event]) -> CalendarFeatures {
        let mut calendar = CalendarFeatures::PLAIN;
        for event in events {
            let felt = felt(event, time);
            if felt < 0.01 || matches!(event.kind, EventKind::Freeze | EventKind::Incident) {
                continue;
            }
            let place = self.place(&event.label);
            calendar.flags[place] = felt.max(calendar.flags[place]);
            if event.covers(time) {
                calendar.expected *= event.multiplier.filter(|m| *m > 0.0).unwrap_or(1.0);
                if is_day(event) {
                    calendar.day =
                        Some(DayKind { place: place as u8, sunday: event.kind == EventKind::Holiday });
                }
            }
        }
        calendar
    }

    /// Place of `label`; labels beyond the last place share it.
    fn place(&mut self, label: &str) -> usize {
        let known = self.0.iter().position(|l| l == label).unwrap_or_else(|| {
            self.0.push(label.to_owned());
            self.0.len() - 1
        });
        known.min(LABELS - 1)
    }
}

fn is_day(event: &Event) -> bool {
    (event.end - event.start).num_seconds() >= DAY_LONG
}

/// How much of an event is felt at `time`: all of it while it lasts, less before and after a short one.
fn felt(event: &Event, time: Time) -> f64 {
    if event.covers(time) {
        return 1.0;
    }
    if is_day(event) {
        return 0.0;
    }
    let (before, after) =
        ((event.start - time).num_seconds() as f64, (time - event.end).num_seconds() as f64);
    if before > 0.0 { (-before / EDGES.0).exp() } else { (-after / EDGES.1).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    fn event(kind: EventKind, label: &str, hours: std::ops::Range<i64>, multiplier: Option<f64>) -> Event {
        Event {
            name: label.into(),
            kind,
            label: label.into(),
            start: at_epoch(3_600 * hours.start),
            end: at_epoch(3_600 * hours.end),
            multiplier,
            min_instances: None,
            groups: vec![],
        }
    }

    #[test]
    fn a_short_event_is_felt_before_and_after_and_a_day_is_not() {
        let events = [
            event(EventKind::Sale, "sale", 10..12, None),
            event(EventKind::Holiday, "holiday", 48..72, None),
        ];
        let mut labels = EventLabels::default();
        let mut felt = |minutes: i64| labels.calendar(at_epoch(60 * minutes), &events).flags[..2].to_vec();
        assert_eq!(felt(660), [1.0, 0.0]);
        let calendar = CalendarFeatures { flags: [0.0, 0.3, 0.7, 0.0, 0.0, 0.0], expected: 2.0, day: None };
        assert_eq!((calendar.strongest(), CalendarFeatures::PLAIN.strongest()), (Some(2), None));
        assert_eq!(calendar.without_kinds(), CalendarFeatures { expected: 2.0, ..CalendarFeatures::PLAIN });
        let (lead_in, decay) = (felt(585)[0], felt(750)[0]);
        assert!((0.5..0.7).contains(&lead_in) && (0.5..0.7).contains(&decay), "{lead_in} {decay}");
        assert_eq!(felt(300), [0.0, 0.0], "hours before it is not felt");
        assert_eq!((felt(48 * 60 - 5)[1], felt(48 * 60)[1], felt(72 * 60)[1]), (0.0, 1.0, 0.0));
    }

    #[test]
    fn only_day_long_events_make_another_kind_of_day() {
        let events = [
            event(EventKind::Launch, "launch", 0..4, None),
            event(EventKind::Freeze, "freeze", 0..90, None),
            event(EventKind::Holiday, "holiday", 24..48, None),
        ];
        let mut labels = EventLabels::default();
        assert_eq!(labels.calendar(at_epoch(3_600), &events).day, None);
        let kind = labels.calendar(at_epoch(86_400), &events).day.expect("a holiday");
        assert!(kind.sunday && kind.place() == 1, "a freeze is no kind of day: {kind:?}");
    }

    #[test]
    fn multipliers_multiply_from_start_to_end() {
        let events = [
            event(EventKind::Sale, "sale", 10..14, Some(3.0)),
            event(EventKind::Promotion, "mail", 12..13, Some(2.0)),
            event(EventKind::Launch, "launch", 12..13, None),
        ];
        let mut labels = EventLabels::default();
        let mut expected = |hour: i64| labels.calendar(at_epoch(3_600 * hour), &events).expected;
        assert_eq!([9, 10, 12, 13, 14].map(&mut expected), [1.0, 3.0, 6.0, 3.0, 1.0]);
    }
}
