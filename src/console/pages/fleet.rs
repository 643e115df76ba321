//! The fleet: every group on one line, in the order and through the filter of the operator.

mod below;
mod order;

use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use self::order::SortOrder;
use super::page::{Outcome, Page, PageTarget};
use crate::{
    console::{
        draw::{
            axis::{local, short, zone},
            chart::AXIS,
            sparkline::sparkline,
            theme::{Role, Theme},
        },
        input::keymap::Action,
        widgets::{
            filter::Filter,
            level,
            list::{ListViewport, moved},
            pane::{above_and_below, left_and_right, write},
            text::{cut, fit, fit_right},
        },
    },
    domain::Time,
    link::{GroupRow, View, Viewport},
};

/// The fleet page: a table with a cursor, an order and a filter.
#[derive(Debug, Default)]
pub struct FleetPage {
    /// Name of the group under the cursor; by name, so that it stays when lines come and go.
    chosen: Option<String>,
    filter: Filter,
    order: SortOrder,
    reversed: bool,
    seen: ListViewport,
}

impl FleetPage {
    /// The groups that the filter lets through, in order.
    fn rows<'a>(&self, view: &'a View) -> Vec<&'a GroupRow> {
        let words = |g: &GroupRow| {
            let badges = g.badges.iter().map(|b| b.text.as_str()).collect::<Vec<_>>().join(" ");
            format!("{} {} {badges}", g.name, g.mode.name())
        };
        let mut rows: Vec<&GroupRow> = view.groups.iter().filter(|g| self.filter.lets(&words(g))).collect();
        rows.sort_by(|a, b| self.order.compare(a, b));
        if self.reversed {
            rows.reverse();
        }
        rows
    }

    /// Row of the cursor.
    fn cursor(&self, rows: &[&GroupRow]) -> usize {
        self.chosen.as_ref().and_then(|name| rows.iter().position(|g| g.name == *name)).unwrap_or(0)
    }

    /// Moves the cursor to row `to`.
    fn go(&mut self, to: usize, rows: &[&GroupRow]) -> Outcome {
        self.chosen = rows.get(to).map(|g| g.name.clone());
        Outcome::Changed
    }

    /// The order in words, where it is not by name.
    fn order_words(&self) -> Option<String> {
        let turned = if self.reversed { ", reversed" } else { "" };
        (self.order != SortOrder::Name || self.reversed)
            .then(|| format!("ordered by {}{turned}", self.order.words()))
    }
}

/// A column: heading, columns wide, right-aligned.
type FleetColumn = (&'static str, usize, bool);

/// The columns that fit `width`, the most important first to be kept.
fn layout(width: usize) -> Vec<FleetColumn> {
    let mut columns: Vec<FleetColumn> = vec![
        ("group", 14, false),
        ("mode", 7, false),
        ("demand → then", 13, true),
        ("CPU", 5, true),
        ("serve/want", 10, true),
        ("12 hours", 8, false),
        ("", 14, false),
    ];
    let room =
        |columns: &[FleetColumn]| width.saturating_sub(2 + columns.iter().map(|c| c.1 + 1).sum::<usize>());
    let spare = room(&columns);
    columns[0].1 += (spare / 4).min(20);
    if room(&columns) >= 12 {
        columns.insert(5, ("min-max", 7, true));
    }
    if room(&columns) >= 14 {
        columns.insert(2, ("policy", 10, false));
    }
    let grow = room(&columns);
    let spark = columns.iter().position(|c| c.0 == "12 hours").unwrap_or(0);
    columns[spark].1 += (grow / 3).min(36);
    let left = room(&columns);
    if let Some(last) = columns.last_mut() {
        last.1 += left;
    }
    columns
}

/// The words of one cell of a group's line.
fn cell(group: &GroupRow, heading: &str, width: usize, theme: &Theme) -> String {
    let known = |v: Option<f64>| v.map_or_else(|| "?".into(), short);
    match heading {
        "group" => group.name.clone(),
        "mode" => group.mode.name().into(),
        "policy" => group.policy.clone(),
        "demand → then" => {
            format!("{} → {}", known(group.demand), known(group.predicted))
        }
        "CPU" => group.cpu.map_or_else(|| "?".into(), |v| format!("{v:.0} %")),
        "serve/want" if group.pending > 0 => {
            format!("{}+{}/{}", group.in_service, group.pending, group.desired)
        }
        "serve/want" => format!("{}/{}", group.in_service, group.desired),
        "min-max" => format!("{}-{}", group.min, group.max),
        "12 hours" => sparkline(&group.spark, width, theme.symbols()),
        _ => String::new(),
    }
}

/// What is unusual, then the next event, as marked words with their roles.
fn remarks(group: &GroupRow, zone: Tz, now: Time, theme: &Theme) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if group.proposal.is_some() {
        out.push((theme.glyph("◆ proposal", "* proposal").to_owned(), Role::Warning));
    }
    for badge in &group.badges {
        let (role, mark) = level(badge.level, theme);
        out.push((format!("{mark} {}", badge.text), role));
    }
    if let Some((name, start)) = &group.next_event {
        let when = if *start <= now { "now".into() } else { local(*start, zone) };
        out.push((format!("{} {name} {when}", theme.glyph("▸", ">")), Role::Muted));
    }
    out
}

