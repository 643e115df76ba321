//! What the screen sees of a backtest.

use serde::{Deserialize, Serialize};

use crate::domain::{Time, series::Series, summary::Summary};

/// What can be compared, and the newest comparison.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestView {
    /// Names of the policies that can be asked for; empty where no backtests are run.
    pub contenders: Vec<String>,
    /// The newest backtest, running or over.
    pub newest: Option<Backtest>,
}

/// Some days of a group's past, walked anew under several policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Group.
    pub group: String,
    /// First moment walked anew.
    pub from: Time,
    /// First moment after.
    pub until: Time,
    /// Where it stands.
    pub state: BacktestState,
    /// Share done, 0 to 1.
    pub share: f64,
    /// The policy that sizes the group at present, where one does.
    pub present: Option<String>,
    /// The numbers that all policies share, in words.
    pub basis: String,
    /// One a policy that is done, in the order asked for.
    pub rows: Vec<BacktestRow>,
    /// Instances that the load needed.
    pub needed: Option<Series>,
    /// Why a policy is missing.
    pub remarks: Vec<String>,
}

/// One policy's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestRow {
    /// Its figures.
    pub summary: Summary,
    /// Instances in service.
    pub in_service: Series,
}

/// Where a backtest stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BacktestState {
    /// Minutes go by.
    Running,
    /// Over.
    Done,
    /// Cancelled by an operator.
    Cancelled,
    /// Could not be done.
    Failed(String),
}
