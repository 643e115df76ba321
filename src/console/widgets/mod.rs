//! Parts of a screen that more than one page uses, or that lie around or over every page.
//!
//! For pages: [`text`] makes words fit, [`pane`] frames and draws lines, [`list`] moves cursors and finds what was pressed,
//! [`filtered_list`] does both under a [`filter`], [`text_line`] is one line of typed text, [`form`] several, [`reasons`]
//! explains a decision; [`outcome`] is what they answer to a key. For the app: [`frame`] stands around every page;
//! [`help`], [`palette`], [`question`], [`toast`] and [`connection`] lie over it.
//!
//! A widget knows no page and sends no command. Start with [`pane`] and [`filtered_list`].

pub mod connection;
pub mod filter;
pub mod filtered_list;
pub mod form;
pub mod frame;
pub mod help;
pub mod list;
pub mod outcome;
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
