//! What several machines hold together: leases, operator state ([`operator_state`]), metric history, the calendar, models.
//!
//! Everything lies as objects in one place, a folder or an S3 bucket ([`SharedStore`]). It is never needed to watch a
//! group: without it the program runs on what it has itself, and does not act.
//!
//! Leases answer one question: which agent may act on a group now? One object, the [`table`], says so for all
//! groups. Each change of it is written under the next number, and only if nobody has written that number yet
//! ([`register`]); so all agents see one order of changes, whatever the place, and the number under which a group
//! was taken is its fencing token. [`split`] says who should hold what, [`lease_manager`] does what one agent has to do,
//! and [`moment`] says how long ago something was without trusting that two machines' clocks agree.
//!
//! Why this is safe: an agent counts its leases from the moment before it sent its last renewal. Another takes them
//! once it has seen that same renewal, and no newer one, for the whole term, counted from a moment after it was
//! written. The first interval ends before the second, on clocks that only run equally fast. Start with
//! [`LeaseManager::sync`]. Processes without a disk of their own take turns by the log of [`run_log`].
//!
//! This room knows the domain alone. It reads no clock: elapsed time comes through [`moment::Ticks`].

#[cfg(feature = "s3")]
mod bucket;
pub mod calendar;
mod credentials;
pub mod error;
pub mod history;
pub mod lease_manager;
pub mod models;
pub mod moment;
#[cfg(not(feature = "s3"))]
mod no_bucket;
pub mod operator_state;
mod parquet;
pub mod place;
pub mod probe;
pub mod register;
pub mod run_log;
pub mod samples;
pub mod split;
pub mod table;

#[cfg(test)]
pub(crate) mod faulty;
#[cfg(test)]
pub(crate) mod fixture;

#[cfg(not(feature = "s3"))]
use no_bucket as bucket;

pub use credentials::CredentialSource;
pub use error::SharedError;
pub use lease_manager::{Floors, Holder, LeaseChange, LeaseManager};
pub use place::{SharedStore, StoreLocation};
