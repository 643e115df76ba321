//! The LSTM networks: architecture, training, files.
//!
//! Two families share one network ([`net`]), one training loop ([`fit`]) and one way of predicting
//! ([`predictor`]):
//!
//! - the *presets* ([`preset`], [`trained`]) are the student project's models of CPU utilisation, one step
//!   ahead, trained from a CSV ([`table`], [`features`]) and scored by its own measures ([`scores`]); [`tune`]
//!   searches its grid, and [`torch`] imports its PyTorch weights;
//! - the *demand network* ([`demand`]) forecasts quantiles of a group's demand for the live loop.
//!
//! Rules of the room: data are split in the order of time; a scaler is fitted on training rows alone and
//! is stored with the weights; epochs are chosen on validation rows, never on test rows; a window that
//! contains a gap is left out. Every random number (initial weights, dropout, the order of batches)
//! comes from one seeded generator of ours and never from burn's global one, so that one seed gives one model
//! however many trainings run in parallel. Files are written and read by [`bundle`], which keeps a
//! checksum of its own: a flipped byte in a weight file would otherwise go unnoticed.
//!
//! The recurrent layers run through a kernel of our own (`kernel`, bridged by `recurrent`), several times
//! faster than burn's; burn's own layers are what its tests compare it with, and what the `ndarray` back end
//! runs.
//!
//! Start with [`net`], then [`fit`].

mod adam;
pub mod batch;
pub mod bundle;
mod clip;
pub mod demand;
pub mod features;
pub mod fit;
mod kernel;
pub mod loss;
pub mod net;
pub mod predictor;
pub mod preset;
mod recurrent;
mod schedule;
pub mod scores;
pub mod table;
#[cfg(feature = "pytorch-import")]
pub mod torch;
pub mod trained;
pub mod tune;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// The CPU back end of burn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The fused kernel for the recurrent layers, burn-flex for the rest.
    #[default]
    Flex,
    /// burn's own layers on burn-ndarray: deprecated upstream and several times slower.
    Ndarray,
}

impl Backend {
    /// Its name in the configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Flex => "flex",
            Backend::Ndarray => "ndarray",
        }
    }

    /// True if the recurrent layers run through the fused kernel; else through burn's own.
    pub fn is_fused(self) -> bool {
        self == Backend::Flex
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
