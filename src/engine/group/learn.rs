//! Learning from observations: states of the group, minutes of metrics, and the demand that the forecasters train on.

use super::{
    observation::Observation, ready::Ready, runtime::GroupRuntime, training_data::is_excluded,
    unusual::SetAside,
};
use crate::{
    domain::{
        Seconds, Time, event::Event, forecast::Forecast, group::GroupState, metric::Metric, series::Series,
        shift,
    },
    engine::options::DemandMeasure,
    plan::{
        lead::{self, LeadTime},
        learn,
    },
};

/// Minutes of metrics kept in memory; in a large fleet no more than learning needs.
pub(in crate::engine) const MINUTES_KEPT: usize = 3 * 1_440;
const MINUTES_OF_MANY: usize = 1_440 + 60;
/// Seconds of demand kept in memory, and in a large fleet; older demand is on disk.
const DEMAND_KEPT: Seconds = 35 * 86_400;
const DEMAND_OF_MANY: Seconds = 14 * 86_400;

impl GroupRuntime {
    /// Loads stored history: `minutes` of each metric, and `demand` as far as it was known at the last cycle, so that
    /// that forecast is reproduced. Returns the forecasts made at the end of each step of the last day.
    pub(in crate::engine) fn recall(
        &mut self,
        minutes: &[(Metric, Series)],
        demand: Option<&Series>,
        events: &[Event],
    ) -> Vec<Forecast> {
        minutes.iter().for_each(|(metric, series)| self.collect(*metric, series));
        let Some(demand) = demand else {
            self.memory.cycled = None;
            return Vec::new();
        };
        let known = demand.last_known().map_or(demand.start(), |(t, _)| shift(t, self.options.step));
        let cycled = self.memory.cycled;
        let (backcasts, set_aside) = self.learn_until(demand, events, cycled.unwrap_or(known));
        self.exclude_readings(&set_aside);
        self.forecast = cycled.and_then(|cycled| self.forecasters.forecast(cycled));
        self.fresh_steps = 0;
        self.saved = cycled;
        backcasts
    }

    /// Measures the capacity per instance, where it was not configured.
    pub(super) fn measure(&mut self, now: Time) {
        if self.options.capacity.is_some() {
            return;
        }
        if self.options.demand == DemandMeasure::Cpu {
            self.memory.capacity =
                Some((1.0, "by definition: demand is measured in busy instances".to_owned()));
            return;
        }
        let series = [self.options.demand.metric(), Metric::Cpu, Metric::InService].map(|m| self.minute(m));
        let [Some(load), Some(cpu), Some(in_service)] = series else { return };
        if let Some(learned) = learn::capacity(load, cpu, in_service, shift(now, -86_400)) {
            let per_step = learned.capacity * self.options.demand.minutes(self.options.step);
            let how = format!("median of {} minutes, ± {:.0} %", learned.readings, 100.0 * learned.spread);
            self.memory.capacity = Some((per_step, how));
        }
    }

    /// Updates the observed state of the group.
    pub(in crate::engine) fn look(&mut self, state: GroupState) {
        if self.options.lead.is_none() {
            self.memory.registration_delay.look(&state);
            let registered =
                |(seconds, launches): LeadTime| (seconds + self.memory.registration_delay.p90(), launches);
            let measured = lead::measured(&state.activities);
            self.lead = measured.cold.map_or(self.lead, registered);
            self.warm = measured.warm.map(registered).or(self.warm);
        }
        let actuator = self.actuator();
        self.memory.signals.compare(&state, actuator);
        self.state = Some(state);
    }

    /// Adds minutes of one metric.
    fn collect(&mut self, metric: Metric, fresh: &Series) {
        if let Some((_, series)) = self.minutes.iter_mut().find(|(m, _)| *m == metric) {
            for (time, value) in fresh.iter() {
                if let Some(value) = value {
                    series.insert(time, value);
                }
            }
            series.keep_last(if self.forecasters.is_spilled() { MINUTES_OF_MANY } else { MINUTES_KEPT });
        }
    }

    /// Adds what was observed, and trains the forecasters on settled steps.
    pub(super) fn learn(&mut self, seen: &mut Observation, ready: &mut Ready) {
        if let Some(state) = seen.look.take() {
            self.look(state);
        }
        for (metric, series) in &seen.minutes {
            self.collect(*metric, series);
        }
        if let Some(demand) = seen.demand.take() {
            let (backcasts, set_aside) = self.learn_until(&demand, &seen.context.events, seen.context.now);
            ready.forecasts.extend(backcasts);
            self.say_set_aside(&set_aside, seen.context.now, ready);
        }
    }

    /// Adds demand and trains the champion on the steps that will not change any more: known steps, and
    /// gaps older than a late point can be. Returns the forecasts made at the end of each step of the last day, and the
    /// readings that the champion did not believe.
    fn learn_until(&mut self, fresh: &Series, events: &[Event], now: Time) -> (Vec<Forecast>, Vec<SetAside>) {
        for (time, value) in fresh.iter() {
            if let Some(value) = value {
                self.demand.insert(time, value);
            }
        }
        let (demand, excluded) = (&self.demand, &self.memory.excluded);
        let (length, late) = (self.options.step, self.options.late);
        let is_settled = |step: Time| {
            let ends = shift(step, length);
            ends <= now && (demand.at(step).is_some() || shift(ends, late) <= now)
        };
        if !is_settled(self.forecasters.known_until()) {
            return Default::default();
        }
        let (learned, backcasts, set_aside) = self.forecasters.update(|champion, outlook| {
            let (mut learned, mut backcasts, mut set_aside) = (0, Vec::new(), Vec::new());
            while is_settled(champion.known_until()) {
                let step = champion.known_until();
                let value = demand.at(step).filter(|_| !is_excluded(excluded, step, events));
                let seen = champion.highest_seen();
                let believed = champion.learn(value, events);
                if let (Some(load), None) = (value, believed) {
                    set_aside.push(SetAside { step, load, seen: seen.unwrap_or(0.0) });
                }
                outlook.learn(step, believed, events);
                let ends = shift(step, length);
                if (now - ends).num_seconds() < 86_400 {
                    backcasts.extend(champion.forecast(ends));
                }
                learned += 1;
            }
            (learned, backcasts, set_aside)
        });
        let kept = if self.forecasters.is_spilled() { DEMAND_OF_MANY } else { DEMAND_KEPT };
        self.demand.keep_last((kept / length) as usize);
        self.fresh_steps += learned;
        (backcasts, set_aside)
    }
}
