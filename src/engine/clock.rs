//! The engine's clock: the one place where the machine's time is read.

use std::time::{Duration, Instant};

use chrono::{SubsecRound, Utc};

use crate::{
    domain::{Time, floor_to, shift},
    link::{ClockCommand, ClockView},
    shared::moment::{ClockReading, Ticks},
};

/// Bounds of the simulated speed, in simulated seconds per second.
const SPEEDS: (f64, f64) = (1.0, 3_600.0);

/// A clock, real or simulated.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    Real,
    /// Simulated: `at` was reached at `since`, and time runs `speed` times as fast unless paused.
    Simulated {
        /// Simulated time of the last change of speed.
        at: Time,
        /// Machine time of the last change of speed.
        since: Instant,
        /// Simulated seconds per second.
        speed: f64,
        /// Paused.
        paused: bool,
    },
}

impl Clock {
    /// A simulated clock that starts at `at`.
    pub fn simulated(at: Time, speed: f64) -> Clock {
        Clock::Simulated { at, since: Instant::now(), speed: speed.clamp(SPEEDS.0, SPEEDS.1), paused: false }
    }

    /// Now.
    pub fn now(&self) -> Time {
        match self {
            Clock::Real => Utc::now().trunc_subsecs(0),
            Clock::Simulated { at, paused: true, .. } => *at,
            Clock::Simulated { at, since, speed, .. } => {
                shift(*at, (since.elapsed().as_secs_f64() * speed) as i64)
            }
        }
    }

    /// Machine time until `moment`; `None` while the clock is paused. A real clock is looked at again after a minute at the
    /// latest: it may have been set.
    pub fn until(&self, moment: Time) -> Option<Duration> {
        let seconds = (moment - self.now()).num_seconds().max(0) as f64;
        match self {
            Clock::Real => Some(Duration::from_secs_f64(seconds.min(60.0))),
            Clock::Simulated { paused: true, .. } => None,
            Clock::Simulated { speed, .. } => Some(Duration::from_secs_f64(seconds / speed)),
        }
    }

    /// The minute to process after `done`. After a real clock ran on while the machine was suspended, the
    /// minutes in between are skipped: nothing may be done for them. Simulated time skips none.
    pub fn next_minute(&self, done: Time) -> Time {
        let next = shift(floor_to(done, 60), 60);
        match self {
            Clock::Real => next.max(floor_to(self.now(), 60)),
            Clock::Simulated { .. } => next,
        }
    }

    /// The minute to wait for in place of `planned`: another one where a real clock was set meanwhile, or ran on while the
    /// machine was suspended. The minute that runs is then due at once.
    pub fn revised(&self, planned: Time) -> Time {
        match self {
            Clock::Real => revised(planned, self.now()),
            Clock::Simulated { .. } => planned,
        }
    }

    /// Sets simulated time back to `moment`, so that no minute is skipped when work took longer than its minute.
    pub fn hold(&mut self, moment: Time) {
        let now = self.now();
        if let Clock::Simulated { at, since, .. } = self
            && now > moment
        {
            (*at, *since) = (moment, Instant::now());
        }
    }

    /// Changes the speed. `Err` says why not.
    pub fn command(&mut self, command: ClockCommand) -> Result<String, String> {
        let now = self.now();
        let Clock::Simulated { at, since, speed, paused } = self else {
            return Err("only the simulated clock can be controlled".into());
        };
        (*at, *since) = (now, Instant::now());
        match command {
            ClockCommand::Pause => *paused = true,
            ClockCommand::Resume => *paused = false,
            ClockCommand::Speed(wanted) if wanted.is_finite() => *speed = wanted.clamp(SPEEDS.0, SPEEDS.1),
            ClockCommand::Speed(_) => return Err("the speed must be a number from 1 to 3600".into()),
        }
        Ok(if *paused { "the clock is paused".into() } else { format!("the clock runs at {speed:.0}×") })
    }

    /// The elapsed time of its clock, at its current speed, for leases.
    pub fn ticks(&self) -> Elapsed {
        let pace = match self {
            Clock::Real => 1.0,
            Clock::Simulated { speed, .. } => *speed,
        };
        Elapsed { since: Instant::now(), pace }
    }

    /// How it runs, for the screen.
    pub fn view(&self) -> ClockView {
        match self {
            Clock::Real => ClockView::Real,
            Clock::Simulated { speed, paused, .. } => ClockView::Simulated { speed: *speed, paused: *paused },
        }
    }
}

