//! What every page understands: pages, modes, brake, clock, theme, zone, freeze.

use std::time::Duration;

use super::{App, Effect, READ_ONLY, brake, overlay::Overlay};
use crate::{
    console::{
        draw::{export, theme::Theme},
        input::{
            action::Action,
            palette::{Known, Palette},
        },
        widgets::{
            outcome::{Moment, Outcome},
            question::Question,
        },
        zone::Zone,
    },
    domain::{decision::Mode, text::clean},
    link::{ClockCommand, ClockView, Command},
};

impl App {
    /// Carries out what a page answered.
    pub(super) fn settle(&mut self, outcome: Outcome, now: Duration, effects: &mut Vec<Effect>) {
        match outcome {
            Outcome::Ignored | Outcome::Changed => {}
            Outcome::Send(_) | Outcome::Ask(_) if self.views.shown.read_only => {
                self.toasts.say(READ_ONLY, now)
            }
            Outcome::Send(command) => effects.push(Effect::Send(command)),
            Outcome::Ask(question) => self.overlay = Some(Overlay::Ask(Box::new(question))),
            Outcome::Say(text) => self.toasts.say(&text, now),
            Outcome::Theme(name) => self.set_theme(&name, now),
            Outcome::Open(page) => self.tabs.open(page, &self.views.shown),
            Outcome::OpenPast(page) => {
                self.tabs.open(page, &self.views.shown);
                let outcome = self.tabs.page_mut().act(Action::AtTime, &self.views.shown);
                self.settle(outcome, now, effects);
            }
            Outcome::OpenGroup(name, at) => self.tabs.open_group(name, at, &self.views.shown),
            Outcome::OpenWhatIf(name) => {
                self.tabs.open_group(name, Moment::Now, &self.views.shown);
                let page = self.tabs.page_mut();
                let shown = page.viewport(&self.views.shown, self.size);
                if shown.is_none_or(|shown| shown.what_if.is_none()) {
                    let outcome = page.act(Action::WhatIf, &self.views.shown);
                    self.settle(outcome, now, effects);
                }
            }
        }
    }

    /// Does what every page understands, or hands the action to the page.
    pub(super) fn act(&mut self, action: Action, now: Duration, effects: &mut Vec<Effect>) {
        self.follow_guide(action);
        match action {
            // A page may open another one in its own way: the journal's group at the moment of a line.
            Action::Page(id) => match self.tabs.page_mut().act(action, &self.views.shown) {
                Outcome::Ignored => self.tabs.open(id, &self.views.shown),
                outcome => self.settle(outcome, now, effects),
            },
            Action::Quit if self.tabs.page().unsaved() => self.ask_to_leave(),
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Help => self.overlay = Some(Overlay::Help(0)),
            Action::Palette => self.overlay = Some(Overlay::Palette(Box::new(self.palette()))),
            Action::NextPage => self.tabs.turn(true, &self.views.shown),
            Action::PreviousPage => self.tabs.turn(false, &self.views.shown),
            Action::Mode => self.ask_mode(now),
            Action::Brake => self.ask_brake(now),
            Action::SuspendTerminate => self.ask_to_suspend(now),
            Action::Pause | Action::Faster | Action::Slower => self.drive_clock(action, now, effects),
            Action::Fault => self.open_faults(now),
            Action::Freeze => self.freeze(),
            Action::Zone => self.set_zone(self.views.zone().next(), now),
            Action::Copy => self.copy(now, effects),
            Action::Picture => {
                let name = export::name(self.tabs.id(), &self.views.shown);
                effects.push(Effect::Picture(name));
            }
            Action::Theme => {
                self.theme = self.theme.next();
                self.toasts.say(&format!("theme {}", self.theme.name()), now);
            }
            other => {
                let outcome = self.tabs.page_mut().act(other, &self.views.shown);
                let is_open = outcome != Outcome::Ignored || other != Action::Back || self.hide_guide();
                if !is_open && !self.tabs.back() {
                    let key = self.keymap.key_of(Action::Quit);
                    self.toasts.say(&format!("nothing is open; {key} quits"), now);
                }
                self.settle(outcome, now, effects);
            }
        }
    }

    fn palette(&self) -> Palette {
        let view = &self.views.shown;
        let groups: Vec<&str> = view.groups.iter().map(|g| g.name.as_str()).collect();
        let known = Known { groups: &groups, settings: &self.settings, simulated: view.simulated };
        Palette::new(&self.keymap, self.tabs.page().actions(), known)
    }

    /// Holds the screen still, or shows the newest view.
    fn freeze(&mut self) {
        if let Some(view) = self.views.freeze() {
            self.see(view);
        }
    }

    /// Shows times in `zone`.
    pub(super) fn set_zone(&mut self, zone: Zone, now: Duration) {
        let view = self.views.set_zone(zone);
        self.see(view);
        self.toasts.say(&format!("times: {}", self.views.zone_words()), now);
    }

