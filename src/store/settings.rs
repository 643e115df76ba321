//! Small things that outlive a restart, by key: modes, the brake, the clock, the simulator's snapshot.

use rusqlite::{OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Durability, Store, StoreError};

impl Store {
    /// Keeps `value` under `key`, in place of what was there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has no JSON; [`StoreError`] when the file cannot be written.
    pub fn set<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), StoreError> {
        let json = serde_json::to_string(value)
            .map_err(|e| StoreError::Refused { what: format!("the setting {key}"), reason: e.to_string() })?;
        self.transaction(Durability::Promised, |transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO settings (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![key, json])?;
            Ok(())
        })
    }

    /// What is kept under `key`, if anything.
    ///
    /// # Errors
    /// [`StoreError::Row`] when it is not a `T`; [`StoreError`] when the file cannot be read.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let json: Option<String> = self
            .connection
            .prepare_cached("SELECT value FROM settings WHERE key = ?1")
            .and_then(|mut select| select.query_row([key], |row| row.get(0)).optional())
            .map_err(|e| self.sql(e))?;
        json.map(|json| serde_json::from_str(&json)).transpose().map_err(|e| StoreError::Row {
            path: self.path.clone(),
            table: "setting",
            row: key.to_owned(),
            reason: e.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decision::Mode;

    #[test]
    fn a_setting_is_replaced_and_typed() {
        let mut store = Store::in_memory().expect("memory");
        assert_eq!(store.get::<Mode>("mode/web").expect("readable"), None);
        store.set("mode/web", &Mode::Approve).expect("writable");
        store.set("mode/web", &Mode::Auto).expect("writable");
        assert_eq!(store.get("mode/web").expect("readable"), Some(Mode::Auto));
        let error = store.get::<bool>("mode/web").expect_err("it is a mode").to_string();
        assert!(error.contains("setting mode/web cannot be read"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_survives(key in ".{0,20}", value in any::<String>()) {
            let mut store = Store::in_memory().expect("memory");
            store.set(&key, value.as_str()).expect("writable");
            prop_assert_eq!(store.get::<String>(&key).expect("readable"), Some(value));
        }
    }
}
