//! Decisions of the past: one after the other, the ones beside a moment, and what the journal says of each.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Store, StoreError, forecasts, from_micros, journal, micros};
use crate::domain::{Seconds, Time, decision::Decision, forecast::Forecast, journal::JournalEntry, shift};

/// Oldest forecast that a decision may have used.
const OLDEST_FORECAST: Seconds = 2 * 3_600;

/// Heads of the decisions of a group before a place in their order, newest first.
const BEFORE: &str = "SELECT id, group_name, at, stage FROM decisions
    WHERE group_name = ?1 AND (at, id) < (?2, ?3) ORDER BY at DESC, id DESC LIMIT ?4";
/// Those after it, oldest first.
const SINCE: &str = "SELECT id, group_name, at, stage FROM decisions
    WHERE group_name = ?1 AND (at, id) > (?2, ?3) ORDER BY at, id LIMIT ?4";
/// Every group with a decision, a step of the index each.
const GROUPS: &str = "WITH RECURSIVE named (name) AS (
        SELECT MIN(group_name) FROM decisions
        UNION ALL
        SELECT (SELECT MIN(group_name) FROM decisions WHERE group_name > name) FROM named WHERE name IS NOT NULL)
    SELECT name FROM named WHERE name IS NOT NULL";
/// The newest forecast of a group that was made within a time.
const FORECAST: &str = "SELECT origin, first, step, model, quantiles FROM forecasts
    WHERE group_name = ?1 AND origin >= ?2 AND origin < ?3 ORDER BY origin DESC LIMIT 1";

/// The id of a decision, and its record if that can be read.
pub type ReadDecision = (i64, Result<Decision, StoreError>);

/// A decision without its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionHead {
    /// Its id.
    pub id: i64,
    /// Its group.
    pub group: String,
    /// When it was made.
    pub at: Time,
    /// The word for the stage at which it stands.
    pub stage: String,
}

impl Store {
    /// The decisions with an id above `after`, of `group` or of all groups, oldest first, at most `limit`. A record that is
    /// damaged is an error of its own: the others are read.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn decisions_after(
        &self,
        after: i64,
        group: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ReadDecision>, StoreError> {
        let query = "SELECT id, record FROM decisions WHERE id > ?1 AND (?2 IS NULL OR group_name = ?2)
            ORDER BY id LIMIT ?3";
        let record = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows: Vec<(i64, String)> = self.select_all(query, params![after, group, most(limit)], record)?;
        Ok(rows.into_iter().map(|row| (row.0, self.decode(row))).collect())
    }

    /// The decisions of `group` made before `at`, newest first, at most `limit`; with `id` those of the same moment that have a
    /// lower one come first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn decisions_before(
        &self,
        group: &str,
        (at, id): (Time, i64),
        limit: usize,
    ) -> Result<Vec<DecisionHead>, StoreError> {
        self.select_all(BEFORE, params![group, micros(at), id, most(limit)], head)
    }

    /// The decisions of `group` made after `at` or at it with an id above `id`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn decisions_since(
        &self,
        group: &str,
        (at, id): (Time, i64),
        limit: usize,
    ) -> Result<Vec<DecisionHead>, StoreError> {
        self.select_all(SINCE, params![group, micros(at), id, most(limit)], head)
    }

    /// The names of all groups with a decision, of those that are gone as well, in their order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn groups_with_decisions(&self) -> Result<Vec<String>, StoreError> {
        self.select_all(GROUPS, params![], |row| row.get(0))
    }

    /// The head of the decision with this id, also where its record is damaged.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn decision_head(&self, id: i64) -> Result<Option<DecisionHead>, StoreError> {
        self.connection
            .prepare_cached("SELECT id, group_name, at, stage FROM decisions WHERE id = ?1")
            .and_then(|mut select| select.query_row([id], head).optional())
            .map_err(|e| self.sql(e))
    }

    /// The newest forecast of `group` when a decision was made at `at`; `None` where none of the two hours before is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn forecast_as_of(&self, group: &str, at: Time) -> Result<Option<Forecast>, StoreError> {
        self.connection
            .prepare_cached(FORECAST)
            .and_then(|mut select| {
                let (oldest, end) = (micros(shift(at, -OLDEST_FORECAST)), micros(shift(at, 1)));
                select.query_row(params![group, oldest, end], forecasts::forecast).optional()
            })
            .map_err(|e| self.sql(e))
    }

    /// The decisions with an id near `id`, of `group` or of all groups, by their ids: at most `limit` below and `limit` above.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn decisions_beside(
        &self,
        id: i64,
        group: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DecisionHead>, StoreError> {
        let read = |query: &str| self.select_all(query, params![id, group, most(limit)], head);
        let below = "SELECT id, group_name, at, stage FROM decisions
            WHERE id < ?1 AND (?2 IS NULL OR group_name = ?2) ORDER BY id DESC LIMIT ?3";
        let above = "SELECT id, group_name, at, stage FROM decisions
            WHERE id > ?1 AND (?2 IS NULL OR group_name = ?2) ORDER BY id LIMIT ?3";
        let mut beside = read(below)?;
        beside.reverse();
        beside.extend(read(above)?);
        Ok(beside)
    }

    /// The lines of the journal that belong to the decision `id`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn journal_of(&self, id: i64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        let query = "SELECT id, at, group_name, kind, operator, text, decision FROM journal
            WHERE decision = ?1 ORDER BY id LIMIT ?2";
        self.select_all(query, params![id, most(limit)], journal::entry)
    }

    /// Every row that `query` gives, as `row` reads it.
    fn select_all<T>(
        &self,
        query: &str,
        params: &[&dyn ToSql],
        row: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(query)
            .and_then(|mut select| select.query_map(params, row)?.collect())
            .map_err(|e| self.sql(e))
    }
}

