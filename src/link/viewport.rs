//! What a screen shows, so that views carry just that.

use serde::{Deserialize, Serialize};

use super::{FleetQuery, FleetWindow, PastMoment};
use crate::domain::{Seconds, Time, at_epoch, what_if::WhatIf};

/// What the screen has room for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Viewport {
    /// Group whose detail is wanted.
    pub group: Option<String>,
    /// Last moment of its past part; `None` follows the clock.
    pub until: Option<Time>,
    /// Seconds of history to show.
    pub past: Seconds,
    /// Seconds of future to show.
    pub ahead: Seconds,
    /// Most points a line that are of use (twice the columns of the chart).
    pub points: usize,
    /// Which past forecast lies over what happened.
    #[serde(rename = "foretold", alias = "overlay")]
    pub overlay: ForecastOverlay,
    /// A decision of the past that is looked at.
    #[serde(default)]
    pub decision: Option<i64>,
    /// The moment as of which it is looked at: a proposal is revised as load moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_then: Option<Time>,
    /// The part of the fleet that is shown; without it, every line is sent in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetWindow>,
    /// The moment of the past as of which the group is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<PastMoment>,
    /// The moment of the past as of which the fleet is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet_then: Option<PastMoment>,
    /// What is changed of the group in thought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
}

/// Longest stretch of the past that a screen may show, twice the widest of ours, and the shortest.
const PAST: (Seconds, Seconds) = (60, 31 * 86_400);
/// Longest stretch of the future that a screen may show; forecasts end before.
const MOST_AHEAD: Seconds = 7 * 86_400;
/// Points of a line: twice the columns of the widest screen.
const POINTS: (usize, usize) = (2, 4_000);
/// Most characters of a group's name: what AWS allows, and the label of its source.
const LONGEST_NAME: usize = 300;
/// Rows of the highest screen.
const MOST_ROWS: usize = 500;
/// Characters of a filter.
const LONGEST_FILTER: usize = 200;
/// Longest lead of a past forecast.
const MOST_LEAD: Seconds = 7 * 86_400;

impl Viewport {
    /// What of it is shown at `now`: a viewport may come from any program that can open the socket, and must cost no more
    /// than one of our own screens could ask for.
    pub fn bounded(self, now: Time) -> Viewport {
        let overlay = match self.overlay {
            ForecastOverlay::Before(ahead) => ForecastOverlay::Before(ahead.clamp(0, MOST_LEAD)),
            other => other,
        };
        Viewport {
            group: self.group.filter(|name| name.chars().count() <= LONGEST_NAME),
            // The past has no bound: where nothing is stored there is nothing to read.
            until: self.until.map(|until| until.clamp(at_epoch(0), now.max(at_epoch(0)))),
            past: self.past.clamp(PAST.0, PAST.1),
            ahead: self.ahead.clamp(0, MOST_AHEAD),
            points: self.points.clamp(POINTS.0, POINTS.1),
            overlay,
            decision: self.decision,
            decision_then: self.decision_then,
            fleet: self.fleet.map(bounded_window),
            // The screen knows the answer by what it asked for; one decision is read, whatever that is, and a thought is
            // bounded where it is computed.
            then: self.then,
            fleet_then: self.fleet_then,
            what_if: self.what_if,
        }
    }
}

fn bounded_window(window: FleetWindow) -> FleetWindow {
    let filter = window.query.filter.chars().take(LONGEST_FILTER).collect();
    FleetWindow {
        query: FleetQuery { filter, ..window.query },
        around: window.around.filter(|name| name.chars().count() <= LONGEST_NAME),
        rows: window.rows.min(MOST_ROWS),
    }
}

/// Which of the forecasts made for a moment of the past is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastOverlay {
    /// None.
    Hidden,
    /// The one made a lead time (and a cycle) before: the one that capacity was bought by.
    #[default]
    Lead,
    /// The one made so many seconds before.
    Before(Seconds),
}

impl Viewport {
    /// The fleet, and no group in detail.
    pub fn fleet() -> Viewport {
        // No group has this name.
        Viewport { group: Some(String::new()), ..Viewport::default() }
    }
}

impl Default for Viewport {
    fn default() -> Self {
        Viewport {
            group: None,
            until: None,
            past: 6 * 3_600,
            ahead: 2 * 3_600,
            points: 240,
            overlay: ForecastOverlay::Lead,
            decision: None,
            decision_then: None,
            fleet: None,
            then: None,
            fleet_then: None,
            what_if: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::shift;

    fn fleet(filter: String, around: String, rows: usize) -> FleetWindow {
        FleetWindow { query: FleetQuery { filter, ..FleetQuery::default() }, around: Some(around), rows }
    }

    #[test]
    fn no_part_of_the_fleet_is_larger_than_a_screen() {
        let asked = Viewport {
            fleet: Some(fleet("ü".repeat(1 << 20), "g".repeat(301), usize::MAX)),
            ..Viewport::default()
        };
        let shown = asked.bounded(at_epoch(1_795_000_000)).fleet.expect("it was asked for");
        assert_eq!((shown.query.filter.chars().count(), shown.around, shown.rows), (200, None, 500));
    }

    proptest! {
        /// Whatever is asked for, the span and the points are those of a screen.
        #[test]
        fn any_viewport_becomes_one_of_a_screen(
            until in prop::option::of(any::<i64>()), past in any::<i64>(), ahead in any::<i64>(),
            points in any::<usize>(), lead in any::<i64>(), then in any::<i64>(),
        ) {
            let now = at_epoch(1_795_000_000);
            let asked = Viewport {
                until: until.map(at_epoch), past, ahead, points,
                overlay: ForecastOverlay::Before(lead), then: Some(PastMoment::At(at_epoch(then))),
                ..Viewport::default()
            };
            let moment = asked.then;
            let shown = asked.bounded(now);
            let end = shown.until.unwrap_or(now);
            prop_assert!(end <= now && end >= at_epoch(0));
            let span = (shift(end, shown.ahead) - shift(end, -shown.past)).num_seconds();
            prop_assert!((60..=38 * 86_400).contains(&span));
            prop_assert!((2..=4_000).contains(&shown.points));
            prop_assert_eq!(shown.then, moment, "the answer is known by it");
            prop_assert_eq!(shown.clone().bounded(now), shown);
        }
    }

    #[test]
    fn what_our_screens_ask_for_is_left_as_it_is() {
        let now = at_epoch(1_795_000_000);
        let widest = Viewport {
            group: Some("g".repeat(300)),
            until: Some(shift(now, -86_400)),
            past: 14 * 86_400,
            ahead: 2 * 86_400,
            points: 800,
            overlay: ForecastOverlay::Before(7_200),
            decision: Some(7),
            decision_then: Some(now),
            fleet: Some(fleet("web late".into(), "g".repeat(300), 90)),
            then: Some(PastMoment::At(shift(now, -90_000))),
            fleet_then: Some(PastMoment::Decision(12)),
            what_if: Some(WhatIf { risk: Some(0.9), ..WhatIf::default() }),
        };
        assert_eq!(widest.clone().bounded(now), widest);
    }
}
