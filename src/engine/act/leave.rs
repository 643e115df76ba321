//! The clean shutdown: floors are restored, and a source that does not answer keeps none of the others from it.

use std::collections::BTreeSet;

use crate::{
    domain::{decision::Mode, journal::JournalKind, text::few},
    engine::{Engine, group::Ready},
    store::StoreError,
};

/// Groups that a line names before it counts the rest.
const NAMED: usize = 5;

impl Engine {
    /// The clean shutdown: restores floors, releases leases, and writes the simulation's state.
    ///
    /// Sources that were not read come last, and of each source whose call fails the other groups come after those of the
    /// others: each call is bounded, and so is the shutdown.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(&mut self) -> Result<(), StoreError> {
        self.serving.leaving = true;
        // A new one tries again what another call of this minute was refused.
        self.scaler = None;
        let routes = self.world.source.routes();
        let is_due = |at: &usize| {
            let group = &self.groups[*at];
            group.memory.held.is_some_and(|held| held.ending || group.mode > Mode::Observe)
        };
        let due: Vec<usize> = (0..self.groups.len()).filter(is_due).collect();
        let mut failing: BTreeSet<String> = self.serving.trouble.keys().cloned().collect();
        let mut last = Vec::new();
        for at in due {
            let source = routes.label_of(&self.groups[at].name).to_owned();
            if failing.contains(&source) {
                last.push((source, at));
            } else if !self.restore_floor(at).await? {
                failing.insert(source);
            }
        }
        let (mut refused, mut left) = (BTreeSet::new(), Vec::new());
        for (source, at) in last {
            if refused.contains(&source) {
                left.push(self.groups[at].name.clone());
            } else if !self.restore_floor(at).await? {
                refused.insert(source);
            }
        }
        if !left.is_empty() {
            let text = format!(
                "MinSize of {} was not restored: another call to the same source failed; it is restored at the next start",
                few(&left, NAMED)
            );
            self.note(None, JournalKind::Cloud, text)?;
        }
        self.give_back_leases().await?;
        self.feed_journal()?;
        self.checkpoint_now()
    }

    /// Restores the MinSize of the group at `at`; gives whether it was done.
    async fn restore_floor(&mut self, at: usize) -> Result<bool, StoreError> {
        let why = "prescale is shutting down: restoring the group's original MinSize";
        let acts = self.groups[at].put_back(&self.context(at), why, None).into_iter().collect();
        self.act(at, Ready { acts, ..Ready::default() }).await?;
        Ok(self.groups[at].memory.held.is_none())
    }
}
