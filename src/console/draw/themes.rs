//! The themes inside the program: the one list of them.

/// Makes the list from the names; each is also the name of the file in `themes/`.
macro_rules! themes {
    ($($name:literal,)*) => {
        /// The themes inside the program: name and file.
        pub const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/themes/", $name, ".toml")))),*];
    };
}

themes! {
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
    names().collect::<Vec<_>>().join(", ")
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
