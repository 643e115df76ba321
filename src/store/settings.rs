//! Small things that outlive a restart, by key: modes, the brake, the clock, the simulator's snapshot.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Durability, Key, Store, StoreError, journal, keys};
use crate::domain::journal::JournalEntry;

/// A value on its way to its key, to be written together with something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingWrite {
    key: String,
    json: String,
}

impl SettingWrite {
    /// `value` for `key`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has no JSON.
    pub fn new<T: Serialize>(key: &Key<T>, value: &T) -> Result<SettingWrite, StoreError> {
        let json = serde_json::to_string(value).map_err(|e| StoreError::Refused {
            what: format!("the setting {}", key.name()),
            reason: e.to_string(),
        })?;
        Ok(SettingWrite { key: key.name().to_owned(), json })
    }

    /// Writes it inside a transaction.
    pub(super) fn put(&self, transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        transaction
            .prepare_cached(
                "INSERT INTO settings (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![self.key, self.json])
            .map(drop)
    }
}

impl Store {
    /// Keeps `value` under `key`, in place of what was there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has no JSON; [`StoreError`] when the file cannot be written.
    pub fn set<T: Serialize>(&mut self, key: &Key<T>, value: &T) -> Result<(), StoreError> {
        let setting = SettingWrite::new(key, value)?;
        self.transaction(Durability::Promised, |transaction| Ok(setting.put(transaction)?))
    }

    /// Keeps settings and the journal's line about them as one: all, or nothing. Gives the id of the line.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn set_noted(&mut self, settings: &[SettingWrite], entry: &JournalEntry) -> Result<i64, StoreError> {
        self.transaction(Durability::Promised, |transaction| {
            for setting in settings {
                setting.put(transaction)?;
            }
            Ok(journal::insert(transaction, entry)?)
        })
    }

    /// Keeps several settings as one: all, or nothing. What is kept so may be lost with the power, not with the process.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn set_all(&mut self, settings: &[SettingWrite]) -> Result<(), StoreError> {
        if settings.is_empty() {
            return Ok(());
        }
        self.transaction(Durability::Repeatable, |transaction| {
            settings.iter().try_for_each(|setting| Ok(setting.put(transaction)?))
        })
    }

    /// Keeps settings and lines of the journal as one: all, or nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn set_with(
        &mut self,
        settings: &[SettingWrite],
        entries: &[JournalEntry],
    ) -> Result<(), StoreError> {
        self.transaction(Durability::Promised, |transaction| {
            settings.iter().try_for_each(|setting| setting.put(transaction))?;
            entries.iter().try_for_each(|entry| journal::insert(transaction, entry).map(drop))?;
            Ok(())
        })
    }

    /// The groups that something is remembered of, by name.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn remembered_groups(&self) -> Result<Vec<String>, StoreError> {
        let prefix = keys::memory::<()>("");
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT substr(key, length(?1) + 1) FROM settings
                     WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
                )?
                .query_map([prefix.name()], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()
        };
        read().map_err(|e| self.sql(e))
    }

    /// What is kept under `key`, if anything.
    ///
    /// # Errors
    /// [`StoreError::Row`] when it is not a `T`; [`StoreError`] when the file cannot be read.
    pub fn get<T: DeserializeOwned>(&self, key: &Key<T>) -> Result<Option<T>, StoreError> {
        let json: Option<String> = self
            .connection
            .prepare_cached("SELECT value FROM settings WHERE key = ?1")
            .and_then(|mut select| select.query_row([key.name()], |row| row.get(0)).optional())
            .map_err(|e| self.sql(e))?;
        json.map(|json| serde_json::from_str(&json)).transpose().map_err(|e| StoreError::Row {
            path: self.path.clone(),
            table: "setting",
            row: key.name().to_owned(),
            reason: e.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{decision::Mode, journal::JournalKind},
        store::keys,
    };

    #[test]
    fn a_setting_is_replaced_and_typed() {
        let mut store = Store::in_memory().expect("memory");
        assert_eq!(store.get(&keys::mode("web")).expect("readable"), None);
        store.set(&keys::mode("web"), &Mode::Approve).expect("writable");
        store.set(&keys::mode("web"), &Mode::Auto).expect("writable");
        assert_eq!(store.get(&keys::mode("web")).expect("readable"), Some(Mode::Auto));
        let error = store.get(&Key::<bool>::named("mode:web")).expect_err("it is a mode").to_string();
        assert!(error.contains("setting mode:web cannot be read"), "{error}");
    }

    #[test]
    fn groups_are_remembered_by_name() {
        let mut store = Store::in_memory().expect("memory");
        for name in ["web", "a:b"] {
            store.set(&keys::memory(name), &1).expect("writable");
        }
        store.set(&keys::mode("other"), &Mode::Auto).expect("writable");
        assert_eq!(store.remembered_groups().expect("readable"), ["a:b", "web"]);
    }

    #[test]
    fn settings_and_their_line_are_kept_together() {
        let mut store = Store::in_memory().expect("memory");
        let line = JournalEntry {
            id: 0,
            at: crate::domain::at_epoch(1_000),
            group: None,
            kind: JournalKind::Brake,
            operator: "ann@desk".into(),
            text: "scale-in is frozen everywhere".into(),
            decision: Some(9),
        };
        let brake = [SettingWrite::new(&keys::brake(), &true).expect("a word has JSON")];
        store.set_noted(&brake, &line).expect_err("there is no decision 9");
        assert_eq!(store.get(&keys::brake()).expect("readable"), None);
        store.set_noted(&brake, &JournalEntry { decision: None, ..line }).expect("writable");
        assert_eq!(store.get(&keys::brake()).expect("readable"), Some(true));
        assert_eq!(store.journal(5, None).expect("readable").len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_survives(key in ".{0,20}", value in any::<String>()) {
            let mut store = Store::in_memory().expect("memory");
            let key = Key::<String>::named(&key);
            store.set(&key, &value).expect("writable");
            prop_assert_eq!(store.get(&key).expect("readable"), Some(value));
        }
    }
}
