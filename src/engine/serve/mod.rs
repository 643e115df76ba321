//! The live task and its clients: operators, consoles, and subscribers of the journal.
//!
//! Start with [`run`]: the task that calls [`Engine::minute`](super::Engine::minute) by the clock. `session` answers
//! operators while a call is in progress, `commands` executes commands, `view` and `charts` make what consoles draw, `past` and
//! `past_fleet` what they draw of a moment of the past, `past_answer` keeps it for the next view, `what_if` what would come of other
//! settings,
//! `tidy` forgets what is old, [`journal_feed`] passes each new line to notifications.

mod ahead;
pub(super) mod charts;
mod commands;
pub mod journal_feed;
mod past;
mod past_answer;
mod past_fleet;
mod past_moment;
pub mod reload;
pub mod run;
pub(super) mod session;
mod tidy;
mod view;
mod what_if;

use std::{cell::RefCell, collections::BTreeMap};

use super::{SELF, observe::sources::SourceErrors};
use crate::{
    domain::Time,
    link::{LogBuffer, LoopView, Viewport},
};

/// What the engine keeps about serving.
pub(super) struct Serving {
    /// The program log, for consoles.
    pub log: LogBuffer,
    /// The current problem with each source that has one.
    pub trouble: SourceErrors,
    /// Since when the groups of a source have not been read.
    pub unread_since: BTreeMap<String, Time>,
    /// The shutdown has begun: calls are given up early.
    pub leaving: bool,
    pub viewport: Viewport,
    /// Serial of the newest view; 0 before the first minute is over.
    pub serial: u64,
    pub feed: Option<Box<dyn journal_feed::JournalFeed>>,
    /// Where the configuration is read again.
    pub config: Option<Box<dyn reload::ConfigSource>>,
    /// How often another configuration was put in force.
    pub reloads: u64,
    /// Newest journal line that the feed has passed on.
    pub journal_cursor: i64,
    /// How the engine signs its own lines of the journal.
    pub signature: String,
    pub housekeeping: tidy::Housekeeping,
    /// How the loop keeps up.
    pub pace: LoopView,
    /// What the last days would have brought, as consoles asked of late.
    pub replays: RefCell<what_if::Replays>,
    /// The files that would say what consoles asked of late.
    pub drafts: RefCell<what_if::Drafts>,
}

impl Default for Serving {
    fn default() -> Self {
        Serving {
            log: LogBuffer::default(),
            trouble: SourceErrors::new(),
            unread_since: BTreeMap::new(),
            leaving: false,
            viewport: Viewport::default(),
            serial: 0,
            feed: None,
            config: None,
            reloads: 0,
            journal_cursor: 0,
            signature: SELF.to_owned(),
            housekeeping: tidy::Housekeeping::default(),
            pace: LoopView::default(),
            replays: RefCell::default(),
            drafts: RefCell::default(),
        }
    }
}
