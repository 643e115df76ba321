//! A form of one-line fields that is checked on every key and never loses what was typed.
//!
//! The owner builds a [`Form`] from [`FormField`]s, gives it keys, reads [`Form::value`], and tells it what is wrong
//! ([`Form::set_problems`]); the form moves, edits, draws, and says when to save or close ([`FormEvent`]). What was typed
//! can be taken back and done again, field by field.

mod field;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

pub use self::field::FormField;
use self::field::{FieldSnapshot, LABELS};
use super::{pane, text};
use crate::console::draw::theme::{Role, Theme};

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormEvent {
    /// Nothing.
    Ignored,
    /// Something to draw; values may have changed, so check them anew.
    Changed,
    /// The operator wants to save, and no problem is known.
    Save,
    /// The operator leaves; changes, if any, were given up knowingly.
    Close,
    /// The operator wants to go on upon what changed outside (Ctrl-R).
    Rebase,
}

/// Fields with one of them active, and a notice above them.
#[derive(Debug, Clone)]
pub struct Form {
    title: String,
    fields: Vec<FormField>,
    active: usize,
    notice: Option<String>,
    leaving: bool,
    /// What the fields held before each change, and what they held before each change was taken back.
    past: Vec<FormSnapshot>,
    future: Vec<FormSnapshot>,
}

/// The active field and what each held.
type FormSnapshot = (usize, Vec<FieldSnapshot>);

impl Form {
    /// A form with its first field active.
    pub fn new(title: &str, fields: Vec<FormField>) -> Self {
        Form {
            title: title.to_owned(),
            fields,
            active: 0,
            notice: None,
            leaving: false,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// What the field called `name` holds; empty if there is no such field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|f| f.name == name).map_or("", FormField::value)
    }

    /// Suggests `value` for the field called `name` in place of an earlier suggestion, unless something was typed into it.
    pub fn suggest(&mut self, name: &str, value: &str) {
        self.fields.iter_mut().filter(|f| f.name == name).for_each(|field| field.suggest(value));
    }

    /// Replaces what is known to be wrong, as field names and messages; the first message of a field is shown.
    pub fn set_problems(&mut self, problems: &[(&str, String)]) {
        for field in &mut self.fields {
            field.problem = problems.iter().find(|(name, _)| *name == field.name).map(|(_, m)| m.clone());
        }
    }

    /// Says `notice` above the fields, or nothing.
    pub fn set_notice(&mut self, notice: Option<String>) {
        self.notice = notice;
    }

    /// True if a field holds something else than when the form was opened.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(|f| f.value() != f.before)
    }

    /// Does what `key` asks.
    pub fn key(&mut self, key: KeyEvent) -> FormEvent {
        if self.leaving {
            return self.leave(key);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('s') if control => self.save(),
            KeyCode::Char('r') if control => FormEvent::Rebase,
            // Ctrl-_ reaches a program as Ctrl-7; Alt-U and Alt-E are nano's.
            KeyCode::Char('_' | '7') if control => self.turn_back(),
            KeyCode::Char('u' | 'U') if alt => self.turn_back(),
            KeyCode::Char('e' | 'E') if alt => self.turn_forward(),
            KeyCode::Enter if self.active + 1 >= self.fields.len() => self.save(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.go(self.active + 1),
            KeyCode::BackTab | KeyCode::Up => self.go(self.active + self.fields.len().max(1) - 1),
            KeyCode::Esc if self.is_changed() => {
                self.leaving = true;
                FormEvent::Changed
            }
            KeyCode::Esc => FormEvent::Close,
            _ => {
                let before = self.moment();
                let taken = self.fields.get_mut(self.active).is_some_and(|f| f.key(key));
                self.remember(before);
                if taken { FormEvent::Changed } else { FormEvent::Ignored }
            }
        }
    }

    fn moment(&self) -> FormSnapshot {
        (self.active, self.fields.iter().map(FormField::moment).collect())
    }

    /// Keeps `before` if a field has changed since.
    fn remember(&mut self, before: FormSnapshot) {
        if before.1 != self.moment().1 {
            self.past.push(before);
            self.future.clear();
        }
    }

    /// Takes the newest change back.
    fn turn_back(&mut self) -> FormEvent {
        let now = self.moment();
        let Some(before) = self.past.pop() else { return FormEvent::Ignored };
        self.future.push(now);
        self.restore(&before)
    }

    /// Does again what was taken back last.
    fn turn_forward(&mut self) -> FormEvent {
        let now = self.moment();
        let Some(after) = self.future.pop() else { return FormEvent::Ignored };
        self.past.push(now);
        self.restore(&after)
    }

    fn restore(&mut self, (active, fields): &FormSnapshot) -> FormEvent {
        self.active = *active;
        self.fields.iter_mut().zip(fields).for_each(|(field, then)| field.restore(then));
        FormEvent::Changed
    }

    /// Puts pasted text into the active field.
    pub fn paste(&mut self, text: &str) -> FormEvent {
        let before = self.moment();
        let field = self.fields.get_mut(self.active).filter(|_| !self.leaving);
        if !field.is_some_and(|field| field.paste(text)) {
            return FormEvent::Ignored;
        }
        self.remember(before);
        FormEvent::Changed
    }

    fn go(&mut self, to: usize) -> FormEvent {
        self.active = to % self.fields.len().max(1);
        FormEvent::Changed
    }

    fn save(&mut self) -> FormEvent {
        match self.fields.iter().position(|f| f.problem.is_some()) {
            Some(wrong) => self.go(wrong),
            None => FormEvent::Save,
        }
    }

    fn leave(&mut self, key: KeyEvent) -> FormEvent {
        match key.code {
            KeyCode::Char('y' | 'Y') => FormEvent::Close,
            KeyCode::Char('n' | 'N') | KeyCode::Esc | KeyCode::Enter => {
                self.leaving = false;
                FormEvent::Changed
            }
            _ => FormEvent::Ignored,
        }
    }

    /// Draws the form into `area`; scrolls so that the active field is seen.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let inner = pane::framed(frame, area, &self.title, theme);
        let width = usize::from(inner.width);
        let notice: Vec<Line<'_>> = text::wrap(self.notice.as_deref().unwrap_or(""), width)
            .into_iter()
            .map(|t| pane::line(t, Role::Warning, theme))
            .collect();
        let top = inner.height.min(notice.len() as u16);
        let (above, rest) = pane::above_and_below(inner, inner.height - top);
        let footer = self.footer(width, theme);
        let (body, below) = pane::above_and_below(rest, footer.len() as u16);
        pane::lines(frame, above, notice, theme);
        self.draw_fields(frame, body, theme);
        pane::lines(frame, below, footer, theme);
    }

