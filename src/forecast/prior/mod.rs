//! The prior: one small net, trained once on many recorded and synthetic loads, which forecasts the next hour of a load that it
//! has never seen.
//!
//! - [`features`] is what it sees: a load's newest steps, hours, the same time on earlier days, how well simple forecasts did.
//! - [`net`] turns that into quantiles, in plain Rust.
//! - [`file`](mod@file) is its file: numbers of 16 bits, and a manifest that says where they are from.
//! - [`pretrain`] makes it (`prescale pretrain`), in burn.
//!
//! It knows no calendar and nothing of what it has forecast before: the blend learns how far to follow it. Nothing here reads a
//! clock, or sees a step that had not ended.

use std::sync::{Arc, LazyLock};

use self::net::Net;

pub mod features;
pub mod file;
pub mod net;
pub mod pretrain;

/// The prior that the program ships with: one copy for all groups.
static SHIPPED: LazyLock<Option<Arc<Net>>> =
    LazyLock::new(|| file::shipped().map(|(net, _)| Arc::new(net)).ok());

/// The prior that a forecaster hears, or none.
#[derive(Debug, Clone, Default)]
pub struct Prior(Option<Arc<Net>>);

impl Prior {
    /// The one that the program ships with.
    pub fn shipped() -> Prior {
        Prior(SHIPPED.clone())
    }

    /// Another one.
    pub fn of(net: Net) -> Prior {
        Prior(Some(Arc::new(net)))
    }

    /// Its net.
    pub fn net(&self) -> Option<&Net> {
        self.0.as_deref()
    }
}
