//! The prior: one small net, trained once on many recorded and synthetic loads, which forecasts the next hour of a load that it
//! has never seen.
//!
//! - [`features`] is what it sees: a load's newest steps, hours, the same time on earlier days, how well simple forecasts did.
//! - [`net`] turns that into quantiles; `layers` is what it is made of, [`inference`] how it does so in use.
//! - [`file`](mod@file) is its file: numbers of 16 bits, and a manifest that says where they are from.
//! - [`finetune`] adapts it to the load of one group; [`adapted`] is what comes of it, and its file.
//! - [`pretrain`] makes it (`prescale pretrain`).
//!
//! It knows no calendar and nothing of what it has forecast before: the blend learns how far to follow it. Nothing here reads a
//! clock, or sees a step that had not ended.

use std::sync::{Arc, LazyLock};

use self::{inference::Inference, net::Net};

pub mod adapted;
pub mod features;
pub mod file;
pub mod finetune;
pub mod inference;
mod layers;
pub mod net;
pub mod pretrain;

/// The prior that the program ships with: one copy for all groups.
static SHIPPED: LazyLock<Option<Arc<Inference>>> =
    LazyLock::new(|| file::shipped().map(|(net, _)| Arc::new(Inference::new(&net))).ok());

/// The prior that a forecaster hears, or none.
#[derive(Debug, Clone, Default)]
pub struct Prior {
    net: Option<Arc<Inference>>,
    adapted: bool,
}

impl Prior {
    /// The one that the program ships with.
    pub fn shipped() -> Prior {
        Prior { net: SHIPPED.clone(), adapted: false }
    }

    /// Another one.
    pub fn of(net: &Net) -> Prior {
        Prior { net: Some(Arc::new(Inference::new(net))), adapted: false }
    }

    /// The same with another head, as [`finetune`] makes it; nothing where that does not fit.
    pub fn with_head(&self, head: &[f32]) -> Option<Prior> {
        Some(Prior { net: Some(Arc::new(self.net()?.with_head(head)?)), adapted: true })
    }

    /// Its net.
    pub fn net(&self) -> Option<&Inference> {
        self.net.as_deref()
    }

    /// True if it was adapted to a group.
    pub fn is_adapted(&self) -> bool {
        self.adapted
    }
}
