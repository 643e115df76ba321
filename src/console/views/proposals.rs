//! Proposals that wait for a person: what, why, the checks, and yes or no.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};
use tui_input::Input;

use super::{fit, fit_right, input, lines, panel, reasons, scroll_to, write};
use crate::{
    console::{
        axis::{length, zone},
        keymap::Action,
        page::{Outcome, Page, Target},
        question::Question,
        theme::{Role, Theme},
    },
    domain::{decision::Decision, text::clean},
    link::{Command, View},
};

/// A proposal being rejected: which, as seen, and the reason so far.
#[derive(Debug)]
struct Rejection {
    id: i64,
    revision: u32,
    reason: Input,
}

/// The proposals page.
#[derive(Debug, Default)]
pub struct ProposalsPage {
    chosen: Option<i64>,
    scroll: usize,
    rejection: Option<Rejection>,
}

impl ProposalsPage {
    /// Row of the cursor.
    fn cursor(&self, view: &View) -> usize {
        self.chosen.and_then(|id| view.proposals.iter().position(|p| p.id == id)).unwrap_or(0)
    }

    /// The proposal under the cursor.
    fn current<'a>(&self, view: &'a View) -> Option<&'a Decision> {
        view.proposals.get(self.cursor(view))
    }

    fn move_by(&mut self, lines: isize, view: &View) -> Outcome {
        let to = self.cursor(view).saturating_add_signed(lines).min(view.proposals.len().saturating_sub(1));
        self.chosen = view.proposals.get(to).map(|p| p.id);
        self.scroll = 0;
        Outcome::Changed
    }

    /// One line a proposal.
    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let room = usize::from(area.height);
        let cursor = self.cursor(view);
        let first = scroll_to(cursor, view.proposals.len(), room);
        for (y, (index, proposal)) in view.proposals.iter().enumerate().skip(first).take(room).enumerate() {
            let chosen = index == cursor;
            let mark = if chosen { theme.glyph("▶", ">") } else { " " };
            let change = format!("{} {} {}", proposal.from, theme.glyph("→", ">"), proposal.to);
            let text = format!(
                "{mark} {} {} {}",
                fit(&proposal.group, 24),
                fit_right(&change, 11),
                expiry(proposal, view)
            );
            let style = if chosen { theme.style(Role::Selected) } else { theme.style(Role::Text) };
            write(frame, area, y as u16, &fit(&text, usize::from(area.width)), style);
        }
    }

    /// The line where the reason of a rejection is typed.
    fn draw_rejection(&self, frame: &mut Frame<'_>, area: Rect, rejection: &Rejection, theme: &Theme) {
        let bar = theme.glyph("▏", "|");
        let width = usize::from(area.width.saturating_sub(16));
        let text = format!("Reject because: {}", input::shown(&rejection.reason, width, bar));
        write(frame, area, 0, &text, theme.style(Role::Key));
        let hint = if rejection.reason.value().trim().is_empty() {
            "A reason is needed, for the journal.  Esc keeps the proposal"
        } else {
            "Enter rejects  Esc keeps the proposal"
        };
        write(frame, area, 1, hint, theme.style(Role::Muted));
    }
}

/// `expires in 13 min`, or that it has.
fn expiry(proposal: &Decision, view: &View) -> String {
    let left = (proposal.expires - view.now).num_seconds();
    if left <= 0 { "expired".into() } else { format!("expires in {}", length(left)) }
}

/// Everything about a proposal, top to bottom.
fn details(proposal: &Decision, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let heading = |text: &str| Line::styled(text.to_owned(), theme.style(Role::Title));
    let arrow = theme.glyph("→", ">");
    let mut out = vec![Line::from(vec![
        Span::styled(
            format!(
                "{}: desired capacity {} {arrow} {}",
                clean(&proposal.group, 40),
                proposal.from,
                proposal.to
            ),
            theme.style(Role::Title),
        ),
        Span::styled(
            format!("  revision {}, {}", proposal.revision, expiry(proposal, view)),
            theme.style(Role::Warning),
        ),
    ])];
    out.extend(reasons::plan(&proposal.plan, theme, width));
    if let Some(basis) = &proposal.plan.basis {
        out.push(heading("Numbers"));
        out.extend(reasons::basis(basis, zone(&view.zone), theme));
    }
    out.push(heading(&format!("Preflight: {}", reasons::summary(&proposal.preflight))));
    out.extend(reasons::checklist(&proposal.preflight, theme, width));
    out
}

/// What approving does, in words.
fn consequence(proposal: &Decision) -> Vec<String> {
    let change = i64::from(proposal.to) - i64::from(proposal.from);
    let what = match change {
        0 => "The desired capacity stays as it is.".to_owned(),
        n if n > 0 => format!("{n} more instance(s) will be launched and paid for."),
        n => format!("{} instance(s) will be terminated.", -n),
    };
    vec![
        format!(
            "Sets the desired capacity of {} from {} to {}.",
            clean(&proposal.group, 60),
            proposal.from,
            proposal.to
        ),
        what,
        "Every check runs again first, on fresh state.".into(),
    ]
}

