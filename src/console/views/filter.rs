//! A filter over a list: a line of typed words, each of which must be found in what is shown.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};
use tui_input::Input;

use super::{input, write};
use crate::console::{
    keymap::Action,
    page::Outcome,
    theme::{Role, Theme},
};

/// The words, and whether they are being typed.
#[derive(Debug, Default)]
pub struct Filter {
    input: Input,
    typing: bool,
}

impl Filter {
    /// True if every word is found in `text`, in any case.
    pub fn lets(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.input.value().to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// True while words are typed.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// True while there is something to show of it.
    pub fn is_shown(&self) -> bool {
        self.typing || !self.input.value().is_empty()
    }

    /// Takes an action that is the filter's own: opens it, or clears it on the way back.
    pub fn act(&mut self, action: Action) -> Outcome {
        match action {
            Action::Filter => self.typing = true,
            Action::Back if self.is_shown() => self.input.reset(),
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// Takes a key while [`Filter::is_typing`]: Enter keeps the words, Esc clears them.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.input.reset();
            }
            _ if input::key(&mut self.input, key) => {}
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) -> Outcome {
        input::paste(&mut self.input, text);
        Outcome::Changed
    }

    /// Draws it on the last row of `area`, if it is shown; gives what is left above.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) -> Rect {
        if !self.is_shown() || area.height < 2 {
            return area;
        }
        let bar = if self.typing { theme.glyph("▏", "|") } else { "" };
        let words = input::shown(&self.input, usize::from(area.width.saturating_sub(8)), bar);
        write(frame, area, area.height - 1, &format!("filter: {words}"), theme.style(Role::Key));
        Rect { height: area.height - 1, ..area }
    }
}

/// `index` of a list of `len` moved by an action: lines, pages of `page`, ends, and matches counted round.
/// `None` for any other action.
pub fn moved(action: Action, index: usize, len: usize, page: usize) -> Option<usize> {
    let last = len.saturating_sub(1);
    Some(match action {
        Action::Up => index.saturating_sub(1),
        Action::Down => (index + 1).min(last),
        Action::PageUp => index.saturating_sub(page),
        Action::PageDown => (index + page).min(last),
        Action::First => 0,
        Action::Last => last,
        Action::NextMatch => (index + 1) % len.max(1),
        Action::PreviousMatch => (index + last) % len.max(1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found() {
        let mut filter = Filter::default();
        assert!(filter.lets("anything") && !filter.is_shown());
        filter.act(Action::Filter);
        filter.paste("SHOP err");
        assert!(filter.lets("error: shop is gone") && !filter.lets("shop is well"));
        assert_eq!(filter.key(KeyCode::Enter.into()), Outcome::Changed);
        assert!(!filter.is_typing() && filter.is_shown());
        assert_eq!(filter.act(Action::Back), Outcome::Changed);
        assert_eq!(filter.act(Action::Back), Outcome::Ignored);
    }

    #[test]
    fn matches_are_counted_round_and_lines_are_not() {
        assert_eq!(moved(Action::Down, 4, 5, 10), Some(4));
        assert_eq!(moved(Action::NextMatch, 4, 5, 10), Some(0));
        assert_eq!(moved(Action::PreviousMatch, 0, 5, 10), Some(4));
        assert_eq!(moved(Action::PageDown, 0, 5, 10), Some(4));
        assert_eq!((moved(Action::NextMatch, 0, 0, 10), moved(Action::Open, 0, 5, 10)), (Some(0), None));
    }
}
