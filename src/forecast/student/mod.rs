//! The student project's data, and predictions of them without a neural network.
//!
//! The project that this program follows publishes a table of accuracies on one synthetic file. A table means
//! little without its ends: how good is a forecaster that learns nothing, and how good could anyone be? So:
//!
//! - [`generator`] makes such files from a seed, recognises them, and knows their *noise floor*: the forecast
//!   of somebody who knows the generator and lacks only its dice;
//! - [`baselines`] are seasonal-naive with and without the calendar, a ridge regression, and the champion that
//!   the program uses for groups, walked forward over the same rows.
//!
//! Nothing here sees a row before its time: what is fitted is fitted on rows before the scored ones. Only
//! the calendar is known ahead, as a business knows its sale days. The presets themselves live in
//! [`super::lstm`]. Start with [`generator`].

pub mod baselines;
pub mod generator;
