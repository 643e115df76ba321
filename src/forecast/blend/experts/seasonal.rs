//! Seasonal-naive forecasts: the value at the same local time, a day or a week ago.

use serde::{Deserialize, Serialize};

use super::{Expert, ExpertInput, Prediction};

/// Predicts the newest known value at the target's local time, a whole number of periods before it. While the
/// history is shorter than that, it falls back on days, then on the newest value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seasonal {
    /// Days.
    period: usize,
}

impl Seasonal {
    /// With the period of a day.
    pub fn daily(_day: usize) -> Self {
        Seasonal { period: 1 }
    }

    /// With the period of a week.
    pub fn weekly(_day: usize) -> Self {
        Seasonal { period: 7 }
    }
}

impl Expert for Seasonal {
    fn name(&self) -> &'static str {
        if self.period == 7 { "week ago" } else { "day ago" }
    }

    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction> {
        let ExpertInput { history, target, .. } = input;
        // Whole days back far enough to lie in the history.
        let days = (target.index - history.len()) / history.day() + 1;
        let ago = |days: usize| history.days_ago(target.index, target.local, target.calendar.day, days);
        let seasonal = ago(days.div_ceil(self.period) * self.period).or_else(|| ago(days));
        Some(seasonal.unwrap_or(history.last()).into())
    }
}
