//! A filter over a list: a line of typed words, each of which must be found in what is shown.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};

use super::{outcome::Outcome, pane, text_line::TextLine};
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::action::Action,
    },
    domain::listing,
};

/// The words, and whether they are being typed.
#[derive(Debug, Default)]
pub struct Filter {
    line: TextLine,
    typing: bool,
}

impl Filter {
    /// The words.
    pub fn words(&self) -> &str {
        self.line.value()
    }

    /// True if every word is found in `text`, in any case, or is one that `is_at` knows.
    pub fn lets(&self, text: &str, is_at: impl Fn(&str) -> bool) -> bool {
        self.line.value().split_whitespace().all(|word| is_at(word) || listing::lets(word, text))
    }

    /// True while words are typed.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// True while there is something to show of it.
    pub fn is_shown(&self) -> bool {
        self.typing || !self.line.value().is_empty()
    }

    /// Takes an action that is the filter's own: opens it, or clears it on the way back.
    pub fn act(&mut self, action: Action) -> Outcome {
        match action {
            Action::Filter => self.typing = true,
            Action::Back if self.is_shown() => self.line = TextLine::default(),
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
                self.line = TextLine::default();
            }
            _ if self.line.key(key) => {}
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.line.paste(text);
        Outcome::Changed
    }

    /// Draws it on the last row of `area`, if it is shown; gives what is left above.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) -> Rect {
        if !self.is_shown() || area.height < 2 {
            return area;
        }
        let (above, row) = pane::above_and_below(area, 1);
        let words = if self.typing { "Enter keeps, Esc clears" } else { "Esc clears the filter" };
        let (field, hint) = pane::left_and_right(row, row.width.saturating_sub(24).max(20));
        self.line.draw_labelled(frame, field, "filter: ", self.typing, theme);
        pane::write(frame, hint, 0, &format!(" {words}"), theme.style(Role::Muted));
        above
    }
}

/// What an arrow means while words are typed: the list goes on under them.
pub fn arrow(key: KeyEvent) -> Option<Action> {
    match key.code {
        KeyCode::Up => Some(Action::Up),
        KeyCode::Down => Some(Action::Down),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found() {
        let mut filter = Filter::default();
        let lets = |filter: &Filter, text| filter.lets(text, |word| word == "14:02");
        assert!(lets(&filter, "anything") && !filter.is_shown());
        filter.act(Action::Filter);
        filter.paste("SHOP err");
        assert!(lets(&filter, "error: shop is gone") && !lets(&filter, "shop is well"));
        filter.paste(" 14:02");
        assert!(lets(&filter, "error: shop is gone") && !lets(&filter, "shop at 14:02"));
        assert_eq!(filter.key(KeyCode::Enter.into()), Outcome::Changed);
        assert!(!filter.is_typing() && filter.is_shown());
        assert_eq!(filter.act(Action::Back), Outcome::Changed);
        assert_eq!(filter.act(Action::Back), Outcome::Ignored);
    }
}
