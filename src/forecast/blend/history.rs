//! The demand history: gaps filled for lookups, local time, and the same time of earlier days.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

mod local_time;
mod period;
mod similar_days;
mod steps;
mod unusual;

pub use self::local_time::LocalTime;
use self::{
    local_time::offset,
    similar_days::SimilarDays,
    steps::{DemandStep, Steps},
};
use super::calendar_features::{CalendarFeatures, DayKind, LABELS};
use crate::domain::{Seconds, Time, at_epoch};

/// How many days back similar days are looked for.
const SIMILAR_WITHIN_DAYS: usize = 400;
/// How many similar days are averaged.
const SIMILAR: usize = 3;

/// How many rounds of a period are averaged.
const ROUNDS: usize = 3;

/// Days that are kept: no lookup goes further back.
const KEPT_DAYS: usize = SIMILAR_WITHIN_DAYS + 2;

/// Demand of the newest 13 months, with gaps filled from earlier values and cumulative sums that make means
/// cheap.
///
/// All values but [`DemandHistory::observed`] are divided by the operator's multiplier
/// ([`CalendarFeatures::multiplier`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemandHistory {
    start: Time,
    step: Seconds,
    zone: Tz,
    day: usize,
    steps: Steps,
    /// By kind of day.
    similar: [SimilarDays; LABELS],
    /// The period shorter than a day that was found, in steps.
    period: Option<usize>,
}