    fn draw_fields(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        // A problem is said whole, on as many rows as it takes.
        let room = usize::from(area.width).saturating_sub(LABELS + 2);
        let problems: Vec<Vec<String>> =
            self.fields.iter().map(|f| text::wrap(f.problem.as_deref().unwrap_or(""), room)).collect();
        let until = |i: usize| problems[..i].iter().map(|problem| 1 + problem.len()).sum::<usize>();
        let height = usize::from(area.height);
        let end = until((self.active + 1).min(problems.len()));
        let skip = end.saturating_sub(height);
        for (i, field) in self.fields.iter().enumerate() {
            let row = |line: usize| (until(i) + line).checked_sub(skip).filter(|row| *row < height);
            let place = |row: usize| Rect { y: area.y + row as u16, height: 1, ..area };
            if let Some(row) = row(0) {
                field.draw(frame, place(row), i == self.active && !self.leaving, theme);
            }
            for (n, text) in problems[i].iter().enumerate() {
                let Some(row) = row(n + 1) else { continue };
                let mark = if n == 0 { '!' } else { ' ' };
                let text = format!("{:LABELS$}{mark} {text}", "");
                pane::lines(frame, place(row), [pane::line(text, Role::Critical, theme)], theme);
            }
        }
    }

    fn footer(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        if self.leaving {
            let text =
                text::cut("Discard what you typed?  y discards, n (or Enter) continues editing", width);
            return vec![pane::line(text, Role::Warning, theme)];
        }
        let active = self.fields.get(self.active);
        let replaced = if active.is_some_and(|field| field.suggested) { "; typing replaces it" } else { "" };
        let hint = text::wrap(&format!("{}{replaced}", active.map_or("", |f| f.hint)), width);
        let mut out: Vec<Line<'static>> =
            hint.into_iter().map(|t| pane::line(t, Role::Info, theme)).collect();
        let known = active.map(FormField::completions).unwrap_or_default();
        if !known.is_empty() {
            let names =
                text::cut(&format!("{} completes: {}", theme.glyph("→", "Right"), known.join(", ")), width);
            out.push(pane::line(names, Role::Muted, theme));
        }
        let keys = [("Tab", "next"), ("^S", "save"), ("Alt-U", "undo"), ("Alt-E", "redo"), ("Esc", "leave")];
        let spans = keys.iter().flat_map(|(key, what)| {
            [
                Span::styled(*key, theme.style(Role::Key)),
                Span::styled(format!(" {what}   "), theme.style(Role::Muted)),
            ]
        });
        let wrong = self.fields.iter().filter(|f| f.problem.is_some()).count();
        let state = match wrong {
            0 => Span::styled("ready to save", theme.style(Role::Good)),
            n => Span::styled(format!("{n} to fix"), theme.style(Role::Critical)),
        };
        out.push(Line::from(spans.chain([state]).collect::<Vec<_>>()));
        out
    }
}

#[cfg(test)]
mod tests;
