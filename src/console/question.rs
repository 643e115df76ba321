//! A question before something is done: the consequence in words, and No unless the operator says yes.

use crossterm::event::{KeyCode, KeyEvent};

use crate::link::Command;

/// What is asked, and what a yes does.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Heading, as a question.
    pub title: String,
    /// What will happen, line by line.
    pub consequence: Vec<String>,
    /// What a yes sends.
    pub command: Command,
    /// True while Enter means yes.
    pub yes: bool,
}

/// What a key did to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
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
        Question { title: title.into(), consequence, command, yes: false }
    }

    /// The same with Enter on yes, for what the operator has just asked for by a key of its own.
    pub fn leaning_yes(self) -> Question {
        Question { yes: true, ..self }
    }

    /// Takes a key: `y` and `n` answer, arrows and Tab move, Enter takes what is marked, Esc is no.
    pub fn key(&mut self, key: KeyEvent) -> Reply {
        match key.code {
            KeyCode::Char('y' | 'Y') => Reply::Yes,
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Reply::No,
            KeyCode::Enter if self.yes => Reply::Yes,
            KeyCode::Enter => Reply::No,
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.yes = !self.yes;
                Reply::Open
            }
            _ => Reply::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_is_no_until_moved() {
        let mut question = Question::new("Freeze?", vec![], Command::SetBrake { on: true });
        assert_eq!(question.key(KeyCode::Enter.into()), Reply::No);
        assert_eq!(question.key(KeyCode::Char('x').into()), Reply::Open);
        assert_eq!(question.key(KeyCode::Tab.into()), Reply::Open);
        assert_eq!(question.key(KeyCode::Enter.into()), Reply::Yes);
        assert_eq!(question.key(KeyCode::Esc.into()), Reply::No);
        assert_eq!(question.leaning_yes().key(KeyCode::Enter.into()), Reply::Yes);
    }
}
