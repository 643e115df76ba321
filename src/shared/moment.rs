//! How long ago something was, told by clocks that cannot be trusted alone.
//!
//! The steady clock never jumps, but stands still while a machine sleeps; the wall clock runs on, but is set by
//! people and daemons. Whoever holds a lease takes the larger of the two for its age, whoever waits for its end the
//! steady one: a doubt always shortens what is held and lengthens the wait.

use std::time::Duration;

/// A moment on one machine's clocks, in seconds of the engine's time since an arbitrary origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockReading {
    /// By the steady clock.
    pub steady: f64,
    /// By the wall clock.
    pub wall: f64,
}

impl ClockReading {
    /// Seconds that have passed since `earlier`, at the least.
    pub fn at_least_since(self, earlier: ClockReading) -> f64 {
        self.steady - earlier.steady
    }

    /// Seconds that may have passed since `earlier`, at the most.
    pub fn at_most_since(self, earlier: ClockReading) -> f64 {
        (self.steady - earlier.steady).max(self.wall - earlier.wall)
    }
}

/// Reads the clocks of this machine.
pub trait Ticks: Send + Sync {
    /// Now.
    fn now(&self) -> ClockReading;

    /// So many seconds of the engine's time, in the machine's.
    fn machine(&self, seconds: f64) -> Duration;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_or_a_clock_set_back_never_makes_a_lease_longer() {
        let begun = ClockReading { steady: 10.0, wall: 1_000.0 };
        let slept = ClockReading { steady: 12.0, wall: 1_600.0 };
        assert_eq!((slept.at_least_since(begun), slept.at_most_since(begun)), (2.0, 600.0));
        let set_back = ClockReading { steady: 40.0, wall: 500.0 };
        assert_eq!((set_back.at_least_since(begun), set_back.at_most_since(begun)), (30.0, 30.0));
    }
}
