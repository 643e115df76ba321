//! Work in the background: [`training`] with its gate, and [`backtest`] runs for the screen. Each has its own thread, is
//! followed by messages once a minute, and can be cancelled.

pub mod backtest;
pub mod training;
