//! Models and trainings, as screens see them.

use serde::{Deserialize, Serialize};

use crate::domain::{Seconds, Time};

/// A model on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRow {
    /// Group it was trained for.
    pub group: String,
    /// Version, sorts by age.
    pub version: String,
    /// What it is (`lstm 64×1, 24 steps`).
    pub what: String,
    /// When it was trained.
    pub trained_at: Time,
    /// Serves now.
    pub champion: bool,
    /// Served before the champion: a roll-back puts it into service again.
    #[serde(default)]
    pub previous: bool,
    /// Scores on the newest days, which it was not trained on.
    pub score: ModelScore,
    /// Remarks: refused by the gate and why, promoted by whom, damaged file.
    pub remark: String,
}

/// Scores on days that the model has not seen. All are shares of load unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelScore {
    /// WAPE of the median over the scored horizons.
    pub wape: f64,
    /// The same for seasonal-naive.
    pub naive_wape: f64,
    /// The same for the champion at the time, if there was one.
    pub champion_wape: Option<f64>,
    /// Observed coverage of the 0.95 quantile.
    pub coverage: f64,
    /// Forecasts scored.
    pub count: usize,
}

/// What a group's forecasts were learned from, and when a network is trained for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearningView {
    /// Start of the first step of load.
    pub since: Time,
    /// Seconds of load.
    pub load: Seconds,
    /// Seconds of load that are missing before a network is trained unasked.
    pub missing: Seconds,
    /// When the next training is due that nobody has to ask for; `None` where there is none.
    pub next: Option<Time>,
}

/// A training, running or over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingView {
    /// Group.
    pub group: String,
    /// What is trained.
    pub what: String,
    /// Where it stands.
    pub state: TrainingState,
    /// Epochs asked for.
    pub epochs: usize,
    /// Loss an epoch so far.
    pub losses: Vec<EpochLoss>,
    /// Seconds that remain, estimated from the epochs so far.
    pub eta: Option<f64>,
}

/// Loss after one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochLoss {
    /// On the data it learns from.
    pub train: f64,
    /// On later data held out for early stopping.
    pub valid: f64,
}

/// Where a training stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingState {
    /// Epochs go by.
    Running,
    /// Over; the words say whether the challenger went live, and why.
    Done(String),
    /// Cancelled by an operator.
    Cancelled,
    /// Could not be done.
    Failed(String),
}
