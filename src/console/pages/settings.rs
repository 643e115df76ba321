//! Settings: every key in force with where its value comes from, and the themes, each shown at once.

use std::cell::Cell;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::page::{Outcome, Page};
use crate::{
    console::{
        draw::theme::{BUILT_IN, Role, Theme},
        input::keymap::Action,
        widgets::{
            filter::Filter,
            list::{ListViewport, moved},
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
    chosen: usize,
    filter: Filter,
    /// Theme shown when the page was last drawn: arrows go on from it.
    theme: Cell<Option<usize>>,
    seen: ListViewport,
}

impl SettingsPage {
    /// The page of these settings.
    pub fn new(settings: Vec<SettingRow>) -> Self {
        SettingsPage { settings, ..SettingsPage::default() }
    }

    fn shown(&self) -> Vec<&SettingRow> {
        let words = |s: &SettingRow| format!("{} {} {} {}", s.key, s.value, s.from, s.meaning);
        self.settings.iter().filter(|s| self.filter.lets(&words(s))).collect()
    }

    fn cursor(&self, shown: &[&SettingRow]) -> usize {
        self.chosen.min(shown.len().saturating_sub(1))
    }

    /// The theme `by` places on from the one on the screen, counted round.
    fn turn(&self, by: usize) -> Outcome {
        let at = self.theme.get().map_or(0, |at| (at + by) % BUILT_IN.len());
        Outcome::Theme(BUILT_IN[at].0.to_owned())
    }

    fn draw_rows(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let shown = self.shown();
        let cursor = self.cursor(&shown);
        if shown.is_empty() {
            return write(frame, area, 0, "Nothing fits the filter.", theme.style(Role::Muted));
        }
        let wide = usize::from(area.width);
        // Where it is narrow the origin stands with the meaning alone.
        let (key, from) = if wide >= 80 { (30, 18) } else { (29, 0) };
        for (y, index) in self.seen.window(area, cursor, shown.len()).enumerate() {
            let (setting, chosen) = (shown[index], index == cursor);
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
        let Some(setting) = shown.get(self.cursor(&shown)) else { return };
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
        let at = BUILT_IN.iter().position(|(name, _)| *name == theme.name());
        self.theme.set(at);
        let inner = pane::framed(frame, area, "Theme (Left, Right)", theme);
        let mut text: Vec<Line<'_>> = BUILT_IN
            .iter()
            .enumerate()
            .map(|(index, (name, _))| {
                let chosen = Some(index) == at;
                let mark = if chosen { theme.glyph("▶", ">") } else { " " };
                let style = theme.style(if chosen { Role::Selected } else { Role::Text });
                Line::styled(format!("{mark} {}", fit(name, 20)), style)
            })
            .collect();
        if at.is_none() {
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
        let title = format!("Settings in force: {}, {set} set (*)", self.settings.len());
        let inner = pane::framed(frame, list, &title, theme);
        let rows = self.filter.draw(frame, inner, theme);
        self.draw_rows(frame, rows, theme);
        self.draw_meaning(frame, Rect { y: list.bottom(), height: area.height - list.height, ..list }, theme);
        self.draw_themes(frame, Rect { x: list.right(), width: right, ..area }, theme);
    }

    fn act(&mut self, action: Action, _view: &View) -> Outcome {
        let shown = self.shown();
        if let Some(to) = moved(action, self.cursor(&shown), shown.len(), self.seen.page()) {
            self.chosen = to;
            return Outcome::Changed;
        }
        match action {
            Action::Right => self.turn(1),
            Action::Left => self.turn(BUILT_IN.len() - 1),
            other => self.filter.act(other),
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(&mut self.filter)
    }

    fn copied(&self, _view: &View) -> Option<String> {
        let shown = self.shown();
        shown.get(self.cursor(&shown)).map(|s| format!("{} = {}", s.key, s.value))
    }

    fn press(&mut self, at: (u16, u16), _view: &View) -> Outcome {
        match self.seen.at(at, self.shown().len()) {
            Some(to) => {
                self.chosen = to;
                Outcome::Changed
            }
            None => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Filter, Action::NextMatch, Action::PreviousMatch, Action::Left, Action::Right, Action::Copy]
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Left => Some("theme before"),
            Action::Right => Some("next theme"),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::console::tests::fixture::{SIZES, shot, view};

    /// The page with five keys of different origin.
    pub(crate) fn page() -> SettingsPage {
        let setting = |key: &str, value: &str, from: &str, meaning: &str| SettingRow {
            key: key.into(),
            value: value.into(),
            from: from.into(),
            set: from != "default",
            meaning: meaning.into(),
        };
        SettingsPage::new(vec![
            setting("timezone", "", "default", "Zone in which times are shown: an IANA name."),
            setting("source.kind", "\"aws\"", "file, line 2", "Where groups and metrics come from."),
            setting("defaults.risk", "0.96", "default", "Quantile of demand that is bought, 0.5 to 0.995."),
            setting("terminal.theme", "\"nord\"", "--theme", "Name of a theme, or path of a theme file."),
            setting("notify.webhook", "set, never shown", "PRESCALE_WEBHOOK", "Address that takes text."),
        ])
    }

    #[test]
    fn settings_at_every_size() {
        for (width, height) in SIZES {
            let shown = shot(&page(), &view(), &Theme::default(), width, height);
            insta::assert_snapshot!(format!("settings_{width}x{height}"), shown);
        }
    }

    #[test]
    fn themes_are_shown_as_one_moves() {
        let (mut page, view) = (page(), view());
        shot(&page, &view, &Theme::default(), 80, 24);
        assert_eq!(page.act(Action::Right, &view), Outcome::Theme("light".into()));
        let last = BUILT_IN[BUILT_IN.len() - 1].0;
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
            assert!(page.copied(&view).is_some_and(|text| text.starts_with(key)), "{typed}");
            page.act(Action::Back, &view);
        }
    }
}
