//! The fleet as it was known at a moment of the past: each group's newest decision then, and the numbers of the moment.

use super::past_moment::Then;
use crate::{
    domain::{Seconds, Time, decision::Decision, forecast::MEDIAN, metric::Metric, shift, text::clean},
    engine::{Engine, group::GroupRuntime},
    link::{PastDecision, PastFleet, PastMoment, PastRow},
    store::{DecisionHead, StoreError},
};

/// Steps of a metric among which the newest that had ended is looked for: a point may be missing, and is published late.
const STEPS: i64 = 5;

impl Engine {
    /// The fleet at the moment `asked`: a few indexed reads a group.
    pub(super) fn fleet_back(&self, asked: PastMoment) -> PastFleet {
        let mut fleet = PastFleet::of(asked);
        if let Err(error) = self.read_fleet_back(&mut fleet) {
            // The past must not end the loop.
            tracing::warn!("{error}");
            fleet.unread = Some(clean(&error.to_string(), 300));
        }
        fleet
    }

    fn read_fleet_back(&self, fleet: &mut PastFleet) -> Result<(), StoreError> {
        let mut then = match fleet.asked {
            PastMoment::At(at) | PastMoment::NewestUntil(at) => Then::whole(at.min(self.now)),
            PastMoment::Decision(id) => match self.store.decision_head(id)? {
                Some(head) => Then::of(head),
                None => return Ok(()),
            },
        };
        let head = |group: &GroupRuntime| self.store.decisions_before(&group.name, then.place(), 1);
        let heads = self.groups.iter().map(|group| Ok(head(group)?.pop()));
        let heads: Vec<Option<DecisionHead>> = heads.collect::<Result<_, StoreError>>()?;
        let gone = self.heads_of_gone(&then)?;
        let newest = heads.iter().flatten().chain(&gone).max_by_key(|one| (one.at, one.id)).cloned();
        if let (PastMoment::NewestUntil(_), Some(newest)) = (fleet.asked, &newest) {
            then = Then::of(newest.clone());
        }
        fleet.at = Some(then.at);
        for (group, head) in self.groups.iter().zip(heads) {
            fleet.groups.push(self.row_then(group, then.at, head)?);
        }
        let Some(newest) = then.own.or(newest) else { return Ok(()) };
        let beside = self.store.decisions_beside(newest.id, None, 1)?;
        fleet.earlier = match newest.at == then.at {
            true => beside.iter().find(|one| one.id < newest.id).map(|one| one.id),
            false => Some(newest.id),
        };
        fleet.later = beside.iter().find(|one| one.id > newest.id).map(|one| one.id);
        fleet.newest = Some(self.in_one_line(newest)?.0);
        Ok(())
    }

    /// The newest decisions before `then` of groups that are no longer there.
    fn heads_of_gone(&self, then: &Then) -> Result<Vec<DecisionHead>, StoreError> {
        let mut heads = Vec::new();
        for name in self.store.groups_with_decisions()? {
            if !self.groups.iter().any(|group| group.name == name) {
                heads.extend(self.store.decisions_before(&name, then.place(), 1)?);
            }
        }
        Ok(heads)
    }

    /// The line of `group` at the moment `at`, whose newest decision then is `head`.
    fn row_then(
        &self,
        group: &GroupRuntime,
        at: Time,
        head: Option<DecisionHead>,
    ) -> Result<PastRow, StoreError> {
        let name = group.name.as_str();
        let (decision, record) = head.map(|head| self.in_one_line(head)).transpose()?.unzip();
        let newest = |metric: Metric, step: Seconds| {
            let series = self.store.load(name, metric, step, shift(at, -STEPS * step), at)?;
            Ok::<_, StoreError>(series.before(at).last_known().map(|(_, value)| value))
        };
        let lead = record.flatten().and_then(|decision| decision.plan.lead());
        let ahead = shift(at, lead.unwrap_or(group.lead.0 + group.options.settings.cycle));
        let forecast = self.store.forecast_as_of(name, at)?;
        Ok(PastRow {
            name: clean(name, 300),
            demand: newest(Metric::Demand, group.options.step)?,
            predicted: forecast.as_ref().and_then(|made| made.at(ahead)).map(|row| row[MEDIAN]),
            cpu: newest(Metric::Cpu, 60)?,
            in_service: newest(Metric::InService, 60)?,
            decision,
        })
    }

