//! The thin adapter to a real AWS account: CloudWatch and EC2 Auto Scaling, in the words of
//! [`crate::domain`].
//!
//! What lives here: the way in ([`connect`]; [`AwsAccount`] where there are several), a source that only reads ([`AwsSource`]: `source.rs` is the
//! trait, `fleet.rs` lists groups, `details.rs` reads the rest of them, `convert.rs` turns the SDK's words into ours,
//! `targets.rs` knows which metrics to ask for, `metrics.rs` asks CloudWatch and `balancer.rs` finds the load balancers
//! before a group), a scaler that only writes
//! ([`AwsScaler`]) and the meaning of every failure (`error.rs`).
//!
//! What may not: decisions, retries beyond the SDK's own (the engine's next cycle is the retry), a clock
//! (`now` is an argument; only the SDK's signatures use the machine's), and SDK types in a public signature.
//! `scaler.rs` is the only file with a call that changes anything; a test at the bottom of this one holds
//! that. An operator in `observe` never builds an [`AwsScaler`].
//!
//! Start with [`connect`], then read `fleet.rs`; [`permissions`] lists every call.

mod account;
mod answer_limit;
mod balancer;
mod connect;
mod convert;
mod credential_cache;
mod details;
mod error;
mod fleet;
mod metrics;
pub mod permissions;
mod place;
pub(in crate::cloud) mod prose;
mod scaler;
mod server_date;
mod source;
mod targets;

pub use account::{AccountScaler, AccountSource, AwsAccount};
pub use connect::{AccessKey, AssumedRole, AwsConnection, ConnectOptions, Deadlines, connect};
pub use credential_cache::{CredentialCache, KeyParts};
pub use scaler::AwsScaler;
pub use source::AwsSource;

#[cfg(test)]
mod tests;
