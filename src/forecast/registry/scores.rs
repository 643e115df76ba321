//! How good a model was on days that it had not seen.

use serde::{Deserialize, Serialize};

/// Scores on days that a model has not seen, as the console shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// WAPE of the median over the scored horizons, a share of load.
    pub wape: f64,
    /// The same for seasonal-naive.
    pub naive_wape: f64,
    /// The same for the champion at the time, if there was one; beside an adapted prior, the prior that was heard.
    pub champion_wape: Option<f64>,
    /// Observed coverage of the 0.95 quantile.
    pub coverage: f64,
    /// Forecasts scored.
    pub count: usize,
    /// Of an adapted prior, what the gate looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<PriorLosses>,
}

/// Pinball loss over all quantiles, in typical changes of the load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorLosses {
    /// Of the adapted prior.
    pub own: f64,
    /// Of the prior that the program ships with.
    pub shipped: f64,
    /// Of the adapted prior that served at the time, if there was one.
    pub serving: Option<f64>,
}
