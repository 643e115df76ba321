//! The calendar page: a month, what falls from the chosen day on, and a form to change it.

mod agenda;
mod edit;
pub(in crate::console) mod effect;
mod expected;
mod kind;
mod month;
mod preview;
mod prompt;

use chrono::{Days, Months, NaiveDate};
use crossterm::event::KeyEvent;
use ratatui::{Frame, layout::Rect};

use self::{
    agenda::{AgendaRow, rows},
    edit::Editor,
    prompt::Prompt,
};
use super::page::Page;
use crate::{
    calendar::{self, CalendarEntry},
    console::{
        draw::{
            axis,
            theme::{Role, Theme},
        },
        input::action::Action,
        widgets::{list, outcome::Outcome, pane, question::Question, text},
    },
    domain::event::Event,
    link::{CalendarEdit, Command, View, Viewport},
};

/// Rows that the agenda keeps where charts stand below it.
const AGENDA: u16 = 12;

/// Says what is wrong with an entry in a calendar whose own zone is named: field names of [`CalendarEntry`] and messages.
pub type EntryCheck = fn(&CalendarEntry, &str) -> Vec<(&'static str, String)>;

/// What is wrong with an entry, field by field: the rules of the calendar's file.
pub fn problems(entry: &CalendarEntry, zone: &str) -> Vec<(&'static str, String)> {
    calendar::check(entry, zone.parse().unwrap_or(chrono_tz::UTC))
        .into_iter()
        .map(|p| (p.field.name(), format!("{}; {}", p.message, p.fix)))
        .collect()
}

/// The calendar page. The month has the keys first; Enter gives them to the agenda, Esc gives them back.
#[derive(Debug)]
pub struct CalendarPage {
    check: EntryCheck,
    /// The chosen day; `None` follows today.
    day: Option<NaiveDate>,
    /// Chosen row of the agenda.
    row: usize,
    in_agenda: bool,
    prompt: Option<Prompt>,
    editor: Option<Editor>,
}

impl CalendarPage {
    /// The page at today; `check` judges entries while they are typed.
    pub fn new(check: EntryCheck) -> Self {
        CalendarPage { check, day: None, row: 0, in_agenda: false, prompt: None, editor: None }
    }

    fn day(&self, view: &View) -> NaiveDate {
        self.day.unwrap_or_else(|| today(view))
    }

    fn go(&mut self, day: Option<NaiveDate>) -> Outcome {
        // A day outside chrono's range leaves the choice where it was.
        if day.is_some() {
            self.day = day;
            self.row = 0;
        }
        Outcome::Changed
    }

    fn move_day(&mut self, action: Action, view: &View) -> Outcome {
        let day = self.day(view);
        let to = match action {
            Action::Left => day.checked_sub_days(Days::new(1)),
            Action::Right => day.checked_add_days(Days::new(1)),
            Action::Up => day.checked_sub_days(Days::new(7)),
            Action::Down => day.checked_add_days(Days::new(7)),
            Action::PageUp => day.checked_sub_months(Months::new(1)),
            Action::PageDown => day.checked_add_months(Months::new(1)),
            _ => None,
        };
        self.go(to.filter(|day| (1..9_999).contains(&chrono::Datelike::year(day))))
    }

    fn move_row(&mut self, by: isize, view: &View) -> Outcome {
        self.row = list::step(self.row, by, rows(view, self.day(view)).len());
        Outcome::Changed
    }

    /// Position in the file of the chosen entry, and the entry.
    fn chosen<'v>(&self, view: &'v View) -> Option<(usize, &'v CalendarEntry)> {
        let index = rows(view, self.day(view)).get(self.row)?.entry?;
        Some((index, view.calendar.entries.get(index)?))
    }

    /// The chosen occurrence, or the next one of what is typed.
    fn event(&self, view: &View) -> Option<Event> {
        match &self.editor {
            Some(editor) => editor.next(view),
            None => {
                let place = rows(view, self.day(view)).get(self.row)?.occurrence?;
                view.calendar.occurrences.get(place).cloned()
            }
        }
    }

    fn add(&mut self, view: &View) -> Outcome {
        self.editor = Some(Editor::add(self.day(view), today(view), self.check, view));
        Outcome::Changed
    }

    fn edit(&mut self, view: &View) -> Outcome {
        let Some((index, entry)) = self.chosen(view) else { return nothing_chosen() };
        self.editor = Some(Editor::replace(index, entry.clone(), self.check, view));
        Outcome::Changed
    }

    fn delete(&self, view: &View) -> Outcome {
        let Some((index, entry)) = self.chosen(view) else { return nothing_chosen() };
        let repeats = match entry.repeat.trim() {
            "" => "It happens once.".to_owned(),
            rule => format!("All its repetitions go with it ({rule})."),
        };
        let consequence =
            vec![format!("It goes from {}. {repeats}", view.calendar.path), "u undoes it.".into()];
        let edit = CalendarEdit::Remove { base: view.calendar.hash.clone(), index };
        Outcome::Ask(Question::new(format!("Delete “{}”?", entry.name), consequence, Command::Calendar(edit)))
    }

    /// Asks before the newest edit is taken back, or done again.
    fn step(&self, back: bool, view: &View) -> Outcome {
        let base = view.calendar.hash.clone();
        let (words, title, edit) = match back {
            true => (&view.calendar.undo, "Undo?", CalendarEdit::Undo { base }),
            false => (&view.calendar.redo, "Do again?", CalendarEdit::Redo { base }),
        };
        match words {
            Some(words) => {
                let consequence =
                    vec![words.clone(), "The previous file text is restored, including comments.".into()];
                Outcome::Ask(Question::new(title, consequence, Command::Calendar(edit)))
            }
            None if back => Outcome::Say("nothing to undo, or the file was changed since".into()),
            None => Outcome::Say("nothing to redo, or the file was changed since".into()),
        }
    }

    fn draw_panes(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let day = self.day(view);
        if area.width < 64 {
            let grid = if area.height >= 16 || !self.in_agenda { 10.min(area.height) } else { 0 };
            let (month, list) = pane::above_and_below(area, area.height - grid);
            month::draw(frame, month, view, day, !self.in_agenda, theme);
            agenda::draw(frame, list, view, day, self.row, self.in_agenda, theme);
            return;
        }
        let (left, right) = pane::left_and_right(area, (area.width * 2 / 5).clamp(37, 72));
        let (month, details) = pane::above_and_below(left, left.height.saturating_sub(10));
        month::draw(frame, month, view, day, !self.in_agenda, theme);
        let event = self.event(view);
        let (list, charts) = expected::split(right, AGENDA, event.as_ref(), view);
        agenda::draw(frame, list, view, day, self.row, self.in_agenda, theme);
        if let Some((event, charts)) = event.zip(charts) {
            expected::draw(frame, charts, &event, view, theme);
        }
        let rows = rows(view, day);
        agenda::draw_details(frame, details, view, rows.get(self.row), theme);
    }
}

