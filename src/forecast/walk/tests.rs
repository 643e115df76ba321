//! A sale every week, walked with and without the calendar.

use super::*;
use crate::domain::at_epoch;
use rand::{RngExt, SeedableRng};

const STEP: Seconds = 1_800;

/// Four weeks of a daily wave with noise; on Tuesdays a sale from 09:00 to 15:00 doubles it.
fn sales() -> (Series, Vec<Event>) {
    let start = at_epoch(1_700_438_400); // A Monday.
    let sale = |week: i64| Event {
        name: "sale".into(),
        kind: EventKind::Sale,
        label: "sale".into(),
        start: shift(start, 86_400 * (7 * week + 1) + 9 * HOUR),
        end: shift(start, 86_400 * (7 * week + 1) + 15 * HOUR),
        multiplier: None,
        min_instances: None,
        groups: vec![],
    };
    // In the third week it is on Thursday, so that the weekday alone does not predict it.
    let mut events: Vec<Event> = (0..4).map(sale).collect();
    (events[2].start, events[2].end) = (shift(events[2].start, 172_800), shift(events[2].end, 172_800));
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let values = (0..48 * 28).map(|i| {
        let time = shift(start, STEP * i);
        let wave = 100.0 + 40.0 * (std::f64::consts::TAU * (i % 48) as f64 / 48.0).sin();
        let plain = wave + 4.0 * rng.random::<f64>();
        Some(if events.iter().any(|e| e.covers(time)) { 2.0 * plain } else { plain })
    });
    let history = Series::from_values(start, STEP, values.collect::<Vec<_>>());
    (history, events)
}

#[test]
fn a_calendar_improves_forecasts_of_similar_events() {
    let (history, events) = sales();
    let walked = walk(&history, &events, Tz::UTC, history.time_of(48 * 21), &Prior::default(), None);
    let ahead: Vec<Seconds> = walked.ahead.iter().map(|s| s.ahead).collect();
    assert_eq!(ahead, [1_800, 3_600, 7_200], "steps of half an hour");
    assert_eq!(walked.ahead[0].outcomes, 48 * 7, "each target of the last week");
    assert!(walked.ahead[0].wape < walked.ahead[0].last_value, "{walked:?}");
    let ahead = |seconds| walked.calendar.iter().find(|w| w.ahead == seconds).expect("scored");
    let (near, day) = (ahead(7_200), ahead(86_400));
    assert_eq!((near.outcomes, day.outcomes), (3 * 12, 3 * 6), "three sales of six hours after the first");
    assert!(near.with < 0.5 * near.without && near.ordinary < near.without, "{near:?}");
    assert!(day.with < day.without && day.ordinary < day.without, "{day:?}");
}

#[test]
fn a_walk_that_retrains_hears_the_adapted_prior_from_the_next_day_on() {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let values = (0..96 * 12).map(|_| {
        let level = if rng.random::<f64>() < 0.5 { 50.0 } else { 150.0 };
        Some(level * (0.98 + 0.04 * rng.random::<f64>()))
    });
    let history = Series::from_values(at_epoch(0), 900, values.collect::<Vec<_>>());
    let said = |from: usize, retraining: Option<Retraining>| {
        walk(&history, &[], Tz::UTC, history.time_of(from), &Prior::shipped(), retraining).prior
    };
    let pinball = |scored: &[Scored]| scored[0].pinball.expect("all quantiles");
    let (plain, retrained) = (said(96 * 8, None), said(96 * 8, Some(Retraining::default())));
    assert!(pinball(&retrained) < 0.95 * pinball(&plain), "{retrained:?} {plain:?}");
}
