//! Calendar features of a step: which kinds of events it is part of, whether they make the day another kind
//! of day, and the operator's multiplier.
//!
//! The multiplier is divided out of the history and multiplied into the forecast, so that it applies from the
//! first event of a kind on. The effect that it leaves unexplained is learned by kind, as is the whole effect
//! where no multiplier is given.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
};

/// Number of kinds of events that are told apart; further ones share the last index.
pub const LABELS: usize = 6;
/// An event at least this long makes the day another kind of day, as a holiday does.
const DAY_LONG: Seconds = 20 * 3_600;
/// Shorter events affect load a little before they start and for a while after they end: the time constants,
/// in seconds, of that growth and decay.
const EDGES: (f64, f64) = (1_800.0, 3_600.0);

/// Calendar features of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalendarFeatures {
    /// Intensity of each kind of event, 0 to 1.
    pub flags: [f64; LABELS],
    /// Kind of day; `None` for an ordinary one.
    pub day: Option<DayKind>,
    /// The operator's multiplier: expected demand relative to an ordinary day; 1 where none is given.
    pub multiplier: f64,
}

impl CalendarFeatures {
    /// Features of a step without events.
    pub const PLAIN: CalendarFeatures = CalendarFeatures { flags: [0.0; LABELS], day: None, multiplier: 1.0 };

    /// Index of the kind with the highest intensity, if any is above 0.
    pub fn strongest(&self) -> Option<usize> {
        let active = self.flags.iter().enumerate().filter(|(_, intensity)| **intensity > 0.0);
        active.max_by(|a, b| a.1.total_cmp(b.1)).map(|(kind, _)| kind)
    }

    /// The same step without kinds of events; the operator's multiplier stays.
    #[must_use]
    pub fn without_kinds(self) -> CalendarFeatures {
        CalendarFeatures { multiplier: self.multiplier, ..CalendarFeatures::PLAIN }
    }
}

/// A kind of day other than an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayKind {
    index: u8,
    /// True if Sundays are similar to it (a holiday).
    pub sunday: bool,
}

impl DayKind {
    /// Its index, below [`LABELS`].
    pub fn index(self) -> usize {
        usize::from(self.index)
    }
}

/// Indices of event labels, in order of first appearance.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EventLabels(Vec<String>);

impl EventLabels {
    /// Calendar features of the step that starts at `time`.
    pub fn features(&mut self, time: Time, events: &[Event]) -> CalendarFeatures {
        let mut calendar = CalendarFeatures::PLAIN;
        for event in events {
            let intensity = intensity(event, time);
            if intensity < 0.01 || matches!(event.kind, EventKind::Freeze | EventKind::Incident) {
                continue;
            }
            let kind = self.index(&event.label);
            calendar.flags[kind] = intensity.max(calendar.flags[kind]);
            if event.covers(time) {
                calendar.multiplier *= event.multiplier.filter(|m| *m > 0.0).unwrap_or(1.0);
                if is_day(event) {
                    calendar.day =
                        Some(DayKind { index: kind as u8, sunday: event.kind == EventKind::Holiday });
                }
            }
        }
        calendar
    }

    /// Index of `label`; labels beyond the last index share it.
    fn index(&mut self, label: &str) -> usize {
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

/// Intensity of an event at `time`: 1 while it lasts, less before and after a short one.
fn intensity(event: &Event, time: Time) -> f64 {
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
    fn a_short_event_has_an_effect_before_and_after_and_a_day_has_not() {
        let events = [
            event(EventKind::Sale, "sale", 10..12, None),
            event(EventKind::Holiday, "holiday", 48..72, None),
        ];
        let mut labels = EventLabels::default();
        let mut intensity =
            |minutes: i64| labels.features(at_epoch(60 * minutes), &events).flags[..2].to_vec();
        assert_eq!(intensity(660), [1.0, 0.0]);
        let calendar = CalendarFeatures { flags: [0.0, 0.3, 0.7, 0.0, 0.0, 0.0], multiplier: 2.0, day: None };
        assert_eq!((calendar.strongest(), CalendarFeatures::PLAIN.strongest()), (Some(2), None));
        assert_eq!(calendar.without_kinds(), CalendarFeatures { multiplier: 2.0, ..CalendarFeatures::PLAIN });
        let (lead_in, decay) = (intensity(585)[0], intensity(750)[0]);
        assert!((0.5..0.7).contains(&lead_in) && (0.5..0.7).contains(&decay), "{lead_in} {decay}");
        assert_eq!(intensity(300), [0.0, 0.0], "hours before it has no effect");
        assert_eq!(
            (intensity(48 * 60 - 5)[1], intensity(48 * 60)[1], intensity(72 * 60)[1]),
            (0.0, 1.0, 0.0)
        );
    }

    #[test]
    fn only_day_long_events_make_another_kind_of_day() {
        let events = [
            event(EventKind::Launch, "launch", 0..4, None),
            event(EventKind::Freeze, "freeze", 0..90, None),
            event(EventKind::Holiday, "holiday", 24..48, None),
        ];
        let mut labels = EventLabels::default();
        assert_eq!(labels.features(at_epoch(3_600), &events).day, None);
        let kind = labels.features(at_epoch(86_400), &events).day.expect("a holiday");
        assert!(kind.sunday && kind.index() == 1, "a freeze is no kind of day: {kind:?}");
    }

    #[test]
    fn multipliers_multiply_from_start_to_end() {
        let events = [
            event(EventKind::Sale, "sale", 10..14, Some(3.0)),
            event(EventKind::Promotion, "mail", 12..13, Some(2.0)),
            event(EventKind::Launch, "launch", 12..13, None),
        ];
        let mut labels = EventLabels::default();
        let mut multiplier = |hour: i64| labels.features(at_epoch(3_600 * hour), &events).multiplier;
        assert_eq!([9, 10, 12, 13, 14].map(&mut multiplier), [1.0, 3.0, 6.0, 3.0, 1.0]);
    }
}
