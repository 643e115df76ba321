//! Everything that an operator may ask of the engine.

use serde::{Deserialize, Serialize};

use super::PastMoment;
use crate::{
    calendar::CalendarEntry,
    domain::{Seconds, Time, at_epoch, decision::Mode, fault::Fault},
};

/// One thing an operator may ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Approve the proposal as seen; preflight runs again on fresh state before anything is done.
    Approve {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
    },
    /// Reject a proposal.
    Reject {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
        /// Why, for the journal.
        reason: String,
    },
    /// Put a proposal off; it comes back by itself, sooner if more is needed.
    Snooze {
        /// Id of the proposal.
        id: i64,
        /// The revision that the operator saw.
        revision: u32,
        /// For how long, 1 to 1440.
        minutes: u32,
    },
    /// Propose the inverse of what was done; it waits for approval like any proposal.
    Undo {
        /// Id of the decision that was carried out.
        decision: i64,
    },
    /// Change how far `prescale` may go with a group.
    SetMode {
        /// The group.
        group: String,
        /// The new mode.
        mode: Mode,
    },
    /// Freeze or release scale-in everywhere.
    SetBrake {
        /// True freezes.
        on: bool,
    },
    /// Change `calendar.toml`.
    Calendar(CalendarEdit),
    /// Write the calendar as a new iCalendar file.
    ExportCalendar {
        /// Path of the file, where the engine runs; one that exists is not replaced.
        path: String,
    },
    /// Train a challenger for a group in the background.
    Train {
        /// The group.
        group: String,
    },
    /// Stop the training under way.
    CancelTraining,
    /// Make a model version the group's champion.
    Promote {
        /// The group.
        group: String,
        /// The version.
        version: String,
    },
    /// Go back to the champion before the present one.
    RollBack {
        /// The group.
        group: String,
    },
    /// Walk the newest days of a group's history anew under several policies, in the background.
    Backtest {
        /// The group.
        group: String,
        /// Names of the policies, as [`super::BacktestView::contenders`] has them.
        contenders: Vec<String>,
        /// How many days, 1 to 31.
        days: u32,
    },
    /// Stop the backtest under way.
    CancelBacktest,
    /// Read the configuration again; one that is wrong is refused, and the present one stays in force.
    Reload,
    /// What the screen shows, so that views carry just that.
    Show(Viewport),
    /// Drive the simulated clock; refused on a real account.
    Clock(ClockCommand),
    /// Make something go wrong in the simulation; refused on a real account.
    Inject {
        /// The group.
        group: String,
        /// What goes wrong.
        fault: Fault,
    },
}

impl Command {
    /// What is asked, in a few words, for the log.
    pub fn what(&self) -> String {
        match self {
            Command::Approve { id, revision } => format!("approve proposal {id} (revision {revision})"),
            Command::Reject { id, .. } => format!("reject proposal {id}"),
            Command::Snooze { id, minutes, .. } => format!("snooze proposal {id} for {minutes} min"),
            Command::Undo { decision } => format!("undo decision {decision}"),
            Command::SetMode { group, mode } => format!("{group} to {}", mode.name()),
            Command::SetBrake { on: true } => "freeze scale-in".into(),
            Command::SetBrake { on: false } => "release scale-in".into(),
            Command::Calendar(_) => "edit the calendar".into(),
            Command::ExportCalendar { .. } => "export the calendar".into(),
            Command::Train { group } => format!("train a model for {group}"),
            Command::CancelTraining => "cancel the training".into(),
            Command::Promote { group, version } => format!("promote {version} of {group}"),
            Command::RollBack { group } => format!("roll {group} back to the previous champion"),
            Command::Backtest { group, contenders, .. } => {
                format!("backtest of {group} under {}", contenders.join(", "))
            }
            Command::CancelBacktest => "cancel the backtest".into(),
            Command::Reload => "reload the configuration".into(),
            Command::Show(_) => "show another part".into(),
            Command::Clock(_) => "control the simulated clock".into(),
            Command::Inject { group, fault } => format!("inject into {group}: {}", fault.name()),
        }
    }
}

/// A change of the calendar file. `base` is the hash of the file that the operator saw: a file changed
/// since then is a conflict, and nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarEdit {
    /// Add an entry at the end of the file.
    Add {
        /// Hash seen.
        base: String,
        /// What to add.
        entry: CalendarEntry,
    },
    /// Replace the entry at `index`, keeping its comments.
    Replace {
        /// Hash seen.
        base: String,
        /// Position in the file, from zero.
        index: usize,
        /// What stands there from now on.
        entry: CalendarEntry,
    },
    /// Remove the entry at `index`.
    Remove {
        /// Hash seen.
        base: String,
        /// Position in the file, from zero.
        index: usize,
    },
    /// Take the newest edit back: the file is again as it was before.
    Undo {
        /// Hash seen.
        base: String,
    },
    /// Do again what was taken back last.
    Redo {
        /// Hash seen.
        base: String,
    },
    /// Add what an iCalendar file holds and the calendar does not.
    Import {
        /// Hash seen.
        base: String,
        /// Path of the file, where the engine runs.
        path: String,
    },
}

/// What the screen has room for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The moment of the past as of which the group is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<PastMoment>,
    /// The moment of the past as of which the fleet is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet_then: Option<PastMoment>,
}

/// Longest stretch of the past that a screen may show, twice the widest of ours, and the shortest.
const PAST: (Seconds, Seconds) = (60, 31 * 86_400);
/// Longest stretch of the future that a screen may show; forecasts end before.
const MOST_AHEAD: Seconds = 7 * 86_400;
/// Points of a line: twice the columns of the widest screen.
const POINTS: (usize, usize) = (2, 4_000);
/// Most characters of a group's name, as AWS has it.
const LONGEST_NAME: usize = 255;
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
            // The screen knows the answer by the moment that it asked for; one decision is read, whatever that is.
            then: self.then,
            fleet_then: self.fleet_then,
        }
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
            then: None,
            fleet_then: None,
        }
    }
}

/// The simulated clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockCommand {
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// Run at this many simulated seconds a second, 1 to 3600.
    Speed(f64),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::shift;

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
            group: Some("g".repeat(255)),
            until: Some(shift(now, -86_400)),
            past: 14 * 86_400,
            ahead: 2 * 86_400,
            points: 800,
            overlay: ForecastOverlay::Before(7_200),
            decision: Some(7),
            then: Some(PastMoment::At(shift(now, -90_000))),
            fleet_then: Some(PastMoment::Decision(12)),
        };
        assert_eq!(widest.clone().bounded(now), widest);
    }
}
