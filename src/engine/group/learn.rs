//! Learning from observations: states of the group, minutes of metrics, and the demand that the forecasters train on.

use super::{
    observation::Observation, ready::Ready, runtime::GroupRuntime, saturation::is_saturated,
    training_data::is_excluded, unusual::SetAside,
};
use crate::{
    domain::{
        Seconds, Time, actuator::Actuator, event::Event, forecast::Forecast, group::GroupState,
        journal::JournalKind, metric::Metric, publication::PublishingInterval, series::Series, shift,
    },
    engine::options::DemandMeasure,
    plan::lead::{self, LeadTime},
};

/// Minutes of metrics kept in memory; in a large fleet no more than learning needs.
pub(in crate::engine) const MINUTES_KEPT: usize = 3 * 1_440;
const MINUTES_OF_MANY: usize = 1_440 + 60;
/// Seconds of demand kept in memory, and in a large fleet; older demand is on disk.
const DEMAND_KEPT: Seconds = 35 * 86_400;
const DEMAND_OF_MANY: Seconds = 14 * 86_400;

/// The first minute of any metric, and the first step of demand learned before, that have another value now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub minutes: Option<Time>,
    pub demand: Option<Time>,
}

impl GroupRuntime {
    /// Loads stored history: `minutes` of each metric, and `demand` as far as it was known at the last cycle, so that
    /// that forecast is reproduced. Returns the forecasts made at the end of each step of the last day.
    pub(in crate::engine) fn recall(
        &mut self,
        minutes: &[(Metric, Series)],
        demand: Option<&Series>,
        events: &[Event],
    ) -> Vec<Forecast> {
        for (metric, series) in minutes {
            self.collect(*metric, series);
        }
        let Some(demand) = demand.filter(|demand| demand.last_known().is_some()) else {
            self.memory.cycled = None;
            return Vec::new();
        };
        let known = demand.last_known().map_or(demand.start(), |(t, _)| shift(t, self.options.step));
        let cycled = self.memory.cycled;
        let until = self.memory.learned_until.unwrap_or(cycled.map_or(known, |cycled| known.min(cycled)));
        for (time, value) in demand.iter().filter_map(|(time, value)| Some((time, value?))) {
            self.demand.insert(time, value);
        }
        let (backcasts, set_aside) = self.learn_until(until, events, cycled.unwrap_or(known));
        self.exclude_readings(&set_aside);
        self.forecast = cycled.and_then(|cycled| self.forecasters.forecast(cycled));
        self.fresh_steps = 0;
        self.saved = cycled;
        backcasts
    }

    /// Updates the observed state of the group.
    pub(in crate::engine) fn look(&mut self, state: GroupState) {
        if self.options.lead.is_none() {
            self.memory.registration_delay.look(&state);
            let registered =
                |(seconds, launches): LeadTime| (seconds + self.memory.registration_delay.p90(), launches);
            let measured = lead::measured(state.activities.items());
            self.lead = measured.cold.map_or(self.lead, registered);
            self.warm = measured.warm.map(registered).or(self.warm);
        }
        if let Some(policies) = state.policies.known() {
            self.memory.fitting = Some(Actuator::fitting(policies));
        }
        let actuator = self.actuator();
        self.memory.signals.compare(&state, actuator);
        self.state = Some(state);
    }

    /// Adds minutes of one metric; returns the first that has changed. Those that the answer left out are gaps from now on, so
    /// that a gap is asked for again for a while and not as long as it lasts.
    fn collect(&mut self, metric: Metric, fresh: &Series) -> Option<Time> {
        let (_, series) = self.minutes.iter_mut().find(|(m, _)| *m == metric)?;
        let mut changed = None;
        for (time, value) in fresh.iter() {
            let Some(value) = value.filter(|value| series.at(time) != Some(*value)) else { continue };
            if series.insert(time, value) {
                changed = changed.or(Some(time));
            }
        }
        series.cover(fresh.known_until());
        series.keep_last(if self.forecasters.is_spilled() { MINUTES_OF_MANY } else { MINUTES_KEPT });
        changed
    }

