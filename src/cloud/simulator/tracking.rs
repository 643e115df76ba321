//! The reactive rule that AWS calls target tracking.

use serde::{Deserialize, Serialize};

/// Points in a row above the target before it scales out.
const OUT_AFTER: u32 = 3;
/// Points in a row below 90 % of the target before it scales in.
const IN_AFTER: u32 = 15;

/// Where the two alarms of a target-tracking policy stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    high: u32,
    low: u32,
    warm_until: i64,
}

/// What the rule looks at before a tick.
#[derive(Debug, Clone, Copy)]
pub struct TrackingInput {
    /// The tick that is about to begin.
    pub tick: i64,
    /// Mean CPU of the minute before, as a share (at most 1).
    pub cpu: f64,
    /// Target, as a share.
    pub target: f64,
    /// Instances that serve.
    pub in_service: u32,
    /// Instances that boot.
    pub pending: u32,
    /// DesiredCapacity.
    pub desired: u32,
    /// Ticks until an instance launched now counts.
    pub warm: i64,
}

impl Tracking {
    /// Takes one more minute into account and gives a new desired capacity, not yet clamped, if the rule
    /// moves: out after 3 minutes above the target, in after 15 below 90 % of it while nothing warms up.
    pub fn decide(&mut self, seen: TrackingInput) -> Option<u32> {
        self.high = if seen.cpu > seen.target { self.high + 1 } else { 0 };
        self.low = if seen.cpu < 0.9 * seen.target { self.low + 1 } else { 0 };
        let wanted = (f64::from(seen.in_service) * seen.cpu / seen.target - 1e-9).ceil().max(0.0) as u32;
        if self.high >= OUT_AFTER {
            if wanted > seen.desired {
                self.high = 0;
                self.warm_until = seen.tick + seen.warm;
                return Some(wanted);
            }
        } else if self.low >= IN_AFTER
            && seen.pending == 0
            && seen.tick >= self.warm_until
            && wanted < seen.desired
        {
            self.low = 0;
            return Some(wanted);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tick: i64, cpu: f64, in_service: u32) -> TrackingInput {
        TrackingInput { tick, cpu, target: 0.5, in_service, pending: 0, desired: in_service, warm: 6 }
    }

    #[test]
    fn the_third_breach_scales_out() {
        let mut t = Tracking::default();
        let moves: Vec<_> = (0..3).map(|i| t.decide(seen(i, 1.0, 3))).collect();
        assert_eq!(moves, [None, None, Some(6)]);
    }

    #[test]
    fn fifteen_quiet_minutes_scale_in_but_not_while_warming() {
        let mut t = Tracking::default();
        let moves: Vec<_> = (0..15).map(|i| t.decide(seen(i, 0.1, 4))).collect();
        assert!(moves[..14].iter().all(Option::is_none));
        assert_eq!(moves[14], Some(1));
        let mut warming = Tracking { warm_until: 100, ..Tracking::default() };
        assert!((0..30).all(|i| warming.decide(seen(i, 0.1, 4)).is_none()));
    }
}
