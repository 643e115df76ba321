//! A question before something is done: the consequence in words, and No unless the operator says yes.
//!
//! What cuts deep is confirmed by typing a name ([`Question::named`]); then no single key says yes. A question stays until
//! its command is answered, and says a refusal itself; one about something that moves follows it ([`Question::follow`]).

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::{domain::text::clean, link::Command};

/// Longest name that may be typed, in characters.
const MOST: usize = 300;

/// How long after a change of its numbers a question takes no yes: the key may have been meant for the old ones.
const HOLD: Duration = Duration::from_millis(1_200);

/// Where a question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionState {
    /// It waits for an answer.
    Asked,
    /// Yes was said and the command sent.
    Sent,
    /// The command was refused, for this reason; it can be said again.
    Refused(String),
    /// What it asks about is gone, for this reason; nothing can be said but to close it.
    Gone(String),
}

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
    /// Where it stands.
    pub state: QuestionState,
    /// What changed while it was open, and when, since the console's start.
    pub changed: Option<(String, Duration)>,
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
    /// It is answered and only waits: close it, and let the key do what it does without it.
    Pass,
}

impl Question {
    /// A question whose Enter means no until the operator moves to yes.
    pub fn new(title: impl Into<String>, consequence: Vec<String>, command: Command) -> Question {
        Question {
            title: title.into(),
            consequence,
            command: Some(command),
            yes: false,
            name: None,
            state: QuestionState::Asked,
            changed: None,
        }
    }

    /// Whether to leave the program, with what is lost by it.
    pub fn leave(lost: &str) -> Question {
        Question {
            title: "Quit prescale?".into(),
            consequence: vec![lost.to_owned()],
            command: None,
            yes: false,
            name: None,
            state: QuestionState::Asked,
            changed: None,
        }
    }

    /// The same, to be answered by typing `name`.
    pub fn named(self, name: &str) -> Question {
        Question { name: Some((name.to_owned(), String::new())), ..self }
    }

    /// Takes the numbers of `newer`, the same question of a newer view; `words` say what changed, where its command did.
    pub fn follow(&mut self, newer: Question, words: &str, now: Duration) {
        if self.state == QuestionState::Sent {
            return;
        }
        if self.command != newer.command {
            (self.yes, self.state) = (false, QuestionState::Asked);
            self.changed = Some((words.to_owned(), now));
        }
        let typed = self.name.take().map_or_else(String::new, |(_, typed)| typed);
        self.name = newer.name.map(|(name, _)| (name, typed));
        (self.title, self.consequence, self.command) = (newer.title, newer.consequence, newer.command);
    }

    /// What it asks about is gone.
    pub fn gone(&mut self, why: &str) {
        if self.state != QuestionState::Sent {
            self.state = QuestionState::Gone(why.to_owned());
        }
    }

    /// True while a yes may have been meant for numbers that have just changed.
    pub fn is_held(&self, now: Duration) -> bool {
        self.changed.as_ref().is_some_and(|(_, at)| now < *at + HOLD)
    }

    /// True once the name is typed, as far as it can be: what cannot be typed is not asked for.
    pub fn is_named(&self) -> bool {
        self.name.as_ref().is_none_or(|(name, typed)| clean(name, MOST).trim() == typed.trim())
    }

    /// Takes text that was pasted; true if a name is to be typed.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some((_, typed)) = &mut self.name else { return false };
        if matches!(self.state, QuestionState::Sent | QuestionState::Gone(_)) {
            return false;
        }
        let room = MOST.saturating_sub(typed.chars().count());
        typed.extend(clean(text, MOST).chars().take(room));
        true
    }

    /// Takes a key: `y` and `n` answer, arrows and Tab move, Enter takes what is marked, Esc is no. Where a name is
    /// asked for, letters are typed, and Enter is yes only once the name stands there.
    pub fn key(&mut self, key: KeyEvent) -> QuestionOutcome {
        if matches!(self.state, QuestionState::Sent | QuestionState::Gone(_)) {
            return match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::Char('n' | 'N' | 'q') => QuestionOutcome::No,
                // A second yes copies nothing.
                KeyCode::Char('y' | 'Y') => QuestionOutcome::Open,
                _ if self.state == QuestionState::Sent => QuestionOutcome::Pass,
                _ => QuestionOutcome::Open,
            };
        }
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
    fn a_question_follows_its_numbers_and_takes_no_yes_right_after_a_change() {
        let asked = |revision, to: u32| {
            let command = Command::Approve { id: 1, revision };
            Question::new("Approve?", vec![format!("to {to}")], command)
        };
        let (mut question, at) = (asked(1, 7), Duration::from_secs(9));
        question.key(KeyCode::Tab.into());
        question.follow(asked(1, 7), "", at);
        assert!(question.yes && !question.is_held(at), "nothing changed");
        question.follow(asked(2, 8), "was 7", at);
        assert_eq!((question.yes, question.consequence[0].as_str()), (false, "to 8"));
        assert!(question.is_held(at) && !question.is_held(at + HOLD));
        assert_eq!(question.command, Some(Command::Approve { id: 1, revision: 2 }));
        question.state = QuestionState::Sent;
        question.follow(asked(3, 9), "was 8", at);
        question.gone("answered");
        assert_eq!((question.consequence[0].as_str(), &question.state), ("to 8", &QuestionState::Sent));
        assert_eq!(question.key(KeyCode::Char('y').into()), QuestionOutcome::Open, "a second yes");
        assert_eq!(question.key(KeyCode::Char('6').into()), QuestionOutcome::Pass, "work goes on");
    }

    #[test]
    fn what_is_gone_takes_no_yes() {
        let mut question = Question::new("Cut?", vec![], Command::SetBrake { on: true });
        question.gone("it expired");
        assert_eq!(question.key(KeyCode::Char('y').into()), QuestionOutcome::Open);
        assert_eq!(question.key(KeyCode::Enter.into()), QuestionOutcome::No);
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
