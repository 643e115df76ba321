//! The fleet: every group on one line, in the order and through the filter of the operator.

mod below;
mod headings;
mod order;
mod past;
mod remarks;
pub mod small;
mod table;

use crossterm::event::KeyEvent;
use ratatui::{Frame, layout::Rect};
use unicode_width::UnicodeWidthStr;

use self::{
    headings::FleetLine,
    table::{FleetColumn, OfSome, draw_row, layout, totals},
};
use super::page::Page;
use crate::{
    console::{
        draw::{
            chart::AXIS,
            theme::{Role, Theme},
        },
        input::action::{Action, PageId},
        widgets::{
            filter::{self, Filter},
            filtered_list::{FilteredList, ListItem},
            look_back::LookBack,
            outcome::{Moment, Outcome},
            pane::{above_and_below, write},
            text::{cut, fit, fit_right},
        },
    },
    link::{
        FleetQuery, FleetWindow, GroupRow, Grouping, ListedGroups, PastFleet, PastMoment, SortOrder, View,
        Viewport,
    },
};

/// The fleet page: a table with a cursor, an order and a filter.
#[derive(Debug, Default)]
pub struct FleetPage {
    list: FilteredList<String>,
    order: SortOrder,
    reversed: bool,
    grouping: Grouping,
    /// A moment of the past that is shown.
    back: LookBack,
    /// The moment whose decision the cursor has gone to.
    followed: Option<PastMoment>,
}

impl ListItem for &GroupRow {
    type Key = String;

    fn key(&self) -> String {
        self.name.clone()
    }

    fn is(&self, key: &String) -> bool {
        self.name == *key
    }

    fn words(&self) -> String {
        GroupRow::words(self)
    }
}

impl FleetPage {
    /// Which groups are listed, and in which order.
    fn query(&self) -> FleetQuery {
        let filter = self.list.filter().words().to_owned();
        FleetQuery { order: self.order, reversed: self.reversed, filter, grouping: self.grouping }
    }

    /// The groups that the filter lets through, in order.
    fn listed<'a>(&self, view: &'a View) -> ListedGroups<'a> {
        view.listed(&self.query())
    }

    fn rows<'a>(&self, view: &'a View) -> Vec<&'a GroupRow> {
        self.listed(view).rows
    }

    /// The order in words that fit into `room`, where it is not the usual one; that it is not there yet, where the engine has not
    /// answered.
    fn order_words(&self, ordered: bool, room: usize) -> Option<String> {
        let turned = if self.reversed { ", reversed" } else { "" };
        let yet = if ordered { "" } else { ": on its way" };
        let words = self.order.words();
        let short = match self.order {
            SortOrder::Budget => "budget",
            _ => words,
        };
        let forms = [
            format!("ordered by {words}{turned}{yet}"),
            format!("by {words}{turned}{yet}"),
            format!("by {short}{turned}"),
            format!("{short}{turned}"),
            format!("{}{short}", if self.reversed { "rev. " } else { "" }),
        ];
        let fits = |form: &&String| form.width() <= room;
        (self.order != SortOrder::default() || self.reversed || !ordered)
            .then(|| forms.iter().find(fits).map_or_else(|| cut(&forms[4], room), Clone::clone))
    }
}

impl FleetPage {
    fn draw_now(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let ListedGroups { rows, whole, totals: sums, sections, ordered } = self.listed(view);
        let lines = headings::lines(&rows, &sections);
        let current = self.list.cursor(&rows);
        let columns = layout(usize::from(area.width), OfSome::of(view, self.order));
        let title = |(name, width, right): &FleetColumn| {
            if *right { fit_right(name, *width) + " " } else { fit(name, *width) + " " }
        };
        let heading: String = columns.iter().map(title).collect();
        write(frame, area, 0, &format!("  {heading}"), theme.style(Role::Muted));
        let room = columns.last().map_or(0, |(_, width, _)| *width);
        if let Some(words) = self.order_words(ordered, room) {
            let width = words.width() as u16;
            let place = Rect { x: area.right().saturating_sub(width), width, height: 1, ..area };
            write(frame, place, 0, &words, theme.style(Role::Key));
        }
        let list = self.list.draw_filter(frame, area, theme);
        let (_, list) = above_and_below(list, list.height.saturating_sub(1));
        // The last row of the list, or the one between it and what stands below, is that of the totals.
        let (list, rest) = above_and_below(list, list.height.saturating_sub(lines.len() as u16 + 1));
        let (list, between) = above_and_below(list, 1);
        for (y, (line, _)) in self.list.rows(list, &lines).enumerate() {
            match lines[line] {
                FleetLine::Heading(section, _) => {
                    let words = headings::words(section, usize::from(list.width));
                    write(frame, list, y as u16, &words, theme.style(Role::Title));
                }
                FleetLine::Group(at, row) => {
                    let look = (at == current, view, theme);
                    draw_row(frame, list, y as u16, (row, whole[at]), &columns, look);
                }
            }
        }
        if !rows.is_empty() {
            let all = view.groups.len();
            let sums = sums.map_or_else(
                || format!("{} of {all} groups", rows.len()),
                |sums| totals(&sums, all, usize::from(area.width).saturating_sub(2)),
            );
            write(frame, between, 0, &format!("  {sums}"), theme.style(Role::Muted));
        }
        match self.list.current(&rows) {
            Some(group) => below::draw(frame, rest, group, view, theme),
            None => {
                let text = if view.groups.is_empty() {
                    "No Auto Scaling group found. Check source.groups and source.tags on the settings page (9)."
                } else {
                    "No group matches the filter; Esc clears it."
                };
                write(frame, area, 2, &format!("  {text}"), theme.style(Role::Muted));
            }
        }
    }

