//! The state of the console and how messages change it. No I/O: effects are returned, drawing is pure.
//!
//! [`App::update`] is the way in. What lies over a page (help, question, menu, palette) is in `overlay`; what every
//! page understands is in `acts`; what is typed before there is anything to see is in `early`.

mod acts;
mod early;
mod overlay;

use std::{sync::Arc, time::Duration};

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::{Frame, layout::Rect};

use self::overlay::Overlay;
use super::{
    draw::{
        ascii,
        theme::{Role, Symbols, Theme},
    },
    input::keymap::{Action, Keymap},
    pages::{
        fleet::FleetPage,
        group::GroupPage,
        page::{Outcome, Page, PageTarget},
        proposals::ProposalsPage,
    },
    widgets::{connection, frame, toast::Toasts},
    zone::Zone,
};
use crate::{
    domain::Answer,
    link::{Command, View, Viewport},
};

/// Lines that one notch of a mouse's wheel moves.
const NOTCH: usize = 3;

/// What reaches the console.
#[derive(Debug, Clone)]
pub enum Message {
    /// A newer view.
    View(Arc<View>),
    /// A key.
    Key(KeyEvent),
    /// A press or a notch of the mouse.
    Mouse(MouseEvent),
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
    /// Put a text on the terminal's clipboard.
    Copy(String),
    /// Save the screen as a picture of this name.
    Picture(String),
    /// Give the terminal back to the shell until it returns.
    Suspend,
    /// End.
    Quit,
}

/// The console's state.
pub struct App {
    /// What is on the screen: `seen`, in the zone chosen.
    view: Arc<View>,
    /// The view on the screen as it arrived.
    seen: Arc<View>,
    /// The newest view that arrived while the screen was held still, and how many did.
    waiting: Option<(Arc<View>, u64)>,
    frozen: bool,
    zone: Zone,
    /// IANA name of this machine's zone, where it says one.
    machine_zone: Option<String>,
    /// Pages in the order of their keys; a group page carries the last group.
    pages: Vec<(PageTarget, Box<dyn Page>)>,
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
    /// The speed of the clock that was asked for last, until a view shows what came of it.
    speed: Option<f64>,
    /// What was typed before the engine spoke.
    early: Vec<Message>,
    changed: bool,
}

impl App {
    /// A console on the fleet page. `more` are the pages beside fleet, group and proposals.
    pub fn new(theme: Theme, more: Vec<(PageTarget, Box<dyn Page>)>) -> App {
        let mut pages: Vec<(PageTarget, Box<dyn Page>)> = vec![
            (PageTarget::Fleet, Box::new(FleetPage::default())),
            (PageTarget::Group(String::new()), Box::new(GroupPage::default())),
            (PageTarget::Proposals, Box::new(ProposalsPage::default())),
        ];
        pages.extend(more);
        App {
            view: Arc::default(),
            seen: Arc::default(),
            waiting: None,
            frozen: false,
            zone: Zone::Fleet,
            machine_zone: None,
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
            speed: None,
            early: Vec::new(),
            changed: true,
        }
    }

    /// The same with other keys.
    pub fn with_keys(self, keymap: Keymap) -> App {
        App { keymap, ..self }
    }

    /// The same with times in `zone`; `machine_zone` is the name of this machine's.
    pub fn in_zone(self, zone: Zone, machine_zone: Option<String>) -> App {
        App { zone, machine_zone, ..self }
    }

