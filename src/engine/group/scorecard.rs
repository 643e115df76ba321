//! The scorecard: each minute the group against a baseline, which target tracking sizes on the same load.
//!
//! While a group is in `observe`, something else sizes it; what is scored is a second simulation that follows the
//! advice. A minute counts once its load is known; a minute whose load stays unknown is excluded.
//!
//! The same minutes spend the error budget of an objective, and move the quantile that keeps it ([`follow`]).

mod follow;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Seconds, Time,
        cost_and_risk::HourlyPrice,
        error_budget::{self, ErrorBudget},
        floor_to,
        objective::Objective,
        scorecard::{Score, Side, Tally},
        shift,
    },
    link::ScorecardView,
    plan::baseline::Baseline,
};

/// How long a minute waits for its load.
const PATIENCE: Seconds = 3_600;
/// A simulation that was not advanced for this long restarts at the group's size.
const STALE: Seconds = 600;
const HOUR: Seconds = 3_600;
const DAY: Seconds = 86_400;

/// The simulations of a group, minutes that wait for their load, and the score so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scorecard {
    /// Sized by target tracking.
    reactive: Baseline,
    /// Sized by the advice of prescale.
    advised: Baseline,
    /// When they were last advanced.
    followed: Option<Time>,
    waiting: VecDeque<Minute>,
    /// What each of the last 24 hours brought, the oldest first.
    hours: VecDeque<(Time, Tally)>,
    /// First day that counts, and the sums of all days before `today`.
    #[serde(skip)]
    since: Option<Time>,
    #[serde(skip)]
    earlier: Score,
    /// Those of them that an error budget looks at.
    #[serde(skip)]
    month: VecDeque<(Time, Tally)>,
    /// A day, its score, and whether the store has it.
    #[serde(skip)]
    today: Option<(Time, Score, bool)>,
}

/// Sizes in one minute: in service and billed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Minute {
    at: Time,
    acting: bool,
    ours: (u32, u32),
    baseline: (u32, u32),
}

impl Scorecard {
    /// The score of all days.
    pub fn view(&self, tracking_target: f64, price: Option<HourlyPrice>) -> Option<ScorecardView> {
        Some(ScorecardView {
            since: self.since?,
            score: self.score(),
            tracking_target,
            price: price.map(|price| price.amount),
            list_price: price.and_then(|price| price.list),
        })
    }

    /// The sums of all days.
    pub fn score(&self) -> Score {
        self.earlier.plus(self.today.map_or(Score::default(), |(_, score, _)| score))
    }

    /// After the clock was put back to `now`: minutes that have not been yet do not wait for their load.
    pub(super) fn put_back(&mut self, now: Time) {
        self.waiting.retain(|minute| minute.at <= now);
    }

    /// Sets both simulations to the group's size where they were not advanced recently.
    fn catch_up(&mut self, now: Time, serving: u32, acting: bool) {
        if self.followed.is_none_or(|at| (now - at).num_seconds() > STALE || at > now) {
            (self.reactive, self.advised) = (Baseline::of(serving), Baseline::of(serving));
        } else if acting {
            self.advised = Baseline::of(serving);
        }
        self.followed = Some(now);
        self.reactive.advance(now);
        self.advised.advance(now);
    }

    /// Counts the minutes whose load is known now, and drops those that have waited too long. An instance serves `capacity` at
    /// 100 %, and `target` of it is not to be exceeded. Returns what each minute that counts brought of ours.
    fn count(
        &mut self,
        now: Time,
        load_at: impl Fn(Time) -> Option<f64>,
        (capacity, target): (f64, f64),
    ) -> Vec<Side> {
        let mut counted = Vec::new();
        while let Some(minute) = self.waiting.front().copied() {
            let load = load_at(minute.at);
            if load.is_none() && (now - minute.at).num_seconds() < PATIENCE {
                break;
            }
            self.waiting.pop_front();
            let Some(load) = load else { continue };
            let side = |(serving, billed)| {
                let carries = f64::from(serving) * capacity;
                let lost = if load > 0.0 { (1.0 - carries / load).max(0.0) } else { 0.0 };
                Side::minute(load > carries * target * (1.0 + 1e-9), lost, billed)
            };
            let brought = Tally { minutes: 1.0, ours: side(minute.ours), baseline: side(minute.baseline) };
            let score = self.day(minute.at);
            let tally = if minute.acting { &mut score.acted } else { &mut score.advised };
            *tally = tally.plus(brought);
            self.add_to_hour(minute.at, brought);
            counted.push(brought.ours);
        }
        counted
    }

    /// Adds a minute to its hour, and drops hours that are a day old.
    fn add_to_hour(&mut self, at: Time, brought: Tally) {
        let hour = floor_to(at, HOUR);
        match self.hours.back_mut().filter(|(known, _)| *known >= hour) {
            Some((_, tally)) => *tally = tally.plus(brought),
            None => self.hours.push_back((hour, brought)),
        }
        self.hours.retain(|(known, _)| *known > shift(hour, -DAY));
    }

    /// The error budget of `objective` at `now`, which is kept by provisioning for `quantile`.
    pub(super) fn budget(&self, objective: Objective, quantile: f64, now: Time) -> ErrorBudget {
        let sum = |tallies: &VecDeque<(Time, Tally)>, from: Time| {
            let recent = tallies.iter().filter(|(at, _)| *at > from);
            recent.fold(Tally::default(), |sum, (_, tally)| sum.plus(*tally))
        };
        let month = sum(&self.month, shift(now, -error_budget::DAYS * DAY));
        let today = self.today.map_or(Tally::default(), |(_, score, _)| score.all());
        // The hour that runs and the one before it: minutes count only once their load is known.
        let (hour, day) = (sum(&self.hours, shift(now, -2 * HOUR)), sum(&self.hours, shift(now, -DAY)));
        ErrorBudget::of(objective, quantile, month.plus(today), hour, day)
    }

