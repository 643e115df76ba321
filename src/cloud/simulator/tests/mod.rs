//! The world as a whole: what is seen and when, and that it can be repeated.

mod faults;
mod publishing;
mod replay;

use proptest::prelude::*;

use super::*;
use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{
        Seconds, Time, at_epoch, fault::Fault, group::GroupState, metric::Metric, series::Series, shift,
    },
};

const DAY: Seconds = 86_400;

/// Two days in steps of 5 minutes: load 400 a step, 600 from 06:00 to 18:00; one instance takes 100.
fn trace() -> Trace {
    let value = |i: i64| Some(if (72..216).contains(&(i % 288)) { 600.0 } else { 400.0 });
    Trace { series: Series::from_values(at_epoch(0), 300, (0..576).map(value)), column: "requests".into() }
}

fn spec() -> GroupSpec {
    GroupSpec {
        boot: (120, 120),
        max: 20,
        initial_desired: Some(8),
        // What is published when has tests of its own (`publishing`).
        publishing: Publishing::AtOnce,
        ..GroupSpec::plain("web", trace(), 100.0)
    }
}

fn world(spec: GroupSpec) -> World {
    let mut world = World::new(vec![spec], at_epoch(DAY), 7);
    world.advance(at_epoch(DAY));
    world
}

/// The one group, `seconds` after the start.
fn look(world: &mut World, seconds: Seconds) -> GroupState {
    world.advance(at_epoch(DAY + seconds));
    world.groups().expect("not throttled").remove(0)
}

fn ask(world: &World, metric: Metric, from: Time, period: Seconds) -> Vec<Option<f64>> {
    let query = MetricQuery { group: "web".into(), metric, from, until: at_epoch(10 * DAY), period };
    let series = world.metrics(&[query]).expect("answers").remove(0);
    series.iter().map(|(_, v)| v).collect()
}

#[test]
fn requests_of_a_step_come_raw_and_only_when_it_has_ended() {
    let mut w = world(spec());
    let morning = at_epoch(DAY + 6 * 3_600);
    w.advance(shift(morning, 299));
    assert_eq!(ask(&w, Metric::Requests, shift(morning, -600), 300), [Some(400.0); 2]);
    w.advance(shift(morning, 300));
    assert_eq!(ask(&w, Metric::Requests, shift(morning, -600), 300), [Some(400.0), Some(400.0), Some(600.0)]);
    // Minutes run between the centres of steps, and are shares of a step.
    let minutes = ask(&w, Metric::Requests, shift(morning, -60), 60);
    assert_eq!(minutes.len(), 6);
    assert!(minutes[0] > Some(80.0) && minutes[5] == Some(120.0), "{minutes:?}");
    assert_eq!(ask(&w, Metric::Requests, shift(morning, -3_600), 3_600), [Some(4_800.0)]);
}

#[test]
fn a_delay_hides_the_newest_points_and_a_gap_of_the_trace_hides_load_but_not_size() {
    let mut values: Vec<Option<f64>> = trace().series.iter().map(|(_, v)| v).collect();
    values[288] = None;
    let series = Series::from_values(at_epoch(0), 300, values);
    let trace = Trace { series, column: "requests".into() };
    let mut w = world(GroupSpec { trace, metrics_delay: 120, ..spec() });
    w.advance(at_epoch(DAY + 660));
    let requests = ask(&w, Metric::Requests, at_epoch(DAY), 300);
    assert_eq!(requests, [None, None], "the first is a gap, the second is late");
    let cpu = ask(&w, Metric::Cpu, at_epoch(DAY), 60);
    assert!(cpu[..5].iter().all(Option::is_none) && cpu[9..] == [None, None] && cpu[5] == Some(50.0));
    assert_eq!(ask(&w, Metric::InService, at_epoch(DAY), 60)[..9], [Some(8.0); 9]);
    assert!(ask(&w, Metric::NetworkIn, at_epoch(DAY), 300)[0].is_none());
    w.advance(at_epoch(DAY + 720));
    assert_eq!(ask(&w, Metric::Requests, at_epoch(DAY), 300), [None, Some(400.0)]);
}

