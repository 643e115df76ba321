//! Settings: every key in force with where its value comes from, and the themes, each shown at once.

use std::cell::RefCell;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::page::Page;
use crate::{
    console::{
        draw::{
            theme::{Role, Theme},
            themes,
        },
        input::action::Action,
        widgets::{
            filter::Filter,
            filtered_list::{FilteredList, ListItem},
            outcome::Outcome,
            pane::{self, lines, write},
            text::{fit, wrap},
        },
    },
    link::View,
};

/// One key of the configuration, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Dotted: `defaults.risk`.
    pub key: String,
    /// Its value; empty where it has none.
    pub value: String,
    /// Where the value comes from.
    pub from: String,
    /// True where it is not the program's own default.
    pub set: bool,
    /// What it means and what is allowed.
    pub meaning: String,
}

/// Columns of the list of themes.
const THEMES: u16 = 30;
/// Rows for the meaning of the chosen key, with its frame.
const MEANING: u16 = 7;

/// The settings page.
#[derive(Debug, Default)]
pub struct SettingsPage {
    settings: Vec<SettingRow>,
    list: FilteredList<String>,
    /// Theme shown when the page was last drawn: arrows go on from it.
    theme: RefCell<String>,
}

impl ListItem for &SettingRow {
    type Key = String;

    fn key(&self) -> String {
        self.key.clone()
    }

    fn is(&self, key: &String) -> bool {
        self.key == *key
    }

    fn words(&self) -> String {
        format!("{} {} {} {}", self.key, self.value, self.from, self.meaning)
    }
}

impl SettingsPage {
    /// The page of these settings.
    pub fn new(settings: Vec<SettingRow>) -> Self {
        SettingsPage { settings, ..SettingsPage::default() }
    }

    fn shown(&self) -> Vec<&SettingRow> {
        self.list.shown(&self.settings)
    }

    /// The theme `by` places on from the one on the screen, counted round.
    fn turn(&self, by: usize) -> Outcome {
        Outcome::Theme(themes::after(&self.theme.borrow(), by).to_owned())
    }

    fn draw_rows(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let shown = self.shown();
        if shown.is_empty() {
            return write(frame, area, 0, "No entries match the filter.", theme.style(Role::Muted));
        }
        let wide = usize::from(area.width);
        // Where it is narrow the origin stands with the meaning alone.
        let (key, from) = if wide >= 80 { (30, 18) } else { (29, 0) };
        for (y, (index, chosen)) in self.list.rows(area, &shown).enumerate() {
            let setting = shown[index];
            let style = |role| theme.style(if chosen { Role::Selected } else { role });
            let mark = match (chosen, setting.set) {
                (true, _) => theme.glyph("▶", ">"),
                (false, true) => "*",
                (false, false) => " ",
            };
            let value = if setting.value.is_empty() { "not set" } else { &setting.value };
            let role = if setting.set { Role::Text } else { Role::Muted };
            let line = Line::from(vec![
                Span::styled(format!("{mark} {} ", fit(&setting.key, key)), style(Role::Text)),
                Span::styled(fit(value, wide.saturating_sub(key + from + 4)), style(role)),
                Span::styled(format!(" {}", fit(&setting.from, from)), style(Role::Muted)),
            ]);
            frame.buffer_mut().set_line(area.x, area.y + y as u16, &line, area.width);
        }
    }

    fn draw_meaning(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let shown = self.shown();
        let Some(setting) = self.list.current(&shown) else { return };
        let inner = pane::framed(frame, area, &setting.key, theme);
        let width = usize::from(inner.width);
        let value = if setting.value.is_empty() { "not set" } else { &setting.value };
        let first = format!("{value} ({})", setting.from);
        let mut text = vec![Line::styled(fit(&first, width), theme.style(Role::Info))];
        text.extend(
            wrap(&setting.meaning, width).into_iter().map(|t| Line::styled(t, theme.style(Role::Text))),
        );
        lines(frame, inner, text, theme);
    }

