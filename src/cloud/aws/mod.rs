//! The thin adapter to a real AWS account: CloudWatch and EC2 Auto Scaling, in the words of
//! [`crate::domain`].
//!
//! What lives here: the way in ([`connect`]), a source that only reads ([`AwsSource`]: `source.rs` is the
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

mod balancer;
mod connect;
#[cfg(test)]
mod connection;
mod convert;
mod credential_cache;
mod details;
mod error;
mod fleet;
mod metrics;
pub mod permissions;
mod scaler;
mod server_date;
mod source;
mod targets;

pub use connect::{AccessKey, AwsConnection, ConnectOptions, Deadlines, connect};
pub use credential_cache::{CredentialCache, KeyParts};
pub use scaler::AwsScaler;
pub use source::AwsSource;

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_scaler_can_change_anything() {
        let readers = [
            ("balancer.rs", include_str!("balancer.rs")),
            ("connect.rs", include_str!("connect.rs")),
            ("convert.rs", include_str!("convert.rs")),
            ("details.rs", include_str!("details.rs")),
            ("error.rs", include_str!("error.rs")),
            ("fleet.rs", include_str!("fleet.rs")),
            ("credential_cache.rs", include_str!("credential_cache.rs")),
            ("metrics.rs", include_str!("metrics.rs")),
            ("source.rs", include_str!("source.rs")),
            ("targets.rs", include_str!("targets.rs")),
            ("server_date.rs", include_str!("server_date.rs")),
        ];
        let verbs = [
            "set",
            "put",
            "update",
            "create",
            "delete",
            "execute",
            "attach",
            "detach",
            "terminate",
            "start_instance",
        ];
        let mutating = |text: &str| {
            // An operation of the SDK's clients is called without arguments: `.set_desired_capacity()`.
            let calls = text.split('.').filter_map(|rest| rest.split_once("()").map(|(name, _)| name));
            let found = calls.filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            found.filter(|name| verbs.iter().any(|v| name.starts_with(&format!("{v}_")))).count()
        };
        for (file, text) in readers {
            assert_eq!(mutating(text), 0, "{file} must only read");
        }
        assert_eq!(mutating(include_str!("scaler.rs")), 4);
    }
}
