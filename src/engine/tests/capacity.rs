//! What an instance serves changes with a release.

use super::*;

/// What an instance serves a step, as plans have it.
fn capacity(engine: &Engine) -> f64 {
    engine.groups()[0].memory.capacity.as_ref().map_or(0.0, |(capacity, _)| *capacity)
}

/// The newest line of the journal about what an instance serves.
fn said(engine: &Engine) -> Option<String> {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.into_iter().map(|line| line.text).find(|text| text.starts_with("an instance serves"))
}

#[test]
fn a_release_that_needs_more_cpu_is_planned_with_within_the_hour_and_its_end_after_three() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
    live(&mut engine, 3 * 60);
    assert!((48.0..52.0).contains(&capacity(&engine)), "{}", capacity(&engine));
    assert_eq!(said(&engine), None);
    ask(&mut engine, Command::Inject { group: GROUP.into(), fault: Fault::HeavyRelease })
        .expect("a simulation");
    live(&mut engine, 55);
    let lower = said(&engine).expect("noticed within the hour");
    assert!(lower.contains(" % less since") && lower.ends_with("plans use the lower value"), "{lower}");
    assert!((29.0..34.0).contains(&capacity(&engine)), "50 / 1.6, not {}", capacity(&engine));
    live(&mut engine, 6 * 60);
    let higher = said(&engine).expect("the end is noticed");
    assert!(
        higher.contains(" % more since") && higher.contains("plans keep the lower value until"),
        "{higher}"
    );
    assert!(capacity(&engine) < 34.0, "{}", capacity(&engine));
    live(&mut engine, 3 * 60);
    assert!((47.0..52.0).contains(&capacity(&engine)), "{}", capacity(&engine));
}

#[test]
fn a_fall_is_noticed_while_a_rise_waits() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
    let release = || Command::Inject { group: GROUP.into(), fault: Fault::HeavyRelease };
    live(&mut engine, 3 * 60);
    ask(&mut engine, release()).expect("a simulation");
    live(&mut engine, 7 * 60);
    let higher = said(&engine).expect("the end is noticed");
    assert!(higher.contains(" % more since"), "{higher}");
    ask(&mut engine, release()).expect("a simulation");
    live(&mut engine, 55);
    let lower = said(&engine).expect("said again");
    assert!(lower.contains(" % less since"), "{lower}");
    assert!((29.0..34.0).contains(&capacity(&engine)), "{}", capacity(&engine));
}

#[test]
fn what_was_learned_in_steps_of_another_length_is_not_planned_with() {
    let world = simulator();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let (mut first, _) = engine(&world, Mode::Auto, Store::open(&path).expect("new"), start());
    live(&mut first, 10);
    assert!((48.0..52.0).contains(&capacity(&first)), "{}", capacity(&first));
    let now = first.now();
    drop(first);
    let writer = world.clone();
    let options = GroupOptions { mode: Mode::Auto, step: 60, ..GroupOptions::default() };
    let scaler = move || -> Box<dyn Scaler> { Box::new(writer.scaler()) };
    let mut second = engine_with(&world, options, scaler, Store::open(&path).expect("there"), now);
    for _ in 0..10 {
        live(&mut second, 1);
        let of_minutes = capacity(&second);
        assert!(of_minutes == 0.0 || (9.0..11.0).contains(&of_minutes), "{of_minutes}");
    }
    assert!(capacity(&second) > 0.0, "it is learned again");
}
