//! Presses and the wheel of a mouse.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};

use super::{App, Effect};
use crate::console::{input::action::Action, widgets::frame};

/// Lines that one notch of a mouse's wheel moves.
const NOTCH: usize = 3;

impl App {
    /// A press opens a page or moves the cursor; the wheel moves by lines. Nothing is ever sent by it.
    pub(super) fn mouse(&mut self, event: MouseEvent, now: Duration, effects: &mut Vec<Effect>) {
        if !self.usable() {
            return;
        }
        self.changed = true;
        let wheel = match event.kind {
            MouseEventKind::ScrollUp => Some((KeyCode::Up, Action::Up)),
            MouseEventKind::ScrollDown => Some((KeyCode::Down, Action::Down)),
            _ => None,
        };
        match (wheel, event.kind) {
            (Some((key, action)), _) => (0..NOTCH).for_each(|_| match self.overlay.take() {
                Some(overlay) => self.overlay_key(overlay, key.into(), Some(action), now, effects),
                None if !self.tabs.page().wants_text() => self.act(action, now, effects),
                None => {}
            }),
            (None, MouseEventKind::Down(MouseButton::Left)) if self.overlay.is_none() => {
                self.press(event.column, event.row, now, effects);
            }
            _ => {}
        }
    }

    fn press(&mut self, column: u16, row: u16, now: Duration, effects: &mut Vec<Effect>) {
        let typing = self.tabs.page().wants_text();
        if row == frame::TABS && !typing {
            let pages = self.tabs.labels(&self.keymap);
            let tabs = frame::tabs(&self.views.shown, &pages, self.tabs.index(), self.size.0);
            if let Some(index) = frame::tab_at(&tabs, column) {
                self.tabs.open_at(index, &self.views.shown);
            }
        } else if row >= frame::HEADER && !typing {
            let outcome = self.tabs.page_mut().press((column, row), &self.views.shown);
            self.settle(outcome, now, effects);
        }
    }
}
