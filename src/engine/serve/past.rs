//! A group as it was known at a moment of the past: its charts end at that moment, with the forecast as it was made, and show what came
//! after it apart.

use super::{
    charts::{Cut, EDGES, quantile, unit},
    past_moment::Then,
};
use crate::{
    domain::{
        decision::Decision,
        forecast::{Forecast, MEDIAN},
        metric::Metric,
        series::Series,
        shift,
        text::clean,
    },
    engine::{Engine, group::GroupRuntime},
    link::{Chart, ChartKind, ChartLine, GroupDetail, Limit, LineRole, PastGroup, PastMoment, Viewport},
    plan::recorded::event_again,
    store::StoreError,
};

impl Engine {
    /// Turns `detail` of `group`, which has nothing that is of now alone, back to the moment `asked`.
    pub(super) fn look_back(
        &self,
        group: &GroupRuntime,
        (asked, viewport): (PastMoment, &Viewport),
        detail: &mut GroupDetail,
    ) {
        let mut past = PastGroup::of(asked);
        if let Err(error) = self.read_back(group, viewport, &mut past, detail) {
            // One record that is damaged must not end the loop.
            tracing::warn!("{error}");
            past.unread = Some(clean(&error.to_string(), 300));
        }
        detail.past = Some(Box::new(past));
    }

    /// The decision that `viewport` names, as it stood then: the revision of then, where that is kept.
    pub(super) fn decision_then(&self, viewport: &Viewport) -> Result<Option<Decision>, StoreError> {
        let Some(id) = viewport.decision else { return Ok(None) };
        let Some(newest) = self.store.decision(id)? else { return Ok(None) };
        let Some(then) = viewport.decision_then.filter(|then| *then < newest.at) else {
            return Ok(Some(newest));
        };
        let before = self.store.decisions_before(&newest.group, Then::whole(then).place(), 1)?.pop();
        let found = before.map(|head| self.store.decision(head.id)).transpose()?.flatten();
        // What was decided before it was opened is another decision.
        let opened = self.store.journal_of(id, 1)?.first().map(|line| line.at);
        let is_former = |found: &Decision| {
            found.revision < newest.revision && opened.is_some_and(|opened| opened <= found.at)
        };
        Ok(Some(found.filter(is_former).map_or(newest, |found| Decision { id, ..found })))
    }

    fn read_back(
        &self,
        group: &GroupRuntime,
        viewport: &Viewport,
        past: &mut PastGroup,
        detail: &mut GroupDetail,
    ) -> Result<(), StoreError> {
        let name = group.name.as_str();
        let newest_before = |place| Ok::<_, StoreError>(self.store.decisions_before(name, place, 1)?.pop());
        let then = match past.asked {
            PastMoment::Decision(id) => self.store.decision_head(id)?.map(Then::of),
            PastMoment::At(at) => Some(Then::whole(at.min(self.now))),
            PastMoment::NewestUntil(at) => {
                let until = Then::whole(at.min(self.now));
                Some(newest_before(until.place())?.map_or(until, Then::of))
            }
        };
        let Some(then) = then else { return Ok(()) };
        let at = then.at;
        past.at = Some(at);
        past.later = self.store.decisions_since(name, then.end(), 1)?.first().map(|head| head.id);
        let Some(head) = newest_before(then.place())? else { return Ok(()) };
        past.earlier = match head.at == at {
            true => newest_before((head.at, head.id))?.map(|head| head.id),
            false => Some(head.id),
        };
        let Some(decision) = self.store.decision(head.id)? else { return Ok(()) };
        let made = self.store.forecast_as_of(name, at)?;
        (detail.from, detail.until) = (shift(at, -viewport.past), shift(at, viewport.ahead));
        let known = decision.plan.inputs.iter().flat_map(|inputs| &inputs.events).map(event_again);
        detail.events = known.filter(|event| event.touches(detail.from, detail.until)).collect();
        let demand = self.store.load(name, Metric::Demand, group.options.step, detail.from, detail.until)?;
        let in_service = self.minutes_of(group, Metric::InService, detail)?;
        let cpu = self.minutes_of(group, Metric::Cpu, detail)?;
        past.newest = demand.before(at).last_known();
        let input = PastInput {
            decision: &decision,
            made: made.as_ref(),
            cut: Cut { from: detail.from, until: detail.until, now: at, points: viewport.points },
        };
        detail.charts = vec![
            input.demand(&demand, &in_service, unit(group)),
            input.cpu(&cpu),
            input.instances(&in_service),
        ];
        past.made = made.map(|forecast| (forecast.origin, forecast.model));
        past.decision = Some(decision);
        Ok(())
    }