    /// Takes the theme of this name.
    pub(super) fn set_theme(&mut self, name: &str, now: Duration) {
        match Theme::load(name, self.theme.depth(), self.theme.symbols()) {
            Ok(theme) => self.theme = theme,
            Err(error) => self.toasts.say(&error.to_string(), now),
        }
    }

    /// Sends what is chosen to the terminal, which may or may not have a clipboard, and says what that is.
    fn copy(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        match self.tabs.page().copied(&self.views.shown) {
            Some((what, text)) => {
                self.toasts.say(&format!("copied {what}: {}", clean(&text, 60)), now);
                effects.push(Effect::Copy(text));
            }
            None => self.toasts.say("nothing is selected, so nothing was copied", now),
        }
    }

    fn ask(&mut self, question: Question) {
        self.overlay = Some(Overlay::Ask(Box::new(question)));
    }

    /// Asks before what was typed is thrown away with the program.
    pub(super) fn ask_to_leave(&mut self) {
        self.ask(Question::leave("Unsaved input will be lost."));
    }

    /// Asks for the chosen group's next mode.
    fn ask_mode(&mut self, now: Duration) {
        if self.views.shown.read_only {
            return self.toasts.say(READ_ONLY, now);
        }
        let chosen = self.tabs.group(&self.views.shown);
        let Some(row) = self.views.shown.groups.iter().find(|g| Some(&g.name) == chosen.as_ref()) else {
            return self.toasts.say("select a group on the fleet page first", now);
        };
        let (mode, meaning) = match row.mode {
            Mode::Observe => (Mode::Approve, "prescale will propose changes; each change needs approval."),
            Mode::Approve => {
                (Mode::Auto, "prescale will change capacity automatically when all preflight checks pass.")
            }
            Mode::Auto => (Mode::Observe, "prescale will only advise and will not change capacity."),
        };
        let title = format!("{}: from {} to {}?", clean(&row.name, 30), row.mode.name(), mode.name());
        let command = Command::SetMode { group: row.name.clone(), mode };
        let shown = self.tabs.page().viewport(&self.views.shown, self.size);
        let past = shown
            .and_then(|shown| shown.then.or(shown.fleet_then))
            .map(|_| "The page shows the past; the mode changes now.".to_owned());
        self.ask(Question::new(title, std::iter::once(meaning.into()).chain(past).collect(), command));
    }

    /// Asks whether Terminate of groups that AWS can still shrink is to be suspended.
    fn ask_to_suspend(&mut self, now: Duration) {
        if self.views.shown.read_only {
            return self.toasts.say(READ_ONLY, now);
        }
        match brake::suspend(&self.views.shown) {
            Ok(question) => self.overlay = Some(Overlay::Ask(Box::new(question))),
            Err(why) => self.toasts.say(&why, now),
        }
    }

    /// Asks whether to freeze or release scale-in everywhere.
    pub(super) fn ask_brake(&mut self, now: Duration) {
        if self.views.shown.read_only {
            return self.toasts.say(READ_ONLY, now);
        }
        let on = !self.views.shown.brake;
        let question = if on { brake::freeze(&self.views.shown) } else { brake::release() };
        self.ask(question);
    }

    fn open_faults(&mut self, now: Duration) {
        if !self.views.shown.simulated {
            return self.toasts.say("faults can be injected only in the simulation", now);
        }
        match self.tabs.group(&self.views.shown) {
            _ if self.views.shown.read_only => self.toasts.say(READ_ONLY, now),
            Some(group) => self.overlay = Some(Overlay::Faults(group, 0)),
            None => self.toasts.say("select a group on the fleet page first", now),
        }
    }

    /// Sends what a key of the clock asks, where the clock is ours.
    fn drive_clock(&mut self, action: Action, now: Duration, effects: &mut Vec<Effect>) {
        match self.clock(action) {
            _ if self.views.shown.read_only => self.toasts.say(READ_ONLY, now),
            Some(command) => {
                if let ClockCommand::Speed(speed) = command {
                    self.speed = Some(speed);
                }
                effects.push(Effect::Send(Command::Clock(command)));
            }
            None => {
                self.toasts.say("this is the real clock; only the simulated clock can be controlled", now)
            }
        }
    }

    /// What a key of the clock asks; `None` when the clock is not ours.
    fn clock(&self, action: Action) -> Option<ClockCommand> {
        const SPEEDS: [f64; 9] = [1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
        let ClockView::Simulated { speed, paused } = self.views.shown.clock else { return None };
        // Each of several presses counts, though no view has come between them.
        let speed = self.speed.unwrap_or(speed);
        Some(match action {
            Action::Pause if paused => ClockCommand::Resume,
            Action::Pause => ClockCommand::Pause,
            Action::Faster => ClockCommand::Speed(SPEEDS.into_iter().find(|s| *s > speed).unwrap_or(3_600.0)),
            _ => ClockCommand::Speed(SPEEDS.into_iter().rev().find(|s| *s < speed).unwrap_or(1.0)),
        })
    }
}
