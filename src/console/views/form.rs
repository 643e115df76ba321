//! A form of one-line fields that is checked on every key and never loses what was typed.
//!
//! The owner builds a [`Form`] from [`Field`]s, gives it keys, reads [`Form::value`], and tells it what is wrong
//! ([`Form::set_problems`]); the form moves, edits, draws, and says when to save or close ([`Event`]).

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};
use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

use super::pane;
use crate::{
    console::theme::{Role, Theme},
    domain::text::clean,
};

/// Most characters of a field.
const LONGEST: usize = 200;

/// Columns that labels take.
const LABELS: usize = 16;

/// One line of text being edited.
#[derive(Debug, Clone, Default)]
pub struct TextLine(Input);

impl TextLine {
    /// A line that holds `text`, made harmless, with the cursor at its end.
    pub fn new(text: &str) -> Self {
        TextLine(Input::new(clean(text, LONGEST)))
    }

    /// What is typed.
    pub fn value(&self) -> &str {
        self.0.value()
    }

    /// Edits by `key`; false if the key means nothing to a line.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request(key) else { return false };
        let full = self.value().chars().count() >= LONGEST;
        match request {
            InputRequest::InsertChar(c) if full || clean(&c.to_string(), 1).is_empty() => {}
            request => {
                self.0.handle(request);
            }
        }
        true
    }

    /// Puts `text`, made harmless, at the cursor, as far as there is room.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.value().chars().count());
        for c in clean(text, LONGEST).chars().take(room) {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Draws the part around the cursor, and the cursor where the line is `active`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, active: bool, theme: &Theme) {
        let width = usize::from(area.width);
        let scroll = if active { self.0.visual_scroll(width.saturating_sub(1)) } else { 0 };
        let role = if active { Role::Selected } else { Role::Text };
        let seen = slice(self.value(), scroll, width);
        let seen = if active { pane::fit(&seen, width) } else { seen };
        pane::lines(frame, area, vec![pane::line(seen, role, theme)]);
        if active && !area.is_empty() {
            let column = self.0.visual_cursor().saturating_sub(scroll).min(width - 1);
            frame.set_cursor_position(Position::new(area.x + column as u16, area.y));
        }
    }
}

/// The editing that a key asks for.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let word = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match (key.code, word) {
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('w'), true) | (KeyCode::Backspace, true) => InputRequest::DeletePrevWord,
        (KeyCode::Char(_), true) => return None,
        (KeyCode::Char(c), false) => InputRequest::InsertChar(c),
        (KeyCode::Backspace, false) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        _ => return None,
    })
}

/// The part of `text` that columns `from .. from + width` show.
fn slice(text: &str, from: usize, width: usize) -> String {
    let (mut column, mut out) = (0, String::new());
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if column >= from && column + wide <= from + width {
            out.push(c);
        }
        column += wide;
    }
    out
}

/// What a field holds.
#[derive(Debug, Clone)]
enum Content {
    Text(TextLine),
    Choice { options: Vec<String>, at: usize },
}

/// A labelled field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    content: Content,
    problem: Option<String>,
    /// What it held when the form was opened.
    before: String,
}

impl Field {
    /// A field of free text; `hint` says what may stand there.
    pub fn text(name: &'static str, label: &'static str, hint: &'static str, value: &str) -> Self {
        let line = TextLine::new(value);
        let before = line.value().to_owned();
        Field { name, label, hint, content: Content::Text(line), problem: None, before }
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
        Field { name, label, hint, content: Content::Choice { options, at }, problem: None, before: value }
    }

    /// What the field holds now.
    pub fn value(&self) -> &str {
        match &self.content {
            Content::Text(line) => line.value(),
            Content::Choice { options, at } => options.get(*at).map_or("", String::as_str),
        }
    }

