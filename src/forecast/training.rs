//! What is trained for a group, how and when.

use serde::{Deserialize, Serialize};

use super::lstm::{Backend, batch::SHARDS};
use crate::domain::Seconds;

/// Steps that a group must have learned before a model is trained for it unasked.
pub const ENOUGH: usize = 501;
/// The same of the prior, in seconds: the week that it takes, and a day for gaps.
const ENOUGH_FOR_PRIOR: Seconds = 8 * 86_400;

/// What is trained for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// The prior is adapted to it.
    #[default]
    Prior,
    /// A network of its own.
    Lstm,
}

/// Options of training: the section `[train]` of the configuration, and the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingOptions {
    /// What is trained.
    pub kind: ModelKind,
    /// Train every group once a day of the group's time.
    pub daily: bool,
    /// Train a group also when its load shows drift.
    pub drift: bool,
    /// Most epochs of a network, 1 to 1000.
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
            kind: ModelKind::default(),
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
    /// Steps of `step` seconds that a group must have learned before a model is trained for it unasked.
    pub fn enough(&self, step: Seconds) -> usize {
        match self.kind {
            ModelKind::Lstm => ENOUGH,
            ModelKind::Prior => ENOUGH.max((ENOUGH_FOR_PRIOR / step.max(1)) as usize),
        }
    }

    /// Fewer epochs, and only when an operator asks.
    pub fn on_request() -> TrainingOptions {
        TrainingOptions { daily: false, drift: false, epochs: 15, ..TrainingOptions::default() }
    }
}