    /// What an action means for the rows: the group under the cursor, their order, the cursor and the filter.
    fn act_on_rows(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Open => self.open(view, Moment::Now),
            Action::Sort => {
                self.list.choose(self.chosen_group(view));
                self.order = order::next(self.order, view);
                Outcome::Changed
            }
            Action::Reverse => {
                self.list.choose(self.chosen_group(view));
                self.reversed = !self.reversed;
                Outcome::Changed
            }
            Action::Headings => {
                let next = order::next_headings(self.grouping, view);
                if next == self.grouping {
                    return Outcome::Say(
                        "groups have no tag (`show_tag`) and one source: no headings".into(),
                    );
                }
                self.list.choose(self.chosen_group(view));
                self.grouping = next;
                Outcome::Changed
            }
            other => {
                let rows = self.rows(view);
                self.list.act(other, &rows)
            }
        }
    }

    /// The moment of the past that is on the screen.
    fn then(&self, view: &View) -> Option<PastMoment> {
        past::answer(view, &self.back).and_then(PastFleet::moment)
    }

    /// Opens the group under the cursor.
    fn open(&self, view: &View, moment: Moment) -> Outcome {
        self.chosen_group(view).map_or(Outcome::Ignored, |group| Outcome::OpenGroup(group, moment))
    }
}

impl Page for FleetPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        if self.back.moment().is_some() {
            let rows = self.rows(view);
            past::draw(frame, area, past::answer(view, &self.back), (&self.list, &rows), (view, theme));
        } else {
            self.draw_now(frame, area, view, theme);
        }
        self.back.draw_typed(frame, area, theme);
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        let beside = past::answer(view, &self.back).map(|fleet| (fleet.earlier, fleet.later));
        let clears = action == Action::Back && self.list.filter().is_shown();
        if !clears && let Some(outcome) = self.back.act(action, beside, view.now) {
            return outcome;
        }
        match (action, self.back.moment(), self.then(view)) {
            (Action::Open, Some(_), Some(then)) => self.open(view, Moment::AsKnown(then)),
            // The rows are not those of then: the cursor may go to another when they come.
            (Action::Open, Some(_), None) => Outcome::Say("no group is shown as it was then yet".into()),
            _ => self.act_on_rows(action, view),
        }
    }

    fn wants_text(&self) -> bool {
        self.back.is_typing() || self.list.filter().is_typing()
    }

    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        if self.back.is_typing() {
            return self.back.key(key, view);
        }
        match filter::arrow(key) {
            Some(action) => self.act(action, view),
            None => self.list.filter_mut().key(key),
        }
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        match self.back.is_typing() {
            true => self.back.paste(text),
            false => self.list.filter_mut().paste(text),
        }
    }

    fn refresh(&mut self, view: &View) {
        let Some(fleet) = past::answer(view, &self.back) else { return };
        if self.followed != Some(fleet.asked) {
            self.followed = Some(fleet.asked);
            let group = fleet.newest.as_ref().map(|newest| newest.group.clone());
            self.list.choose(group.or_else(|| self.list.chosen().cloned()));
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let ListedGroups { rows, sections, .. } = self.listed(view);
        self.list.press(at, &headings::lines(&rows, &sections))
    }

    fn look_at(&mut self, group: &str) {
        self.list.choose(Some(group.to_owned()));
    }

    fn viewport(&self, view: &View, (width, height): (u16, u16)) -> Option<Viewport> {
        let points = usize::from(width.saturating_sub(AXIS).max(10)) * 2;
        let (chosen, rows) = (self.chosen_group(view), usize::from(height));
        let around = self.list.chosen().cloned();
        // Where the list fills the screen, no chart is drawn below it.
        let listed = self.listed(view);
        let lines = listed.rows.len() + listed.sections.len();
        let has_charts = lines + usize::from(below::ROWS.0) <= rows;
        let shown =
            Viewport { points, then: self.then(view), fleet_then: self.back.moment(), ..Viewport::fleet() };
        let fleet = Some(FleetWindow { query: self.query(), around, rows });
        Some(Viewport { group: chosen.filter(|_| has_charts).or(shown.group), fleet, ..shown })
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.list.current(&self.rows(view)).map(|g| g.name.clone())
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        if self.back.moment().is_some() {
            let steps = [Action::EarlierDecision, Action::LaterDecision, Action::AtTime];
            return steps.into_iter().chain([Action::Now, Action::Open]).collect();
        }
        let waits = (!view.proposals.is_empty()).then_some(Action::Page(PageId::PROPOSALS));
        let matches = self.list.filter().is_shown().then_some([Action::NextMatch, Action::Back]);
        let first = [Action::Open].into_iter().chain(waits).chain(matches.into_iter().flatten());
        first.chain([Action::Mode, Action::Filter, Action::Sort]).take(5).collect()
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Back => Some("clear filter"),
            _ => None,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Mode,
            Action::Filter,
            Action::Sort,
            Action::Reverse,
            Action::Headings,
            Action::NextMatch,
            Action::PreviousMatch,
            Action::EarlierDecision,
            Action::LaterDecision,
            Action::AtTime,
            Action::Now,
        ]
    }
}

#[cfg(test)]
mod tests;
