//! The state of the console and how messages change it. No I/O: effects are returned, drawing is pure.
//!
//! [`App::update`] is the way in. What lies over a page (help, question, menu, palette) is in `overlay`; what every
//! page understands is in `acts`; presses of the mouse are in `mouse`; what is typed before there is anything to see is in
//! `early`. The pages are in `tabs`, the views in `views`.

mod acts;
mod brake;
mod early;
mod mouse;
mod overlay;
mod strip;
mod tabs;
mod views;

use std::{sync::Arc, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use ratatui::{Frame, layout::Rect};

use self::{overlay::Overlay, tabs::Tabs, views::Views};
use super::{
    draw::{
        ascii,
        theme::{Role, Symbols, Theme},
    },
    input::{action::Action, keymap::Keymap},
    pages::{PageSetup, fleet::small},
    widgets::{caption::Narrator, connection, frame, guide::Guide, help, toast::Toasts},
    zone::Zone,
};
use crate::{
    domain::Answer,
    link::{Command, FleetWindow, View, Viewport},
};

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
    /// The engine's answer to what a question sent.
    Confirmed(Box<Command>, Answer),
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
    /// Send what an open question asked for; its answer comes as [`Message::Confirmed`].
    Confirm(Command),
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
    views: Views,
    tabs: Tabs,
    overlay: Option<Overlay>,
    toasts: Toasts,
    keymap: Keymap,
    theme: Theme,
    size: (u16, u16),
    /// What the engine was told last that is on the screen.
    viewport: Option<Viewport>,
    /// The speed of the clock that was asked for last, until a view shows what came of it.
    speed: Option<f64>,
    /// What was typed before the engine spoke.
    early: Vec<Message>,
    /// Keys of the configuration with their meaning, for the palette.
    settings: Vec<(String, String)>,
    /// What a newcomer may try, until it was.
    guide: Option<Guide>,
    /// What makes captions of the view, where a story is played.
    narrator: Option<Narrator>,
    /// When the newest message came, since the console's start.
    now: Duration,
    changed: bool,
}

impl App {
    /// A console on its first page.
    pub fn new(theme: Theme, setup: &PageSetup) -> App {
        App {
            views: Views::new(Zone::Fleet, None),
            tabs: Tabs::new(setup),
            overlay: None,
            toasts: Toasts::default(),
            keymap: Keymap::default(),
            theme,
            size: frame::LEAST,
            viewport: None,
            speed: None,
            early: Vec::new(),
            settings: setup.settings.iter().map(|s| (s.key.clone(), s.meaning.clone())).collect(),
            guide: None,
            narrator: None,
            now: Duration::ZERO,
            changed: true,
        }
    }

    /// The same with other keys.
    pub fn with_keys(self, keymap: Keymap) -> App {
        App { keymap, ..self }
    }

    /// The same with times in `zone`; `machine_zone` is the name of this machine's.
    pub fn in_zone(self, zone: Zone, machine_zone: Option<String>) -> App {
        App { views: self.views.in_zone(zone, machine_zone), ..self }
    }

    /// The same with a guide over the simulated fleet, for who has no configuration yet.
    pub fn guided(self) -> App {
        App { guide: Some(Guide::default()), ..self }
    }

