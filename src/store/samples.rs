//! Samples: one row a step that was seen; a gap is the absence of a row.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Durability, Store, StoreError, TransactionError};
use crate::domain::{Seconds, Time, at_epoch, metric::Metric, series::Series};

impl Store {
    /// Keeps the samples of `series` for `metric` of `group`, all or none of them.
    ///
    /// A sample at a time that is there already takes its place (late data correct early data); a gap is not
    /// stored and takes nothing's place. Series of different steps do not touch each other.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn append(&mut self, group: &str, metric: Metric, series: &Series) -> Result<(), StoreError> {
        self.append_all([(group, metric, series)])
    }

    /// [`Store::append`] for several series as one transaction: what one cycle collected.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn append_all<'a>(
        &mut self,
        batch: impl IntoIterator<Item = (&'a str, Metric, &'a Series)>,
    ) -> Result<(), StoreError> {
        self.transaction(Durability::Repeatable, |transaction| {
            batch.into_iter().try_for_each(|(group, metric, series)| put(transaction, group, metric, series))
        })
    }

    /// What is known of `metric` of `group` at a `step` of so many seconds, for steps that start within
    /// `[from, until)`.
    ///
    /// The series runs from the first sample there to the last, with gaps where rows are missing between; it
    /// is empty and starts at `from` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn load(
        &self,
        group: &str,
        metric: Metric,
        step: Seconds,
        from: Time,
        until: Time,
    ) -> Result<Series, StoreError> {
        self.read_samples(group, metric, step, from, until).map_err(|e| self.sql(e))
    }

    /// Forgets all samples of these metrics of `group`; gives their number.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn forget(&mut self, group: &str, metrics: &[Metric]) -> Result<usize, StoreError> {
        self.transaction(Durability::Repeatable, |transaction| {
            let mut delete = transaction.prepare_cached(
                "DELETE FROM samples WHERE series IN (SELECT id FROM series WHERE group_name = ?1 AND metric = ?2)",
            )?;
            let gone = metrics.iter().map(|metric| delete.execute(params![group, metric.name()]));
            Ok(gone.sum::<Result<usize, _>>()?)
        })
    }

    fn read_samples(
        &self,
        group: &str,
        metric: Metric,
        step: Seconds,
        from: Time,
        until: Time,
    ) -> Result<Series, rusqlite::Error> {
        let mut select = self.connection.prepare_cached(
            "SELECT time, value FROM samples WHERE time >= ?4 AND time < ?5 AND series =
               (SELECT id FROM series WHERE group_name = ?1 AND metric = ?2 AND step = ?3)
             ORDER BY time",
        )?;
        let (first, last) = (ceil_seconds(from), ceil_seconds(until));
        let mut rows = select.query(params![group, metric.name(), step, first, last])?;
        let mut series: Option<Series> = None;
        while let Some(row) = rows.next()? {
            let (time, value) = (at_epoch(row.get(0)?), row.get(1)?);
            series.get_or_insert_with(|| Series::new(time, step)).insert(time, value);
        }
        Ok(series.unwrap_or_else(|| Series::new(from, step)))
    }
}

/// Upserts one series inside a transaction.
fn put(
    transaction: &Transaction<'_>,
    group: &str,
    metric: Metric,
    series: &Series,
) -> Result<(), TransactionError> {
    let id = series_id(transaction, group, metric, series.step())?;
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO samples (series, time, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (series, time) DO UPDATE SET value = excluded.value",
    )?;
    for (time, value) in series.iter() {
        if let Some(value) = value {
            upsert.execute(params![id, time.timestamp(), value])?;
        }
    }
    Ok(())
}

