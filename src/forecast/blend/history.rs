//! Demand so far, with gaps filled for those who look back, in people's time.

use chrono::{Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

mod steps;

use self::steps::{DemandStep, Steps};
use super::calendar_features::{CalendarFeatures, DayKind, LABELS};
use crate::domain::{Seconds, Time, at_epoch, shift};

/// How far back days of a kind are looked for, and how many of them are averaged.
const LIKE_DAYS: usize = 400;
const LIKE: usize = 3;

/// Days that are kept: nobody looks further back.
const KEPT_DAYS: usize = LIKE_DAYS + 2;

/// Demand so far with gaps filled from the past, and sums that make means cheap; of the newest 13 months.
///
/// All values but [`DemandHistory::seen`] are without what the operator expects of events ([`CalendarFeatures::expected`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemandHistory {
    start: Time,
    step: Seconds,
    zone: Tz,
    day: usize,
    steps: Steps,
    trust: [Trust; LABELS],
}

impl DemandHistory {
    /// Nothing yet; the first step starts at `start`, and people's clocks run in `zone`.
    pub fn new(start: Time, step: Seconds, zone: Tz) -> Self {
        DemandHistory {
            start,
            step,
            zone,
            day: (86_400 / step).max(1) as usize,
            steps: Steps::default(),
            trust: [Trust::default(); LABELS],
        }
    }

    /// Appends the next step. A gap is filled for lags only: with the value of the day before where that is
    /// known, else with the newest one.
    pub fn push(&mut self, value: Option<f64>, calendar: &CalendarFeatures) {
        let steps = &self.steps;
        let fill = || {
            let day_ago = self.len().checked_sub(self.day).filter(|i| steps.seen(*i).is_some());
            day_ago.and_then(|i| steps.filled(i)).unwrap_or(self.last())
        };
        let calm = value.map(|v| v / calendar.expected);
        let filled = calm.unwrap_or_else(fill);
        if let (Some(actual), Some(kind)) = (calm, calendar.day) {
            self.compare(actual, kind);
        }
        let offset = offset(self.time_of(self.len()), self.zone);
        let step = DemandStep { seen: value, filled, kind: calendar.day, offset };
        self.steps.push(step, KEPT_DAYS * self.day);
    }

    /// Steps so far.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// True before the first step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first step that is still known.
    pub fn first(&self) -> usize {
        self.steps.first()
    }

    /// Whole steps in a day.
    pub fn day(&self) -> usize {
        self.day
    }

    /// The local moment at which step `index` starts.
    pub fn local(&self, index: usize) -> Local {
        Local::new(self.time_of(index), self.zone)
    }

    /// The step at the local time of day of `target`, `days` days before it, if that lies in the past. Where the
    /// clocks were changed in between, that is an hour more or less than so many times 24 hours.
    pub fn days_before(&self, target: usize, local: Local, days: usize) -> Option<usize> {
        let steps = |seconds: Seconds| (seconds + self.step / 2).div_euclid(self.step);
        let plain = target.checked_sub(steps(86_400 * days as Seconds) as usize)?;
        let changed = local.offset - self.steps.offset(plain)?;
        let index = (plain as Seconds + steps(changed)).min(self.len() as Seconds - 1);
        usize::try_from(index).ok().filter(|index| *index >= self.first())
    }

    /// The value at the local time of `target` so many days before. Where that was another kind of day than the
    /// target's, the nearest days of its kind before it stand in: for an ordinary day the same weekday of earlier
    /// weeks, for a holiday holidays gone by.
    pub fn earlier(&self, target: usize, local: Local, kind: Option<DayKind>, days: usize) -> Option<f64> {
        self.on_like_days(target, local, kind, days, |index| self.back(index, 0))
    }

