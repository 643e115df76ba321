//! Load that vanishes: more often an outage upstream than a quiet hour.
//!
//! When what sends the load is down, the group looks idle, and whoever scales in has too few instances when all of it comes
//! back at once. AWS's predictive scaling never goes below what it has forecast. Here what the season needs is kept for a
//! while: the load must have vanished within an hour, far below the lowest of this hour on the last days, and the time is
//! limited, so that a service that went away for good is followed.

use crate::domain::{Seconds, Time, series::Series, shift};

/// Days looked back, and how many of them must be known.
const DAYS: i64 = 7;
const LEAST: usize = 3;
/// Share of the lowest of this hour on those days below which load has vanished.
const VANISHED: f64 = 0.25;
/// Share of the same that load must have had in the hour before.
const WAS_THERE: f64 = 0.5;
/// Seconds, within a day, for which what the season needs is kept.
const LONGEST: Seconds = 3 * 3_600;
/// The same where nothing at all is left (this share of the lowest): the group may have been taken out of service.
const LONGEST_EMPTY: Seconds = 3_300;
const EMPTY: f64 = 1e-3;
const DAY: Seconds = 86_400;
const HOUR: Seconds = 3_600;

/// A load that has vanished, and what is kept for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpstreamDip {
    /// Since when.
    pub since: Time,
    /// Until when what the season needs is kept.
    pub until: Time,
    /// The lowest mean load of this hour on the last days.
    pub lowest: f64,
    /// The highest load that the season brings within the next hour: the lower of a week ago and the middle of the days.
    pub season: f64,
}

impl UpstreamDip {
    /// Why it is one.
    pub fn words(&self) -> String {
        format!(
            "the load vanished at {}, far below the {:.0} that this hour had at least on the last days: more often an outage \
             upstream than a quiet hour",
            self.since.format("%H:%M UTC"),
            self.lowest
        )
    }
}

/// The dip in which the group is at `now` with the load `load`, if it is in one; `ahead` is the time to plan for, at least an
/// hour: AWS forecasts in hours too.
pub fn upstream_dip(history: &Series, load: f64, now: Time, ahead: Seconds) -> Option<UpstreamDip> {
    let lowest = lowest(history, now)?;
    if load >= VANISHED * lowest {
        return None;
    }
    let longest = if load <= EMPTY * lowest { LONGEST_EMPTY } else { LONGEST };
    let last = history.len().checked_sub(1)?;
    let mut since = now;
    let mut index = last;
    while vanished(history, index) {
        since = history.time_of(index);
        index = index.checked_sub(1)?;
        if (now - since).num_seconds() > longest + HOUR / 4 {
            return None;
        }
    }
    let before = history.between(shift(since, -HOUR.max(history.step())), since);
    if before.known().fold(0.0, f64::max) < WAS_THERE * lowest {
        return None;
    }
    let today = (DAY / history.step()) as usize;
    let spent = (last.saturating_sub(today)..=last).filter(|i| vanished(history, *i)).count() as Seconds;
    let left = longest - spent * history.step();
    let season = season(history, now, ahead.max(HOUR))?;
    (left > 0).then_some(UpstreamDip { since, until: shift(now, left), lowest, season })
}

/// True where the load of a step had vanished.
fn vanished(history: &Series, index: usize) -> bool {
    let lowest = || lowest(history, history.time_of(index));
    history.get(index).is_some_and(|load| lowest().is_some_and(|lowest| load < VANISHED * lowest))
}

/// The lowest mean load of the hour around this time of day on the last days.
fn lowest(history: &Series, at: Time) -> Option<f64> {
    let days = (1..=DAYS).map(|days| shift(at, -DAY * days));
    let means: Vec<f64> =
        days.filter_map(|day| mean(history, shift(day, -HOUR / 2), shift(day, HOUR / 2))).collect();
    (means.len() >= LEAST).then(|| means.into_iter().fold(f64::MAX, f64::min))
}

