//! Forgetting: what is older than it is kept goes, a bounded number of rows at a time.
//!
//! Of forecasts their scores by day remain ([`ForecastScore`]), in the settings beside those of the baseline.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Durability, SettingWrite, Store, StoreError, TransactionError, forecasts::HORIZON, keys, micros,
};
use crate::domain::{
    Time,
    forecast::Forecast,
    forecast_score::ForecastScore,
    keep::{Keep, days_of},
    metric::Metric,
    shift,
};

/// Forecasts of one group that are scored and forgotten at once: a day of them.
const FORECASTS: usize = 300;
/// Pages that are given back to the disk at once, 4 KiB each.
const PAGES: usize = 500;

/// Lines of the journal before a moment: of the oldest by number the old ones, so that no call walks through the whole table.
const OLD_LINES: &str = "DELETE FROM journal WHERE id IN
    (SELECT id FROM (SELECT id, at FROM journal ORDER BY id LIMIT ?2) WHERE at < ?1)";
/// The same for decisions that are over and of which no line is left.
const OLD_DECISIONS: &str = "DELETE FROM decisions WHERE id IN
    (SELECT id FROM (SELECT id, at, stage FROM decisions ORDER BY id LIMIT ?2) AS old
     WHERE at < ?1 AND stage NOT IN ('proposed', 'intended', 'snoozed')
       AND NOT EXISTS (SELECT 1 FROM journal WHERE decision = old.id))";

