//! Colours by meaning.
//!
//! A theme is a TOML file of `role = "style"` lines. It is read once, already reduced to what the terminal
//! can show ([`Depth`]); with no colours at all the weight, underline and reverse of a style remain.

use std::{collections::BTreeMap, path::Path};

use ratatui::style::{Color, Style};

use super::{
    style::{self, Depth},
    themes::{self, BUILT_IN},
};
use crate::files;

/// Most bytes of a theme.
const MOST_BYTES: u64 = 256 << 10;

/// What a cell means; themes give each a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text of less weight: labels, units, axes.
    Muted,
    /// Headings.
    Title,
    /// Frames and rules.
    Border,
    /// The chosen line or cell (also marked, never by colour alone).
    Selected,
    /// A key in the footer and help.
    Key,
    /// All is well.
    Good,
    /// Worth knowing.
    Info,
    /// Look at it.
    Warning,
    /// Act on it.
    Critical,
    /// What happened.
    Actual,
    /// What was predicted.
    Predicted,
    /// The predicted band.
    Band,
    /// A second measured line.
    Second,
    /// Instances in service.
    InService,
    /// Desired capacity.
    Desired,
    /// Capacity that demand needed.
    Needed,
    /// The line at now.
    Now,
    /// Shading of calendar events.
    Event,
    /// The SIMULATED mark.
    Simulated,
}

impl Role {
    /// Every role with its word in theme files, in the order of the enum.
    pub const ALL: [(Role, &'static str); 20] = [
        (Role::Text, "text"),
        (Role::Muted, "muted"),
        (Role::Title, "title"),
        (Role::Border, "border"),
        (Role::Selected, "selected"),
        (Role::Key, "key"),
        (Role::Good, "good"),
        (Role::Info, "info"),
        (Role::Warning, "warning"),
        (Role::Critical, "critical"),
        (Role::Actual, "actual"),
        (Role::Predicted, "predicted"),
        (Role::Band, "band"),
        (Role::Second, "second"),
        (Role::InService, "in_service"),
        (Role::Desired, "desired"),
        (Role::Needed, "needed"),
        (Role::Now, "now"),
        (Role::Event, "event"),
        (Role::Simulated, "simulated"),
    ];
}

/// With what charts and marks are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Symbols {
    /// Braille dots: eight to a cell. Needs a font that has them.
    #[default]
    Braille,
    /// Octants: eight blocks to a cell, without gaps. Needs a terminal or a font with those of Unicode 16.
    Octant,
    /// Half blocks: two to a cell.
    Block,
    /// Seven-bit characters only.
    Ascii,
}

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No built-in theme has this name and it is not a path.
    #[error("unknown theme `{0}`; choose one of {names}, or give the path of a .toml file", names = themes::listed())]
    Unknown(String),
    /// The file could not be read.
    #[error("theme {file}: {reason}; check the path and its permissions")]
    Unreadable {
        /// Path as given.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// The file is not a theme.
    #[error("theme {file}, line {line}: {reason}")]
    Bad {
        /// Path or name as given.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and how to mend it.
        reason: String,
    },
}

/// A style for every role, and the symbols to draw with.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    depth: Depth,
    symbols: Symbols,
    styles: [Style; Role::ALL.len()],
}

impl Default for Theme {
    /// The dark theme in true colour and braille.
    fn default() -> Self {
        Theme::built_in(BUILT_IN[0].0, Depth::True, Symbols::Braille)
    }
}

/// What a theme file holds.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    name: String,
    /// A built-in theme that has what is not given here.
    base: Option<toml::Spanned<String>>,
    #[serde(default)]
    roles: BTreeMap<String, toml::Spanned<String>>,
}

/// The words of every role of the built-in theme called `name`.
fn roles_of(name: &str) -> Option<BTreeMap<String, String>> {
    let file: ThemeFile = toml::from_str(themes::file(name)?).ok()?;
    Some(file.roles.into_iter().map(|(word, value)| (word, value.into_inner())).collect())
}

