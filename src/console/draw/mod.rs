//! TODO essay

pub mod ascii;
pub mod axis;
pub mod chart;
pub mod export;
pub mod plot;
pub mod sparkline;
pub mod style;
pub mod theme;