    /// The themes, and every role in the colours of the present one.
    fn draw_themes(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        theme.name().clone_into(&mut self.theme.borrow_mut());
        let inner = pane::framed(frame, area, "Theme (Left, Right)", theme);
        let mut text: Vec<Line<'_>> = themes::names()
            .map(|name| {
                let chosen = name == theme.name();
                let mark = if chosen { theme.glyph("▶", ">") } else { " " };
                let style = theme.style(if chosen { Role::Selected } else { Role::Text });
                Line::styled(format!("{mark} {}", fit(name, 20)), style)
            })
            .collect();
        if themes::names().all(|name| name != theme.name()) {
            text.push(Line::styled(
                format!("{} {}", theme.glyph("▶", ">"), fit(theme.name(), 20)),
                theme.style(Role::Selected),
            ));
        }
        text.push(Line::raw(""));
        for pair in Role::ALL.chunks(2) {
            let name = |(role, word): &(Role, &'static str)| Span::styled(fit(word, 12), theme.style(*role));
            let mut spans: Vec<Span<'_>> = vec![Span::raw(" ")];
            spans.extend(pair.iter().flat_map(|named| [name(named), Span::raw(" ")]));
            text.push(Line::from(spans));
        }
        lines(frame, inner, text, theme);
    }
}

impl Page for SettingsPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, _view: &View, theme: &Theme) {
        let (left, right) = (area.width.saturating_sub(THEMES), THEMES.min(area.width));
        let list = Rect { width: left, height: area.height.saturating_sub(MEANING), ..area };
        let set = self.settings.iter().filter(|s| s.set).count();
        let title = format!("Effective settings: {}, {set} set (*)", self.settings.len());
        let inner = pane::framed(frame, list, &title, theme);
        let rows = self.list.draw_filter(frame, inner, theme);
        self.draw_rows(frame, rows, theme);
        self.draw_meaning(frame, Rect { y: list.bottom(), height: area.height - list.height, ..list }, theme);
        self.draw_themes(frame, Rect { x: list.right(), width: right, ..area }, theme);
    }

    fn act(&mut self, action: Action, _view: &View) -> Outcome {
        match action {
            Action::Right => self.turn(1),
            Action::Left => self.turn(themes::names().count() - 1),
            other => self.list.act(other, &self.list.shown(&self.settings)),
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn find(&mut self, key: &str) {
        self.list.clear_filter();
        self.list.choose(Some(key.to_owned()));
    }

    fn copied(&self, _view: &View) -> Option<(&'static str, String)> {
        self.list.current(&self.shown()).map(|s| ("the setting", format!("{} = {}", s.key, s.value)))
    }

    fn press(&mut self, at: (u16, u16), _view: &View) -> Outcome {
        self.list.press(at, &self.list.shown(&self.settings))
    }

    fn keys(&self, _view: &View) -> Vec<Action> {
        vec![Action::Filter, Action::Copy, Action::Left, Action::Right]
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Filter, Action::NextMatch, Action::PreviousMatch, Action::Left, Action::Right, Action::Copy]
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Left => Some("previous theme"),
            Action::Right => Some("next theme"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{settings, shot, view};

    fn page() -> SettingsPage {
        SettingsPage::new(settings())
    }

    #[test]
    fn themes_are_shown_as_one_moves() {
        let (mut page, view) = (page(), view());
        shot(&page, &view, &Theme::default(), 80, 24);
        assert_eq!(page.act(Action::Right, &view), Outcome::Theme("light".into()));
        let last = themes::names().last().expect("there are themes");
        assert_eq!(page.act(Action::Left, &view), Outcome::Theme(last.into()));
    }

    #[test]
    fn the_filter_looks_at_key_value_origin_and_meaning() {
        let (mut page, view) = (page(), view());
        for (typed, key) in [("risk", "defaults.risk"), ("aws", "source.kind"), ("--theme", "terminal.theme")]
        {
            page.act(Action::Filter, &view);
            page.paste(typed, &view);
            page.key(crossterm::event::KeyCode::Enter.into(), &view);
            assert!(page.copied(&view).is_some_and(|text| text.1.starts_with(key)), "{typed}");
            page.act(Action::Back, &view);
        }
    }
}
