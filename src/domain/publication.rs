//! How a metric is published: every how many seconds, and how long after its end a period is complete. Both are measured
//! on the points that arrive.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Seconds, Time, series::Series, shift};

/// Seconds of a period that points are asked for by.
const MINUTE: Seconds = 60;
/// Cycles in a row that must be equally long before a longer interval is believed.
const CYCLES: usize = 8;
/// Points of a cycle at most.
const MOST_POINTS: usize = 3;
/// Minutes in a row, each with a point, from which a metric is published every minute again.
const IN_A_ROW: usize = 3;
/// Points from which it is unclear what the interval is, as long as none was found.
const UNCLEAR: usize = 3;
/// Points remembered: as many as the longest cycle needs.
const REMEMBERED: usize = CYCLES * MOST_POINTS + 1;
/// Longest delay that is told apart, in minutes.
const LONGEST: usize = 120;
/// Observed delays from which the older ones count half.
const OBSERVED: u32 = 400;
/// Observed delays below which nothing is known.
const LEAST: u32 = 10;
/// Share of the observed changes that a complete period is behind.
const COMPLETE: f64 = 0.98;
/// Seconds between two reads from which it is not known when a point appeared.
const APART: Seconds = 180;
/// Relative change below which a value has not changed.
const SAME: f64 = 1e-3;

/// Time between two points of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishingInterval {
    /// Seconds until the pattern of points repeats.
    pub seconds: Seconds,
    /// Points within so many seconds: more than one where several machines publish, each at its own minute.
    pub points: usize,
}

impl PublishingInterval {
    /// A point a minute.
    pub const MINUTE: PublishingInterval = PublishingInterval { seconds: MINUTE, points: 1 };

    /// The interval of points at `times`, oldest first; `None` while they are too few, or irregular.
    pub fn detect(times: impl IntoIterator<Item = Time>) -> Option<PublishingInterval> {
        let times: Vec<i64> = times.into_iter().map(|time| time.timestamp()).collect();
        let newest = times.windows(2).rev().take(IN_A_ROW).filter(|pair| pair[1] - pair[0] == MINUTE);
        if newest.count() == IN_A_ROW {
            return Some(PublishingInterval::MINUTE);
        }
        (1..=MOST_POINTS).find_map(|points| {
            let mut cycles: Vec<Seconds> = (times.windows(points + 1).rev())
                .take(CYCLES * points)
                .map(|points| points[points.len() - 1] - points[0])
                .collect();
            cycles.sort_unstable();
            let seconds = *cycles.get(cycles.len() / 2)?;
            let regular = cycles.iter().all(|cycle| 5 * (cycle - seconds).abs() <= seconds);
            (cycles.len() == CYCLES * points && regular).then(|| PublishingInterval {
                seconds: ((seconds + MINUTE / 2) / MINUTE * MINUTE).max(MINUTE),
                points,
            })
        })
    }

    /// What `series` says of its step at `time`. A point speaks of the whole interval from its time on: where its metric
    /// `adds_up`, each step has its share; elsewhere it has the mean.
    pub fn value_at(self, series: &Series, time: Time, adds_up: bool) -> Option<f64> {
        let (last, step) = (series.index_of(time)?, series.step());
        if self.seconds <= step {
            return series.get(last);
        }
        let wide = usize::try_from((self.seconds + step - 1) / step).unwrap_or(1);
        let known = (last + 1).saturating_sub(wide)..=last;
        let values: Vec<f64> = known.filter_map(|at| series.get(at)).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        if values.is_empty() || !adds_up {
            return (!values.is_empty()).then(|| mean(&values));
        }
        // Zeros may stand where nothing was published: they do not tell how often points come.
        let counted: Vec<f64> = values.into_iter().filter(|value| *value != 0.0).collect();
        if counted.is_empty() {
            return Some(0.0);
        }
        // One point more or less is jitter. Far more: the metric was published more often then.
        let merged = self.points > 1 && step > MINUTE;
        let points = if merged || counted.len() > 2 * self.points { counted.len() } else { self.points };
        Some(mean(&counted) * points as f64 * step as f64 / self.seconds as f64)
    }

    /// Points that `seconds` must have to be whole.
    pub fn points_in(self, seconds: Seconds) -> usize {
        usize::try_from(seconds / self.seconds.max(1)).unwrap_or(0) * self.points
    }

    /// `every minute`, `every 5 min`.
    pub fn words(self) -> String {
        match (self.seconds / MINUTE, self.points) {
            (1, _) => "every minute".into(),
            (minutes, 1) => format!("every {minutes} min"),
            (minutes, points) => format!("{points} points every {minutes} min"),
        }
    }
}

/// What is known of how one metric is published. It survives a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publication {
    interval: Option<PublishingInterval>,
    /// Values that appeared or changed, by minutes since the end of their period; the newest few hundred.
    delays: Vec<u16>,
    /// When it was last read.
    read: Option<Time>,
    /// Times of the newest points.
    #[serde(skip)]
    newest: VecDeque<Time>,
}

