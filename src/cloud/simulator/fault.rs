//! Faults that were injected, as windows of time.

use serde::{Deserialize, Serialize};

use crate::domain::{Seconds, Time, fault::Fault, shift};

/// One fault from `since` until `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct FaultWindow {
    fault: Fault,
    since: Time,
    until: Time,
}

/// The faults of one group, past ones included: they explain the load and the gaps of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults(Vec<FaultWindow>);

/// Most windows that are remembered; the oldest go first.
const MOST: usize = 500;

/// Seconds in which a surge rises, and in which it falls.
const SURGE_RAMP: Seconds = 300;

/// How long `fault` lasts, in seconds; a refresh lasts until it is done.
fn lasts(fault: Fault) -> Seconds {
    match fault {
        Fault::LaunchFailure => 600,
        Fault::MetricGap => 900,
        Fault::Throttling => 300,
        Fault::InstanceRefresh | Fault::ForeignChange => 0,
        Fault::ForeignSchedule => 600,
        Fault::HeavyRelease => 6 * 3_600,
        Fault::MetricDelay
        | Fault::SuspendLaunch
        | Fault::SuspendTerminate
        | Fault::ProtectInstances
        | Fault::ErrorsRise
        | Fault::ZoneImpaired
        | Fault::LifecycleHook
        | Fault::LaunchStuck
        | Fault::Rebalance
        | Fault::SuspendAlarms
        | Fault::SuspendLoadBalancer
        | Fault::Surge => 1_800,
    }
}

impl Faults {
    /// Opens the window of `fault` at `now` and gives its end.
    pub fn add(&mut self, fault: Fault, now: Time) -> Time {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let until = shift(now, lasts(fault));
        self.0.push(FaultWindow { fault, since: now, until });
        until
    }

    /// True while `fault` is in force.
    pub fn active(&self, fault: Fault, now: Time) -> bool {
        self.0.iter().any(|w| w.fault == fault && w.since <= now && now < w.until)
    }

    /// The factor on demand at `time`: 1 on ordinary days; a surge rises to 2 in five minutes, stays, and
    /// falls in five.
    pub fn surge(&self, time: Time) -> f64 {
        let of = |w: &FaultWindow| {
            let rising = (time - w.since).num_seconds() as f64 / SURGE_RAMP as f64;
            let falling = 1.0 - (time - w.until).num_seconds() as f64 / SURGE_RAMP as f64;
            rising.min(falling).clamp(0.0, 1.0)
        };
        1.0 + self.0.iter().filter(|w| w.fault == Fault::Surge).map(of).fold(0.0, f64::max)
    }

    /// End of the window of `fault` that is open at `now`.
    pub fn until(&self, fault: Fault, now: Time) -> Option<Time> {
        self.0.iter().filter(|w| w.fault == fault && w.since <= now && now < w.until).map(|w| w.until).min()
    }

    /// True if a window of `fault` ended within `seconds` before `now`, or at it.
    pub fn ended(&self, fault: Fault, now: Time, seconds: Seconds) -> bool {
        self.0.iter().any(|w| w.fault == fault && w.until <= now && shift(w.until, seconds) > now)
    }

    /// Share of the work of `time` that gets done: requests that fail at once cost nothing.
    pub fn work(&self, time: Time) -> f64 {
        match () {
            () if self.active(Fault::ErrorsRise, time) => 0.4,
            () if self.active(Fault::ZoneImpaired, time) => 0.6,
            () => 1.0,
        }
    }

    /// The factor on the CPU that a request of `time` needs.
    pub fn burden(&self, time: Time) -> f64 {
        if self.active(Fault::HeavyRelease, time) { 1.6 } else { 1.0 }
    }

    /// Share of the requests of `time` that fail.
    pub fn failing(&self, time: Time) -> f64 {
        if self.active(Fault::ErrorsRise, time) { 0.5 } else { 0.0 }
    }

    /// True if a metric that would have arrived at `time` was lost.
    pub fn lost(&self, time: Time) -> bool {
        self.active(Fault::MetricGap, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn every_fault_passes() {
        for fault in Fault::ALL {
            let mut faults = Faults::default();
            let until = faults.add(fault, at_epoch(1_000));
            let at_once = [Fault::InstanceRefresh, Fault::ForeignChange].contains(&fault);
            assert_eq!(faults.active(fault, at_epoch(1_000)), !at_once);
            assert!(!faults.active(fault, until) && !faults.active(fault, at_epoch(999)));
        }
    }

    #[test]
    fn a_surge_doubles_within_five_minutes_and_ends() {
        let mut faults = Faults::default();
        faults.add(Fault::Surge, at_epoch(0));
        let seen = [-60, 0, 150, 300, 1_800, 1_950, 2_100].map(|t| faults.surge(at_epoch(t)));
        assert_eq!(seen, [1.0, 1.0, 1.5, 2.0, 2.0, 1.5, 1.0]);
    }
}
