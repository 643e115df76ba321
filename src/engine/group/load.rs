//! The load of a group by the minute, by what its demand is counted in: now, at a minute, and how old the newest is.

use super::runtime::GroupRuntime;
use crate::{
    domain::{
        Seconds, Time,
        metric::{Metric, Missing},
        publication::{Publication, PublishingInterval},
        series::Series,
        shift,
    },
    engine::options::DemandMeasure,
};

/// Seconds after which a period is complete, before that was measured: AWS publishes within three minutes.
const USUAL: Seconds = 180;
/// Seconds after its end for which the newest load is that of now, beyond the time that points need.
const NOW: Seconds = 180;
/// Seconds before the newest load at which a complete one still counts beside it, beyond the time between two points.
const LOOK_BACK: Seconds = 600;

impl GroupRuntime {
    /// Time between two points of `metric`; `None` while it is not known. What counts as zero where nothing is published has
    /// a value every minute, unless its points come regularly.
    pub fn interval(&self, metric: Metric) -> Option<PublishingInterval> {
        let measured = self.memory.publications.get(&metric).and_then(Publication::interval);
        match self.options.demand.missing(metric) {
            Missing::Zero => measured.or(Some(PublishingInterval::MINUTE)),
            Missing::Gap => measured,
        }
    }

    /// Seconds after the end of a period from which the value of `metric` is complete: as measured, else as usual.
    pub fn complete_after(&self, metric: Metric) -> Seconds {
        let late = self.options.late;
        let measured = self.memory.publications.get(&metric).and_then(|p| p.complete_after(late));
        measured.unwrap_or(USUAL.min(late))
    }

    /// The same for demand.
    pub(in crate::engine) fn demand_complete_after(&self) -> Seconds {
        let also = (self.options.demand == DemandMeasure::Cpu).then_some(Metric::InService);
        let metrics = [self.options.demand.metric()].into_iter().chain(also);
        metrics.map(|metric| self.complete_after(metric)).max().unwrap_or(0)
    }

    /// Time between two points of demand: by the minute while it is not known.
    pub(super) fn demand_interval(&self) -> PublishingInterval {
        self.interval(self.options.demand.metric()).unwrap_or(PublishingInterval::MINUTE)
    }

    /// Load per step at minute `time`, in the group's unit of demand.
    pub(in crate::engine) fn load_at(&self, time: Time) -> Option<f64> {
        self.load_in(|metric| self.minute(metric), time)
    }

