//! One field of a form: free text, or one of several words.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Frame, layout::Rect};

use crate::{
    console::{
        draw::theme::{Role, Theme},
        widgets::{
            pane, text,
            text_line::{LONGEST, TextLine},
        },
    },
    domain::text::clean,
};

/// Columns that labels take.
pub(super) const LABELS: usize = 16;

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(TextLine),
    Choice { options: Vec<String>, at: usize },
}

/// A labelled field of a form.
#[derive(Debug, Clone)]
pub struct FormField {
    pub(super) name: &'static str,
    label: &'static str,
    pub(super) hint: &'static str,
    pub(super) content: Content,
    pub(super) problem: Option<String>,
    /// What it held when the form was opened.
    pub(super) before: String,
    /// Names that may stand in it, separated by commas.
    known: Vec<String>,
    /// True while it holds a suggestion, which typing replaces.
    pub(super) suggested: bool,
}

/// What a field held at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldSnapshot {
    value: String,
    before: String,
    suggested: bool,
}

impl FormField {
    /// A field of free text; `hint` says what may stand there.
    pub fn text(name: &'static str, label: &'static str, hint: &'static str, value: &str) -> Self {
        let line = TextLine::new(value);
        let before = line.value().to_owned();
        FormField {
            name,
            label,
            hint,
            content: Content::Text(line),
            problem: None,
            before,
            known: Vec::new(),
            suggested: false,
        }
    }

    /// A field that holds one of `options`; a `value` that is none of them becomes the first.
    pub fn choice(
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        options: &[&str],
        value: &str,
    ) -> Self {
        let mut options: Vec<String> = options.iter().map(|o| clean(o, LONGEST)).collect();
        let value = clean(value, LONGEST);
        let at = options.iter().position(|o| *o == value).unwrap_or_else(|| {
            options.insert(0, value.clone());
            0
        });
        FormField {
            name,
            label,
            hint,
            content: Content::Choice { options, at },
            problem: None,
            before: value,
            known: Vec::new(),
            suggested: false,
        }
    }

    /// The same field, for names of which these are known: Right at its end completes one.
    pub fn knowing(mut self, known: Vec<String>) -> Self {
        self.known = known.iter().map(|name| clean(name, LONGEST)).collect();
        self
    }

    /// The same field; what it holds is a suggestion.
    pub fn suggested(mut self) -> Self {
        self.suggested = true;
        self
    }

    /// Suggests `value` instead of what was suggested before; what was typed stays.
    pub(super) fn suggest(&mut self, value: &str) {
        if self.suggested {
            self.put(value);
            self.before = value.to_owned();
        }
    }

    /// Empties it for what comes at its end, if it holds a suggestion.
    fn make_room(&mut self) {
        if let Content::Text(line) = &mut self.content
            && self.suggested
            && line.is_at_end()
        {
            *line = TextLine::default();
        }
    }

    /// The known names that what is typed after the last comma begins; all but those typed where nothing is.
    pub(super) fn completions(&self) -> Vec<&str> {
        let typed: Vec<&str> = self.value().split(',').map(str::trim).collect();
        let (last, before) = typed.split_last().map_or(("", &[][..]), |(last, before)| (*last, before));
        let fits =
            |name: &&String| name.starts_with(last) && *name != last && !before.contains(&name.as_str());
        self.known.iter().filter(fits).map(String::as_str).collect()
    }

    /// Completes the name at the end of the line; false where there is nothing to complete.
    fn complete(&mut self) -> bool {
        let Some(name) = self.completions().first().map(|name| (*name).to_owned()) else { return false };
        let Content::Text(line) = &mut self.content else { return false };
        let before = line.value().rsplit_once(',').map_or(String::new(), |(before, _)| format!("{before}, "));
        *line = TextLine::new(&format!("{before}{name}"));
        true
    }

    /// What the field holds now.
    pub fn value(&self) -> &str {
        match &self.content {
            Content::Text(line) => line.value(),
            Content::Choice { options, at } => options.get(*at).map_or("", String::as_str),
        }
    }

    /// What it holds now, to be restored later.
    pub(super) fn moment(&self) -> FieldSnapshot {
        let (value, before) = (self.value().to_owned(), self.before.clone());
        FieldSnapshot { value, before, suggested: self.suggested }
    }

    /// Makes it what it was at another time.
    pub(super) fn restore(&mut self, then: &FieldSnapshot) {
        self.put(&then.value);
        self.before.clone_from(&then.before);
        self.suggested = then.suggested;
    }

    fn put(&mut self, value: &str) {
        match &mut self.content {
            Content::Text(line) if line.value() != value => *line = TextLine::new(value),
            Content::Text(_) => {}
            Content::Choice { options, at } => *at = options.iter().position(|o| o == value).unwrap_or(*at),
        }
    }

    /// Puts pasted text into it; false where it is no text.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        self.make_room();
        let Content::Text(line) = &mut self.content else { return false };
        line.paste(text);
        self.suggested = false;
        true
    }

    /// Does what `key` asks; what it changes is a suggestion no longer.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let before = self.value().to_owned();
        let taken = self.edit(key);
        self.suggested &= self.value() == before;
        taken
    }

    fn edit(&mut self, key: KeyEvent) -> bool {
        let ends = matches!(&self.content, Content::Text(line) if line.is_at_end());
        if key.code == KeyCode::Right && ends && self.complete() {
            return true;
        }
        if matches!(key.code, KeyCode::Char(_)) && key.modifiers.difference(KeyModifiers::SHIFT).is_empty() {
            self.make_room();
        }
        match &mut self.content {
            Content::Text(line) => line.key(key),
            Content::Choice { options, at } => {
                let len = options.len().max(1);
                *at = match key.code {
                    KeyCode::Right | KeyCode::Char(' ') => (*at + 1) % len,
                    KeyCode::Left => (*at + len - 1) % len,
                    KeyCode::Char(c) => {
                        let starts = |i: &usize| options[*i].starts_with(c.to_ascii_lowercase());
                        match (1..=len).map(|i| (*at + i) % len).find(|i| starts(i)) {
                            Some(next) => next,
                            None => return false,
                        }
                    }
                    _ => return false,
                };
                true
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, active: bool, theme: &Theme) {
        let mark = if active { '>' } else { ' ' };
        let wrong = if self.problem.is_some() { '!' } else { ' ' };
        let label = format!("{mark}{wrong}{}", text::fit(self.label, LABELS - 3));
        let role = match (self.problem.is_some(), active) {
            (true, _) => Role::Critical,
            (false, true) => Role::Title,
            (false, false) => Role::Muted,
        };
        let (left, right) = pane::left_and_right(area, LABELS as u16);
        pane::lines(frame, left, [pane::line(label, role, theme)], theme);
        match &self.content {
            Content::Text(line) if !active && self.suggested => {
                let text = text::cut(line.value(), usize::from(right.width));
                pane::lines(frame, right, [pane::line(text, Role::Muted, theme)], theme);
            }
            Content::Text(line) => line.draw(frame, right, active, theme),
            Content::Choice { .. } => {
                let text = if active { format!("< {} >", self.value()) } else { self.value().to_owned() };
                let role = if active { Role::Selected } else { Role::Text };
                let text = text::cut(&text, usize::from(right.width));
                pane::lines(frame, right, [pane::line(text, role, theme)], theme);
            }
        }
    }
}