    /// As [`DemandHistory::earlier`], the mean of the five steps around.
    pub fn around(&self, target: usize, local: Local, kind: Option<DayKind>, days: usize) -> Option<f64> {
        let mean = |index: usize| index.checked_sub(2).and_then(|from| self.mean(from, from + 5));
        self.on_like_days(target, local, kind, days, mean)
    }

    fn on_like_days(
        &self,
        target: usize,
        local: Local,
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
        let trust = &self.trust[kind.place()];
        let like = trust.choose(self.like(target, local, kind, days, &value)).unwrap_or(ordinary);
        Some(ordinary + trust.share() * (like - ordinary))
    }

    /// What days like a day of `kind`, at least `days` days before, suggest: the mean of the newest of the kind, and
    /// that of the newest Sundays where those are like it.
    fn like(
        &self,
        target: usize,
        local: Local,
        kind: DayKind,
        days: usize,
        value: &impl Fn(usize) -> Option<f64>,
    ) -> [Option<f64>; 2] {
        let index = |days: usize| self.days_before(target, local, days);
        let is = |kind: Option<DayKind>| move |index: &usize| self.steps.kind(*index) == kind;
        let seen = (days..LIKE_DAYS).map_while(index).filter(is(Some(kind))).filter_map(value).take(LIKE);
        // Days back to a Sunday, not fewer than asked for.
        let sunday = (local.weekday + 1) % 7;
        let first = sunday + 7 * days.max(1).saturating_sub(sunday).div_ceil(7);
        let sundays = (0..LIKE).filter(|_| kind.sunday).filter_map(|week| index(first + 7 * week));
        [average(seen), average(sundays.filter(is(None)).filter_map(value))]
    }

    /// Learns from the step about to come how far a day of `kind` goes with its like rather than with its weekday.
    fn compare(&mut self, actual: f64, kind: DayKind) {
        let target = self.len();
        let local = self.local(target);
        let value = |index: usize| self.back(index, 0);
        // As many ordinary days as like ones, so that neither is the better for being smoother.
        let weeks = (1..=LIKE + 2).filter_map(|weeks| self.days_before(target, local, 7 * weeks));
        let weeks = weeks.filter(|index| self.steps.kind(*index).is_none()).take(LIKE).filter_map(value);
        if let Some(ordinary) = average(weeks) {
            let like = self.like(target, local, kind, 1, &value);
            self.trust[kind.place()].learn(actual - ordinary, like.map(|l| Some(l? - ordinary)), self.day);
        }
    }

    /// Start of step `index`.
    pub fn time_of(&self, index: usize) -> Time {
        at_epoch(self.start.timestamp() + self.step * index as i64)
    }

    /// The value of step `index` as it was seen; `None` for a gap.
    pub fn seen(&self, index: usize) -> Option<f64> {
        self.steps.seen(index)
    }

    /// The newest value, gaps filled.
    pub fn last(&self) -> f64 {
        self.steps.newest(1).next().unwrap_or(0.0)
    }

    /// The value `back` steps before step `target`, if that lies in the past.
    pub fn back(&self, target: usize, back: usize) -> Option<f64> {
        self.steps.filled(target.checked_sub(back)?)
    }

    /// Size of error to expect of the next step while none has been seen: the mean change between steps of the
    /// last day, and at least a share of the level that is the smaller the more is known.
    pub fn doubt(&self) -> f64 {
        let recent: Vec<f64> = self.steps.newest(self.day + 1).collect();
        let changes: f64 = recent.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let level = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let least = 0.3 * level / (recent.len().max(1) as f64).sqrt();
        (changes / (recent.len() as f64 - 1.0).max(1.0)).max(least)
    }

    /// Mean of the filled values over `[from, until)`, cut to what there is; `None` if nothing is left.
    pub fn mean(&self, from: usize, until: usize) -> Option<f64> {
        self.steps.mean(from, until)
    }
}