/// The day it is in the view's zone.
fn today(view: &View) -> NaiveDate {
    axis::in_zone(view.now, axis::zone(&view.zone)).date_naive()
}

fn nothing_chosen() -> Outcome {
    Outcome::Say("no entry is selected; select a day with an event, or add one".into())
}

impl Page for CalendarPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let problem = view.calendar.problem.as_deref().map(|p| format!("! {}: {p}", view.calendar.path));
        let mut banner = text::wrap(problem.as_deref().unwrap_or(""), usize::from(area.width));
        banner.truncate(3);
        let (above, body) = pane::above_and_below(area, area.height.saturating_sub(banner.len() as u16));
        let banner = banner.into_iter().map(|t| pane::line(t, Role::Critical, theme));
        pane::lines(frame, above, banner, theme);
        match &self.editor {
            Some(editor) => editor.draw(frame, body, view, theme),
            None => self.draw_panes(frame, body, view, theme),
        }
        if let Some(prompt) = &self.prompt {
            prompt.draw(frame, body, theme);
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::First | Action::Now => {
                self.day = None;
                self.row = 0;
                self.in_agenda = false;
                Outcome::Changed
            }
            Action::Up if self.in_agenda => self.move_row(-1, view),
            Action::Down if self.in_agenda => self.move_row(1, view),
            Action::PageUp if self.in_agenda => self.move_row(-10, view),
            Action::PageDown if self.in_agenda => self.move_row(10, view),
            Action::Last if self.in_agenda => self.move_row(isize::MAX, view),
            Action::Open if !self.in_agenda => {
                self.in_agenda = true;
                Outcome::Changed
            }
            Action::Open => self.edit(view),
            Action::Back | Action::Left if self.in_agenda => {
                self.in_agenda = false;
                Outcome::Changed
            }
            Action::Up | Action::Down | Action::Left | Action::Right | Action::PageUp | Action::PageDown => {
                self.move_day(action, view)
            }
            Action::Add => self.add(view),
            Action::Edit => self.edit(view),
            Action::Delete => self.delete(view),
            Action::Undo => self.step(true, view),
            Action::Redo => self.step(false, view),
            Action::Import | Action::Export => {
                let import = action == Action::Import;
                self.prompt = Some(if import { Prompt::import() } else { Prompt::export(view) });
                Outcome::Changed
            }
            _ => Outcome::Ignored,
        }
    }

    fn viewport(&self, view: &View, _size: (u16, u16)) -> Option<Viewport> {
        // What the event does to a group that it names is said beside it.
        let chosen = || self.chosen(view).map(|(_, entry)| entry.clone());
        let entry = self.editor.as_ref().map(Editor::entry).or_else(chosen)?;
        let known = |name: &&str| view.groups.iter().any(|group| group.name == *name);
        let group = entry.group_names().find(known).map(str::to_owned);
        Some(expected::viewport(self.event(view).as_ref(), group, view))
    }

    fn wants_text(&self) -> bool {
        self.editor.is_some() || self.prompt.is_some()
    }

    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        if let Some(prompt) = &mut self.prompt {
            let outcome = prompt.key(key, view);
            let sent = matches!(outcome, Some(Outcome::Send(_))) && !view.is_lost();
            if outcome.is_none() || sent {
                self.prompt = None;
            }
            return outcome.unwrap_or(Outcome::Changed);
        }
        let Some(editor) = &mut self.editor else { return Outcome::Ignored };
        match editor.key(key, view) {
            edit::Done::Stay(outcome) => *outcome,
            edit::Done::Close => {
                self.editor = None;
                Outcome::Changed
            }
        }
    }

    fn paste(&mut self, text: &str, view: &View) -> Outcome {
        match (&mut self.prompt, &mut self.editor) {
            (Some(prompt), _) => {
                prompt.paste(text);
                Outcome::Changed
            }
            (None, Some(editor)) => editor.paste(text, view),
            (None, None) => Outcome::Ignored,
        }
    }

    fn refresh(&mut self, view: &View) {
        let rows: Vec<AgendaRow> = rows(view, self.day(view));
        self.row = self.row.min(rows.len().saturating_sub(1));
        if self.editor.as_mut().is_some_and(|editor| editor.refresh(view)) {
            self.editor = None;
        }
    }

    fn unsaved(&self) -> bool {
        self.editor.as_ref().is_some_and(Editor::is_changed)
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        if self.in_agenda && self.chosen(view).is_some() {
            return vec![Action::Edit, Action::Delete, Action::Add, Action::Undo, Action::Back];
        }
        vec![Action::Add, Action::Open, Action::Right, Action::PageDown, Action::First]
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Add,
            Action::Edit,
            Action::Delete,
            Action::Undo,
            Action::Redo,
            Action::Import,
            Action::Export,
            Action::Open,
            Action::Left,
            Action::Right,
            Action::PageUp,
            Action::PageDown,
            Action::First,
        ]
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Left => "previous day",
            Action::Right => "next day",
            Action::PageUp => "previous month",
            Action::PageDown => "next month",
            Action::First => "today",
            Action::Open if !self.in_agenda => "to the list",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
