//! The outside world, behind two traits.
//!
//! [`MetricSource`] reads, [`Scaler`] writes, and they are never the same value: a process whose groups
//! are all in `observe` does not build a [`Scaler`] at all. Whatever stands behind them ([`aws`] or the
//! embedded [`simulator`]) answers in the words of [`crate::domain`]; nothing of an SDK leaves here.
//!
//! Every call takes `now`, the engine's clock: the simulator lives by it, and AWS's adapter uses it for
//! time ranges, so that nothing in the program reads the machine's clock behind the engine's back.

pub mod aws;
mod heartbeat;
pub mod simulator;
pub mod simulator_http;
pub mod sources;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

pub use self::heartbeat::Heartbeat;
use crate::domain::{
    Seconds, Time,
    actuator::{Act, FloorWindow},
    group::GroupState,
    metric::{CustomMetric, Metric},
    series::Series,
    source::Routes,
};

/// What went wrong outside, by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// It may pass by itself: throttling, time-outs, 5xx, lost connections.
    #[error("{0} (retrying next cycle)")]
    Retry(String),
    /// It was not sent: another call of this minute shows that it would only hold up the rest.
    #[error("{0}")]
    NotSent(String),
    /// The world is not as the plan thought: bounds moved, another activity is in progress.
    #[error("{0} (the group will be re-read and re-planned)")]
    Replan(String),
    /// Nothing will work until a person acts: credentials, permissions, configuration.
    #[error("{0}")]
    Stop(String),
}

/// A question for one metric of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Group asked about.
    pub group: String,
    /// Metric asked for.
    pub metric: Metric,
    /// First moment.
    pub from: Time,
    /// First moment after; points whose period has not ended by `now` do not come.
    pub until: Time,
    /// Seconds a point covers (60, 300, …).
    pub period: Seconds,
}

/// How long a source keeps history of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Seconds a point covers.
    pub step: Seconds,
    /// Seconds after which it is forgotten.
    pub age: Seconds,
}

/// Words the API calls that carry out an act on a group, in their order.
pub type CallWording = Arc<dyn Fn(&Act, &str) -> Vec<String> + Send + Sync>;

/// Words the command that gives a group another MinSize or MaxSize, which prescale has no call for; `None` where there is none.
pub type ResizeWording = Arc<dyn Fn(&str, (Option<u32>, Option<u32>)) -> Option<String> + Send + Sync>;

/// One of the sources behind a source, as the newest look found it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceReading {
    /// What it is called.
    pub label: String,
    /// What it is (`aws eu-west-1 123456789012`).
    pub place: String,
    /// Calls of its API so far.
    pub calls: u64,
    /// Metrics asked for so far, as they are billed.
    pub billed: u64,
    /// What was not read of it, with why.
    pub trouble: Option<SourceTrouble>,
}

/// What was not read of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    /// Its groups: nothing is changed there.
    Groups,
    /// The metrics of all its groups: nothing is scaled in there.
    Metrics,
    /// The metrics of some of its groups.
    SomeMetrics,
}

/// What was not read of a source, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTrouble {
    /// What.
    pub not_read: NotRead,
    /// Why.
    pub error: CloudError,
}

/// Reads metrics and groups. Cannot change anything.
#[async_trait]
pub trait MetricSource: Send {
    /// Every group in sight, in the order of their names, but for those that are left out. What could not be read of a group
    /// is unknown. Of a large fleet some details (activities, refreshes, health
    /// of targets) may be those of an earlier look.
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError>;

    /// One group with all its details as they are now; `None` where there is none of that name.
    async fn group(&mut self, now: Time, name: &str) -> Result<Option<GroupState>, CloudError> {
        Ok(self.groups(now).await?.into_iter().find(|group| group.name == name))
    }

    /// One series an entry of `queries`, in their order; a point that is not there is a gap.
    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError>;

    /// The same for history, which need not come in this minute: none for a question that was not answered.
    async fn history(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
    ) -> Result<Vec<Option<Series>>, CloudError> {
        Ok(self.metrics(now, queries).await?.into_iter().map(Some).collect())
    }

    /// Whether the newest answer for `metric` of `group` is all that there is: whatever stands behind it was found, asked for
    /// and given. Only then may silence mean zero.
    fn is_complete(&self, _group: &str, _metric: Metric) -> bool {
        true
    }

    /// Says what [`Metric::Custom`] is for `group`. A source that has only metrics of its own need not listen.
    fn define(&mut self, _group: &str, _custom: &CustomMetric) {}

    /// Calls of the cloud's API so far, for the budget.
    fn calls(&self) -> u64;

    /// Metrics asked for so far, as they are billed; 0 where nothing is billed.
    fn billed(&self) -> u64 {
        0
    }

    /// Dollars for a thousand metrics asked for.
    fn price(&self) -> f64 {
        0.0
    }

    /// What the newest look could not give, and what would mend it, in sentences for the operator.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Groups that the newest look left out, each with why, after which nothing is done: "the answer is damaged: …".
    fn left_out(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// The history that this source has and will forget, the finest step first; empty where there is nothing to save.
    fn keeps(&self) -> &'static [Retention] {
        &[]
    }

    /// How the API calls of this cloud are shown before they are made.
    fn wording(&self) -> CallWording {
        Arc::new(|_, _| Vec::new())
    }

    /// How an operator changes the bounds of a group of this cloud.
    fn resizing(&self) -> ResizeWording {
        Arc::new(|_, _| None)
    }

    /// The sources behind this one; none where it stands for itself. One that could not be read is no error of
    /// [`groups`](MetricSource::groups) or [`metrics`](MetricSource::metrics): it says so here, and its groups are missing.
    fn readings(&self) -> Vec<SourceReading> {
        Vec::new()
    }

    /// Beats with each answer that comes during a call; never where nothing tells.
    fn heartbeat(&self) -> Heartbeat {
        Heartbeat::default()
    }

    /// Which group belongs to which of the sources behind this one.
    fn routes(&self) -> Routes {
        Routes::default()
    }

    /// What this source is, for the status line (`SIMULATED`, `aws eu-west-1 123456789012`).
    fn name(&self) -> String;
}

/// Changes groups. The only trait with mutating calls; the engine's executor is their only caller. Every value
/// is absolute, so that asking again after a lost answer is harmless.
#[async_trait]
pub trait Scaler: Send {
    /// Leave to change `group` in the minute of `now`, asked for before an intent is written.
    ///
    /// # Errors
    /// [`CloudError::NotSent`] where a change would not be sent.
    fn admits(&mut self, _now: Time, _group: &str) -> Result<(), CloudError> {
        Ok(())
    }

    /// Sets the desired capacity of `group` to the absolute value `desired`.
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError>;

    /// Sets MinSize of `group` to `min`. A desired capacity below it rises to it.
    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError>;

    /// Orders MinSize for a while by two scheduled actions under our names, in place of those that are there. The
    /// one that puts MinSize back is ordered first, so that no floor is ever left without an end.
    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError>;

    /// Takes our scheduled actions of `group` away; none there is fine.
    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError>;

    /// Suspends the process Terminate of `group`, or resumes it.
    ///
    /// # Errors
    /// As each call; [`CloudError::Stop`] where there is no such process.
    async fn suspend_terminate(&mut self, _now: Time, group: &str, _on: bool) -> Result<(), CloudError> {
        Err(CloudError::Stop(format!("the source of {group} has no processes that can be suspended")))
    }
}
