//! How and when a group's network is trained.

use serde::{Deserialize, Serialize};

use super::lstm::{Backend, batch::SHARDS};

/// Steps that a group must have learned before a model is trained for it unasked.
pub const ENOUGH: usize = 501;

/// Options of training: the section `[train]` of the configuration, and the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingOptions {
    /// Train every group once a day of the group's time.
    pub daily: bool,
    /// Train a group also when its load shows drift.
    pub drift: bool,
    /// Most epochs, 1 to 1000.
    pub epochs: usize,
    /// Units of the LSTM layer, 4 to 1024.
    pub hidden: usize,
    /// Back end.
    pub backend: Backend,
    /// Threads that share a batch, 1 to 16; the trained network depends on their number.
    pub shards: usize,
    /// Seed; no key of the configuration.
    #[serde(skip)]
    pub seed: u64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        TrainingOptions {
            daily: true,
            drift: true,
            epochs: 30,
            hidden: 64,
            backend: Backend::Flex,
            shards: SHARDS,
            seed: 1,
        }
    }
}

impl TrainingOptions {
    /// Fewer epochs, and only when an operator asks.
    pub fn on_request() -> TrainingOptions {
        TrainingOptions { daily: false, drift: false, epochs: 15, ..TrainingOptions::default() }
    }
}
