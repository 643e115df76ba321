//! Keeping the history small: what is old enough goes, a little at a time, when a minute is done.

use crate::{
    domain::{Seconds, Time, keep::Keep, shift},
    engine::Engine,
    store::StoreError,
};

/// Rows that one minute may forget: some tens of milliseconds.
const MOST_ROWS: usize = 20_000;
/// Seconds without a look once nothing more is old enough.
const REST: i64 = 3_600;

/// What is kept (everything where nothing is said), and when it is looked at next.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Housekeeping {
    keep: Option<Keep>,
    next: Option<Time>,
}

impl Engine {
    /// Keeps what is recorded as long as `keep` says.
    pub fn keeping(mut self, keep: Keep) -> Engine {
        self.keep_from_now(keep);
        self
    }

    /// The same for an engine that runs.
    pub(in crate::engine) fn keep_from_now(&mut self, keep: Keep) {
        self.serving.housekeeping.keep = Some(keep);
        self.trainer.keep_models(keep.models);
    }

    /// Seconds for which samples of a `step`, other than of demand, are kept at the most.
    pub(in crate::engine) fn kept_for(&self, step: Seconds) -> Seconds {
        self.serving.housekeeping.keep.map_or(Seconds::MAX, |keep| keep.samples(false, step))
    }

    /// Forgets some of what is no longer kept. The caller has nothing more urgent to do.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn tidy(&mut self, now: Time) -> Result<(), StoreError> {
        let Housekeeping { keep: Some(keep), next } = self.serving.housekeeping else { return Ok(()) };
        // A clock that was set back does not put it off for as long.
        if next.is_some_and(|next| now < next && shift(now, REST) >= next) {
            return Ok(());
        }
        let gone = self.store.prune(&keep, now, MOST_ROWS)?;
        self.serving.housekeeping.next = (gone < MOST_ROWS).then(|| shift(now, REST));
        if gone > 0 {
            tracing::debug!("{gone} old rows forgotten");
        }
        Ok(())
    }
}