#[test]
fn scaling_changes_cpu_and_history_has_it_too() {
    let mut w = world(spec());
    w.set_desired("web", 10).expect("within bounds");
    w.advance(at_epoch(DAY + 300));
    let cpu = ask(&w, Metric::Cpu, at_epoch(DAY), 60);
    assert_eq!(cpu, [Some(50.0), Some(50.0), Some(40.0), Some(40.0), Some(40.0)]);
    let before = ask(&w, Metric::Cpu, at_epoch(0), 3_600);
    assert!(before[..24].iter().all(|v| v.is_some_and(|v| (30.0..90.0).contains(&v))), "{before:?}");
}

#[test]
fn a_period_must_be_whole_minutes_and_names_must_exist() {
    let w = world(spec());
    let query = |group: &str, period| MetricQuery {
        group: group.into(),
        metric: Metric::Cpu,
        from: at_epoch(0),
        until: at_epoch(DAY),
        period,
    };
    for query in [query("web", 90), query("web", 0), query("nobody", 60)] {
        assert!(matches!(w.metrics(&[query]), Err(CloudError::Stop(_))));
    }
}

#[test]
fn sizes_outside_the_bounds_are_refused_in_the_words_of_aws() {
    let mut w = world(spec());
    let error = w.set_desired("web", 21).expect_err("above max");
    let said =
        "ValidationError: New SetDesiredCapacity value 21 is above max value 20 for the AutoScalingGroup.";
    assert_eq!(error, CloudError::Replan(said.into()));
    assert!(
        matches!(w.set_desired("web", 0), Err(CloudError::Replan(text)) if text.contains("below min value 1"))
    );
    assert!(matches!(w.set_desired("nobody", 1), Err(CloudError::Stop(_))));
}

#[test]
fn the_future_of_a_trace_changes_nothing_that_was_seen() {
    let cut = 288 + 100;
    let mut values: Vec<Option<f64>> = trace().series.iter().map(|(_, v)| v).collect();
    values[cut..].iter_mut().for_each(|v| *v = Some(99_999.0));
    let poisoned = Trace { series: Series::from_values(at_epoch(0), 300, values), column: "requests".into() };
    let (mut a, mut b) = (world(spec()), world(GroupSpec { trace: poisoned, ..spec() }));
    // The last half step before the cut already runs towards it.
    let seen = at_epoch(cut as i64 * 300 - 150);
    a.advance(seen);
    b.advance(seen);
    assert_eq!(a.groups(), b.groups());
    for (metric, period) in Metric::ALL.into_iter().flat_map(|m| [(m, 60), (m, 300)]) {
        assert_eq!(ask(&a, metric, at_epoch(0), period), ask(&b, metric, at_epoch(0), period));
    }
}

#[test]
fn ticks_tell_what_was_served() {
    let mut w = world(spec());
    w.advance(at_epoch(DAY + 600));
    let ticks = w.ticks("web", at_epoch(DAY), at_epoch(10 * DAY));
    assert_eq!(ticks.len(), 10);
    assert_eq!(ticks[9].start, at_epoch(DAY + 540));
    assert_eq!((ticks[9].load, ticks[9].counted, ticks[9].size.in_service), (400.0, true, 8));
}

#[test]
fn the_demonstration_lives_a_day_and_shows_all_its_metrics() {
    let fleet = demo_fleet().expect("built-in traces are good");
    let mut w = World::new(fleet, demo_start(), 1);
    w.advance(shift(demo_start(), DAY));
    let groups = w.groups().expect("not throttled");
    let names: Vec<_> = groups.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["api-bursty", "batch-steady", "checkout-web", "web-sessions"]);
    for group in &groups {
        assert!(group.in_service() >= group.min && group.activities.items().len() > 10, "{}", group.name);
        for metric in Metric::ALL.into_iter().filter(|m| *m != Metric::Errors) {
            let (from, until) = (shift(demo_start(), -14 * DAY), shift(demo_start(), DAY));
            let query = MetricQuery { group: group.name.clone(), metric, from, until, period: 3_600 };
            let series = w.metrics(&[query]).expect("answers").remove(0);
            let share = series.known().count() as f64 / series.len() as f64;
            assert!(series.len() >= 14 * 24 && share > 0.8, "{} {metric:?} {share}", group.name);
        }
    }
    let launched = |a: &&crate::domain::activity::Activity| {
        a.description.starts_with("Launching a new EC2 instance: i-")
    };
    assert!(groups[0].activities.items().iter().filter(launched).count() > 3);
}