/// The highest load that the season brings within `ahead`.
fn season(history: &Series, now: Time, ahead: Seconds) -> Option<f64> {
    let highest = |days: i64| {
        let from = shift(now, -DAY * days);
        let steps = history.between(from, shift(from, ahead.max(history.step())));
        steps.known().reduce(f64::max)
    };
    let mut days: Vec<f64> = (1..=DAYS).filter_map(highest).collect();
    days.sort_by(f64::total_cmp);
    let middle = *days.get(days.len() / 2)?;
    Some(highest(DAYS).map_or(middle, |week_ago| week_ago.min(middle)))
}

fn mean(history: &Series, from: Time, until: Time) -> Option<f64> {
    let steps = history.between(from, until.max(shift(from, history.step())));
    let (sum, count) = steps.known().fold((0.0, 0u32), |(sum, count), load| (sum + load, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    const STEP: Seconds = 300;

    /// Days of a wave from 200 to 1,000 with its peak at noon, where `load` says nothing else of the last day.
    fn history(days: i64, minutes: i64, load: impl Fn(i64) -> Option<f64>) -> (Series, Time) {
        let end = days * DAY + minutes * 60;
        let values = (0..end / STEP).map(|i| {
            let (time, day) = (i * STEP % DAY, i * STEP / DAY);
            let wave = 600.0 - 400.0 * (std::f64::consts::TAU * time as f64 / DAY as f64).cos();
            Some((day == days).then(|| load(time / 60)).flatten().unwrap_or(wave))
        });
        (Series::from_values(at_epoch(0), STEP, values.collect::<Vec<_>>()), at_epoch(end))
    }

    fn dip(minutes: i64, load: impl Fn(i64) -> Option<f64>) -> Option<UpstreamDip> {
        let (history, now) = history(10, minutes, load);
        let newest = history.last_known().map(|(_, load)| load)?;
        upstream_dip(&history, newest, now, 600)
    }

    fn gone_at_noon(minute: i64) -> Option<f64> {
        (minute >= 720).then_some(20.0)
    }

    #[test]
    fn what_the_season_needs_is_kept_for_hours_and_no_longer() {
        let found = dip(770, gone_at_noon).expect("the load is gone since noon");
        assert_eq!(found.since, at_epoch(10 * DAY + 720 * 60));
        assert_eq!((found.until - found.since).num_seconds(), LONGEST);
        assert!((980.0..=1_000.0).contains(&found.season), "{found:?}");
        assert!(dip(895, gone_at_noon).is_some(), "five minutes are left");
        assert_eq!(dip(905, gone_at_noon), None, "three hours are over");
        assert_eq!(dip(1_400, gone_at_noon), None, "nor in the evening");
    }

    #[test]
    fn a_group_that_gets_nothing_at_all_is_followed_within_the_hour() {
        let empty = |minute: i64| (minute >= 720).then_some(0.0);
        assert!(dip(770, empty).is_some());
        assert_eq!(dip(776, empty), None, "55 minutes are over");
    }

    #[test]
    fn the_first_minutes_and_repeated_outages_count() {
        let (history, now) = history(10, 722, |_| None);
        assert_eq!(upstream_dip(&history, 15.0, now, 600).expect("this minute shows it").since, now);
        assert_eq!(upstream_dip(&history, 600.0, now, 600), None, "a load that is there");
        let flaps = |minute: i64| (minute >= 660 && minute % 60 >= 10).then_some(20.0);
        assert!(dip(780, flaps).is_some(), "an hour and a half of two");
        assert_eq!(dip(1_000, flaps), None, "more than three hours in all");
    }

    #[test]
    fn a_decline_a_quiet_day_and_a_new_group_are_followed() {
        let decline = |minute: i64| Some((900.0 - 1.5 * minute as f64).max(0.0));
        assert!((300..1_400).step_by(20).all(|minute| dip(minute, decline).is_none()));
        assert_eq!(dip(770, |_| Some(200.0)), None, "a holiday");
        let (history, now) = history(2, 770, gone_at_noon);
        assert_eq!(upstream_dip(&history, 20.0, now, 600), None, "two days say too little");
        let (quiet, now) =
            (Series::from_values(at_epoch(0), STEP, vec![Some(0.0); 3_000]), at_epoch(900_000));
        assert_eq!(upstream_dip(&quiet, 0.0, now, 600), None, "an idle group");
    }
}
