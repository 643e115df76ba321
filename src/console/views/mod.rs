//! One file a page.
pub mod calendar;
pub mod form;
pub mod journal;
pub mod models;
pub mod pane;
#[cfg(test)]
mod sample;
