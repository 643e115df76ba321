//! The champion over a year, and on holidays with and without an effect.

use std::f64::consts::TAU;

use chrono::{Datelike, Timelike};
use chrono_tz::Europe::Berlin;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::champion::Champion;
use crate::domain::{
    Seconds, Time, at_epoch,
    event::{Event, EventKind},
    forecast::MEDIAN,
    series::Series,
};

const HOUR: Seconds = 3_600;
/// Monday, 1 January 2024, 00:00 in Berlin.
const NEW_YEAR: i64 = 1_704_063_600;

/// Load with days and weeks of Berlin, higher in winter, twice as high from October on.
fn load(time: Time, rng: &mut Pcg64Mcg) -> f64 {
    let local = time.with_timezone(&Berlin);
    let day = TAU * f64::from(local.hour()) / 24.0;
    let weekend = if local.weekday().number_from_monday() > 5 { 0.6 } else { 1.0 };
    let season = 1.0 + 0.3 * (TAU * f64::from(local.ordinal()) / 365.0).cos();
    let level = if local.month() >= 10 { 2.0 } else { 1.0 };
    100.0 * level * season * weekend * (1.0 - 0.6 * day.cos()) * (0.95 + 0.1 * rng.random::<f64>())
}

/// A year of hours: a fortnight is missing in May, and each 97th hour.
fn year() -> Series {
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    let missing = 24 * 130..24 * 144;
    let values = (0..24 * 366).map(|i| {
        let value = load(at_epoch(NEW_YEAR + HOUR * i), &mut rng);
        (!missing.contains(&i) && i % 97 != 0).then_some(value)
    });
    Series::from_values(at_epoch(NEW_YEAR), HOUR, values.collect::<Vec<_>>())
}

#[test]
fn a_year_with_seasons_clock_changes_an_outage_and_a_shift_of_level() {
    let year = year();
    let mut champion = Champion::new(year.start(), HOUR, Berlin);
    // Sums of errors and load, two hours ahead, in the weeks after each change of the clocks and at the end
    // of the year.
    let mut weeks =
        [(24 * 91..24 * 98, 0.0, 0.0), (24 * 301..24 * 308, 0.0, 0.0), (24 * 346..24 * 366, 0.0, 0.0)];
    let mut predicted = [None; 2];
    for (index, (_, value)) in year.iter().enumerate() {
        for (week, error, sum) in &mut weeks {
            if let (true, Some(predicted), Some(actual)) = (week.contains(&index), predicted[0], value) {
                *error += f64::abs(predicted - actual);
                *sum += actual;
            }
        }
        champion.learn(value, &[]);
        let next = champion.forecast(champion.known_until()).map(|forecast| forecast.rows[1][MEDIAN]);
        predicted = [predicted[1], next];
    }
    for (week, error, sum) in &weeks {
        assert!(error / sum < 0.06, "{:.3} from hour {}", error / sum, week.start);
    }
    let (_, score) = champion.scores().find(|(lead, _)| *lead == 2).expect("two hours have a model");
    assert!(score.wape() < 0.4 * score.last_wape() && (score.coverage() - 0.95).abs() < 0.04, "{score:?}");
}

/// Mondays off, the tenth to the fourteenth of the series; load falls to four tenths on all but the last.
fn mondays_off() -> (Series, Vec<Event>) {
    let day_off = |week: i64| Event {
        name: "off".into(),
        kind: EventKind::Holiday,
        label: "holiday".into(),
        start: at_epoch(NEW_YEAR + 7 * 24 * HOUR * week),
        end: at_epoch(NEW_YEAR + 7 * 24 * HOUR * week + 24 * HOUR),
        multiplier: None,
        min_instances: None,
        groups: vec![],
    };
    let events: Vec<Event> = [9, 10, 11, 12, 13].map(day_off).to_vec();
    let mut rng = Pcg64Mcg::seed_from_u64(8);
    let values = (0..24 * 7 * 14).map(|i| {
        let time = at_epoch(NEW_YEAR + HOUR * i);
        let quiet = events[..4].iter().any(|event| event.covers(time));
        Some(if quiet { 0.4 } else { 1.0 } * load(time, &mut rng))
    });
    let history = Series::from_values(at_epoch(NEW_YEAR), HOUR, values.collect::<Vec<_>>());
    (history, events)
}

