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
    domain::{actuator::Act, decision::Decision, text::clean},
    link::{Command, View},
};

/// What is being typed about a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Why it is rejected.
    Reason,
    /// For how many minutes it is put off.
    Minutes,
}

/// An answer being typed: to which proposal, as seen, and the text so far.
#[derive(Debug)]
struct Answering {
    id: i64,
    revision: u32,
    asked: Asked,
    text: Input,
}

/// From this width on the checks stand beside the rest, in a panel of so many columns.
const WIDE: u16 = 110;
const CHECKS: u16 = 46;

/// Minutes of a snooze unless others are typed.
const SNOOZE: &str = "30";

impl Answering {
    /// The command, once the text is one that can be sent.
    fn command(&self) -> Option<Command> {
        let (id, revision, text) = (self.id, self.revision, self.text.value().trim());
        match self.asked {
            Asked::Reason if text.is_empty() => None,
            Asked::Reason => Some(Command::Reject { id, revision, reason: text.to_owned() }),
            Asked::Minutes => {
                let minutes = text.parse().ok().filter(|m| (1..=1_440).contains(m))?;
                Some(Command::Snooze { id, revision, minutes })
            }
        }
    }

    /// What stands before the text, and what may be done, in words.
    fn words(&self) -> (&'static str, &'static str) {
        let ready = self.command().is_some();
        match (self.asked, ready) {
            (Asked::Reason, true) => ("Reject because: ", "Enter rejects  Esc keeps the proposal"),
            (Asked::Reason, false) => {
                ("Reject because: ", "A reason is needed, for the journal.  Esc keeps the proposal")
            }
            (Asked::Minutes, true) => (
                "Ask again in minutes: ",
                "Enter snoozes; it comes back sooner if more is needed  Esc keeps the proposal",
            ),
            (Asked::Minutes, false) => {
                ("Ask again in minutes: ", "A whole number from 1 to 1440.  Esc keeps the proposal")
            }
        }
    }
}

/// The proposals page.
#[derive(Debug, Default)]
pub struct ProposalsPage {
    chosen: Option<i64>,
    scroll: usize,
    answering: Option<Answering>,
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

    /// The line where an answer is typed.
    fn draw_answer(&self, frame: &mut Frame<'_>, area: Rect, answer: &Answering, theme: &Theme) {
        let bar = theme.glyph("▏", "|");
        let (before, hint) = answer.words();
        let width = usize::from(area.width).saturating_sub(before.len());
        let text = format!("{before}{}", input::shown(&answer.text, width, bar));
        write(frame, area, 0, &text, theme.style(Role::Key));
        write(frame, area, 1, hint, theme.style(Role::Muted));
    }

    /// Opens the line for an answer to the proposal under the cursor.
    fn ask(&mut self, asked: Asked, view: &View) -> Outcome {
        let Some((id, revision)) = self.current(view).map(|p| (p.id, p.revision)) else {
            return Outcome::Ignored;
        };
        let text = if asked == Asked::Minutes { Input::new(SNOOZE.into()) } else { Input::default() };
        self.answering = Some(Answering { id, revision, asked, text });
        self.chosen = Some(id);
        Outcome::Changed
    }
}

/// `expires in 13 min`, or that it has.
fn expiry(proposal: &Decision, view: &View) -> String {
    let left = (proposal.expires - view.now).num_seconds();
    if left <= 0 { "expired".into() } else { format!("expires in {}", length(left)) }
}

