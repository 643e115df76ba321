//! The log: what the program did and what troubled it, newest first.
//!
//! Its times are the machine's, in the zone of the screen; a simulated fleet has a clock of its own.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::page::Page;
use crate::{
    console::{
        draw::{
            axis::zone,
            theme::{Role, Theme},
        },
        input::action::Action,
        widgets::{
            filter::Filter,
            filtered_list::{FilteredList, ListItem},
            fold::{self, Run},
            level,
            outcome::Outcome,
            pane::{self, lines, write},
            text::{fit, wrap},
        },
    },
    domain::Time,
    link::{Level, LogLine, View},
};

/// Rows of the chosen line in full, with its frame.
const DETAIL: u16 = 6;

/// The log page.
#[derive(Debug, Default)]
pub struct LogPage {
    list: FilteredList<(Time, String)>,
    /// Only lines of this level and worse are listed.
    least: Option<Level>,
}

/// A line of the list, and how many older ones that differ in numbers alone are folded into it.
#[derive(Debug, Clone, Copy)]
struct Item<'v> {
    line: &'v LogLine,
    more: usize,
    since: Time,
}

impl ListItem for Item<'_> {
    type Key = (Time, String);

    const FOLLOWS_FIRST: bool = true;

    fn key(&self) -> Self::Key {
        (self.line.at, self.line.text.clone())
    }

    fn is(&self, (at, text): &Self::Key) -> bool {
        self.line.at == *at && self.line.text == *text
    }

    fn words(&self) -> String {
        format!("{} {}", word(self.line.level), self.line.text)
    }

    fn instead((at, text): &Self::Key, shown: &[Self]) -> usize {
        // It has been folded into a newer one, or it was older than all that are left.
        let shape = fold::shape(text);
        let holds =
            |item: &Self| (item.since..=item.line.at).contains(at) && fold::shape(&item.line.text) == shape;
        let folded = shown.iter().position(holds);
        folded.unwrap_or(shown.len().saturating_sub(1))
    }
}

/// All lines, newest first, with repeats folded; or each line of the `least` level and worse.
fn items(log: &[LogLine], least: Option<Level>) -> Vec<Item<'_>> {
    let listed: Vec<&LogLine> = log.iter().filter(|l| least.is_none_or(|least| l.level >= least)).collect();
    let key = |line: &&LogLine| Some(format!("{:?} {}", line.level, fold::shape(&line.text)));
    let runs: Vec<Run> = match least {
        None => fold::fold(listed.iter().map(key)),
        Some(_) => (0..listed.len()).map(Run::single).collect(),
    };
    let item =
        |run: Run| Item { line: listed[run.newest], more: run.older.len(), since: listed[run.oldest()].at };
    runs.into_iter().map(item).collect()
}

impl LogPage {
    fn shown<'v>(&self, view: &'v View) -> Vec<Item<'v>> {
        self.list.shown(items(&view.log, self.least))
    }

    /// What is listed, in words.
    fn kinds(&self) -> &'static str {
        match self.least {
            None => "",
            Some(Level::Warning) => ", warnings and errors",
            Some(_) => ", errors",
        }
    }

    fn draw_rows(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let shown = self.shown(view);
        let zone = zone(&view.zone);
        if shown.is_empty() {
            let text =
                if view.log.is_empty() { "Nothing has been logged." } else { "No entries match the filter." };
            return write(frame, area, 0, text, theme.style(Role::Muted));
        }
        for (y, (index, chosen)) in self.list.rows(area, &shown).enumerate() {
            let Item { line: entry, more, since } = shown[index];
            let (role, mark) = level(entry.level, theme);
            let style = |role| theme.style(if chosen { Role::Selected } else { role });
            let time = entry.at.with_timezone(&zone).format("%d %b %H:%M:%S").to_string();
            let pointer = if chosen { theme.glyph("▶", ">") } else { " " };
            let head = format!("{pointer} {time} {mark} {} ", fit(word(entry.level), 8));
            let width = usize::from(area.width).saturating_sub(head.chars().count());
            let text = format!("{}{}", fold::times(more, since, zone), entry.text);
            let line = Line::from(vec![
                Span::styled(head, style(role)),
                Span::styled(fit(&text, width), style(Role::Text)),
            ]);
            frame.buffer_mut().set_line(area.x, area.y + y as u16, &line, area.width);
        }
    }
}

