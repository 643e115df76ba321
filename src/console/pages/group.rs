//! One group in full: charts on one time axis (`window` says which stretch), the newest plan with its reasons, the
//! last activities (`words`); or what would come of other settings (`what_if`).

mod footer;
mod panes;
mod past;
mod stack;
mod what_if;
mod window;
pub(in crate::console) mod words;

use std::cell::Cell;

use crossterm::event::KeyEvent;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

pub(in crate::console) use self::{
    past::banner,
    stack::{ChartReading, stack},
};
use self::{what_if::Thought, window::ChartWindow};
use super::page::Page;
use crate::{
    console::{
        draw::{
            chart::AXIS,
            theme::{Role, Theme},
        },
        input::action::{Action, PageId},
        widgets::{
            list::Scroll,
            look_back::LookBack,
            outcome::{Moment, Outcome},
            pane::write,
        },
    },
    domain::{Seconds, text::clean},
    link::{Chart, ChartKind, GroupDetail, View, Viewport},
};

/// Columns beside the charts that the plan needs.
const SIDE: u16 = 46;
/// From this width on the plan stands beside the charts, below it under them.
const WIDE: u16 = 110;
/// From this height on a line says which range is shown.
const TALL: u16 = 28;

/// The group page.
#[derive(Debug)]
pub struct GroupPage {
    group: Option<String>,
    window: ChartWindow,
    /// A moment of the past that is shown.
    back: LookBack,
    /// Settings that are changed in thought.
    thought: Thought,
    /// First chart shown.
    first: usize,
    /// The chart that fills the page; behind the last one it is the plan.
    expanded: Option<usize>,
    /// Lines of the plan passed over, where it fills the page.
    scroll: Scroll,
    /// Charts that had room when last drawn, so that scrolling stops at the last.
    room: Cell<usize>,
    /// Seconds that a cell of the charts covered when last drawn.
    cell: Cell<Seconds>,
}

impl Default for GroupPage {
    fn default() -> Self {
        let window = ChartWindow::default();
        let (room, cell) = (Cell::new(1), Cell::new(60));
        let (back, thought, scroll) = (LookBack::default(), Thought::default(), Scroll::default());
        GroupPage { group: None, window, back, thought, first: 0, expanded: None, scroll, room, cell }
    }
}

impl GroupPage {
    /// Detail of the group wanted as of the moment wanted, if the view has it.
    fn detail<'a>(&self, view: &'a View) -> Option<&'a GroupDetail> {
        let group = |d: &&GroupDetail| self.group.as_ref().is_none_or(|g| *g == d.name);
        let moment = |d: &&GroupDetail| d.past.as_ref().map(|past| past.asked) == self.back.moment();
        view.detail.as_ref().filter(group).filter(moment)
    }

    /// What is said until the view has what is wanted.
    fn draw_loading(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let when = if self.back.moment().is_some() { " as it was then" } else { "" };
        let text = match &self.group {
            Some(name) => format!("  Loading {}{when}.", clean(name, 60)),
            None => "  No group is selected: open one on the fleet page (1, then Enter).".into(),
        };
        write(frame, area, 1, &text, theme.style(Role::Muted));
        self.back.draw_typed(frame, area, theme);
    }

    /// The charts that say something here: requests where they are not the demand itself, and of two days ahead those that
    /// reach there.
    fn charts<'d>(&self, detail: &'d GroupDetail) -> Vec<&'d Chart> {
        let demand = detail.charts.iter().find(|c| c.kind == ChartKind::Demand);
        let repeats = demand.is_some_and(|c| c.unit.starts_with("requests"));
        let ahead = |kind| matches!(kind, ChartKind::Demand | ChartKind::Instances);
        let shown = |c: &&Chart| {
            !(repeats && c.kind == ChartKind::Requests) && (!self.window.looks_ahead() || ahead(c.kind))
        };
        let mut charts: Vec<&Chart> = detail.charts.iter().filter(shown).collect();
        if self.thought.is_open() {
            charts.sort_by_key(|chart| chart.kind != ChartKind::Instances);
        }
        charts
    }

    /// What if: opens it, and does what `action` asks while it is open; `None` where it is none of its own.
    fn think(&mut self, action: Action, view: &View) -> Option<Outcome> {
        match action {
            Action::WhatIf if self.back.moment().is_some() => {
                return Some(Outcome::Say("what if starts from now: go back to now first".into()));
            }
            Action::WhatIf if !self.thought.is_open() => {
                self.expanded = None;
                (self.window.cross, self.window.until) = (None, None);
                self.thought.open();
                return Some(Outcome::Changed);
            }
            // What was known then and what might be now are two things.
            Action::EarlierDecision | Action::LaterDecision | Action::AtTime => self.thought.close(),
            _ => {}
        }
        self.thought.act(action, view, live(&self.group, view))
    }

    /// A moment of the past has no crosshair: its charts stand at the decision.
    fn turned_back(&mut self) {
        if self.back.moment().is_some() {
            self.window.cross = None;
        }
    }

    /// True where the plan fills the page.
    fn shows_plan(&self, detail: &GroupDetail) -> bool {
        self.expanded.is_some_and(|at| at >= self.charts(detail).len())
    }
}

