//! The mean of the newest values.

use serde::{Deserialize, Serialize};

use super::{Expert, ExpertInput, Prediction};

/// Predicts the mean of the newest value and those of the two days before, at the target's local time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mean;

impl Mean {
    /// It learns nothing.
    pub fn new(_day: usize) -> Self {
        Mean
    }
}

impl Expert for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction> {
        let ExpertInput { history, target, .. } = input;
        let ago = |days| history.days_ago(target.index, target.local, target.calendar.day, days);
        Some(((history.last() + ago(1)? + ago(2)?) / 3.0).into())
    }
}
