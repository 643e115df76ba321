//! One line of text being edited: in a form, a filter, the palette, an answer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    Frame,
    layout::{Position, Rect},
};
use tui_input::{Input, InputRequest};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{pane, text};
use crate::{
    console::draw::theme::{Role, Theme},
    domain::text::clean,
};

/// Most characters of a field.
pub const LONGEST: usize = 200;

/// One line of text being edited.
#[derive(Debug, Clone, Default)]
pub struct TextLine(Input);

impl PartialEq for TextLine {
    fn eq(&self, other: &TextLine) -> bool {
        (self.value(), self.0.cursor()) == (other.value(), other.0.cursor())
    }
}

impl TextLine {
    /// A line that holds `text`, made harmless, with the cursor at its end.
    pub fn new(text: &str) -> Self {
        TextLine(Input::new(clean(text, LONGEST)))
    }

    /// What is typed.
    pub fn value(&self) -> &str {
        self.0.value()
    }

    /// True where the cursor stands behind all that is typed.
    pub fn is_at_end(&self) -> bool {
        self.0.cursor() >= self.value().chars().count()
    }

    /// Edits by `key`; false if the key means nothing to a line.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request(key) else { return false };
        let full = self.value().chars().count() >= LONGEST;
        match request {
            InputRequest::InsertChar(c) if full || clean(&c.to_string(), 1).is_empty() => {}
            request => {
                self.0.handle(request);
            }
        }
        true
    }

    /// Puts `text`, made harmless, at the cursor, as far as there is room.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.value().chars().count());
        for c in clean(text, LONGEST).chars().take(room) {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Draws `label` and behind it the line; the label keeps its width, the line gets the rest of `area`.
    pub fn draw_labelled(&self, frame: &mut Frame<'_>, area: Rect, label: &str, active: bool, theme: &Theme) {
        let (left, right) = pane::left_and_right(area, label.width() as u16);
        pane::write(frame, left, 0, label, theme.style(Role::Key));
        self.draw(frame, right, active, theme);
    }

    /// Draws the part around the cursor, and the cursor where the line is `active`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, active: bool, theme: &Theme) {
        let width = usize::from(area.width);
        let scroll = if active { self.0.visual_scroll(width.saturating_sub(1)) } else { 0 };
        let role = if active { Role::Selected } else { Role::Text };
        let seen = slice(self.value(), scroll, width);
        let seen = if active { text::fit(&seen, width) } else { seen };
        pane::write(frame, area, 0, &seen, theme.style(role));
        if active && !area.is_empty() {
            let column = self.0.visual_cursor().saturating_sub(scroll).min(width - 1);
            frame.set_cursor_position(Position::new(area.x + column as u16, area.y));
        }
    }
}

/// The editing that a key asks for.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let word = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match (key.code, word) {
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('w'), true) | (KeyCode::Backspace, true) => InputRequest::DeletePrevWord,
        (KeyCode::Char(_), true) => return None,
        (KeyCode::Char(c), false) => InputRequest::InsertChar(c),
        (KeyCode::Backspace, false) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        _ => return None,
    })
}

/// The part of `text` that columns `from .. from + width` show.
fn slice(text: &str, from: usize, width: usize) -> String {
    let (mut column, mut out) = (0, String::new());
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if column >= from && column + wide <= from + width {
            out.push(c);
        }
        column += wide;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paste_is_disarmed_and_bounded() {
        let mut line = TextLine::new("x");
        line.paste(&format!("\u{1b}[31m\n{}", "y".repeat(500)));
        assert!(line.value().starts_with("x[31m y"));
        assert_eq!(line.value().chars().count(), LONGEST);
    }

    #[test]
    fn a_long_line_shows_the_part_around_its_cursor() {
        assert_eq!(slice("abcdef", 2, 3), "cde");
        assert_eq!(slice("日本語", 2, 3), "本");
    }
}
