//! When the simulated CloudWatch publishes a minute, and how much of it at first.
//!
//! As AWS does: a minute appears one to three minutes after its end, not always after the one before it. What is counted comes
//! in parts, as the nodes of a load balancer report, and grows until it is whole; now and then it is corrected minutes later.
//! Where nothing was counted nothing is published. What is measured (CPU, sizes, bytes) is whole when it appears.
//!
//! When each happens is chance named by group and minute: the same question at the same moment has the same answer.

use rand::RngExt;

use super::{chance::Stream, group::Group};
use crate::domain::{Seconds, Time, metric::Metric, shift};

/// Least seconds from the end of a minute until its first point.
const LEAST: Seconds = 60;
/// Seconds that may be added to that, and then until all of the minute is there.
const SPREAD: Seconds = 60;
/// Share of a minute in its first point, from and to.
const PART: (f64, f64) = (0.3, 0.8);
/// Share of minutes that are corrected, and what is there until then.
const CORRECTED: (f64, f64) = (0.05, 0.92);
/// Seconds after its end at which a minute is corrected, from and to.
const CORRECTION: (Seconds, Seconds) = (300, 420);
/// Seconds beyond the least delay after which all is as it stays.
const FINAL: Seconds = CORRECTION.1 + 2 * SPREAD;

/// Whether `metric` counts, so that parts of it add up.
pub(super) fn counts(metric: Metric) -> bool {
    matches!(metric, Metric::Requests | Metric::Errors | Metric::Custom)
}

/// Share of the minute `tick` that can be seen of `metric` at `now`.
pub(super) fn share(group: &Group, metric: Metric, tick: i64, now: Time) -> f64 {
    let end = shift(group.load.time_of(tick), super::TICK);
    let least = group.spec.metrics_delay.max(LEAST);
    let age = (now - end).num_seconds();
    if age < least {
        return 0.0;
    }
    if age >= least + FINAL {
        return 1.0;
    }
    let counter = counts(metric);
    let stream = if counter { Stream::PublishCount } else { Stream::Publish };
    let mut draw = group.chance.draw(stream, tick.unsigned_abs());
    let first = least + draw.random_range(0..=SPREAD);
    if age < first || !counter {
        return f64::from(u8::from(age >= first));
    }
    let (whole, part) = (first + draw.random_range(0..=SPREAD), draw.random_range(PART.0..PART.1));
    let (corrected, at) =
        (draw.random_range(0.0..1.0) < CORRECTED.0, draw.random_range(CORRECTION.0..=CORRECTION.1));
    match () {
        () if age < whole => part,
        () if corrected && age < at => CORRECTED.1,
        () => 1.0,
    }
}
