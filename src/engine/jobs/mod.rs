//! Background jobs: [`training`] with its gate, and [`backtest`] runs for the console. Each has its own thread, is
//! polled once a minute, and can be cancelled.

pub mod backtest;
pub mod training;
