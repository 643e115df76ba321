//! Collecting: what is asked of the world each minute, and where the answers go.

use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{Seconds, Time, journal::JournalKind, metric::Metric, series::Series, shift},
    engine::{Engine, group::runtime::GroupRuntime, options::DemandMeasure, serve::session::Session},
    store::{StoreError, keys},
};

/// Minutes asked for again, so that late points fill their gaps.
pub(in crate::engine) const ASK_AGAIN: Seconds = 1_800;

/// Groups whose metrics are asked for together.
const TOGETHER: usize = 250;

/// A question and what it is for.
struct PlannedQuery {
    query: MetricQuery,
    demand: bool,
}

impl Engine {
    /// Looks at every group and fetches what is new. On an error the groups keep what they had; their data
    /// grow stale, which preflight sees.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::engine) async fn collect(
        &mut self,
        now: Time,
        mut session: Option<&mut Session>,
    ) -> Result<Result<(), CloudError>, StoreError> {
        let mut source = self.take_source();
        let states = self.meanwhile(session.as_deref_mut(), source.groups(now)).await;
        self.world.source = source;
        let states = match states?.unwrap_or_else(|| Err(given_up())) {
            Ok(states) => states,
            Err(error) => return Ok(Err(error)),
        };
        let names: Vec<String> = states.iter().map(|state| state.name.clone()).collect();
        // A history that cannot be written here cannot be read here either; the source has it as well.
        let _ = self.fetch_shared(&names, now).await;
        for state in states {
            let at = self.find_or_add(&state.name, now);
            self.groups[at].look(state);
        }
        // Some groups at a time: what is answered for days of a large fleet need not be held at once.
        for first in (0..self.groups.len()).step_by(TOGETHER) {
            let few = first..self.groups.len().min(first + TOGETHER);
            let asks: Vec<Vec<PlannedQuery>> =
                self.groups[few.clone()].iter().map(|w| asks(w, now)).collect();
            let queries: Vec<MetricQuery> = asks.iter().flatten().map(|a| a.query.clone()).collect();
            let mut source = self.take_source();
            let answers = self.meanwhile(session.as_deref_mut(), source.metrics(now, &queries)).await;
            self.world.source = source;
            let mut answers = match answers?.unwrap_or_else(|| Err(given_up())) {
                Ok(answers) => answers.into_iter(),
                Err(error) => return Ok(Err(error)),
            };
            for (at, asked) in few.zip(&asks) {
                let answered: Vec<Series> = answers.by_ref().take(asked.len()).collect();
                self.take_in(at, asked, answered, now)?;
            }
        }
        Ok(Ok(()))
    }

    fn find_or_add(&mut self, name: &str, now: Time) -> usize {
        if let Some(at) = self.groups.iter().position(|w| w.name == name) {
            return at;
        }
        let group = self.restore_group(name, now);
        let at = self.groups.partition_point(|w| w.name.as_str() < name);
        self.groups.insert(at, group);
        at
    }

    /// Where the way in which demand is counted has changed, the demand stored so far is of another kind: it is forgotten.
    pub(in crate::engine) fn check_demand_definition(&mut self, name: &str, demand: &DemandMeasure) {
        let (key, counted) = (keys::demand(name), demand.words());
        let before = self.store.get(&key).ok().flatten();
        if before.as_ref() == Some(&counted) {
            return;
        }
        if let Some(before) = before {
            let kept = self.store.forget(name, &[Metric::Demand, Metric::Custom]);
            let outcome = kept.map_or_else(|e| e.to_string(), |gone| format!("{gone} samples forgotten"));
            let text = format!("demand is counted by {counted}, no longer by {before}: {outcome}");
            let _ = self.note(Some(name), JournalKind::Demand, text);
        }
        let _ = self.store.set(&key, &counted);
    }

    fn take_in(
        &mut self,
        at: usize,
        asked: &[PlannedQuery],
        answered: Vec<Series>,
        now: Time,
    ) -> Result<(), StoreError> {
        let events = self.calendar.concerning(&self.groups[at].name);
        let group = &mut self.groups[at];
        let mut parts = Vec::new();
        for (ask, series) in asked.iter().zip(answered) {
            if ask.demand {
                parts.push(series);
            } else {
                group.collect(ask.query.metric, &series);
            }
        }
        if let Some(demand) = combine(&group.options.demand, parts) {
            group.fresh_steps += group.learn(&demand, &events, now);
        }
        // What was thought at the end of each step on the way here.
        let backcasts = std::mem::take(&mut group.backcasts);
        self.store.save_forecasts(&group.name, &backcasts)
    }
}

/// What a look comes to when the program ends meanwhile.
fn given_up() -> CloudError {
    CloudError::Retry("the program ends".into())
}

/// Demand from the first step that the champion has not been told of, and the newest minutes of each metric.
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
        // Errors are published only where there are some, and older ones are of no use.
        let none = if *metric == Metric::Errors { now } else { series.start() };
        let known = series.last_known().map_or(none, |(t, _)| shift(t, 60));
        let known = if *metric == Metric::Errors { known.max(shift(now, -ASK_AGAIN)) } else { known };
        ask(false, *metric, shift(known, -ASK_AGAIN).max(series.start()), 60)
    });
    demand.chain(minutes).collect()
}

/// Demand from the metrics that it is counted by.
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
