//! History in the shared store: finished days and networks that serve are sent there, and a group seen for the first time
//! begins with what is there.
//!
//! Uploads run in the background, a few at a time; the loop only polls for completion. Fetched history is
//! written to the store on disk and used like any other.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{FutureExt, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::{
    domain::{
        Seconds, Time, at_epoch, floor_to, journal::JournalKind, metric::Metric, series::Series, shift,
    },
    engine::Engine,
    shared::{self, SharedError, history, models},
    store::{StoreError, keys},
};

const DAY: Seconds = 86_400;
/// Seconds after midnight before a day is uploaded: late points have arrived by then.
const LATE: Seconds = 3_600;
/// Days and models uploaded as one job.
const JOB: usize = 32;
/// Seconds between two checks of which network serves.
pub(in crate::engine) const MODELS: Seconds = 300;
/// Maximum real time that fetching may delay a minute.
const FETCH: Duration = Duration::from_secs(10);
/// Groups whose history is fetched at once.
const AT_ONCE: usize = 16;

/// Upload progress of a group: its last uploaded day and model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct UploadProgress {
    day: Option<Time>,
    model: Option<String>,
}

/// An upload.
enum UploadItem {
    Day(Time, shared::samples::Samples),
    Model(models::Version),
}

/// An upload of a group, its progress once that is done, and the result.
type UploadJob = (String, UploadProgress, UploadItem);
type Sent = (String, UploadProgress, Result<(), SharedError>);

/// Sync of history and models with the shared store.
pub(in crate::engine) struct HistorySync {
    store: shared::SharedStore,
    sending: Option<JoinHandle<Vec<Sent>>>,
    /// Upload progress of each group.
    stands: BTreeMap<String, UploadProgress>,
    /// The last reported problem.
    trouble: Option<String>,
}

impl HistorySync {
    pub(in crate::engine) fn new(store: shared::SharedStore) -> HistorySync {
        HistorySync { store, sending: None, stands: BTreeMap::new(), trouble: None }
    }

