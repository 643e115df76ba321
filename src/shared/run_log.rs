//! The log of runs: how processes without a disk of their own (functions that are started by the minute) take turns, and
//! hand their journal on.
//!
//! Entries are numbered objects, each written under the next number, and only if there is none. A run begins with an entry
//! that says until when it may last; while it lasts, nobody else begins. What must not be lost is an entry before the call
//! that it speaks of. A run ends with an entry of its own; one that does not is over once its time is. So two runs are never
//! under way at once, and one that sleeps beyond its time finds the number taken that it would write next, for as long as that
//! entry is kept: the platform ends a run long before.
//!
//! Now and then a run leaves a copy of its whole history: a reader begins with the newest copy and takes in the entries
//! after it. What is older than the copy before that is deleted.
//!
//! Moments are those of the machines' clocks: of functions in one account they agree to a second or so, and the time of a
//! run is bounded by its platform. Start with [`RunLog::begin`].

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{SharedError, SharedStore, register::Register};
use crate::domain::Time;

/// Folder of the entries and copies.
const FOLDER: &str = "runs";
/// Entries read at once.
const AT_ONCE: usize = 8;

/// An entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEntry {
    /// The run that wrote it.
    pub run: String,
    /// When that run is over at the latest.
    pub until: Time,
    /// The minute it has done: its last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Time>,
    /// Name of the copy of the history as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// What is new in the history, as its writer reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
}

/// How a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// Nobody has written since this process ended its last run.
    GoesOn,
    /// Somebody else has, or this process is new: the history must be read.
    Anew,
    /// Another run is under way; in words.
    Busy(String),
}

/// What a new process reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// The newest copy of the history.
    pub copy: Option<Vec<u8>>,
    /// Rows that are newer, oldest first.
    pub rows: Vec<String>,
    /// The newest minute that was done.
    pub done: Option<Time>,
}

/// One process's hold on the log.
#[derive(Debug)]
pub struct RunLog {
    store: SharedStore,
    entries: Register,
    copies: Register,
    run: String,
    until: Time,
    /// Number of the newest entry that this process wrote or read.
    newest: u64,
    /// Number of the newest entry with a copy.
    copied: u64,
    /// Why nothing more may be written in this run.
    lost: Option<String>,
}

impl RunLog {
    /// The log in `store`; no run is under way.
    pub fn new(store: SharedStore) -> RunLog {
        let (run, lost) = (String::new(), Some("no run has begun".to_owned()));
        let (entries, copies) =
            (Register::new(store.clone(), FOLDER, "json"), Register::new(store.clone(), FOLDER, "db.gz"));
        RunLog { store, entries, copies, run, until: Time::MIN_UTC, newest: 0, copied: 0, lost }
    }

