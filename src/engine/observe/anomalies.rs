//! Clock jumps: no scale-in for a cycle after one.

use crate::domain::journal::JournalKind;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Seconds, Time},
    engine::Engine,
    store::{StoreError, keys},
};

/// A clock step of more than this many seconds is a jump.
const STEP: Seconds = 600;

/// Anomalies that concern all groups. All but the last minute survives a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct Anomalies {
    /// The previous minute; time that passes while no process runs is not a jump.
    #[serde(skip)]
    last: Option<Time>,
    /// The newest clock jump, and its seconds.
    jumped: Option<(Time, Seconds)>,
    /// When an operator released the brake.
    pub(in crate::engine) released: Option<Time>,
}

impl Engine {
    /// Journals a clock jump since the previous minute. After one back everything starts over from the store.
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
        let minutes = step.abs() / 60;
        let text = match step < 0 {
            true => format!(
                "the clock jumped back by {minutes} min: the groups continue from the stored history; no scale-in for one cycle"
            ),
            false => format!("the clock jumped ahead by {minutes} min: no scale-in for one cycle"),
        };
        if step < 0 {
            let released = &mut self.observing.anomalies.released;
            *released = released.map(|at| at.min(now));
            self.start_over(now)?;
        }
        self.keep_anomalies()?;
        self.note(None, JournalKind::Clock, text)
    }

    /// Stores what must survive a restart.
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
