//! A list that is narrowed by typed words and has a cursor: what the pages that list something share.
//!
//! The page says what its lines are ([`ListItem`]) and draws them; the list keeps the filter, which line is chosen (by its
//! key, so that it stays when lines come and go), and where lines were drawn, so that a press finds them.

use ratatui::{Frame, layout::Rect};

use super::{
    filter::Filter,
    list::{ListViewport, moved},
    outcome::Outcome,
};
use crate::console::{draw::theme::Theme, input::action::Action};

/// A line of a list.
pub trait ListItem: Sized {
    /// What a line is known by while others come and go.
    type Key;

    /// True where nothing chosen means the first line, whichever that is: lists with the newest on top.
    const FOLLOWS_FIRST: bool = false;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// True if it has this key.
    fn is(&self, key: &Self::Key) -> bool;

    /// What the filter looks at.
    fn words(&self) -> String;

    /// True if `word` names the time of the line, which is found beside its words.
    fn is_at(&self, _word: &str) -> bool {
        false
    }

    /// Where the cursor goes when the line with the key chosen is not among `shown`.
    fn instead(_key: &Self::Key, _shown: &[Self]) -> usize {
        0
    }
}

/// The filter, the cursor and the viewport of a list whose lines are known by a `K`.
#[derive(Debug)]
pub struct FilteredList<K> {
    filter: Filter,
    chosen: Option<K>,
    viewport: ListViewport,
}

impl<K> Default for FilteredList<K> {
    fn default() -> Self {
        FilteredList { filter: Filter::default(), chosen: None, viewport: ListViewport::default() }
    }
}

impl<K> FilteredList<K> {
    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The filter, to type into.
    pub fn filter_mut(&mut self) -> &mut Filter {
        &mut self.filter
    }

    /// Lets every line through again.
    pub fn clear_filter(&mut self) {
        self.filter = Filter::default();
    }

    /// The key of the line chosen; `None` before anything was.
    pub fn chosen(&self) -> Option<&K> {
        self.chosen.as_ref()
    }

    /// Chooses the line with this key.
    pub fn choose(&mut self, key: Option<K>) {
        self.chosen = key;
    }

    /// True if the filter lets `item` through.
    pub fn lets<T: ListItem<Key = K>>(&self, item: &T) -> bool {
        !self.filter.is_shown() || self.filter.lets(&item.words(), |word| item.is_at(word))
    }

    /// The lines that the filter lets through.
    pub fn shown<T: ListItem<Key = K>>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().filter(|item| self.lets(item)).collect()
    }

    /// Row of the cursor among `shown`.
    pub fn cursor<T: ListItem<Key = K>>(&self, shown: &[T]) -> usize {
        let Some(key) = &self.chosen else { return 0 };
        shown.iter().position(|item| item.is(key)).unwrap_or_else(|| T::instead(key, shown))
    }

    /// The line under the cursor.
    pub fn current<T: ListItem<Key = K> + Clone>(&self, shown: &[T]) -> Option<T> {
        shown.get(self.cursor(shown)).cloned()
    }

    fn go<T: ListItem<Key = K>>(&mut self, to: usize, shown: &[T]) {
        self.chosen = shown.get(to).filter(|_| to > 0 || !T::FOLLOWS_FIRST).map(ListItem::key);
    }

    /// Moves the cursor as `action` asks; false for an action that moves no cursor.
    pub fn step<T: ListItem<Key = K>>(&mut self, action: Action, shown: &[T]) -> bool {
        let to = moved(action, self.cursor(shown), shown.len(), self.viewport.page());
        to.inspect(|to| self.go(*to, shown)).is_some()
    }

    /// Takes what is the list's own: a move of the cursor, the filter opened or cleared.
    pub fn act<T: ListItem<Key = K>>(&mut self, action: Action, shown: &[T]) -> Outcome {
        match self.step(action, shown) {
            true => Outcome::Changed,
            false => self.filter.act(action),
        }
    }

    /// Chooses the line that a press of the mouse falls on.
    pub fn press<T: ListItem<Key = K>>(&mut self, at: (u16, u16), shown: &[T]) -> Outcome {
        let Some(to) = self.viewport.at(at, shown.len()) else { return Outcome::Ignored };
        self.go(to, shown);
        Outcome::Changed
    }

    /// Draws the filter on the last row of `area`, if it is shown; gives what is left for the lines.
    pub fn draw_filter(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) -> Rect {
        self.filter.draw(frame, area, theme)
    }

    /// Places in `shown` of the lines to draw into `area`, one a row, each with whether it is chosen.
    pub fn rows<T: ListItem<Key = K>>(
        &self,
        area: Rect,
        shown: &[T],
    ) -> impl Iterator<Item = (usize, bool)> + use<K, T> {
        let cursor = self.cursor(shown);
        self.viewport.window(area, cursor, shown.len()).map(move |index| (index, index == cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl ListItem for &(u8, &str) {
        type Key = u8;

        fn key(&self) -> u8 {
            self.0
        }

        fn is(&self, key: &u8) -> bool {
            self.0 == *key
        }

        fn words(&self) -> String {
            self.1.to_owned()
        }
    }

    const LINES: [(u8, &str); 4] = [(1, "shop"), (2, "feed"), (3, "shop api"), (4, "video")];

    #[test]
    fn the_cursor_stays_on_its_line_through_filter_and_news() {
        let mut list = FilteredList::default();
        let shown = list.shown(&LINES);
        assert_eq!(list.act(Action::Last, &shown), Outcome::Changed);
        assert_eq!(list.act(Action::Up, &shown), Outcome::Changed);
        assert_eq!(list.current(&shown), Some(&LINES[2]));
        list.act(Action::Filter, &shown);
        list.filter_mut().paste("shop");
        let narrowed = list.shown(&LINES);
        assert_eq!((narrowed.len(), list.cursor(&narrowed)), (2, 1));
        assert_eq!(list.cursor(&list.shown(&LINES[..1])), 0, "its line has gone");
        assert_eq!(list.act(Action::Open, &narrowed), Outcome::Ignored);
    }

    #[test]
    fn a_press_chooses_what_was_drawn_there() {
        let mut list = FilteredList::default();
        let shown = list.shown(&LINES);
        assert_eq!(list.press((0, 1), &shown), Outcome::Ignored, "nothing is drawn yet");
        let rows: Vec<_> = list.rows(Rect::new(0, 0, 9, 3), &shown).collect();
        assert_eq!(rows, [(0, true), (1, false), (2, false)]);
        assert_eq!(list.press((0, 1), &shown), Outcome::Changed);
        assert_eq!(list.current(&shown), Some(&LINES[1]));
    }
}
