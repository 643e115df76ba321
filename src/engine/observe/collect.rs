//! Observation: what is read each minute. Nothing is learned or decided here.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{Seconds, Time, group::GroupState, metric::Metric, series::Series, shift},
    engine::{Engine, group::GroupRuntime, options::DemandMeasure, serve::session::Session},
    store::StoreError,
};

/// Minutes requested again, so that late points fill their gaps.
pub(in crate::engine) const ASK_AGAIN: Seconds = 1_800;

/// Groups whose metrics are requested together: answers for days of a large fleet need not be held at once.
const TOGETHER: usize = 250;

/// A request and its purpose.
struct PlannedQuery {
    query: MetricQuery,
    demand: bool,
}

/// Result of one read of the account.
#[derive(Default)]
pub(in crate::engine) struct Looks {
    /// Each group as read, by name, until its step takes it.
    pub states: BTreeMap<String, GroupState>,
    /// Why the account could not be read, or only in part.
    pub error: Option<CloudError>,
}

/// The metrics of one group.
#[derive(Default)]
pub(in crate::engine) struct Metrics {
    /// Demand from the first step that was not learned yet.
    pub demand: Option<Series>,
    /// The newest minutes of each metric.
    pub minutes: Vec<(Metric, Series)>,
}

impl Engine {
    /// Reads every group; those read for the first time are restored from the store.
    ///
    /// # Errors
    /// When the store cannot be written. An account that cannot be read is part of the result.
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
            Err(error) => return Ok(Looks { error: Some(error), ..Looks::default() }),
        };
        let names: Vec<String> = states.iter().map(|state| state.name.clone()).collect();
        // History that cannot be written cannot be read either; the source has it as well.
        let _ = self.fetch_shared(&names, now).await;
        for name in &names {
            self.find_or_restore(name, now);
        }
        let states = states.into_iter().map(|state| (state.name.clone(), state)).collect();
        Ok(Looks { states, error: None })
    }

    /// The groups in batches whose metrics are requested together.
    pub(in crate::engine) fn parts(&self) -> Vec<Range<usize>> {
        let count = self.groups.len();
        (0..count).step_by(TOGETHER).map(|first| first..count.min(first + TOGETHER)).collect()
    }

    /// The metrics of the groups `few`: missing ones, and the newest minutes again. On an error the groups keep
    /// what they had; their data become stale, which preflight detects.
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
        if looks.error.is_some() {
            return Ok(nothing());
        }
        let asked: Vec<Vec<PlannedQuery>> = self.groups[few.clone()].iter().map(|w| asks(w, now)).collect();
        let queries: Vec<MetricQuery> = asked.iter().flatten().map(|a| a.query.clone()).collect();
        let mut source = self.take_source();
        let answers = self.meanwhile(session, source.metrics(now, &queries)).await;
        self.world.source = source;
        let mut answers = match answers?.unwrap_or_else(|| Err(given_up())) {
            Ok(answers) => answers.into_iter(),
            Err(error) => {
                looks.error = Some(error);
                return Ok(nothing());
            }
        };
        let groups = self.groups[few].iter().zip(&asked);
        let of = |(group, asked): (&GroupRuntime, &Vec<PlannedQuery>)| {
            sorted(&group.options.demand, asked, answers.by_ref().take(asked.len()))
        };
        Ok(groups.map(of).collect())
    }

    fn find_or_restore(&mut self, name: &str, now: Time) {
        if !self.groups.iter().any(|w| w.name == name) {
            let group = self.restore_group(name, now);
            let at = self.groups.partition_point(|w| w.name.as_str() < name);
            self.groups.insert(at, group);
        }
    }
}

/// The answers of one group by purpose.
fn sorted(demand: &DemandMeasure, asked: &[PlannedQuery], answered: impl Iterator<Item = Series>) -> Metrics {
    let (mut parts, mut minutes) = (Vec::new(), Vec::new());
    for (ask, series) in asked.iter().zip(answered) {
        if ask.demand {
            parts.push(series);
        } else {
            minutes.push((ask.query.metric, series));
        }
    }
    Metrics { demand: combine(demand, parts), minutes }
}

/// The error of a read that is interrupted by shutdown.
fn given_up() -> CloudError {
    CloudError::Retry("prescale is shutting down".into())
}

/// Demand from the first step that the champion has not received, and the newest minutes of each metric.
fn asks(group: &GroupRuntime, now: Time) -> Vec<PlannedQuery> {
    let ask = |demand, metric, from, period| PlannedQuery {
        demand,
        query: MetricQuery { group: group.name.clone(), metric, from, until: now, period },
    };
    let counted_by: &[Metric] = match group.options.demand {
        DemandMeasure::Requests => &[Metric::Requests],
        DemandMeasure::Cpu => &[Metric::Cpu, Metric::InService],
        DemandMeasure::Metric(_) => &[Metric::Custom],
    };
    let (unknown, step) = (group.forecasters.known_until(), group.options.step);
    let demand = counted_by.iter().map(|m| ask(true, *m, unknown, step));
    let minutes = group.minutes.iter().map(|(metric, series)| {
        // Older errors are not needed.
        let least = if *metric == Metric::Errors { shift(now, -ASK_AGAIN) } else { series.start() };
        let known = series.known_until().max(least);
        ask(false, *metric, shift(known, -ASK_AGAIN).max(series.start()), 60)
    });
    demand.chain(minutes).collect()
}

/// Seconds of the longest question about minutes.
#[cfg(test)]
pub(in crate::engine) fn longest_question(group: &GroupRuntime, now: Time) -> Seconds {
    let minutes = asks(group, now).into_iter().filter(|ask| !ask.demand);
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
    fn demand_by_cpu_is_instances_worth_of_work_and_keeps_gaps() {
        let cpu = Series::from_values(at_epoch(0), 300, [Some(50.0), None, Some(20.0), Some(10.0)]);
        let n = Series::from_values(at_epoch(0), 300, [Some(4.0), Some(4.0), None, Some(10.0)]);
        let demand = combine(&DemandMeasure::Cpu, vec![cpu, n]).expect("two parts");
        assert_eq!(demand.iter().map(|(_, v)| v).collect::<Vec<_>>(), [Some(2.0), None, None, Some(1.0)]);
    }
}
