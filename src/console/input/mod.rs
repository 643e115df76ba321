//! TODO essay

pub mod key;
pub mod keymap;
pub mod palette;
pub mod remap;
