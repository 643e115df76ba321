//! What every page of the console is.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::{Frame, layout::Rect};

use crate::{
    console::{
        draw::theme::Theme,
        input::action::Action,
        widgets::{
            filter::{self, Filter},
            outcome::{Moment, Outcome},
            question::Question,
        },
    },
    domain::Time,
    link::{View, Viewport},
};

/// One page: it keeps its own cursor and forms; all that it shows comes from the view.
pub trait Page {
    /// Draws the page into `area`. Pure: the same page, view and theme give the same cells.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme);

    /// Does what a key of the keymap asks.
    fn act(&mut self, action: Action, view: &View) -> Outcome;

    /// The filter over its list, where it has one: while its words are typed they belong to it.
    fn filter(&self) -> Option<&Filter> {
        None
    }

    /// As [`Page::filter`], to type into.
    fn filter_mut(&mut self) -> Option<&mut Filter> {
        None
    }

    /// True while typed text belongs to the page (a filter, an open form or question): then every key but those of
    /// the terminal (Ctrl-C, Ctrl-Z) comes to [`Page::key`] and the keymap is not asked.
    fn wants_text(&self) -> bool {
        self.filter().is_some_and(Filter::is_typing)
    }

    /// A key while [`Page::wants_text`]; arrows go on moving in the list below a filter.
    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        match filter::arrow(key) {
            Some(action) => self.act(action, view),
            None => self.filter_mut().map_or(Outcome::Ignored, |filter| filter.key(key)),
        }
    }

    /// Text that arrived by bracketed paste while [`Page::wants_text`].
    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        self.filter_mut().map_or(Outcome::Ignored, |filter| filter.paste(text))
    }

    /// A new view arrived: keep cursors inside it, tell an open form that the file changed under it.
    fn refresh(&mut self, _view: &View) {}

    /// Turns the page to `group`; a page that is not about one group does nothing.
    fn look_at(&mut self, _group: &str) {}

    /// Turns the page to a moment, of the past or now; a page without times does nothing.
    fn look_back(&mut self, _at: Moment, _view: &View) {}

    /// Puts the cursor on the line of this key; a page without such lines does nothing.
    fn find(&mut self, _key: &str) {}

    /// The group that the cursor stands on: what other pages open with, and what mode and fault keys mean.
    fn chosen_group(&self, _view: &View) -> Option<String> {
        None
    }

    /// True where the pages opened from this one open on the group that its cursor stands on. A page of what happened only tells of
    /// groups: its entries open theirs.
    fn hands_on_group(&self) -> bool {
        true
    }

    /// What the page needs of the engine on a screen of so many columns and rows; `None` where any view will do.
    fn viewport(&self, _view: &View, _size: (u16, u16)) -> Option<Viewport> {
        None
    }

    /// True while something is typed here that would be lost with the program.
    fn unsaved(&self) -> bool {
        false
    }

    /// A question of this page is open and a newer view is shown: keep its numbers those of the view.
    fn follow(&self, _question: &mut Question, _view: &View, _now: Duration) {}

    /// What the operator's clipboard gets, after the words that say what it is: by default the name of the group that the
    /// cursor stands on.
    fn copied(&self, view: &View) -> Option<(&'static str, String)> {
        self.chosen_group(view).map(|group| ("the group's name", group))
    }

    /// A press of the mouse on a column and a row of the screen: at the most it moves the cursor.
    fn press(&mut self, _at: (u16, u16), _view: &View) -> Outcome {
        Outcome::Ignored
    }

    /// The decision of the past that the page shows in full, if it does, and the moment as of which.
    fn decision(&self, _view: &View) -> Option<(i64, Time)> {
        None
    }

    /// Actions that this page understands beside those understood everywhere, for the help and the footer.
    fn actions(&self) -> &'static [Action];

    /// The keys that matter most now, at most five, for the footer; all others are in the help.
    fn keys(&self, _view: &View) -> Vec<Action> {
        self.actions().iter().copied().take(5).collect()
    }

    /// What the footer calls an action here, where the keymap's own word is too general.
    fn word(&self, _action: Action) -> Option<&'static str> {
        None
    }
}