    fn minutes_of(
        &self,
        group: &GroupRuntime,
        metric: Metric,
        detail: &GroupDetail,
    ) -> Result<Series, StoreError> {
        self.store.load(&group.name, metric, 60, detail.from, detail.until)
    }
}

/// Input of the charts of one moment.
struct PastInput<'a> {
    /// The newest decision then.
    decision: &'a Decision,
    made: Option<&'a Forecast>,
    /// Its `now` is the moment.
    cut: Cut,
}

impl PastInput<'_> {
    /// The steps of `series` that had ended at the moment in `role`, and what came: from the step that was under way then.
    fn split(&self, (role, label): (LineRole, &str), series: &Series) -> [ChartLine; 2] {
        let at = self.cut.now;
        let after = self.cut.of(&series.between(shift(at, 1 - series.step()), self.cut.until));
        let newest = after.last_known().map(|(_, value)| value);
        let came = ChartLine::of(LineRole::Came, "came after", after, newest);
        [self.cut.line(role, label, &series.before(at)), came]
    }

    fn demand(&self, demand: &Series, in_service: &Series, unit: String) -> Chart {
        let basis = self.decision.plan.basis.as_ref();
        let carried = basis.map(|basis| {
            let each = basis.capacity * basis.target;
            let values = in_service.iter().map(|(_, n)| n.map(|n| n * each));
            let carried = Series::from_values(in_service.start(), in_service.step(), values);
            let label = format!("capacity at {:.0} %", 100.0 * basis.target);
            self.cut.line(LineRole::Capacity, &label, &carried.before(self.cut.now))
        });
        let median =
            self.made.map(|f| self.cut.line(LineRole::Predicted, "forecast then", &quantile(f, MEDIAN)));
        let lines = carried.into_iter().chain(median).chain(self.split((LineRole::Actual, "known"), demand));
        let edge = |index| self.made.map(|f| self.cut.of(&quantile(f, index)));
        Chart {
            band: edge(EDGES.0).zip(edge(EDGES.1)),
            band_label: "p10-p95 as made".into(),
            ..Chart::new(ChartKind::Demand, "Demand", unit, lines.collect())
        }
    }

    /// CPU against the target of then; a record that does not say it leaves none to judge what came by.
    fn cpu(&self, cpu: &Series) -> Chart {
        let lines = self.split((LineRole::Actual, "mean"), cpu).into();
        let limit = |target| Limit { label: "target".into(), value: 100.0 * target };
        let limits = self.decision.plan.target().map(limit).into_iter().collect();
        Chart { limits, ..Chart::new(ChartKind::Cpu, "CPU", "%", lines) }
    }

    fn instances(&self, in_service: &Series) -> Chart {
        let at = self.cut.now;
        let minutes = (self.cut.until - at).num_minutes().clamp(1, 10_000) as usize;
        let decided = std::iter::repeat_n(Some(f64::from(self.decision.to)), minutes);
        let decided = self.cut.line(LineRole::Desired, "decided", &Series::from_values(at, 60, decided));
        let lines =
            std::iter::once(decided).chain(self.split((LineRole::InService, "in service"), in_service));
        let sizes =
            self.decision.preflight.inputs.as_ref().map(|inputs| (inputs.group.min, inputs.group.max));
        let limit = |label: &str, value| Limit { label: label.into(), value: f64::from(value) };
        let limits = sizes.map_or(vec![], |(min, max)| vec![limit("min", min), limit("max", max)]);
        Chart { limits, ..Chart::new(ChartKind::Instances, "Instances", "instances", lines.collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Time, decision::Mode, inputs::EventInputs},
        engine::{
            calendar::Events,
            clock::Clock,
            options::GroupOptions,
            tests::{GROUP, ask, engine_with, live, observing, simulator_of, start, store},
        },
        link::Command,
    };

    fn shown(engine: &mut Engine, then: PastMoment) -> GroupDetail {
        let viewport = Viewport { group: Some(GROUP.into()), then: Some(then), ..Viewport::default() };
        ask(engine, Command::Show(viewport)).expect("it is shown");
        let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
        view.detail.expect("the only group")
    }

    fn line(detail: &GroupDetail, role: LineRole) -> &Series {
        let lines = detail.charts[0].lines.iter();
        &lines.into_iter().find(|line| line.role == role).expect("the chart of demand has it").series
    }

    #[test]
    fn a_group_is_shown_as_it_was_known_and_what_came_apart() {
        let world = simulator_of(|spec| spec);
        let (writer, now) = (world.clone(), start());
        let options = GroupOptions { mode: Mode::Auto, ..GroupOptions::default() };
        let mut engine = engine_with(&world, options, move || Box::new(writer.scaler()), store(), now);
        live(&mut engine, 400);
        let now = engine.now();
        let newest = shown(&mut engine, PastMoment::NewestUntil(now));
        let past = newest.past.as_deref().expect("it was asked for").clone();
        let earlier = past.earlier.expect("there were several");
        assert_eq!((past.later, past.asked), (None, PastMoment::NewestUntil(now)));
        assert_eq!(past.at, past.decision.map(|decision| decision.at), "one request leads to its moment");

        let detail = shown(&mut engine, PastMoment::Decision(earlier));
        let past = detail.past.as_deref().expect("it was asked for");
        let decision = past.decision.as_ref().expect("it is kept");
        let at = decision.at;
        assert_eq!((decision.id, past.later), (earlier, newest.past.and_then(|p| p.decision).map(|d| d.id)));
        assert!(decision.plan.inputs.is_some() && past.made.as_ref().is_some_and(|(made, _)| *made <= at));
        assert_eq!((detail.from, detail.until), (shift(at, -6 * 3_600), shift(at, 2 * 3_600)));
        let last = line(&detail, LineRole::Actual).last_known().expect("there was load").0;
        let came = line(&detail, LineRole::Came);
        assert!(last < at, "nothing of later is among what was known");
        let first = came.iter().find_map(|(time, value)| value.map(|_| time)).expect("something came");
        assert!(first > shift(at, -300) && came.known().count() > 3, "{first} came after {at}");
        assert_eq!(first, shift(last, 300), "no step is on neither side, and none on both");
        let carried = line(&detail, LineRole::Capacity);
        assert!(
            carried.known().count() > 100 && carried.known_until() <= at,
            "what ran later is not of then"
        );
        let made = line(&detail, LineRole::Predicted);
        assert!(made.known_until() > shift(at, 1_800), "the forecast reaches beyond the decision");
        let (low, high) = detail.charts[0].band.as_ref().expect("with its band");
        assert!(low.known().zip(high.known()).all(|(low, high)| low <= high) && low.known().count() > 5);
    }

    #[test]
    fn what_is_not_kept_and_what_is_of_another_group_is_none() {
        let mut engine = observing(&simulator_of(|spec| spec), 5);
        for asked in [PastMoment::Decision(i64::MAX), PastMoment::At(start()), PastMoment::Decision(-1)] {
            let detail = shown(&mut engine, asked);
            let past = detail.past.as_deref().expect("it was asked for");
            assert_eq!((past.asked, &past.decision, &past.unread), (asked, &None, &None));
            assert!(detail.charts.is_empty() && detail.events.is_empty() && detail.outlook.is_empty());
        }
    }

    /// The newest decision.
    fn newest(engine: &mut Engine) -> PastGroup {
        let now = engine.now();
        *shown(engine, PastMoment::NewestUntil(now)).past.expect("it was asked for")
    }

    #[test]
    fn a_moment_after_now_is_answered_as_it_was_asked() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let newest = newest(&mut engine).decision;
        for asked in [shift(engine.now(), 900), Time::MAX_UTC].map(PastMoment::At) {
            let past = shown(&mut engine, asked).past.expect("it was asked for");
            assert_eq!((past.asked, past.decision.as_ref()), (asked, newest.as_ref()));
        }
        let before = PastMoment::At(Time::MIN_UTC);
        assert_eq!(
            shown(&mut engine, before).past.map(|past| (past.asked, past.decision)),
            Some((before, None))
        );
    }

    #[test]
    fn a_record_that_cannot_be_read_is_said_and_those_beside_it_are_reached() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let newest = newest(&mut engine);
        let spoilt = newest.earlier.expect("there were several");
        let whole = shown(&mut engine, PastMoment::Decision(spoilt)).past.expect("it was asked for");
        let at = whole.decision.as_ref().expect("it is kept").at;
        engine.store().spoil(spoilt);
        for asked in [PastMoment::Decision(spoilt), PastMoment::At(at)] {
            let detail = shown(&mut engine, asked);
            assert!(detail.charts.is_empty(), "none is of then");
            let past = detail.past.expect("it is answered all the same");
            assert!(
                past.unread.is_some_and(|why| why.contains(&format!("decision {spoilt} cannot be read")))
            );
            assert_eq!((past.asked, past.decision), (asked, None));
            assert_eq!((past.earlier, past.later), (whole.earlier, whole.later));
            assert!(past.earlier.is_some() && past.later.is_some());
        }
    }

    #[test]
    fn what_came_is_judged_by_the_target_of_then() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let id = newest(&mut engine).earlier.expect("there were several");
        let target = |engine: &mut Engine| {
            let limits = shown(engine, PastMoment::Decision(id)).charts.swap_remove(1).limits;
            limits.iter().map(|limit| limit.value).collect::<Vec<_>>()
        };
        let before = target(&mut engine);
        assert_eq!(before.len(), 1);
        engine.groups[0].options.settings.target = 0.3;
        assert_eq!(target(&mut engine), before);
        let mut decision = engine.store().decision(id).expect("readable").expect("it is kept");
        decision.plan.basis = None;
        engine.store.update_decision(&decision).expect("it is there");
        assert_eq!(target(&mut engine), before, "the inputs of the plan say it too");
        decision.plan.inputs = None;
        engine.store.update_decision(&decision).expect("it is there");
        assert!(target(&mut engine).is_empty(), "nobody knows it any more");
    }

    #[test]
    fn events_are_those_that_the_record_knew() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let newest = newest(&mut engine);
        let (mut decision, id) = (newest.decision.expect("it is kept"), newest.earlier.expect("one before"));
        let (start, end) = (shift(decision.at, 600), shift(decision.at, 3_600));
        let sale = EventInputs { name: "Sale".into(), start, end, ..EventInputs::default() };
        decision.plan.inputs.as_mut().expect("it is recorded").events = vec![sale];
        engine.store.update_decision(&decision).expect("it is there");
        let names =
            |detail: GroupDetail| detail.events.into_iter().map(|event| event.name).collect::<Vec<_>>();
        assert_eq!(names(shown(&mut engine, PastMoment::Decision(decision.id))), ["Sale"]);
        let added = event_again(&EventInputs {
            name: "Added since".into(),
            start: decision.at,
            end,
            ..EventInputs::default()
        });
        engine.calendar = Events::new(None, vec![added], chrono_tz::UTC);
        for id in [decision.id, id] {
            let seen = names(shown(&mut engine, PastMoment::Decision(id)));
            assert!(!seen.contains(&"Added since".to_owned()), "nobody knew of it: {seen:?}");
        }
    }
}
