//! An embedded AWS: Auto Scaling groups that replay recorded traffic.
//!
//! It answers as AWS does, in AWS's words, and really reacts: more instances lower the CPU, boots take time,
//! launches fail, metrics come late. The console's demonstration lives in it, and `prescale backtest` runs the
//! engine on it (one plain group, fixed boot, no noise). It knows the future of its traces, so nothing but the
//! two traits of [`crate::cloud`] may be used to decide; [`World::ticks`] and [`World::load`] are for scoring.
//!
//! Time moves in ticks of 60 s counted from the start of each group's trace, and only when somebody calls:
//! no thread, no clock. All chance is named by seed, group, purpose and number, so the same calls give the
//! same bytes, and a snapshot goes on exactly.
//!
//! Start with [`World`] (all groups at one moment) and `group` (the order of things inside a tick); then
//! `load` (a trace on the grid of ticks), `metrics` and `publishing` (what may be seen of it, and when), `roster` (instances
//! and activities), `floor` (MinSize and scheduled actions), `fault`, `snapshot` and [`fleet`] (the demonstration). [`Simulator`] shares a world between the
//! traits.

mod chance;
mod describe;
mod fault;
mod fingerprint;
pub mod fleet;
mod floor;
mod group;
mod handles;
mod load;
mod metrics;
mod publishing;
mod record;
mod refresh;
mod roster;
mod snapshot;
mod spec;
mod trace;
mod tracking;
mod world;

#[cfg(test)]
mod tests;

pub use fleet::{DEMO_START, demo_fleet, demo_start};
pub use floor::Scheduled;
pub use handles::{SimulatedScaler, SimulatedSource, Simulator};
pub use load::{Interpolation, LoadCurve};
pub use record::Size;
pub use spec::{GroupSpec, Publishing};
pub use trace::{Trace, TraceError};
pub use world::{Tick, World};

/// Seconds of one tick.
pub const TICK: crate::domain::Seconds = 60;
