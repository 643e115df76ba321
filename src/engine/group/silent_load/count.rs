//! Counts silence as zero where it is, and says what is unknown.

use crate::{
    domain::{
        Seconds, Time,
        journal::JournalKind,
        metric::{Metric, Missing},
        series::Series,
        shift,
    },
    engine::{
        group::{observation::Observation, ready::Ready, runtime::GroupRuntime},
        options::DemandMeasure,
    },
    plan::silence::{self, Silence, Witness},
};

/// Seconds of silence after which the journal says that it counts as zero, and until it says so again.
const ZERO_SAID: Seconds = 1_800;
const ZERO_AGAIN: Seconds = 86_400;

impl GroupRuntime {
    /// Puts zero on the minutes and steps of `seen` in which a metric that counts was silent.
    pub(in crate::engine::group) fn count_silence(&mut self, seen: &mut Observation, ready: &mut Ready) {
        let now = seen.context.now;
        let measure = self.options.demand.clone();
        self.memory.silence.busy = 0;
        let mut zeros = 0;
        for (metric, fresh) in &seen.minutes {
            if measure.missing(*metric) == Missing::Gap || seen.incomplete.contains(metric) {
                continue;
            }
            let silence = self.count_silent_minutes(*metric, fresh.start(), now);
            if *metric == measure.metric() {
                self.memory.silence.busy = silence.busy;
                zeros = silence.zeros;
            }
        }
        let counts = measure.missing(measure.metric()) == Missing::Zero;
        let counts = counts && !seen.incomplete.contains(&measure.metric());
        if let Some(demand) = seen.demand.as_mut().filter(|_| counts) {
            self.count_silent_steps(demand, seen.past_cpu.as_ref(), now);
        }
        if zeros > 0 {
            self.say_zero(now, ready);
        }
    }

    /// The same for the minutes of `metric` from `from` on.
    fn count_silent_minutes(&mut self, metric: Metric, from: Time, now: Time) -> Silence {
        let Some(at) = self.minutes.iter().position(|(m, _)| *m == metric) else { return Silence::default() };
        let is_load = metric != Metric::Errors;
        if is_load && !self.was_seen(metric) {
            return Silence::default();
        }
        let settled = shift(now, -silence::LATE);
        let known = self.minutes[at].1.between(from, settled).known().count();
        if known as Seconds >= (settled - from).num_seconds() / 60 {
            return Silence::default();
        }
        let every = self.interval(metric).map_or(60, |interval| interval.seconds);
        let empty = Series::new(from, 60);
        let mut counter = std::mem::replace(&mut self.minutes[at].1, empty);
        let silence = match self.witness() {
            Some(witness) => {
                let busy = is_load.then(|| witness.busy(&counter)).flatten();
                silence::fill(&mut counter, every, witness, (from, now), busy)
            }
            None => Silence::default(),
        };
        self.minutes[at].1 = counter;
        silence
    }

    /// The same for steps of demand: those of which all minutes are zero, and, before there are minutes, by CPU per step.
    fn count_silent_steps(&self, demand: &mut Series, past_cpu: Option<&Series>, now: Time) {
        let Some(minutes) = self.minute(self.options.demand.metric()) else { return };
        if let Some(cpu) = past_cpu.filter(|_| demand.last_known().is_some()) {
            let witness = Witness { cpu, in_service: None };
            // The step in which minutes begin is one without all of its minutes.
            let until = shift(minutes.start(), demand.step() + silence::LATE).min(now);
            let busy = witness.busy(demand);
            silence::fill(demand, self.demand_interval().seconds, witness, (demand.start(), until), busy);
        }
        let silent: Vec<Time> = demand
            .iter()
            .filter(|(step, value)| value.is_none() && *step >= minutes.start())
            .map(|(step, _)| step)
            .filter(|step| is_zero(minutes, *step, shift(*step, demand.step())))
            .collect();
        for step in silent {
            demand.insert(step, 0.0);
        }
    }

