//! The checks, by theme, and the one order in which they run.
//!
//! `trust`: may what is known be believed? `size`: how far may the change go? `cloud`: is the group itself in a
//! state to be changed? `others`: who else changes it? `pace`: how often? `people`: what did they say? A check is
//! one short function of the capacity wanted so far and the [`PreflightContext`]; the list [`ALL`] is what the
//! screen, the journal and `docs/preflight.md` show. To add a check: write it beside its kin, with a test, and
//! put it into the list.

mod cloud;
mod others;
mod pace;
mod people;
mod size;
mod trust;

#[cfg(test)]
mod tests;

use super::{PreflightContext, ScaleOutHold};
use crate::domain::{inputs::DATA_FRESH, preflight::Verdict};

/// A check's rule: the capacity wanted so far, and what it may look at.
type CheckFn = fn(u32, &PreflightContext<'_>) -> Verdict;

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// As the screen, the journal and the documentation call it.
    pub name: &'static str,
    /// Which changes it can cut or block.
    pub holds: Directions,
    /// What the operator lists to make it hold scale-out as well.
    pub opt_in: Option<ScaleOutHold>,
    /// The rule.
    pub(super) run: CheckFn,
}

impl Check {
    const fn of(name: &'static str, holds: Directions, run: CheckFn) -> Check {
        Check { name, holds, opt_in: None, run }
    }

    /// A check that holds scale-in, and scale-out where the operator lists `opt_in`.
    const fn widened(name: &'static str, opt_in: ScaleOutHold, run: CheckFn) -> Check {
        Check { name, holds: Directions::In, opt_in: Some(opt_in), run }
    }

    /// Whether it has a say in a change to `to`.
    pub(super) fn concerns(&self, to: u32, c: &PreflightContext<'_>) -> bool {
        let from = c.group.desired;
        let opted = self.opt_in.is_some_and(|hold| c.limits.hold_scale_out.contains(&hold));
        to == from || self.holds.include(from, to) || opted && to > from
    }
}

/// Directions of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directions {
    /// Scale-in alone.
    In,
    /// Scale-out alone.
    Out,
    /// Scale-in and scale-out.
    Both,
}

impl Directions {
    /// As the documentation has it.
    pub fn words(self) -> &'static str {
        match self {
            Directions::In => "in",
            Directions::Out => "out",
            Directions::Both => "both",
        }
    }

    /// Whether a change from `from` to `to` is one of them.
    pub fn include(self, from: u32, to: u32) -> bool {
        match self {
            Directions::In => to < from,
            Directions::Out => to > from,
            Directions::Both => to != from,
        }
    }
}

/// Name of the check that leaves an order far beyond all that was seen to a person.
pub const WITHIN_SEEN: &str = "within what was seen";

/// The list, as the screen shows it. What cuts comes before what blocks, so that a change cut to nothing is no
/// longer a change.
pub const ALL: &[Check] = &[
    Check::of("within min and max", Directions::Both, size::bounds),
    Check::of("step size", Directions::Both, size::step),
    Check::of(WITHIN_SEEN, Directions::Out, size::seen),
    Check::of("calendar floor", Directions::In, size::event_floor),
    Check::of("scale-in protection", Directions::In, size::protection),
    Check::of("weights", Directions::In, size::weights),
    Check::of(DATA_FRESH, Directions::In, trust::freshness),
    Check::of("group seen", Directions::Both, trust::seen),
    Check::of("nothing unknown", Directions::In, trust::unknown),
    Check::of("policies known", Directions::Both, others::policies_known),
    Check::of("clock steady", Directions::In, trust::clock),
    Check::of("model healthy", Directions::In, trust::model),
    Check::of("processes not suspended", Directions::Both, cloud::suspended),
    Check::widened("alarms not suspended", ScaleOutHold::Alarms, cloud::alarms),
    Check::widened("no instance refresh", ScaleOutHold::Refresh, cloud::refresh),
    Check::of("nothing in progress", Directions::In, cloud::in_progress),
    Check::of("launches succeed", Directions::Out, cloud::launches),
    Check::of("no lifecycle hook waiting", Directions::In, cloud::hooks),
    Check::of("no rebalancing", Directions::In, cloud::rebalancing),
    Check::of("zones not impaired", Directions::In, cloud::zones),
    Check::of("warm pool steady", Directions::In, cloud::warm_pool),
    Check::widened("no policy conflict", ScaleOutHold::Predictive, others::policies),
    Check::widened("no scheduled action imminent", ScaleOutHold::Schedule, others::schedules),
    Check::widened("no foreign change reverted", ScaleOutHold::Foreign, others::foreign),
    Check::of("owner", Directions::Both, others::owner),
    Check::of("cooldown", Directions::Both, pace::cooldown),
    Check::of("actions per hour", Directions::In, pace::rate),
    Check::of("no flip-flop", Directions::In, pace::flip_flop),
    Check::of("API budget", Directions::In, pace::budget),
    Check::widened("not frozen by the calendar", ScaleOutHold::Freeze, people::freeze),
    Check::of("incident brake", Directions::In, people::brake),
    Check::of("not rejected", Directions::Both, people::rejected),
    Check::of("lease", Directions::Both, others::lease),
];

fn block(reason: String) -> Verdict {
    Verdict::Block { reason }
}

fn removes(to: u32, c: &PreflightContext<'_>) -> bool {
    to < c.group.desired
}

fn adds(to: u32, c: &PreflightContext<'_>) -> bool {
    to > c.group.desired
}

/// Lets a scale-in go no lower than `least`, and turns none into a scale-out.
fn no_lower(to: u32, least: u32, c: &PreflightContext<'_>, reason: impl FnOnce(u32) -> String) -> Verdict {
    let least = least.min(c.group.desired).min(c.group.max);
    if to >= least {
        return Verdict::Pass;
    }
    Verdict::Clamp { to: least, reason: reason(least) }
}
