//! What is new in the history since it was last told elsewhere: for a process whose disk does not outlive it.
//!
//! Rows keep their ids, so that taking them in twice is the same as once. Samples and forecasts are not among them: they
//! can be collected and made again.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{Durability, Store, StoreError, from_micros};

/// A line of the journal as it is stored: id, moment, group, kind, operator, text, decision.
type Line = (i64, i64, Option<String>, String, String, String, Option<i64>);
/// A decision as it is stored: id, group, moment, stage, record.
type DecisionRow = (i64, String, i64, String, String);

/// Rows of journal, decisions and settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewRows {
    decisions: Vec<DecisionRow>,
    journal: Vec<Line>,
    settings: Vec<(String, String)>,
}

impl NewRows {
    /// True where there is nothing new.
    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty() && self.journal.is_empty() && self.settings.is_empty()
    }
}

/// Up to where the history was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowsMark {
    line: i64,
    decision: i64,
    /// The decisions that were not over.
    open: BTreeSet<i64>,
    /// Of each setting a number that another value of it has not.
    settings: BTreeMap<String, u64>,
}

impl Store {
    /// The mark of who has all that is there now.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn rows_mark(&self) -> Result<RowsMark, StoreError> {
        let ids = |query: &str| self.select(query, 0, |r| r.get::<_, i64>(0));
        let newest = |ids: Vec<i64>| ids.first().copied().unwrap_or(0);
        Ok(RowsMark {
            line: newest(ids("SELECT id FROM journal WHERE id > ?1 ORDER BY id DESC LIMIT 1")?),
            decision: newest(ids("SELECT id FROM decisions WHERE id > ?1 ORDER BY id DESC LIMIT 1")?),
            open: ids("SELECT id FROM decisions WHERE id > ?1 AND stage IN ('proposed', 'intended')")?
                .into_iter()
                .collect(),
            settings: self.settings()?.into_iter().map(|(key, value)| (key, number(&value))).collect(),
        })
    }

    /// The rows that are new since `mark`, or have changed, and the mark after them.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn rows_since(&self, mark: &RowsMark) -> Result<(NewRows, RowsMark), StoreError> {
        let journal: Vec<Line> = self.select(
            "SELECT id, at, group_name, kind, operator, text, decision FROM journal WHERE id > ?1 ORDER BY id",
            mark.line,
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?)),
        )?;
        let changed: BTreeSet<i64> = journal.iter().filter_map(|line| line.6).collect();
        let first = changed.iter().chain(&mark.open).copied().min().unwrap_or(i64::MAX);
        let read = |r: &Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?));
        let decisions: Vec<DecisionRow> = self.select(
            "SELECT id, group_name, at, stage, record FROM decisions WHERE id >= ?1 ORDER BY id",
            first.min(mark.decision.saturating_add(1)),
            read,
        )?;
        let is_open = |row: &&DecisionRow| matches!(row.3.as_str(), "proposed" | "intended");
        let mut next = RowsMark {
            line: journal.last().map_or(mark.line, |line| line.0),
            decision: decisions.last().map_or(mark.decision, |row| row.0.max(mark.decision)),
            open: decisions.iter().filter(is_open).map(|row| row.0).collect(),
            settings: mark.settings.clone(),
        };
        let news = |row: &DecisionRow| {
            row.0 > mark.decision || changed.contains(&row.0) || mark.open.contains(&row.0)
        };
        let decisions = decisions.into_iter().filter(news).collect();
        let settings = self.settings()?.into_iter().filter(|(key, value)| {
            let number = number(value);
            next.settings.insert(key.clone(), number) != Some(number)
        });
        let rows = NewRows { decisions, journal, settings: settings.collect() };
        Ok((rows, next))
    }

    /// Takes rows of another copy of this history in, in place of those with the same ids and keys.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn take_rows(&mut self, rows: &NewRows) -> Result<(), StoreError> {
        self.transaction(Durability::Promised, |transaction| {
            let mut put = transaction.prepare_cached(
                "INSERT INTO decisions (id, group_name, at, stage, record) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, record = excluded.record",
            )?;
            for (id, group, at, stage, record) in &rows.decisions {
                put.execute(params![id, group, at, stage, record])?;
            }
            let mut put = transaction.prepare_cached(
                "INSERT INTO journal (id, at, group_name, kind, operator, text, decision)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
            )?;
            for (id, at, group, kind, operator, text, decision) in &rows.journal {
                put.execute(params![id, at, group, kind, operator, text, decision])?;
            }
            let mut put = transaction.prepare_cached(
                "INSERT INTO settings (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?;
            for (key, value) in &rows.settings {
                put.execute(params![key, value])?;
            }
            Ok(())
        })?;
        if let Some(at) = rows.decisions.iter().map(|row| row.2).min() {
            self.changes.add(from_micros(at));
        }
        Ok(())
    }

    /// Writes the whole history as a new file at `path`, without what is free in it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written, or there is such a file.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_string_lossy().into_owned();
        self.connection.execute("VACUUM INTO ?1", [path]).map(drop).map_err(|e| self.sql(e))
    }

    fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.select("SELECT key, value FROM settings WHERE ?1 = ?1", 0, |r| Ok((r.get(0)?, r.get(1)?)))
    }

    fn select<T>(
        &self,
        query: &str,
        after: i64,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(query)
            .and_then(|mut select| select.query_map([after], |row| read(row))?.collect())
            .map_err(|e| self.sql(e))
    }
}