impl Publication {
    /// Takes in what was read at `now`: the minutes `fresh`, of which `known` were known before.
    pub fn note(&mut self, known: &Series, fresh: &Series, now: Time) {
        let before = self.read.replace(now);
        let often = before.is_some_and(|before| (0..=APART).contains(&(now - before).num_seconds()));
        for (time, value) in fresh.iter() {
            let Some(value) = value else { continue };
            self.remember(time);
            if often && !is_same(known.at(time), value) {
                self.count(time, now);
            }
        }
        let first = self.interval.is_none().then(|| self.adjacent()).flatten();
        self.interval = PublishingInterval::detect(self.newest.iter().copied()).or(first).or(self.interval);
    }

    /// Remembers that there is a point at `time`.
    fn remember(&mut self, time: Time) {
        let at = self.newest.partition_point(|known| *known < time);
        if self.newest.get(at) == Some(&time) || (at == 0 && self.newest.len() >= REMEMBERED) {
            return;
        }
        self.newest.insert(at, time);
        if self.newest.len() > REMEMBERED {
            self.newest.pop_front();
        }
    }

    /// A point a minute, where the newest two follow each other: all that two points can say.
    fn adjacent(&self) -> Option<PublishingInterval> {
        let mut newest = self.newest.iter().rev();
        let (last, before) = (newest.next()?, newest.next()?);
        ((*last - *before).num_seconds() == MINUTE).then_some(PublishingInterval::MINUTE)
    }

    /// Counts that the value of the period from `time` on appeared or changed by `now`.
    fn count(&mut self, time: Time, now: Time) {
        let Some(interval) = self.interval else { return };
        let late = (now - shift(time, interval.seconds)).num_seconds().max(0);
        let minutes = usize::try_from((late + MINUTE - 1) / MINUTE).unwrap_or(LONGEST).min(LONGEST);
        if self.delays.len() <= minutes {
            self.delays.resize(minutes + 1, 0);
        }
        self.delays[minutes] = self.delays[minutes].saturating_add(1);
        if self.observed() > OBSERVED {
            self.delays.iter_mut().for_each(|count| *count /= 2);
            let used = self.delays.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
            self.delays.truncate(used);
        }
    }

    fn observed(&self) -> u32 {
        self.delays.iter().map(|count| u32::from(*count)).sum()
    }

    /// Seconds within which this share of the changes came.
    fn within(&self, share: f64) -> Seconds {
        let (all, mut so_far) = (f64::from(self.observed()), 0);
        let enough = |count: &u16| {
            so_far += u32::from(*count);
            f64::from(so_far) >= share * all
        };
        self.delays.iter().position(enough).unwrap_or(0) as Seconds * MINUTE
    }

    /// Whether there are points, and their interval is not known.
    pub fn is_unclear(&self) -> bool {
        self.interval.is_none() && self.newest.len() >= UNCLEAR
    }

    /// Time between two points; `None` while it is not known.
    pub fn interval(&self) -> Option<PublishingInterval> {
        self.interval
    }

    /// Seconds after the end of a period within which half of what is published of it comes; `None` before anything was measured.
    pub fn appears_after(&self) -> Option<Seconds> {
        (self.observed() >= LEAST).then(|| self.within(0.5))
    }

    /// Seconds after the end of a period from which its value is complete, as measured; `None` before anything was. Rare
    /// late points make it no longer than `limit`, or than twice what is usual.
    pub fn complete_after(&self, limit: Seconds) -> Option<Seconds> {
        (self.observed() >= LEAST).then(|| self.within(COMPLETE).min(limit.max(2 * self.within(0.5))))
    }
}

