//! One key as pressed, and its name as people read and write it: `a`, `G`, `Ctrl-X`, `Shift-Tab`, `F5`, `Space`.

use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as pressed: Shift is in the character itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl.
    pub control: bool,
    /// With Alt.
    pub alt: bool,
}

/// Keys that are called by a word.
const NAMED: [(&str, KeyCode); 16] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

impl Key {
    /// A key without Ctrl and Alt.
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, control: false, alt: false }
    }

    /// A letter with Ctrl.
    pub const fn control(letter: char) -> Key {
        Key { code: KeyCode::Char(letter), control: true, alt: false }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let with = |modifier| event.modifiers.contains(modifier);
        Key { code: event.code, control: with(KeyModifiers::CONTROL), alt: with(KeyModifiers::ALT) }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.control {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        let word = NAMED.iter().find(|(_, code)| *code == self.code);
        match (word, self.code) {
            (Some((word, _)), _) => f.write_str(word),
            (None, KeyCode::Char(c)) if self.control => write!(f, "{}", c.to_ascii_uppercase()),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "F{n}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// Reads a name as [`Key`]'s `Display` writes it; words in any case.
    fn from_str(text: &str) -> Result<Key, String> {
        let (mut rest, mut control, mut alt) = (text, false, false);
        loop {
            let lower = rest.to_ascii_lowercase();
            let (flag, length) = match () {
                () if lower.starts_with("ctrl-") => (&mut control, 5),
                () if lower.starts_with("alt-") => (&mut alt, 4),
                () => break,
            };
            if rest.len() == length {
                break;
            }
            *flag = true;
            rest = &rest[length..];
        }
        let named = NAMED.iter().find(|(word, _)| word.eq_ignore_ascii_case(rest));
        let mut letters = rest.chars();
        let code = match (named, letters.next(), letters.next()) {
            (Some((_, code)), ..) => *code,
            // What terminals send for Ctrl with a letter has no case.
            (None, Some(c), None) if control => KeyCode::Char(c.to_ascii_lowercase()),
            (None, Some(c), None) if !c.is_control() && c != ' ' => KeyCode::Char(c),
            (None, Some('F' | 'f'), Some(_)) => match rest[1..].parse() {
                Ok(n @ 1..=12) => KeyCode::F(n),
                _ => return Err(unknown(text)),
            },
            _ => return Err(unknown(text)),
        };
        Ok(Key { code, control, alt })
    }
}

fn unknown(text: &str) -> String {
    let words = NAMED.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    format!(
        "`{}` is not a key; use one character, F1 to F12, or one of {words}; Ctrl- or Alt- may stand before it",
        crate::domain::text::clean(text, 40)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in
            ["a", "G", "/", ":", "?", "Ctrl-X", "Alt-x", "Ctrl-Alt-Z", "Shift-Tab", "F5", "F12", "PgUp"]
        {
            assert_eq!(name.parse::<Key>().map(|k| k.to_string()).as_deref(), Ok(name));
        }
        for (word, _) in NAMED.iter() {
            assert_eq!(word.to_lowercase().parse::<Key>().map(|k| k.to_string()).as_deref(), Ok(*word));
        }
        assert_eq!("ctrl-x".parse(), Ok(Key::control('x')));
        assert_eq!("-".parse(), Ok(Key::plain(KeyCode::Char('-'))));
    }

    #[test]
    fn an_invalid_text_is_an_error() {
        for name in ["", "ab", "F0", "F13", "Ctrl-", "Ctrl-ab", " ", "Strg-C", "\u{1b}"] {
            assert!(name.parse::<Key>().expect_err(name).contains("is not a key"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(text in any::<String>()) {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
    }
}
