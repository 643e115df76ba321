//! What a change is worth: its price, and what may happen without it.

use serde::{Deserialize, Serialize};

/// How likely too few instances are, within the lead time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// Probability that demand passes the capacity in the worst step, 0.01 to 0.9: quantiles say no more.
    pub probability: f64,
    /// Minutes of it to be expected.
    pub minutes: f64,
}

/// Price and risk of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stakes {
    /// Instances more (or, below zero, fewer) that run because of it.
    pub instances: i64,
    /// What they cost an hour, in the unit of the configured price; `None` where no price is set.
    pub cost_per_hour: Option<f64>,
    /// Risk if it is ignored.
    pub ignored: Option<Risk>,
    /// Risk after it is done.
    pub done: Option<Risk>,
}
