//! How long what was recorded is kept.

use serde::{Deserialize, Serialize};

use super::Seconds;

/// How long what was recorded is kept: days, and a number of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// Samples of steps below five minutes, 4 to 3650: charts show three days of them.
    pub minute_days: u32,
    /// Samples of steps from five minutes to an hour, 4 to 3650.
    pub step_days: u32,
    /// Demand, samples of hours and longer, and the daily scores of forecasts and of the baseline, 63 to 3650.
    pub demand_days: u32,
    /// Forecasts in full, 2 to 3650; after that their scores by day.
    pub forecast_days: u32,
    /// Decisions and the journal, 30 to 3650.
    pub journal_days: u32,
    /// Newest models of a group, 1 to 100, beside those that served.
    pub models: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Keep {
            minute_days: 8,
            step_days: 63,
            demand_days: 800,
            forecast_days: 7,
            journal_days: 366,
            models: 3,
        }
    }
}

impl Keep {
    /// The numbers with their ranges, by their keys.
    pub fn ranges(&self) -> [(&'static str, f64, f64, f64); 6] {
        [
            ("minute_days", f64::from(self.minute_days), 4.0, 3_650.0),
            ("step_days", f64::from(self.step_days), 4.0, 3_650.0),
            ("demand_days", f64::from(self.demand_days), 63.0, 3_650.0),
            ("forecast_days", f64::from(self.forecast_days), 2.0, 3_650.0),
            ("journal_days", f64::from(self.journal_days), 30.0, 3_650.0),
            ("models", self.models as f64, 1.0, 100.0),
        ]
    }

    /// Seconds for which samples of a `step` are kept; those of demand as long as any.
    pub fn samples(&self, is_demand: bool, step: Seconds) -> Seconds {
        let days = match step {
            _ if is_demand => self.demand_days,
            ..300 => self.minute_days,
            300..3_600 => self.step_days,
            _ => self.demand_days,
        };
        days_of(days)
    }
}

/// Seconds of so many days.
pub fn days_of(days: u32) -> Seconds {
    Seconds::from(days) * 86_400
}
