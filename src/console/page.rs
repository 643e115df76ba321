//! What every page of the console is.

use crossterm::event::KeyEvent;
use ratatui::{Frame, layout::Rect};

use super::{keymap::Action, question::Question, theme::Theme};
use crate::link::{Command, View, Viewport};

/// One page: it keeps its own cursor and forms; all that it shows comes from the view.
pub trait Page {
    /// Draws the page into `area`. Pure: the same page, view and theme give the same cells.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme);

    /// Does what a key of the keymap asks.
    fn act(&mut self, action: Action, view: &View) -> Outcome;

    /// True while typed text belongs to the page (an open form or question): then every key but those of
    /// the terminal (Ctrl-C, Ctrl-Z) comes to [`Page::key`] and the keymap is not asked.
    fn wants_text(&self) -> bool {
        false
    }

    /// A key while [`Page::wants_text`].
    fn key(&mut self, _key: KeyEvent, _view: &View) -> Outcome {
        Outcome::Ignored
    }

    /// Text that arrived by bracketed paste while [`Page::wants_text`].
    fn paste(&mut self, _text: &str, _view: &View) -> Outcome {
        Outcome::Ignored
    }

    /// A new view arrived: keep cursors inside it, tell an open form that the file changed under it.
    fn refresh(&mut self, _view: &View) {}

    /// Turns the page to `group`; a page that is not about one group does nothing.
    fn look_at(&mut self, _group: &str) {}

    /// The group that the cursor stands on: what other pages open with, and what mode and fault keys mean.
    fn chosen_group(&self, _view: &View) -> Option<String> {
        None
    }

    /// What the page needs of the engine on a screen of `width` columns; `None` where any view will do.
    fn viewport(&self, _width: u16) -> Option<Viewport> {
        None
    }

    /// The decision of the past that the page shows in full, if it does.
    fn decision(&self, _view: &View) -> Option<i64> {
        None
    }

    /// Actions that this page understands beside those understood everywhere, for the help and the footer.
    fn actions(&self) -> &'static [Action];
}

/// What came of an action or a key.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Not for this page.
    Ignored,
    /// The page changed; draw it.
    Changed,
    /// Ask the engine; its answer is shown as a toast.
    Send(Command),
    /// Ask the operator first; a yes sends the question's command.
    Ask(Question),
    /// Tell the operator something (shown as a toast).
    Say(String),
    /// Open another page, with a group to look at where it names one.
    Open(Target),
}

/// A page to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The fleet.
    Fleet,
    /// One group in full.
    Group(String),
    /// Proposals that wait.
    Proposals,
    /// The calendar.
    Calendar,
    /// Models of a group.
    Models,
    /// The journal.
    Journal,
}

impl Target {
    /// Place of the page in the order of the number keys, from zero.
    pub fn place(&self) -> usize {
        match self {
            Target::Fleet => 0,
            Target::Group(_) => 1,
            Target::Proposals => 2,
            Target::Calendar => 3,
            Target::Models => 4,
            Target::Journal => 5,
        }
    }
}