    /// True while the store is being asked in the background.
    pub(in crate::engine) fn is_busy(&self) -> bool {
        self.sending.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Engine {
    /// Handles the result of the last upload, and uploads the next completed days.
    pub(in crate::engine) fn sync_history(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(sync) = &mut self.fleet.history else { return Ok(()) };
        match sync.sending.as_mut().map(FutureExt::now_or_never) {
            Some(None) => return Ok(()),
            // The result of a cancelled job is unknown; its days are uploaded again.
            Some(Some(answer)) => {
                sync.sending = None;
                self.arrived(answer.unwrap_or_default())?;
            }
            None => {}
        }
        let jobs = self.jobs(now)?;
        if let Some(sync) = self.fleet.history.as_mut().filter(|_| !jobs.is_empty()) {
            sync.sending = Some(tokio::spawn(send(sync.store.clone(), jobs)));
        }
        Ok(())
    }

    fn arrived(&mut self, sent: Vec<Sent>) -> Result<(), StoreError> {
        let mut trouble = None;
        for (group, stands, answer) in sent {
            // A damaged object is left to operators; the next ones continue.
            let over = !matches!(answer, Err(SharedError::Unreachable { .. }));
            trouble = answer.err().map(|e| e.to_string()).or(trouble);
            if over {
                self.store.set(&keys::shared(&group), &stands)?;
                if let Some(sync) = &mut self.fleet.history {
                    sync.stands.insert(group, stands);
                }
            }
        }
        self.note_history_trouble(trouble)
    }

    /// Says what is wrong with the shared history, once.
    pub(in crate::engine) fn note_history_trouble(
        &mut self,
        trouble: Option<String>,
    ) -> Result<(), StoreError> {
        let Some(sync) = self.fleet.history.as_mut().filter(|sync| sync.trouble != trouble) else {
            return Ok(());
        };
        sync.trouble.clone_from(&trouble);
        match trouble {
            Some(why) => self.note(None, JournalKind::Shared, format!("history is not shared: {why}")),
            None => self.note(None, JournalKind::Shared, "history is shared again".into()),
        }
    }

    /// The next completed days, and models in service, of the groups that this agent holds.
    fn jobs(&mut self, now: Time) -> Result<Vec<UploadJob>, StoreError> {
        let last = shift(floor_to(shift(now, -LATE), DAY), -DAY);
        let mut jobs = Vec::new();
        for at in 0..self.groups.len() {
            let group = &self.groups[at];
            if self.no_lease(group).is_some() {
                continue;
            }
            let (name, step) = (group.name.clone(), group.options.step);
            let first = floor_to(group.forecasters.start(), DAY);
            let mut stands = self.stands(&name)?;
            if now.timestamp() % MODELS == 0
                && let Some(version) = self.trainer.to_share(&name, stands.model.as_deref())
            {
                stands.model = Some(version.version.clone());
                jobs.push((name.clone(), stands.clone(), UploadItem::Model(version)));
            }
            let mut day = stands.day.map_or(first, |sent| shift(sent, DAY));
            while day <= last && jobs.len() < JOB {
                stands.day = Some(day);
                jobs.push((name.clone(), stands.clone(), UploadItem::Day(day, self.day(&name, step, day)?)));
                day = shift(day, DAY);
            }
            if jobs.len() >= JOB {
                break;
            }
        }
        Ok(jobs)
    }

    fn stands(&mut self, group: &str) -> Result<UploadProgress, StoreError> {
        if let Some(known) = self.fleet.history.as_ref().and_then(|sync| sync.stands.get(group)) {
            return Ok(known.clone());
        }
        let stored: UploadProgress = self.store.get(&keys::shared(group))?.unwrap_or_default();
        if let Some(sync) = &mut self.fleet.history {
            sync.stands.insert(group.to_owned(), stored.clone());
        }
        Ok(stored)
    }

    /// The data of one day: each minute of each metric, and demand.
    fn day(&self, group: &str, step: Seconds, day: Time) -> Result<shared::samples::Samples, StoreError> {
        let wanted = Metric::ALL.map(|metric| (metric, 60)).into_iter().chain([(Metric::Demand, step)]);
        wanted
            .map(|(metric, step)| {
                let series = self.store.load(group, metric, step, day, shift(day, DAY))?;
                let values = series.iter().filter_map(|(time, value)| Some((time.timestamp(), value?)));
                Ok(((metric, step), values.collect()))
            })
            .collect()
    }

    /// Fetches history and model of those `names` that are new here and have none on disk.
    pub(in crate::engine) async fn fetch_shared(
        &mut self,
        names: &[String],
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(sync) = &self.fleet.history else { return Ok(()) };
        let store = sync.store.clone();
        let start = shift(now, -self.options.backfill);
        let mut wanted = Vec::new();
        for name in names.iter().filter(|name| !self.groups.iter().any(|w| w.name == **name)) {
            let step = (self.options.group)(name).step;
            let history = self.store.load(name, Metric::Demand, step, start, now)?.is_empty();
            let model = self.trainer.has_none(name);
            if history || model {
                wanted.push((name.clone(), history, model));
            }
        }
        let fetch = async |(name, history, model): (String, bool, bool)| {
            let samples = match history {
                true => history::restore(&store, &name, start, now).await,
                false => Ok(shared::samples::Samples::new()),
            };
            let version = if model { models::restore(&store, &name).await } else { Ok(None) };
            (name, samples, version)
        };
        let mut found = Vec::new();
        let all = async {
            let mut fetched = std::pin::pin!(stream::iter(wanted).map(fetch).buffer_unordered(AT_ONCE));
            while let Some(one) = fetched.next().await {
                found.push(one);
            }
        };
        let late = tokio::time::timeout(FETCH, all).await.is_err();
        let mut trouble = late.then(|| format!("timed out after {} s", FETCH.as_secs()));
        for (name, samples, version) in found {
            match samples {
                Ok(samples) => self.take_history(&name, samples)?,
                Err(error) => trouble = Some(error.to_string()),
            }
            match version {
                Ok(Some(version)) => trouble = self.take_model(&name, version)?.or(trouble),
                Ok(None) => {}
                Err(error) => trouble = Some(error.to_string()),
            }
        }
        self.note_history_trouble(trouble)
    }

    /// Imports a model, or returns why not.
    pub(in crate::engine) fn take_model(
        &mut self,
        group: &str,
        version: models::Version,
    ) -> Result<Option<String>, StoreError> {
        let object = models::name(group, &version.version);
        match self.trainer.take(group, version) {
            Ok(()) => {
                let text = format!("model loaded from the shared store: {object}");
                self.note(Some(group), JournalKind::Shared, text).map(|()| None)
            }
            Err(why) => Ok(Some(format!("{object} in the shared store was rejected: {why}"))),
        }
    }

    fn take_history(&mut self, name: &str, samples: shared::samples::Samples) -> Result<(), StoreError> {
        let count: usize = samples.values().map(BTreeMap::len).sum();
        if count == 0 {
            return Ok(());
        }
        let all = samples.into_iter();
        let all = all.filter_map(|((metric, step), values)| Some((metric, series(step, &values)?)));
        let series: Vec<(Metric, Series)> = all.collect();
        self.store.append_all(series.iter().map(|(metric, series)| (name, *metric, series)))?;
        self.note(
            Some(name),
            JournalKind::Shared,
            format!("{count} history samples loaded from the shared store"),
        )
    }
}

fn series(step: Seconds, values: &BTreeMap<i64, f64>) -> Option<Series> {
    let mut series = Series::new(at_epoch(*values.keys().next()?), step);
    for (time, value) in values {
        series.insert(at_epoch(*time), *value);
    }
    Some(series)
}

async fn send(store: shared::SharedStore, jobs: Vec<UploadJob>) -> Vec<Sent> {
    let mut sent: Vec<Sent> = Vec::new();
    for (group, stands, load) in jobs {
        let answer = match load {
            UploadItem::Day(day, samples) => history::keep(&store, &group, day, &samples).await,
            UploadItem::Model(version) => models::keep(&store, &group, &version).await,
        };
        let silent = matches!(answer, Err(SharedError::Unreachable { .. }));
        sent.push((group, stands, answer));
        // Later ones are uploaded with the next job, so that none is skipped.
        if silent {
            break;
        }
    }
    sent
}
