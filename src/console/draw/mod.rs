//! What is drawn without knowing any page: colours, axes, curves, and pictures of the screen.
//!
//! [`theme`] gives every meaning ([`theme::Role`]) a style, [`style`] reduces colours to what the terminal has, and
//! [`themes`] is the list of built-in themes. [`chart`] draws lines over time on the dots of [`plot`] over the areas of [`fill`] beside the scales of
//! [`axis`]; [`sparkline`] does so in one row. [`ascii`] replaces what a plain terminal lacks; [`export`] saves a screen.
//! Nothing here keeps state between frames or takes a key. Start with [`theme`].

pub mod ascii;
pub mod axis;
pub mod chart;
pub mod export;
pub mod fill;
pub mod plot;
pub mod sparkline;
pub mod style;
pub mod theme;
pub mod themes;
