//! The themes inside the program: the one list of them.

/// The themes inside the program: name and file.
pub const BUILT_IN: [(&str, &str); 10] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("colour-blind-light", include_str!("../../../themes/colour-blind-light.toml")),
    ("catppuccin", include_str!("../../../themes/catppuccin.toml")),
    ("gruvbox", include_str!("../../../themes/gruvbox.toml")),
    ("nord", include_str!("../../../themes/nord.toml")),
    ("solarized", include_str!("../../../themes/solarized.toml")),
];

/// The names of the built-in themes, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The names of the built-in themes as a list in words.
pub fn listed() -> String {
    BUILT_IN.map(|(name, _)| name).join(", ")
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
