//! What is published as AWS does: late, in parts, corrected, and nothing for zero.

use super::*;

/// The load of [`trace`], nothing from 08:00 on.
fn until_eight() -> GroupSpec {
    let eight = at_epoch(DAY + 8 * 3_600);
    let values =
        trace().series.iter().map(|(t, v)| v.map(|v| if t < eight { v } else { 0.0 })).collect::<Vec<_>>();
    let trace = Trace { series: Series::from_values(at_epoch(0), 300, values), column: "requests".into() };
    GroupSpec { trace, interpolation: Interpolation::Hold, publishing: Publishing::AsAws, ..spec() }
}

/// The value of one period from `from` on, as seen `age` seconds after its end.
fn seen(world: &World, metric: Metric, from: Seconds, period: Seconds, age: Seconds) -> Option<f64> {
    let mut world = world.clone();
    world.advance(at_epoch(DAY + from + period + age));
    let until = at_epoch(DAY + from + period);
    let query = MetricQuery { group: "web".into(), metric, from: at_epoch(DAY + from), until, period };
    world.metrics(&[query]).expect("answers").remove(0).get(0)
}

#[test]
fn a_counted_minute_comes_late_in_parts_and_is_corrected() {
    let world = world(until_eight());
    let (mut parts, mut corrected) = (0, 0);
    for minute in 0..300 {
        let at = |age| seen(&world, Metric::Requests, 60 * minute, 60, age);
        assert_eq!(at(59), None, "nothing comes within a minute");
        let ages: Vec<f64> = (60..=600).step_by(20).filter_map(at).collect();
        assert!(ages.windows(2).all(|pair| pair[0] <= pair[1]), "{ages:?}");
        assert!(at(120).is_some(), "the first part is there after two minutes");
        let whole = at(600).expect("long ago");
        assert_eq!(whole, 80.0);
        assert!(at(180).is_some_and(|value| value >= 0.92 * whole), "all is there after three minutes");
        parts += i32::from(at(120).is_some_and(|value| value < 0.9 * whole));
        corrected += i32::from(at(240) != Some(whole));
        assert_eq!(at(540), Some(whole));
    }
    assert!((75..225).contains(&parts) && (5..30).contains(&corrected), "{parts} {corrected}");
}

#[test]
fn a_period_grows_with_its_minutes_and_is_what_it_is_at_once_in_the_end() {
    let (rough, at_once) =
        (world(until_eight()), world(GroupSpec { publishing: Publishing::AtOnce, ..until_eight() }));
    for period in 0..48 {
        let at = |age| seen(&rough, Metric::Requests, 300 * period, 300, age).unwrap_or(0.0);
        assert!(at(0) < 0.8 * at(900) && at(0) > 0.3 * at(900), "{} of {}", at(0), at(900));
        for metric in Metric::ALL.into_iter().filter(|metric| *metric != Metric::Errors) {
            let of = |world| seen(world, metric, 300 * period, 300, 900).expect("long ago");
            assert!((of(&rough) - of(&at_once)).abs() < 1e-9 * of(&at_once), "{metric:?}");
        }
    }
}

#[test]
fn where_nothing_is_counted_nothing_is_published_and_what_is_measured_is_whole() {
    let world = world(until_eight());
    let idle = 8 * 3_600 + 600;
    assert_eq!(seen(&world, Metric::Requests, idle, 60, 3_600), None);
    assert_eq!(seen(&world, Metric::Errors, 3_600, 60, 3_600), None);
    assert_eq!(seen(&world, Metric::Cpu, idle, 60, 3_600), Some(0.0));
    for minute in 0..60 {
        let of = |age| seen(&world, Metric::InService, idle + 60 * minute, 60, age);
        assert_eq!((of(59), of(120)), (None, Some(8.0)));
    }
}
