//! The fleet: every group on one line, in the order and through the filter of the operator.

mod below;
mod order;
mod table;

use ratatui::{Frame, layout::Rect};
use unicode_width::UnicodeWidthStr;

use self::{
    order::SortOrder,
    table::{FleetColumn, draw_row, layout},
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
            filter::Filter,
            filtered_list::{FilteredList, ListItem},
            outcome::Outcome,
            pane::{above_and_below, write},
            text::{fit, fit_right},
        },
    },
    link::{GroupRow, View, Viewport},
};

/// The fleet page: a table with a cursor, an order and a filter.
#[derive(Debug, Default)]
pub struct FleetPage {
    list: FilteredList<String>,
    order: SortOrder,
    reversed: bool,
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
        let badges = self.badges.iter().map(|b| b.text.as_str()).collect::<Vec<_>>().join(" ");
        format!("{} {} {badges}", self.name, self.mode.name())
    }
}

impl FleetPage {
    /// The groups that the filter lets through, in order.
    fn rows<'a>(&self, view: &'a View) -> Vec<&'a GroupRow> {
        let mut rows = self.list.shown(&view.groups);
        rows.sort_by(|a, b| self.order.compare(a, b));
        if self.reversed {
            rows.reverse();
        }
        rows
    }

    /// The order in words, where it is not by name.
    fn order_words(&self) -> Option<String> {
        let turned = if self.reversed { ", reversed" } else { "" };
        (self.order != SortOrder::Name || self.reversed)
            .then(|| format!("ordered by {}{turned}", self.order.words()))
    }
}

impl Page for FleetPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let rows = self.rows(view);
        let columns = layout(usize::from(area.width));
        let title = |(name, width, right): &FleetColumn| {
            if *right { fit_right(name, *width) + " " } else { fit(name, *width) + " " }
        };
        let heading: String = columns.iter().map(title).collect();
        write(frame, area, 0, &format!("  {heading}"), theme.style(Role::Muted));
        if let Some(words) = self.order_words() {
            let width = words.width() as u16;
            let place = Rect { x: area.right().saturating_sub(width), width, height: 1, ..area };
            write(frame, place, 0, &words, theme.style(Role::Key));
        }
        let list = self.list.draw_filter(frame, area, theme);
        let (_, list) = above_and_below(list, list.height.saturating_sub(1));
        // A row stays free between the list and what stands below it.
        let (list, rest) = above_and_below(list, list.height.saturating_sub(rows.len() as u16 + 1));
        for (y, (index, chosen)) in self.list.rows(list, &rows).enumerate() {
            draw_row(frame, list, y as u16, rows[index], &columns, (chosen, view, theme));
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

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Open => self.chosen_group(view).map_or(Outcome::Ignored, Outcome::OpenGroup),
            Action::Sort => {
                self.list.choose(self.chosen_group(view));
                self.order = self.order.next();
                Outcome::Changed
            }
            Action::Reverse => {
                self.list.choose(self.chosen_group(view));
                self.reversed = !self.reversed;
                Outcome::Changed
            }
            other => {
                let rows = self.rows(view);
                self.list.act(other, &rows)
            }
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let rows = self.rows(view);
        self.list.press(at, &rows)
    }

    fn look_at(&mut self, group: &str) {
        self.list.choose(Some(group.to_owned()));
    }

    fn viewport(&self, view: &View, width: u16) -> Option<Viewport> {
        let points = usize::from(width.saturating_sub(AXIS).max(10)) * 2;
        Some(Viewport { group: self.chosen_group(view), points, ..Viewport::default() })
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.list.current(&self.rows(view)).map(|g| g.name.clone())
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Mode,
            Action::Filter,
            Action::Sort,
            Action::Reverse,
            Action::NextMatch,
            Action::PreviousMatch,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{shot, view};
    use crossterm::event::KeyCode;

    #[test]
    fn the_cursor_stays_on_its_group_and_opens_it() {
        let (mut page, mut view) = (FleetPage::default(), view());
        page.act(Action::Down, &view);
        page.act(Action::Down, &view);
        assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"));
        view.groups.remove(0);
        assert_eq!(page.act(Action::Open, &view), Outcome::OpenGroup("shop".into()));
        page.act(Action::Last, &view);
        page.act(Action::Down, &view);
        assert!(page.chosen_group(&view).is_some_and(|g| g.starts_with("video")));
    }

    #[test]
    fn the_filter_narrows_and_escape_clears() {
        let (mut page, view) = (FleetPage::default(), view());
        page.act(Action::Filter, &view);
        assert!(page.wants_text());
        "SHO".chars().for_each(|c| {
            page.key(KeyCode::Char(c).into(), &view);
        });
        assert_eq!(page.rows(&view).len(), 1);
        page.key(KeyCode::Enter.into(), &view);
        assert_eq!((page.wants_text(), page.chosen_group(&view).as_deref()), (false, Some("shop")));
        page.act(Action::Back, &view);
        assert_eq!(page.rows(&view).len(), 4);
        page.act(Action::Filter, &view);
        page.paste("stale", &view);
        assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"), "badges count as well");
    }

    #[test]
    fn the_cursor_keeps_its_group_when_the_order_changes() {
        let (mut page, view) = (FleetPage::default(), view());
        page.act(Action::Down, &view);
        assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
        (0..2).for_each(|_| drop(page.act(Action::Sort, &view)));
        assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
        assert_eq!(page.rows(&view)[0].name, "shop", "a proposal waits there");
        page.act(Action::Reverse, &view);
        assert_eq!(page.rows(&view)[3].name, "shop");
        assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("ordered by health, reversed"));
        page.act(Action::NextMatch, &view);
        assert_ne!(page.chosen_group(&view).as_deref(), Some("feed"));
    }

    #[test]
    fn a_press_moves_the_cursor() {
        let (mut page, view) = (FleetPage::default(), view());
        shot(&page, &view, &Theme::default(), 80, 24);
        assert_eq!(page.press((7, 3), &view), Outcome::Changed);
        assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"));
        assert_eq!(
            (page.press((7, 0), &view), page.press((7, 9), &view)),
            (Outcome::Ignored, Outcome::Ignored)
        );
    }
}