    /// The same from other minutes than those in memory.
    pub(in crate::engine) fn load_in<'a>(
        &self,
        minutes: impl Fn(Metric) -> Option<&'a Series>,
        time: Time,
    ) -> Option<f64> {
        let demand = &self.options.demand;
        let value = |metric| self.value_in(minutes(metric)?, metric, time);
        match demand {
            DemandMeasure::Cpu => Some(value(Metric::Cpu)? / 100.0 * value(Metric::InService)?),
            DemandMeasure::Requests | DemandMeasure::Metric(_) => {
                Some(value(demand.metric())? * demand.minutes(self.options.step))
            }
        }
    }

    /// The value of `metric` in the minute `time`.
    fn value_at(&self, metric: Metric, time: Time) -> Option<f64> {
        self.value_in(self.minute(metric)?, metric, time)
    }

    /// The value that `series` of `metric` has in the minute `time`. While its interval is not known, a sum says nothing of one
    /// minute, unless the minute before is known as well.
    fn value_in(&self, series: &Series, metric: Metric, time: Time) -> Option<f64> {
        let adds_up = self.options.demand.metric() == metric && self.options.demand.adds_up();
        let interval = self.interval(metric);
        if interval.is_none() && adds_up {
            series.at(shift(time, -60))?;
        }
        interval.unwrap_or(PublishingInterval::MINUTE).value_at(series, time, adds_up)
    }

    /// The values of `metric` from `from` on, a value a minute, as far as they are complete at `now`.
    pub(super) fn complete_minutes(&self, metric: Metric, from: Time, now: Time) -> Option<Series> {
        let series = self.minute(metric)?;
        let until = shift(now, -self.complete_after(metric));
        let known = series.between(from, series.known_until()).before(until);
        let values = known.iter().map(|(time, _)| self.value_at(metric, time));
        Some(Series::from_values(known.start(), known.step(), values))
    }

    /// The same as [`GroupRuntime::load_at`], once it is complete at `now`.
    pub(super) fn complete_load_at(&self, time: Time, now: Time) -> Option<f64> {
        (shift(time, 60 + self.demand_complete_after()) <= now).then(|| self.load_at(time)).flatten()
    }

    /// The highest load of the last two points that are complete and of those since, if they are fresh. A period that is
    /// published in part shows too little, so it can raise the load and never lower it. One that is far above all that was seen
    /// waits for the next.
    pub fn load_now(&self, now: Time) -> Option<f64> {
        let (newest, interval) = (self.newest_minute()?, self.demand_interval());
        if self.is_unclear(newest, now) {
            return None;
        }
        let complete = self.demand_complete_after();
        let minutes = self.minute(self.options.demand.metric())?;
        let known = |time: &Time| minutes.at(*time).is_some();
        let is_complete = |time: &Time| shift(*time, interval.seconds + complete) <= now;
        let recent = minutes.between(shift(newest, -interval.seconds - LOOK_BACK), shift(newest, 60));
        let times = || recent.iter().map(|(time, _)| time).filter(known);
        let last_complete = times().rfind(is_complete).unwrap_or(newest);
        // The first points that come by the minute, after longer intervals, say too little until that is noticed.
        let earlier = if interval.seconds > 60 { interval.seconds + 120 } else { 60 };
        let from = shift(last_complete, -earlier);
        let loads: Vec<f64> =
            times().filter(|time| *time >= from).filter_map(|time| self.load_at(time)).collect();
        self.believed_load(&loads)
    }

    /// The newest `count` points of CPU in percent, newest first, no further than to a gap; none where the newest is old.
    pub(super) fn recent_cpu(&self, now: Time, count: usize) -> Vec<f64> {
        let apart = self.interval(Metric::Cpu).map_or(60, |interval| interval.seconds);
        let Some((cpu, newest)) = self.minute(Metric::Cpu).and_then(|cpu| Some((cpu, cpu.last_known()?.0)))
        else {
            return Vec::new();
        };
        if (now - shift(newest, apart)).num_seconds() > apart + NOW.max(self.complete_after(Metric::Cpu) + 60)
        {
            return Vec::new();
        }
        (0..count).map_while(|back| cpu.at(shift(newest, -apart * back as i64))).collect()
    }

    /// Whether the newest point does not tell the load of now: it is old, or it is a sum of which it is not known how long a
    /// time it counts, because it stands alone or came at another time than usual.
    fn is_unclear(&self, newest: Time, now: Time) -> bool {
        let (demand, interval) = (&self.options.demand, self.demand_interval());
        let age = (now - shift(newest, interval.seconds)).num_seconds();
        let complete = self.demand_complete_after();
        if age > interval.seconds + NOW.max(complete + 60) {
            return true;
        }
        let is_counted = demand.missing(Metric::Custom) == Missing::Zero;
        if demand.metric() != Metric::Custom || !demand.adds_up() || is_counted {
            return false;
        }
        let usual = complete + if interval.seconds > 60 { interval.seconds } else { 30 };
        let before = shift(newest, -2 * interval.seconds - 60);
        let is_alone =
            self.minute(Metric::Custom).is_none_or(|m| m.between(before, newest).last_known().is_none());
        age > usual || is_alone
    }

    /// Start of the newest minute whose load is known.
    pub fn newest_minute(&self) -> Option<Time> {
        self.minute(self.options.demand.metric())?.last_known().map(|(time, _)| time)
    }

    /// Seconds since the newest load reading ended; where points come less often than every minute, the time until the next
    /// one can be there does not count.
    pub fn data_age(&self, now: Time) -> Option<Seconds> {
        let interval = self.demand_interval().seconds;
        let next = interval - 60;
        let minute = self.newest_minute().map(|t| shift(t, interval + next));
        let step = self.demand.last_known().map(|(t, _)| shift(t, self.options.step));
        minute.max(step).map(|t| (now - t).num_seconds().max(0))
    }

    /// True when a point is missing: the newest reading is older than the metric's interval and its own publication explain.
    /// Where only whole steps are known, the step counts as well.
    pub fn is_late(&self, now: Time) -> bool {
        let interval = self.demand_interval().seconds;
        let between = if self.newest_minute().is_some() { interval } else { self.options.step };
        let publication = self.memory.publications.get(&self.options.demand.metric());
        let usual = between + publication.and_then(Publication::appears_after).unwrap_or(USUAL) + 120;
        self.data_age(now).is_none_or(|age| age > usual)
    }

    /// How the metrics of demand are published, in words; `None` before anything was measured.
    pub(in crate::engine) fn publication_words(&self) -> Option<String> {
        let metric = self.options.demand.metric();
        let interval = self.interval(metric)?;
        let publication = self.memory.publications.get(&metric)?;
        let complete = publication.complete_after(self.options.late)? / 60;
        let name = self.options.demand.name();
        let complete = if complete > 0 { format!("complete after {complete} min") } else { "at once".into() };
        Some(format!("{name} {}, {complete}", interval.words()))
    }
}
