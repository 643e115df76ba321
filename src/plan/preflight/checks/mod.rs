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

use super::PreflightContext;
use crate::domain::preflight::Verdict;

/// A check: the capacity wanted so far, and what it may look at.
type CheckFn = fn(u32, &PreflightContext<'_>) -> Verdict;

/// The list, as the screen shows it. What cuts comes before what blocks, so that a change cut to nothing is no
/// longer a change.
pub const ALL: &[(&str, CheckFn)] = &[
    ("within min and max", size::bounds),
    ("step size", size::step),
    ("floor of the calendar", size::event_floor),
    ("scale-in protection", size::protection),
    ("weights", size::weights),
    ("data fresh", trust::freshness),
    ("group seen", trust::seen),
    ("clock steady", trust::clock),
    ("model healthy", trust::model),
    ("processes not suspended", cloud::suspended),
    ("no instance refresh", cloud::refresh),
    ("nothing in progress", cloud::in_progress),
    ("launches succeed", cloud::launches),
    ("no life-cycle hook waits", cloud::hooks),
    ("no rebalancing", cloud::rebalancing),
    ("zones not impaired", cloud::zones),
    ("warm pool steady", cloud::warm_pool),
    ("no policy fights", others::policies),
    ("no scheduled action near", others::schedules),
    ("nobody else's change undone", others::foreign),
    ("owner", others::owner),
    ("cooldown", pace::cooldown),
    ("actions an hour", pace::rate),
    ("no flip-flop", pace::flip_flop),
    ("API budget", pace::budget),
    ("not frozen by the calendar", people::freeze),
    ("incident brake", people::brake),
    ("not rejected", people::rejected),
    ("lease", others::lease),
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
