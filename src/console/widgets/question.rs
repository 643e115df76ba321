//! A question before something is done: the consequence in words, and No unless the operator says yes.
//!
//! What cuts deep is confirmed by typing a name ([`Question::named`]); then no single key says yes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::{domain::text::clean, link::Command};

/// Longest name that may be typed, in characters.
const MOST: usize = 300;

/// What is asked, and what a yes does.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Heading, as a question.
    pub title: String,
    /// What will happen, line by line.
    pub consequence: Vec<String>,
    /// What a yes sends; without one a yes leaves the program.
    pub command: Option<Command>,
    /// True while Enter means yes.
    pub yes: bool,
    /// The name that must be typed for a yes, and what is typed so far.
    pub name: Option<(String, String)>,
}

/// What a key did to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionOutcome {
    /// Still open.
    Open,
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Question {
    /// A question whose Enter means no until the operator moves to yes.
    pub fn new(title: impl Into<String>, consequence: Vec<String>, command: Command) -> Question {
        Question { title: title.into(), consequence, command: Some(command), yes: false, name: None }
    }

    /// Whether to leave the program, with what is lost by it.
    pub fn leave(lost: &str) -> Question {
        let consequence = vec![lost.to_owned()];
        Question { title: "Quit prescale?".into(), consequence, command: None, yes: false, name: None }
    }

    /// The same, to be answered by typing `name`.
    pub fn named(self, name: &str) -> Question {
        Question { name: Some((name.to_owned(), String::new())), ..self }
    }

    /// True once the name is typed, as far as it can be: what cannot be typed is not asked for.
    pub fn is_named(&self) -> bool {
        self.name.as_ref().is_none_or(|(name, typed)| clean(name, MOST).trim() == typed.trim())
    }

    /// Takes text that was pasted; true if a name is to be typed.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some((_, typed)) = &mut self.name else { return false };
        let room = MOST.saturating_sub(typed.chars().count());
        typed.extend(clean(text, MOST).chars().take(room));
        true
    }

    /// Takes a key: `y` and `n` answer, arrows and Tab move, Enter takes what is marked, Esc is no. Where a name is
    /// asked for, letters are typed, and Enter is yes only once the name stands there.
    pub fn key(&mut self, key: KeyEvent) -> QuestionOutcome {
        if self.name.is_some() {
            return self.type_name(key);
        }
        match key.code {
            KeyCode::Char('y' | 'Y') => QuestionOutcome::Yes,
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => QuestionOutcome::No,
            KeyCode::Enter if self.yes => QuestionOutcome::Yes,
            KeyCode::Enter => QuestionOutcome::No,
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.yes = !self.yes;
                QuestionOutcome::Open
            }
            _ => QuestionOutcome::Open,
        }
    }

    fn type_name(&mut self, key: KeyEvent) -> QuestionOutcome {
        match key.code {
            KeyCode::Esc => return QuestionOutcome::No,
            KeyCode::Enter if self.is_named() => return QuestionOutcome::Yes,
            KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                self.paste(&c.to_string());
            }
            KeyCode::Backspace => {
                if let Some((_, typed)) = &mut self.name {
                    typed.pop();
                }
            }
            _ => {}
        }
        QuestionOutcome::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_is_no_until_moved() {
        let mut question = Question::new("Freeze?", vec![], Command::SetBrake { on: true });
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::No);
        assert_eq!(question.key(KeyCode::Char('x').into()), QuestionOutcome::Open);
        assert_eq!(question.key(KeyCode::Tab.into()), QuestionOutcome::Open);
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::Yes);
        assert_eq!(question.key(KeyCode::Esc.into()), QuestionOutcome::No);
    }

    #[test]
    fn a_name_must_be_typed_whole() {
        let mut question = Question::new("Cut?", vec![], Command::SetBrake { on: true }).named("shop y");
        for c in "shop ".chars() {
            assert_eq!(question.key(KeyCode::Char(c).into()), QuestionOutcome::Open);
        }
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::Open);
        assert_eq!(question.key(KeyCode::Char('y').into()), QuestionOutcome::Open, "y is a letter here");
        question.key(KeyCode::Char('z').into());
        question.key(KeyCode::Backspace.into());
        assert_eq!(question.clone().key(KeyCode::Esc.into()), QuestionOutcome::No);
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::Yes);
    }

    #[test]
    fn what_cannot_be_typed_is_not_asked_for() {
        let mut question = Question::new("Cut?", vec![], Command::SetBrake { on: true }).named("a\u{1b}[2Jb");
        assert!(question.paste("a[2Jb"));
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::Yes);
        assert!(!Question::leave("all").paste("x"));
    }
}
