//! The rows between page and footer: the guide of the first minutes, or the caption of a story.

use ratatui::{Frame, layout::Rect};

use super::App;
use crate::{
    console::{
        input::action::Action,
        widgets::{
            caption, frame,
            guide::{self, Guide},
        },
    },
    domain::caption::Caption,
};

/// What stands there.
pub(super) enum Strip<'a> {
    /// A story is played.
    Caption(Caption),
    /// There is no configuration yet.
    Guide(&'a Guide),
}

impl Strip<'_> {
    /// Rows that it takes on a screen of `width` columns.
    pub(super) fn rows(&self, width: u16) -> u16 {
        match self {
            Strip::Caption(_) => caption::rows(width),
            Strip::Guide(_) => guide::ROWS,
        }
    }
}

impl App {
    /// What stands between page and footer now, if anything does.
    pub(super) fn strip(&self) -> Option<Strip<'_>> {
        match self.narrator {
            Some(narrator) => narrator(&self.views.shown).pop().map(Strip::Caption),
            None => self.shown_guide().map(Strip::Guide),
        }
    }

    /// Draws it.
    pub(super) fn draw_strip(&self, frame: &mut Frame<'_>, area: Rect, strip: &Strip<'_>) {
        match strip {
            Strip::Caption(now) => caption::draw(frame, area, now, &self.views.shown, &self.theme),
            Strip::Guide(guide) => guide.draw(frame, area, &self.keymap, &self.views.shown, &self.theme),
        }
    }

    /// The guide, where it is on the screen: on the first page of a simulated fleet, where every group keeps its line.
    pub(super) fn shown_guide(&self) -> Option<&Guide> {
        // Beside header, footer and groups: headings, totals, a filter.
        let taken = frame::HEADER + 1 + 3 + guide::ROWS;
        let room = usize::from(self.size.1.saturating_sub(taken)) >= self.views.shown.groups.len();
        self.guide.as_ref().filter(|_| self.views.shown.simulated && self.tabs.index() == 0 && room)
    }

    /// Takes a key that was tried off the guide.
    pub(super) fn follow_guide(&mut self, action: Action) {
        if let Some(guide) = &mut self.guide {
            guide.note(action);
        }
        self.guide.take_if(|guide| guide.is_over(&self.keymap, &self.views.shown));
    }

    /// Hides the guide for good; false where there is none on the screen.
    pub(super) fn hide_guide(&mut self) -> bool {
        let is_shown = self.shown_guide().is_some();
        self.guide.take_if(|_| is_shown).is_some()
    }
}
