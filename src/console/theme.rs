//! Colours by meaning.

use ratatui::style::Style;

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

/// A style for every role.
#[derive(Debug, Clone, Default)]
pub struct Theme {}

impl Theme {
    /// The style of `role`.
    pub fn style(&self, _role: Role) -> Style {
        Style::default()
    }
}
