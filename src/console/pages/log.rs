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
}

impl ListItem for &LogLine {
    type Key = (Time, String);

    const FOLLOWS_FIRST: bool = true;

    fn key(&self) -> Self::Key {
        (self.at, self.text.clone())
    }

    fn is(&self, (at, text): &Self::Key) -> bool {
        self.at == *at && self.text == *text
    }

    fn words(&self) -> String {
        format!("{} {}", word(self.level), self.text)
    }

    fn instead(_: &Self::Key, shown: &[Self]) -> usize {
        // A line that has gone was older than all that are left.
        shown.len().saturating_sub(1)
    }
}

impl LogPage {
    fn draw_rows(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let shown = self.list.shown(&view.log);
        let zone = zone(&view.zone);
        if shown.is_empty() {
            let text =
                if view.log.is_empty() { "Nothing has been logged." } else { "No entries match the filter." };
            return write(frame, area, 0, text, theme.style(Role::Muted));
        }
        for (y, (index, chosen)) in self.list.rows(area, &shown).enumerate() {
            let entry = shown[index];
            let (role, mark) = level(entry.level, theme);
            let style = |role| theme.style(if chosen { Role::Selected } else { role });
            let time = entry.at.with_timezone(&zone).format("%d %b %H:%M:%S").to_string();
            let pointer = if chosen { theme.glyph("▶", ">") } else { " " };
            let head = format!("{pointer} {time} {mark} {} ", fit(word(entry.level), 8));
            let width = usize::from(area.width).saturating_sub(head.chars().count());
            let line = Line::from(vec![
                Span::styled(head, style(role)),
                Span::styled(fit(&entry.text, width), style(Role::Text)),
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
        let shown = self.list.shown(&view.log);
        let title = format!("Log: {} of {} lines, newest first", shown.len(), view.log.len());
        let inner = pane::framed(frame, above, &title, theme);
        let rows = self.list.draw_filter(frame, inner, theme);
        self.draw_rows(frame, rows, view, theme);
        if below.height > 0 {
            let inner = pane::framed(frame, below, "Selected line", theme);
            let chosen = self.list.current(&shown).map_or("", |l| l.text.as_str());
            let text = wrap(chosen, usize::from(inner.width));
            lines(frame, inner, text.into_iter().map(|t| pane::line(t, Role::Text, theme)), theme);
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        let shown = self.list.shown(&view.log);
        self.list.act(action, &shown)
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn copied(&self, view: &View) -> Option<String> {
        let shown = self.list.shown(&view.log);
        self.list.current(&shown).map(|l| l.text.clone())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let shown = self.list.shown(&view.log);
        self.list.press(at, &shown)
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Filter, Action::NextMatch, Action::PreviousMatch, Action::Copy]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{now, view};

    #[test]
    fn the_cursor_stays_on_its_line_when_others_come() {
        let (mut page, mut view) = (LogPage::default(), view());
        page.act(Action::Down, &view);
        let chosen = page.copied(&view);
        assert!(chosen.as_ref().is_some_and(|t| t.contains("Throttling")));
        let news = LogLine { at: now(), level: Level::Info, text: "news".into() };
        view.log.insert(0, news);
        assert_eq!(page.copied(&view), chosen);
        page.act(Action::First, &view);
        assert_eq!(page.copied(&view).as_deref(), Some("news"));
        page.act(Action::Filter, &view);
        page.paste("error", &view);
        assert!(page.copied(&view).is_some_and(|t| t.contains("ExpiredToken")));
    }
}
