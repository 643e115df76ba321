//! Reports of a small history whose figures can be counted by hand.

use super::*;
use crate::domain::{
    at_epoch,
    forecast::{Forecast, LEVELS},
    scorecard::{Score, Side, Tally},
    series::Series,
};

const START: i64 = 1_700_000_100;

/// Twelve steps of five minutes: 10, 20, … 120, the fourth missing; each forecast says 10 more than the last value.
fn store(name: &str) -> Store {
    let mut store = Store::in_memory().expect("memory is enough");
    let start = at_epoch(START);
    let demand = (1..=12).map(|i| (i != 4).then_some(10.0 * f64::from(i)));
    let demand = Series::from_values(start, 300, demand);
    let cpu = Series::from_values(start, 60, (0..60).map(|i| Some(if i < 6 { 90.0 } else { 50.0 })));
    let in_service = Series::from_values(start, 60, (0..60).map(|_| Some(3.0)));
    let all = [(Metric::Demand, &demand), (Metric::Cpu, &cpu), (Metric::InService, &in_service)];
    store.append_all(all.map(|(metric, series)| (name, metric, series))).expect("writable");
    for (time, value) in demand.iter() {
        let Some(value) = value else { continue };
        let first = shift(time, 300);
        let rows = (1..=4).map(|_| LEVELS.map(|level| value + 10.0 + level - 0.5)).collect();
        let forecast = Forecast { origin: first, step: 300, model: "test".into(), rows, first };
        store.save_forecast(name, &forecast).expect("writable");
    }
    for (day, above) in [(start, 7.0), (shift(start, -86_400), 99.0)] {
        let baseline = Side { above, lost: 0.0, instance_hours: 4.0 };
        let ours = Side { above: 2.0, lost: 0.0, instance_hours: 3.0 };
        let acted = Tally { minutes: 60.0, ours, baseline };
        store.save_score(name, day, &Score { acted, ..Score::default() }).expect("writable");
    }
    store
}

fn report(name: &str) -> Report {
    let request = ReportRequest {
        group: None,
        length: 86_400,
        promise: &|_| (0.8, Some(Objective::MinutesAbove(0.05))),
    };
    Report::read(&store(name), &request).expect("there is a history")
}

#[test]
fn figures_of_a_worked_example() {
    let report = report("web");
    let group = &report.groups[0];
    assert_eq!((group.demand.steps, group.demand.missing, group.minutes_above_target), (11, 1, 6));
    assert_eq!((group.instance_hours, group.mean_cpu), (3.0, Some(54.0)));
    assert_eq!(group.demand.peak, Some((at_epoch(START + 11 * 300), 120.0)));
    let near = &group.accuracy[0];
    assert_eq!((near.minutes_ahead, near.forecasts), (5, 9), "no target, or no value before it, at the gap");
    assert!(near.wape < 1e-6, "the next value is always ten more: {near:?}");
    assert!((near.last_value_wape - 90.0 / 680.0).abs() < 1e-9, "{near:?}");
    assert_eq!(near.below_p95, 1.0);
}

#[test]
fn every_form_says_the_same_and_keeps_gaps() {
    let report = report("web");
    let text = report.markdown(chrono_tz::Europe::Berlin);
    assert!(text.contains("# web") && text.contains("11 of 300 s, 1 missing"), "{text}");
    assert!(text.contains("2023-11-14 23:15 CET"), "{text}");
    let saved = "versus the simulated target-tracking baseline: 5 min above the target saved, 1.0 instance-hours saved, in 1.0 h";
    assert!(text.contains(saved), "the day before lies outside: {text}");
    let kept = "5 % of minutes above the target: 3.33 % came (67 % of what is allowed), 11.67 % with target tracking";
    assert!(text.contains(&format!("- objective: {kept}\n")), "{text}");
    assert!(text.contains("had its advice been followed, versus the baseline: not counted"), "{text}");
    assert!(report.csv().contains("web,acted_minutes_above_saved,,5\n"), "{}", report.csv());
    assert!(report.csv().contains("web,error_budget_spent_percent,,66.666"), "{}", report.csv());
    assert!(report.csv().contains("web,wape,5,"), "{}", report.csv());
    let html = report.html(chrono_tz::UTC);
    assert_eq!(html.matches("<polyline class=\"actual\"").count(), 2, "the gap stays open");
    assert!(!html.contains("http") && !html.contains("<script"), "needs nothing from elsewhere");
}

#[test]
fn hostile_names_are_handled() {
    let report = report("<script>\u{1b}[31m\"evil\"|\n</script>");
    let (html, text) = (report.html(chrono_tz::UTC), report.markdown(chrono_tz::UTC));
    assert!(!html.contains("<script") && !html.contains('\u{1b}') && html.contains("&lt;script&gt;"));
    assert!(!text.contains('\u{1b}') && text.contains("\\<script\\>"), "{text}");
    assert_eq!(report.csv().lines().next(), Some("group,measure,minutes_ahead,value"));
}

#[test]
fn what_is_not_there_is_told() {
    let ask = |store: &Store, group| {
        let request =
            ReportRequest { group, length: 3_600, promise: &|_| (0.8, Some(Objective::MinutesAbove(0.05))) };
        Report::read(store, &request).expect_err("there is none").to_string()
    };
    assert!(ask(&Store::in_memory().expect("memory"), None).contains("holds no demand yet"));
    assert!(
        ask(&store("web"), Some("wob")).contains("`wob`") && ask(&store("web"), Some("wob")).contains("web")
    );
}