/// The number of a series, given on first sight.
fn series_id(
    transaction: &Transaction<'_>,
    group: &str,
    metric: Metric,
    step: Seconds,
) -> Result<i64, rusqlite::Error> {
    let known = transaction
        .prepare_cached("SELECT id FROM series WHERE group_name = ?1 AND metric = ?2 AND step = ?3")?
        .query_row(params![group, metric.name(), step], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    transaction
        .prepare_cached("INSERT INTO series (group_name, metric, step) VALUES (?1, ?2, ?3)")?
        .insert(params![group, metric.name(), step])
}

/// The first whole second that is not before `time`.
fn ceil_seconds(time: Time) -> i64 {
    time.timestamp().saturating_add(i64::from(time.timestamp_subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::shift;

    fn series(start: i64, step: Seconds, values: &[Option<f64>]) -> Series {
        Series::from_values(at_epoch(start), step, values.iter().copied())
    }

    fn everything(store: &Store, group: &str, step: Seconds) -> Series {
        store
            .load(group, Metric::Cpu, step, at_epoch(-1_000_000_000), at_epoch(9_000_000_000))
            .expect("readable")
    }

    #[test]
    fn gaps_are_not_stored_and_come_back_as_gaps() {
        let mut store = Store::in_memory().expect("memory");
        let s = series(300, 300, &[None, Some(1.0), None, Some(3.0), None]);
        store.append("web", Metric::Cpu, &s).expect("writable");
        assert_eq!(everything(&store, "web", 300), series(600, 300, &[Some(1.0), None, Some(3.0)]));
        let gap = series(600, 300, &[None]);
        store.append("web", Metric::Cpu, &gap).expect("writable");
        assert_eq!(everything(&store, "web", 300).at(at_epoch(600)), Some(1.0));
    }

    #[test]
    fn groups_metrics_and_steps_are_apart() {
        let mut store = Store::in_memory().expect("memory");
        store.append("web", Metric::Cpu, &series(0, 300, &[Some(1.0)])).expect("writable");
        store.append("web", Metric::Cpu, &series(0, 60, &[Some(2.0)])).expect("writable");
        store.append("web", Metric::Requests, &series(0, 300, &[Some(3.0)])).expect("writable");
        store.append("Web", Metric::Cpu, &series(0, 300, &[Some(4.0)])).expect("writable");
        assert_eq!(everything(&store, "web", 300).known().collect::<Vec<_>>(), [1.0]);
        assert_eq!(everything(&store, "web", 60).known().collect::<Vec<_>>(), [2.0]);
        assert!(everything(&store, "nobody", 300).is_empty());
    }

    #[test]
    fn a_metric_of_one_group_can_be_forgotten() {
        let mut store = Store::in_memory().expect("memory");
        let s = series(0, 300, &[Some(1.0), Some(2.0)]);
        for (group, metric) in [("web", Metric::Cpu), ("web", Metric::Requests), ("api", Metric::Cpu)] {
            store.append(group, metric, &s).expect("writable");
        }
        assert_eq!(store.forget("web", &[Metric::Cpu, Metric::Custom]).expect("writable"), 2);
        assert!(everything(&store, "web", 300).is_empty());
        assert_eq!(everything(&store, "api", 300), s);
        let kept = store.load("web", Metric::Requests, 300, at_epoch(0), at_epoch(900)).expect("readable");
        assert_eq!(kept, s);
    }

    #[test]
    fn a_hundred_thousand_samples_are_one_batch() {
        let mut store = Store::in_memory().expect("memory");
        let s = Series::from_values(at_epoch(0), 60, (0..100_000).map(|i| Some(f64::from(i))));
        store.append("web", Metric::Requests, &s).expect("writable");
        let back = store.load("web", Metric::Requests, 60, s.start(), s.known_until()).expect("readable");
        assert_eq!(back, s);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever the order and the overlaps, the last value said of a step is the one that stands.
        #[test]
        fn the_last_value_wins(
            batches in prop::collection::vec((0i64..60, prop::collection::vec(prop::option::of(-1e12..1e12f64), 0..20)), 0..12),
            from in -5i64..90, length in 0i64..90,
        ) {
            const STEP: Seconds = 300;
            let mut store = Store::in_memory().expect("memory");
            let mut model = BTreeMap::new();
            for (start, values) in &batches {
                let s = series(start * STEP, STEP, values);
                store.append("web", Metric::Cpu, &s).expect("writable");
                model.extend(s.iter().filter_map(|(time, value)| value.map(|v| (time, v))));
            }
            let (from, until) = (at_epoch(from * STEP - 1), at_epoch((from + length) * STEP - 1));
            let back = store.load("web", Metric::Cpu, STEP, from, until).expect("readable");
            let seen: Vec<_> = back.iter().filter_map(|(time, value)| value.map(|v| (time, v))).collect();
            let wanted: Vec<_> = model.range(from..until).map(|(time, value)| (*time, *value)).collect();
            prop_assert_eq!(seen, wanted);
            prop_assert!(back.is_empty() || back.get(0).is_some());
            prop_assert!(back.known_until() <= shift(until, STEP));
        }
    }
}