impl Theme {
    /// The theme called `name`, or the one in the file of that path.
    ///
    /// # Errors
    /// [`ThemeError`] names the file, the line and the fix.
    pub fn load(name: &str, depth: Depth, symbols: Symbols) -> Result<Theme, ThemeError> {
        if let Some(text) = themes::file(name) {
            return Theme::parse(name, text, depth, symbols);
        }
        if !(name.ends_with(".toml") || name.contains(std::path::MAIN_SEPARATOR)) {
            return Err(ThemeError::Unknown(crate::domain::text::clean(name, 60)));
        }
        let text = files::read_text(Path::new(name), MOST_BYTES)
            .map_err(|e| ThemeError::Unreadable { file: name.into(), reason: e.to_string() })?;
        Theme::parse(name, &text, depth, symbols)
    }

    /// The built-in theme called `name`.
    fn built_in(name: &str, depth: Depth, symbols: Symbols) -> Theme {
        Theme::load(name, depth, symbols).expect("a test parses every built-in theme")
    }

    /// The built-in theme after this one (the first after a theme from a file).
    pub fn next(&self) -> Theme {
        Theme::built_in(themes::after(&self.name, 1), self.depth, self.symbols)
    }

    /// Reads a theme from `text`; `file` is its name in messages.
    ///
    /// # Errors
    /// [`ThemeError::Bad`] with the line of the first thing wrong.
    pub fn parse(file: &str, text: &str, depth: Depth, symbols: Symbols) -> Result<Theme, ThemeError> {
        let bad = |offset: usize, reason: String| {
            let line = 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
            ThemeError::Bad { file: file.into(), line, reason }
        };
        let parsed: ThemeFile =
            toml::from_str(text).map_err(|e| bad(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
        let mut roles = match &parsed.base {
            None => BTreeMap::new(),
            Some(base) => roles_of(base.get_ref()).ok_or_else(|| {
                bad(base.span().start, format!("unknown base theme; known themes: {}", themes::listed()))
            })?,
        };
        for (word, value) in parsed.roles {
            let at = value.span().start;
            if !Role::ALL.iter().any(|(_, known)| *known == word) {
                let known = Role::ALL.map(|(_, word)| word).join(", ");
                return Err(bad(at, format!("unknown role `{word}`; known roles: {known}")));
            }
            style::parse(value.get_ref(), depth)
                .map_err(|reason| bad(at, format!("role `{word}`: {reason}")))?;
            roles.insert(word, value.into_inner());
        }
        let mut styles = [Style::default(); Role::ALL.len()];
        for (style, (_, word)) in styles.iter_mut().zip(Role::ALL) {
            let missing =
                || format!("role `{word}` is missing; add `{word} = \"…\"`, or `base = \"dark\"` above");
            let value = roles.get(word).ok_or_else(|| bad(text.len(), missing()))?;
            *style = style::parse(value, depth).map_err(|reason| bad(text.len(), reason))?;
        }
        if depth == Depth::Sixteen {
            make_readable(&roles, &mut styles);
        }
        Ok(Theme { name: parsed.name, depth, symbols, styles })
    }

    /// The style of `role`.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many colours it uses.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// With what charts are drawn.
    pub fn symbols(&self) -> Symbols {
        self.symbols
    }

    /// `rich`, or `plain` where only seven-bit characters may be shown.
    pub fn glyph<'a>(&self, rich: &'a str, plain: &'a str) -> &'a str {
        if self.symbols == Symbols::Ascii { plain } else { rich }
    }

    /// True where `role` has a background that can be seen, so that an area may be shaded by it.
    pub fn shades(&self, role: Role) -> bool {
        self.depth >= Depth::Indexed && !matches!(self.style(role).bg, None | Some(Color::Reset))
    }
}

/// Where there are 16 colours, takes for letters the nearest that can be read on their ground.
fn make_readable(roles: &BTreeMap<String, String>, styles: &mut [Style; Role::ALL.len()]) {
    let ground = styles[Role::Text as usize].bg;
    for (index, (_, word)) in Role::ALL.iter().enumerate() {
        let exact = roles.get(*word).and_then(|text| style::parse(text, Depth::True).ok());
        let letters = exact.and_then(|style| style.fg).and_then(style::rgb);
        let on = styles[index].bg.or(ground).and_then(style::rgb);
        if let (Some(letters), Some(on)) = (letters, on) {
            styles[index].fg = Some(style::sixteen_on(letters, on));
        }
    }
}

#[cfg(test)]
mod tests;
