//! Cost of reading the account: API calls per minute, and the bill at the rate of the last hour.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    domain::{Seconds, Time, shift},
    engine::{Engine, group::GroupRuntime},
    link::Usage,
};

/// Seconds over which the rate of billed requests is measured, and their minimum.
const PACE: Seconds = 3_600;
const LEAST_PACE: Seconds = 300;
/// Seconds of a month.
const MONTH: f64 = 30.4 * 86_400.0;

/// Calls and billed metrics of one source so far, minute by minute.
#[derive(Debug, Default)]
struct CallCounts {
    calls: VecDeque<(Time, u64)>,
    billed: VecDeque<(Time, u64)>,
}

impl CallCounts {
    fn add(&mut self, now: Time, calls: u64, billed: u64) {
        for (counts, newest, kept) in [(&mut self.calls, calls, 60), (&mut self.billed, billed, PACE)] {
            counts.push_back((now, newest));
            while counts.len() > 1 && counts[0].0 < shift(now, -kept) {
                counts.pop_front();
            }
        }
    }

    /// Calls during the last minute.
    fn newest(&self) -> u32 {
        let count = |at: Option<&(Time, u64)>| at.map_or(0, |(_, n)| *n);
        let (first, last) = (count(self.calls.front()), count(self.calls.back()));
        u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX)
    }

    fn usage(&self, most_calls: u32, price: f64) -> Usage {
        let total_calls = self.calls.back().map_or(0, |(_, calls)| *calls);
        Usage { calls: self.newest(), most_calls, total_calls, monthly: monthly(&self.billed, price) }
    }
}

/// What has been asked of each source, and of all together.
#[derive(Debug, Default)]
pub(in crate::engine) struct ApiBudget {
    all: CallCounts,
    by_source: BTreeMap<String, CallCounts>,
}

impl Engine {
    /// Adds what has been requested until `now`.
    pub(in crate::engine) fn count_calls(&mut self, now: Time) {
        let (source, budget) = (&self.world.source, &mut self.observing.api_budget);
        budget.all.add(now, source.calls(), source.billed());
        for reading in source.readings() {
            budget.by_source.entry(reading.label).or_default().add(now, reading.calls, reading.billed);
        }
    }

    /// API calls of the source of `group` during the last minute.
    pub(in crate::engine) fn calls_for(&self, group: &str) -> u32 {
        let routes = self.world.source.routes();
        let budget = &self.observing.api_budget;
        budget.by_source.get(routes.label_of(group)).unwrap_or(&budget.all).newest()
    }

    /// What reading costs; nothing in the simulation.
    pub(in crate::engine) fn usage(&self) -> Option<Usage> {
        if self.world.simulator.is_some() {
            return None;
        }
        let most_calls = most_calls(self.groups.iter());
        Some(self.observing.api_budget.all.usage(most_calls, self.world.source.price()))
    }

    /// What reading one of several sources costs, which has these `groups`.
    pub(in crate::engine) fn usage_of<'a>(
        &self,
        source: &str,
        groups: impl Iterator<Item = &'a GroupRuntime>,
    ) -> Usage {
        let counts = self.observing.api_budget.by_source.get(source);
        let (most_calls, price) = (most_calls(groups), self.world.source.price());
        counts.unwrap_or(&CallCounts::default()).usage(most_calls, price)
    }
}

/// Calls a minute above which scale-in of one of `groups` waits.
fn most_calls<'a>(groups: impl Iterator<Item = &'a GroupRuntime>) -> u32 {
    groups.map(|group| group.options.limits.calls_per_minute).min().unwrap_or(u32::MAX)
}

/// Dollars per month at the rate of `billed` metrics, of which a thousand cost `price`.
fn monthly(billed: &VecDeque<(Time, u64)>, price: f64) -> Option<f64> {
    let ((since, first), (until, last)) = (billed.front()?, billed.back()?);
    let seconds = (*until - *since).num_seconds();
    let metrics = last.saturating_sub(*first) as f64;
    (seconds >= LEAST_PACE).then(|| metrics / seconds as f64 * MONTH / 1_000.0 * price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn the_bill_is_told_at_the_pace_of_the_last_hour() {
        let asked = |minutes: i64| (0..=minutes).map(|m| (at_epoch(60 * m), 10 * m as u64)).collect();
        assert_eq!(monthly(&asked(4), 0.01), None, "four minutes are no pace");
        let month = monthly(&asked(60), 0.01).expect("an hour is one");
        assert!((month - 10.0 * 60.0 * 24.0 * 30.4 / 1_000.0 * 0.01).abs() < 1e-9, "{month}");
    }
}
