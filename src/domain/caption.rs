//! A caption of a story that is played in the simulation.

use serde::Serialize;

use super::Time;

/// What happens at a moment, and what `prescale` does about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caption {
    /// Since when it holds.
    pub at: Time,
    /// What happens, or what was done.
    pub what: String,
    /// Why, and what to look at.
    pub why: String,
}