    /// CPU and instances in service by the minute.
    fn witness(&self) -> Option<Witness<'_>> {
        let in_service = self.minute(Metric::InService).filter(|series| series.last_known().is_some());
        Some(Witness { cpu: self.minute(Metric::Cpu)?, in_service })
    }

    /// Whether `metric` ever had a point: a name that nobody publishes under is silent as well.
    fn was_seen(&self, metric: Metric) -> bool {
        let minutes = self.minute(metric).is_some_and(|series| series.last_known().is_some());
        minutes || (metric == self.options.demand.metric() && self.demand.last_known().is_some())
    }

    /// Says that the load is zero because nothing is published, once that lasts.
    fn say_zero(&mut self, now: Time, ready: &mut Ready) {
        let said = self.memory.silence.zero_said.is_some_and(|at| (now - at).num_seconds() < ZERO_AGAIN);
        let Some(minutes) = self.minute(self.options.demand.metric()).filter(|_| !said) else { return };
        let last = minutes.iter().rev().find(|(_, value)| value.is_some_and(|value| value > 0.0));
        let since = last.map_or(minutes.start(), |(time, _)| shift(time, 60));
        if (now - since).num_seconds() < ZERO_SAID {
            return;
        }
        let text = format!(
            "{} has no data points since {} while the group's other metrics have: counted as zero",
            self.load_name(),
            since.format("%d %b %H:%M UTC")
        );
        self.memory.silence.zero_said = Some(now);
        ready.note(JournalKind::Demand, text);
    }

    /// Says that load is unknown for longer than data may be old, and when it is known again.
    pub(in crate::engine::group) fn watch_unknown_load(&mut self, seen: &Observation, ready: &mut Ready) {
        let (now, limit) = (seen.context.now, self.options.limits.max_data_age);
        let age = self.data_age(now);
        let clock = |time: Time| time.format("%d %b %H:%M UTC").to_string();
        if age.is_some_and(|age| age <= limit) {
            if let Some((since, true)) = self.memory.silence.unknown.take() {
                let minutes = (now - since).num_minutes();
                let text =
                    format!("load is known again; it was unknown since {} ({minutes} min)", clock(since));
                ready.note(JournalKind::Demand, text);
            }
            return;
        }
        let since = self.memory.silence.unknown.map_or(shift(now, -age.unwrap_or(0)), |(since, _)| since);
        let said = self.memory.silence.unknown.is_some_and(|(_, said)| said);
        let minutes = (now - since).num_minutes();
        // A read that failed is said by itself.
        let say = !said && !seen.minutes.is_empty() && (now - since).num_seconds() > limit;
        self.memory.silence.unknown = Some((since, said || say));
        if say {
            let text = format!(
                "load is unknown since {} ({minutes} min): {}; no scale-in until it is known again, the forecast and the \
                 calendar may still add capacity",
                clock(since),
                self.why_unknown(seen)
            );
            ready.note(JournalKind::Demand, text);
        }
    }

    /// Why load is unknown, and what would mend it.
    fn why_unknown(&self, seen: &Observation) -> String {
        let (name, measure) = (self.load_name(), &self.options.demand);
        let recent = shift(seen.context.now, -self.options.limits.max_data_age);
        let has_cpu =
            self.minute(Metric::Cpu).and_then(Series::last_known).is_some_and(|(time, _)| time >= recent);
        match measure.missing(measure.metric()) {
            _ if seen.incomplete.contains(&measure.metric()) => {
                format!("CloudWatch does not give {name} (no load balancer was found, or access is denied)")
            }
            _ if !has_cpu && measure.metric() != Metric::Cpu => {
                format!("neither {name} nor CPU has new data points")
            }
            _ if !self.was_seen(measure.metric()) => format!("{name} never had a data point"),
            Missing::Zero if self.memory.silence.busy > 0 => {
                format!(
                    "{name} has no new data points while CPU is as high as under load, so it is not counted as zero"
                )
            }
            Missing::Gap if measure.metric() == Metric::Custom => format!(
                "{name} has no new data points; if that means zero, set missing = \"zero\" in `demand`"
            ),
            _ => format!("{name} has no new data points"),
        }
    }

    /// What demand is counted by, as CloudWatch calls it.
    fn load_name(&self) -> &str {
        match &self.options.demand {
            DemandMeasure::Requests => "RequestCount",
            DemandMeasure::Cpu => "CPUUtilization",
            DemandMeasure::Metric(custom) => &custom.name,
        }
    }
}

/// True if each minute within `[from, until)` is known to be zero.
fn is_zero(minutes: &Series, from: Time, until: Time) -> bool {
    let all = minutes.between(from, until);
    all.len() as Seconds * 60 == (until - from).num_seconds()
        && all.iter().all(|(_, value)| value == Some(0.0))
}
