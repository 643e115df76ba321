//! TODO essay

pub(super) mod charts;
pub(super) mod commands;
pub(super) mod journal_feed;
pub mod run;
pub(super) mod session;
pub(super) mod view;
