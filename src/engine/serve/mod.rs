//! The live task and whom it serves: operators, screens, and whoever follows the journal.
//!
//! Start with [`run`]: the task that calls [`Engine::minute`](super::Engine::minute) by the clock. `session` answers operators while the
//! world is waited for, `commands` carries out what they ask, `view` and `charts` make the snapshot that screens draw,
//! [`journal_feed`] tells notifications of each new line.

pub(super) mod charts;
mod commands;
pub mod journal_feed;
pub mod run;
pub(super) mod session;
mod view;

use super::SELF;
use crate::link::{LogBuffer, Notice, Viewport};

/// What the engine keeps about serving.
pub(super) struct Serving {
    /// What the program did, for screens.
    pub log: LogBuffer,
    /// What is wrong with the outside world, in words.
    pub trouble: Option<Notice>,
    pub viewport: Viewport,
    pub serial: u64,
    pub feed: Option<Box<dyn journal_feed::JournalFeed>>,
    /// Newest line of the journal that the feed has heard of.
    pub journal_cursor: i64,
    /// How the engine signs its own lines of the journal.
    pub signature: String,
}

impl Default for Serving {
    fn default() -> Self {
        Serving {
            log: LogBuffer::default(),
            trouble: None,
            viewport: Viewport::default(),
            serial: 0,
            feed: None,
            journal_cursor: 0,
            signature: SELF.to_owned(),
        }
    }
}
