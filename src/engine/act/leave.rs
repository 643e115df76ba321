//! The clean shutdown: floors are restored, and a source that does not answer keeps none of the others from it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    cloud::CloudError,
    domain::{decision::Mode, journal::JournalKind, text::few},
    engine::{
        Engine,
        group::{Ready, Unsuccessful},
        observe::sources::has_groups,
    },
    store::StoreError,
};

/// Groups that a line names before it counts the rest.
const NAMED: usize = 5;
/// How long a group is looked at again.
const LOOK: Duration = Duration::from_secs(2);
/// How long groups of sources that do not answer are begun with: half of the time of the whole shutdown.
const LAST: Duration = Duration::from_secs(5);

impl Engine {
    /// The clean shutdown: restores floors, releases leases, and writes the simulation's state.
    ///
    /// Sources whose groups were not read come last, and of each source that does not answer the other groups come after those
    /// of the others: each call is bounded, and so is the shutdown. The engine may go on afterwards, as that of a function
    /// does which is invoked again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(&mut self) -> Result<(), StoreError> {
        self.serving.leaving = true;
        let left = self.restore_and_give_back().await;
        self.serving.leaving = false;
        left
    }

    async fn restore_and_give_back(&mut self) -> Result<(), StoreError> {
        // A new one tries again what another call of this minute was refused.
        self.scaler = None;
        let trouble = &self.serving.trouble;
        let mut silent: BTreeSet<String> =
            trouble.keys().filter(|source| !has_groups(trouble, source)).cloned().collect();
        let mut last = Vec::new();
        for at in (0..self.groups.len()).filter(|at| self.is_due(*at)).collect::<Vec<_>>() {
            let source = self.source_of(at);
            if silent.contains(&source) {
                last.push(at);
            } else if !self.restore_floor(at).await? {
                silent.insert(source);
            }
        }
        let until = Instant::now() + LAST;
        self.restore_late_floors(&silent, until).await?;
        let left = self.restore_last(last, until).await?;
        if !left.is_empty() {
            let text = format!(
                "MinSize of {} was not restored: its source or the shared store does not answer, or other calls took too long; it is \
                 restored at the next start",
                few(&left, NAMED)
            );
            self.note(None, JournalKind::Cloud, text)?;
        }
        self.give_back_leases().await?;
        self.feed_journal()?;
        self.checkpoint_now()
    }

    fn source_of(&self, at: usize) -> String {
        self.world.source.routes().label_of(&self.groups[at].name).to_owned()
    }

    /// True where MinSize of the group at `at` is raised by us, and is to be restored at shutdown.
    fn is_due(&self, at: usize) -> bool {
        let group = &self.groups[at];
        group.memory.held.is_some_and(|held| held.ending || group.mode > Mode::Observe)
    }

    /// Looks once more at groups with a change in doubt, of sources that are not `silent`, and restores what shows.
    async fn restore_late_floors(
        &mut self,
        silent: &BTreeSet<String>,
        until: Instant,
    ) -> Result<(), StoreError> {
        let mut silent = silent.clone();
        for at in 0..self.groups.len() {
            let source = self.source_of(at);
            if self.groups[at].memory.in_doubt.is_none()
                || silent.contains(&source)
                || Instant::now() >= until
            {
                continue;
            }
            let answered = self.settle_late_floor(at).await?;
            if !answered || (self.is_due(at) && !self.restore_floor(at).await?) {
                silent.insert(source);
            }
        }
        Ok(())
    }

    /// Restores the groups of `last`, one after the other, each source until a call fails; gives the names of those that are left.
    async fn restore_last(&mut self, last: Vec<usize>, until: Instant) -> Result<Vec<String>, StoreError> {
        let (mut failed, mut left) = (BTreeSet::new(), Vec::new());
        for at in last {
            let source = self.source_of(at);
            if failed.contains(&source) || self.is_store_silent() || Instant::now() >= until {
                left.push(self.groups[at].name.clone());
            } else if !self.restore_floor(at).await? {
                failed.insert(source);
            }
        }
        Ok(left)
    }

    /// True while the shared store, without which nothing is changed, does not answer.
    fn is_store_silent(&self) -> bool {
        self.fleet.leases.as_ref().is_some_and(|leases| leases.trouble().is_some())
    }

    /// A change of MinSize that seemed to have failed may have taken effect since the newest look: then it is ours to restore.
    /// Gives whether its source answered. What cannot be read stays in doubt, for the next start.
    async fn settle_late_floor(&mut self, at: usize) -> Result<bool, StoreError> {
        let now = self.now;
        match timeout(LOOK, self.look_again(at, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(CloudError::Replan(_) | CloudError::Stop(_))) => return Ok(true),
            Ok(Err(CloudError::Retry(_) | CloudError::NotSent(_))) | Err(_) => return Ok(false),
        }
        let mut ready = Ready::default();
        self.groups[at].settle_doubt(now, &mut ready);
        self.persist(at, &mut ready)?;
        Ok(true)
    }

    /// Restores the MinSize of the group at `at`; gives whether its source, and the shared store, answered.
    async fn restore_floor(&mut self, at: usize) -> Result<bool, StoreError> {
        let why = "prescale is shutting down: restoring the group's original MinSize";
        let Some(mut wish) = self.groups[at].put_back(&self.context(at), why, None) else { return Ok(true) };
        let failed = self.carry_out(at, &mut wish).await?;
        let is_silent = matches!(failed, Some(Unsuccessful::Unknown(_) | Unsuccessful::NotSent(_)));
        Ok(!is_silent && !self.is_store_silent())
    }
}
