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

impl<'v> Item<'v> {
    /// A line on its own.
    fn single(entry: &'v JournalEntry, zone: Tz) -> Self {
        Item { entry, since: entry.at, older: Vec::new(), zone }
    }

    /// What is alike in lines that are folded into one; `None` for a line that stands alone.
    fn repeated(&self) -> Option<String> {
        let JournalEntry { group, kind, text, .. } = self.entry;
        is_advice(kind).then(|| format!("{group:?} {kind} {:?}", fold::direction(text)))
    }

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
        let group = group.as_deref().unwrap_or("all groups");
        format!("{group} {kind} {operator} {text}")
    }

    fn is_at(&self, word: &str) -> bool {
        // Seconds are found by a time in full alone: `03:12` is no 14:03:12.
        is_time(word) && (self.at("%Y-%m-%d %H:%M").contains(word) || self.at("%H:%M:%S") == word)
    }

    fn instead(key: &i64, shown: &[Self]) -> usize {
        // The line has been folded into a newer one since.
        shown.iter().position(|item| item.older.contains(key)).unwrap_or(0)
    }
}

/// True for a word that looks like a time or a date: `03:12`, `11-27`, or `03:` while it is being typed.
fn is_time(word: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    word.starts_with(digit) && word.contains([':', '-']) && word.chars().all(|c| digit(c) || ":-".contains(c))
}

/// The lines of `journal` that are of `kinds`, newest first, each on its own, with times on the clocks of `zone`.
pub(super) fn items(journal: &[JournalEntry], kinds: Kinds, zone: Tz) -> impl Iterator<Item = Item<'_>> {
    let listed = journal.iter().filter(move |entry| kinds.lets(entry));
    listed.map(move |entry| Item::single(entry, zone))
}

/// `items` with repeated advice folded.
pub(super) fn folded<'v>(items: &[Item<'v>]) -> Vec<Item<'v>> {
    let item = |run: Run| Item {
        since: items[run.oldest()].since,
        older: run.older.iter().map(|at| items[*at].entry.id).collect(),
        ..items[run.newest].clone()
    };
    fold::fold(items.iter().map(Item::repeated)).into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::{
        draw::axis::utc,
        tests::fixture::{line, view},
    };

    #[test]
    fn repeated_advice_is_one_line_and_each_is_there_by_kind() {
        let mut journal = view().journal;
        for n in 0..20 {
            let text = format!("desired capacity {} → {}: the load now is 12", 30 - n, 25 - n);
            journal.insert(0, line(50 + n, Some("feed"), JournalKind::Advised, &text));
        }
        journal.insert(0, line(90, Some("feed"), JournalKind::Advised, "desired capacity 5 → 9: demand"));
        let all = folded(&items(&journal, Kinds::All, Tz::UTC).collect::<Vec<_>>());
        assert_eq!((all[0].entry.id, all[0].more()), (90, 0), "the other way is other advice");
        assert_eq!((all[1].entry.id, all[1].more(), all[1].since), (69, 19, journal[20].at));
        assert_eq!(all.len(), 7);
        assert_eq!(Item::instead(&55, &all), 1);
        let of = |kinds| items(&journal, kinds, Tz::UTC).count();
        assert_eq!(of(Kinds::Advice), 22, "the proposal as well");
        assert_eq!(of(Kinds::People), 1);
        assert_eq!(of(Kinds::Changes), 1);
        let mut kinds = Kinds::default();
        (0..5).for_each(|_| kinds = kinds.next());
        assert_eq!(kinds, Kinds::All);
    }

    #[test]
    fn times_and_dates_are_found_by_words_that_look_like_one() {
        let mut entry = line(1, Some("feed"), JournalKind::Advised, "desired capacity 3 → 9: wanted 4-7");
        entry.at = utc("2026-11-27T14:03:12Z");
        let item = Item::single(&entry, Tz::UTC);
        for word in ["14:03", "4:03", "14:", "11-27", "2026-11-27", "14:03:12"] {
            assert!(item.is_at(word), "{word}");
        }
        for word in ["03:12", "12", "2026", "-27", "feed-14:03", ":", ""] {
            assert!(!item.is_at(word), "{word}");
        }
        assert!(item.words().contains("4-7") && !item.words().contains("12"));
    }
}