    /// Adds what was observed, and trains the forecasters on settled steps. Returns what has changed of the past.
    pub(super) fn learn(&mut self, seen: &mut Observation, ready: &mut Ready) -> Changed {
        if let Some(state) = seen.look.take() {
            self.look(state);
            self.follow_lead_time(ready);
        }
        let now = seen.context.now;
        let mut changed = Changed::default();
        for (metric, series) in &seen.minutes {
            self.watch_publication(*metric, series, now, ready);
            changed.minutes = changed.minutes.into_iter().chain(self.collect(*metric, series)).min();
        }
        self.count_silence(seen, ready);
        let Some(demand) = seen.demand.take() else { return changed };
        let events = &seen.context.events;
        let until;
        (until, changed.demand) = self.settle(&demand, events, now, ready);
        let known = self.forecasters.known_until();
        let (backcasts, set_aside) = self.learn_until(until, events, now);
        ready.forecasts.extend(backcasts);
        if self.forecasters.known_until() > known && self.options.step < self.options.settings.cycle {
            // Between two cycles as well, so that the past of short steps can be shown as it was forecast.
            ready.forecasts.extend(self.forecasters.forecast(now));
        }
        self.say_set_aside(&set_aside, now, ready);
        changed
    }

    /// Measures how `metric` is published, and says when demand turns out to be published at another interval.
    fn watch_publication(&mut self, metric: Metric, fresh: &Series, now: Time, ready: &mut Ready) {
        let Some((_, known)) = self.minutes.iter().find(|(m, _)| *m == metric) else { return };
        let publication = self.memory.publications.entry(metric).or_default();
        let (before, was_unclear) = (publication.interval(), publication.is_unclear());
        publication.note(known, fresh, now);
        let (after, is_unclear) = (publication.interval(), publication.is_unclear());
        if metric != self.options.demand.metric() || self.interval(metric) != after {
            return;
        }
        let name = self.options.demand.name();
        let text = match after {
            None if is_unclear && !was_unclear && self.options.demand.adds_up() => format!(
                "the publishing interval of {name} is not known yet, so its points do not tell the load a minute: until it \
                 is, the load now is unknown and only the forecast adds capacity"
            ),
            Some(after)
                if before != Some(after) && (before.is_some() || after != PublishingInterval::MINUTE) =>
            {
                let was = before.map_or(String::new(), |before| format!(" instead of {}", before.words()));
                format!("{name} is published {}{was}; the load a minute is computed from that", after.words())
            }
            _ => return,
        };
        ready.note(JournalKind::Demand, text);
    }

    /// Trains the forecasters on demand before `until`; steps that are not known are gaps. Returns what would have been forecast
    /// at the end of each step of the last day that passed without a cycle, and the readings that the champion did not believe.
    fn learn_until(&mut self, until: Time, events: &[Event], now: Time) -> (Vec<Forecast>, Vec<SetAside>) {
        if self.forecasters.known_until() >= until {
            return Default::default();
        }
        let (demand, excluded) = (&self.demand, &self.memory.excluded);
        let by_cpu = self.options.demand == DemandMeasure::Cpu;
        let cpu = self.minutes.iter().find(|(metric, _)| *metric == Metric::Cpu).map(|(_, minutes)| minutes);
        let mut saturated = Vec::new();
        let length = self.options.step;
        // A step becomes known after its end. Whoever was there has forecast without it.
        let cycled = self.memory.cycled.map(|cycled| shift(cycled, self.options.settings.cycle));
        let (learned, backcasts, set_aside) = self.forecasters.update(|champion, outlook| {
            let (mut learned, mut backcasts, mut set_aside) = (0, Vec::new(), Vec::new());
            while champion.known_until() < until {
                let step = champion.known_until();
                let mut value = demand.at(step).filter(|_| !is_excluded(excluded, step, events));
                if by_cpu && is_saturated(cpu, &self.memory.saturated, (step, length)) {
                    saturated.push(step);
                    value =
                        value.filter(|least| champion.expected().is_none_or(|expected| *least > expected));
                }
                let seen = champion.highest_seen();
                let believed = champion.learn(value, events);
                if let (Some(load), None) = (value, believed) {
                    set_aside.push(SetAside { step, load, seen: seen.unwrap_or(0.0) });
                }
                outlook.learn(step, believed, events);
                let ends = shift(step, length);
                if (now - ends).num_seconds() < 86_400 && cycled.is_none_or(|cycled| ends > cycled) {
                    backcasts.extend(champion.forecast(ends));
                }
                learned += 1;
            }
            (learned, backcasts, set_aside)
        });
        let kept = if self.forecasters.is_spilled() { DEMAND_OF_MANY } else { DEMAND_KEPT };
        self.demand.keep_last((kept / length) as usize);
        self.fresh_steps += learned;
        self.remember_saturated(saturated);
        (backcasts, set_aside)
    }
}
