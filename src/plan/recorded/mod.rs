//! What plan and preflight look at, as a decision's record keeps it, and back.
//!
//! Kept is what the rules read, and no more: a rule that looks at something new adds it here, or the test that replays a long
//! run finds a plan that does not come out the same.

mod plan;
mod preflight;

pub(in crate::plan) use plan::looked_at;
pub use plan::{plan_again, plan_inputs};
pub use preflight::{checks_again, preflight_inputs};

use crate::domain::{Seconds, event::Event, inputs::EventInputs};

/// This program, as the records have it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Longest time in a record, in seconds, and most instances: beyond them nothing is computed.
const MOST: (Seconds, u64) = (1_000_000_000, 10_000_000);

/// Whether times and numbers of instances of a record can be computed with.
///
/// # Errors
/// Which of them cannot.
fn within_bounds(times: &[Seconds], sizes: &[u64]) -> Result<(), String> {
    match () {
        () if times.iter().any(|time| time.unsigned_abs() > MOST.0.unsigned_abs()) => {
            Err("a time of it is absurd".into())
        }
        () if sizes.iter().any(|size| *size > MOST.1) => Err("a number of instances of it is absurd".into()),
        () => Ok(()),
    }
}

fn event(event: &Event) -> EventInputs {
    EventInputs {
        name: event.name.clone(),
        kind: event.kind,
        start: event.start,
        end: event.end,
        multiplier: event.multiplier,
        min_instances: event.min_instances,
    }
}

/// An event as the record of a decision has it: one that was known then.
pub fn event_again(event: &EventInputs) -> Event {
    Event {
        name: event.name.clone(),
        kind: event.kind,
        label: event.kind.name().to_owned(),
        start: event.start,
        end: event.end,
        multiplier: event.multiplier,
        min_instances: event.min_instances,
        groups: Vec::new(),
    }
}
