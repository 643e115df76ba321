//! The blend: the forecast of a group's demand that capacity is planned with.
//!
//! It learns online, one step at a time, only from steps that have ended. The parts, from the input to the
//! forecast:
//!
//! - `history` keeps the demand so far, fills gaps, and looks up the same local time of earlier days.
//!   `calendar_features` turns the calendar into numbers: which kinds of events a step is part of, and the
//!   operator's multiplier. `features` makes regression rows of both.
//! - `seen` knows how high load has been: an absurd reading is set aside, and no forecast goes far beyond.
//! - `experts` each predict one number for a step: seasonal-naive forecasts, regressions (`ridge`), a
//!   trained network. To add one, write its file and add one line to the list there.
//! - `shrinkage` reduces the learned effect of a kind of event to what the event at hand shows.
//! - `error_quantiles` puts quantiles around each expert's prediction, learned from its own errors;
//!   `error_scale` is the list of what the size of errors may depend on.
//! - `aggregation` weighs all of these for each quantile level by their losses so far.
//! - `conformal` stretches the result until each quantile has its nominal coverage.
//! - `prior_rows` asks the prior about the next hour, [`prior_examples`] has what it saw and what came; `with_prior` mixes what it says with all that.
//! - `daily_weights` remembers how the blend was mixed on the last days.
//! - `horizon` is all of this for one lead; [`champion`] has a model for each of a few leads, and `ahead` makes
//!   the rows of the forecast of them.
//!
//! Nothing here does I/O or reads a clock, and everything learned can be serialised. Start with [`champion`],
//! then `horizon` and `experts`.

pub(super) mod aggregation;
pub(super) mod ahead;
pub(super) mod calendar_features;
pub mod champion;
pub(super) mod conformal;
pub mod daily_weights;
pub(super) mod error_quantiles;
pub(super) mod error_scale;
pub(super) mod experts;
pub(super) mod features;
pub(super) mod history;
pub(super) mod horizon;
pub mod prior_examples;
pub(super) mod prior_rows;
pub(super) mod ridge;
pub(super) mod seen;
pub(super) mod shrinkage;
pub(super) mod target;
#[cfg(test)]
mod tests;
pub(super) mod with_prior;