fn number(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            at_epoch,
            decision::{Decision, Stage},
            journal::{JournalEntry, JournalKind},
        },
        store::{decisions::tests::decision, keys},
    };

    fn line(kind: JournalKind, text: &str) -> JournalEntry {
        JournalEntry {
            id: 0,
            at: at_epoch(60),
            group: Some("web".into()),
            kind,
            operator: "prescale".into(),
            text: text.into(),
            decision: None,
        }
    }

    #[test]
    fn what_is_new_makes_another_copy_the_same_and_twice_is_once() {
        let (mut here, mut there) =
            (Store::in_memory().expect("memory"), Store::in_memory().expect("memory"));
        let mut mark = RowsMark::default();
        let tell = |here: &Store, there: &mut Store, mark: &mut RowsMark| {
            let (rows, next) = here.rows_since(mark).expect("readable");
            for _ in 0..2 {
                there.take_rows(&rows).expect("writable");
            }
            *mark = next;
            rows
        };
        let mut intended = decision("web", Stage::Intended);
        here.record(&mut intended, line(JournalKind::Intent, "2 to 3")).expect("writable");
        here.set(&keys::brake(), &true).expect("writable");
        let rows = tell(&here, &mut there, &mut mark);
        assert_eq!((rows.decisions.len(), rows.journal.len(), rows.settings.len()), (1, 1, 1));
        assert_eq!(there.open_decisions().expect("readable"), [intended.clone()]);
        // Without a line of its own: an open decision is told again.
        let mut applied = Decision { stage: Stage::Applied, ..intended };
        here.update_decision(&applied).expect("writable");
        let rows = tell(&here, &mut there, &mut mark);
        assert_eq!((rows.decisions.len(), rows.journal.len(), rows.settings.len()), (1, 0, 0));
        assert!(there.open_decisions().expect("readable").is_empty());
        applied.to += 1;
        here.record(&mut applied, line(JournalKind::Outcome, "done")).expect("writable");
        tell(&here, &mut there, &mut mark);
        assert_eq!(there.decision(applied.id).expect("readable"), Some(applied));
        assert_eq!(there.journal(9, None).expect("readable"), here.journal(9, None).expect("readable"));
        assert_eq!(there.get(&keys::brake()).expect("readable"), Some(true));
        assert!(here.rows_since(&mark).expect("readable").0.is_empty());
        assert_eq!(here.rows_mark().expect("readable"), mark);
    }

    #[test]
    fn a_copy_is_a_history_of_its_own() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut store = Store::open(&folder.path().join("a.db")).expect("new");
        store.note(&line(JournalKind::Mode, "auto")).expect("writable");
        let copy = folder.path().join("b.db");
        store.copy_to(&copy).expect("writable");
        assert!(store.copy_to(&copy).is_err(), "nothing is replaced");
        let copy = Store::open(&copy).expect("a history");
        assert_eq!(copy.journal(9, None).expect("readable").len(), 1);
    }
}