/// The most rows, as SQLite counts them.
fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn head(row: &Row<'_>) -> Result<DecisionHead, rusqlite::Error> {
    Ok(DecisionHead { id: row.get(0)?, group: row.get(1)?, at: from_micros(row.get(2)?), stage: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{at_epoch, decision::Stage},
        store::decisions::tests::{decision, line},
    };

    impl Store {
        /// Damages the record of the decision `id`.
        pub(crate) fn spoil(&self, id: i64) {
            let spoilt = self.connection.execute("UPDATE decisions SET record = '{' WHERE id = ?1", [id]);
            assert_eq!(spoilt.expect("valid SQL"), 1, "it is kept");
        }
    }

    fn store() -> Store {
        let mut store = Store::in_memory().expect("memory");
        for (at, group) in [(60, "web"), (60, "web"), (60, "api"), (120, "web"), (180, "web")] {
            let mut one = Decision { at: at_epoch(at), ..decision(group, Stage::Applied) };
            store.record(&mut one, line("went")).expect("writable");
        }
        store
    }

    #[test]
    fn the_ones_beside_a_decision_are_of_its_group_and_in_their_order() {
        let store = store();
        let ids = |heads: Result<Vec<DecisionHead>, StoreError>| -> Vec<i64> {
            heads.expect("readable").iter().map(|head| head.id).collect()
        };
        assert_eq!(ids(store.decisions_before("web", (at_epoch(180), 5), 9)), [4, 2, 1]);
        assert_eq!(ids(store.decisions_before("web", (at_epoch(60), 2), 9)), [1], "of the same moment");
        assert_eq!(ids(store.decisions_since("web", (at_epoch(60), 1), 2)), [2, 4]);
        assert!(ids(store.decisions_since("web", (at_epoch(180), 5), 9)).is_empty());
        assert!(ids(store.decisions_before("nobody", (at_epoch(999), 9), 9)).is_empty());
        assert_eq!(store.groups_with_decisions().expect("readable"), ["api", "web"]);
        assert!(Store::in_memory().expect("memory").groups_with_decisions().expect("readable").is_empty());
        assert_eq!(ids(store.decisions_beside(3, None, 1)), [2, 4]);
        assert_eq!(ids(store.decisions_beside(99, Some("web"), 2)), [4, 5]);
    }

    #[test]
    fn the_forecast_of_a_decision_is_the_newest_made_until_then() {
        let mut store = store();
        let made = |origin| Forecast {
            origin: at_epoch(origin),
            first: at_epoch(origin),
            step: 300,
            model: "blend".into(),
            rows: vec![Default::default()],
        };
        store.save_forecasts("web", &[60, 120, 181].map(made)).expect("writable");
        let origin = |group, at| {
            let found = store.forecast_as_of(group, at_epoch(at)).expect("readable");
            found.map(|forecast| forecast.origin.timestamp())
        };
        assert_eq!(
            [59, 60, 119, 180, 181].map(|at| origin("web", at)),
            [None, Some(60), Some(60), Some(120), Some(181)]
        );
        assert_eq!([181 + 7_200, 181 + 7_201].map(|at| origin("web", at)), [Some(181), None]);
        assert_eq!(origin("api", 180), None);
    }

    #[test]
    fn all_are_read_one_after_the_other_and_a_damaged_one_alone_is_an_error() {
        let store = store();
        store.spoil(2);
        let head = store.decision_head(2).expect("readable").expect("it is kept");
        assert_eq!((head.id, head.group.as_str(), head.at), (2, "web", at_epoch(60)));
        assert_eq!(store.decision_head(99).expect("readable"), None);
        let read = |after, group| store.decisions_after(after, group, 3).expect("readable");
        let found = read(0, None);
        assert_eq!(
            found.iter().map(|(id, one)| (*id, one.is_ok())).collect::<Vec<_>>(),
            [(1, true), (2, false), (3, true)]
        );
        assert_eq!(read(3, None).len(), 2);
        assert_eq!(read(0, Some("api")).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [3]);
        let lines = store.journal_of(4, 9).expect("readable");
        assert_eq!(
            lines.iter().map(|line| (line.decision, line.text.as_str())).collect::<Vec<_>>(),
            [(Some(4), "went")]
        );
    }

    #[test]
    fn what_is_asked_for_each_group_of_a_fleet_is_found_by_an_index_and_not_sorted() {
        let store = store();
        for query in [BEFORE, SINCE, FORECAST] {
            let mut plan =
                store.connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("valid SQL");
            let mut rows = plan.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next().expect("a plan") {
                steps.push(row.get::<_, String>(3).expect("its words"));
            }
            assert!(
                matches!(steps.as_slice(), [step] if step.starts_with("SEARCH") && step.contains("INDEX")),
                "{query}: {steps:?}"
            );
        }
    }
}
