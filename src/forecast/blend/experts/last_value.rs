//! The naive forecast: the newest value.

use serde::{Deserialize, Serialize};

use super::{Expert, ExpertInput, Prediction};

/// Predicts the newest value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LastValue;

impl LastValue {
    /// It learns nothing.
    pub fn new(_day: usize) -> Self {
        LastValue
    }
}

impl Expert for LastValue {
    fn name(&self) -> &'static str {
        "last value"
    }

    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction> {
        Some(input.history.last().into())
    }
}
