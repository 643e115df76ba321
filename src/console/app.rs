//! The state of the console and how messages change it. No I/O: effects are returned, drawing is pure.

use std::{sync::Arc, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::{Frame, layout::Rect};

use super::{
    ascii, export,
    keymap::{Action, Keymap},
    page::{Outcome, Page, Target},
    question::{Question, Reply},
    theme::{Role, Symbols, Theme},
    toast::Toasts,
    views::{fleet::FleetPage, frame, group::GroupPage, help, proposals::ProposalsPage},
};
use crate::{
    domain::{decision::Mode, text::clean},
    link::{Answer, ClockCommand, ClockView, Command, Fault, View, Viewport},
};

/// What reaches the console.
#[derive(Debug, Clone)]
pub enum Message {
    /// A newer view.
    View(Arc<View>),
    /// A key.
    Key(KeyEvent),
    /// Text pasted.
    Paste(String),
    /// The screen has this many columns and rows.
    Resize(u16, u16),
    /// The engine's answer to a command.
    Answer(Answer),
    /// The engine took no new viewport: ask again with the next view.
    ShowFailed,
    /// A toast's time may be over.
    Tick,
}

/// What the console wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a command and show its answer.
    Send(Command),
    /// Tell the engine what is on the screen; no answer is shown.
    Show(Viewport),
    /// Save the screen as a picture of this name.
    Picture(String),
    /// Give the terminal back to the shell until it returns.
    Suspend,
    /// End.
    Quit,
}

/// What lies over the page.
#[derive(Debug, Clone, PartialEq)]
enum Overlay {
    /// The help, scrolled by so many lines.
    Help(usize),
    /// A question.
    Ask(Box<Question>),
    /// The menu of faults: group, line chosen.
    Faults(String, usize),
}

/// The console's state.
pub struct App {
    view: Arc<View>,
    /// Pages in the order of their keys; a group page carries the last group.
    pages: Vec<(Target, Box<dyn Page>)>,
    open: usize,
    /// Where Back leads.
    before: usize,
    group: Option<String>,
    overlay: Option<Overlay>,
    toasts: Toasts,
    keymap: Keymap,
    theme: Theme,
    size: (u16, u16),
    shown: Option<Viewport>,
    changed: bool,
}

impl App {
    /// A console on the fleet page. `more` are the pages beside fleet, group and proposals.
    pub fn new(theme: Theme, more: Vec<(Target, Box<dyn Page>)>) -> App {
        let mut pages: Vec<(Target, Box<dyn Page>)> = vec![
            (Target::Fleet, Box::new(FleetPage::default())),
            (Target::Group(String::new()), Box::new(GroupPage::default())),
            (Target::Proposals, Box::new(ProposalsPage::default())),
        ];
        pages.extend(more);
        App {
            view: Arc::default(),
            pages,
            open: 0,
            before: 0,
            group: None,
            overlay: None,
            toasts: Toasts::default(),
            keymap: Keymap::default(),
            theme,
            size: frame::LEAST,
            shown: None,
            changed: true,
        }
    }

    /// True once after something changed that a frame would show.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// When the next toast goes, since the console's start.
    pub fn next_expiry(&self) -> Option<Duration> {
        self.toasts.next()
    }