    /// The score of the day of `at`. A minute that comes after midnight for the day before counts for the new day.
    fn day(&mut self, at: Time) -> &mut Score {
        let day = floor_to(at, DAY);
        self.since.get_or_insert(day);
        if let Some((known, score, _)) = self.today.take_if(|(known, ..)| day > *known) {
            self.close(known, score);
        }
        let (_, score, saved) = self.today.get_or_insert((day, Score::default(), false));
        *saved = false;
        score
    }

    /// Adds a day that is over to the sums.
    fn close(&mut self, day: Time, score: Score) {
        self.earlier = self.earlier.plus(score);
        self.month.push_back((day, score.all()));
        self.month.retain(|(known, _)| *known > shift(day, -error_budget::DAYS * DAY));
    }

    /// Days not yet in the store.
    fn unsaved(&mut self) -> Option<(Time, Score)> {
        let (day, score, saved) = self.today.as_mut().filter(|(.., saved)| !*saved)?;
        *saved = true;
        Some((*day, *score))
    }
}

impl Scorecard {
    /// Restores the days that an earlier run counted.
    pub(in crate::engine) fn restore(&mut self, scores: &[(Time, Score)], now: Time) {
        let today = floor_to(now, DAY);
        for (day, score) in scores {
            self.since.get_or_insert(*day);
            match *day < today {
                true => self.close(*day, *score),
                false => self.today = Some((*day, *score, true)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_minute_waits_for_its_load_and_is_dropped_without_one() {
        let mut scorecard = Scorecard::default();
        for minute in 0..3 {
            let at = at_epoch(60 * minute);
            scorecard.waiting.push_back(Minute { at, acting: true, ours: (4, 5), baseline: (2, 2) });
        }
        let late = |known: i64| move |time: Time| (time == at_epoch(known)).then_some(150.0);
        scorecard.count(at_epoch(120), late(60), (50.0, 1.0));
        assert_eq!((scorecard.waiting.len(), scorecard.today), (3, None), "the first is not known yet");
        let counted = scorecard.count(at_epoch(PATIENCE), late(60), (50.0, 1.0));
        assert_eq!(counted, [Side::minute(false, 0.0, 5)]);
        let score = scorecard.view(0.5, None).expect("a minute was counted").score.acted;
        assert_eq!((score.minutes, score.ours.above, score.baseline.above), (1.0, 0.0, 1.0));
        assert!((score.baseline.lost - 1.0 / 3.0).abs() < 1e-12, "two carry 100 of 150: {score:?}");
        assert!((score.ours.instance_hours - 5.0 / 60.0).abs() < 1e-12);
        assert_eq!(scorecard.waiting.len(), 1, "the last may still come");
    }

    #[test]
    fn days_add_up() {
        let mut scorecard = Scorecard::default();
        for at in [86_000, 86_400, 86_460] {
            *scorecard.day(at_epoch(at)) = Score {
                advised: Tally { minutes: 1.0, ..Tally::default() },
                ..scorecard.day(at_epoch(at)).to_owned()
            };
        }
        let view = scorecard.view(0.5, None).expect("something was counted");
        assert_eq!(
            (view.since, view.score.advised.minutes),
            (at_epoch(0), 2.0),
            "the last two are one day's"
        );
        assert_eq!(scorecard.unsaved().map(|(day, _)| day), Some(at_epoch(86_400)));
        assert_eq!(scorecard.unsaved(), None);
        assert_eq!(shift(view.since, 86_400), at_epoch(86_400));
    }

    #[test]
    fn a_budget_looks_back_thirty_days_and_its_burn_rate_an_hour_and_a_day() {
        let objective = Objective::MinutesAbove(0.01);
        let day = |above: f64| Score {
            acted: Tally { minutes: 1_440.0, ours: Side { above, ..Side::default() }, ..Tally::default() },
            ..Score::default()
        };
        let now = at_epoch(40 * DAY + 600);
        let days: Vec<_> =
            (0..40).map(|i| (at_epoch(i * DAY), day(if i < 11 { 1_000.0 } else { 7.2 }))).collect();
        let mut scorecard = Scorecard::default();
        scorecard.restore(&days, now);
        let budget = scorecard.budget(objective, 0.95, now);
        assert!((budget.spent - 29.0 * 7.2 / 432.0).abs() < 1e-9, "29 days and today: {budget:?}");
        assert_eq!(budget.rates, (None, None), "no minute of the last day was counted by this run");
        for minute in 0..10 {
            let at = shift(at_epoch(40 * DAY), 60 * minute);
            scorecard.waiting.push_back(Minute { at, acting: true, ours: (1, 1), baseline: (9, 9) });
        }
        scorecard.count(
            now,
            |time| Some(if time < at_epoch(40 * DAY + 60) { 99.0 } else { 1.0 }),
            (50.0, 1.0),
        );
        let (hour, of_day) = scorecard.budget(objective, 0.95, now).rates;
        assert!(
            [hour, of_day].iter().all(|rate| rate.is_some_and(|b| (b - 10.0).abs() < 1e-9)),
            "one of ten"
        );
        let later = scorecard.budget(objective, 0.95, shift(now, 3 * HOUR));
        assert_eq!(
            (later.rates.0, later.rates.1.is_some()),
            (None, true),
            "the hour is over, the day is not"
        );
    }
}