/// The minute to wait for at `now` in place of `planned`: the one that runs, if `planned` is more than a minute away, in the
/// future or in the past.
fn revised(planned: Time, now: Time) -> Time {
    if (planned - now).num_seconds().abs() > 60 { floor_to(now, 60) } else { planned }
}

/// Elapsed time, by both clocks of the machine, in seconds of the engine's time.
#[derive(Debug, Clone, Copy)]
pub struct Elapsed {
    since: Instant,
    /// Engine seconds per second.
    pace: f64,
}

impl Ticks for Elapsed {
    fn now(&self) -> ClockReading {
        let wall = Utc::now().timestamp_micros() as f64 / 1e6;
        ClockReading { steady: self.since.elapsed().as_secs_f64() * self.pace, wall: wall * self.pace }
    }

    fn machine(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds / self.pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_paused_clock_stands_still() {
        let mut clock = Clock::simulated(at_epoch(1_000), 3_600.0);
        clock.command(ClockCommand::Pause).expect("simulated");
        let then = clock.now();
        assert_eq!(clock.now(), then);
        assert_eq!(clock.until(shift(then, 60)), None);
    }

    #[test]
    fn speeds_are_kept_in_bounds_and_the_real_clock_is_not_driven() {
        let mut clock = Clock::simulated(at_epoch(0), 1e9);
        assert_eq!(clock.view(), ClockView::Simulated { speed: 3_600.0, paused: false });
        assert!(clock.command(ClockCommand::Speed(f64::NAN)).is_err());
        assert!(Clock::Real.command(ClockCommand::Pause).is_err());
    }

    #[test]
    fn minutes_that_the_machine_slept_through_are_skipped_on_a_real_clock_alone() {
        let long_ago = at_epoch(1_000_020);
        let next = Clock::Real.next_minute(long_ago);
        assert!((0..=61).contains(&(Clock::Real.now() - next).num_seconds()), "{next}");
        let ahead = shift(floor_to(Clock::Real.now(), 60), 600);
        assert_eq!(Clock::Real.next_minute(ahead), shift(ahead, 60));
        assert_eq!(Clock::simulated(at_epoch(9_000_000), 60.0).next_minute(long_ago), at_epoch(1_000_080));
    }

    #[test]
    fn a_clock_that_was_set_is_followed_within_a_minute() {
        let planned = at_epoch(1_795_438_860);
        // What the machine's clock shows when the loop wakes, seconds from the minute planned; the minute that it goes on with.
        for (woken, minute) in [(0, 0), (2, 0), (60, 0), (-60, 0), (-61, -120), (-3_600, -3_600), (-90, -120)]
        {
            assert_eq!(revised(planned, shift(planned, woken)), shift(planned, minute), "{woken}");
        }
        assert_eq!(revised(planned, shift(planned, 7_205)), shift(planned, 7_200), "suspended for two hours");
        let ahead = shift(Clock::Real.now(), 3_600);
        assert!(Clock::Real.until(ahead).is_some_and(|wait| wait <= Duration::from_secs(60)));
        let now = Clock::Real.revised(ahead);
        assert!((0..=61).contains(&(Clock::Real.now() - now).num_seconds()), "{now}");
        let simulated = Clock::simulated(at_epoch(0), 60.0);
        assert_eq!(simulated.revised(ahead), ahead, "simulated time skips nothing");
    }

    /// Zones change, minutes do not: no hour is missing in spring and none comes twice in autumn.
    #[test]
    fn a_change_to_or_from_summer_time_is_no_jump() {
        for change in ["2026-03-29T00:58:00Z", "2026-10-25T00:58:00Z"] {
            let mut minute: Time = change.parse().expect("a moment");
            let clock = Clock::simulated(minute, 1.0);
            for _ in 0..5 {
                let next = clock.next_minute(minute);
                assert_eq!((next - minute).num_seconds(), 60);
                assert_eq!(revised(next, shift(next, 1)), next);
                minute = next;
            }
        }
    }

    #[test]
    fn holding_does_not_skip_a_minute() {
        let mut clock = Clock::simulated(at_epoch(0), 3_600.0);
        std::thread::sleep(Duration::from_millis(60));
        clock.hold(at_epoch(60));
        assert!(clock.now() < at_epoch(240));
    }
}
