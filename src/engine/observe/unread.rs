//! What could not be read of single groups, said once when it begins and once when it ends.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Time,
        journal::JournalKind,
        text::{clean, few},
    },
    engine::Engine,
    store::StoreError,
};

/// Groups that a line names before it counts the rest.
const NAMED: usize = 5;

/// What could not be read, as a line says it, and the groups that it concerns.
pub(in crate::engine) type Unread = BTreeMap<String, Vec<String>>;

impl Engine {
    /// Journals what could not be read at the look of `now` and could be at the one before, and the reverse. Groups that have
    /// the same trouble share a line.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) fn record_unread(&mut self, now: Time) -> Result<(), StoreError> {
        let unread = self.unread(now);
        if unread == self.observing.unread {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.observing.unread, unread.clone());
        for (what, groups) in unread.iter().filter(|(what, groups)| before.get(*what) != Some(*groups)) {
            self.note(None, JournalKind::Cloud, format!("{}: {what}", few(groups, NAMED)))?;
        }
        for (what, groups) in before.iter().filter(|(what, _)| !unread.contains_key(*what)) {
            let what = what.split(':').next().unwrap_or(what);
            self.note(None, JournalKind::Cloud, format!("{}: no longer: {what}", few(groups, NAMED)))?;
        }
        Ok(())
    }

    fn unread(&self, now: Time) -> Unread {
        let mut unread = Unread::new();
        for (name, why) in self.world.source.left_out() {
            let what = format!("left out, the answer is damaged: {}; nothing is changed", clean(&why, 200));
            unread.entry(what).or_default().push(name);
        }
        for group in &self.groups {
            let Some(state) = group.state.as_ref().filter(|state| state.seen_at == now) else { continue };
            for (what, why) in state.unknown() {
                let what =
                    format!("{what} could not be read: {}; no scale-in until they can be", clean(why, 300));
                unread.entry(what).or_default().push(group.name.clone());
            }
        }
        unread
    }
}