    /// The actions of each page beside those understood everywhere.
    pub fn contexts(&self) -> Vec<&'static [Action]> {
        self.pages.iter().map(|(_, page)| page.actions()).collect()
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
                self.arrive(view);
                self.catch_up(now, &mut effects);
            }
            Message::Key(key) if key.kind != KeyEventKind::Release => {
                self.changed = true;
                self.key(key, now, &mut effects);
            }
            Message::Key(_) => {}
            Message::Mouse(event) => self.mouse(event, now, &mut effects),
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

    /// A newer view: it is shown, or waits while the screen is held still.
    fn arrive(&mut self, view: Arc<View>) {
        self.changed = true;
        if self.frozen && self.seen.serial > 0 {
            let (before, count) =
                self.waiting.as_ref().map_or((self.seen.serial, 0), |(v, n)| (v.serial, *n));
            // An old picture that tells its age is no newer one.
            let newer = u64::from(view.serial != before);
            self.waiting = Some((view, count + newer));
        } else {
            self.see(view);
        }
    }

    /// Puts `view` on the screen, in the zone chosen.
    fn see(&mut self, view: Arc<View>) {
        self.view = match self.zone.name(self.machine_zone.as_deref()) {
            Some(name) if name != view.zone => Arc::new(View { zone: name.to_owned(), ..(*view).clone() }),
            _ => Arc::clone(&view),
        };
        self.seen = view;
        self.speed = None;
        self.pages.iter_mut().for_each(|(_, page)| page.refresh(&self.view));
    }

    /// The viewport to ask for, if it is not the one asked for last.
    fn show(&mut self) -> Option<Effect> {
        let page = &self.pages[self.open].1;
        // A page without charts leaves them as they are.
        let charts =
            page.viewport(&self.view, self.size.0).or_else(|| self.shown.clone()).unwrap_or_default();
        let wanted = Viewport { decision: page.decision(&self.view), ..charts };
        if self.view.serial == 0 || self.shown.as_ref() == Some(&wanted) {
            return None;
        }
        self.shown = Some(wanted.clone());
        Some(Effect::Show(wanted))
    }

    fn paste(&mut self, text: &str, now: Duration, effects: &mut Vec<Effect>) {
        if self.view.serial == 0 {
            return self.keep(Message::Paste(text.to_owned()));
        }
        if let Some(overlay) = &mut self.overlay {
            self.changed |= overlay.paste(text);
            return;
        }
        let page = &mut self.pages[self.open].1;
        if page.wants_text() {
            let outcome = page.paste(text, &self.view);
            self.changed = true;
            self.settle(outcome, now, effects);
        }
    }

    /// A key: those that work everywhere first, then what lies over the page, then typed text, then the keymap.
    fn key(&mut self, key: KeyEvent, now: Duration, effects: &mut Vec<Effect>) {
        let page = &self.pages[self.open].1;
        let (typing, unsaved) = (page.wants_text(), page.unsaved());
        let action = self.keymap.action(key, page.actions());
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match action {
            Some(Action::Quit) if !self.usable() => return effects.push(Effect::Quit),
            Some(Action::Quit) if control && unsaved => return self.ask_to_leave(),
            Some(Action::Quit) if control => return effects.push(Effect::Quit),
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            _ if self.view.serial == 0 => return self.keep(Message::Key(key)),
            _ if !self.usable() => return,
            Some(Action::Brake) if control => return self.ask_brake(now),
            _ => {}
        }
        // A key that means Back does so while typing too, if it is no text.
        let key = if control && action == Some(Action::Back) { KeyCode::Esc.into() } else { key };
        if let Some(overlay) = self.overlay.take() {
            return self.overlay_key(overlay, key, action, now, effects);
        }
        if typing {
            let outcome = self.pages[self.open].1.key(key, &self.view);
            return self.settle(outcome, now, effects);
        }
        if let Some(action) = action {
            self.act(action, now, effects);
        }
    }

    /// A press opens a page or moves the cursor; the wheel moves by lines. Nothing is ever sent by it.
    fn mouse(&mut self, event: MouseEvent, now: Duration, effects: &mut Vec<Effect>) {
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
                None if !self.pages[self.open].1.wants_text() => self.act(action, now, effects),
                None => {}
            }),
            (None, MouseEventKind::Down(MouseButton::Left)) if self.overlay.is_none() => {
                self.press(event.column, event.row, now, effects);
            }
            _ => {}
        }
    }

    fn press(&mut self, column: u16, row: u16, now: Duration, effects: &mut Vec<Effect>) {
        let typing = self.pages[self.open].1.wants_text();
        if row == frame::TABS && !typing {
            let tabs = frame::tabs(&self.view, &self.targets(), self.open, self.size.0);
            if let Some(index) = frame::tab_at(&tabs, column) {
                self.open_tab(index);
            }
        } else if row >= frame::HEADER && !typing {
            let outcome = self.pages[self.open].1.press((column, row), &self.view);
            self.settle(outcome, now, effects);
        }
    }

    /// True when a page is on the screen: large enough, and the engine has spoken.
    fn usable(&self) -> bool {
        self.size.0 >= frame::LEAST.0 && self.size.1 >= frame::LEAST.1 && self.view.serial > 0
    }

    /// Carries out what a page answered.
    fn settle(&mut self, outcome: Outcome, now: Duration, effects: &mut Vec<Effect>) {
        match outcome {
            Outcome::Ignored | Outcome::Changed => {}
            Outcome::Send(_) | Outcome::Ask(_) if self.view.read_only => self.toasts.say(READ_ONLY, now),
            Outcome::Send(command) => effects.push(Effect::Send(command)),
            Outcome::Ask(question) => self.overlay = Some(Overlay::Ask(Box::new(question))),
            Outcome::Say(text) => self.toasts.say(&text, now),
            Outcome::Theme(name) => self.set_theme(&name, now),
            Outcome::Open(target) => {
                if let PageTarget::Group(name) = &target {
                    self.group = Some(name.clone());
                }
                self.go(&target);
            }
        }
    }

    /// Each page with the key that opens it.
    fn targets(&self) -> Vec<(PageTarget, String)> {
        self.pages.iter().map(|(target, _)| (target.clone(), self.keymap.key_of(target.action()))).collect()
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
            return frame::too_small(frame, &self.keymap, &self.theme);
        }
        if self.view.serial == 0 {
            return frame::loading(frame, self.early.len(), &self.view.wire, &self.theme);
        }
        let head = Rect { height: frame::HEADER, ..area };
        frame::header(frame, head, &self.view, &self.targets(), self.open, &self.theme);
        let newest = self.waiting.as_ref().map_or(&self.view, |(view, _)| view);
        if let Some(lost) = connection::lost(&newest.wire) {
            connection::banner(frame, head, &lost, &self.theme);
        } else if self.frozen {
            let newer = self.waiting.as_ref().map_or(0, |(_, count)| *count);
            frame::banner(frame, head, newer, &self.keymap.key_of(Action::Freeze), &self.theme);
        }
        let body = Rect { y: area.y + frame::HEADER, height: area.height - frame::HEADER - 1, ..area };
        let page = &self.pages[self.open].1;
        page.draw(frame, body, &self.view, &self.theme);
        let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
        frame::footer(frame, foot, &self.keymap, page.as_ref(), &self.theme);
        if let Some(overlay) = &self.overlay {
            overlay.draw(frame, body, &self.keymap, page.actions(), &self.theme);
        }
        frame::toasts(frame, body, &self.toasts, &self.theme);
    }
}

/// What is said where the engine takes no commands.
const READ_ONLY: &str = "read-only: nothing can be changed from here";

#[cfg(test)]
mod tests;

#[cfg(test)]
mod any_tests;
