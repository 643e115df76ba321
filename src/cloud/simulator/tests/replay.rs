//! The order of things inside a tick: hand cases, and a plain model of the same rules beside it.

use std::collections::VecDeque;

use proptest::prelude::*;

use crate::{
    cloud::simulator::{group::Group, load::Interpolation, record::Size, spec::GroupSpec, trace::Trace},
    domain::{Seconds, at_epoch, series::Series},
};

fn group(step: Seconds, loads: &[f64], boot: Seconds, bounds: (u32, u32), init: u32) -> Group {
    let series = Series::from_values(at_epoch(0), step, loads.iter().copied().map(Some));
    let spec = GroupSpec {
        interpolation: Interpolation::Hold,
        boot: (boot, boot),
        min: bounds.0,
        max: bounds.1,
        initial_desired: Some(init),
        ..GroupSpec::plain("web", Trace { series, column: "load".into() }, 100.0)
    };
    Group::new(spec, at_epoch(0), 1)
}

/// In service, billed and desired of every tick after the decisions `(second, desired)`.
fn replay(mut group: Group, decisions: &[(i64, u32)]) -> [Vec<u32>; 3] {
    for (at, desired) in decisions {
        group.advance(at_epoch(*at));
        let desired = (*desired).max(group.spec.min).min(group.spec.max);
        group.set_desired(at_epoch(*at), desired);
    }
    let ticks = group.load.len() as i64;
    group.advance(group.load.time_of(ticks));
    let sizes: Vec<Size> = (0..ticks).filter_map(|t| group.record.at(t)).collect();
    [
        sizes.iter().map(|s| s.in_service).collect(),
        sizes.iter().map(|s| s.billed).collect(),
        sizes.iter().map(|s| s.desired).collect(),
    ]
}

#[test]
fn a_launch_serves_after_its_boot_and_scale_in_is_immediate() {
    let loads = [80.0, 80.0, 160.0, 160.0, 160.0, 160.0, 80.0, 80.0];
    let [s, b, d] = replay(group(60, &loads, 120, (1, 5), 1), &[(0, 1), (120, 2), (360, 1)]);
    assert_eq!(s, [1, 1, 1, 1, 2, 2, 1, 1]);
    assert_eq!(b, [1, 1, 2, 2, 2, 2, 1, 1]);
    assert_eq!(d, [1, 1, 2, 2, 2, 2, 1, 1]);
}

#[test]
fn pending_instances_are_cancelled_first() {
    let [s, b, _] = replay(group(60, &[10.0; 6], 180, (1, 9), 2), &[(0, 4), (120, 2)]);
    assert_eq!(s, [2; 6]);
    assert_eq!(b, [4, 4, 2, 2, 2, 2]);
}

#[test]
fn without_boot_time_every_tick_has_what_was_asked() {
    let decisions = [(0, 2), (60, 9), (120, 0), (180, 3), (240, 3), (300, 2)];
    let [s, b, d] = replay(group(60, &[10.0; 6], 0, (2, 3), 2), &decisions);
    assert_eq!(d, [2, 3, 2, 3, 3, 2]);
    assert_eq!((&s, &b), (&d, &d));
}

#[test]
fn a_boot_shorter_than_the_step_works_on_ticks() {
    let [s, _, _] = replay(group(300, &[80.0, 160.0], 180, (1, 9), 1), &[(300, 2)]);
    assert_eq!(s, [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
}

#[test]
fn target_tracking_acts_on_the_third_breach_and_after_fifteen_quiet_minutes() {
    let mut loads = vec![40.0; 2];
    loads.extend([100.0; 8]);
    let mut g = group(60, &loads, 60, (1, 9), 1);
    g.spec.target_tracking = Some(50.0);
    assert_eq!(replay(g, &[])[2], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    let mut g = group(60, &[10.0; 30], 60, (1, 9), 4);
    g.spec.target_tracking = Some(50.0);
    assert_eq!(replay(g, &[])[2].iter().position(|d| *d == 1), Some(15));
}

#[test]
fn history_is_sized_by_demand() {
    let loads: Vec<f64> = (0..48).map(|h| if h % 24 < 12 { 100.0 } else { 600.0 }).collect();
    let series = Series::from_values(at_epoch(0), 3_600, loads.into_iter().map(Some));
    let spec = GroupSpec::plain("web", Trace { series, column: "load".into() }, 100.0);
    let g = Group::new(spec, at_epoch(46 * 3_600), 1);
    let quiet = g.record.at(8 * 60).expect("recorded").in_service;
    let busy = g.record.at(20 * 60).expect("recorded").in_service;
    assert!(quiet <= 3 && (8..=12).contains(&busy), "{quiet} {busy}");
    assert_eq!(g.life.next, 46 * 60);
    assert!(g.life.roster.activities().len() > 4);
}

/// In service, billed and desired a tick by the rules alone: a queue of due ticks and a count.
fn model(boot: i64, init: u32, desired: &[u32]) -> [Vec<u32>; 3] {
    let (mut serving, mut pending, mut out) = (init, VecDeque::new(), [vec![], vec![], vec![]]);
    for (tick, want) in (0i64..).zip(desired) {
        let due = |serving: &mut u32, pending: &mut VecDeque<i64>| {
            while pending.front().is_some_and(|ready| *ready <= tick) {
                pending.pop_front();
                *serving += 1;
            }
        };
        due(&mut serving, &mut pending);
        while serving + (pending.len() as u32) < *want {
            pending.push_back(tick + boot);
        }
        while serving + pending.len() as u32 > *want {
            if pending.pop_back().is_none() {
                serving -= 1;
            }
        }
        due(&mut serving, &mut pending);
        out[0].push(serving);
        out[1].push(serving + pending.len() as u32);
        out[2].push(*want);
    }
    out
}

proptest! {
    #[test]
    fn a_group_follows_the_model_exactly(
        desired in prop::collection::vec(1u32..9, 1..60),
        boot in 0i64..6,
        init in 1u32..9,
    ) {
        let decisions: Vec<_> = (0i64..).map(|tick| tick * 60).zip(desired.iter().copied()).collect();
        let loads = vec![100.0; desired.len()];
        let seen = replay(group(60, &loads, boot * 60, (1, 9), init), &decisions);
        prop_assert_eq!(seen, model(boot, init, &desired));
    }
}