    /// The decision in one line, with its record where that can be read.
    fn in_one_line(&self, head: DecisionHead) -> Result<(PastDecision, Option<Decision>), StoreError> {
        let record = match self.store.decision(head.id) {
            Ok(found) => found,
            // Its record is damaged: the others are shown.
            Err(StoreError::Row { .. }) => None,
            Err(error) => return Err(error),
        };
        let change = record.as_ref().map(|one| (one.moves().to_owned(), one.from, one.to));
        let line = PastDecision {
            id: head.id,
            group: clean(&head.group, 300),
            at: head.at,
            stage: head.stage,
            change,
        };
        Ok((line, record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloud::simulator::{GroupSpec, Simulator, World},
        engine::{
            clock::Clock,
            tests::{ask, live, observing, start, trace},
        },
        link::{Command, View, Viewport},
    };

    /// An observing engine of two groups after `minutes`.
    fn advised(minutes: i64) -> Engine {
        let groups = vec![GroupSpec::plain("api", trace(), 80.0), GroupSpec::plain("web", trace(), 50.0)];
        observing(&Simulator::new(World::new(groups, start(), 1)), minutes)
    }

    fn view(engine: &mut Engine, viewport: Viewport) -> View {
        ask(engine, Command::Show(viewport)).expect("it is shown");
        engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable")
    }

    fn shown(engine: &mut Engine, asked: PastMoment) -> PastFleet {
        let view = view(engine, Viewport { fleet_then: Some(asked), ..Viewport::default() });
        let fleet = *view.fleet_then.expect("it was asked for");
        assert_eq!((fleet.asked, &fleet.unread), (asked, &None));
        fleet
    }

    #[test]
    fn rows_are_those_that_were_shown_once_the_moment_was_published() {
        let mut engine = advised(401);
        let then = engine.now();
        let forecast = view(&mut engine, Viewport::fleet()).groups;
        // The metrics are published two minutes late.
        live(&mut engine, 2);
        let rows = view(&mut engine, Viewport::fleet()).groups;
        live(&mut engine, 120);
        let fleet = shown(&mut engine, PastMoment::At(then));
        assert_eq!((fleet.at, fleet.groups.len(), rows.len()), (Some(then), 2, 2));
        for (index, (past, live)) in fleet.groups.iter().zip(&rows).enumerate() {
            assert_eq!((&past.name, past.cpu), (&live.name, live.cpu));
            assert_eq!(past.in_service, Some(f64::from(live.in_service)));
            let demand = &engine.groups[index].demand;
            assert_eq!(past.demand, demand.at(shift(then, -360)), "the step that ended a minute before");
            assert!(
                past.demand.is_some() && past.demand != demand.at(shift(then, -60)),
                "not the one under way"
            );
            let (past, live) = (past.predicted.expect("kept"), forecast[index].predicted.expect("made"));
            assert!((past / live - 1.0).abs() < 1e-6, "kept in 32 bits: {past} and {live}");
        }
    }

    #[test]
    fn the_decisions_of_the_whole_fleet_are_stepped_through() {
        let mut engine = advised(400);
        let all: Vec<_> = engine.store().decisions_after(0, None, 1_000).expect("readable");
        let all: Vec<_> = all.into_iter().map(|(_, read)| read.expect("whole")).collect();
        let groups = |name: &str| all.iter().filter(|decision| decision.group == name).count();
        assert!(groups("api") > 1 && groups("web") > 1, "both decided");
        let now = engine.now();
        let (mut seen, mut asked) = (Vec::new(), PastMoment::NewestUntil(now));
        loop {
            let fleet = shown(&mut engine, asked);
            let moment = fleet.moment();
            let newest = fleet.newest.expect("there is one");
            let own = (Some(newest.at), Some(PastMoment::Decision(newest.id)));
            assert_eq!((fleet.at, moment), own, "its own moment, from the first step on");
            seen.push(newest.id);
            for row in &fleet.groups {
                let of_group =
                    |d: &&crate::domain::decision::Decision| d.group == row.name && d.id <= newest.id;
                let expected = all.iter().rfind(of_group).map(|d| (d.id, Some((d.from, d.to))));
                let shown = row.decision.clone();
                let shown = shown.map(|d| (d.id, d.change.map(|(_, from, to)| (from, to))));
                assert_eq!(shown, expected, "as of {newest:?}");
            }
            assert_eq!(fleet.later, seen.iter().rev().nth(1).copied());
            match fleet.earlier {
                Some(id) => asked = PastMoment::Decision(id),
                None => break,
            }
        }
        assert_eq!(seen, all.iter().rev().map(|decision| decision.id).collect::<Vec<_>>());
    }

    #[test]
    fn decisions_of_a_group_that_is_gone_are_stepped_through_as_well() {
        let mut engine = advised(400);
        let last = |engine: &Engine, name: &str| {
            let place = (engine.now(), i64::MAX);
            engine.store().decisions_before(name, place, 1).expect("readable").pop().expect("it decided")
        };
        let (api, web) = (last(&engine, "api"), last(&engine, "web"));
        let newer = if (api.at, api.id) > (web.at, web.id) { api } else { web };
        engine.groups.retain(|group| group.name != newer.group);
        let now = engine.now();
        let fleet = shown(&mut engine, PastMoment::NewestUntil(now));
        assert_eq!(fleet.newest.map(|newest| newest.id), Some(newer.id), "{} is named", newer.group);
        assert_eq!(fleet.groups.len(), 1, "and has no line");
        let between = shown(&mut engine, PastMoment::At(shift(newer.at, 30)));
        assert_eq!(between.newest.map(|newest| newest.id), Some(newer.id));
        assert_eq!((between.earlier, between.later), (Some(newer.id), None));
    }

    #[test]
    fn between_two_decisions_the_newest_until_then_is_the_one_before() {
        let mut engine = advised(400);
        let now = engine.now();
        let newest = shown(&mut engine, PastMoment::NewestUntil(now)).newest.expect("they decided");
        let between = shown(&mut engine, PastMoment::At(shift(newest.at, 30)));
        assert_eq!((between.earlier, between.later), (Some(newest.id), None));
        assert_eq!((between.at, between.newest), (Some(shift(newest.at, 30)), Some(newest)));
    }

    #[test]
    fn a_row_and_the_charts_of_its_group_are_of_one_moment() {
        let mut engine = advised(400);
        let now = engine.now();
        let fleet = shown(&mut engine, PastMoment::NewestUntil(now));
        let moment = fleet.moment().expect("they decided");
        for row in &fleet.groups {
            let viewport =
                Viewport { group: Some(row.name.clone()), then: Some(moment), ..Viewport::default() };
            let detail = view(&mut engine, viewport).detail.expect("it is there");
            let past = detail.past.expect("it was asked for");
            assert_eq!((past.asked, past.at), (moment, fleet.at));
            assert_eq!(past.decision.map(|d| d.id), row.decision.as_ref().map(|d| d.id));
            assert_eq!(past.newest.map(|(_, value)| value), row.demand, "of {}", row.name);
        }
    }

    #[test]
    fn the_lead_time_of_then_says_how_far_ahead_was_predicted() {
        let mut engine = advised(400);
        let now = engine.now();
        let predicted = |engine: &mut Engine| {
            let fleet = shown(engine, PastMoment::NewestUntil(now));
            fleet.groups.into_iter().map(|row| row.predicted).collect::<Vec<_>>()
        };
        let before = predicted(&mut engine);
        engine.groups.iter_mut().for_each(|group| group.lead.0 = 5_400);
        assert!(before.iter().all(Option::is_some) && predicted(&mut engine) == before);
    }

    #[test]
    fn before_all_there_is_no_decision_and_a_damaged_one_is_passed() {
        let mut engine = advised(400);
        let fleet = shown(&mut engine, PastMoment::At(shift(start(), -86_400)));
        assert_eq!((fleet.newest, fleet.earlier, fleet.later, fleet.groups.len()), (None, None, None, 2));
        assert!(fleet.groups.iter().all(|row| row.decision.is_none()));
        let none = shown(&mut engine, PastMoment::Decision(i64::MAX));
        assert_eq!((none.at, none.newest, none.groups.len()), (None, None, 0));
        let ahead = PastMoment::At(Time::MAX_UTC);
        let now = engine.now();
        let newest = shown(&mut engine, ahead);
        assert_eq!(newest.at, Some(now), "nothing later is known");
        let spoilt = newest.newest.expect("they decided");
        engine.store().spoil(spoilt.id);
        let fleet = shown(&mut engine, ahead);
        let row = fleet.groups.iter().find(|row| row.name == spoilt.group).expect("every group is there");
        let damaged = row.decision.as_ref().expect("it is known that there is one");
        assert_eq!((damaged.id, &damaged.change), (spoilt.id, &None));
        assert!(fleet.groups.iter().any(|row| row.decision.as_ref().is_some_and(|d| d.change.is_some())));
        assert_eq!(fleet.earlier, newest.earlier);
    }
}