/// How far the days of a kind go with their like, and with which: those of their kind, or Sundays.
///
/// For each of the two a least-squares slope that begins at nothing, and how much it has missed so far.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Trust {
    product: [f64; 2],
    square: [f64; 2],
    missed: [f64; 2],
    days: f64,
}

impl Trust {
    /// `actual` and what the two suggested, as differences to an ordinary day.
    fn learn(&mut self, actual: f64, like: [Option<f64>; 2], day: usize) {
        for (i, like) in like.into_iter().enumerate() {
            let like = like.unwrap_or(0.0);
            self.missed[i] += (actual - self.slope(i) * like).abs();
            self.product[i] += actual * like;
            self.square[i] += like * like;
        }
        self.days += 1.0 / day as f64;
    }

    /// The one that has missed less; while that has nothing to say, the other.
    fn choose(&self, like: [Option<f64>; 2]) -> Option<f64> {
        let better = self.better();
        like[better].or(like[1 - better])
    }

    fn better(&self) -> usize {
        usize::from(self.missed[1] < self.missed[0])
    }

    /// 0 (an ordinary day) to 1 (all of it).
    fn share(&self) -> f64 {
        self.slope(self.better())
    }

    fn slope(&self, which: usize) -> f64 {
        let slope = if self.square[which] > 0.0 { self.product[which] / self.square[which] } else { 0.0 };
        (slope * self.days / (self.days + 0.5)).clamp(0.0, 1.0)
    }
}

/// A moment in people's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Local {
    /// Share of the day gone, 0 ≤ slot < 1.
    pub slot: f64,
    /// Share of the hour gone.
    pub hour: f64,
    /// 0 is Monday.
    pub weekday: usize,
    /// Seconds by which the local clock is ahead of UTC.
    pub offset: Seconds,
}

