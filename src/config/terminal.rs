//! `[terminal]` and `[log]`: the screen, and the file that says what the program did.

use serde::{Deserialize, Serialize};

/// The screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalConfig {
    /// Name of a theme, or path of a theme file.
    pub theme: String,
    /// Colours.
    pub color: Color,
    /// What charts are drawn with.
    pub symbols: SymbolsSetting,
    /// Whether a frame is marked, so that the terminal shows it all at once.
    pub synchronized: bool,
    /// Whether presses and the wheel of a mouse are heard.
    pub mouse: bool,
    /// What Ctrl-C does.
    pub ctrl_c: CtrlCSetting,
    /// Zone in which times are shown at first: `fleet`, `utc`, `local` or an IANA name.
    pub zone: String,
}

/// What Ctrl-C does on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CtrlCSetting {
    /// Leaves the program.
    Quit,
    /// Closes what is open, as Esc.
    Back,
    /// Nothing.
    Ignore,
}

/// Colours of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Color {
    /// What the terminal says it can.
    #[serde(rename = "auto")]
    Auto,
    /// 24 bits.
    #[serde(rename = "true")]
    True,
    /// The 256 of xterm.
    #[serde(rename = "256")]
    Indexed,
    /// The 16 of the terminal.
    #[serde(rename = "16")]
    Basic,
    /// None: bold, reverse and underline only.
    #[serde(rename = "never")]
    Never,
}

/// What charts are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SymbolsSetting {
    /// Eight dots a cell.
    Braille,
    /// Eight blocks a cell.
    Octant,
    /// Block elements.
    Block,
    /// ASCII only.
    Ascii,
}

/// The log file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Folder of the log files; none are written without it.
    pub folder: Option<String>,
    /// Files kept, one a day, 1 to 365.
    pub days: usize,
}

impl Default for TerminalConfig {
    fn default() -> Self {
        TerminalConfig {
            theme: "dark".into(),
            color: Color::Auto,
            symbols: SymbolsSetting::Braille,
            synchronized: true,
            mouse: false,
            ctrl_c: CtrlCSetting::Quit,
            zone: "fleet".into(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig { folder: None, days: 7 }
    }
}
