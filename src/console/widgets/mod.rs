//! Parts of a screen that more than one page uses, or that lie around or over every page.
//!
//! For pages: [`text`] makes words fit, [`pane`] frames and draws lines, [`list`] moves cursors and finds what was pressed,
//! [`filtered_list`] does both under a [`filter`], [`fold`] makes repeats one line, [`text_line`] is one line of typed text,
//! [`form`] several, [`reasons`] explains a decision, [`look_back`] steps through the past; [`outcome`] is what they answer to a
//! key. For the app: [`frame`] stands
//! around every page; [`help`], [`palette`], [`question`] (drawn by [`dialog`]), [`toast`] and [`connection`] lie over it.
//!
//! A widget knows no page and sends no command. Start with [`pane`] and [`filtered_list`].

pub mod caption;
pub mod connection;
pub mod dialog;
pub mod filter;
pub mod filtered_list;
pub mod fold;
pub mod form;
pub mod frame;
pub mod guide;
pub mod help;
pub mod list;
pub mod look_back;
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
        Level::Info => (Role::Info, theme.glyph("•", "*")),
        Level::Warning => (Role::Warning, "!"),
        Level::Critical => (Role::Critical, theme.glyph("✗", "X")),
    }
}