#[test]
fn a_holiday_without_an_effect_is_noticed_within_hours() {
    let (history, events) = mondays_off();
    // Relative error of the median two hours ahead, for `hour` of the Monday of that week.
    let error = |week: usize, hour: usize| {
        let target = 24 * 7 * week + hour;
        let known = history.before(history.time_of(target - 1));
        let champion = Champion::from_history(&known, &events, Berlin);
        let predicted = champion.forecast(champion.known_until()).expect("weeks are known").rows[1][MEDIAN];
        let actual = history.get(target).expect("known");
        (predicted - actual) / actual
    };
    assert!(
        error(12, 0).abs() < 0.25 && error(12, 12).abs() < 0.15,
        "the fourth has the effect of the others: {}",
        error(12, 12)
    );
    assert!(error(13, 1) < -0.3, "the effect is still expected at one in the morning: {}", error(13, 1));
    assert!(error(13, 12).abs() < 0.15, "by noon the effect is known to be missing: {}", error(13, 12));
}

/// Ten days of five-minute steps with noise; `busy` steps carry five times the load.
fn busy(busy: impl Fn(usize) -> bool) -> Series {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let values =
        (0..2_880).map(|i| Some((if busy(i) { 500.0 } else { 100.0 }) * (0.97 + 0.06 * rng.random::<f64>())));
    Series::from_values(at_epoch(NEW_YEAR), 300, values.collect::<Vec<_>>())
}

/// How far the median of the step `lead` ahead is off during the last day, as a share of the load of all steps.
fn error_at(series: &Series, lead: usize) -> f64 {
    let mut champion = Champion::new(series.start(), 300, chrono_tz::UTC);
    let (mut predicted, mut error, mut sum) = (std::collections::VecDeque::new(), 0.0, 0.0);
    for (index, value) in series.known().enumerate() {
        if predicted.len() == lead {
            let median: f64 = predicted.pop_front().unwrap_or(0.0);
            if index >= series.len() - 288 {
                error += (median - value).abs();
                sum += value;
            }
        }
        champion.learn(Some(value), &[]);
        if let Some(forecast) = champion.forecast(champion.known_until()) {
            predicted.push_back(forecast.rows[lead - 1][MEDIAN]);
        }
    }
    error / sum
}

#[test]
fn a_daily_peak_between_two_leads_is_not_lost() {
    let series = busy(|i| (120..124).contains(&(i % 288)));
    for lead in [15, 21] {
        let error = error_at(&series, lead);
        assert!(error < 0.05, "{lead} steps ahead: {error}");
    }
}

#[test]
fn jobs_at_an_interval_that_no_day_knows_are_foreseen_at_every_lead() {
    let series = busy(|i| i % 35 < 2);
    for lead in [5, 15, 21] {
        let error = error_at(&series, lead);
        assert!(error < 0.15, "{lead} steps ahead: {error}");
    }
}

#[test]
fn a_champion_reaches_farther_from_the_next_step_on() {
    let series = busy(|_| false);
    let mut champion = Champion::new(series.start(), 300, chrono_tz::UTC);
    let known: Vec<f64> = series.known().collect();
    for value in &known[..600] {
        champion.learn(Some(*value), &[]);
    }
    champion.extend(4 * HOUR);
    for value in &known[600..700] {
        champion.learn(Some(*value), &[]);
        let forecast = champion.forecast(champion.known_until()).expect("days are known");
        assert_eq!(forecast.rows.len(), 48);
        assert!((90.0..110.0).contains(&forecast.rows[47][MEDIAN]), "{:?}", forecast.rows[47]);
    }
    let far = champion.scores().last().expect("models");
    assert_eq!(far.0, 48, "it is scored at its own lead");
}