    fn key(&mut self, key: KeyEvent) -> bool {
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

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, active: bool, theme: &Theme) {
        let mark = if active { '>' } else { ' ' };
        let wrong = if self.problem.is_some() { '!' } else { ' ' };
        let label = format!("{mark}{wrong}{}", pane::fit(self.label, LABELS - 3));
        let role = match (self.problem.is_some(), active) {
            (true, _) => Role::Critical,
            (false, true) => Role::Title,
            (false, false) => Role::Muted,
        };
        let (left, right) = pane::left_and_right(area, LABELS as u16);
        pane::lines(frame, left, vec![pane::line(label, role, theme)]);
        match &self.content {
            Content::Text(line) => line.draw(frame, right, active, theme),
            Content::Choice { .. } => {
                let text = if active { format!("< {} >", self.value()) } else { self.value().to_owned() };
                let role = if active { Role::Selected } else { Role::Text };
                let text = pane::cut(&text, usize::from(right.width));
                pane::lines(frame, right, vec![pane::line(text, role, theme)]);
            }
        }
    }
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
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
    fields: Vec<Field>,
    active: usize,
    notice: Option<String>,
    leaving: bool,
}

impl Form {
    /// A form with its first field active.
    pub fn new(title: &str, fields: Vec<Field>) -> Self {
        Form { title: title.to_owned(), fields, active: 0, notice: None, leaving: false }
    }

    /// What the field called `name` holds; empty if there is no such field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|f| f.name == name).map_or("", Field::value)
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
    pub fn key(&mut self, key: KeyEvent) -> Event {
        if self.leaving {
            return self.leave(key);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('s') if control => self.save(),
            KeyCode::Char('r') if control => Event::Rebase,
            KeyCode::Enter if self.active + 1 >= self.fields.len() => self.save(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.go(self.active + 1),
            KeyCode::BackTab | KeyCode::Up => self.go(self.active + self.fields.len().max(1) - 1),
            KeyCode::Esc if self.is_changed() => {
                self.leaving = true;
                Event::Changed
            }
            KeyCode::Esc => Event::Close,
            _ => match self.fields.get_mut(self.active).is_some_and(|f| f.key(key)) {
                true => Event::Changed,
                false => Event::Ignored,
            },
        }
    }

    /// Puts pasted text into the active field.
    pub fn paste(&mut self, text: &str) -> Event {
        match self.fields.get_mut(self.active).map(|f| &mut f.content) {
            Some(Content::Text(line)) if !self.leaving => {
                line.paste(text);
                Event::Changed
            }
            _ => Event::Ignored,
        }
    }

    fn go(&mut self, to: usize) -> Event {
        self.active = to % self.fields.len().max(1);
        Event::Changed
    }

    fn save(&mut self) -> Event {
        match self.fields.iter().position(|f| f.problem.is_some()) {
            Some(wrong) => self.go(wrong),
            None => Event::Save,
        }
    }

    fn leave(&mut self, key: KeyEvent) -> Event {
        match key.code {
            KeyCode::Char('y' | 'Y') => Event::Close,
            KeyCode::Char('n' | 'N') | KeyCode::Esc | KeyCode::Enter => {
                self.leaving = false;
                Event::Changed
            }
            _ => Event::Ignored,
        }
    }

    /// Draws the form into `area`; scrolls so that the active field is seen.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let inner = pane::framed(frame, area, &self.title, theme);
        let width = usize::from(inner.width);
        let notice: Vec<Line<'_>> = pane::wrap(self.notice.as_deref().unwrap_or(""), width)
            .into_iter()
            .map(|t| pane::line(t, Role::Warning, theme))
            .collect();
        let top = inner.height.min(notice.len() as u16);
        let (above, rest) = pane::above_and_below(inner, inner.height - top);
        let (body, below) = pane::above_and_below(rest, 2);
        pane::lines(frame, above, notice);
        self.draw_fields(frame, body, theme);
        pane::lines(frame, below, self.footer(width, theme));
    }

