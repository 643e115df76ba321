//! Other keys than the usual: presets, and the operator's own `[keys]`.
//!
//! A line gives an action all its keys, or none. A key that is given is taken from whatever had it before, so that
//! one line is enough to move it. Two lines that give one key to actions which meet on a page are an error.

use super::{
    action::Action,
    key::Key,
    keymap::{Binding, Keymap},
};
use crate::console::embedded::{self, embedded};

embedded! {
    /// The presets: name and lines, as they would stand in `prescale.toml`.
    PRESETS in "keymaps":
    "default",
    "vim",
    "plain",
}

/// The names of the presets as a list in words.
pub fn presets() -> String {
    embedded::names(PRESETS)
}

/// One line of `[keys]`: the name of an action, and those of its keys; without any it is unbound.
pub type Given = (String, Vec<String>);

/// What Ctrl-C does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CtrlC {
    /// Leaves the program, also while typing.
    Quit,
    /// Closes what is open, as Esc.
    Back,
    /// Nothing.
    Ignore,
}

/// Former names of actions, still read, each with the name that it has now.
const RENAMED: [(&str, &str); 1] = [("foretold", "overlay")];

/// The present name of the action that a line calls `name`.
fn current(name: &str) -> &str {
    RENAMED.iter().find(|(former, _)| *former == name).map_or(name, |(_, now)| now)
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct RemapError {
    /// Name of the line's action as it was written.
    pub action: String,
    /// What is wrong and what may stand there.
    pub reason: String,
}

/// What a preset's file holds.
#[derive(serde::Deserialize)]
struct KeymapFile {
    keys: std::collections::BTreeMap<String, Vec<String>>,
}

impl Keymap {
    /// The usual keys, changed as the preset of this name says; `None` if there is none.
    pub fn preset(name: &str) -> Option<Keymap> {
        let (_, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
        let file: KeymapFile = toml::from_str(text).expect("a test reads every preset");
        let given: Vec<Given> = file.keys.into_iter().collect();
        Some(Keymap::default().remapped(&given, &[]).expect("a test reads every preset"))
    }

    /// These keys, changed as `given` says. `pages` are the actions of each page beside what every page understands.
    ///
    /// # Errors
    /// [`RemapError`] for the first line that names no action or no key, or a key that is taken.
    pub fn remapped(mut self, given: &[Given], pages: &[&[Action]]) -> Result<Keymap, RemapError> {
        let mut taken: Vec<(Key, Action)> = Vec::new();
        for (name, keys) in given {
            let wrong = |reason: String| RemapError { action: name.clone(), reason };
            let action = self.named(name).ok_or_else(|| wrong(self.no_action(name)))?;
            let keys: Vec<Key> = keys.iter().map(|k| k.parse()).collect::<Result<_, _>>().map_err(wrong)?;
            for key in &keys {
                let other = taken.iter().find(|(k, other)| k == key && meet(action, *other, pages));
                if let Some((_, other)) = other {
                    return Err(wrong(format!(
                        "{key} is also bound to `{}`; choose another key",
                        other.name()
                    )));
                }
                taken.push((*key, action));
            }
            if let Some(binding) = self.bindings.iter_mut().find(|b| b.action == action) {
                binding.keys = keys;
            }
        }
        for binding in &mut self.bindings {
            let own = given.iter().any(|(name, _)| current(name) == binding.action.name());
            let lost = |key: &Key| taken.iter().any(|(k, by)| k == key && meet(binding.action, *by, pages));
            binding.keys.retain(|key| own || !lost(key));
        }
        Ok(self)
    }

    /// These keys, with what Ctrl-C does.
    pub fn with_ctrl_c(mut self, does: CtrlC) -> Keymap {
        let key = Key::control('c');
        let wanted = match does {
            CtrlC::Quit => Some(Action::Quit),
            CtrlC::Back => Some(Action::Back),
            CtrlC::Ignore => None,
        };
        for Binding { action, keys, .. } in &mut self.bindings {
            keys.retain(|k| *k != key);
            if Some(*action) == wanted {
                keys.push(key);
            }
        }
        self
    }

    /// The action of this name.
    pub fn named(&self, name: &str) -> Option<Action> {
        self.bindings.iter().map(|b| b.action).find(|a| a.name() == current(name))
    }

    fn no_action(&self, name: &str) -> String {
        let known = self.bindings.iter().map(|b| b.action.name()).collect::<Vec<_>>().join(", ");
        format!("unknown action `{}`; known actions: {known}", crate::domain::text::clean(name, 40))
    }
}

/// True if both actions may be asked for on one page, so that they cannot share a key.
fn meet(one: Action, other: Action, pages: &[&[Action]]) -> bool {
    let together = |page: &&[Action]| page.contains(&one) && page.contains(&other);
    one != other && (one.is_everywhere() || other.is_everywhere() || pages.iter().any(together))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyEvent};

    const PAGES: [&[Action]; 2] = [&[Action::Approve, Action::Reject], &[Action::Add, Action::Edit]];

    fn given(lines: &[(&str, &[&str])]) -> Vec<Given> {
        let own = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect();
        lines.iter().map(|(name, keys)| ((*name).to_owned(), own(keys))).collect()
    }

    fn does(keymap: &Keymap, key: char, page: &[Action]) -> Option<Action> {
        keymap.action(KeyEvent::from(KeyCode::Char(key)), page)
    }

    #[test]
    fn an_action_has_several_keys_or_none() {
        let lines = given(&[("freeze", &["F5", "w"]), ("quit", &[])]);
        let keymap = Keymap::default().remapped(&lines, &PAGES).expect("is right");
        assert_eq!(does(&keymap, 'w', &[]), Some(Action::Freeze));
        assert_eq!(does(&keymap, 'f', &[]), None);
        assert_eq!(does(&keymap, 'q', &[]), None);
        assert_eq!(keymap.key_of(Action::Freeze), "F5");
    }

    #[test]
    fn a_key_that_is_given_is_taken_from_what_had_it() {
        let keymap = Keymap::default().remapped(&given(&[("theme", &["x"])]), &PAGES).expect("is right");
        assert_eq!(does(&keymap, 'x', &[]), Some(Action::Theme));
        assert_eq!(keymap.key_of(Action::Fault), "");
        // Actions of different pages never meet: `a` stays what it is elsewhere.
        let keymap = Keymap::default().remapped(&given(&[("approve", &["e"])]), &PAGES).expect("is right");
        assert_eq!(does(&keymap, 'e', PAGES[0]), Some(Action::Approve));
        assert_eq!(does(&keymap, 'e', PAGES[1]), Some(Action::Edit));
    }

    #[test]
    fn a_former_name_of_an_action_is_still_read() {
        let keymap = Keymap::default().remapped(&given(&[("foretold", &["w"])]), &PAGES).expect("is read");
        assert_eq!(keymap.key_of(Action::Overlay), "w");
        assert_eq!(does(&keymap, 'F', &[Action::Overlay]), None);
    }

    #[test]
    fn what_cannot_be_is_told() {
        let fail = |lines: &[(&str, &[&str])]| {
            Keymap::default().remapped(&given(lines), &PAGES).expect_err("is wrong").to_string()
        };
        assert!(fail(&[("aprove", &["a"])]).starts_with("unknown action `aprove`; known actions: fleet,"));
        assert!(fail(&[("approve", &["Strg-A"])]).starts_with("`Strg-A` is not a key"));
        assert!(fail(&[("approve", &["w"]), ("reject", &["w"])]).contains("w is also bound to `approve`"));
        assert!(fail(&[("approve", &["w"]), ("quit", &["w"])]).contains("w is also bound to `approve`"));
        let apart = given(&[("approve", &["w"]), ("edit", &["w"])]);
        assert!(Keymap::default().remapped(&apart, &PAGES).is_ok());
    }

    #[test]
    fn every_preset_is_read_and_keeps_every_way_out() {
        for &(name, _) in PRESETS {
            let keymap = Keymap::preset(name).expect(name);
            for action in [Action::Quit, Action::Back, Action::Help, Action::Palette, Action::Brake] {
                assert_ne!(keymap.key_of(action), "", "{name} leaves {action:?} without a key");
            }
        }
        assert_eq!(Keymap::preset("emacs"), None);
        let plain = Keymap::preset("plain").expect("a preset");
        let acts =
            [Action::Approve, Action::Mode, Action::Brake, Action::Delete, Action::Quit, Action::Promote];
        for binding in plain.bindings.iter().filter(|b| acts.contains(&b.action)) {
            let letter = |k: &Key| matches!(k.code, KeyCode::Char(_)) && !k.control;
            assert!(!binding.keys.iter().any(letter), "{:?}", binding.action);
        }
    }

    #[test]
    fn ctrl_c_does_what_it_is_told() {
        let press = |does| {
            let event = KeyEvent::new(KeyCode::Char('c'), crossterm::event::KeyModifiers::CONTROL);
            Keymap::default().with_ctrl_c(does).action(event, &[])
        };
        assert_eq!(press(CtrlC::Quit), Some(Action::Quit));
        assert_eq!(press(CtrlC::Back), Some(Action::Back));
        assert_eq!(press(CtrlC::Ignore), None);
    }
}
