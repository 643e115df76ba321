//! Looking at a history that another process may be writing.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, params};

use super::{BUSY, Store, StoreError, changes::Changes, micros, schema};
use crate::domain::{Seconds, Time, at_epoch, metric::Metric};

/// What there is of one metric of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricCoverage {
    /// The group.
    pub group: String,
    /// The metric.
    pub metric: Metric,
    /// Seconds a sample covers.
    pub step: Seconds,
    /// Start of the oldest sample.
    pub first: Time,
    /// Start of the newest sample.
    pub last: Time,
}

impl Store {
    /// Opens the history at `path` without the right to change it, beside a process that writes it.
    ///
    /// # Errors
    /// [`StoreError::Access`] where there is none, or it was made by an older program and never opened since;
    /// [`StoreError::Newer`] and [`StoreError::Foreign`] as [`Store::open`].
    pub fn read_only(path: &Path) -> Result<Store, StoreError> {
        let refused = |reason: &str| Err(StoreError::access(path, reason));
        if !path.is_file() {
            return refused("there is no such file: nothing was recorded in this home folder yet");
        }
        let sql = |e| StoreError::sql(path, e);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(sql)?;
        connection.busy_timeout(BUSY).map_err(sql)?;
        if schema::inspect(&connection, path)? < schema::MIGRATIONS.len() as i64 {
            return refused("it is empty or of an older prescale; start prescale on it once");
        }
        Ok(Store { connection, path: path.to_owned(), changes: Changes::default(), _lock: None })
    }

    /// What is there, by group, metric and step; series without a sample are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn spans(&self) -> Result<Vec<MetricCoverage>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT group_name, metric, step,
                       (SELECT MIN(time) FROM samples WHERE series = id) AS first,
                       (SELECT MAX(time) FROM samples WHERE series = id)
                     FROM series WHERE first IS NOT NULL ORDER BY group_name, metric, step",
                )?
                .query_map([], |row| {
                    let metric: String = row.get(1)?;
                    let (group, step): (String, Seconds) = (row.get(0)?, row.get(2)?);
                    let (first, last) = (at_epoch(row.get(3)?), at_epoch(row.get(4)?));
                    Ok(Metric::from_name(&metric).map(|metric| MetricCoverage {
                        group,
                        metric,
                        step,
                        first,
                        last,
                    }))
                })?
                .filter_map(Result::transpose)
                .collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| self.sql(e))
    }

    /// How many decisions of `group` made within `[from, until)` stand at each stage.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn stages(&self, group: &str, from: Time, until: Time) -> Result<BTreeMap<String, u32>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT stage, COUNT(*) FROM decisions
                     WHERE group_name = ?1 AND at >= ?2 AND at < ?3 GROUP BY stage",
                )?
                .query_map(params![group, micros(from), micros(until)], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<BTreeMap<_, _>, _>>()
        };
        read().map_err(|e| self.sql(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{series::Series, shift};

    #[test]
    fn a_reader_sees_what_a_writer_writes_and_cannot_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prescale.db");
        assert!(Store::read_only(&path).is_err_and(|e| e.to_string().contains("nothing was recorded")));
        let mut writer = Store::open(&path).expect("a new file");
        let series = Series::from_values(at_epoch(600), 300, [Some(1.0), None, Some(2.0)]);
        let mut reader = Store::read_only(&path).expect("the writer does not lock readers out");
        assert_eq!(reader.spans().expect("readable"), []);
        writer.append("web", Metric::Demand, &series).expect("writable");
        let span = |first, last| MetricCoverage {
            group: "web".into(),
            metric: Metric::Demand,
            step: 300,
            first: at_epoch(first),
            last: at_epoch(last),
        };
        assert_eq!(reader.spans().expect("readable"), [span(600, 1_200)]);
        assert!(reader.append("web", Metric::Demand, &series).is_err(), "a reader may not write");
        assert_eq!(reader.stages("web", at_epoch(0), shift(at_epoch(0), 60)).expect("readable").len(), 0);
    }
}
