//! The fleet of the demonstration: four groups of different character on recorded traffic.
//!
//! The traces lie in `data/traces` with their sources and licences in `data/README.md`. Each is moved by whole
//! weeks, so that hours and weekdays stay true, and has its history before [`DEMO_START`].

use super::{
    spec::GroupSpec,
    trace::{Trace, TraceError},
};
use crate::domain::{Seconds, Time, at_epoch, metric::Missing};

/// Where the demonstration begins, in seconds since the epoch: Monday 2026-11-23 13:00 UTC, three days before
/// Thanksgiving.
pub const DEMO_START: Seconds = 1_795_438_800;

/// Days by which each trace is moved: whole weeks.
const TAXI_DAYS: i64 = 4_382;
const TWEETS_DAYS: i64 = 4_249;
const SESSIONS_DAYS: i64 = 1_197;
const AZURE_DAYS: i64 = 2_863;

/// [`DEMO_START`] as a moment.
pub fn demo_start() -> Time {
    at_epoch(DEMO_START)
}

/// The four groups, ready for [`super::World::new`] at [`demo_start`].
///
/// # Errors
/// [`TraceError`] if a trace that was built in cannot be read.
pub fn demo_fleet() -> Result<Vec<GroupSpec>, TraceError> {
    Ok(vec![checkout_web()?, api_bursty()?, web_sessions()?, batch_steady()?])
}

/// Weekly, with holidays: taxi rides stand for orders.
fn checkout_web() -> Result<GroupSpec, TraceError> {
    let text = include_str!("../../../data/traces/nyc_taxi.csv");
    let trace = moved(text, "nyc_taxi.csv", TAXI_DAYS)?;
    Ok(GroupSpec {
        min: 2,
        max: 32,
        boot: (120, 240),
        metrics_delay: 90,
        ..live(GroupSpec::plain("checkout-web", trace, 1_970.0))
    })
}

/// Bursts on a daily rhythm, under AWS's own target tracking.
fn api_bursty() -> Result<GroupSpec, TraceError> {
    let text = include_str!("../../../data/traces/tweets_amzn.csv");
    let trace = moved(text, "tweets_amzn.csv", TWEETS_DAYS)?;
    Ok(GroupSpec {
        min: 2,
        max: 40,
        boot: (90, 180),
        metrics_delay: 60,
        target_tracking: Some(50.0),
        bytes: (40_000.0, 900_000.0),
        ..live(GroupSpec::plain("api-bursty", trace, 20.5))
    })
}

/// A website by day and night; its meter was out now and then.
fn web_sessions() -> Result<GroupSpec, TraceError> {
    let text = include_str!("../../../data/traces/web_sessions_r5.csv");
    let trace = moved(text, "web_sessions_r5.csv", SESSIONS_DAYS)?;
    Ok(GroupSpec {
        min: 1,
        max: 24,
        boot: (90, 240),
        metrics_delay: 120,
        bytes: (60_000.0, 2_400_000.0),
        ..live(GroupSpec::plain("web-sessions", trace, 50.0))
    })
}

/// Machines that compute at a steady rate; one of them may never be taken away.
fn batch_steady() -> Result<GroupSpec, TraceError> {
    let text = include_str!("../../../data/traces/azure_vm_cpu.csv");
    let trace = moved(text, "azure_vm_cpu.csv", AZURE_DAYS)?;
    Ok(GroupSpec {
        min: 2,
        max: 30,
        boot: (120, 180),
        metrics_delay: 60,
        scale_in_protected: 1,
        bytes: (4_000.0, 6_000.0),
        ..live(GroupSpec::plain("batch-steady", trace, 5_100.0))
    })
}

/// What all groups of the demonstration have in common.
fn live(spec: GroupSpec) -> GroupSpec {
    let tags = vec![("stage".to_owned(), "demonstration".to_owned())];
    GroupSpec { wraps: true, noise: true, warmup: 180, tags, ..spec }
}

/// The trace in `text`, `days` later, with its first step on a whole step of the clock.
fn moved(text: &str, name: &str, days: i64) -> Result<Trace, TraceError> {
    let trace = Trace::parse_csv(text, name, Missing::Gap)?;
    let start = crate::domain::shift(trace.series.start(), days * 86_400);
    Ok(trace.starting_at(crate::domain::floor_to(start, trace.series.step())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::shift;

    #[test]
    fn the_demonstration_begins_on_a_monday_before_thanksgiving() {
        assert_eq!(demo_start().to_rfc3339(), "2026-11-23T13:00:00+00:00");
        assert!([TAXI_DAYS, TWEETS_DAYS, SESSIONS_DAYS, AZURE_DAYS].iter().all(|d| d % 7 == 0));
    }

    #[test]
    fn every_trace_has_two_weeks_of_history_and_needs_up_to_twenty_instances() {
        for spec in demo_fleet().expect("built-in traces are good") {
            let series = &spec.trace.series;
            assert!(series.start() <= shift(demo_start(), -14 * 86_400), "{}", spec.name);
            assert!(series.known_until() > demo_start(), "{}", spec.name);
            assert_eq!(series.start().timestamp() % series.step(), 0);
            let mut known: Vec<f64> = series.known().collect();
            known.sort_by(f64::total_cmp);
            let peak = known[known.len() * 999 / 1_000] / (spec.capacity * 0.8);
            assert!((15.5..20.5).contains(&peak) && f64::from(spec.max) > peak, "{} {peak}", spec.name);
            assert!(spec.boot.0 >= 90 && spec.boot.1 <= 240);
        }
    }
}
