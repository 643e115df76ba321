//! The palette: one types what to do, and what fits is listed while one types.
//!
//! It knows every action that works on the page, the actions that take a word (`theme`, `group`, `zone`), and every key of
//! the configuration. Where nothing fits, the nearest are listed: Enter then completes, and only a second Enter runs.

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
    /// Show a key of the configuration on the settings page.
    Setting(String),
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

/// What a palette lists beside the actions.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Names of the groups.
    pub groups: &'a [&'a str],
    /// Keys of the configuration, each with its meaning.
    pub settings: &'a [(String, String)],
    /// True where groups and clock are simulated: what only a simulation has is listed nowhere else.
    pub simulated: bool,
}

/// Likeness from which a line counts as near to what is typed, and how many of them are listed.
const NEAR: f64 = 0.75;
const NEAREST: usize = 5;

/// The open palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    entries: Vec<PaletteEntry>,
    line: TextLine,
    chosen: usize,
}

impl Palette {
    /// A palette of what works on a page with these actions of its own, and of what is `known`.
    pub fn new(keymap: &Keymap, page: &[Action], known: Known<'_>) -> Palette {
        let works = |a: &Action| *a != Action::Palette && a.works(page, known.simulated);
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
        let group = |g: &&str| entry(format!("group {g}"), "Show this group", Run::Group((*g).to_owned()));
        entries.extend(known.groups.iter().map(group));
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
        let setting =
            |(key, meaning): &(String, String)| entry(key.clone(), meaning, Run::Setting(key.clone()));
        entries.extend(known.settings.iter().map(setting));
        Palette { entries, line: TextLine::default(), chosen: 0 }
    }

    /// What fits what is typed, the best first: every word is found in the line; its start counts most.
    fn fits(&self) -> Vec<&PaletteEntry> {
        let typed = self.line.value().trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |e: &&PaletteEntry| {
            let line = format!("{} {}", e.text, e.help).to_lowercase();
            words.iter().all(|word| line.contains(word))
        };
        let mut found: Vec<&PaletteEntry> = self.entries.iter().filter(fits).collect();
        // The sort is stable, so the order of the keymap stays within each rank; settings come after what does something.
        found.sort_by_key(|e| match (e.text.to_lowercase(), &e.run) {
            (text, _) if text == typed => 0,
            (text, Run::Setting(key)) if text.starts_with(&typed) || last(key) == typed => 2,
            (text, _) if text.starts_with(&typed) => 1,
            (text, _) if words.iter().all(|word| text.contains(word)) => 3,
            _ => 4,
        });
        found
    }

    /// Where nothing fits: what is spelled most alike, the nearest first.
    fn nearest(&self) -> Vec<&PaletteEntry> {
        let typed = self.line.value().trim().to_lowercase();
        let mut near: Vec<(f64, &PaletteEntry)> =
            self.entries.iter().map(|e| (likeness(&e.text, &typed), e)).filter(|(l, _)| *l >= NEAR).collect();
        near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        near.into_iter().take(NEAREST).map(|(_, entry)| entry).collect()
    }

    /// What is listed: what fits, else the nearest.
    pub fn fitting(&self) -> Vec<&PaletteEntry> {
        let fits = self.fits();
        if fits.is_empty() { self.nearest() } else { fits }
    }

    /// True where nothing fits what is typed, so that the nearest are listed.
    pub fn is_guessing(&self) -> bool {
        self.fits().is_empty()
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
        let guessing = key.code == KeyCode::Enter && self.is_guessing();
        match (key.code, chosen) {
            (KeyCode::Esc, _) => return Picked::Nothing,
            (KeyCode::Enter, Some(entry)) if guessing => {
                self.line = TextLine::new(&entry.text);
                self.chosen = 0;
            }
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

/// The last part of a dotted key.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// How alike `text`, or one of its parts, is to what is `typed`, from 0 to 1.
fn likeness(text: &str, typed: &str) -> f64 {
    let text = text.to_lowercase();
    let parts = text.split([' ', '.', '-', '_']).chain([text.as_str()]);
    parts.map(|part| strsim::jaro_winkler(part, typed)).fold(0.0, f64::max)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A palette of two groups and two settings.
    pub(crate) fn palette() -> Palette {
        let setting = |key: &str, meaning: &str| (key.to_owned(), meaning.to_owned());
        let settings = [setting("defaults.risk", "Quantile of demand"), setting("timezone", "Zone of times")];
        let known = Known { groups: &["shop", "api"], settings: &settings, simulated: false };
        Palette::new(&Keymap::default(), &[Action::Approve], known)
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
        assert!(typed("reject").is_guessing(), "another page's action does not work here");
        assert_eq!(best("no such thing"), None);
        assert_eq!(best("risk").as_deref(), Some("defaults.risk"), "a setting by its last part");
        let simulated = |text: &str| typed(text).fitting().iter().any(|e| e.text == text);
        assert!(!["faster", "fault", "pause"].into_iter().any(simulated), "only a simulation has these");
    }

    #[test]
    fn what_fits_nothing_shows_the_nearest_and_needs_two_enters() {
        assert_eq!(best("freze").as_deref(), Some("freeze"));
        assert_eq!(best("rsik").as_deref(), Some("defaults.risk"));
        assert_eq!(best("timzone").as_deref(), Some("timezone"));
        let mut open = typed("freze");
        assert!(open.is_guessing());
        assert_eq!(open.key(KeyCode::Enter.into()), Picked::Open, "it may have been meant otherwise");
        assert_eq!(open.line().value(), "freeze");
        assert_eq!(open.key(KeyCode::Enter.into()), Picked::Run(Run::Action(Action::Freeze)));
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