impl Page for ProposalsPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(proposal) = self.current(view) else {
            let text = "No proposal waits. Groups in mode `approve` ask here before they scale.";
            return write(frame, area, 1, text, theme.style(Role::Muted));
        };
        let rows = (view.proposals.len() as u16).min((area.height / 4).max(1));
        let below = if self.rejection.is_some() { 2 } else { 0 };
        let [list, rest, bottom] =
            Layout::vertical([Constraint::Length(rows), Constraint::Fill(1), Constraint::Length(below)])
                .areas(area);
        self.draw_list(frame, list, view, theme);
        let block = panel(&format!("Proposal {}", proposal.id), theme);
        let inner = block.inner(rest);
        frame.render_widget(block, rest);
        let all = details(proposal, view, theme, usize::from(inner.width));
        let from = self.scroll.min(all.len().saturating_sub(usize::from(inner.height)));
        lines(frame, inner, &all[from..], theme);
        if let Some(rejection) = &self.rejection {
            self.draw_rejection(frame, bottom, rejection, theme);
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Up => self.move_by(-1, view),
            Action::Down => self.move_by(1, view),
            Action::First => self.move_by(isize::MIN, view),
            Action::Last => self.move_by(isize::MAX, view),
            Action::PageDown => {
                self.scroll = (self.scroll + 5).min(200);
                Outcome::Changed
            }
            Action::PageUp => {
                self.scroll = self.scroll.saturating_sub(5);
                Outcome::Changed
            }
            Action::Open => {
                self.current(view).map_or(Outcome::Ignored, |p| Outcome::Open(Target::Group(p.group.clone())))
            }
            Action::Approve => self.current(view).map_or(Outcome::Ignored, |p| {
                let command = Command::Approve { id: p.id, revision: p.revision };
                let title = format!("Approve proposal {}?", p.id);
                Outcome::Ask(Question::new(title, consequence(p), command).leaning_yes())
            }),
            Action::Reject => {
                let seen = self.current(view).map(|p| (p.id, p.revision));
                self.rejection =
                    seen.map(|(id, revision)| Rejection { id, revision, reason: Input::default() });
                self.chosen = seen.map(|(id, _)| id);
                Outcome::Changed
            }
            _ => Outcome::Ignored,
        }
    }

    fn wants_text(&self) -> bool {
        self.rejection.is_some()
    }

    fn key(&mut self, key: KeyEvent, _view: &View) -> Outcome {
        let Some(rejection) = &mut self.rejection else { return Outcome::Ignored };
        match key.code {
            KeyCode::Esc => {
                self.rejection = None;
                Outcome::Changed
            }
            KeyCode::Enter if rejection.reason.value().trim().is_empty() => Outcome::Changed,
            KeyCode::Enter => {
                let reason = rejection.reason.value().trim().to_owned();
                let command = Command::Reject { id: rejection.id, revision: rejection.revision, reason };
                self.rejection = None;
                Outcome::Send(command)
            }
            _ if input::key(&mut rejection.reason, key) => Outcome::Changed,
            _ => Outcome::Ignored,
        }
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        let Some(rejection) = &mut self.rejection else { return Outcome::Ignored };
        input::paste(&mut rejection.reason, text);
        Outcome::Changed
    }

    fn refresh(&mut self, view: &View) {
        let gone = |r: &Rejection| !view.proposals.iter().any(|p| p.id == r.id);
        if self.rejection.as_ref().is_some_and(gone) {
            self.rejection = None;
        }
    }

    fn look_at(&mut self, _group: &str) {
        self.scroll = 0;
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view).map(|p| p.group.clone())
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Approve, Action::Reject, Action::Open]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::{
        style::Depth,
        theme::Symbols,
        views::fixture::{SIZES, proposal, shot, view},
    };

    #[test]
    fn proposals_at_every_size() {
        for (width, height) in SIZES {
            let shown = shot(&ProposalsPage::default(), &view(), &Theme::default(), width, height);
            insta::assert_snapshot!(format!("proposals_{width}x{height}"), shown);
        }
    }

    #[test]
    fn what_is_approved_is_what_was_seen() {
        let (mut page, mut view) = (ProposalsPage::default(), view());
        view.proposals.push(proposal(42, "api", 6, 5));
        page.act(Action::Down, &view);
        let Outcome::Ask(question) = page.act(Action::Approve, &view) else { panic!("asks first") };
        assert_eq!(question.command, Command::Approve { id: 42, revision: 2 });
        assert!(question.consequence.iter().any(|l| l == "1 instance(s) will be terminated."));
    }

    #[test]
    fn a_rejection_needs_a_reason() {
        let (mut page, view) = (ProposalsPage::default(), view());
        page.act(Action::Reject, &view);
        assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
        page.paste("too early", &view);
        let ascii = Theme::load("mono", Depth::None, Symbols::Ascii).expect("built in");
        assert!(shot(&page, &view, &ascii, 80, 24).contains("Reject because: too early"));
        let sent = Command::Reject { id: 41, revision: 2, reason: "too early".into() };
        assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent));
        assert!(!page.wants_text());
    }

    #[test]
    fn a_proposal_that_went_takes_its_question_with_it() {
        let (mut page, mut view) = (ProposalsPage::default(), view());
        page.act(Action::Reject, &view);
        view.proposals.clear();
        page.refresh(&view);
        assert!(!page.wants_text());
        assert_eq!(page.act(Action::Approve, &view), Outcome::Ignored);
    }
}
