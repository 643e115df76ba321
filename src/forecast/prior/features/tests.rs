//! Features of small loads.

use super::*;
use proptest::prelude::*;

const DAY: usize = 48;

fn lead(steps: usize) -> LeadTime {
    LeadTime { steps, back: DAYS.map(|days| days * DAY - steps) }
}

fn row(roots: &[f32], steps: usize) -> Option<InputRow> {
    Some(Origin::new(SeenRoots { roots, step: 1_800, day: DAY })?.row(&lead(steps)))
}

/// A daily wave of square roots of load.
fn wave(count: usize) -> Vec<f32> {
    (0..count).map(|i| 10.0 + 4.0 * (std::f32::consts::TAU * i as f32 / DAY as f32).sin()).collect()
}

#[test]
fn the_level_of_load_drops_out() {
    let roots = wave(DAY * 9);
    let larger: Vec<f32> = roots.iter().map(|root| 64.0 * root).collect();
    let (small, large) = (row(&roots, 2).expect("known"), row(&larger, 2).expect("known"));
    let apart = small.inputs.iter().zip(&large.inputs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-3, "{apart}");
    let apart = small.anchors.iter().zip(large.anchors).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-3 && small.known == large.known, "{apart}");
    assert!((large.scale.load(1.0) / small.scale.load(1.0) - 4_096.0).abs() < 1.0);
}

#[test]
fn anchors_are_the_simple_forecasts() {
    let roots = wave(DAY * 9);
    let row = row(&roots, 2).expect("known");
    let root = |anchor: usize| row.scale.reference + row.scale.unit * row.anchors[anchor];
    let comes = 10.0 + 4.0 * (std::f32::consts::TAU * (DAY * 9 + 1) as f32 / DAY as f32).sin();
    assert!((root(0) - roots[DAY * 9 - 1]).abs() < 1e-3, "the last value");
    for same_time in [4, 5, 6, 7, 8] {
        assert!((root(same_time) - comes).abs() < 1e-2, "{same_time}: {}, not {comes}", root(same_time));
    }
    assert!(row.known.iter().all(|known| *known));
    assert_eq!(row.inputs.len(), INPUTS);
}

#[test]
fn a_load_that_has_hardly_begun_has_features_and_one_that_has_not_has_none() {
    let begun = row(&[3.0, 4.0], 1).expect("two steps are enough");
    assert!(begun.inputs.iter().all(|x| x.is_finite()));
    assert!(begun.known[0] && !begun.known[4], "no day ago yet");
    assert!(row(&[], 1).is_none() && row(&[f32::NAN; 9], 1).is_none() && row(&[0.0; 9], 1).is_none());
}

proptest! {
    #[test]
    fn inputs_are_finite_whatever_is_missing(
        roots in prop::collection::vec(prop_oneof![Just(f32::NAN), Just(0.0f32), 0.0..1e3f32, 0.0..1e9f32], 1..900),
        steps in 1usize..12,
    ) {
        if let Some(row) = row(&roots, steps) {
            prop_assert_eq!(row.inputs.len(), INPUTS);
            prop_assert!(row.inputs.iter().chain(&row.anchors).all(|x| x.is_finite()), "{:?}", row);
            prop_assert!(row.known[0] && row.scale.unit > 0.0);
        }
    }
}
