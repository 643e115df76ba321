//! What lies over a page, and what keys do there.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};

use super::{App, Effect};
use crate::{
    console::{
        draw::theme::Theme,
        input::{
            action::Action,
            keymap::Keymap,
            palette::{Palette, Picked, Run},
        },
        widgets::{
            frame, help, palette,
            question::{Question, QuestionOutcome},
        },
    },
    domain::fault::Fault,
    link::Command,
};

/// What lies over the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Overlay {
    /// The help, scrolled by so many lines.
    Help(usize),
    /// A question.
    Ask(Box<Question>),
    /// The menu of faults: group, line chosen.
    Faults(String, usize),
    /// The line where one types what to do.
    Palette(Box<Palette>),
}

impl Overlay {
    /// Takes text that was pasted; true if there was a place for it.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        match self {
            Overlay::Ask(question) => question.paste(text),
            Overlay::Palette(palette) => palette.paste(text),
            Overlay::Help(_) | Overlay::Faults(..) => false,
        }
    }

    /// Draws it over `area`.
    pub(super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        keymap: &Keymap,
        page: &[Action],
        theme: &Theme,
    ) {
        match self {
            Overlay::Help(scroll) => help::draw(frame, area, keymap, page, *scroll, theme),
            Overlay::Ask(question) => frame::question(frame, area, question, theme),
            Overlay::Faults(group, chosen) => frame::faults(frame, area, group, *chosen, theme),
            Overlay::Palette(open) => palette::draw(frame, area, open, theme),
        }
    }
}

impl App {
    /// A key while something lies over the page.
    pub(super) fn overlay_key(
        &mut self,
        overlay: Overlay,
        key: KeyEvent,
        action: Option<Action>,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        self.overlay = match overlay {
            Overlay::Ask(mut question) => match question.key(key) {
                QuestionOutcome::Open => Some(Overlay::Ask(question)),
                QuestionOutcome::Yes => {
                    effects.push(question.command.map_or(Effect::Quit, Effect::Send));
                    None
                }
                QuestionOutcome::No => None,
            },
            Overlay::Help(scroll) => self.scroll_help(scroll, action),
            Overlay::Faults(group, chosen) => pick_fault(group, chosen, key, action, effects),
            Overlay::Palette(mut palette) => match palette.key(key) {
                Picked::Open => Some(Overlay::Palette(palette)),
                Picked::Nothing => None,
                Picked::Run(run) => return self.run(run, now, effects),
            },
        };
    }

    /// Does what was picked in the palette.
    fn run(&mut self, run: Run, now: Duration, effects: &mut Vec<Effect>) {
        match run {
            Run::Action(action) => self.act(action, now, effects),
            Run::Theme(name) => self.set_theme(&name, now),
            Run::Zone(zone) => self.set_zone(zone, now),
            Run::Group(name) => self.tabs.open_group(name),
        }
    }

    fn scroll_help(&self, scroll: usize, action: Option<Action>) -> Option<Overlay> {
        let most = help::length(&self.keymap, self.tabs.page().actions());
        match action {
            Some(Action::Down) => Some(Overlay::Help((scroll + 1).min(most))),
            Some(Action::PageDown) => Some(Overlay::Help((scroll + 10).min(most))),
            Some(Action::Up) => Some(Overlay::Help(scroll.saturating_sub(1))),
            Some(Action::PageUp) => Some(Overlay::Help(scroll.saturating_sub(10))),
            Some(Action::Back | Action::Help | Action::Quit | Action::Open) => None,
            _ => Some(Overlay::Help(scroll)),
        }
    }
}

/// A key in the menu of faults: a number picks, arrows move, Enter takes what is marked.
fn pick_fault(
    group: String,
    chosen: usize,
    key: KeyEvent,
    action: Option<Action>,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    let last = Fault::ALL.len() - 1;
    let picked = match key.code {
        KeyCode::Char(c @ '1'..='9') => Some(c as usize - '1' as usize).filter(|i| *i <= last),
        _ if action == Some(Action::Open) => Some(chosen),
        _ => None,
    };
    if let Some(fault) = picked.map(|i| Fault::ALL[i]) {
        effects.push(Effect::Send(Command::Inject { group, fault }));
        return None;
    }
    match action {
        Some(Action::Down) => Some(Overlay::Faults(group, (chosen + 1).min(last))),
        Some(Action::Up) => Some(Overlay::Faults(group, chosen.saturating_sub(1))),
        Some(Action::Back | Action::Quit | Action::Fault) => None,
        _ => Some(Overlay::Faults(group, chosen)),
    }
}
