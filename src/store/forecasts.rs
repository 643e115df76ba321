//! Forecasts as they were made, so that the past can be shown as it was predicted.
//!
//! Quantiles are kept as 32-bit floats: seven digits are more than any forecast has, at half the room.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Durability, Store, StoreError, TransactionError, from_micros, micros};
use crate::domain::{
    Seconds, Time, at_epoch,
    forecast::{Forecast, LEVELS, MEDIAN, Quantiles, interpolate},
    series::Series,
    shift,
};

/// Longest time ahead whose forecasts are scored, and some.
pub(super) const HORIZON: Seconds = 2 * 3_600;

/// Bytes of one quantile.
const WIDTH: usize = size_of::<f32>();

/// What was forecast of each step of a stretch of time, each by the forecast made so long before it.
#[derive(Debug, Clone, PartialEq)]
pub struct PastForecasts {
    /// Start of the first step.
    pub start: Time,
    /// Seconds a step.
    pub step: Seconds,
    /// A row for each step; `None` where nothing was forecast in time.
    pub rows: Vec<Option<Quantiles>>,
}

impl PastForecasts {
    /// Demand that is not exceeded with probability `level` as a series; steps without a forecast are gaps.
    pub fn quantile(&self, level: f64) -> Series {
        let value = |row: &Option<Quantiles>| row.as_ref().map(|row| interpolate(row, level));
        Series::from_values(self.start, self.step, self.rows.iter().map(value))
    }
}

/// Where a forecast lies and which steps it speaks of.
struct Head {
    id: i64,
    origin: Time,
    first: i64,
    step: Seconds,
    steps: i64,
}

/// Upserts one forecast inside a transaction.
fn put(transaction: &Transaction<'_>, group: &str, forecast: &Forecast) -> Result<(), TransactionError> {
    if forecast.step < 1 {
        return Err(TransactionError::Known(StoreError::Refused {
            what: format!("a forecast of {group}"),
            reason: format!("its step is {} s; at least 1 s is needed", forecast.step),
        }));
    }
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO forecasts (group_name, origin, first, step, model, quantiles)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (group_name, origin) DO UPDATE SET first = excluded.first,
           step = excluded.step, model = excluded.model, quantiles = excluded.quantiles",
    )?;
    let (origin, first) = (micros(forecast.origin), forecast.first.timestamp());
    upsert.execute(params![group, origin, first, forecast.step, forecast.model, pack(&forecast.rows)])?;
    Ok(())
}

impl Store {
    /// Keeps a forecast of the demand of `group`; one with the same origin takes the place of the one before.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written; [`StoreError::Refused`] when the step is below a second.
    pub fn save_forecast(&mut self, group: &str, forecast: &Forecast) -> Result<(), StoreError> {
        self.save_forecasts(group, [forecast])
    }

