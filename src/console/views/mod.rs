//! One file a page, and what the pages share.
//!
//! A page draws a `View` and keeps only its own cursor and forms. Start with [`fleet`], the simplest. What is shared:
//! [`text`] makes words fit, [`pane`] frames and draws lines, [`list`] moves cursors and finds what was pressed,
//! [`filter`] narrows a list, [`input`] is one line of typed text, [`form`] several; [`reasons`] says why. [`frame`]
//! stands around every page.

pub mod backtest;
pub mod calendar;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod fleet;
pub mod form;
pub mod frame;
pub mod group;
pub mod help;
pub mod input;
pub mod journal;
pub mod list;
pub mod log;
pub mod models;
pub mod palette;
pub mod pane;
pub mod proposals;
pub mod reasons;
#[cfg(test)]
pub(crate) mod sample;
pub mod settings;
pub mod text;
pub mod wire;

use super::theme::{Role, Theme};
use crate::link::Level;

/// Role and mark of a level: never by colour alone.
pub fn level(level: Level, theme: &Theme) -> (Role, &str) {
    match level {
        Level::Good => (Role::Good, theme.glyph("✓", "+")),
        Level::Info => (Role::Info, theme.glyph("•", "-")),
        Level::Warning => (Role::Warning, "!"),
        Level::Critical => (Role::Critical, theme.glyph("✗", "X")),
    }
}