impl Page for GroupPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(detail) = self.detail(view) else { return self.draw_loading(frame, area, theme) };
        let range = u16::from(area.height >= TALL || self.expanded.is_some());
        let rows = [Constraint::Length(1), Constraint::Length(range), Constraint::Fill(1)];
        let [top, second, rest] = Layout::vertical(rows).areas(area);
        let first = match &detail.past {
            Some(past) => banner(past, detail, view, theme, usize::from(top.width)),
            None => words::numbers(detail, view, theme),
        };
        frame.buffer_mut().set_line(top.x, top.y, &first, top.width);
        if range > 0 {
            self.window.draw(frame, second, (view, theme), self.back.moment().is_none());
        }
        let panel_area = if self.shows_plan(detail) {
            rest
        } else if self.expanded.is_some() {
            self.draw_charts(frame, rest, detail, (view, theme));
            return self.back.draw_typed(frame, rest, theme);
        } else if area.width >= WIDE {
            let [charts, side] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(SIDE)]).areas(rest);
            self.draw_charts(
                frame,
                Rect { width: charts.width.saturating_sub(1), ..charts },
                detail,
                (view, theme),
            );
            side
        } else {
            let plan = (rest.height / 3).clamp(5, 9);
            let below = if self.thought.is_open() { what_if::ROWS } else { plan };
            let [charts, side] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(rest);
            self.draw_charts(frame, charts, detail, (view, theme));
            side
        };
        self.draw_panel(frame, panel_area, detail, (view, theme));
        self.back.draw_typed(frame, rest, theme);
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        if let Some(outcome) = self.think(action, view) {
            return outcome;
        }
        let count = self.detail(view).map_or(0, |d| self.charts(d).len());
        let is_back = action == Action::Back;
        let closes = is_back && self.window.cross.is_none() && self.expanded.is_some();
        let (past, looked_back) =
            (self.detail(view).and_then(|d| d.past.as_ref()), self.back.moment().is_some());
        let beside = past.map(|past| (past.earlier, past.later));
        if !closes && let Some(outcome) = self.back.act(action, beside, self.window.read_from(view)) {
            self.turned_back();
            if looked_back && !is_back && self.back.moment().is_none() {
                self.window.until = None;
            }
            return outcome;
        }
        if self.detail(view).is_some_and(|detail| self.shows_plan(detail)) && self.scroll.act(action) {
            return Outcome::Changed;
        }
        match action {
            Action::Up => self.first = self.first.saturating_sub(1),
            Action::Down => self.first = (self.first + 1).min(count.saturating_sub(self.room.get())),
            Action::Expand => {
                let next = self.expanded.map_or(self.first, |i| i + 1);
                self.expanded = (next <= count).then_some(next);
                self.scroll.reset();
            }
            Action::Back if self.window.cross.is_none() && self.expanded.is_some() => self.expanded = None,
            Action::Open => return Outcome::Open(PageId::PROPOSALS),
            // The charts stand at the decision.
            Action::Left | Action::Right | Action::Last | Action::Crosshair | Action::Overlay
                if looked_back =>
            {
                return Outcome::Ignored;
            }
            other => return self.window.act(other, self.cell.get(), view),
        }
        Outcome::Changed
    }

    fn wants_text(&self) -> bool {
        self.back.is_typing() || self.thought.is_typing()
    }

    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        if self.thought.is_typing() {
            return self.thought.key(key, view, live(&self.group, view));
        }
        let outcome = self.back.key(key, view);
        self.turned_back();
        outcome
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        if self.thought.is_typing() { self.thought.paste(text) } else { self.back.paste(text) }
    }

    fn refresh(&mut self, view: &View) {
        self.thought.settle(view, live(&self.group, view));
    }

    fn look_at(&mut self, group: &str) {
        if self.group.as_deref() != Some(group) {
            *self = GroupPage { group: Some(group.to_owned()), window: self.window, ..GroupPage::default() };
        }
    }

    fn chosen_group(&self, _view: &View) -> Option<String> {
        self.group.clone()
    }

    fn viewport(&self, _view: &View, (width, _): (u16, u16)) -> Option<Viewport> {
        let side = if self.expanded.is_none() && width >= WIDE { SIDE + 1 } else { 0 };
        let columns = width.saturating_sub(AXIS + side).max(10);
        Some(Viewport {
            group: self.group.clone(),
            until: self.window.until,
            past: self.window.past(),
            ahead: self.window.ahead(),
            points: usize::from(columns) * 2,
            overlay: self.window.overlay,
            decision: None,
            decision_then: None,
            fleet: None,
            then: self.back.moment(),
            fleet_then: None,
            what_if: self.thought.what_if(),
        })
    }

    fn look_back(&mut self, at: Moment, view: &View) {
        (self.back, self.window.cross) = (LookBack::default(), None);
        match at {
            Moment::Now => self.window.until = None,
            Moment::Marked(at) => self.window.look_back(at, view),
            Moment::AsKnown(moment) => self.back = LookBack::at(moment),
        }
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        self.footer_keys(view)
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        self.footer_word(action)
    }

    fn actions(&self) -> &'static [Action] {
        footer::ACTIONS
    }
}

/// What the view has of `group` as it is now.
fn live<'a>(group: &Option<String>, view: &'a View) -> Option<&'a GroupDetail> {
    let own = |detail: &&GroupDetail| group.as_ref().is_none_or(|name| *name == detail.name);
    view.detail.as_ref().filter(own).filter(|detail| detail.past.is_none())
}

#[cfg(test)]
mod tests;
