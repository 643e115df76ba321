//! What lies over a page, and what keys do there.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};

use super::{App, Effect};
use crate::{
    console::{
        draw::theme::Theme,
        input::{
            action::{Action, PageId},
            keymap::Keymap,
            palette::{Palette, Picked, Run},
        },
        widgets::{
            dialog, help,
            outcome::Moment,
            palette,
            question::{Question, QuestionOutcome, QuestionState},
        },
    },
    domain::{Answer, fault::Fault, text::clean},
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

    /// True for a question that waits for the answer to what it sent.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Overlay::Ask(question) if question.state == QuestionState::Sent)
    }

    fn waits_for(&self, command: &Command) -> bool {
        self.waits() && matches!(self, Overlay::Ask(question) if question.command.as_ref() == Some(command))
    }

    /// Draws it over `area`.
    pub(super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        keymap: &Keymap,
        page: help::Help<'_>,
        theme: &Theme,
    ) {
        match self {
            Overlay::Help(scroll) => help::draw(frame, area, keymap, page, *scroll, theme),
            Overlay::Ask(question) => dialog::question(frame, area, question, theme),
            Overlay::Faults(group, chosen) => dialog::faults(frame, area, group, *chosen, theme),
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
                QuestionOutcome::Yes if !question.is_held(now) => {
                    effects.push(question.command.clone().map_or(Effect::Quit, Effect::Confirm));
                    question.state = QuestionState::Sent;
                    Some(Overlay::Ask(question))
                }
                QuestionOutcome::Open | QuestionOutcome::Yes => Some(Overlay::Ask(question)),
                QuestionOutcome::No => None,
                QuestionOutcome::Pass => return self.key(key, now, effects),
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

    /// The engine's answer to what a question sent: a refusal stands in the question, if that one is still open.
    pub(super) fn answered(&mut self, command: &Command, answer: Answer, now: Duration) {
        let asked = self.overlay.take_if(|overlay| overlay.waits_for(command));
        match (asked, answer) {
            (Some(Overlay::Ask(mut question)), Err(why)) => {
                (question.yes, question.state) = (false, QuestionState::Refused(clean(&why, 300)));
                self.overlay = Some(Overlay::Ask(question));
            }
            (_, answer) => self.toasts.answer(&answer, now),
        }
    }

    /// Lets an open question follow what it asks about.
    pub(super) fn follow(&mut self) {
        if let Some(Overlay::Ask(question)) = &mut self.overlay {
            self.tabs.page().follow(question, &self.views.shown, self.now);
        }
    }

    /// Does what was picked in the palette.
    fn run(&mut self, run: Run, now: Duration, effects: &mut Vec<Effect>) {
        match run {
            Run::Action(action) => self.act(action, now, effects),
            Run::Theme(name) => self.set_theme(&name, now),
            Run::Zone(zone) => self.set_zone(zone, now),
            Run::Group(name) => self.tabs.open_group(name, Moment::Now, &self.views.shown),
            Run::Setting(key) => {
                self.tabs.open(PageId::SETTINGS, &self.views.shown);
                self.tabs.page_mut().find(&key);
            }
        }
    }

    fn scroll_help(&self, scroll: usize, action: Option<Action>) -> Option<Overlay> {
        let page = help::Help { page: self.tabs.page().actions(), simulated: self.views.shown.simulated };
        let most = help::length(&self.keymap, page);
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
