//! The history: gaps, local time, similar days.

use super::*;
use crate::{
    domain::event::{Event, EventKind},
    forecast::blend::calendar_features::EventLabels,
};

#[test]
fn local_time_follows_daylight_saving() {
    let zone = chrono_tz::America::New_York;
    let before = LocalTime::new(at_epoch(1_414_904_400), zone); // 2014-11-02 05:00 UTC, 01:00 EDT
    let after = LocalTime::new(at_epoch(1_414_908_000), zone); // 06:00 UTC, 01:00 EST
    assert_eq!((before.slot, before.hour, before.weekday), (after.slot, after.hour, 6));
    assert_eq!((before.offset, after.offset), (-4 * 3_600, -5 * 3_600));
}

#[test]
fn a_day_before_is_at_the_same_local_time_across_both_changes_of_the_clock() {
    let zone = chrono_tz::Europe::Berlin;
    // 2026-03-28 and 2026-10-24, each 00:00 local time: the day after is the Sunday of the change.
    for (start, hours) in [(1_774_652_400, 23), (1_792_792_800, 25)] {
        let mut history = DemandHistory::new(at_epoch(start), 3_600, zone);
        (0..48).for_each(|hour| history.push(Some(f64::from(hour)), &CalendarFeatures::PLAIN));
        let noon = 24 + hours + 12;
        let local = history.local(noon);
        assert_eq!(local.slot, 0.5, "noon of Monday");
        assert_eq!(history.days_before(noon, local, 1), Some(24 + hours - 12), "noon of Sunday");
        assert_eq!(history.days_before(noon, local, 2), Some(12), "noon of Saturday");
    }
}

#[test]
fn steps_that_do_not_divide_a_day_do_not_drift() {
    let mut history = DemandHistory::new(at_epoch(0), 420, Tz::UTC);
    (0..2_200).for_each(|i| history.push(Some(f64::from(i)), &CalendarFeatures::PLAIN));
    let back = history.days_before(2_200, history.local(2_200), 7).expect("ten days are known");
    let away = (history.time_of(2_200) - history.time_of(back)).num_seconds() - 7 * 86_400;
    assert!(away.abs() <= 210, "{away}");
}

#[test]
fn a_gap_is_filled_for_lags_but_not_observed() {
    let mut history = DemandHistory::new(at_epoch(0), 43_200, Tz::UTC);
    [Some(5.0), Some(7.0), None, None].into_iter().for_each(|v| history.push(v, &CalendarFeatures::PLAIN));
    assert_eq!(history.lag(2, 0), Some(5.0));
    assert_eq!(history.last(), 7.0);
    assert_eq!(history.observed(3), None);
    assert_eq!(history.mean(0, 9), Some(6.0));
}

/// Hourly demand from a Monday on: by weekday 100, at weekends 40, on the days in `holidays` `load`.
fn weeks(days: usize, holidays: &[usize], load: f64) -> DemandHistory {
    let mut history = DemandHistory::new(at_epoch(1_700_438_400), 3_600, Tz::UTC);
    let mut labels = EventLabels::default();
    for hour in 0..24 * days {
        let day = hour / 24;
        let holiday = holidays.contains(&day);
        let usual = if day % 7 >= 5 { 40.0 } else { 100.0 };
        let calendar = labels.features(history.time_of(hour), &events(&history, holidays));
        history.push(Some(if holiday { load } else { usual }), &calendar);
    }
    history
}

fn events(history: &DemandHistory, days: &[usize]) -> Vec<Event> {
    let day = |d: &usize| Event {
        name: "holiday".into(),
        kind: EventKind::Holiday,
        label: "holiday".into(),
        start: history.time_of(24 * d),
        end: history.time_of(24 * (d + 1)),
        multiplier: None,
        min_instances: None,
        groups: vec![],
    };
    days.iter().map(day).collect()
}

fn kind(history: &DemandHistory, day: usize) -> Option<DayKind> {
    EventLabels::default().features(history.time_of(24 * day), &events(history, &[day])).day
}

#[test]
fn a_day_after_a_holiday_uses_ordinary_days() {
    let history = weeks(29, &[28], 40.0);
    let noon = 24 * 29 + 12;
    assert_eq!(history.lag(noon, 24), Some(40.0));
    assert_eq!(history.days_ago(noon, history.local(noon), None, 1), Some(100.0), "Monday was a holiday");
}

#[test]
fn a_holiday_uses_similar_days_as_far_as_that_helped_before() {
    let noon = 24 * 43 + 12;
    let predicted = |history: &DemandHistory| {
        history.days_ago(noon, history.local(noon), kind(history, 43), 1).expect("known")
    };
    let quiet = predicted(&weeks(43, &[22, 29, 36], 40.0));
    assert!(quiet < 52.0, "three holidays were as quiet as Sundays: {quiet}");
    let busy = predicted(&weeks(43, &[22, 29, 36], 100.0));
    assert_eq!(busy, 100.0, "three holidays were like any other day");
    assert_eq!(predicted(&weeks(43, &[], 0.0)), 100.0, "no holiday was seen yet");
}

#[test]
fn the_operators_multiplier_is_divided_out() {
    let mut history = DemandHistory::new(at_epoch(0), 300, Tz::UTC);
    history.push(Some(30.0), &CalendarFeatures { multiplier: 3.0, ..CalendarFeatures::PLAIN });
    assert_eq!((history.last(), history.observed(0)), (10.0, Some(30.0)));
}