    /// The same with the captions of a story.
    pub fn narrated(self, narrator: Narrator) -> App {
        App { narrator: Some(narrator), ..self }
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
        self.now = now;
        match message {
            Message::View(view) => {
                self.changed = true;
                if let Some(view) = self.views.arrive(view) {
                    self.see(view);
                }
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
            Message::Confirmed(command, answer) => {
                self.answered(&command, answer, now);
                self.changed = true;
            }
            Message::ShowFailed => self.viewport = None,
            Message::Tick => {}
        }
        self.changed |= self.toasts.expire(now);
        effects.extend(self.show());
        effects
    }

    /// Puts `view` on the screen.
    fn see(&mut self, view: Arc<View>) {
        self.views.show(view);
        self.speed = None;
        self.tabs.refresh(&self.views.shown);
        self.follow();
    }

    /// The viewport to ask for, if it is not the one asked for last.
    fn show(&mut self) -> Option<Effect> {
        let page = self.tabs.page();
        // A page without charts leaves them as they are, but for a moment of the past, which it does not show.
        let own = page.viewport(&self.views.shown, self.size);
        let fleet = Some(self.fleet_window(own.as_ref().and_then(|own| own.fleet.clone())));
        let charts = own
            .or_else(|| {
                Some(Viewport { then: None, fleet_then: None, what_if: None, ..self.viewport.clone()? })
            })
            .unwrap_or_default();
        let (decision, decision_then) = page.decision(&self.views.shown).unzip();
        let wanted = Viewport { decision, decision_then, fleet, ..charts };
        if !self.views.any() || self.viewport.as_ref() == Some(&wanted) {
            return None;
        }
        self.viewport = Some(wanted.clone());
        Some(Effect::Show(wanted))
    }

    /// The part of the fleet to ask for, where the open page lists the part `shown`, or none.
    fn fleet_window(&self, shown: Option<FleetWindow>) -> FleetWindow {
        if !self.is_large_enough() {
            return FleetWindow { rows: self.size.1.into(), ..FleetWindow::default() };
        }
        let kept = self.viewport.as_ref().and_then(|viewport| viewport.fleet.clone()).unwrap_or_default();
        shown.unwrap_or_else(|| match kept.rows < self.views.shown.groups.len() {
            // The order is kept for whoever comes back to the fleet.
            true => FleetWindow { rows: 0, around: None, ..kept },
            false => kept,
        })
    }

    fn paste(&mut self, text: &str, now: Duration, effects: &mut Vec<Effect>) {
        if !self.views.any() {
            return self.keep(Message::Paste(text.to_owned()));
        }
        if let Some(overlay) = &mut self.overlay {
            self.changed |= overlay.paste(text);
            return;
        }
        let page = self.tabs.page_mut();
        if page.wants_text() {
            let outcome = page.paste(text, &self.views.shown);
            self.changed = true;
            self.settle(outcome, now, effects);
        }
    }

    /// A key: those that work everywhere first, then what lies over the page, then typed text, then the keymap.
    fn key(&mut self, key: KeyEvent, now: Duration, effects: &mut Vec<Effect>) {
        let page = self.tabs.page();
        let (typing, unsaved) = (page.wants_text(), page.unsaved());
        let action = self.keymap.action(key, page.actions());
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match action {
            Some(Action::Quit) if !self.usable() => return effects.push(Effect::Quit),
            Some(Action::Quit) if control && unsaved => return self.ask_to_leave(),
            Some(Action::Quit) if control => return effects.push(Effect::Quit),
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            _ if !self.views.any() => return self.keep(Message::Key(key)),
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
            let outcome = self.tabs.page_mut().key(key, &self.views.shown);
            return self.settle(outcome, now, effects);
        }
        if let Some(action) = action {
            self.act(action, now, effects);
        }
    }

    /// True when a page is on the screen: large enough, and the engine has spoken.
    fn usable(&self) -> bool {
        self.is_large_enough() && self.views.any()
    }

    fn is_large_enough(&self) -> bool {
        self.size.0 >= frame::LEAST.0 && self.size.1 >= frame::LEAST.1
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
            return match self.views.any() && small::fits(area) {
                true => small::draw(frame, &self.views.shown, &self.keymap, &self.theme),
                false => frame::too_small(frame, &self.keymap, &self.theme),
            };
        }
        if !self.views.any() {
            return frame::loading(frame, self.early.len(), &self.views.shown, &self.theme);
        }
        let head = Rect { height: frame::HEADER, ..area };
        frame::header(
            frame,
            head,
            &self.views.shown,
            &self.tabs.labels(&self.keymap),
            self.tabs.index(),
            &self.theme,
        );
        let (newest, waiting) = self.views.newest();
        if let Some(lost) = connection::lost(&newest.connection) {
            connection::banner(frame, head, &lost, &self.theme);
        } else if let Some(newer) = waiting {
            frame::banner(frame, head, newer, &self.keymap.key_of(Action::Freeze), &self.theme);
        }
        let strip = self.strip();
        let rows = strip.as_ref().map_or(0, |strip| strip.rows(area.width));
        let body = Rect { y: area.y + frame::HEADER, height: area.height - frame::HEADER - 1 - rows, ..area };
        let page = self.tabs.page();
        page.draw(frame, body, &self.views.shown, &self.theme);
        if let Some(strip) = &strip {
            self.draw_strip(frame, Rect { y: body.bottom(), height: rows, ..area }, strip);
        }
        let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
        frame::footer(frame, foot, &self.keymap, (page, &self.views.shown), &self.theme);
        if let Some(overlay) = &self.overlay {
            let page = help::Help { page: page.actions(), simulated: self.views.shown.simulated };
            overlay.draw(frame, body, &self.keymap, page, &self.theme);
        }
        frame::toasts(frame, foot, &self.toasts, &self.theme);
    }
}

/// What is said where the engine takes no commands.
const READ_ONLY: &str = "read-only: changes are disabled";

#[cfg(test)]
mod tests;
