//! Lists with a cursor: which rows are on the screen, where a key leads, and what a press of the mouse falls on; and texts
//! that are longer than their place.

use std::{cell::Cell, ops::Range};

use ratatui::layout::Rect;

use crate::{console::input::action::Action, domain::listing};

/// `index` moved by `by` inside a list of `len`.
pub fn step(index: usize, by: isize, len: usize) -> usize {
    index.saturating_add_signed(by).min(len.saturating_sub(1))
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

/// Where a list was drawn last and from which row on: a page of it is measured by that, and a press is found in it.
#[derive(Debug, Default)]
pub struct ListViewport(Cell<(Rect, usize)>);

impl ListViewport {
    /// The rows of a list of `len` to draw into `area`; remembers them.
    pub fn window(&self, area: Rect, chosen: usize, len: usize) -> Range<usize> {
        let rows = listing::seen(chosen, len, usize::from(area.height));
        self.0.set((area, rows.start));
        rows
    }

    /// Lines that a key for a page moves by: one less than are seen.
    pub fn page(&self) -> usize {
        usize::from(self.0.get().0.height).max(2) - 1
    }

    /// The place in a list of `len` that lies under column `x` and row `y` of the screen.
    pub fn at(&self, (x, y): (u16, u16), len: usize) -> Option<usize> {
        let (area, first) = self.0.get();
        area.contains((x, y).into()).then(|| first + usize::from(y - area.y)).filter(|at| *at < len)
    }
}

/// Lines that a key for a page scrolls a text by.
const SCROLLED: usize = 5;

/// Lines passed over of texts that are longer than their place; no further than the last drawing had lines left.
#[derive(Debug, Default)]
pub struct Scroll {
    passed: usize,
    most: Cell<usize>,
}

impl Scroll {
    /// Back to the beginning.
    pub fn reset(&mut self) {
        self.passed = 0;
    }

    /// Takes the keys for a page; false for any other action.
    pub fn act(&mut self, action: Action) -> bool {
        self.passed = match action {
            Action::PageDown => (self.passed + SCROLLED).min(self.most.get()),
            Action::PageUp => self.passed.min(self.most.get()).saturating_sub(SCROLLED),
            _ => return false,
        };
        true
    }

    /// The first lines to draw of texts side by side, each with its number of lines and of rows; remembers the longest.
    pub fn first<const N: usize>(&self, texts: [(usize, u16); N]) -> [usize; N] {
        let most = texts.map(|(lines, rows)| lines.saturating_sub(usize::from(rows)));
        self.most.set(most.into_iter().max().unwrap_or(0));
        most.map(|most| self.passed.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_counted_round_and_lines_are_not() {
        assert_eq!(moved(Action::Down, 4, 5, 10), Some(4));
        assert_eq!(moved(Action::NextMatch, 4, 5, 10), Some(0));
        assert_eq!(moved(Action::PreviousMatch, 0, 5, 10), Some(4));
        assert_eq!(moved(Action::PageDown, 0, 5, 10), Some(4));
        assert_eq!((moved(Action::NextMatch, 0, 0, 10), moved(Action::Open, 0, 5, 10)), (Some(0), None));
    }

    #[test]
    fn a_press_falls_on_what_is_drawn_there() {
        let seen = ListViewport::default();
        assert_eq!(seen.at((0, 0), 9), None, "nothing is drawn yet");
        assert_eq!(seen.window(Rect::new(2, 5, 10, 4), 8, 9), 5..9);
        assert_eq!(seen.at((2, 5), 9), Some(5));
        assert_eq!(seen.at((11, 8), 9), Some(8));
        assert_eq!((seen.at((1, 5), 9), seen.at((2, 9), 9), seen.at((2, 8), 8)), (None, None, None));
        assert_eq!(seen.page(), 3);
    }

    #[test]
    fn a_text_scrolls_to_its_end_and_comes_back_at_once() {
        let mut scroll = Scroll::default();
        assert!(scroll.act(Action::PageDown) && !scroll.act(Action::Down));
        assert_eq!(scroll.first([(12, 5), (6, 5)]), [0, 0], "nothing was drawn before");
        (0..9).for_each(|_| assert!(scroll.act(Action::PageDown)));
        assert_eq!(scroll.first([(12, 5), (6, 5)]), [7, 1]);
        assert!(scroll.act(Action::PageUp));
        assert_eq!(scroll.first([(12, 5), (6, 5)]), [2, 1]);
        assert_eq!(scroll.first([(12, 20)]), [0], "there is room for all");
    }
}
