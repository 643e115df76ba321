//! The journal of a process whose disk does not outlive it: what is new is kept elsewhere before each call, so that a crash
//! between intent and outcome is found by whoever comes next.

use std::time::Duration;

use async_trait::async_trait;

use super::{SharedFleet, calendar_sync::CalendarSync, history_sync::HistorySync, model_sync::ModelSync};
use crate::{
    engine::Engine,
    store::{RowsMark, StoreError},
};

/// Time between two looks at what runs in the background.
const LOOK: Duration = Duration::from_millis(10);

/// Keeps rows of the history where they outlive this process.
#[async_trait]
pub trait WriteAhead: Send {
    /// Keeps `rows`, as JSON. Once it returns they are kept; or why they are not.
    async fn keep(&mut self, rows: String) -> Result<(), String>;
}

/// Where rows are kept, and up to where they are.
pub(in crate::engine) struct Ahead {
    keeper: Box<dyn WriteAhead>,
    mark: RowsMark,
}

impl Engine {
    /// From now on what is new in the journal is kept by `keeper` before a call is made. What is in the history now is kept
    /// already.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn write_ahead_to(&mut self, keeper: Box<dyn WriteAhead>) -> Result<(), StoreError> {
        let mark = self.store.rows_mark()?;
        self.fleet.ahead = Some(Ahead { keeper, mark });
        Ok(())
    }

    /// Keeps what is new in the history; or why it is not kept, and nothing may be done. Nothing where the disk is enough.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn write_ahead(&mut self) -> Result<Result<(), String>, StoreError> {
        let Some(ahead) = &mut self.fleet.ahead else { return Ok(Ok(())) };
        let (rows, mark) = self.store.rows_since(&ahead.mark)?;
        if rows.is_empty() {
            return Ok(Ok(()));
        }
        let kept = match serde_json::to_string(&rows) {
            Ok(text) => ahead.keeper.keep(text).await,
            Err(error) => Err(error.to_string()),
        };
        if kept.is_ok() {
            ahead.mark = mark;
        }
        Ok(kept)
    }

    /// Waits until nothing runs with the shared store in the background, for `patience` at the most: a process that is
    /// frozen between two minutes would not go on with it.
    pub async fn settle_syncs(&self, patience: Duration) {
        let is_busy = || {
            let SharedFleet { history, models, calendar, .. } = &self.fleet;
            history.as_ref().is_some_and(HistorySync::is_busy)
                || models.as_ref().is_some_and(ModelSync::is_busy)
                || calendar.as_ref().is_some_and(CalendarSync::is_busy)
        };
        let settled = async {
            while is_busy() {
                tokio::time::sleep(LOOK).await;
            }
        };
        // What is not done by then is done, or done again, later.
        let _ = tokio::time::timeout(patience, settled).await;
    }
}
