//! What is typed about a proposal: why it is rejected, or for how long it is put off.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{Frame, layout::Rect};

use crate::{
    console::{
        draw::theme::{Role, Theme},
        widgets::{outcome::Outcome, pane, text_line::TextLine},
    },
    domain::decision::Decision,
    link::Command,
};

/// Minutes of a snooze unless others are typed.
const SNOOZE: &str = "30";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerKind {
    /// Why it is rejected.
    Reason,
    /// For how many minutes it is put off.
    Minutes,
}

/// An answer being typed: to which proposal, as seen, and the text so far.
#[derive(Debug)]
pub(super) struct AnswerDraft {
    /// The proposal.
    pub(super) id: i64,
    revision: u32,
    asked: AnswerKind,
    text: TextLine,
}

impl AnswerDraft {
    /// Begins an answer to `proposal`.
    pub(super) fn to(proposal: &Decision, asked: AnswerKind) -> AnswerDraft {
        let text = TextLine::new(if asked == AnswerKind::Minutes { SNOOZE } else { "" });
        AnswerDraft { id: proposal.id, revision: proposal.revision, asked, text }
    }

    /// The command, once the text is one that can be sent.
    fn command(&self) -> Option<Command> {
        let (id, revision, text) = (self.id, self.revision, self.text.value().trim());
        match self.asked {
            AnswerKind::Reason if text.is_empty() => None,
            AnswerKind::Reason => Some(Command::Reject { id, revision, reason: text.to_owned() }),
            AnswerKind::Minutes => {
                let minutes = text.parse().ok().filter(|m| (1..=1_440).contains(m))?;
                Some(Command::Snooze { id, revision, minutes })
            }
        }
    }

    /// What stands before the text, and what may be done, in words.
    fn words(&self) -> (&'static str, &'static str) {
        let ready = self.command().is_some();
        match (self.asked, ready) {
            (AnswerKind::Reason, true) => ("Reject because: ", "Enter rejects  Esc keeps the proposal"),
            (AnswerKind::Reason, false) => {
                ("Reject because: ", "A reason is needed, for the journal.  Esc keeps the proposal")
            }
            (AnswerKind::Minutes, true) => (
                "Ask again in minutes: ",
                "Enter snoozes; it comes back sooner if more is needed  Esc keeps the proposal",
            ),
            (AnswerKind::Minutes, false) => {
                ("Ask again in minutes: ", "A whole number from 1 to 1440.  Esc keeps the proposal")
            }
        }
    }

    /// Takes a key; `None` ends the answer without a word.
    pub(super) fn key(&mut self, key: KeyEvent) -> Option<Outcome> {
        Some(match key.code {
            KeyCode::Esc => return None,
            KeyCode::Enter => self.command().map_or(Outcome::Changed, Outcome::Send),
            _ if self.text.key(key) => Outcome::Changed,
            _ => Outcome::Ignored,
        })
    }

    /// Puts pasted text at the cursor.
    pub(super) fn paste(&mut self, text: &str) {
        self.text.paste(text);
    }

    /// True while a reason is typed that would be lost with the program.
    pub(super) fn unsaved(&self) -> bool {
        self.asked == AnswerKind::Reason && !self.text.value().is_empty()
    }

    /// Draws the line and what may be done on the two rows of `area`.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let (before, hint) = self.words();
        self.text.draw_labelled(frame, Rect { height: area.height.min(1), ..area }, before, true, theme);
        pane::write(frame, area, 1, hint, theme.style(Role::Muted));
    }
}
