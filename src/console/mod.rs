//! The TUI: draws a `View`, sends `Command`s. It never imports cloud, store, forecast or plan.
pub mod axis;
pub mod chart;
pub mod keymap;
pub mod operator;
pub mod page;
pub mod plot;
pub mod question;
pub mod sparkline;
pub mod style;
pub mod theme;
pub mod toast;
pub mod views;
