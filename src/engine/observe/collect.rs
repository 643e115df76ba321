//! Observation: what is read each minute. Nothing is learned or decided here.

use std::{collections::BTreeMap, ops::Range};

use super::sources::{SourceErrors, has_groups, has_metrics};
use crate::{
    cloud::{CloudError, MetricQuery, NotRead, SourceTrouble},
    domain::{
        Seconds, Time,
        group::GroupState,
        metric::{Metric, Missing},
        series::Series,
        shift,
    },
    engine::{Engine, group::GroupRuntime, options::DemandMeasure, serve::session::Session},
    store::StoreError,
};

/// Seconds requested again at the least, so that late points fill their gaps and correct what was incomplete.
pub(in crate::engine) const ASK_AGAIN: Seconds = 1_800;

/// Groups whose metrics are requested together: answers for days of a large fleet need not be held at once.
const TOGETHER: usize = 250;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Demand, a value a step.
    Demand,
    /// CPU of the steps of demand that are older than all minutes.
    PastCpu,
    /// The newest minutes.
    Minutes,
}

/// A request and its purpose.
struct PlannedQuery {
    query: MetricQuery,
    purpose: Purpose,
}

/// Result of one read of the account.
#[derive(Default)]
pub(in crate::engine) struct Looks {
    /// Each group as read, by name, until its step takes it.
    pub states: BTreeMap<String, GroupState>,
    /// Why a source could not be read, or only in part.
    pub errors: SourceErrors,
}

/// The metrics of one group.
#[derive(Default)]
pub(in crate::engine) struct Metrics {
    /// Demand from the first step that is not settled, or may change.
    pub demand: Option<Series>,
    /// The newest minutes of each metric.
    pub minutes: Vec<(Metric, Series)>,
    /// Metrics that were not answered in full.
    pub incomplete: Vec<Metric>,
    /// CPU per step, where demand was asked for further back than minutes were.
    pub past_cpu: Option<Series>,
}

impl Engine {
    /// Reads every group; those read for the first time are restored from the store.
    ///
    /// # Errors
    /// When the store cannot be written. A source that cannot be read is part of the result.
    pub(in crate::engine) async fn look(
        &mut self,
        now: Time,
        session: Option<&mut Session>,
    ) -> Result<Looks, StoreError> {
        let mut source = self.take_source();
        let states = self.meanwhile(session, source.groups(now)).await;
        self.world.source = source;
        let states = match states?.unwrap_or_else(|| Err(given_up())) {
            Ok(states) => states,
            Err(error) => {
                let trouble = SourceTrouble { not_read: NotRead::Groups, error };
                let errors = SourceErrors::from([(String::new(), trouble)]);
                self.restore_known(&errors, now);
                return Ok(Looks { errors, ..Looks::default() });
            }
        };
        let errors = self.troubled();
        self.restore_known(&errors, now);
        let names: Vec<String> = states.iter().map(|state| state.name.clone()).collect();
        // History that cannot be written cannot be read either; the source has it as well.
        let _ = self.fetch_shared(&names, now).await;
        // Groups that an earlier run knew, and that are no longer there.
        let routes = self.world.source.routes();
        let unread = |group: &GroupRuntime| !has_groups(&errors, routes.label_of(&group.name));
        self.groups.retain(|group| group.state.is_some() || names.contains(&group.name) || unread(group));
        for name in &names {
            self.find_or_restore(name, now);
        }
        let states = states.into_iter().map(|state| (state.name.clone(), state)).collect();
        Ok(Looks { states, errors })
    }

    /// The groups in batches whose metrics are requested together.
    pub(in crate::engine) fn parts(&self) -> Vec<Range<usize>> {
        let count = self.groups.len();
        (0..count).step_by(TOGETHER).map(|first| first..count.min(first + TOGETHER)).collect()
    }

    /// The metrics of the groups `few`: missing ones, and the newest minutes again. Where their source cannot be read the
    /// groups keep what they had; their data become stale, which preflight detects.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) async fn observe(
        &mut self,
        few: Range<usize>,
        looks: &mut Looks,
        session: Option<&mut Session>,
    ) -> Result<Vec<Metrics>, StoreError> {
        let (now, count) = (self.now, few.len());
        let nothing = || (0..count).map(|_| Metrics::default()).collect();
        let routes = self.world.source.routes();
        let unread =
            |group: &GroupRuntime, errors: &SourceErrors| !has_metrics(errors, routes.label_of(&group.name));
        let of_read = |group| if unread(group, &looks.errors) { Vec::new() } else { asks(group, now) };
        let asked: Vec<Vec<PlannedQuery>> = self.groups[few.clone()].iter().map(of_read).collect();
        let queries: Vec<MetricQuery> = asked.iter().flatten().map(|a| a.query.clone()).collect();
        if queries.is_empty() {
            return Ok(nothing());
        }
        let mut source = self.take_source();
        let answers = self.meanwhile(session, source.metrics(now, &queries)).await;
        self.world.source = source;
        let mut answers = match answers?.unwrap_or_else(|| Err(given_up())) {
            Ok(answers) => answers.into_iter(),
            Err(error) => {
                looks.errors.insert(String::new(), SourceTrouble { not_read: NotRead::Metrics, error });
                return Ok(nothing());
            }
        };
        looks.errors.extend(self.troubled());
        let (groups, source) = (self.groups[few].iter().zip(&asked), &self.world.source);
        let of = |(group, asked): (&GroupRuntime, &Vec<PlannedQuery>)| {
            let is_whole = |ask: &&PlannedQuery| source.is_complete(&group.name, ask.query.metric);
            let (whole, parts): (Vec<_>, Vec<_>) = asked.iter().partition(is_whole);
            let answered = answers.by_ref().take(asked.len());
            let metrics = sorted(&group.options.demand, asked, answered);
            // One of which nothing was given in full was not read: what is missing of it is no gap.
            match whole.is_empty() || unread(group, &looks.errors) {
                true => Metrics::default(),
                false => {
                    Metrics { incomplete: parts.iter().map(|ask| ask.query.metric).collect(), ..metrics }
                }
            }
        };
        Ok(groups.map(of).collect())
    }

    pub(super) fn find_or_restore(&mut self, name: &str, now: Time) {
        if !self.groups.iter().any(|w| w.name == name) {
            let group = self.restore_group(name, now);
            let at = self.groups.partition_point(|w| w.name.as_str() < name);
            self.groups.insert(at, group);
        }
    }
}

