//! The LSTM networks: architecture, training, files.
//!
//! Two families share one network ([`net`]) and one training loop ([`fit`]):
//!
//! - the *presets* ([`preset`], [`trained`]) are the student project's models of CPU utilisation, one step
//!   ahead, trained from a CSV ([`table`], [`features`]) and scored by its own measures ([`scores`]);
//! - the *demand network* ([`demand`]) forecasts quantiles of a group's demand for the live loop.
//!
//! Rules of the room: data are split in the order of time; a scaler is fitted on training rows alone and
//! travels with the weights; epochs are chosen on validation rows, never on test rows; a window that
//! touches a gap teaches nothing. Every random number (initial weights, dropout, the order of batches)
//! comes from one seeded generator of ours and never from burn's global one, so that one seed gives one model
//! however many trainings run side by side. Files are written and read by [`bundle`], which keeps a
//! checksum of its own: a flipped byte in a weight file would otherwise load in silence.
//!
//! Start with [`net`], then [`fit`].

pub mod bundle;
mod clip;
pub mod demand;
pub mod features;
pub mod fit;
pub mod loss;
pub mod net;
pub mod preset;
pub mod scores;
pub mod table;
pub mod trained;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Which of burn's CPU back ends does the arithmetic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn-flex, the fast one.
    #[default]
    Flex,
    /// burn-ndarray, deprecated upstream and two to five times slower.
    Ndarray,
}

impl Backend {
    /// The word in the configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Flex => "flex",
            Backend::Ndarray => "ndarray",
        }
    }

    /// The device that tensors live on, without automatic differentiation.
    pub fn device(self) -> Device {
        match self {
            Backend::Flex => Device::flex(),
            Backend::Ndarray => ndarray(),
        }
    }
}

/// The one place that knows that burn deprecates this back end while 0.22 still carries it.
#[expect(deprecated, reason = "burn 0.22 deprecates ndarray but still has it, and operators may choose it")]
fn ndarray() -> Device {
    Device::ndarray()
}
