//! The lines of the journal's list: those of the kind chosen, with repeated advice folded.

use chrono_tz::Tz;

use crate::{
    console::{
        draw::axis,
        widgets::{
            filtered_list::ListItem,
            fold::{self, Run},
        },
    },
    domain::{
        Time,
        journal::{JournalEntry, JournalKind},
    },
};

/// Which lines are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kinds {
    /// All, repeated advice folded.
    #[default]
    All,
    /// What changed a group, ours and others'.
    Changes,
    /// What people did.
    People,
    /// What was advised and proposed, each line.
    Advice,
    /// What went wrong.
    Trouble,
}

impl Kinds {
    /// The next, counted round.
    pub(super) fn next(self) -> Kinds {
        match self {
            Kinds::All => Kinds::Changes,
            Kinds::Changes => Kinds::People,
            Kinds::People => Kinds::Advice,
            Kinds::Advice => Kinds::Trouble,
            Kinds::Trouble => Kinds::All,
        }
    }

    /// In words, for the heading.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kinds::All => "all kinds",
            Kinds::Changes => "changes of groups",
            Kinds::People => "what people did",
            Kinds::Advice => "advice and proposals",
            Kinds::Trouble => "trouble",
        }
    }

    fn lets(self, entry: &JournalEntry) -> bool {
        use JournalKind as K;
        match self {
            Kinds::All => true,
            Kinds::Changes => matches!(entry.kind, K::Intent | K::Outcome | K::Floor | K::Foreign),
            Kinds::People => entry.operator.split('@').next() != Some("prescale"),
            Kinds::Advice => is_advice(&entry.kind),
            Kinds::Trouble => matches!(
                entry.kind,
                K::Failed | K::Blocked | K::Unconfirmed | K::Demoted | K::Foreign | K::Cloud | K::Notify
            ),
        }
    }
}

/// Kinds of lines that come again with every cycle while nothing is done about them.
fn is_advice(kind: &JournalKind) -> bool {
    use JournalKind as K;
    matches!(kind, K::Advised | K::Proposed | K::Superseded | K::Expired | K::Blocked)
}

/// A line of the list: an entry, and those like it that are folded into it.
#[derive(Debug, Clone)]
pub(in crate::console::pages) struct Item<'v> {
    /// The newest of them.
    pub(in crate::console::pages) entry: &'v JournalEntry,
    /// When the oldest was written.
    pub(super) since: Time,
    /// Ids of the older ones.
    older: Vec<i64>,
    /// On whose clocks times are shown.
    zone: Tz,
}

impl Item<'_> {
    /// How many older ones say the same.
    pub(super) fn more(&self) -> usize {
        self.older.len()
    }

    /// How often it was said, where others are folded into it.
    pub(in crate::console::pages) fn times(&self) -> String {
        fold::times(self.more(), self.since, self.zone)
    }

    /// When it was written, in chrono's `format`.
    pub(in crate::console::pages) fn at(&self, format: &str) -> String {
        axis::stamp(self.entry.at, self.zone, format)
    }
}

impl ListItem for Item<'_> {
    type Key = i64;

    const FOLLOWS_FIRST: bool = true;

    fn key(&self) -> i64 {
        self.entry.id
    }

    fn is(&self, key: &i64) -> bool {
        self.entry.id == *key
    }

    fn words(&self) -> String {
        let JournalEntry { group, kind, operator, text, .. } = self.entry;
        let (at, group) = (self.at("%Y-%m-%d %H:%M:%S"), group.as_deref().unwrap_or("all groups"));
        format!("{at} {group} {kind} {operator} {text}")
    }

    fn instead(key: &i64, shown: &[Self]) -> usize {
        // The line has been folded into a newer one since.
        shown.iter().position(|item| item.older.contains(key)).unwrap_or(0)
    }
}

/// What is listed of `journal`, newest first, with times on the clocks of `zone`.
pub(super) fn items(journal: &[JournalEntry], kinds: Kinds, zone: Tz) -> Vec<Item<'_>> {
    let listed: Vec<&JournalEntry> = journal.iter().filter(|entry| kinds.lets(entry)).collect();
    let key = |entry: &&JournalEntry| {
        let way = fold::direction(&entry.text);
        is_advice(&entry.kind).then(|| format!("{:?} {} {way:?}", entry.group, entry.kind))
    };
    let runs: Vec<Run> = match kinds {
        Kinds::All => fold::fold(listed.iter().map(key)),
        _ => (0..listed.len()).map(Run::single).collect(),
    };
    let item = |run: Run| Item {
        entry: listed[run.newest],
        since: listed[run.oldest()].at,
        older: run.older.iter().map(|at| listed[*at].id).collect(),
        zone,
    };
    runs.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{line, view};

    #[test]
    fn repeated_advice_is_one_line_and_each_is_there_by_kind() {
        let mut journal = view().journal;
        for n in 0..20 {
            let text = format!("desired capacity {} → {}: the load now is 12", 30 - n, 25 - n);
            journal.insert(0, line(50 + n, Some("feed"), JournalKind::Advised, &text));
        }
        journal.insert(0, line(90, Some("feed"), JournalKind::Advised, "desired capacity 5 → 9: demand"));
        let all = items(&journal, Kinds::All, Tz::UTC);
        assert_eq!((all[0].entry.id, all[0].more()), (90, 0), "the other way is other advice");
        assert_eq!((all[1].entry.id, all[1].more(), all[1].since), (69, 19, journal[20].at));
        assert_eq!(all.len(), 7);
        assert_eq!(Item::instead(&55, &all), 1);
        assert_eq!(items(&journal, Kinds::Advice, Tz::UTC).len(), 22, "the proposal as well");
        assert_eq!(items(&journal, Kinds::People, Tz::UTC).len(), 1);
        assert_eq!(items(&journal, Kinds::Changes, Tz::UTC).len(), 1);
        let mut kinds = Kinds::default();
        (0..5).for_each(|_| kinds = kinds.next());
        assert_eq!(kinds, Kinds::All);
    }
}
