//! One line for the path of an iCalendar file, to read from or to write to.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};

use crate::{
    console::{
        draw::theme::{Role, Theme},
        widgets::{outcome::Outcome, pane, text_line::TextLine},
    },
    link::{CalendarEdit, Command, View},
};

/// The path being typed.
#[derive(Debug)]
pub struct Prompt {
    import: bool,
    path: TextLine,
}

impl Prompt {
    /// Asks where to read from.
    pub fn import() -> Prompt {
        Prompt { import: true, path: TextLine::default() }
    }

    /// Asks where to write to; a name beside the calendar file is filled in.
    pub fn export(view: &View) -> Prompt {
        let path = match view.calendar.path.strip_suffix(".toml") {
            Some(stem) => format!("{stem}.ics"),
            None => "calendar.ics".to_owned(),
        };
        Prompt { import: false, path: TextLine::new(&path) }
    }

    /// Puts pasted text at the cursor.
    pub fn paste(&mut self, text: &str) {
        self.path.paste(text);
    }

    /// Takes a key; `None` closes the prompt without a word.
    pub fn key(&mut self, key: KeyEvent, view: &View) -> Option<Outcome> {
        match key.code {
            KeyCode::Esc => None,
            KeyCode::Enter => {
                let path = self.path.value().trim().to_owned();
                if path.is_empty() {
                    return Some(Outcome::Say("type the path of an .ics file, or Esc".into()));
                }
                let command = match self.import {
                    true => {
                        Command::Calendar(CalendarEdit::Import { base: view.calendar.hash.clone(), path })
                    }
                    false => Command::ExportCalendar { path },
                };
                Some(Outcome::Send(command))
            }
            _ if self.path.key(key) => Some(Outcome::Changed),
            _ => Some(Outcome::Ignored),
        }
    }

    /// Draws the prompt on the last two rows of `area`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let (_, rows) = pane::above_and_below(area, 2);
        frame.render_widget(ratatui::widgets::Clear, rows);
        let (label, hint) = match self.import {
            true => (
                "Import .ics file: ",
                "Enter adds what is not in the calendar yet; u undoes it   Esc cancels",
            ),
            false => {
                ("Export to .ics file: ", "Enter writes a new file; one that exists is kept   Esc leaves")
            }
        };
        let (above, below) = pane::above_and_below(rows, 1);
        self.path.draw_labelled(frame, above, label, true, theme);
        pane::lines(frame, below, [pane::line(hint, Role::Muted, theme)], theme);
    }
}