/// Writes remarks on row `y`, whole ones: what has no room is counted, as `+2`. Only the first may be cut.
fn draw_remarks(
    frame: &mut Frame<'_>,
    area: Rect,
    y: u16,
    said: &[(String, Role)],
    style: impl Fn(Role) -> Style,
) {
    let mut left = area;
    for (n, (text, role)) in said.iter().enumerate() {
        let room = usize::from(left.width);
        let after = if n + 1 < said.len() { 4 } else { 0 };
        if n > 0 && text.width() + after > room {
            return write(frame, left, y, &format!("+{}", said.len() - n), style(Role::Muted));
        }
        let text = cut(text, room);
        write(frame, left, y, &text, style(*role));
        (_, left) = left_and_right(left, text.width() as u16 + 2);
    }
}

impl FleetPage {
    /// One group's line on row `y`.
    fn draw_row(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        y: u16,
        group: &GroupRow,
        columns: &[FleetColumn],
        look: (bool, &View, &Theme),
    ) {
        let (chosen, view, theme) = look;
        let base = if chosen { theme.style(Role::Selected) } else { Style::default() };
        if chosen {
            let row = Rect { y: area.y + y, height: 1, ..area }.intersection(frame.area());
            frame.buffer_mut().set_style(row, base);
        }
        write(frame, area, y, if chosen { theme.glyph("▶", ">") } else { " " }, base);
        let mut x = 2u16;
        for (heading, width, right) in columns {
            let at = Rect { x: area.x + x, width: area.width.saturating_sub(x), ..area };
            if heading.is_empty() {
                let said = remarks(group, zone(&view.zone), view.now, theme);
                draw_remarks(frame, at, y, &said, |role| if chosen { base } else { theme.style(role) });
            } else {
                let text = cell(group, heading, *width, theme);
                let text = if *right { fit_right(&text, *width) } else { fit(&text, *width) };
                let role = if *heading == "12 hours" { Role::Actual } else { Role::Text };
                write(frame, at, y, &text, if chosen { base } else { theme.style(role) });
            }
            x += *width as u16 + 1;
        }
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
        let list = self.filter.draw(frame, area, theme);
        let (_, list) = above_and_below(list, list.height.saturating_sub(1));
        // A row stays free between the list and what stands below it.
        let (list, rest) = above_and_below(list, list.height.saturating_sub(rows.len() as u16 + 1));
        let cursor = self.cursor(&rows);
        for (y, index) in self.seen.window(list, cursor, rows.len()).enumerate() {
            self.draw_row(frame, list, y as u16, rows[index], &columns, (index == cursor, view, theme));
        }
        match rows.get(cursor) {
            Some(group) => below::draw(frame, rest, group, view, theme),
            None => {
                let text = if view.groups.is_empty() {
                    "No Auto Scaling group is in sight: source.groups and source.tags of the settings (9) choose them."
                } else {
                    "No group matches the filter; Esc clears it."
                };
                write(frame, area, 2, &format!("  {text}"), theme.style(Role::Muted));
            }
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        let rows = self.rows(view);
        if let Some(to) = moved(action, self.cursor(&rows), rows.len(), self.seen.page()) {
            return self.go(to, &rows);
        }
        match action {
            Action::Open => {
                self.chosen_group(view).map_or(Outcome::Ignored, |g| Outcome::Open(PageTarget::Group(g)))
            }
            Action::Sort => {
                self.chosen = self.chosen_group(view);
                self.order = self.order.next();
                Outcome::Changed
            }
            Action::Reverse => {
                self.chosen = self.chosen_group(view);
                self.reversed = !self.reversed;
                Outcome::Changed
            }
            other => self.filter.act(other),
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(&mut self.filter)
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let rows = self.rows(view);
        self.seen.at(at, rows.len()).map_or(Outcome::Ignored, |to| self.go(to, &rows))
    }

    fn look_at(&mut self, group: &str) {
        self.chosen = Some(group.to_owned());
    }

    fn viewport(&self, view: &View, width: u16) -> Option<Viewport> {
        let points = usize::from(width.saturating_sub(AXIS).max(10)) * 2;
        Some(Viewport { group: self.chosen_group(view), points, ..Viewport::default() })
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        let rows = self.rows(view);
        rows.get(self.cursor(&rows)).map(|g| g.name.clone())
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
    use crate::console::tests::fixture::{SIZES, shot, view};
    use crossterm::event::KeyCode;

    #[test]
    fn the_fleet_at_every_size() {
        let theme = Theme::default();
        for (width, height) in SIZES {
            insta::assert_snapshot!(
                format!("fleet_{width}x{height}"),
                shot(&FleetPage::default(), &view(), &theme, width, height)
            );
        }
    }

    #[test]
    fn the_cursor_stays_on_its_group_and_opens_it() {
        let (mut page, mut view) = (FleetPage::default(), view());
        page.act(Action::Down, &view);
        page.act(Action::Down, &view);
        assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"));
        view.groups.remove(0);
        assert_eq!(page.act(Action::Open, &view), Outcome::Open(PageTarget::Group("shop".into())));
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
