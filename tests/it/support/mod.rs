//! What several tests need: homes and processes, terminals, an emulated AWS, and ways to it that fail.

pub mod acts;
pub mod emulated_aws;
pub mod gate;
pub mod harness;
pub mod home;
pub mod http;
pub mod journal;
pub mod line;
pub mod pause;
pub mod peer;
pub mod proxy;
pub mod python;
pub mod running;
#[cfg(feature = "lambda")]
pub mod runtime_api;
pub mod scenario;
pub mod sequences;
pub mod wait;
