//! The themes inside the program: the one list of them.

use crate::console::embedded::{self, embedded};

embedded! {
    /// The themes inside the program: name and file.
    BUILT_IN in "themes":
    "dark",
    "light",
    "high-contrast",
    "mono",
    "colour-blind",
    "colour-blind-light",
    "catppuccin",
    "gruvbox",
    "nord",
    "solarized",
}

/// The names of the built-in themes, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The names of the built-in themes as a list in words.
pub fn listed() -> String {
    embedded::names(BUILT_IN)
}

/// The file of the built-in theme called `name`.
pub fn file(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The name `by` places on from the theme called `name`, counted round; the first where `name` is not built in.
pub fn after(name: &str, by: usize) -> &'static str {
    let at = names().position(|known| known == name).map_or(0, |at| at + by);
    BUILT_IN[at % BUILT_IN.len()].0
}
