//! Subscription to the journal, for notifications. The loop never waits for them.

use crate::domain::journal::JournalEntry;
use crate::domain::journal::JournalKind;
use crate::{domain::decision::Stage, engine::Engine, store::StoreError};

/// A journal line with its context.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEvent {
    /// The line.
    pub entry: JournalEntry,
    /// Where the data come from, as in the status line.
    pub source: String,
    /// True for the embedded simulation.
    pub simulated: bool,
    /// An outcome that is a failure.
    pub failed: bool,
}

/// Receives every new journal line. Must return at once: it is called from the loop.
pub trait JournalFeed: Send {
    /// A new line, oldest first.
    fn notify(&mut self, noted: &JournalEvent);

    /// Problems since the last call, as text for the journal.
    fn remarks(&mut self) -> Vec<String>;
}

/// Maximum lines passed on at once; the rest follow next time.
const MOST: usize = 500;

impl Engine {
    /// Subscribes `listener` to the journal from now on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn subscribe(&mut self, listener: Box<dyn JournalFeed>) -> Result<(), StoreError> {
        self.serving.journal_cursor = self.store.journal(1, None)?.first().map_or(0, |line| line.id);
        self.serving.feed = Some(listener);
        Ok(())
    }

    /// Passes new lines to the listener, and journals its remarks.
    pub(in crate::engine) fn feed_journal(&mut self) -> Result<(), StoreError> {
        let Some(mut listener) = self.serving.feed.take() else { return Ok(()) };
        for entry in self.store.journal_after(self.serving.journal_cursor, MOST)? {
            self.serving.journal_cursor = entry.id;
            let decision = entry.decision.filter(|_| entry.kind == JournalKind::Outcome);
            let stage = decision.map(|id| self.store.decision(id)).transpose()?.flatten().map(|d| d.stage);
            let failed = matches!(stage, Some(Stage::Failed { .. }));
            let simulated = self.world.simulator.is_some();
            let source = self.place_of(entry.group.as_deref());
            listener.notify(&JournalEvent { entry, source, simulated, failed });
        }
        let remarks = listener.remarks();
        self.serving.feed = Some(listener);
        remarks.into_iter().try_for_each(|text| self.note(None, JournalKind::Notify, text))
    }
}
