//! Jumps of the clock: for a cycle after one nothing is removed.

use crate::domain::journal::JournalKind;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Seconds, Time},
    engine::Engine,
    store::{StoreError, keys},
};

/// A step of the clock beyond this many seconds is a jump.
const STEP: Seconds = 600;

/// What the engine has seen that concerns all groups. All but the last minute outlives a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct Anomalies {
    /// The minute before; what passes while no process runs is no jump.
    #[serde(skip)]
    last: Option<Time>,
    /// The newest jump of the clock, and by how many seconds.
    jumped: Option<(Time, Seconds)>,
    /// When an operator released the brake.
    pub(in crate::engine) released: Option<Time>,
}

impl Engine {
    /// Journals a jump of the clock since the minute before.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) fn detect_clock_jump(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(last) = self.observing.anomalies.last.replace(now) else { return Ok(()) };
        let step = (now - last).num_seconds();
        if (0..=STEP).contains(&step) {
            return Ok(());
        }
        self.observing.anomalies.jumped = Some((now, step));
        let way = if step < 0 { "back" } else { "ahead" };
        let text = format!("the clock went {way} by {} min: no scale-in for a cycle", step.abs() / 60);
        self.keep_anomalies()?;
        self.note(None, JournalKind::Clock, text)
    }

    /// Writes down what must outlive a restart.
    pub(in crate::engine) fn keep_anomalies(&mut self) -> Result<(), StoreError> {
        self.store.set(&keys::anomalies(), &self.observing.anomalies)
    }

    /// Seconds by which the clock jumped, until a cycle after it did.
    pub(in crate::engine) fn jump(&self, cycle: Seconds) -> Option<Seconds> {
        let (at, step) = self.observing.anomalies.jumped?;
        let age = (self.now - at).num_seconds();
        (0..cycle).contains(&age).then_some(step)
    }
}