impl Store {
    /// Forgets what `keep` does not keep at `now`, about `most` rows at the most; gives their number. Fewer than `most`
    /// means that nothing more is old enough.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn prune(&mut self, keep: &Keep, now: Time, most: usize) -> Result<usize, StoreError> {
        let mut gone = self.prune_samples(keep, now, most)?;
        gone += self.prune_forecasts(shift(now, -days_of(keep.forecast_days)), most.saturating_sub(gone))?;
        gone += self.prune_journal(shift(now, -days_of(keep.journal_days)), most.saturating_sub(gone))?;
        gone += self.prune_scores(shift(now, -days_of(keep.demand_days)), most.saturating_sub(gone))?;
        if gone > 0 {
            self.give_back().map_err(|e| self.sql(e))?;
        }
        Ok(gone)
    }

    /// The scores of the forecasts of `group` that are no longer kept, by day (UTC) of their origin.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn forecast_scores(&self, group: &str) -> Result<Vec<(NaiveDate, Vec<ForecastScore>)>, StoreError> {
        self.by_day(&keys::forecast_scores(group))
    }

    /// Gives free pages back to the disk. Each row that is read is a page.
    fn give_back(&self) -> Result<(), rusqlite::Error> {
        let mut vacuum = self.connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut pages = vacuum.query([])?;
        while pages.next()?.is_some() {}
        Ok(())
    }

    fn prune_samples(&mut self, keep: &Keep, now: Time, most: usize) -> Result<usize, StoreError> {
        self.transaction(Durability::Repeatable, |transaction| {
            let all: Vec<(i64, String, i64)> = transaction
                .prepare_cached("SELECT id, metric, step FROM series")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            let mut delete = transaction.prepare_cached(
                "DELETE FROM samples WHERE series = ?1 AND time IN
                   (SELECT time FROM samples WHERE series = ?1 AND time < ?2 ORDER BY time LIMIT ?3)",
            )?;
            let mut gone = 0;
            for (id, metric, step) in all {
                if gone >= most {
                    break;
                }
                let age = keep.samples(metric == Metric::Demand.name(), step);
                let left = i64::try_from(most - gone).unwrap_or(i64::MAX);
                gone += delete.execute(params![id, shift(now, -age).timestamp(), left])?;
            }
            Ok(gone)
        })
    }

    /// Forgets forecasts made before `before`, once they are scored.
    fn prune_forecasts(&mut self, before: Time, most: usize) -> Result<usize, StoreError> {
        let groups: Vec<String> = self
            .connection
            .prepare_cached("SELECT DISTINCT group_name FROM series")
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
            .map_err(|e| self.sql(e))?;
        let mut gone = 0;
        for group in groups {
            while gone < most {
                let old = self.oldest_forecasts(&group, before, FORECASTS)?;
                let Some(last) = old.last().map(|forecast| forecast.origin) else { break };
                let settings = self.scored(&group, &old)?;
                gone += self.transaction(Durability::Repeatable, |transaction| {
                    settings.iter().try_for_each(|setting| setting.put(transaction))?;
                    let mut delete = transaction
                        .prepare_cached("DELETE FROM forecasts WHERE group_name = ?1 AND origin <= ?2")?;
                    Ok(delete.execute(params![group, micros(last)])?)
                })?;
            }
        }
        Ok(gone)
    }

    /// The scores of `forecasts`, added to those that their days have.
    fn scored(&self, group: &str, forecasts: &[Forecast]) -> Result<Vec<SettingWrite>, StoreError> {
        let mut days: BTreeMap<NaiveDate, Vec<Forecast>> = BTreeMap::new();
        for forecast in forecasts {
            days.entry(forecast.origin.date_naive()).or_default().push(forecast.clone());
        }
        let mut settings = Vec::new();
        for (day, forecasts) in days {
            let (Some(first), Some(last)) = (forecasts.first(), forecasts.last()) else { continue };
            let (from, until) = (shift(first.first, -first.step), shift(last.first, HORIZON));
            let actual = self.load(group, Metric::Demand, first.step, from, until)?;
            let key = keys::forecast_score(group, day);
            let mut scores = self.get(&key).ok().flatten().unwrap_or_default();
            ForecastScore::add(&mut scores, &ForecastScore::of(&forecasts, &actual));
            settings.push(SettingWrite::new(&key, &scores)?);
        }
        Ok(settings)
    }

    /// Forgets lines of the journal, and decisions that are over and of which no line is left.
    fn prune_journal(&mut self, before: Time, most: usize) -> Result<usize, StoreError> {
        let (before, most) = (micros(before), i64::try_from(most).unwrap_or(i64::MAX));
        let (lines, decisions) = self.transaction(Durability::Repeatable, |transaction| {
            let forget = |oldest: &str, delete: &str| -> Result<usize, TransactionError> {
                let oldest: Option<i64> =
                    transaction.prepare_cached(oldest)?.query_row([], |row| row.get(0)).optional()?;
                match oldest.is_some_and(|at| at < before) {
                    true => Ok(transaction.prepare_cached(delete)?.execute(params![before, most])?),
                    false => Ok(0),
                }
            };
            let lines = forget("SELECT at FROM journal ORDER BY id LIMIT 1", OLD_LINES)?;
            Ok((lines, forget("SELECT at FROM decisions ORDER BY id LIMIT 1", OLD_DECISIONS)?))
        })?;
        if decisions > 0 {
            self.changes.add(Time::MIN_UTC);
        }
        Ok(lines + decisions)
    }

    /// Forgets daily scores.
    fn prune_scores(&mut self, before: Time, most: usize) -> Result<usize, StoreError> {
        let (day, most) = (before.date_naive().to_string(), i64::try_from(most).unwrap_or(i64::MAX));
        self.transaction(Durability::Repeatable, |transaction| {
            keys::DAILY.iter().map(|prefix| prune_days(transaction, prefix, &day, most)).sum()
        })
    }
}

/// Forgets settings of days before `day` whose names begin with `prefix`.
fn prune_days(
    transaction: &Transaction<'_>,
    prefix: &str,
    day: &str,
    most: i64,
) -> Result<usize, TransactionError> {
    let mut delete = transaction.prepare_cached(
        "DELETE FROM settings WHERE key IN
           (SELECT key FROM settings WHERE key >= ?1 AND key < ?1 || char(1114111)
              AND substr(key, -10) < ?2 AND substr(key, -10) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
            LIMIT ?3)",
    )?;
    Ok(delete.execute(params![prefix, day, most])?)
}

#[cfg(test)]
mod tests;
