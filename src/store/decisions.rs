//! Decisions with the whole record that explains them.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    Durability, SettingWrite, Store, StoreError, TransactionError, from_micros, journal, micros, record,
};
use crate::domain::{
    Time,
    decision::{Decision, Stage},
    journal::JournalEntry,
};

impl Store {
    /// Keeps a new decision and gives it its id.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for numbers that could not be read back (NaN); [`StoreError`] when the file
    /// cannot be written. The decision is then as it was.
    pub fn insert_decision(&mut self, decision: &mut Decision) -> Result<(), StoreError> {
        let record = encode(decision)?;
        decision.id =
            self.transaction(Durability::Promised, |transaction| insert(transaction, decision, &record))?;
        self.changes.add(decision.at);
        Ok(())
    }

    /// Replaces what is kept of a decision that has its id.
    ///
    /// # Errors
    /// [`StoreError::NoDecision`] where there is none with this id; else as [`Store::insert_decision`].
    pub fn update_decision(&mut self, decision: &Decision) -> Result<(), StoreError> {
        let record = encode(decision)?;
        let before =
            self.transaction(Durability::Promised, |transaction| update(transaction, decision, &record))?;
        self.changes.add(before.min(decision.at));
        Ok(())
    }

    /// Keeps a decision (new where its id is 0) and the journal's line about it as one: both, or neither.
    ///
    /// This is how an intention is written before the call that it speaks of. The line's own `id` and
    /// `decision` are ignored. Gives the id of the line.
    ///
    /// # Errors
    /// As [`Store::update_decision`].
    pub fn record(&mut self, decision: &mut Decision, entry: JournalEntry) -> Result<i64, StoreError> {
        self.record_with(decision, vec![entry], &[])
    }

    /// As [`Store::record`], with several lines, and with settings that must change at the same moment: all of
    /// it, or nothing. Gives the id of the last line, 0 without one.
    ///
    /// # Errors
    /// As [`Store::update_decision`].
    pub fn record_with(
        &mut self,
        decision: &mut Decision,
        entries: Vec<JournalEntry>,
        settings: &[SettingWrite],
    ) -> Result<i64, StoreError> {
        let record = encode(decision)?;
        let (id, before, line) = self.transaction(Durability::Promised, |transaction| {
            let (id, before) = match decision.id {
                0 => (insert(transaction, decision, &record)?, decision.at),
                id => (id, update(transaction, decision, &record)?),
            };
            let mut line = 0;
            for entry in entries {
                line = journal::insert(transaction, &JournalEntry { decision: Some(id), ..entry })?;
            }
            for setting in settings {
                setting.put(transaction)?;
            }
            Ok((id, before, line))
        })?;
        self.changes.add(before.min(decision.at));
        decision.id = id;
        Ok(line)
    }

    /// The decision with this id, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Row`] when its record is not one; [`StoreError`] when the file cannot be read.
    pub fn decision(&self, id: i64) -> Result<Option<Decision>, StoreError> {
        let found = self
            .connection
            .prepare_cached("SELECT id, record FROM decisions WHERE id = ?1")
            .and_then(|mut select| select.query_row([id], columns).optional())
            .map_err(|e| self.sql(e))?;
        found.map(|row| self.decode(row)).transpose()
    }

    /// The decisions that are not over, oldest first: proposed, or intended and not yet answered.
    ///
    /// # Errors
    /// As [`Store::decision`].
    pub fn open_decisions(&self) -> Result<Vec<Decision>, StoreError> {
        let rows = self
            .connection
            .prepare_cached(
                "SELECT id, record FROM decisions WHERE stage IN ('proposed', 'intended') ORDER BY id",
            )
            .and_then(|mut select| select.query_map([], columns)?.collect::<Result<Vec<_>, _>>())
            .map_err(|e| self.sql(e))?;
        rows.into_iter().map(|row| self.decode(row)).collect()
    }

    pub(super) fn decode(&self, (id, text): (i64, String)) -> Result<Decision, StoreError> {
        let decision = record::decode(&text).map_err(|e| StoreError::Row {
            path: self.path.clone(),
            table: "decision",
            row: id.to_string(),
            reason: e.to_string(),
        })?;
        Ok(Decision { id, ..decision })
    }
}

/// The record of a decision, sure to be readable again.
fn encode(decision: &Decision) -> Result<String, StoreError> {
    record::encode(decision).and_then(|text| record::decode(&text).map(|_| text)).map_err(|e| {
        StoreError::Refused {
            what: format!("the decision for {} ({} to {})", decision.group, decision.from, decision.to),
            reason: e.to_string(),
        }
    })
}

fn insert(transaction: &Transaction<'_>, decision: &Decision, record: &str) -> Result<i64, TransactionError> {
    let mut insert = transaction
        .prepare_cached("INSERT INTO decisions (group_name, at, stage, record) VALUES (?1, ?2, ?3, ?4)")?;
    Ok(insert.insert(params![decision.group, micros(decision.at), decision.stage.name(), record])?)
}

/// Replaces what is kept of `decision`, and gives the moment that it was made at until then. A revision does not wipe out the
/// one before it: that stays, under a number of its own.
fn update(
    transaction: &Transaction<'_>,
    decision: &Decision,
    record: &str,
) -> Result<Time, TransactionError> {
    let before: Option<(i64, String)> = transaction
        .prepare_cached("SELECT at, record FROM decisions WHERE id = ?1")?
        .query_row([decision.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (before, former) = before.ok_or(StoreError::NoDecision(decision.id))?;
    // A damaged record explains nothing, and one of the same moment has the same numbers.
    if let Ok(former) = record::decode(&former)
        && former.revision < decision.revision
        && former.at < decision.at
    {
        let superseded = Decision { stage: Stage::Superseded, ..former };
        insert(transaction, &superseded, &encode(&superseded)?)?;
    }
    transaction
        .prepare_cached(
            "UPDATE decisions SET group_name = ?2, at = ?3, stage = ?4, record = ?5 WHERE id = ?1",
        )?
        .execute(params![decision.id, decision.group, micros(decision.at), decision.stage.name(), record])?;
    Ok(from_micros(before))
}

fn columns(row: &Row<'_>) -> Result<(i64, String), rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?))
}

#[cfg(test)]
pub(super) mod tests;
