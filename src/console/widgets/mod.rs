//! One file a page, and what the pages share.
//!
//! A page draws a `View` and keeps only its own cursor and forms. Start with [`fleet`], the simplest. What is shared:
//! [`text`] makes words fit, [`pane`] frames and draws lines, [`list`] moves cursors and finds what was pressed,
//! [`filter`] narrows a list, [`input`] is one line of typed text, [`form`] several; [`reasons`] says why. [`frame`]
//! stands around every page.

pub mod connection;
pub mod filter;
pub mod form;
pub mod frame;
pub mod help;
pub mod list;
pub mod palette;
pub mod pane;
pub mod question;
pub mod reasons;
pub mod text;
pub mod text_line;
pub mod toast;

use super::draw::theme::{Role, Theme};
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