    /// [`Store::save_forecast`] for several as one transaction, all or none of them.
    ///
    /// # Errors
    /// As [`Store::save_forecast`].
    pub fn save_forecasts<'a>(
        &mut self,
        group: &str,
        forecasts: impl IntoIterator<Item = &'a Forecast>,
    ) -> Result<(), StoreError> {
        let mut forecasts = forecasts.into_iter().peekable();
        if forecasts.peek().is_none() {
            return Ok(());
        }
        self.transaction(Durability::Repeatable, |transaction| {
            forecasts.try_for_each(|forecast| put(transaction, group, forecast))
        })
    }

    /// The forecasts of `group` made within `[from, until)`, oldest first, quantiles to seven digits.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn forecasts(&self, group: &str, from: Time, until: Time) -> Result<Vec<Forecast>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT origin, first, step, model, quantiles FROM forecasts
                     WHERE group_name = ?1 AND origin >= ?2 AND origin < ?3 ORDER BY origin",
                )?
                .query_map(params![group, micros(from), micros(until)], forecast)?
                .collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| self.sql(e))
    }

    /// What was predicted (median) of each step that starts within `[from, until)`, about `ahead` seconds
    /// before the step began: from the newest forecast that was at least so old by then.
    ///
    /// A forecast older than that by more than half of `ahead`, or two steps if that is more, no longer counts;
    /// a step without one is a gap. The step is the newest such forecast's.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn predicted(
        &self,
        group: &str,
        from: Time,
        until: Time,
        ahead: Seconds,
    ) -> Result<Series, StoreError> {
        Ok(self.past_forecasts(group, from, until, ahead)?.quantile(LEVELS[MEDIAN]))
    }

    /// The same with all quantiles.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn past_forecasts(
        &self,
        group: &str,
        from: Time,
        until: Time,
        ahead: Seconds,
    ) -> Result<PastForecasts, StoreError> {
        self.read_past_forecasts(group, from, until, ahead.max(0)).map_err(|e| self.sql(e))
    }

    /// The oldest forecasts of `group` made before `before`, at most `most`.
    pub(super) fn oldest_forecasts(
        &self,
        group: &str,
        before: Time,
        most: usize,
    ) -> Result<Vec<Forecast>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT origin, first, step, model, quantiles FROM forecasts
                     WHERE group_name = ?1 AND origin < ?2 ORDER BY origin LIMIT ?3",
                )?
                .query_map(params![group, micros(before), most as i64], forecast)?
                .collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| self.sql(e))
    }

    fn read_past_forecasts(
        &self,
        group: &str,
        from: Time,
        until: Time,
        ahead: Seconds,
    ) -> Result<PastForecasts, rusqlite::Error> {
        let none = |step| PastForecasts { start: from, step, rows: Vec::new() };
        let Some(step) = self.newest_step(group, shift(until, -ahead))? else { return Ok(none(1)) };
        let slack = (ahead / 2).max(2 * step);
        let heads = self.heads(group, step, shift(from, -ahead - slack), shift(until, -ahead))?;
        let Some(newest) = heads.last() else { return Ok(none(step)) };
        let phase = newest.first.rem_euclid(step);
        let oldest = shift(heads[0].origin, ahead).max(from).timestamp();
        let latest = shift(newest.origin, ahead + slack + 1).min(until).timestamp();
        let mut target = oldest + (phase - oldest).rem_euclid(step);
        let mut past = PastForecasts { start: at_epoch(target), ..none(step) };
        while target < latest {
            past.rows.push(self.row(&heads, target, ahead, slack)?);
            target += step;
        }
        Ok(past)
    }

    /// Step of the newest forecast made before `until`.
    fn newest_step(&self, group: &str, until: Time) -> Result<Option<Seconds>, rusqlite::Error> {
        self.connection
            .prepare_cached(
                "SELECT step FROM forecasts WHERE group_name = ?1 AND origin < ?2
                 ORDER BY origin DESC LIMIT 1",
            )?
            .query_row(params![group, micros(until)], |row| row.get(0))
            .optional()
    }

    /// Forecasts with that step made within `[from, until)`, oldest first, without their quantiles.
    fn heads(
        &self,
        group: &str,
        step: Seconds,
        from: Time,
        until: Time,
    ) -> Result<Vec<Head>, rusqlite::Error> {
        let row_bytes = (LEVELS.len() * WIDTH) as i64;
        self.connection
            .prepare_cached(
                "SELECT id, origin, first, length(quantiles) FROM forecasts
                 WHERE group_name = ?1 AND origin >= ?2 AND origin < ?3 AND step = ?4 ORDER BY origin",
            )?
            .query_map(params![group, micros(from), micros(until), step], |row| {
                Ok(Head {
                    id: row.get(0)?,
                    origin: from_micros(row.get(1)?),
                    first: row.get(2)?,
                    step,
                    steps: row.get::<_, i64>(3)? / row_bytes,
                })
            })?
            .collect()
    }

    /// The row that the right one of `heads` gave for the step at `target` (seconds since the epoch).
    fn row(
        &self,
        heads: &[Head],
        target: i64,
        ahead: Seconds,
        slack: Seconds,
    ) -> Result<Option<Quantiles>, rusqlite::Error> {
        let made_by = at_epoch(target - ahead);
        let Some(head) = heads[..heads.partition_point(|h| h.origin <= made_by)].last() else {
            return Ok(None);
        };
        let index = (target - head.first).div_euclid(head.step);
        if head.origin < shift(made_by, -slack) || !(0..head.steps).contains(&index) {
            return Ok(None);
        }
        let width = LEVELS.len() * WIDTH;
        let offset = index as usize * width;
        self.connection
            .prepare_cached("SELECT substr(quantiles, ?2, ?3) FROM forecasts WHERE id = ?1")?
            .query_row(params![head.id, offset as i64 + 1, width as i64], |row| {
                let numbers: Vec<f64> = unpack(row.get_ref(0)?.as_blob()?).collect();
                Ok(numbers.as_chunks::<{ LEVELS.len() }>().0.first().copied())
            })
    }
}

/// Quantiles as little-endian 32-bit floats, step after step.
fn pack(rows: &[Quantiles]) -> Vec<u8> {
    let limit = f64::from(f32::MAX);
    rows.iter().flatten().flat_map(|v| (v.clamp(-limit, limit) as f32).to_le_bytes()).collect()
}

