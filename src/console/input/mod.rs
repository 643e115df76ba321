//! From keys to actions: nothing here draws, and nothing here knows what an action does.
//!
//! [`action`] lists everything that can be asked for, [`key`] reads and writes the name of a key, [`keymap`] joins the two
//! from the table in [`default_keys`] and the list of pages, and [`remap`] changes it as `[keys]` says. [`palette`] finds
//! an action by typed words. Start with [`action`]; a new action needs a variant there and a line in [`default_keys`].

pub mod action;
pub mod default_keys;
pub mod key;
pub mod keymap;
pub mod palette;
pub mod remap;
