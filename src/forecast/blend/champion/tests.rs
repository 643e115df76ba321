//! The champion on waves, with gaps and with multipliers.

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

/// A champion that hears a prior of which every part has an effect, though it has learned nothing.
fn with_prior(start: Time) -> Champion {
    let mut champion = Champion::new(start, 300, chrono_tz::UTC);
    champion.set_prior(Prior::of(&crate::forecast::prior::pretrain::tests::small()));
    champion
}

#[test]
fn the_prior_is_heard_within_the_next_hour_and_changes_nothing_beyond_it() {
    let history = wave(2_000);
    let mut heard = with_prior(history.start());
    let mut alone = Champion::new(history.start(), 300, chrono_tz::UTC);
    for (i, (time, value)) in history.iter().enumerate() {
        heard.learn(value, &[]);
        alone.learn(value, &[]);
        let (Some(heard), Some(alone)) = (heard.forecast(time), alone.forecast(time)) else { continue };
        assert_eq!(heard.rows[12..], alone.rows[12..], "step {i}");
        assert!((0..12).all(|lead| heard.rows[lead] != alone.rows[lead]), "step {i}");
    }
    let (_, shares) = heard.shares().remove(0);
    let (name, prior) = shares.last().copied().expect("experts and prior");
    assert!(name == "prior" && prior < 0.2, "what has learned nothing loses its weight: {prior}");
    assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn the_prior_is_silent_about_events() {
    let history = wave(400);
    let said_with_sale_at = |step: usize| {
        let sale = Event {
            name: "sale".into(),
            kind: EventKind::Sale,
            label: "sale".into(),
            start: history.time_of(step),
            end: history.time_of(step + 4),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        };
        let mut champion = with_prior(history.start());
        for (_, value) in history.iter() {
            champion.learn(value, std::slice::from_ref(&sale));
        }
        [1, 6, 12].map(|lead| champion.said_by_prior(lead).is_some())
    };
    assert_eq!(said_with_sale_at(900), [true; 3], "far away");
    assert_eq!(said_with_sale_at(404), [false; 3], "near");
}

#[test]
fn later_values_do_not_change_a_forecast() {
    let clean = wave(3_200);
    let cut = 3_000;
    let mut champion = with_prior(clean.start());
    let mut made = Vec::new();
    for i in 0..cut {
        champion.learn(clean.get(i), &[]);
        made.push(champion.forecast(clean.time_of(i + 1)));
    }
    let mut poisoned = Series::new(clean.start(), 300);
    poisoned.extend(clean.iter().enumerate().map(|(i, (_, v))| if i < cut { v } else { Some(1e9) }));
    let mut again = with_prior(clean.start());
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
        for _ in 0..steps {
            champion.learn(Some(10.0), &[]);
        }
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

/// `days` of five-minute steps around `level` by day and night, with noise.
fn calm(days: usize, level: f64) -> Vec<f64> {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let day = |i: usize| 1.0 - 0.5 * (std::f64::consts::TAU * (i % 288) as f64 / 288.0).cos();
    (0..288 * days).map(|i| level * day(i) * (0.95 + 0.1 * rng.random::<f64>())).collect()
}

/// The champion after `values`, and the highest p95 that it forecast from step `from` on.
fn highest_p95(values: &[f64], from: usize) -> f64 {
    let mut champion = Champion::new(at_epoch(1_700_006_400), 300, chrono_tz::UTC);
    let mut highest = 0.0f64;
    for (i, value) in values.iter().enumerate() {
        champion.learn(Some(*value), &[]);
        let forecast = champion.forecast(champion.known_until()).filter(|_| i >= from);
        highest = forecast.iter().flat_map(|f| &f.rows).map(|row| row[P95]).fold(highest, f64::max);
    }
    highest
}

#[test]
fn an_idle_group_that_gets_traffic_is_not_forecast_beyond_what_it_showed() {
    let mut values = vec![0.0; 288 * 10];
    values.extend((0..288).map(|i| 800.0 + f64::from(i % 9) * 4.0));
    assert!(highest_p95(&values, 0) <= 2.0 * 832.0, "{}", highest_p95(&values, 0));
    let later = highest_p95(&values, 288 * 10 + 36);
    assert!(later < 1.3 * 832.0, "after three hours the scale is known: {later}");
}

#[test]
fn one_absurd_reading_leaves_the_forecasts_alone() {
    let clean = calm(6, 500.0);
    let mut values = clean.clone();
    values[288 * 5] = 1e9;
    let (with, without) = (highest_p95(&values, 288 * 5), highest_p95(&clean, 288 * 5));
    assert!(with < 1.1 * without, "{with} {without}");
    let mut young = calm(3, 500.0);
    young[3] = 1e9;
    assert!(highest_p95(&young, 288 * 2) < 1_000.0, "nor on the first day: {}", highest_p95(&young, 288 * 2));
}

#[test]
fn a_service_that_goes_away_is_never_forecast_above_what_it_was() {
    let mut values = calm(8, 200.0);
    let most = values.iter().copied().fold(0.0, f64::max);
    values.extend((0..288).map(|i| if i % 40 == 7 { 12.0 } else { 2.0 }));
    let after = highest_p95(&values, 288 * 8 + 2);
    assert!(after <= most, "{after} {most}");
    assert!(highest_p95(&values, 288 * 9 - 60) < 0.3 * most, "by the evening it is known to be gone");
}

#[test]
fn one_odd_hour_is_not_forecast_again_the_next_day_or_week() {
    let clean = calm(18, 500.0);
    let mut values = clean.clone();
    let noon = 288 * 10 + 144;
    values[noon..noon + 4].iter_mut().for_each(|load| *load *= 6.0);
    for days in [1, 7] {
        let (from, until) = (noon + 288 * days - 24, noon + 288 * days + 12);
        let (with, without) = (highest_p95(&values[..until], from), highest_p95(&clean[..until], from));
        assert!(with < 1.35 * without, "{days} days later: {with} {without}");
    }
}
