//! The palette: one types what to do, and what fits is listed while one types.
//!
//! It knows every action that works on the page, and the actions that take a word: `theme`, `group`, `zone`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    action::Action,
    keymap::{Binding, Keymap},
};
use crate::console::{draw::themes, widgets::text_line::TextLine, zone::Zone};

/// What can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// What a key would do.
    Action(Action),
    /// Take a theme.
    Theme(String),
    /// Show a group.
    Group(String),
    /// Show times in a zone.
    Zone(Zone),
}

/// One line that can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaletteEntry {
    /// What one types.
    pub text: String,
    /// The key that does the same; empty if there is none.
    pub key: String,
    /// What it does.
    pub help: String,
    /// What picking it runs.
    pub run: Run,
}

/// What a key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// Still open.
    Open,
    /// Closed without a choice.
    Nothing,
    /// Closed: do this.
    Run(Run),
}

/// The open palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    entries: Vec<PaletteEntry>,
    line: TextLine,
    chosen: usize,
}

impl Palette {
    /// A palette of what works on a page with these actions of its own, and of these groups.
    pub fn new<'a>(keymap: &Keymap, page: &[Action], groups: impl Iterator<Item = &'a str>) -> Palette {
        let works = |a: &Action| (page.contains(a) || a.is_everywhere()) && *a != Action::Palette;
        let action = |binding: &Binding| PaletteEntry {
            text: binding.action.name(),
            key: keymap.key_of(binding.action),
            help: binding.help.to_owned(),
            run: Run::Action(binding.action),
        };
        let entry = |text: String, help: &str, run| PaletteEntry {
            text,
            key: String::new(),
            help: help.to_owned(),
            run,
        };
        let mut entries: Vec<PaletteEntry> =
            keymap.bindings.iter().filter(|b| works(&b.action)).map(action).collect();
        entries
            .extend(groups.map(|g| entry(format!("group {g}"), "Show this group", Run::Group(g.to_owned()))));
        entries.extend(
            themes::names()
                .map(|name| entry(format!("theme {name}"), "Use this theme", Run::Theme(name.to_owned()))),
        );
        let zones = [
            ("fleet", "Times in the calendar's zone", Zone::Fleet),
            ("utc", "Times in UTC", Zone::Utc),
            ("local", "Times on this machine's clock", Zone::Local),
        ];
        entries.extend(zones.map(|(name, help, zone)| entry(format!("zone {name}"), help, Run::Zone(zone))));
        Palette { entries, line: TextLine::default(), chosen: 0 }
    }

    /// What fits what is typed, the best first: every word is found in the line; its start counts most.
    pub fn fitting(&self) -> Vec<&PaletteEntry> {
        let typed = self.line.value().trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |e: &&PaletteEntry| {
            let line = format!("{} {}", e.text, e.help).to_lowercase();
            words.iter().all(|word| line.contains(word))
        };
        let mut found: Vec<&PaletteEntry> = self.entries.iter().filter(fits).collect();
        // The sort is stable, so the order of the keymap stays within each rank.
        found.sort_by_key(|e| match e.text.to_lowercase() {
            text if text == typed => 0,
            text if text.starts_with(&typed) => 1,
            text if words.iter().all(|word| text.contains(word)) => 2,
            _ => 3,
        });
        found
    }

    /// What is typed.
    pub fn line(&self) -> &TextLine {
        &self.line
    }

    /// Place of the chosen line among those that fit.
    pub fn chosen(&self) -> usize {
        self.chosen.min(self.fitting().len().saturating_sub(1))
    }

    /// Takes text that was pasted.
    pub fn paste(&mut self, text: &str) -> bool {
        self.line.paste(text);
        self.chosen = 0;
        true
    }

    /// Takes a key: Enter runs what is chosen, Tab completes it, arrows (or Ctrl-N, Ctrl-P) choose, Esc leaves.
    pub fn key(&mut self, key: KeyEvent) -> Picked {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let at = self.chosen();
        let chosen = self.fitting().get(at).map(|e| (*e).clone());
        match (key.code, chosen) {
            (KeyCode::Esc, _) => return Picked::Nothing,
            (KeyCode::Backspace, _) if self.line.value().is_empty() => return Picked::Nothing,
            (KeyCode::Enter, Some(entry)) => return Picked::Run(entry.run),
            (KeyCode::Tab, Some(entry)) => {
                self.line = TextLine::new(&entry.text);
                self.chosen = 0;
            }
            (KeyCode::Up, _) => self.chosen = at.saturating_sub(1),
            (KeyCode::Char('p'), _) if control => self.chosen = at.saturating_sub(1),
            (KeyCode::Down, _) => self.chosen = at + 1,
            (KeyCode::Char('n'), _) if control => self.chosen = at + 1,
            _ => {
                if self.line.key(key) {
                    self.chosen = 0;
                }
            }
        }
        Picked::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> Palette {
        Palette::new(&Keymap::default(), &[Action::Approve], ["shop", "api"].into_iter())
    }

    fn typed(text: &str) -> Palette {
        let mut palette = palette();
        palette.paste(text);
        palette
    }

    fn best(text: &str) -> Option<String> {
        typed(text).fitting().first().map(|e| e.text.clone())
    }

    #[test]
    fn what_fits_is_listed_the_best_first() {
        assert_eq!(best("qu").as_deref(), Some("quit"));
        assert_eq!(best("scale-in").as_deref(), Some("brake"));
        assert_eq!(best("theme").as_deref(), Some("theme"));
        assert_eq!(best("theme nord").as_deref(), Some("theme nord"));
        assert_eq!(best("SHOP").as_deref(), Some("group shop"));
        assert_eq!(best("approve").as_deref(), Some("approve"));
        assert_eq!(best("reject"), None, "another page's action does not work here");
        assert_eq!(best("no such thing"), None);
    }

    #[test]
    fn tab_completes_enter_runs_and_escape_leaves() {
        let mut open = typed("theme n");
        assert_eq!(open.key(KeyCode::Tab.into()), Picked::Open);
        assert_eq!(open.line().value(), "theme nord");
        assert_eq!(open.key(KeyCode::Enter.into()), Picked::Run(Run::Theme("nord".into())));
        assert_eq!(typed("zzz").key(KeyCode::Enter.into()), Picked::Open);
        assert_eq!(typed("q").key(KeyCode::Esc.into()), Picked::Nothing);
        let mut open = typed("group ");
        open.key(KeyCode::Down.into());
        let (at, all) = (open.chosen(), open.fitting());
        assert_eq!((at, all[at].text.as_str()), (1, "group shop"));
    }
}