#[test]
fn the_demonstration_goes_on_after_its_traces_end() {
    let fleet = demo_fleet().expect("built-in traces are good");
    let mut w = World::new(fleet, demo_start(), 1);
    let later = shift(demo_start(), 120 * DAY);
    w.advance(later);
    for group in w.groups().expect("not throttled") {
        let query = MetricQuery {
            group: group.name.clone(),
            metric: Metric::Requests,
            from: shift(later, -7 * DAY),
            until: later,
            period: 3_600,
        };
        let series = w.metrics(&[query]).expect("answers").remove(0);
        assert!(series.known().count() > 6 * 24, "{}", group.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_restored_snapshot_continues_exactly(
        acts in prop::collection::vec((1i64..2_000, 0usize..12, 1u32..21), 1..25),
        cut in 0usize..25,
    ) {
        let spec = || GroupSpec {
            noise: true,
            boot: (90, 240),
            target_tracking: Some(50.0),
            scale_in_protected: 1,
            ..spec()
        };
        let mut whole = world(spec());
        let mut parted = world(spec());
        let mut now = at_epoch(DAY);
        for (index, (wait, act, size)) in acts.iter().enumerate() {
            now = shift(now, *wait);
            if index == cut {
                let text = parted.snapshot().map_err(TestCaseError::fail)?;
                parted = world(spec());
                parted.restore(&text).map_err(TestCaseError::fail)?;
                prop_assert_eq!(parted.snapshot(), whole.snapshot());
            }
            for w in [&mut whole, &mut parted] {
                w.advance(now);
                match Fault::ALL.get(*act) {
                    Some(fault) => drop(w.inject("web", *fault)),
                    None => drop(w.set_desired("web", *size)),
                }
            }
            prop_assert_eq!(whole.groups(), parted.groups());
        }
        for w in [&mut whole, &mut parted] {
            w.advance(shift(now, 7_200));
        }
        prop_assert_eq!(whole.snapshot(), parted.snapshot());
        for metric in Metric::ALL {
            prop_assert_eq!(ask(&whole, metric, at_epoch(0), 60), ask(&parted, metric, at_epoch(0), 60));
        }
    }

    #[test]
    fn no_text_makes_restore_panic(text in ".{0,200}") {
        prop_assert!(world(spec()).restore(&text).is_err());
    }
}

#[test]
fn a_snapshot_of_another_world_is_refused() {
    let text = world(spec()).snapshot().expect("plain data");
    let mut other = world(GroupSpec { capacity: 50.0, ..spec() });
    assert!(other.restore(&text).is_err_and(|e| e.contains("another fleet")));
}

#[tokio::test]
async fn the_traits_share_one_world() {
    use crate::cloud::{MetricSource, Scaler};
    let simulator = Simulator::new(World::new(vec![spec()], at_epoch(DAY), 7));
    let (mut source, mut scaler) = (simulator.source(), simulator.scaler());
    scaler.set_desired(at_epoch(DAY), "web", 9).await.expect("within bounds");
    let state = source.groups(at_epoch(DAY + 120)).await.expect("not throttled").remove(0);
    assert_eq!((state.in_service(), source.name().as_str()), (9, "SIMULATED"));
    simulator.inject(at_epoch(DAY + 120), "web", Fault::Throttling).expect("known group");
    assert!(source.groups(at_epoch(DAY + 180)).await.is_err());
}
