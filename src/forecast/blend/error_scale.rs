//! What the size of an expert's errors may depend on; the blend learns for each group which of these holds.

use super::{error_quantiles::ErrorQuantiles, experts::Experts};

/// What the size of errors depends on beyond the time of day and the recent past.
#[derive(Debug, Clone, Copy)]
pub enum ErrorScale {
    /// Nothing else.
    Constant,
    /// The square root of the level, as in counts.
    Root,
    /// The level itself, as in growth by factors.
    Level,
    /// How far the experts disagree.
    Spread,
}

/// The error quantiles of every expert: what they scale with, slots a day, and the step size with which they
/// follow.
pub const SCALES: [(ErrorScale, usize, f64); 8] = [
    (ErrorScale::Constant, 24, 0.01),
    (ErrorScale::Constant, 96, 0.05),
    (ErrorScale::Root, 96, 0.01),
    (ErrorScale::Root, 24, 0.05),
    (ErrorScale::Level, 24, 0.01),
    (ErrorScale::Level, 96, 0.05),
    (ErrorScale::Spread, 96, 0.01),
    (ErrorScale::Spread, 24, 0.05),
];

/// Number of quantile forecasts that are aggregated: every expert with each of its error quantiles.
pub const QUANTILE_EXPERTS: usize = Experts::COUNT * SCALES.len();

/// Error quantiles of one expert, one for each of [`SCALES`].
pub type ScaledErrors = [ErrorQuantiles; SCALES.len()];

/// Error quantiles that have learned nothing.
pub fn scaled_errors() -> ScaledErrors {
    SCALES.map(|(_, slots, rate)| ErrorQuantiles::new(slots, rate))
}

impl ErrorScale {
    /// The factor by which errors grow for a forecast of `level` (in typical loads) where the experts
    /// disagree by `spread`.
    pub fn factor(self, level: f64, spread: f64) -> f64 {
        match self {
            ErrorScale::Constant => 1.0,
            ErrorScale::Root => (level.max(0.0) + 0.05).sqrt(),
            ErrorScale::Level => level.max(0.0) + 0.05,
            ErrorScale::Spread => 0.5 + spread,
        }
    }
}