/// Everything about a proposal, top to bottom; on a wide screen all but the checks, which stand beside it.
fn details(
    proposal: &Decision,
    view: &View,
    theme: &Theme,
    (width, wide): (usize, bool),
) -> Vec<Line<'static>> {
    let arrow = theme.glyph("→", ">");
    let mut out = vec![Line::from(vec![
        Span::styled(
            format!(
                "{}: {} {} {arrow} {}",
                clean(&proposal.group, 40),
                proposal.moves(),
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
    let row = view.groups.iter().find(|g| g.name == proposal.group);
    out.extend(reasons::diff(proposal, row, theme));
    let zone = zone(&view.zone);
    out.extend(match wide {
        true => reasons::why(proposal, zone, theme, width),
        false => reasons::record(proposal, zone, theme, width),
    });
    out
}

/// What approving does, in words.
fn consequence(proposal: &Decision) -> Vec<String> {
    let change =
        proposal.stakes.map_or(i64::from(proposal.to) - i64::from(proposal.from), |stakes| stakes.instances);
    let floor = !matches!(proposal.act(), Act::Desired { .. });
    let what = match change {
        0 => "No instance is launched or terminated by it.".to_owned(),
        n if n > 0 => format!("{n} more instance(s) will be launched and paid for."),
        n if floor => format!("Policies of AWS may then terminate up to {} instance(s).", -n),
        n => format!("{} instance(s) will be terminated.", -n),
    };
    vec![
        format!(
            "Sets the {} of {} from {} to {}.",
            proposal.moves(),
            clean(&proposal.group, 60),
            proposal.from,
            proposal.to
        ),
        what,
        "Every check runs again first, on fresh state.".into(),
    ]
}

/// True for what takes away more than half of a group: that is confirmed by its name.
fn cuts_deep(proposal: &Decision) -> bool {
    2 * u64::from(proposal.to) < u64::from(proposal.from)
}

impl Page for ProposalsPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(proposal) = self.current(view) else {
            let text = "No proposal waits. Groups in mode `approve` ask here before they scale.";
            return write(frame, area, 1, text, theme.style(Role::Muted));
        };
        let rows = (view.proposals.len() as u16).min((area.height / 4).max(1));
        let below = if self.answering.is_some() { 2 } else { 0 };
        let [list, rest, bottom] =
            Layout::vertical([Constraint::Length(rows), Constraint::Fill(1), Constraint::Length(below)])
                .areas(area);
        self.draw_list(frame, list, view, theme);
        let wide = rest.width >= WIDE;
        let checks = if wide { CHECKS } else { 0 };
        let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(checks)]).areas(rest);
        let framed = |frame: &mut Frame<'_>, area: Rect, title: &str| {
            let block = panel(title, theme);
            let inner = block.inner(area);
            frame.render_widget(block, area);
            inner
        };
        let inner = framed(frame, left, &format!("Proposal {}", proposal.id));
        let all = details(proposal, view, theme, (usize::from(inner.width), wide));
        let from = self.scroll.min(all.len().saturating_sub(usize::from(inner.height)));
        lines(frame, inner, &all[from..], theme);
        if wide {
            let inner = framed(frame, right, &reasons::summary(&proposal.preflight));
            let checks = reasons::checklist(&proposal.preflight, theme, usize::from(inner.width));
            let from = self.scroll.min(checks.len().saturating_sub(usize::from(inner.height)));
            lines(frame, inner, &checks[from..], theme);
        }
        if let Some(answer) = &self.answering {
            self.draw_answer(frame, bottom, answer, theme);
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
                let question = Question::new(title, consequence(p), command);
                Outcome::Ask(if cuts_deep(p) { question.named(&p.group) } else { question })
            }),
            Action::Reject => self.ask(Asked::Reason, view),
            Action::Snooze => self.ask(Asked::Minutes, view),
            _ => Outcome::Ignored,
        }
    }

    fn wants_text(&self) -> bool {
        self.answering.is_some()
    }

    fn key(&mut self, key: KeyEvent, _view: &View) -> Outcome {
        let Some(answer) = &mut self.answering else { return Outcome::Ignored };
        match key.code {
            KeyCode::Esc => {
                self.answering = None;
                Outcome::Changed
            }
            KeyCode::Enter => match answer.command() {
                Some(command) => {
                    self.answering = None;
                    Outcome::Send(command)
                }
                None => Outcome::Changed,
            },
            _ if input::key(&mut answer.text, key) => Outcome::Changed,
            _ => Outcome::Ignored,
        }
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        let Some(answer) = &mut self.answering else { return Outcome::Ignored };
        input::paste(&mut answer.text, text);
        Outcome::Changed
    }

    fn refresh(&mut self, view: &View) {
        let gone = |a: &Answering| !view.proposals.iter().any(|p| p.id == a.id);
        if self.answering.as_ref().is_some_and(gone) {
            self.answering = None;
        }
    }

    fn look_at(&mut self, _group: &str) {
        self.scroll = 0;
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view).map(|p| p.group.clone())
    }

    fn unsaved(&self) -> bool {
        self.answering.as_ref().is_some_and(|a| a.asked == Asked::Reason && !a.text.value().is_empty())
    }

    fn copied(&self, view: &View) -> Option<String> {
        let calls =
            |p: &Decision| p.act().calls(&p.group).iter().map(|c| clean(c, 2_000)).collect::<Vec<_>>();
        self.current(view).map(|p| calls(p).join("\n"))
    }

    fn press(&mut self, row: u16, height: u16, view: &View) -> Outcome {
        let rows = (view.proposals.len() as u16).min((height / 4).max(1));
        let first = scroll_to(self.cursor(view), view.proposals.len(), usize::from(rows));
        match view.proposals.get(first + usize::from(row)).filter(|_| row < rows) {
            Some(proposal) => {
                (self.chosen, self.scroll) = (Some(proposal.id), 0);
                Outcome::Changed
            }
            None => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Approve, Action::Reject, Action::Snooze, Action::Open]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::{
            style::Depth,
            theme::Symbols,
            views::fixture::{SIZES, proposal, shot, view},
        },
        domain::actuator::FloorWindow,
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
        assert_eq!(question.command, Some(Command::Approve { id: 42, revision: 2 }));
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
    fn a_snooze_takes_whole_minutes_of_a_day_at_the_most() {
        let (mut page, view) = (ProposalsPage::default(), view());
        page.act(Action::Snooze, &view);
        let sent = Command::Snooze { id: 41, revision: 2, minutes: 30 };
        assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Send(sent));
        page.act(Action::Snooze, &view);
        page.paste("00", &view);
        assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed, "3000 minutes are no snooze");
        assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("A whole number from 1 to 1440"));
        page.key(KeyCode::Esc.into(), &view);
        assert!(!page.wants_text());
    }

    #[test]
    fn a_floor_is_called_a_floor_and_its_calls_are_shown() {
        let mut view = view();
        let window = FloorWindow { min: 7, start: Some(view.now), end: view.now, own: 2 };
        view.proposals[0].act = Some(Act::Schedule(window));
        let page = ProposalsPage::default();
        let shown = shot(&page, &view, &Theme::default(), 200, 60);
        assert!(
            shown.contains("floor (MinSize) 4 → 7")
                && shown.contains("ScheduledActionName=prescale-floor-end")
        );
        view.proposals[0].stakes.as_mut().expect("the fixture has them").instances = -2;
        assert!(consequence(&view.proposals[0])[1].starts_with("Policies of AWS may"));
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
