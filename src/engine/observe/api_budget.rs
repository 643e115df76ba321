//! Cost of reading the account: API calls per minute, and the bill at the rate of the last hour.

use std::collections::VecDeque;

use crate::{
    domain::{Seconds, Time, shift},
    engine::Engine,
    link::Usage,
};

/// Seconds over which the rate of billed requests is measured, and their minimum.
const PACE: Seconds = 3_600;
const LEAST_PACE: Seconds = 300;
/// Seconds of a month.
const MONTH: f64 = 30.4 * 86_400.0;

/// Calls and billed metrics so far, minute by minute.
#[derive(Debug, Default)]
pub(in crate::engine) struct ApiBudget {
    calls: VecDeque<(Time, u64)>,
    billed: VecDeque<(Time, u64)>,
}

impl Engine {
    /// Adds what has been requested until `now`.
    pub(in crate::engine) fn count_calls(&mut self, now: Time) {
        let source = &self.world.source;
        let budget = &mut self.observing.api_budget;
        for (counts, newest, kept) in
            [(&mut budget.calls, source.calls(), 60), (&mut budget.billed, source.billed(), PACE)]
        {
            counts.push_back((now, newest));
            while counts.len() > 1 && counts[0].0 < shift(now, -kept) {
                counts.pop_front();
            }
        }
    }

    /// API calls during the last minute.
    pub(in crate::engine) fn calls(&self) -> u32 {
        let count = |at: Option<&(Time, u64)>| at.map_or(0, |(_, n)| *n);
        let (first, last) =
            (count(self.observing.api_budget.calls.front()), count(self.observing.api_budget.calls.back()));
        u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX)
    }

    /// What reading costs; nothing in the simulation.
    pub(in crate::engine) fn usage(&self) -> Option<Usage> {
        if self.world.simulator.is_some() {
            return None;
        }
        let most_calls =
            self.groups.iter().map(|w| w.options.limits.calls_per_minute).min().unwrap_or(u32::MAX);
        Some(Usage {
            calls: self.calls(),
            most_calls,
            total_calls: self.world.source.calls(),
            monthly: monthly(&self.observing.api_budget.billed, self.world.source.price()),
        })
    }
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
