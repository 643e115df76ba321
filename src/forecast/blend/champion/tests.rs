//! The champion on waves, multipliers, and what came before it knew anything.

use super::*;
use crate::domain::{
    at_epoch,
    event::EventKind,
    forecast::{P10, P95, P99},
    shift,
};
use rand::{RngExt, SeedableRng};

/// Ten days of a daily wave with noise and gaps.
fn wave(steps: usize) -> Series {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(3);
    let values = (0..steps).map(|i| {
        let day = (i % 288) as f64 / 288.0;
        let v = 100.0 + 60.0 * (std::f64::consts::TAU * day).sin() + 8.0 * rng.random::<f64>();
        (i % 97 != 0).then_some(v)
    });
    Series::from_values(at_epoch(1_700_000_100), 300, values)
}

#[test]
fn beats_the_last_value_and_covers_on_a_daily_wave() {
    let champion = Champion::from_history(&wave(4_000), &[], chrono_tz::UTC);
    let (lead, score) = champion.scores().find(|(lead, _)| *lead == 12).expect("lead 12 has a model");
    assert!(score.wape() < 0.5 * score.last_wape(), "{lead}: {score:?}");
    assert!((score.coverage() - 0.95).abs() < 0.03, "{score:?}");
}

#[test]
fn a_new_group_warm_starts_from_others() {
    let donor = Champion::from_history(&wave(4_000), &[], chrono_tz::UTC);
    let new = || Champion::new(at_epoch(1_700_000_100), 300, chrono_tz::UTC);
    let mut warm_started = new();
    assert_eq!(warm_started.warm_start([&donor].into_iter()), 1);
    // Distance of the weights of experts from the donor's, over all horizons.
    let distance = |champion: &Champion| -> f64 {
        let horizon_models = donor.shares().into_iter().zip(champion.shares());
        let experts = horizon_models.flat_map(|((_, theirs), (_, ours))| theirs.into_iter().zip(ours));
        experts.map(|((_, theirs), (_, ours))| (theirs - ours).abs()).sum()
    };
    let (with, without) = (distance(&warm_started), distance(&new()));
    assert!(with < 0.6 * without, "{with} {without}");
    assert_eq!(new().warm_start([&new()].into_iter()), 0, "a champion without history is no donor");
    let mut hourly = Champion::new(at_epoch(1_700_000_100), 3_600, chrono_tz::UTC);
    assert_eq!(hourly.warm_start([&donor].into_iter()), 0, "steps must be equally long");
}

#[test]
fn later_values_do_not_change_a_forecast() {
    let clean = wave(3_200);
    let cut = 3_000;
    let mut champion = Champion::new(clean.start(), 300, chrono_tz::UTC);
    let mut made = Vec::new();
    for i in 0..cut {
        champion.learn(clean.get(i), &[]);
        made.push(champion.forecast(clean.time_of(i + 1)));
    }
    let mut poisoned = Series::new(clean.start(), 300);
    poisoned.extend(clean.iter().enumerate().map(|(i, (_, v))| if i < cut { v } else { Some(1e9) }));
    let mut again = Champion::new(clean.start(), 300, chrono_tz::UTC);
    for (i, (_, value)) in poisoned.iter().enumerate() {
        again.learn(value, &[]);
        if i < cut {
            assert_eq!(again.forecast(clean.time_of(i + 1)), made[i], "step {i}");
        }
    }
}

#[test]
fn quantiles_ascend_and_are_never_negative() {
    let mut champion = Champion::new(at_epoch(0), 300, chrono_tz::UTC);
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(11);
    for i in 0..900 {
        let v = if i % 50 < 3 { 1e6 * rng.random::<f64>() } else { rng.random::<f64>() };
        champion.learn((rng.random::<f64>() > 0.1).then_some(v), &[]);
        if let Some(forecast) = champion.forecast(shift(at_epoch(0), 300 * (i + 1))) {
            for row in &forecast.rows {
                assert!(row.windows(2).all(|w| w[0] <= w[1]) && row[P10] >= 0.0 && row[P99].is_finite());
            }
        }
    }
}

#[test]
fn forecasts_after_an_hour_with_wide_quantiles() {
    for minutes in 1..=60 {
        let step = 60 * minutes;
        let mut champion = Champion::new(at_epoch(0), step, chrono_tz::Europe::Berlin);
        let steps = (3_600 + step - 1) / step;
        (0..steps).for_each(|_| champion.learn(Some(10.0), &[]));
        let forecast = champion.forecast(at_epoch(steps * step)).expect("an hour is enough for a forecast");
        let (first, last) = (forecast.rows[0], forecast.rows[forecast.rows.len() - 1]);
        assert!((first[MEDIAN] - 10.0).abs() < 1.0, "{minutes} min: {first:?}");
        assert!(forecast.rows.len() as i64 * step > 7_200 - step);
        assert!(last[P95] - last[P10] > 2.0, "{minutes} min: {last:?} is too sure after an hour");
    }
}

#[test]
fn a_multiplier_holds_before_any_event_of_its_kind_was_seen() {
    let start = at_epoch(1_700_000_100);
    let sale = Event {
        name: "sale".into(),
        kind: EventKind::Sale,
        label: "sale".into(),
        start: shift(start, 2_000 * 300),
        end: shift(start, 2_012 * 300),
        multiplier: Some(3.0),
        min_instances: None,
        groups: vec![],
    };
    let ahead = |events: &[Event]| {
        let champion = Champion::from_history(&wave(1_999), events, chrono_tz::UTC);
        champion.forecast(champion.known_until()).expect("days are known").rows
    };
    let (with, without) = (ahead(&[sale]), ahead(&[]));
    assert!((with[3][MEDIAN] / without[3][MEDIAN] - 3.0).abs() < 0.3, "inside");
    assert!((with[23][MEDIAN] / without[23][MEDIAN]) < 2.0, "an hour after its end");
}
