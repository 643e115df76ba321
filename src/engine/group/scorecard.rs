//! The scorecard: each minute the group against a baseline, which target tracking sizes on the same load.
//!
//! While a group is in `observe`, something else sizes it; what is scored is a second simulation that follows the
//! advice. A minute counts once its load is known; a minute whose load stays unknown is excluded.

mod follow;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Seconds, Time, floor_to,
        scorecard::{Score, Side},
    },
    link::ScorecardView,
    plan::baseline::Baseline,
};

/// How long a minute waits for its load.
const PATIENCE: Seconds = 3_600;
/// A simulation that was not advanced for this long restarts at the group's size.
const STALE: Seconds = 600;

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
    /// First day that counts, and the sums of all days before `today`.
    #[serde(skip)]
    since: Option<Time>,
    #[serde(skip)]
    earlier: Score,
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
    pub fn view(&self, tracking_target: f64, price: Option<f64>) -> Option<ScorecardView> {
        let today = self.today.map_or(Score::default(), |(_, score, _)| score);
        Some(ScorecardView { since: self.since?, score: self.earlier.plus(today), tracking_target, price })
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

    /// Counts the minutes whose load is known now, and drops those that have waited too long.
    fn count(&mut self, now: Time, load_at: impl Fn(Time) -> Option<f64>, carries: f64) {
        while let Some(minute) = self.waiting.front().copied() {
            let load = load_at(minute.at);
            if load.is_none() && (now - minute.at).num_seconds() < PATIENCE {
                return;
            }
            self.waiting.pop_front();
            let Some(load) = load else { continue };
            let above = |serving: u32| load > f64::from(serving) * carries * (1.0 + 1e-9);
            let score = self.day(minute.at);
            let tally = if minute.acting { &mut score.acted } else { &mut score.advised };
            let add = |side: &mut Side, (serving, billed)| side.add(above(serving), billed);
            tally.minutes += 1.0;
            add(&mut tally.ours, minute.ours);
            add(&mut tally.baseline, minute.baseline);
        }
    }

    /// The score of the day of `at`. A minute that comes after midnight for the day before counts for the new day.
    fn day(&mut self, at: Time) -> &mut Score {
        let day = floor_to(at, 86_400);
        self.since.get_or_insert(day);
        let (known, score, saved) = self.today.get_or_insert((day, Score::default(), false));
        if day > *known {
            self.earlier = self.earlier.plus(*score);
            (*known, *score) = (day, Score::default());
        }
        *saved = false;
        score
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
        let today = floor_to(now, 86_400);
        for (day, score) in scores {
            self.since.get_or_insert(*day);
            match *day < today {
                true => self.earlier = self.earlier.plus(*score),
                false => self.today = Some((*day, *score, true)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, scorecard::Tally, shift};

    #[test]
    fn a_minute_waits_for_its_load_and_is_dropped_without_one() {
        let mut scorecard = Scorecard::default();
        for minute in 0..3 {
            let at = at_epoch(60 * minute);
            scorecard.waiting.push_back(Minute { at, acting: true, ours: (4, 5), baseline: (2, 2) });
        }
        let late = |known: i64| move |time: Time| (time == at_epoch(known)).then_some(150.0);
        scorecard.count(at_epoch(120), late(60), 50.0);
        assert_eq!((scorecard.waiting.len(), scorecard.today), (3, None), "the first is not known yet");
        scorecard.count(at_epoch(PATIENCE), late(60), 50.0);
        let score = scorecard.view(0.5, None).expect("a minute was counted").score.acted;
        assert_eq!((score.minutes, score.ours.above, score.baseline.above), (1.0, 0.0, 1.0));
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
}
