//! The backtest page: a group, some days, policies to compare; then their figures side by side, and a chart.

mod figures;
mod result;

use ratatui::{Frame, layout::Rect, text::Line};

use super::page::Page;
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::action::Action,
        widgets::{list, outcome::Outcome, pane, text},
    },
    domain::listing,
    link::{BacktestState, Command, View},
};

/// Lengths that can be chosen, in days, and the one chosen at first: a week.
const DAYS: [u32; 6] = [1, 2, 3, 7, 14, 28];
const WEEK: usize = 3;
/// Policies ticked at first, where they are offered.
const USUAL: [&str; 3] = ["capacity", "target-tracking", "oracle"];
/// Columns of the form.
const FORM: u16 = 26;
/// Lines of the form before the policies: group, days.
const ABOVE: usize = 2;

/// The backtest page.
#[derive(Debug)]
pub struct BacktestPage {
    group: Option<String>,
    days: usize,
    ticked: Vec<String>,
    line: usize,
}

impl Default for BacktestPage {
    fn default() -> Self {
        BacktestPage { group: None, days: WEEK, ticked: USUAL.map(str::to_owned).into(), line: ABOVE }
    }
}

impl BacktestPage {
    /// The page with the usual policies ticked and the last week chosen.
    pub fn new() -> Self {
        BacktestPage::default()
    }

    /// The group chosen, or the first of the fleet.
    fn group<'v>(&self, view: &'v View) -> Option<&'v str> {
        let chosen = view.groups.iter().find(|g| Some(&g.name) == self.group.as_ref());
        chosen.or(view.groups.first()).map(|g| g.name.as_str())
    }

    /// The policy on the cursor's line.
    fn policy<'v>(&self, view: &'v View) -> Option<&'v str> {
        let at = self.line.checked_sub(ABOVE)?;
        view.backtest.contenders.get(at).map(String::as_str)
    }

    fn move_by(&mut self, by: isize, view: &View) -> Outcome {
        self.line = list::step(self.line, by, ABOVE + view.backtest.contenders.len());
        Outcome::Changed
    }

    /// Left and right: the next group or length; on a policy nothing.
    fn turn(&mut self, by: isize, view: &View) -> Outcome {
        match self.line {
            0 => {
                let chosen = self.group(view).and_then(|n| view.groups.iter().position(|g| g.name == n));
                let next = list::step(chosen.unwrap_or(0), by, view.groups.len());
                self.group = view.groups.get(next).map(|g| g.name.clone());
            }
            1 => self.days = list::step(self.days, by, DAYS.len()),
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    fn tick(&mut self, view: &View) -> Outcome {
        let Some(policy) = self.policy(view) else { return Outcome::Ignored };
        match self.ticked.iter().position(|ticked| ticked == policy) {
            Some(at) => drop(self.ticked.remove(at)),
            None => self.ticked.push(policy.to_owned()),
        }
        Outcome::Changed
    }

    /// Asks for the backtest, policies in the order in which they are listed.
    fn run(&self, view: &View) -> Outcome {
        if running(view) {
            return Outcome::Say("a backtest is running; cancel it first".into());
        }
        let Some(group) = self.group(view) else {
            return Outcome::Say("no group has history to backtest yet".into());
        };
        let offered = view.backtest.contenders.iter();
        let contenders: Vec<String> = offered.filter(|c| self.ticked.contains(c)).cloned().collect();
        if contenders.is_empty() {
            return Outcome::Say("select at least one policy".into());
        }
        Outcome::Send(Command::Backtest { group: group.to_owned(), contenders, days: DAYS[self.days] })
    }

    fn cancel(&self, view: &View) -> Outcome {
        if running(view) {
            Outcome::Send(Command::CancelBacktest)
        } else {
            Outcome::Say("no backtest is running".into())
        }
    }

    fn draw_form(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, "Backtest", theme);
        let width = usize::from(inner.width);
        let days = DAYS[self.days];
        let length = if days == 1 { "1 day".into() } else { format!("{days} days") };
        let choice = |label: &str, value: &str| {
            let value = text::cut(value, width.saturating_sub(10));
            format!("{} < {value} >", text::fit(label, 5))
        };
        let mut texts =
            vec![choice("group", self.group(view).unwrap_or("none yet")), choice("last", &length)];
        texts.extend(view.backtest.contenders.iter().map(|policy| {
            let mark = if self.ticked.contains(policy) { 'x' } else { ' ' };
            format!("[{mark}] {policy}")
        }));
        let styled = texts.iter().enumerate().map(|(at, text)| {
            let role = if at == self.line { Role::Selected } else { Role::Text };
            pane::line(text::fit(text, width), role, theme)
        });
        let shown = listing::seen(self.line, texts.len(), usize::from(inner.height));
        let rows: Vec<Line<'_>> = styled.skip(shown.start).take(shown.len()).collect();
        pane::lines(frame, inner, rows, theme);
        let left = usize::from(inner.height).saturating_sub(texts.len() + 1);
        let hint = text::wrap("Arrows move, Space selects, Enter runs in the background.", width);
        if hint.len() <= left {
            let (_, below) = pane::above_and_below(inner, hint.len() as u16);
            pane::lines(frame, below, hint.iter().map(|t| pane::line(t, Role::Muted, theme)), theme);
        }
    }
}

fn running(view: &View) -> bool {
    view.backtest.newest.as_ref().is_some_and(|newest| newest.state == BacktestState::Running)
}

impl Page for BacktestPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let (left, right) = pane::left_and_right(area, FORM);
        self.draw_form(frame, left, view, theme);
        match &view.backtest.newest {
            Some(newest) => result::draw(frame, right, newest, self.policy(view), (view, theme)),
            None => result::none(frame, right, theme),
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Up => self.move_by(-1, view),
            Action::Down => self.move_by(1, view),
            Action::First => self.move_by(isize::MIN, view),
            Action::Last => self.move_by(isize::MAX, view),
            Action::Left => self.turn(-1, view),
            Action::Right => self.turn(1, view),
            Action::Tick => self.tick(view),
            Action::Run => self.run(view),
            Action::Cancel => self.cancel(view),
            _ => Outcome::Ignored,
        }
    }

    fn refresh(&mut self, view: &View) {
        self.line = list::step(self.line, 0, ABOVE + view.backtest.contenders.len());
    }

    fn look_at(&mut self, group: &str) {
        self.group = Some(group.to_owned());
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.group(view).map(str::to_owned)
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        let work = if running(view) { Action::Cancel } else { Action::Run };
        match self.line {
            0 | 1 => vec![work, Action::Left, Action::Right, Action::Down],
            _ => vec![work, Action::Tick, Action::Up, Action::Down],
        }
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Left => Some("less"),
            Action::Right => Some("more"),
            _ => None,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Run, Action::Tick, Action::Cancel]
    }
}

#[cfg(test)]
pub(crate) mod tests;