/// Seconds by which clocks in `zone` are ahead of UTC at `time`.
fn offset(time: Time, zone: Tz) -> Seconds {
    Seconds::from(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}

impl Local {
    /// `time` in `zone`.
    pub fn new(time: Time, zone: Tz) -> Self {
        let offset = offset(time, zone);
        let local = shift(time, offset).naive_utc();
        let seconds = local.num_seconds_from_midnight();
        Local {
            slot: f64::from(seconds) / 86_400.0,
            hour: f64::from(seconds % 3_600) / 3_600.0,
            weekday: local.weekday().num_days_from_monday() as usize,
            offset,
        }
    }
}

/// Mean of what there is.
pub fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::event::{Event, EventKind},
        forecast::blend::calendar_features::EventLabels,
    };

    #[test]
    fn local_time_follows_daylight_saving() {
        let zone = chrono_tz::America::New_York;
        let before = Local::new(at_epoch(1_414_904_400), zone); // 2014-11-02 05:00 UTC, 01:00 EDT
        let after = Local::new(at_epoch(1_414_908_000), zone); // 06:00 UTC, 01:00 EST
        assert_eq!((before.slot, before.hour, before.weekday), (after.slot, after.hour, 6));
        assert_eq!((before.offset, after.offset), (-4 * 3_600, -5 * 3_600));
    }

    #[test]
    fn a_day_before_is_at_the_same_local_time_across_both_changes_of_the_clock() {
        let zone = chrono_tz::Europe::Berlin;
        // 2026-03-28 and 2026-10-24, each 00:00 local time: the day after is the Sunday of the change.
        for (start, hours) in [(1_774_652_400, 23), (1_792_792_800, 25)] {
            let mut history = DemandHistory::new(at_epoch(start), 3_600, zone);
            (0..48).for_each(|hour| history.push(Some(f64::from(hour)), &CalendarFeatures::PLAIN));
            let noon = 24 + hours + 12;
            let local = history.local(noon);
            assert_eq!(local.slot, 0.5, "noon of Monday");
            assert_eq!(history.days_before(noon, local, 1), Some(24 + hours - 12), "noon of Sunday");
            assert_eq!(history.days_before(noon, local, 2), Some(12), "noon of Saturday");
        }
    }

    #[test]
    fn steps_that_do_not_divide_a_day_do_not_drift() {
        let mut history = DemandHistory::new(at_epoch(0), 420, Tz::UTC);
        (0..2_200).for_each(|i| history.push(Some(f64::from(i)), &CalendarFeatures::PLAIN));
        let back = history.days_before(2_200, history.local(2_200), 7).expect("ten days are known");
        let away = (history.time_of(2_200) - history.time_of(back)).num_seconds() - 7 * 86_400;
        assert!(away.abs() <= 210, "{away}");
    }

    #[test]
    fn a_gap_is_filled_for_lags_but_not_seen() {
        let mut history = DemandHistory::new(at_epoch(0), 43_200, Tz::UTC);
        [Some(5.0), Some(7.0), None, None]
            .into_iter()
            .for_each(|v| history.push(v, &CalendarFeatures::PLAIN));
        assert_eq!(history.back(2, 0), Some(5.0));
        assert_eq!(history.last(), 7.0);
        assert_eq!(history.seen(3), None);
        assert_eq!(history.mean(0, 9), Some(6.0));
    }

    /// Hourly demand from a Monday on: by weekday 100, at weekends 40, on the days in `holidays` what `held` says.
    fn weeks(days: usize, holidays: &[usize], held: f64) -> DemandHistory {
        let mut history = DemandHistory::new(at_epoch(1_700_438_400), 3_600, Tz::UTC);
        let mut labels = EventLabels::default();
        for hour in 0..24 * days {
            let day = hour / 24;
            let holiday = holidays.contains(&day);
            let usual = if day % 7 >= 5 { 40.0 } else { 100.0 };
            let calendar = labels.calendar(history.time_of(hour), &events(&history, holidays));
            history.push(Some(if holiday { held } else { usual }), &calendar);
        }
        history
    }

    fn events(history: &DemandHistory, days: &[usize]) -> Vec<Event> {
        let day = |d: &usize| Event {
            name: "holiday".into(),
            kind: EventKind::Holiday,
            label: "holiday".into(),
            start: history.time_of(24 * d),
            end: history.time_of(24 * (d + 1)),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        };
        days.iter().map(day).collect()
    }

    fn kind(history: &DemandHistory, day: usize) -> Option<DayKind> {
        EventLabels::default().calendar(history.time_of(24 * day), &events(history, &[day])).day
    }

    #[test]
    fn a_day_after_a_holiday_looks_at_ordinary_days() {
        let history = weeks(29, &[28], 40.0);
        let noon = 24 * 29 + 12;
        assert_eq!(history.back(noon, 24), Some(40.0));
        assert_eq!(history.earlier(noon, history.local(noon), None, 1), Some(100.0), "Monday was a holiday");
    }

    #[test]
    fn a_holiday_looks_at_its_like_as_far_as_that_helped_before() {
        let noon = 24 * 43 + 12;
        let predicted = |history: &DemandHistory| {
            history.earlier(noon, history.local(noon), kind(history, 43), 1).expect("known")
        };
        let quiet = predicted(&weeks(43, &[22, 29, 36], 40.0));
        assert!(quiet < 52.0, "three holidays were as quiet as Sundays: {quiet}");
        let busy = predicted(&weeks(43, &[22, 29, 36], 100.0));
        assert_eq!(busy, 100.0, "three holidays were like any other day");
        assert_eq!(predicted(&weeks(43, &[], 0.0)), 100.0, "none was seen: nothing is known");
    }

    #[test]
    fn what_the_operator_expects_is_taken_out() {
        let mut history = DemandHistory::new(at_epoch(0), 300, Tz::UTC);
        history.push(Some(30.0), &CalendarFeatures { expected: 3.0, ..CalendarFeatures::PLAIN });
        assert_eq!((history.last(), history.seen(0)), (10.0, Some(30.0)));
    }
}
