//! Proposals that wait for a person: what, why, the checks (`words`), and yes or no (`answer`).

mod answer;
mod before_after;
mod words;

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

use self::{
    answer::{AnswerDraft, AnswerKind},
    words::{asked, changed, cuts_deep, details},
};
use super::page::Page;
use crate::{
    console::{
        draw::{
            chart::AXIS,
            theme::{Role, Theme},
        },
        input::action::Action,
        widgets::{
            filter,
            filtered_list::{FilteredList, ListItem},
            list::Scroll,
            outcome::{Moment, Outcome},
            pane::{self, lines, write},
            question::Question,
            text::fit,
        },
    },
    domain::{Seconds, decision::Decision, text::clean},
    link::{Command, GroupDetail, View, Viewport},
};

/// From this width on the checks stand beside the rest, in a panel of so many columns.
const WIDE: u16 = 110;
const CHECKS: u16 = 46;

/// From this height on a chart of at least so many rows stands below the rest.
const TALL: u16 = 36;
const CHART: u16 = 14;

/// Seconds of the past and of the future that are looked at around a proposal.
const PAST: Seconds = 2 * 3_600;
const AHEAD: Seconds = 3_600;

/// The proposals page.
#[derive(Debug, Default)]
pub struct ProposalsPage {
    list: FilteredList<i64>,
    scroll: Scroll,
    answer: Option<AnswerDraft>,
}

impl ListItem for &Decision {
    type Key = i64;

    fn key(&self) -> i64 {
        self.id
    }

    fn is(&self, key: &i64) -> bool {
        self.id == *key
    }

    fn words(&self) -> String {
        words::searched(self)
    }
}

impl ProposalsPage {
    /// What the filter lets through, and what is being answered.
    fn shown<'v>(&self, view: &'v View) -> Vec<&'v Decision> {
        let answered = |p: &Decision| self.answer.as_ref().is_some_and(|a| a.id == p.id);
        view.proposals.iter().filter(|p| answered(p) || self.list.lets(p)).collect()
    }

    /// The proposal under the cursor.
    fn current<'v>(&self, view: &'v View) -> Option<&'v Decision> {
        self.list.current(&self.shown(view))
    }

    /// One line a proposal.
    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let shown = self.shown(view);
        let width = usize::from(area.width);
        for (y, (index, chosen)) in self.list.rows(area, &shown).enumerate() {
            let mark = if chosen { theme.glyph("▶", ">") } else { " " };
            let text = format!("{mark} {}", words::row(shown[index], view, width));
            let role = if chosen { Role::Selected } else { Role::Text };
            write(frame, area, y as u16, &fit(&text, width), theme.style(role));
        }
    }

    /// All about the proposal under the cursor; on a wide screen its checks beside it.
    fn draw_details(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        proposal: &Decision,
        (view, theme): (&View, &Theme),
    ) {
        let wide = area.width >= WIDE;
        let (left, right) = pane::left_and_right(area, if wide { area.width - CHECKS } else { area.width });
        let live = |detail: &&GroupDetail| detail.name == proposal.group && detail.past.is_none();
        let detail = view.detail.as_ref().filter(live);
        let width = usize::from(left.width.saturating_sub(2));
        let all = details(proposal, view, theme, (width, wide));
        // What the words leave free is the chart's.
        let room = left.height.saturating_sub(all.len() as u16 + 2);
        let has_chart = wide && area.height >= TALL && detail.is_some();
        let chart = if has_chart { room.max(CHART) } else { 0 };
        let (left, below) = pane::above_and_below(left, chart);
        if let Some(detail) = detail.filter(|_| chart > 0) {
            let inner = pane::framed(frame, below, "If it is approved, and if not", theme);
            before_after::draw(frame, inner, proposal, detail, (view, theme));
        }
        let inner = pane::framed(frame, left, &format!("Proposal {}", proposal.id), theme);
        if !wide {
            let [from] = self.scroll.first([(all.len(), inner.height)]);
            return lines(frame, inner, all.into_iter().skip(from), theme);
        }
        let width = usize::from(right.width.saturating_sub(2));
        let (title, checks) = words::checks(proposal, view, theme, width);
        let beside = pane::framed(frame, right, &title, theme);
        let [from, first] = self.scroll.first([(all.len(), inner.height), (checks.len(), beside.height)]);
        lines(frame, inner, all.into_iter().skip(from), theme);
        lines(frame, beside, checks.into_iter().skip(first), theme);
    }

    /// Opens the line for an answer to the proposal under the cursor.
    fn ask(&mut self, asked: AnswerKind, view: &View) -> Outcome {
        let Some(proposal) = self.current(view) else { return Outcome::Ignored };
        self.answer = Some(AnswerDraft::to(proposal, asked));
        self.list.choose(Some(proposal.id));
        Outcome::Changed
    }
}

/// The question before a proposal is approved; what cuts deep is confirmed by the group's name.
fn approval(proposal: &Decision, view: &View) -> Question {
    let command = Command::Approve { id: proposal.id, revision: proposal.revision };
    let title = format!("Approve proposal {}?", proposal.id);
    let question = Question::new(title, asked(proposal, view), command);
    if cuts_deep(proposal) { question.named(&proposal.group) } else { question }
}