    fn draw_fields(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let heights: Vec<usize> = self.fields.iter().map(|f| 1 + usize::from(f.problem.is_some())).collect();
        let until = |i: usize| heights[..i].iter().sum::<usize>();
        let height = usize::from(area.height);
        let end = until((self.active + 1).min(heights.len()));
        let skip = end.saturating_sub(height);
        for (i, field) in self.fields.iter().enumerate() {
            let Some(row) = until(i).checked_sub(skip).filter(|row| *row < height) else { continue };
            let line = Rect { y: area.y + row as u16, height: 1, ..area };
            field.draw(frame, line, i == self.active && !self.leaving, theme);
            if let Some(problem) = field.problem.as_deref().filter(|_| row + 1 < height) {
                let text = format!("{:LABELS$}! {problem}", "");
                let text = pane::cut(&text, usize::from(area.width));
                let line = Rect { y: line.y + 1, ..line };
                pane::lines(frame, line, vec![pane::line(text, Role::Critical, theme)]);
            }
        }
    }

    fn footer(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        if self.leaving {
            let text = pane::cut("Discard what you typed?  y discards, n (or Enter) goes on editing", width);
            return vec![pane::line(text, Role::Warning, theme)];
        }
        let hint = self.fields.get(self.active).map_or("", |f| f.hint);
        let keys = [("Tab", "next"), ("^S", "save"), ("Esc", "leave")];
        let spans = keys.iter().flat_map(|(key, what)| {
            [
                Span::styled(*key, theme.style(Role::Key)),
                Span::styled(format!(" {what}   "), theme.style(Role::Muted)),
            ]
        });
        let wrong = self.fields.iter().filter(|f| f.problem.is_some()).count();
        let state = match wrong {
            0 => Span::styled("ready to save", theme.style(Role::Good)),
            n => Span::styled(format!("{n} to mend"), theme.style(Role::Critical)),
        };
        vec![
            pane::line(pane::cut(hint, width), Role::Info, theme),
            Line::from(spans.chain([state]).collect::<Vec<_>>()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let kinds = ["sale", "promotion", "freeze"];
        Form::new(
            "Entry",
            vec![
                Field::text("name", "Name", "any", "x"),
                Field::choice("kind", "Kind", "one", &kinds, "sale"),
            ],
        )
    }

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn typing_lands_in_the_active_field_and_escape_asks_before_it_is_lost() {
        let mut form = form();
        assert_eq!(form.key(KeyCode::Char('é').into()), Event::Changed);
        assert_eq!(form.value("name"), "xé");
        assert_eq!(form.key(KeyCode::Esc.into()), Event::Changed);
        assert_eq!(form.key(KeyCode::Enter.into()), Event::Changed);
        assert_eq!(form.value("name"), "xé");
        form.key(KeyCode::Esc.into());
        assert_eq!(form.key(KeyCode::Char('y').into()), Event::Close);
    }

    #[test]
    fn an_untouched_form_closes_without_a_question() {
        assert_eq!(form().key(KeyCode::Esc.into()), Event::Close);
    }

    #[test]
    fn saving_jumps_to_the_first_wrong_field() {
        let mut form = form();
        form.set_problems(&[("kind", "not today".into())]);
        assert_eq!(form.key(control('s')), Event::Changed);
        assert_eq!(form.active, 1);
        form.set_problems(&[]);
        assert_eq!(form.key(KeyCode::Enter.into()), Event::Save);
    }

    #[test]
    fn choices_turn_and_jump_by_letter() {
        let mut form = form();
        form.key(KeyCode::Tab.into());
        form.key(KeyCode::Left.into());
        assert_eq!(form.value("kind"), "freeze");
        form.key(KeyCode::Char('p').into());
        assert_eq!(form.value("kind"), "promotion");
        assert_eq!(form.key(KeyCode::Char('x').into()), Event::Ignored);
    }

    #[test]
    fn paste_is_disarmed_and_bounded() {
        let mut form = form();
        form.paste(&format!("\u{1b}[31m\n{}", "y".repeat(500)));
        assert!(form.value("name").starts_with("x[31m y"));
        assert_eq!(form.value("name").chars().count(), LONGEST);
    }

    #[test]
    fn a_long_line_shows_the_part_around_its_cursor() {
        assert_eq!(slice("abcdef", 2, 3), "cde");
        assert_eq!(slice("日本語", 2, 3), "本");
    }
}
