//! TODO essay

pub mod backtest;
pub mod training;
