//! A simulated group: how another policy would have sized it on the same load.
//!
//! It follows the rules of a backtest: an ordered instance is in service after the lead time; a scale-in first cancels
//! booting instances, then terminates serving ones at once.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::domain::{Seconds, Time, shift};

/// Instances that serve and boot, and what was needed lately.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    serving: u32,
    /// When they serve, and how many; the oldest order first.
    booting: VecDeque<(Time, u32)>,
    /// What was needed, for the hold on the way down.
    needs: VecDeque<(Time, u32)>,
}

/// What is ordered in one minute.
#[derive(Debug, Clone, Copy)]
pub struct CapacityOrder {
    /// Instances that the rule needs now.
    pub need: u32,
    /// It goes no lower than this, beside the most that was needed during the hold.
    pub floor: u32,
    /// Seconds for which a need is remembered.
    pub hold: Seconds,
    /// Seconds from order to service.
    pub lead: Seconds,
    /// Least and most instances.
    pub bounds: (u32, u32),
}

impl Baseline {
    /// A group whose `serving` instances all serve.
    pub fn of(serving: u32) -> Baseline {
        Baseline { serving, ..Baseline::default() }
    }

    /// Instances in service.
    pub fn serving(&self) -> u32 {
        self.serving
    }

    /// Instances paid for: serving and booting.
    pub fn size(&self) -> u32 {
        self.serving + self.booting.iter().map(|(_, n)| n).sum::<u32>()
    }

    /// Lets what is due serve.
    pub fn advance(&mut self, now: Time) {
        while let Some((_, n)) = self.booting.front().filter(|(at, _)| *at <= now) {
            self.serving += n;
            self.booting.pop_front();
        }
    }

    /// Orders at `now`: up to the need at once, down only as far as the hold lets it.
    pub fn order(&mut self, now: Time, order: &CapacityOrder) {
        while self.needs.front().is_some_and(|(at, _)| *at < shift(now, -order.hold)) {
            self.needs.pop_front();
        }
        self.needs.push_back((now, order.need));
        let most = self.needs.iter().map(|(_, n)| *n).max().unwrap_or(order.need).max(order.floor);
        let size = self.size();
        let (low, high) = order.bounds;
        let want = if order.need >= size { order.need } else { most.min(size) }.min(high).max(low);
        if want > size {
            self.booting.push_back((shift(now, order.lead), want - size));
        } else {
            self.give_back(size - want);
        }
    }

    fn give_back(&mut self, mut many: u32) {
        while let Some((_, n)) = self.booting.back_mut().filter(|_| many > 0) {
            let taken = many.min(*n);
            *n -= taken;
            many -= taken;
            if *n == 0 {
                self.booting.pop_back();
            }
        }
        self.serving -= many.min(self.serving);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    fn order(need: u32) -> CapacityOrder {
        CapacityOrder { need, floor: 0, hold: 900, lead: 240, bounds: (1, 10) }
    }

    #[test]
    fn the_baseline_boots_holds_and_cancels_the_newest_launch_first() {
        let mut baseline = Baseline::of(2);
        baseline.order(at_epoch(0), &order(5));
        assert_eq!((baseline.serving(), baseline.size()), (2, 5));
        baseline.advance(at_epoch(239));
        assert_eq!(baseline.serving(), 2);
        baseline.advance(at_epoch(240));
        assert_eq!(baseline.serving(), 5);
        baseline.order(at_epoch(840), &order(1));
        assert_eq!(baseline.size(), 5, "five were needed a quarter of an hour ago");
        baseline.order(at_epoch(901), &order(8));
        baseline.order(at_epoch(960), &order(8));
        baseline.order(at_epoch(2_000), &order(6));
        assert_eq!((baseline.serving(), baseline.size()), (5, 6), "the newest order is taken back first");
        baseline.order(at_epoch(4_000), &CapacityOrder { floor: 3, ..order(1) });
        assert_eq!((baseline.serving(), baseline.size()), (3, 3));
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(needs in prop::collection::vec(0u32..40, 1..60), start in 1u32..10) {
            let mut baseline = Baseline::of(start);
            for (minute, need) in (0i64..).zip(needs) {
                let now = at_epoch(60 * minute);
                baseline.advance(now);
                baseline.order(now, &order(need));
                prop_assert!((1..=10).contains(&baseline.size()) && baseline.serving() <= baseline.size());
            }
        }
    }
}
