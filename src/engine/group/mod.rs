//! One Auto Scaling group as a pure state machine: no I/O, no clock, no store.
//!
//! Each minute the engine hands a group what was observed, and [`GroupRuntime::step`] answers with a [`Ready`]: samples and
//! forecasts to keep, journal lines and settings to write, and the acts that it wants carried out. The engine persists the
//! `Ready`, then makes the call, then hands the outcome back ([`GroupRuntime::intend`], [`GroupRuntime::outcome`]). So
//! "intent before act" and "nothing is lost by a restart" follow from the types: what must survive is in a `Ready`, and
//! comes back through [`GroupRuntime::restore`].
//!
//! Start with [`step`], which reads learn → forecast → plan → preflight → decide. Then [`runtime`] (the state) and
//! [`memory`] (the part of it that outlives a restart), [`observation`] and [`ready`] (what goes in and comes out),
//! `horizon` (how far ahead forecasts reach), `load` (by the minute), `settlement` (when a step of demand is complete, and
//! what is corrected later), `silent_load` (nothing published: zero, or unknown), `saturation` (CPU as a lower bound),
//! `capacity` (what an instance serves),
//! `decide`, `proposals` (their life cycle), `answers` (commands of operators), `floor` (MinSize while prescale holds it),
//! `outcome` (before and after a call), `signals` (foreign changes, incidents), `model_health`, `unusual` (readings set
//! aside, load that vanishes), `training_data` (what models
//! learn from), `registration_delay` (what load balancers add to the lead time), `scorecard` (against a simulated
//! target-tracking baseline), `forecasters` and their `spill` file, the one part that touches the disk: a file without a
//! name for what a large fleet does not need at the moment. `reconfigure` takes other options while the group runs.

mod answers;
mod capacity;
mod decide;
mod floor;
pub(super) mod forecasters;
mod horizon;
pub(super) mod learn;
mod load;
pub mod memory;
mod model_health;
pub mod observation;
mod outcome;
mod proposals;
pub mod ready;
mod reconfigure;
mod registration_delay;
pub mod runtime;
mod saturation;
pub(super) mod scorecard;
mod settlement;
pub(super) mod signals;
pub(super) mod silent_load;
pub(super) mod spill;
pub mod step;
pub mod training_data;
mod unusual;

pub use decide::words;
pub use memory::Memory;
pub use observation::{Context, Observation};
pub use outcome::Unsuccessful;
pub use ready::{Line, Ready, Record, Setting, Wish, WishKind};
pub use runtime::{GroupRuntime, Restored};