impl Page for ProposalsPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let area = match &self.answer {
            Some(answer) => {
                let (above, below) = pane::above_and_below(area, 2);
                answer.draw(frame, below, theme);
                above
            }
            None => self.list.draw_filter(frame, area, theme),
        };
        let Some(proposal) = self.current(view) else {
            let text = match view.proposals.is_empty() {
                true => "No open proposals. Groups in `approve` mode wait here for approval.",
                false => "No entries match the filter.",
            };
            return write(frame, area, 1, &format!("  {text}"), theme.style(Role::Muted));
        };
        let rows = (self.shown(view).len() as u16).min((area.height / 4).max(1));
        let [list, rest] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        self.draw_list(frame, list, view, theme);
        self.draw_details(frame, rest, proposal, (view, theme));
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::PageDown | Action::PageUp => {
                self.scroll.act(action);
            }
            Action::Approve => {
                let ask = |p: &Decision| Outcome::Ask(approval(p, view));
                return self.current(view).map_or(Outcome::Ignored, ask);
            }
            Action::Reject => return self.ask(AnswerKind::Reason, view),
            Action::Snooze => return self.ask(AnswerKind::Minutes, view),
            Action::WhatIf => {
                let open = |p: &Decision| Outcome::OpenWhatIf(p.group.clone());
                return self.current(view).map_or(Outcome::Ignored, open);
            }
            Action::Open => {
                let open = |p: &Decision| Outcome::OpenGroup(p.group.clone(), Moment::Now);
                return self.current(view).map_or(Outcome::Ignored, open);
            }
            other => {
                let shown = self.shown(view);
                if !self.list.step(other, &shown) {
                    return self.list.filter_mut().act(other);
                }
                self.scroll.reset();
            }
        }
        Outcome::Changed
    }

    fn wants_text(&self) -> bool {
        self.answer.is_some() || self.list.filter().is_typing()
    }

    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        let Some(answer) = &mut self.answer else {
            return match filter::arrow(key) {
                Some(action) => self.act(action, view),
                None => self.list.filter_mut().key(key),
            };
        };
        let outcome = answer.key(key);
        // An answer that cannot arrive stays on the line: it will be refused, and can be sent again.
        let sent = matches!(outcome, Some(Outcome::Send(_))) && !view.is_lost();
        if outcome.is_none() || sent {
            self.answer = None;
        }
        outcome.unwrap_or(Outcome::Changed)
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        match &mut self.answer {
            Some(answer) => answer.paste(text),
            None => return self.list.filter_mut().paste(text),
        }
        Outcome::Changed
    }

    fn refresh(&mut self, view: &View) {
        let gone = |a: &AnswerDraft| !view.proposals.iter().any(|p| p.id == a.id);
        if self.answer.as_ref().is_some_and(gone) {
            self.answer = None;
        }
    }

    fn follow(&self, question: &mut Question, view: &View, now: Duration) {
        let Some(Command::Approve { id, .. }) = question.command else { return };
        match view.proposals.iter().find(|p| p.id == id) {
            Some(proposal) => {
                let words = changed(question.consequence.first(), view);
                question.follow(approval(proposal, view), &words, now);
            }
            None => question
                .gone(&format!("proposal {id} is no longer open: it was answered, replaced or expired")),
        }
    }

    fn viewport(&self, view: &View, (width, _): (u16, u16)) -> Option<Viewport> {
        let group = self.current(view)?.group.clone();
        let points = usize::from(width.saturating_sub(AXIS).max(10)) * 2;
        Some(Viewport { group: Some(group), past: PAST, ahead: AHEAD, points, ..Viewport::default() })
    }

    fn look_at(&mut self, _group: &str) {
        self.scroll.reset();
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view).map(|p| p.group.clone())
    }

    fn unsaved(&self) -> bool {
        self.answer.as_ref().is_some_and(AnswerDraft::unsaved)
    }

    fn copied(&self, view: &View) -> Option<(&'static str, String)> {
        let calls = |p: &Decision| view.calls(p.id).iter().map(|c| clean(c, 2_000)).collect::<Vec<_>>();
        self.current(view).map(|p| ("the API calls", calls(p).join("\n")))
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let shown = self.shown(view);
        let outcome = self.list.press(at, &shown);
        if outcome == Outcome::Changed {
            self.scroll.reset();
        }
        outcome
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        match self.current(view) {
            Some(_) => {
                vec![Action::Approve, Action::Reject, Action::Snooze, Action::Open, Action::Copy]
            }
            None => vec![Action::Back],
        }
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Open => Some("charts"),
            Action::Copy => Some("copy calls"),
            _ => None,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Approve,
            Action::Reject,
            Action::Snooze,
            Action::WhatIf,
            Action::Open,
            Action::Filter,
            Action::NextMatch,
            Action::PreviousMatch,
        ]
    }
}

#[cfg(test)]
mod tests;
