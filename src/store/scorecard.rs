//! The score against the simulated target-tracking baseline, a setting a group and day.

use chrono::NaiveDate;
use rusqlite::params;
use serde::de::DeserializeOwned;

use super::{Durability, SettingWrite, Store, StoreError, keys};
use crate::domain::{Time, scorecard::Score};

impl Store {
    /// Keeps the score of `group` on the day of `now`, in place of what was there. Like samples it survives a kill; a
    /// power cut may take the newest.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn save_score(&mut self, group: &str, now: Time, score: &Score) -> Result<(), StoreError> {
        let setting = SettingWrite::new(&keys::score(group, now.date_naive()), score)?;
        self.transaction(Durability::Repeatable, |transaction| Ok(setting.put(transaction)?))
    }

    /// The scores of `group` by day (UTC), the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn scores(&self, group: &str) -> Result<Vec<(NaiveDate, Score)>, StoreError> {
        self.by_day(&keys::scores(group))
    }

    /// The settings whose names are `prefix` and a day, the oldest first.
    pub(super) fn by_day<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(NaiveDate, T)>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT substr(key, length(?1) + 1), value FROM settings
                     WHERE key >= ?1 AND key < ?1 || char(1114111) ORDER BY key",
                )?
                .query_map(params![prefix], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
                .collect::<Result<Vec<_>, _>>()
        };
        let rows = read().map_err(|e| self.sql(e))?;
        // A longer name may begin with this one and a colon: what follows is then no date.
        let days = rows.into_iter().filter_map(|(day, json)| Some((day.parse().ok()?, json)));
        days.map(|(day, json): (NaiveDate, String)| {
            let value = serde_json::from_str(&json).map_err(|e| StoreError::Row {
                path: self.path.clone(),
                table: "setting",
                row: format!("{prefix}{day}"),
                reason: e.to_string(),
            })?;
            Ok((day, value))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, scorecard::Tally, shift};

    #[test]
    fn days_and_groups_are_apart_and_the_last_word_stands() {
        let mut store = Store::in_memory().expect("memory");
        let score = |minutes| Score { acted: Tally { minutes, ..Tally::default() }, ..Score::default() };
        let monday = at_epoch(1_700_438_400);
        let tuesday = shift(monday, 86_400);
        for (group, at, minutes) in [
            ("web", monday, 1.0),
            ("web", tuesday, 3.0),
            ("web", tuesday, 4.0),
            ("web:2", monday, 9.0),
            ("we", monday, 7.0),
        ] {
            store.save_score(group, at, &score(minutes)).expect("writable");
        }
        let days = store.scores("web").expect("readable");
        let expected = [(monday.date_naive(), score(1.0)), (tuesday.date_naive(), score(4.0))];
        assert_eq!(days, expected);
        assert_eq!(store.scores("nobody").expect("readable"), []);
    }
}
