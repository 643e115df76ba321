//! What every page understands: pages, modes, brake, clock, theme, zone, freeze.

use std::time::Duration;

use super::{App, Effect, READ_ONLY, overlay::Overlay};
use crate::{
    console::{
        draw::{export, theme::Theme},
        input::{keymap::Action, palette::Palette},
        pages::page::{Outcome, PageTarget},
        widgets::question::Question,
        zone::Zone,
    },
    domain::{decision::Mode, text::clean},
    link::{ClockCommand, ClockView, Command},
};

impl App {
    /// Does what every page understands, or hands the action to the page.
    pub(super) fn act(&mut self, action: Action, now: Duration, effects: &mut Vec<Effect>) {
        if let Some(target) = PageTarget::of(action) {
            return match target {
                PageTarget::Group(_) => self.go_to_group(),
                target => self.go(&target),
            };
        }
        match action {
            Action::Quit if self.pages[self.open].1.unsaved() => self.ask_to_leave(),
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Help => self.overlay = Some(Overlay::Help(0)),
            Action::Palette => self.overlay = Some(Overlay::Palette(Box::new(self.palette()))),
            Action::NextPage => self.step(1),
            Action::PreviousPage => self.step(self.pages.len() - 1),
            Action::Mode => self.ask_mode(now),
            Action::Brake => self.ask_brake(now),
            Action::Pause | Action::Faster | Action::Slower => self.drive_clock(action, now, effects),
            Action::Fault => self.open_faults(now),
            Action::Freeze => self.freeze(),
            Action::Zone => self.set_zone(self.zone.next(), now),
            Action::Copy => self.copy(now, effects),
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

    fn palette(&self) -> Palette {
        let groups = self.view.groups.iter().map(|g| g.name.as_str());
        Palette::new(&self.keymap, self.pages[self.open].1.actions(), groups)
    }

    /// Holds the screen still, or shows the newest view.
    fn freeze(&mut self) {
        self.frozen = !self.frozen;
        if let Some((view, _)) = self.waiting.take().filter(|_| !self.frozen) {
            self.see(view);
        }
    }

    /// Shows times in `zone`.
    pub(super) fn set_zone(&mut self, zone: Zone, now: Duration) {
        self.zone = zone;
        self.see(self.seen.clone());
        let words = self.zone.words(self.machine_zone.as_deref(), &self.view.zone);
        self.toasts.say(&format!("times: {words}"), now);
    }

    /// Takes the theme of this name.
    pub(super) fn set_theme(&mut self, name: &str, now: Duration) {
        match Theme::load(name, self.theme.depth(), self.theme.symbols()) {
            Ok(theme) => self.theme = theme,
            Err(error) => self.toasts.say(&error.to_string(), now),
        }
    }

    /// Sends what is chosen to the terminal, which may or may not have a clipboard.
    fn copy(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        match self.pages[self.open].1.copied(&self.view) {
            Some(text) => {
                let short = clean(&text, 60);
                self.toasts.say(&format!("sent to the terminal's clipboard: {short}"), now);
                effects.push(Effect::Copy(text));
            }
            None => self.toasts.say("nothing is chosen", now),
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
        self.go(&PageTarget::Group(String::new()));
    }

    /// Opens a page; one that this console does not have changes nothing.
    pub(super) fn go(&mut self, target: &PageTarget) {
        let same = |t: &PageTarget| std::mem::discriminant(t) == std::mem::discriminant(target);
        if let Some(index) = self.pages.iter().position(|(t, _)| same(t)) {
            self.group =
                if matches!(target, PageTarget::Group(_)) { self.group.clone() } else { self.chosen() };
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
        self.open_tab((self.open + by) % self.pages.len());
    }

    /// Opens the page at `index`.
    pub(super) fn open_tab(&mut self, index: usize) {
        match self.pages.get(index).map(|(target, _)| target.clone()) {
            Some(PageTarget::Group(_)) => self.go_to_group(),
            Some(target) => self.go(&target),
            None => {}
        }
    }

    fn ask(&mut self, question: Question) {
        self.overlay = Some(Overlay::Ask(Box::new(question)));
    }

    /// Asks before what was typed is thrown away with the program.
    pub(super) fn ask_to_leave(&mut self) {
        self.ask(Question::leave("What is typed here and not saved is lost."));
    }

    /// Asks for the chosen group's next mode.
    fn ask_mode(&mut self, now: Duration) {
        if self.view.read_only {
            return self.toasts.say(READ_ONLY, now);
        }
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
        self.ask(Question::new(title, vec![meaning.into()], command));
    }

    /// Asks whether to freeze or release scale-in.
    pub(super) fn ask_brake(&mut self, now: Duration) {
        if self.view.read_only {
            return self.toasts.say(READ_ONLY, now);
        }
        let on = !self.view.brake;
        let (title, meaning) = if on {
            (
                "Freeze scale-in everywhere?",
                "No group will lose an instance by prescale until the brake is released.",
            )
        } else {
            ("Release the brake?", "Groups may scale in again, within every preflight check.")
        };
        self.ask(Question::new(title, vec![meaning.into()], Command::SetBrake { on }));
    }

    fn open_faults(&mut self, now: Duration) {
        if !self.view.simulated {
            return self.toasts.say("faults are injected into the simulation only", now);
        }
        match self.chosen() {
            _ if self.view.read_only => self.toasts.say(READ_ONLY, now),
            Some(group) => self.overlay = Some(Overlay::Faults(group, 0)),
            None => self.toasts.say("choose a group on the fleet page first", now),
        }
    }

    /// Sends what a key of the clock asks, where the clock is ours.
    fn drive_clock(&mut self, action: Action, now: Duration, effects: &mut Vec<Effect>) {
        match self.clock(action) {
            _ if self.view.read_only => self.toasts.say(READ_ONLY, now),
            Some(command) => {
                if let ClockCommand::Speed(speed) = command {
                    self.speed = Some(speed);
                }
                effects.push(Effect::Send(Command::Clock(command)));
            }
            None => self.toasts.say("the clock is the world's own; only a simulated one can be driven", now),
        }
    }

    /// What a key of the clock asks; `None` when the clock is not ours.
    fn clock(&self, action: Action) -> Option<ClockCommand> {
        const SPEEDS: [f64; 9] = [1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
        let ClockView::Simulated { speed, paused } = self.view.clock else { return None };
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
