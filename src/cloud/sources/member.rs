//! One source: how long it is waited for, and how its newest look went.

use std::{collections::HashSet, pin::pin, time::Duration};

use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    cloud::{CloudError, Heartbeat, MetricQuery, MetricSource, NotRead, SourceTrouble},
    domain::{Time, group::GroupState, metric::Metric, series::Series},
};

/// Questions about metrics that are asked at once: the most that CloudWatch takes in one call.
const MOST_AT_ONCE: usize = 500;

/// How long the others wait for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long one that answered at the last look may say nothing: less than a silent call of the SDK lasts with all its
    /// tries.
    pub usual: Duration,
    /// How long one that did not.
    pub silent: Duration,
    /// Of so many looks at a silent source one lasts as long as usual, so that one that is merely slow is read again.
    pub full_look_every: u32,
    /// How long groups, then metrics, of one that keeps answering are read in a minute, and looks before acts and changes go on.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Patience { usual: seconds(18), silent: seconds(8), full_look_every: 5, longest: seconds(20) }
    }
}

/// Why a read was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    /// No answer came.
    Silent,
    /// Answers came, and not all in time.
    Slow,
}

impl GivenUp {
    fn error(self, patience: Patience) -> CloudError {
        match self {
            GivenUp::Silent => silence(),
            GivenUp::Slow => {
                let longest = patience.longest.as_secs();
                CloudError::Retry(format!("it answers slowly: its groups were not all read in {longest} s"))
            }
        }
    }
}

/// Why no group of a slow source is looked at again in this minute.
fn slow(patience: Patience) -> CloudError {
    let longest = patience.longest.as_secs();
    CloudError::NotSent(format!("it answers slowly, and looks before acts took {longest} s of this minute"))
}

/// A source that did not answer in time.
pub(super) fn silence() -> CloudError {
    CloudError::Retry("it does not answer in time".into())
}

/// How often in a row something was silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SilentLooks(u32);

impl SilentLooks {
    /// How long it may say nothing.
    pub(super) fn wait(self, patience: Patience) -> Duration {
        match self.0 % patience.full_look_every.max(1) {
            0 => patience.usual,
            _ => patience.silent,
        }
    }

    /// Awaits `call` until `until`, as long as answers come.
    async fn bound<T>(
        &mut self,
        patience: Patience,
        until: Instant,
        heartbeat: &Heartbeat,
        call: impl Future<Output = T>,
    ) -> Result<T, GivenUp> {
        let quiet = self.wait(patience);
        // One that came since the last wait is no sign.
        let _ = heartbeat.next().now_or_never();
        let mut call = pin!(call);
        let (mut heard, mut last) = (false, Instant::now());
        let why = loop {
            let (end, why) = match last + quiet {
                end if end <= until => (end, GivenUp::Silent),
                _ => (until, GivenUp::Slow),
            };
            tokio::select! {
                biased;
                answer = &mut call => {
                    self.0 = 0;
                    return Ok(answer);
                }
                () = sleep_until(end) => break why,
                () = heartbeat.next() => (heard, last) = (true, Instant::now()),
            }
        };
        match (heard, why) {
            (true, _) => self.0 = 0,
            (false, GivenUp::Silent) => self.0 = self.0.saturating_add(1),
            (false, GivenUp::Slow) => {}
        }
        Err(why)
    }
}

/// One source, and how its newest look went.
pub(super) struct Member {
    pub(super) source: Box<dyn MetricSource>,
    heartbeat: Heartbeat,
    /// What was not read at the newest look.
    pub(super) trouble: Option<SourceTrouble>,
    /// Of looks at the groups, and of questions about metrics.
    pub(super) silent: (SilentLooks, SilentLooks),
    /// Time that questions about metrics, and looks before acts, took in this minute.
    metrics_took: Duration,
    looks_took: Duration,
    /// Why no group is looked at again in this minute.
    rests: Option<CloudError>,
    /// Questions about metrics that are asked at once: fewer after an answer that did not come in time.
    at_once: usize,
    /// The groups whose metrics time did not suffice for: in this minute, and in the one before, whose turn it is now.
    left: HashSet<String>,
    waiting: HashSet<String>,
    /// What the newest questions were answered in full for.
    whole: HashSet<(String, Metric)>,
}

impl Member {
    pub(super) fn new(source: Box<dyn MetricSource>) -> Member {
        Member {
            heartbeat: source.heartbeat(),
            source,
            trouble: None,
            silent: Default::default(),
            metrics_took: Duration::ZERO,
            looks_took: Duration::ZERO,
            rests: None,
            at_once: MOST_AT_ONCE,
            left: HashSet::new(),
            waiting: HashSet::new(),
            whole: HashSet::new(),
        }
    }

    /// Why its groups were not read.
    pub(super) fn unread(&self) -> Option<&CloudError> {
        let trouble = self.trouble.as_ref().filter(|trouble| trouble.not_read == NotRead::Groups);
        trouble.map(|trouble| &trouble.error)
    }

    fn fail(&mut self, not_read: NotRead, error: CloudError) {
        self.trouble = Some(SourceTrouble { not_read, error });
    }

    pub(super) async fn look(&mut self, now: Time, patience: Patience) -> Vec<GroupState> {
        (self.trouble, self.rests) = (None, None);
        (self.metrics_took, self.looks_took) = (Duration::ZERO, Duration::ZERO);
        self.waiting = std::mem::take(&mut self.left);
        let until = Instant::now() + patience.longest;
        let read = self.silent.0.bound(patience, until, &self.heartbeat, self.source.groups(now)).await;
        read.unwrap_or_else(|why| Err(why.error(patience))).unwrap_or_else(|error| {
            self.fail(NotRead::Groups, error);
            Vec::new()
        })
    }