    /// Begins the run called `run` at `now`, which is over at `until` at the latest.
    ///
    /// # Errors
    /// [`SharedError`]: then it has not begun.
    pub async fn begin(&mut self, run: &str, now: Time, until: Time) -> Result<Beginning, SharedError> {
        let newest = self.entries.versions().await?.into_iter().max().unwrap_or(0);
        if newest > 0 && newest != self.newest {
            let last = self.read(newest).await?;
            if last.done.is_none() && last.until > now {
                let until = last.until.format("%H:%M:%S UTC");
                return Ok(Beginning::Busy(format!("another run is under way, until {until} at the latest")));
            }
        }
        let goes_on = newest == self.newest && newest > 0 && self.lost.is_none();
        (self.run, self.until, self.newest, self.lost) = (run.to_owned(), until, newest, None);
        match self.write(RunEntry { done: None, ..self.entry() }).await {
            Ok(()) => Ok(if goes_on { Beginning::GoesOn } else { Beginning::Anew }),
            Err(SharedError::Contended(_)) => {
                Ok(Beginning::Busy("another run began at the same moment".into()))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes `rows`, so that they are not lost with this process.
    ///
    /// # Errors
    /// [`SharedError`]: then nothing more is written in this run, and nothing may be done.
    pub async fn tell(&mut self, rows: String) -> Result<(), SharedError> {
        self.write(RunEntry { rows: Some(rows), ..self.entry() }).await
    }

    /// Ends the run, in which the minute `done` was done, with a copy of the history where there is one.
    ///
    /// # Errors
    /// [`SharedError`]: then the run is over when its time is.
    pub async fn end(&mut self, done: Time, copy: Option<Vec<u8>>) -> Result<(), SharedError> {
        let number = self.newest + 1;
        let name = self.copies.name(number);
        let mut entry = RunEntry { done: Some(done), ..self.entry() };
        let Some(copy) = copy else { return self.write(entry).await };
        self.store.put(&name, copy).await?;
        entry.copy = Some(name);
        self.write(entry).await?;
        let before = std::mem::replace(&mut self.copied, number);
        self.forget(before).await;
        Ok(())
    }

    /// Entries after the newest copy.
    pub fn since_copy(&self) -> u64 {
        self.newest - self.copied
    }

    /// What runs before this one left.
    ///
    /// # Errors
    /// [`SharedError`].
    pub async fn past(&mut self) -> Result<Past, SharedError> {
        let numbers = self.entries.versions().await?;
        let read = stream::iter(numbers.into_iter().filter(|number| *number <= self.newest))
            .map(async |number| self.read(number).await.map(|entry| (number, entry)))
            .buffer_unordered(AT_ONCE);
        let entries: BTreeMap<u64, RunEntry> = read.try_collect().await?;
        let copied = entries.iter().rev().find_map(|(n, entry)| Some((*n, entry.copy.clone()?)));
        let copy = match &copied {
            None => None,
            Some((_, name)) => {
                let missing = || SharedError::damaged(name, "it is not there", "restore it, or remove runs/");
                Some(self.store.get(name).await?.ok_or_else(missing)?)
            }
        };
        self.copied = copied.map_or(0, |(number, _)| number);
        let done = entries.values().filter_map(|entry| entry.done).max();
        let rows = entries.into_iter().filter(|(number, _)| *number > self.copied);
        let rows = rows.filter_map(|(_, entry)| entry.rows).collect();
        Ok(Past { copy, rows, done })
    }

    fn entry(&self) -> RunEntry {
        RunEntry { run: self.run.clone(), until: self.until, done: None, copy: None, rows: None }
    }

    /// Writes `entry` under the next number. Where that fails, this run is not to go on.
    async fn write(&mut self, entry: RunEntry) -> Result<(), SharedError> {
        if let Some(why) = &self.lost {
            return Err(SharedError::Unreachable { url: self.store.url().to_owned(), reason: why.clone() });
        }
        let number = self.newest + 1;
        let bytes = serde_json::to_vec(&entry).map_err(|e| {
            SharedError::damaged(&self.entries.name(number), e, "this is an error of prescale")
        })?;
        match self.entries.create(number, bytes).await {
            Ok(true) => {
                self.newest = number;
                Ok(())
            }
            Ok(false) => {
                self.lost = Some("another run has taken over".into());
                Err(SharedError::Contended(1))
            }
            Err(error) => {
                self.lost = Some("an entry of this run may be lost".into());
                Err(error)
            }
        }
    }

    async fn read(&self, number: u64) -> Result<RunEntry, SharedError> {
        let name = self.entries.name(number);
        let wrong = |why: &dyn std::fmt::Display| {
            SharedError::damaged(&name, why, "stop the function, then remove the folder runs/")
        };
        let bytes = self.store.get(&name).await?.ok_or_else(|| wrong(&"it is not there"))?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(&error))
    }

    /// Deletes what is older than the entry `first`. What stays is deleted after the next copy.
    async fn forget(&self, first: u64) {
        for register in [&self.entries, &self.copies] {
            for old in register.versions().await.unwrap_or_default().into_iter().filter(|n| *n < first) {
                register.delete(old).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::at_epoch,
        shared::fixture::{block, memory},
    };

    fn begin(log: &mut RunLog, run: &str, now: i64) -> Beginning {
        block(log.begin(run, at_epoch(now), at_epoch(now + 60))).expect("reachable")
    }

    #[test]
    fn runs_take_turns_and_one_that_died_is_over_when_its_time_is() {
        let store = memory();
        let (mut one, mut two) = (RunLog::new(store.clone()), RunLog::new(store));
        assert_eq!(begin(&mut one, "a", 0), Beginning::Anew);
        assert!(matches!(begin(&mut two, "b", 59), Beginning::Busy(why) if why.contains("00:01:00 UTC")));
        block(one.end(at_epoch(0), None)).expect("reachable");
        assert_eq!(begin(&mut one, "c", 60), Beginning::GoesOn);
        assert_eq!(begin(&mut two, "d", 120), Beginning::Anew, "c is over");
        let refused = block(one.tell("late".into())).expect_err("its number is taken");
        assert_eq!(refused, SharedError::Contended(1));
        assert!(block(one.end(at_epoch(60), None)).is_err(), "it is not to go on");
        block(two.tell("rows".into())).expect("reachable");
        block(two.end(at_epoch(120), None)).expect("reachable");
        assert_eq!(begin(&mut one, "e", 121), Beginning::Anew);
        let past = block(one.past()).expect("reachable");
        assert_eq!(past, Past { copy: None, rows: vec!["rows".into()], done: Some(at_epoch(120)) });
    }

    #[test]
    fn a_reader_begins_with_the_newest_copy_and_what_is_older_goes() {
        let store = memory();
        let mut log = RunLog::new(store.clone());
        for run in 0..9_u8 {
            let now = 60 * i64::from(run);
            begin(&mut log, &run.to_string(), now);
            block(log.tell(format!("rows {run}"))).expect("reachable");
            let copy = (run % 3 == 1).then(|| vec![run]);
            block(log.end(at_epoch(now), copy)).expect("reachable");
        }
        let mut reader = RunLog::new(store);
        begin(&mut reader, "x", 600);
        let past = block(reader.past()).expect("reachable");
        assert_eq!(past.copy, Some(vec![7]));
        assert_eq!((past.rows, past.done), (vec!["rows 8".to_owned()], Some(at_epoch(480))));
        let count = |register: &Register| block(register.versions()).expect("reachable").len();
        let kept = count(&reader.entries) + count(&reader.copies);
        assert!(kept <= 3 * 4 + 2 + 4 + 1, "{kept} objects: two copies and what came after them");
    }
}