/// The answers of one group by purpose.
fn sorted(demand: &DemandMeasure, asked: &[PlannedQuery], answered: impl Iterator<Item = Series>) -> Metrics {
    let (mut parts, mut metrics) = (Vec::new(), Metrics::default());
    for (ask, series) in asked.iter().zip(answered) {
        match ask.purpose {
            Purpose::Demand => parts.push(series),
            Purpose::PastCpu => metrics.past_cpu = Some(series),
            Purpose::Minutes => metrics.minutes.push((ask.query.metric, series)),
        }
    }
    Metrics { demand: combine(demand, parts), ..metrics }
}

/// The error of a read that is interrupted by shutdown.
fn given_up() -> CloudError {
    CloudError::Retry("prescale is shutting down".into())
}

/// Demand from the first step that is not settled or may change ([`GroupRuntime::ask_demand_from`]), and the newest minutes of each metric.
fn asks(group: &GroupRuntime, now: Time) -> Vec<PlannedQuery> {
    let ask = |purpose, metric, from, period| PlannedQuery {
        purpose,
        query: MetricQuery { group: group.name.clone(), metric, from, until: now, period },
    };
    let counted_by: &[Metric] = match group.options.demand {
        DemandMeasure::Requests => &[Metric::Requests],
        DemandMeasure::Cpu => &[Metric::Cpu, Metric::InService],
        DemandMeasure::Metric(_) => &[Metric::Custom],
    };
    let (unknown, step) = (group.ask_demand_from(), group.options.step);
    let demand = counted_by.iter().map(|m| ask(Purpose::Demand, *m, unknown, step));
    let measure = &group.options.demand;
    let past = measure.missing(measure.metric()) == Missing::Zero
        && group.minutes.first().is_some_and(|(_, minutes)| unknown < minutes.start());
    let past = past.then(|| ask(Purpose::PastCpu, Metric::Cpu, unknown, step));
    let minutes = group.minutes.iter().map(|(metric, series)| {
        // Older errors are not needed.
        let least = if *metric == Metric::Errors { shift(now, -ASK_AGAIN) } else { series.start() };
        let known = series.known_until().max(least);
        ask(Purpose::Minutes, *metric, shift(known, -group.asked_again(*metric)).max(series.start()), 60)
    });
    demand.chain(past).chain(minutes).collect()
}

/// Seconds of the longest question about minutes.
#[cfg(test)]
pub(in crate::engine) fn longest_question(group: &GroupRuntime, now: Time) -> Seconds {
    let minutes = asks(group, now).into_iter().filter(|ask| ask.purpose == Purpose::Minutes);
    minutes.map(|ask| (ask.query.until - ask.query.from).num_seconds()).max().unwrap_or(0)
}

/// Demand from the metrics that define it.
fn combine(demand: &DemandMeasure, mut parts: Vec<Series>) -> Option<Series> {
    match demand {
        DemandMeasure::Requests | DemandMeasure::Metric(_) => parts.pop(),
        DemandMeasure::Cpu => {
            let (in_service, cpu) = (parts.pop()?, parts.pop()?);
            let values: Vec<_> = cpu.iter().map(|(t, c)| Some(c? / 100.0 * in_service.at(t)?)).collect();
            Some(Series::from_values(cpu.start(), cpu.step(), values))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn demand_by_cpu_is_cpu_times_instances_and_keeps_gaps() {
        let cpu = Series::from_values(at_epoch(0), 300, [Some(50.0), None, Some(20.0), Some(10.0)]);
        let n = Series::from_values(at_epoch(0), 300, [Some(4.0), Some(4.0), None, Some(10.0)]);
        let demand = combine(&DemandMeasure::Cpu, vec![cpu, n]).expect("two parts");
        assert_eq!(demand.iter().map(|(_, v)| v).collect::<Vec<_>>(), [Some(2.0), None, None, Some(1.0)]);
    }
}
