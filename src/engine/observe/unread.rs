//! What could not be read of single groups, said once when it begins and once when it ends.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{SourceErrors, has_groups};
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
pub(in crate::engine) type Unread = BTreeMap<String, BTreeSet<String>>;

impl Engine {
    /// Journals what could not be read at the look of `now` and could be at the one before, and the reverse. Groups that have
    /// the same trouble share a line. Of sources with `errors` nothing new is known.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) fn record_unread(
        &mut self,
        now: Time,
        errors: &SourceErrors,
    ) -> Result<(), StoreError> {
        let unread = self.unread(now, errors);
        if unread == self.observing.unread {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.observing.unread, unread.clone());
        for (what, groups) in unread.iter().filter(|(what, groups)| before.get(*what) != Some(*groups)) {
            self.note(None, JournalKind::Cloud, format!("{}: {what}", named(groups)))?;
        }
        for (what, groups) in before.iter().filter(|(what, _)| !unread.contains_key(*what)) {
            let what = what.split([':', ';']).next().unwrap_or(what);
            self.note(None, JournalKind::Cloud, format!("{}: no longer: {what}", named(groups)))?;
        }
        Ok(())
    }

    fn unread(&self, now: Time, errors: &SourceErrors) -> Unread {
        let routes = self.world.source.routes();
        let is_read = |group: &str| has_groups(errors, routes.label_of(group));
        let mut unread = Unread::new();
        for (what, groups) in &self.observing.unread {
            let kept: BTreeSet<String> = groups.iter().filter(|group| !is_read(group)).cloned().collect();
            if !kept.is_empty() {
                unread.insert(what.clone(), kept);
            }
        }
        let left_out = self.world.source.left_out().into_iter();
        for (name, why) in left_out.filter(|(name, _)| is_read(name)) {
            let what = format!("left out, {}; nothing is changed", clean(&why, 250));
            unread.entry(what).or_default().insert(name);
        }
        for group in self.groups.iter().filter(|group| is_read(&group.name)) {
            let Some(state) = group.state.as_ref().filter(|state| state.seen_at == now) else { continue };
            for (what, why) in state.unknown() {
                let what =
                    format!("{what} could not be read: {}; no scale-in until they can be", clean(why, 300));
                unread.entry(what).or_default().insert(group.name.clone());
            }
        }
        unread
    }
}

/// A few of `groups`, and how many more.
fn named(groups: &BTreeSet<String>) -> String {
    few(&groups.iter().collect::<Vec<_>>(), NAMED)
}