/// The level in a word.
fn word(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Critical => "error",
    }
}

impl Page for LogPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let (above, below) = pane::above_and_below(area, if area.height >= 14 { DETAIL } else { 0 });
        let shown = self.shown(view);
        let count: usize = shown.iter().map(|item| 1 + item.more).sum();
        let title = format!("Log: {count} of {} lines{}, newest first", view.log.len(), self.kinds());
        let inner = pane::framed(frame, above, &title, theme);
        let rows = self.list.draw_filter(frame, inner, theme);
        self.draw_rows(frame, rows, view, theme);
        if below.height > 0 {
            let inner = pane::framed(frame, below, "Selected line", theme);
            let chosen = self.list.current(&shown).map_or("", |item| item.line.text.as_str());
            let text = wrap(chosen, usize::from(inner.width));
            lines(frame, inner, text.into_iter().map(|t| pane::line(t, Role::Text, theme)), theme);
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Kinds => {
                self.least = match self.least {
                    None => Some(Level::Warning),
                    Some(Level::Warning) => Some(Level::Critical),
                    Some(_) => None,
                };
                Outcome::Changed
            }
            Action::Back if !self.list.filter().is_shown() && self.least.is_some() => {
                self.least = None;
                Outcome::Changed
            }
            other => self.list.act(other, &self.shown(view)),
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn copied(&self, view: &View) -> Option<(&'static str, String)> {
        let shown = self.shown(view);
        self.list.current(&shown).map(|item| ("the line", item.line.text.clone()))
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let shown = self.shown(view);
        self.list.press(at, &shown)
    }

    fn keys(&self, _view: &View) -> Vec<Action> {
        vec![Action::Kinds, Action::Filter, Action::Copy]
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Kinds, Action::Filter, Action::NextMatch, Action::PreviousMatch, Action::Copy]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::tests::fixture::{now, shot, view},
        domain::shift,
    };

    #[test]
    fn repeats_are_one_line_and_levels_are_shown_alone() {
        let (mut page, mut view) = (LogPage::default(), view());
        for n in 0..30 {
            let text = format!("feed: advised {} → {}", 60 - n, 55 - n);
            view.log.insert(0, LogLine { at: shift(now(), 60 * n), level: Level::Info, text });
        }
        assert_eq!(page.shown(&view).len(), 5);
        let shown = shot(&page, &view, &Theme::default(), 80, 24);
        assert!(shown.contains("(30 times since 14:02) feed: advised 31 → 26"), "{shown}");
        assert!(shown.contains("Log: 34 of 34 lines"), "{shown}");
        page.act(Action::Kinds, &view);
        assert_eq!(page.shown(&view).len(), 2);
        page.act(Action::Kinds, &view);
        assert_eq!(page.shown(&view).len(), 1);
        assert_eq!(page.act(Action::Back, &view), Outcome::Changed);
        assert_eq!(page.shown(&view).len(), 5);
    }

    #[test]
    fn the_cursor_stays_on_its_line_when_others_come() {
        let (mut page, mut view) = (LogPage::default(), view());
        page.act(Action::Down, &view);
        let chosen = page.copied(&view);
        assert!(chosen.as_ref().is_some_and(|t| t.1.contains("Throttling")));
        let news = LogLine { at: now(), level: Level::Info, text: "news".into() };
        view.log.insert(0, news);
        assert_eq!(page.copied(&view), chosen);
        page.act(Action::First, &view);
        assert_eq!(page.copied(&view).map(|c| c.1).as_deref(), Some("news"));
        page.act(Action::Filter, &view);
        page.paste("error", &view);
        assert!(page.copied(&view).is_some_and(|t| t.1.contains("ExpiredToken")));
    }
}
