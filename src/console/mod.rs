//! The TUI: draws a `View`, sends `Command`s. It never imports cloud, store, forecast or plan.
pub mod keymap;
pub mod page;
pub mod theme;
pub mod views;