/// The numbers of a blob; what does not fill a number at the end is left out.
fn unpack(blob: &[u8]) -> impl Iterator<Item = f64> + '_ {
    blob.as_chunks::<WIDTH>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
}

/// A forecast from a row of `origin, first, step, model, quantiles`.
pub(super) fn forecast(row: &Row<'_>) -> Result<Forecast, rusqlite::Error> {
    let numbers: Vec<f64> = unpack(row.get_ref(4)?.as_blob()?).collect();
    Ok(Forecast {
        origin: from_micros(row.get(0)?),
        first: at_epoch(row.get(1)?),
        step: row.get(2)?,
        model: row.get(3)?,
        rows: numbers.as_chunks::<{ LEVELS.len() }>().0.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step's median tells which forecast it came from and how far ahead it looks.
    fn made(origin: i64, steps: i64) -> Forecast {
        let row = |i: i64| LEVELS.map(|l| (origin + i) as f64 + (l - 0.5));
        Forecast {
            origin: at_epoch(origin),
            step: 300,
            model: "seasonal-naive".into(),
            rows: (0..steps).map(row).collect(),
            first: at_epoch(origin),
        }
    }

    #[test]
    fn a_forecast_comes_back_to_seven_digits() {
        let mut store = Store::in_memory().expect("memory");
        let mut wrote = made(3_000, 4);
        wrote.origin = from_micros(3_000_123_456);
        wrote.rows[0][8] = 1e300;
        store.save_forecast("web", &wrote).expect("writable");
        let read = store.forecasts("web", at_epoch(3_000), at_epoch(3_001)).expect("readable");
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].origin, read[0].first, read[0].step), (wrote.origin, wrote.first, wrote.step));
        assert_eq!(read[0].model, wrote.model);
        assert!(read[0].rows[0][8].is_finite());
        for (was, is) in wrote.rows[1..].iter().flatten().zip(read[0].rows[1..].iter().flatten()) {
            assert!((was - is).abs() <= was.abs() * 1e-6);
        }
        assert!(store.forecasts("web", at_epoch(3_001), at_epoch(9_000)).expect("readable").is_empty());
    }

    #[test]
    fn the_same_origin_is_said_anew() {
        let mut store = Store::in_memory().expect("memory");
        store.save_forecast("web", &made(3_000, 4)).expect("writable");
        store.save_forecast("web", &made(3_000, 2)).expect("writable");
        let read = store.forecasts("web", at_epoch(0), at_epoch(9_000)).expect("readable");
        assert_eq!(read.iter().map(|f| f.rows.len()).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_step_of_nothing_is_refused() {
        let mut store = Store::in_memory().expect("memory");
        let broken = Forecast { step: 0, ..made(0, 1) };
        assert!(matches!(store.save_forecast("web", &broken), Err(StoreError::Refused { .. })));
    }

    #[test]
    fn predicted_takes_the_forecast_made_ahead_and_no_newer() {
        let mut store = Store::in_memory().expect("memory");
        for origin in [3_000, 3_300, 3_600, 3_900] {
            store.save_forecast("web", &made(origin, 12)).expect("writable");
        }
        let series = store.predicted("web", at_epoch(3_000), at_epoch(4_800), 600).expect("readable");
        // The step at 3 600 was spoken of ten minutes before, at 3 000, as its third step.
        assert_eq!(series.at(at_epoch(3_600)), Some(3_002.0));
        assert_eq!(series.at(at_epoch(4_500)), Some(3_902.0));
        assert_eq!(series.at(at_epoch(3_300)), None);
        assert_eq!((series.step(), series.known_until()), (300, at_epoch(4_800)));
    }

    #[test]
    fn a_forecast_that_is_too_old_leaves_a_gap() {
        let mut store = Store::in_memory().expect("memory");
        store.save_forecast("web", &made(3_000, 100)).expect("writable");
        store.save_forecast("web", &made(9_000, 100)).expect("writable");
        let series = store.predicted("web", at_epoch(0), at_epoch(20_000), 600).expect("readable");
        let known: Vec<_> = series.iter().filter_map(|(t, v)| v.map(|_| t.timestamp())).collect();
        assert_eq!(known, [3_600, 3_900, 4_200, 9_600, 9_900, 10_200]);
        assert!(store.predicted("nobody", at_epoch(0), at_epoch(20_000), 600).expect("readable").is_empty());
    }
}