    /// The group called `own`, read again before an act. What was not read at the newest look is not acted on, one that
    /// is silent or throttled is asked once a minute, and one that is slow so often as time allows.
    pub(super) async fn look_again(
        &mut self,
        now: Time,
        own: &str,
        patience: Patience,
    ) -> Result<Option<GroupState>, CloudError> {
        if let Some(error) = self.unread().or(self.rests.as_ref()) {
            return Err(error.clone());
        }
        let wait = if self.silent.1.0 == 0 { patience.usual } else { patience.silent };
        let begun = Instant::now();
        let read = timeout(wait, self.source.group(now, own)).await.unwrap_or_else(|_| Err(silence()));
        self.looks_took += begun.elapsed();
        match &read {
            Err(error @ CloudError::Retry(_)) => self.rests = Some(error.clone()),
            _ if self.looks_took >= patience.longest => self.rests = Some(slow(patience)),
            _ => {}
        }
        read
    }

    /// The answers to `queries` in their order; `None` where it gives none, is in trouble already, or time is over.
    pub(super) async fn answer(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
        patience: Patience,
    ) -> Vec<Option<Series>> {
        self.whole.clear();
        let mut answers = vec![None; queries.len()];
        if queries.is_empty() || self.trouble.as_ref().is_some_and(|t| t.not_read != NotRead::SomeMetrics) {
            return answers;
        }
        let is_next = |query: &MetricQuery| self.waiting.is_empty() || self.waiting.contains(&query.group);
        let order: Vec<usize> = (0..queries.len()).filter(|at| is_next(&queries[*at])).collect();
        match self.read(now, queries, &order, patience, &mut answers).await {
            Ok(open) => self.left.extend(open.iter().map(|at| queries[*at].group.clone())),
            Err(error) => {
                self.fail(NotRead::Metrics, error);
                return answers;
            }
        }
        if answers.iter().any(Option::is_none) {
            let longest = patience.longest.as_secs();
            let why =
                format!("it answers slowly: they were not all read in {longest} s, the rest is read next");
            self.fail(NotRead::SomeMetrics, CloudError::Retry(why));
        }
        answers
    }

    /// The answers to `queries` about history, in the time that is left of this minute.
    pub(super) async fn history(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
        patience: Patience,
    ) -> Vec<Option<Series>> {
        self.whole.clear();
        let mut answers = vec![None; queries.len()];
        if self.trouble.is_none() {
            let order: Vec<usize> = (0..queries.len()).collect();
            // Whoever asks sees what was not answered, and asks again ten minutes later.
            if let Err(error) = self.read(now, queries, &order, patience, &mut answers).await {
                tracing::warn!("{}: history was not read: {error}", self.source.name());
            }
        }
        answers
    }

    /// Asks `queries` in `order`, as long as questions may take in this minute; gives those for which time did not suffice. On
    /// an error nothing is answered.
    async fn read<'o>(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
        order: &'o [usize],
        patience: Patience,
        answers: &mut [Option<Series>],
    ) -> Result<&'o [usize], CloudError> {
        let begun = Instant::now();
        let until = begun + patience.longest.saturating_sub(self.metrics_took);
        let read = self.read_until(now, queries, order, (until, patience), answers).await;
        self.metrics_took += begun.elapsed();
        if read.is_err() {
            self.whole.clear();
            answers.fill(None);
        }
        read
    }

    async fn read_until<'o>(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
        order: &'o [usize],
        (until, patience): (Instant, Patience),
        answers: &mut [Option<Series>],
    ) -> Result<&'o [usize], CloudError> {
        let mut open = order;
        while !open.is_empty() && Instant::now() < until {
            let (few, rest) = open.split_at(whole_groups(queries, open, self.at_once));
            let asked: Vec<MetricQuery> = few.iter().map(|at| queries[*at].clone()).collect();
            let call = self.source.metrics(now, &asked);
            match self.silent.1.bound(patience, until, &self.heartbeat, call).await {
                Ok(series) => {
                    few.iter().zip(series?).for_each(|(at, series)| answers[*at] = Some(series));
                    self.note_whole(&asked);
                    self.at_once = (2 * self.at_once).min(MOST_AT_ONCE);
                }
                Err(GivenUp::Silent) => return Err(silence()),
                Err(GivenUp::Slow) => {
                    self.at_once = (few.len() / 2).max(1);
                    break;
                }
            }
            open = rest;
        }
        Ok(open)
    }

    fn note_whole(&mut self, asked: &[MetricQuery]) {
        let whole = asked.iter().filter(|query| self.source.is_complete(&query.group, query.metric));
        self.whole.extend(whole.map(|query| (query.group.clone(), query.metric)));
    }

    /// Whether the newest questions about `metric` of the group called `own` were answered in full.
    pub(super) fn is_complete(&self, own: &str, metric: Metric) -> bool {
        self.whole.contains(&(own.to_owned(), metric))
    }
}

/// How many of the `open` queries are asked together: about `at_once`, and all of a group or none.
fn whole_groups(queries: &[MetricQuery], open: &[usize], at_once: usize) -> usize {
    let group = |at: usize| open.get(at).map(|place| &queries[*place].group);
    (at_once.max(1)..open.len()).find(|at| group(*at) != group(at - 1)).unwrap_or(open.len())
}
