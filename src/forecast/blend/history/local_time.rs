//! Local time of a step.

use chrono::{Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::domain::{Seconds, Time, shift};

/// A moment in the local time of the group's users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalTime {
    /// Share of the day gone, 0 ≤ slot < 1.
    pub slot: f64,
    /// Share of the hour gone.
    pub hour: f64,
    /// 0 is Monday.
    pub weekday: usize,
    /// Seconds by which local time is ahead of UTC.
    pub offset: Seconds,
}

/// Seconds by which local time in `zone` is ahead of UTC at `time`.
pub(super) fn offset(time: Time, zone: Tz) -> Seconds {
    Seconds::from(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}

impl LocalTime {
    /// `time` in `zone`.
    pub fn new(time: Time, zone: Tz) -> Self {
        let offset = offset(time, zone);
        let local = shift(time, offset).naive_utc();
        let seconds = local.num_seconds_from_midnight();
        LocalTime {
            slot: f64::from(seconds) / 86_400.0,
            hour: f64::from(seconds % 3_600) / 3_600.0,
            weekday: local.weekday().num_days_from_monday() as usize,
            offset,
        }
    }
}