impl DemandHistory {
    /// An empty history; the first step starts at `start`, and local time is that of `zone`.
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        DemandHistory {
            start,
            step,
            zone,
            day: (86_400 / step).max(1) as usize,
            steps: Steps::default(),
            similar: [SimilarDays::default(); LABELS],
            period: None,
        }
    }

    /// Appends the next step. A gap (`None`) is filled with the value of the day before where that is known,
    /// else with the newest one.
    pub fn push(&mut self, value: Option<f64>, calendar: &CalendarFeatures) {
        let steps = &self.steps;
        let fill = || {
            let day_ago = self.len().checked_sub(self.day).filter(|i| steps.observed(*i).is_some());
            day_ago.and_then(|i| steps.usual(i)).unwrap_or(self.last())
        };
        let plain = value.map(|v| v / calendar.multiplier);
        let filled = plain.unwrap_or_else(fill);
        if let (Some(actual), Some(kind)) = (plain, calendar.day) {
            self.learn_similar(actual, kind);
        }
        let offset = offset(self.time_of(self.len()), self.zone);
        let step = DemandStep { observed: value, filled, kind: calendar.day, offset };
        self.steps.push(step, KEPT_DAYS * self.day);
        self.compare_settled();
        // Every hour at first, later four times a day.
        let often = if self.len() < 2 * self.day { self.day / 24 } else { self.day / 4 };
        if self.len().is_multiple_of(often.max(1)) {
            let newest: Vec<f64> = self.steps.newest(period::DAYS * self.day).collect();
            self.period = period::find(&newest, self.day);
        }
    }

    /// The value of step `target` as the period that was found has it: the mean of the same phase of earlier rounds, each
    /// relative to the round before it, on the level of the newest round. `None` without a period.
    pub fn period_ago(&self, target: usize) -> Option<f64> {
        let (period, len) = (self.period?, self.len());
        let lead = (target + 1).checked_sub(len)?;
        let round = |end: usize| self.mean(end.checked_sub(period)?, end);
        let first = lead.div_ceil(period).max(1);
        let above = (first..first + ROUNDS).filter_map(|rounds| {
            let index = target.checked_sub(rounds * period)?;
            Some(self.lag(index, 0)? - round((index + 1).checked_sub(lead)?)?)
        });
        Some((round(len)? + average(above)?).max(0.0))
    }

    /// Replaces the value of step `index`, if it is kept.
    pub fn correct(&mut self, index: usize, value: f64, calendar: &CalendarFeatures) {
        self.steps.correct(index, value, value / calendar.multiplier);
    }

    /// Index of the step that starts at `time`, if the history has it.
    pub fn index_of(&self, time: Time) -> Option<usize> {
        let index = usize::try_from((time - self.start).num_seconds().div_euclid(self.step)).ok()?;
        (index < self.len()).then_some(index)
    }

    /// Number of steps so far, those no longer kept included; also the index of the next step.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Seconds of a step.
    pub fn step(&self) -> Seconds {
        self.step
    }

    /// Square roots of the newest `count` values, with what is usual at odd steps; gaps are not numbers.
    pub fn roots(&self, count: usize) -> Vec<f32> {
        self.steps.roots(count)
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the oldest step that is kept.
    pub fn first(&self) -> usize {
        self.steps.first()
    }

    /// Whole steps in a day.
    pub fn day(&self) -> usize {
        self.day
    }

    /// The local time at which step `index` starts.
    pub fn local(&self, index: usize) -> LocalTime {
        LocalTime::new(self.time_of(index), self.zone)
    }

    /// Index of the step at the local time of day of `target`, `days` days before it, if the history has it.
    /// Across a change to or from daylight saving time, that is an hour more or less than so many times 24
    /// hours.
    pub fn days_before(&self, target: usize, local: LocalTime, days: usize) -> Option<usize> {
        let steps = |seconds: Seconds| (seconds + self.step / 2).div_euclid(self.step);
        let plain = target.checked_sub(steps(86_400 * days as Seconds) as usize)?;
        let changed = local.offset - self.steps.offset(plain)?;
        let index = (plain as Seconds + steps(changed)).min(self.len() as Seconds - 1);
        usize::try_from(index).ok().filter(|index| *index >= self.first())
    }

    /// The value at the local time of `target`, `days` days before it. Where that was another kind of day
    /// than the target's (`kind`, `None` for an ordinary day), similar days stand in: for an ordinary day the
    /// same weekday of earlier weeks, for a holiday earlier holidays. An odd step is replaced by what is usual.
    pub fn days_ago(
        &self,
        target: usize,
        local: LocalTime,
        kind: Option<DayKind>,
        days: usize,
    ) -> Option<f64> {
        self.on_similar_days(target, local, kind, days, |index| self.steps.usual(index))
    }

    /// As [`DemandHistory::days_ago`], the mean of the five steps around it.
    pub fn days_ago_mean(
        &self,
        target: usize,
        local: LocalTime,
        kind: Option<DayKind>,
        days: usize,
    ) -> Option<f64> {
        let mean = |index: usize| index.checked_sub(2).and_then(|from| self.usual_mean(from, from + 5));
        self.on_similar_days(target, local, kind, days, mean)
    }

    fn on_similar_days(
        &self,
        target: usize,
        local: LocalTime,
        kind: Option<DayKind>,
        days: usize,
        value: impl Fn(usize) -> Option<f64>,
    ) -> Option<f64> {
        let plain = self.days_before(target, local, days)?;
        if self.steps.kind(plain) == kind {
            return value(plain);
        }
        let Some(kind) = kind else {
            let mut weeks_before =
                (1..=4).filter_map(|weeks| self.days_before(target, local, days + 7 * weeks));
            return value(weeks_before.find(|i| self.steps.kind(*i).is_none()).unwrap_or(plain));
        };
        let ordinary = value(plain)?;
        let weights = &self.similar[kind.index()];
        let similar =
            weights.choose(self.similar_days(target, local, kind, days, &value)).unwrap_or(ordinary);
        Some(ordinary + weights.share() * (similar - ordinary))
    }

    /// Means over days similar to a day of `kind`, at least `days` days before `target`: the newest days of
    /// the kind, and the newest Sundays where the kind is similar to those.
    fn similar_days(
        &self,
        target: usize,
        local: LocalTime,
        kind: DayKind,
        days: usize,
        value: &impl Fn(usize) -> Option<f64>,
    ) -> [Option<f64>; 2] {
        let index = |days: usize| self.days_before(target, local, days);
        let is = |kind: Option<DayKind>| move |index: &usize| self.steps.kind(*index) == kind;
        let of_kind = (days..SIMILAR_WITHIN_DAYS).map_while(index).filter(is(Some(kind)));
        let of_kind = of_kind.filter_map(value).take(SIMILAR);
        // Days back to the newest Sunday that is far enough back.
        let sunday = (local.weekday + 1) % 7;
        let first = sunday + 7 * days.max(1).saturating_sub(sunday).div_ceil(7);
        let sundays = (0..SIMILAR).filter(|_| kind.sunday).filter_map(|week| index(first + 7 * week));
        [average(of_kind), average(sundays.filter(is(None)).filter_map(value))]
    }

    /// Learns from the step about to be appended how much a day of `kind` resembles similar days rather than
    /// its weekday.
    fn learn_similar(&mut self, actual: f64, kind: DayKind) {
        let target = self.len();
        let local = self.local(target);
        let value = |index: usize| self.lag(index, 0);
        // As many ordinary days as similar ones, so that neither mean wins by being smoother.
        let weeks = (1..=SIMILAR + 2).filter_map(|weeks| self.days_before(target, local, 7 * weeks));
        let weeks = weeks.filter(|index| self.steps.kind(*index).is_none()).take(SIMILAR).filter_map(value);
        if let Some(ordinary) = average(weeks) {
            let similar = self.similar_days(target, local, kind, 1, &value).map(|v| Some(v? - ordinary));
            self.similar[kind.index()].learn(actual - ordinary, similar, self.day);
        }
    }

    /// Start of step `index`.
    pub fn time_of(&self, index: usize) -> Time {
        at_epoch(self.start.timestamp() + self.step * index as i64)
    }

    /// The value of step `index` as it was observed, with the operator's multiplier; `None` for a gap.
    pub fn observed(&self, index: usize) -> Option<f64> {
        self.steps.observed(index)
    }

    /// The newest value, gaps filled; 0 while there is none.
    pub fn last(&self) -> f64 {
        self.steps.newest(1).next().unwrap_or(0.0)
    }

    /// The value `lag` steps before step `target`, if the history has it.
    pub fn lag(&self, target: usize, lag: usize) -> Option<f64> {
        self.steps.filled(target.checked_sub(lag)?)
    }

    /// Size of error to expect of a forecast of the next step while none has been scored: the mean change
    /// between steps of the last day, and at least a share of the level that falls as more steps are known.
    ///
    /// Only the newest `known` steps count: a level that begins anew tells nothing about what was before.
    pub fn expected_error(&self, known: usize) -> f64 {
        let recent: Vec<f64> = self.steps.newest(known.min(self.day + 1)).collect();
        let changes: f64 = recent.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let level = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let least = 0.3 * level / (recent.len().max(1) as f64).sqrt();
        (changes / (recent.len() as f64 - 1.0).max(1.0)).max(least)
    }

    /// Mean of the filled values over `[from, until)`, cut to the steps that are kept; `None` if none is left.
    pub fn mean(&self, from: usize, until: usize) -> Option<f64> {
        self.steps.mean(from, until)
    }

    /// As [`DemandHistory::mean`], with what is usual at odd steps.
    pub fn usual_mean(&self, from: usize, until: usize) -> Option<f64> {
        self.steps.usual_mean(from, until)
    }
}

/// Mean of the values; `None` if there are none.
pub fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
mod tests;