    /// Takes a message at `now` (since the console's start) and says what is to be done.
    pub fn update(&mut self, message: Message, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::View(view) => {
                self.view = view;
                self.pages.iter_mut().for_each(|(_, page)| page.refresh(&self.view));
                self.changed = true;
            }
            Message::Key(key) if key.kind != KeyEventKind::Release => {
                self.changed = true;
                self.key(key, now, &mut effects);
            }
            Message::Key(_) => {}
            Message::Paste(text) => self.paste(&text, now, &mut effects),
            Message::Resize(width, height) => {
                self.size = (width, height);
                self.changed = true;
            }
            Message::Answer(answer) => {
                self.toasts.answer(&answer, now);
                self.changed = true;
            }
            Message::ShowFailed => self.shown = None,
            Message::Tick => {}
        }
        self.changed |= self.toasts.expire(now);
        effects.extend(self.show());
        effects
    }

    /// The viewport to ask for, if it is not the one asked for last.
    fn show(&mut self) -> Option<Effect> {
        let charts = self.pages.iter().find_map(|(_, page)| page.viewport(self.size.0))?;
        let wanted = Viewport { decision: self.pages[self.open].1.decision(&self.view), ..charts };
        if self.view.serial == 0 || self.shown.as_ref() == Some(&wanted) {
            return None;
        }
        self.shown = Some(wanted.clone());
        Some(Effect::Show(wanted))
    }

    fn paste(&mut self, text: &str, now: Duration, effects: &mut Vec<Effect>) {
        let page = &mut self.pages[self.open].1;
        if self.overlay.is_none() && page.wants_text() {
            let outcome = page.paste(text, &self.view);
            self.changed = true;
            self.settle(outcome, now, effects);
        }
    }

    /// A key: the terminal's own first, then what lies over the page, then typed text, then the keymap.
    fn key(&mut self, key: KeyEvent, now: Duration, effects: &mut Vec<Effect>) {
        let page = &self.pages[self.open].1;
        let action = self.keymap.action(key, page.actions());
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match action {
            Some(Action::Quit) if control || !self.usable() => return effects.push(Effect::Quit),
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            _ if !self.usable() => return,
            _ => {}
        }
        if let Some(overlay) = self.overlay.take() {
            return self.overlay_key(overlay, key, action, effects);
        }
        let page = &mut self.pages[self.open].1;
        if page.wants_text() {
            let outcome = page.key(key, &self.view);
            return self.settle(outcome, now, effects);
        }
        if let Some(action) = action {
            self.act(action, now, effects);
        }
    }

    /// True when a page is on the screen: large enough, and the engine has spoken.
    fn usable(&self) -> bool {
        self.size.0 >= frame::LEAST.0 && self.size.1 >= frame::LEAST.1 && self.view.serial > 0
    }

    /// A key while something lies over the page.
    fn overlay_key(
        &mut self,
        overlay: Overlay,
        key: KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) {
        self.overlay = match overlay {
            Overlay::Ask(mut question) => match question.key(key) {
                Reply::Open => Some(Overlay::Ask(question)),
                Reply::Yes => {
                    effects.push(Effect::Send(question.command));
                    None
                }
                Reply::No => None,
            },
            Overlay::Help(scroll) => {
                let most = help::length(&self.keymap, self.pages[self.open].1.actions());
                match action {
                    Some(Action::Down) => Some(Overlay::Help((scroll + 1).min(most))),
                    Some(Action::PageDown) => Some(Overlay::Help((scroll + 10).min(most))),
                    Some(Action::Up) => Some(Overlay::Help(scroll.saturating_sub(1))),
                    Some(Action::PageUp) => Some(Overlay::Help(scroll.saturating_sub(10))),
                    Some(Action::Back | Action::Help | Action::Quit | Action::Open) => None,
                    _ => Some(Overlay::Help(scroll)),
                }
            }
            Overlay::Faults(group, chosen) => {
                let last = Fault::ALL.len() - 1;
                let picked = match key.code {
                    KeyCode::Char(c @ '1'..='9') => Some(c as usize - '1' as usize).filter(|i| *i <= last),
                    _ if action == Some(Action::Open) => Some(chosen),
                    _ => None,
                };
                if let Some(fault) = picked.map(|i| Fault::ALL[i]) {
                    effects.push(Effect::Send(Command::Inject { group, fault }));
                    return;
                }
                match action {
                    Some(Action::Down) => Some(Overlay::Faults(group, (chosen + 1).min(last))),
                    Some(Action::Up) => Some(Overlay::Faults(group, chosen.saturating_sub(1))),
                    Some(Action::Back | Action::Quit | Action::Fault) => None,
                    _ => Some(Overlay::Faults(group, chosen)),
                }
            }
        };
    }

    /// Does what every page understands, or hands the action to the page.
    fn act(&mut self, action: Action, now: Duration, effects: &mut Vec<Effect>) {
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Help => self.overlay = Some(Overlay::Help(0)),
            Action::Fleet => self.go(&Target::Fleet),
            Action::Group => self.go_to_group(),
            Action::Proposals => self.go(&Target::Proposals),
            Action::Calendar => self.go(&Target::Calendar),
            Action::Models => self.go(&Target::Models),
            Action::Journal => self.go(&Target::Journal),
            Action::NextPage => self.step(1),
            Action::PreviousPage => self.step(self.pages.len() - 1),
            Action::Mode => self.ask_mode(now),
            Action::Brake => self.ask_brake(),
            Action::Pause | Action::Faster | Action::Slower => match self.clock(action) {
                Some(command) => effects.push(Effect::Send(Command::Clock(command))),
                None => {
                    self.toasts.say("the clock is the world's own; only a simulated one can be driven", now)
                }
            },
            Action::Fault if !self.view.simulated => {
                self.toasts.say("faults are injected into the simulation only", now);
            }
            Action::Fault => match self.chosen() {
                Some(group) => self.overlay = Some(Overlay::Faults(group, 0)),
                None => self.toasts.say("choose a group on the fleet page first", now),
            },
            Action::Picture => {
                let name = export::name(&self.pages[self.open].0, &self.view);
                effects.push(Effect::Picture(name));
            }
            Action::Theme => {
                self.theme = self.theme.next();
                self.toasts.say(&format!("theme {}", self.theme.name()), now);
            }
            other => {
                let outcome = self.pages[self.open].1.act(other, &self.view);
                if outcome == Outcome::Ignored && other == Action::Back {
                    std::mem::swap(&mut self.open, &mut self.before);
                }
                self.settle(outcome, now, effects);
            }
        }
    }

    /// Carries out what a page answered.
    fn settle(&mut self, outcome: Outcome, now: Duration, effects: &mut Vec<Effect>) {
        match outcome {
            Outcome::Ignored | Outcome::Changed => {}
            Outcome::Send(command) => effects.push(Effect::Send(command)),
            Outcome::Ask(question) => self.overlay = Some(Overlay::Ask(Box::new(question))),
            Outcome::Say(text) => self.toasts.say(&text, now),
            Outcome::Open(target) => {
                if let Target::Group(name) = &target {
                    self.group = Some(name.clone());
                }
                self.go(&target);
            }
        }
    }

    /// The group that the page's cursor stands on, else the one looked at last.
    fn chosen(&self) -> Option<String> {
        let known = |name: &String| self.view.groups.iter().any(|g| g.name == *name);
        self.pages[self.open]
            .1
            .chosen_group(&self.view)
            .filter(known)
            .or_else(|| self.group.clone().filter(known))
    }

    /// Opens the group page on the chosen group, or on the first of the fleet.
    fn go_to_group(&mut self) {
        let first = || self.view.groups.first().map(|g| g.name.clone());
        self.group = self.chosen().or_else(first);
        self.go(&Target::Group(String::new()));
    }

    /// Opens a page; one that this console does not have changes nothing.
    fn go(&mut self, target: &Target) {
        let same = |t: &Target| std::mem::discriminant(t) == std::mem::discriminant(target);
        if let Some(index) = self.pages.iter().position(|(t, _)| same(t)) {
            self.group = if matches!(target, Target::Group(_)) { self.group.clone() } else { self.chosen() };
            if index != self.open {
                self.before = self.open;
            }
            self.open = index;
            if let Some(group) = &self.group {
                self.pages[index].1.look_at(group);
            }
        }
    }

    /// Opens the page `by` places on, counted round.
    fn step(&mut self, by: usize) {
        match self.pages[(self.open + by) % self.pages.len()].0.clone() {
            Target::Group(_) => self.go_to_group(),
            target => self.go(&target),
        }
    }

    /// Asks for the chosen group's next mode.
    fn ask_mode(&mut self, now: Duration) {
        let chosen = self.chosen();
        let Some(row) = self.view.groups.iter().find(|g| Some(&g.name) == chosen.as_ref()) else {
            return self.toasts.say("choose a group on the fleet page first", now);
        };
        let (mode, meaning) = match row.mode {
            Mode::Observe => {
                (Mode::Approve, "prescale will propose changes; nothing is done before a person approves.")
            }
            Mode::Approve => {
                (Mode::Auto, "prescale will change capacity by itself, within every preflight check.")
            }
            Mode::Auto => (Mode::Observe, "prescale will only say what it would do; capacity is left alone."),
        };
        let title = format!("{}: from {} to {}?", clean(&row.name, 30), row.mode.name(), mode.name());
        let command = Command::SetMode { group: row.name.clone(), mode };
        self.overlay = Some(Overlay::Ask(Box::new(Question::new(title, vec![meaning.into()], command))));
    }

    /// Asks whether to freeze or release scale-in.
    fn ask_brake(&mut self) {
        let on = !self.view.brake;
        let (title, meaning) = if on {
            (
                "Freeze scale-in everywhere?",
                "No group will lose an instance by prescale until the brake is released.",
            )
        } else {
            ("Release the brake?", "Groups may scale in again, within every preflight check.")
        };
        self.overlay = Some(Overlay::Ask(Box::new(Question::new(
            title,
            vec![meaning.into()],
            Command::SetBrake { on },
        ))));
    }

    /// What a key of the clock asks; `None` when the clock is not ours.
    fn clock(&self, action: Action) -> Option<ClockCommand> {
        const SPEEDS: [f64; 9] = [1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
        let ClockView::Simulated { speed, paused } = self.view.clock else { return None };
        Some(match action {
            Action::Pause if paused => ClockCommand::Resume,
            Action::Pause => ClockCommand::Pause,
            Action::Faster => ClockCommand::Speed(SPEEDS.into_iter().find(|s| *s > speed).unwrap_or(3_600.0)),
            _ => ClockCommand::Speed(SPEEDS.into_iter().rev().find(|s| *s < speed).unwrap_or(1.0)),
        })
    }

    /// Draws everything.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        self.paint(frame);
        if self.theme.symbols() == Symbols::Ascii {
            ascii::reduce(frame.buffer_mut());
        }
    }

    fn paint(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.theme.style(Role::Text));
        if area.width < frame::LEAST.0 || area.height < frame::LEAST.1 {
            return frame::too_small(frame, &self.theme);
        }
        if self.view.serial == 0 {
            return frame::loading(frame, &self.theme);
        }
        let keys = ["1", "2", "3", "4", "5", "6"];
        let tabs: Vec<(Target, &str)> =
            self.pages.iter().map(|(t, _)| (t.clone(), keys[t.place()])).collect();
        frame::header(
            frame,
            Rect { height: frame::HEADER, ..area },
            &self.view,
            &tabs,
            self.open,
            &self.theme,
        );
        let body = Rect { y: area.y + frame::HEADER, height: area.height - frame::HEADER - 1, ..area };
        let page = &self.pages[self.open].1;
        page.draw(frame, body, &self.view, &self.theme);
        let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
        frame::footer(frame, foot, &self.keymap, page.actions(), page.wants_text(), &self.theme);
        match &self.overlay {
            Some(Overlay::Help(scroll)) => {
                help::draw(frame, body, &self.keymap, page.actions(), *scroll, &self.theme)
            }
            Some(Overlay::Ask(question)) => frame::question(frame, body, question, &self.theme),
            Some(Overlay::Faults(group, chosen)) => frame::faults(frame, body, group, *chosen, &self.theme),
            None => {}
        }
        frame::toasts(frame, body, &self.toasts, &self.theme);
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
