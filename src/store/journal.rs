//! The journal: what happened, who did it, in words. Lines are added, never changed.

use rusqlite::{Row, Transaction, params};

use super::{Durability, Store, StoreError, from_micros, micros};
use crate::domain::{
    journal::{JournalEntry, JournalKind},
    text::clean,
};

/// Longest line that is kept, in characters.
const LONGEST: usize = 4_000;

impl Store {
    /// Adds a line (its `id` is ignored) and gives its id. Control characters do not get in.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written, or the line names a decision that is not there.
    pub fn note(&mut self, entry: &JournalEntry) -> Result<i64, StoreError> {
        self.transaction(Durability::Promised, |transaction| Ok(insert(transaction, entry)?))
    }

    /// The newest lines first, at most `limit`, older than the line `before` where it is given.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn journal(&self, limit: usize, before: Option<i64>) -> Result<Vec<JournalEntry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "SELECT id, at, group_name, kind, operator, text, decision FROM journal
                 WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )
            .and_then(|mut select| {
                select.query_map(params![before.unwrap_or(i64::MAX), limit], entry)?.collect()
            })
            .map_err(|e| self.sql(e))
    }

    /// The lines after `id`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn journal_after(&self, id: i64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "SELECT id, at, group_name, kind, operator, text, decision FROM journal
                 WHERE id > ?1 ORDER BY id LIMIT ?2",
            )
            .and_then(|mut select| select.query_map(params![id, limit], entry)?.collect())
            .map_err(|e| self.sql(e))
    }
}

/// Adds a line inside a transaction.
pub(super) fn insert(transaction: &Transaction<'_>, entry: &JournalEntry) -> Result<i64, rusqlite::Error> {
    transaction
        .prepare_cached(
            "INSERT INTO journal (at, group_name, kind, operator, text, decision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert(params![
            micros(entry.at),
            entry.group,
            clean(entry.kind.name(), LONGEST),
            clean(&entry.operator, LONGEST),
            clean(&entry.text, LONGEST),
            entry.decision
        ])
}

/// A line from a row of `id, at, group_name, kind, operator, text, decision`.
pub(super) fn entry(row: &Row<'_>) -> Result<JournalEntry, rusqlite::Error> {
    Ok(JournalEntry {
        id: row.get(0)?,
        at: from_micros(row.get(1)?),
        group: row.get(2)?,
        kind: JournalKind::from(row.get::<_, String>(3)?),
        operator: row.get(4)?,
        text: row.get(5)?,
        decision: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Time;

    fn line(text: &str) -> JournalEntry {
        JournalEntry {
            id: 0,
            at: from_micros(1_795_000_000_123_456),
            group: None,
            kind: JournalKind::Mode,
            operator: "ann@desk".into(),
            text: text.into(),
            decision: None,
        }
    }

    #[test]
    fn lines_come_newest_first_and_page_by_page() {
        let mut store = Store::in_memory().expect("memory");
        let ids: Vec<i64> = (0..5).map(|i| store.note(&line(&i.to_string())).expect("writable")).collect();
        let texts = |entries: Vec<JournalEntry>| entries.into_iter().map(|e| e.text).collect::<Vec<_>>();
        assert_eq!(texts(store.journal(2, None).expect("readable")), ["4", "3"]);
        assert_eq!(texts(store.journal(9, Some(ids[3])).expect("readable")), ["2", "1", "0"]);
        assert!(store.journal(usize::MAX, Some(ids[0])).expect("readable").is_empty());
        assert_eq!(texts(store.journal_after(ids[2], 9).expect("readable")), ["3", "4"]);
        assert_eq!(texts(store.journal_after(ids[0], 1).expect("readable")), ["1"]);
    }

    #[test]
    fn a_line_comes_back_as_it_went_in() {
        let mut store = Store::in_memory().expect("memory");
        let wrote =
            JournalEntry { group: Some("wéb-α".into()), ..line("2 → 4, “Sale”; -- '); DROP") };
        let id = store.note(&wrote).expect("writable");
        assert_eq!(store.journal(1, None).expect("readable"), [JournalEntry { id, ..wrote }]);
    }

    #[test]
    fn a_kind_of_another_version_is_kept() {
        let mut store = Store::in_memory().expect("memory");
        let newer = JournalKind::Other("rebooted".into());
        store.note(&JournalEntry { kind: newer.clone(), ..line("x") }).expect("writable");
        let known = JournalEntry { kind: JournalKind::Other("intent".into()), ..line("y") };
        store.note(&known).expect("writable");
        let kinds: Vec<_> = store.journal(2, None).expect("readable").into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds, [JournalKind::Intent, newer], "what is stored is the name");
    }

    #[test]
    fn escape_sequences_do_not_get_in() {
        let mut store = Store::in_memory().expect("memory");
        store.note(&line("re\u{1b}[2Jjected\nby \u{202e}nobody")).expect("writable");
        assert_eq!(store.journal(1, None).expect("readable")[0].text, "re[2Jjected by nobody");
    }

    #[test]
    fn the_ends_of_time_are_kept() {
        let mut store = Store::in_memory().expect("memory");
        for at in [Time::MIN_UTC, Time::MAX_UTC] {
            store.note(&JournalEntry { at, ..line("x") }).expect("writable");
            let back = store.journal(1, None).expect("readable")[0].at;
            assert_eq!(back.timestamp_micros(), at.timestamp_micros());
        }
    }

    #[test]
    fn a_line_about_a_decision_that_is_not_there_is_refused() {
        let mut store = Store::in_memory().expect("memory");
        store.note(&JournalEntry { decision: Some(9), ..line("x") }).expect_err("no decision 9");
    }
}