/// Whether `value` is what was `known`, but for rounding.
pub fn is_same(known: Option<f64>, value: f64) -> bool {
    known.is_some_and(|known| (value - known).abs() <= SAME * known.abs().max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn times(minutes: impl IntoIterator<Item = i64>) -> Vec<Time> {
        minutes.into_iter().map(|minute| at_epoch(60 * minute)).collect()
    }

    fn detect(minutes: impl IntoIterator<Item = i64>) -> Option<(Seconds, usize)> {
        PublishingInterval::detect(times(minutes)).map(|found| (found.seconds, found.points))
    }

    #[test]
    fn the_interval_is_told_from_the_times_of_points() {
        assert_eq!(detect(0..9), Some((60, 1)));
        assert_eq!(detect((0..9).map(|i| 5 * i)), Some((300, 1)));
        assert_eq!(detect((0..9).map(|i| 15 * i + 7)), Some((900, 1)));
        assert_eq!(
            detect((0..20).map(|i| 5 * i + i / 4)),
            Some((300, 1)),
            "a loop that sleeps five minutes drifts"
        );
        assert_eq!(detect((0..24).flat_map(|i| [5 * i + 1, 5 * i + 2])), Some((300, 2)), "two machines");
        assert_eq!(detect((0..9).map(|i| i * i)), None, "irregular");
        assert_eq!(detect((0..8).map(|i| 5 * i)), None, "too few");
        assert_eq!(detect((0..9).map(|i| 5 * i).chain(41..44)), Some((60, 1)), "every minute from now on");
    }

    #[test]
    fn each_step_has_its_share_of_a_point_that_speaks_of_several() {
        let every_five = PublishingInterval { seconds: 300, points: 1 };
        let minutes = Series::from_values(at_epoch(0), 60, (0..12).map(|m| (m % 5 == 0).then_some(500.0)));
        let shares: Vec<_> = (0..12).map(|m| every_five.value_at(&minutes, at_epoch(60 * m), true)).collect();
        assert_eq!(shares, vec![Some(100.0); 12]);
        assert_eq!(
            every_five.value_at(&minutes, at_epoch(180), false),
            Some(500.0),
            "a level is not shared out"
        );
        assert_eq!(
            every_five.value_at(&minutes, at_epoch(60 * 16), true),
            None,
            "the next point is not there yet"
        );
        let steps = Series::from_values(at_epoch(0), 300, (0..6).map(|s| (s % 3 == 0).then_some(900.0)));
        let quarter = PublishingInterval { seconds: 900, points: 1 };
        let shares: Vec<_> = (0..6).map(|s| quarter.value_at(&steps, at_epoch(300 * s), true)).collect();
        assert_eq!(shares, vec![Some(300.0); 6]);
        let dense = Series::from_values(at_epoch(0), 60, (0..12).map(|_| Some(100.0)));
        assert_eq!(
            every_five.value_at(&dense, at_epoch(360), true),
            Some(100.0),
            "it is published more often now"
        );
    }

    /// Reads once a minute what `at` says of each minute at an age of so many minutes.
    fn measured(minutes: i64, at: impl Fn(i64) -> Option<f64>) -> Publication {
        let (mut publication, mut known) = (Publication::default(), Series::new(at_epoch(0), 60));
        for now in 1..=minutes {
            let age = |minute: i64| now - minute - 1;
            let fresh = Series::from_values(at_epoch(0), 60, (0..now).map(|minute| at(age(minute))));
            publication.note(&known, &fresh, at_epoch(60 * now));
            for (time, value) in fresh.iter().filter_map(|(time, value)| Some((time, value?))) {
                known.insert(time, value);
            }
        }
        publication
    }

    #[test]
    fn the_delay_is_when_values_have_stopped_changing() {
        let at_once = measured(60, |_| Some(5.0));
        assert_eq!(at_once.complete_after(600), Some(0));
        let late = measured(60, |age| (age >= 2).then_some(5.0));
        assert_eq!(late.complete_after(600), Some(120));
        let in_parts = measured(60, |age| (age >= 1).then_some(if age >= 3 { 5.0 } else { 2.0 }));
        assert_eq!(in_parts.complete_after(600), Some(180));
        assert_eq!(measured(5, |_| Some(5.0)).complete_after(600), None, "too few");
        let hours = measured(120, |age| (age >= 25).then_some(5.0));
        assert_eq!(hours.complete_after(600), Some(1_500), "what is usual is waited for");
    }

    #[test]
    fn a_read_after_a_pause_says_nothing_of_the_delay() {
        let mut publication = measured(30, |_| Some(5.0));
        let known = Series::from_values(at_epoch(0), 60, (0..30).map(|_| Some(5.0)));
        let fresh = Series::from_values(at_epoch(0), 60, (0..90).map(|_| Some(5.0)));
        publication.note(&known, &fresh, at_epoch(60 * 90));
        assert_eq!(publication.complete_after(600), Some(0));
        let text = serde_json::to_string(&publication).expect("plain values");
        let back: Publication = serde_json::from_str(&text).expect("what was written");
        assert_eq!((back.interval(), back.complete_after(600)), (publication.interval(), Some(0)));
    }

    proptest! {
        /// Whatever the interval and the phase, a constant load is a constant load.
        #[test]
        fn a_constant_load_is_constant_at_every_interval(every in 1i64..61, phase in 0i64..60, rate in 0.1..1e6f64) {
            let points = times((0..12).map(|i| phase + every * i));
            let interval = PublishingInterval::detect(points.clone()).expect("regular");
            prop_assert_eq!(interval.seconds, 60 * every);
            let mut series = Series::new(at_epoch(0), 60);
            for time in &points {
                series.insert(*time, rate * every as f64);
            }
            for minute in phase + every..phase + 11 * every {
                let value = interval.value_at(&series, at_epoch(60 * minute), true).unwrap_or(f64::NAN);
                prop_assert!((value - rate).abs() <= 1e-9 * rate, "minute {}: {}", minute, value);
            }
        }

        #[test]
        fn the_delays_stay_bounded(ages in prop::collection::vec(0i64..10_000, 0..2_000)) {
            let mut publication = measured(12, |_| Some(5.0));
            ages.iter().for_each(|age| publication.count(at_epoch(0), at_epoch(60 * age)));
            prop_assert!(publication.delays.len() <= LONGEST + 1 && publication.observed() <= OBSERVED + 1);
            prop_assert!(publication.complete_after(600).is_none_or(|s| (0..=60 * LONGEST as i64).contains(&s)));
        }
    }
}
