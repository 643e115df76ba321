//! TODO essay

pub mod backtest;
pub mod calendar;
pub mod fleet;
pub mod group;
pub mod journal;
pub mod log;
pub mod models;
pub mod page;
pub mod proposals;
pub mod settings;
