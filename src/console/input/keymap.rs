//! Keys to actions. One table is behind the keys, the palette, the help, the footer and the documents.
//!
//! A key may mean one thing on one page and another elsewhere: a page's own actions are asked first, then
//! those understood everywhere ([`Action::is_everywhere`]). The table is [`DEFAULT_KEYS`] and the keys of the pages;
//! the file's `[keys]` and the presets change it: [`super::remap`].

use crossterm::event::{KeyCode, KeyEvent};

use super::{
    action::{Action, PageId},
    default_keys::DEFAULT_KEYS,
    key::Key,
};
use crate::console::pages::PAGES;

/// One line of the keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// By which keys; the first stands in the footer.
    pub keys: Vec<Key>,
    /// One word or two, for the footer.
    pub word: &'static str,
    /// One line, for the help.
    pub help: &'static str,
}

/// Which keys do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the help.
    pub bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let pages = PAGES.iter().map(|page| Binding {
            action: Action::Page(page.id),
            keys: vec![Key::plain(KeyCode::Char(page.key))],
            word: page.id.0,
            help: page.help,
        });
        let rest = DEFAULT_KEYS.iter().map(|(action, keys, word, help)| Binding {
            action: *action,
            keys: keys.to_vec(),
            word,
            help,
        });
        Keymap { bindings: pages.chain(rest).collect() }
    }
}

impl Keymap {
    /// What `event` asks for on a page that understands `page` beside what every page does.
    pub fn action(&self, event: KeyEvent, page: &[Action]) -> Option<Action> {
        let key = Key::from(event);
        let find = |here: &dyn Fn(Action) -> bool| {
            self.bindings.iter().find(|b| here(b.action) && b.keys.contains(&key)).map(|b| b.action)
        };
        find(&|action| page.contains(&action)).or_else(|| find(&Action::is_everywhere))
    }

    /// The line of `action`.
    pub fn binding(&self, action: Action) -> Option<&Binding> {
        self.bindings.iter().find(|b| b.action == action)
    }

    /// The first key that opens this page in words; empty if it has none.
    pub fn key_of_page(&self, page: PageId) -> String {
        self.key_of(Action::Page(page))
    }

    /// The first key of `action` in words; empty if it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.binding(action).and_then(|b| b.keys.first()).map(Key::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    #[test]
    fn every_action_of_everywhere_has_a_key_and_no_two_share_one() {
        let keymap = Keymap::default();
        let mut seen: Vec<Key> = Vec::new();
        for binding in keymap.bindings.iter().filter(|b| b.action.is_everywhere()) {
            assert!(!binding.keys.is_empty(), "{:?} has no key", binding.action);
            for key in &binding.keys {
                assert!(!seen.contains(key), "{key} twice");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn a_page_goes_before_everywhere() {
        let keymap = Keymap::default();
        let a = KeyEvent::from(KeyCode::Char('a'));
        assert_eq!(keymap.action(a, &[Action::Add]), Some(Action::Add));
        assert_eq!(keymap.action(a, &[Action::Approve]), Some(Action::Approve));
        assert_eq!(keymap.action(a, &[]), None);
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(quit, &[Action::Cancel]), Some(Action::Quit));
    }

    #[test]
    fn keys_have_names() {
        let keymap = Keymap::default();
        assert_eq!(keymap.key_of(Action::PreviousPage), "Shift-Tab");
        assert_eq!(keymap.key_of(Action::Suspend), "Ctrl-Z");
        assert_eq!(keymap.key_of(Action::Up), "Up");
    }
}
