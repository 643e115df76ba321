//! What is kept, what goes, and that nothing open is lost.

use super::*;
use crate::{
    domain::{at_epoch, decision::Stage, forecast::LEVELS, series::Series},
    store::decisions::tests::{decision, line},
};

const DAY: i64 = 86_400;

fn store() -> Store {
    Store::in_memory().expect("memory")
}

fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    store.connection.query_row(&sql, [], |row| row.get(0)).expect("a table of ours")
}

#[test]
fn samples_go_by_their_step_and_demand_stays() {
    let mut store = store();
    let days = |days: i64, step: i64| {
        Series::from_values(at_epoch(0), step, (0..days * DAY / step).map(|i| Some(i as f64)))
    };
    for (metric, step) in [
        (Metric::Cpu, 60),
        (Metric::Cpu, 300),
        (Metric::Cpu, 3_600),
        (Metric::Demand, 60),
        (Metric::Demand, 300),
    ] {
        store.append("web", metric, &days(100, step)).expect("writable");
    }
    let now = at_epoch(100 * DAY);
    while store.prune(&Keep::default(), now, 10_000).expect("writable") >= 10_000 {}
    let first = |metric, step| {
        let kept = store.load("web", metric, step, at_epoch(0), now).expect("readable");
        kept.start().timestamp() / DAY
    };
    assert_eq!([first(Metric::Cpu, 60), first(Metric::Cpu, 300), first(Metric::Cpu, 3_600)], [92, 37, 0]);
    assert_eq!([first(Metric::Demand, 60), first(Metric::Demand, 300)], [0, 0]);
}

#[test]
fn work_is_bounded_and_comes_to_an_end() {
    let mut store = store();
    let minutes = Series::from_values(at_epoch(0), 60, (0..2_000).map(|i| Some(f64::from(i))));
    store.append("web", Metric::Cpu, &minutes).expect("writable");
    let now = at_epoch(100 * DAY);
    let mut rounds = Vec::new();
    loop {
        match store.prune(&Keep::default(), now, 300).expect("writable") {
            0 => break,
            gone => rounds.push(gone),
        }
    }
    assert!(rounds.iter().all(|gone| *gone <= 300), "{rounds:?}");
    assert_eq!(rounds.iter().sum::<usize>(), 2_000);
}

#[test]
fn forecasts_leave_their_scores() {
    let mut store = store();
    let demand = Series::from_values(at_epoch(0), 300, (0..600).map(|_| Some(100.0)));
    store.append("web", Metric::Demand, &demand).expect("writable");
    let made = |origin: i64| Forecast {
        origin: at_epoch(origin),
        step: 300,
        model: "blend".into(),
        rows: vec![LEVELS.map(|_| 90.0); 12],
        first: at_epoch(origin),
    };
    let forecasts: Vec<Forecast> = (1..=300).map(|n| made(300 * n)).collect();
    store.save_forecasts("web", &forecasts).expect("writable");
    let before = ForecastScore::of(&forecasts, &demand);
    let now = at_epoch(200_000 + 7 * DAY);
    while store.prune(&Keep::default(), now, 100).expect("writable") >= 100 {}
    assert_eq!(count(&store, "forecasts"), 0);
    let mut after = Vec::new();
    let days = store.forecast_scores("web").expect("readable");
    assert_eq!(days.len(), 2, "the forecasts are of two days");
    days.iter().for_each(|(_, scores)| ForecastScore::add(&mut after, scores));
    assert_eq!(
        after.iter().map(|s| (s.ahead, s.count)).collect::<Vec<_>>(),
        [(300, 300), (900, 300), (1_800, 300), (3_600, 300)]
    );
    for (was, is) in before.iter().zip(&after) {
        assert!((was.error - is.error).abs() < 1e-6 && was.count == is.count && was.below == is.below);
    }
}

#[test]
fn what_is_open_stays_and_a_line_takes_its_decision_along() {
    let mut store = store();
    for stage in [Stage::Applied, Stage::Proposed, Stage::Intended] {
        store.record(&mut decision("web", stage), line("x")).expect("writable");
    }
    let now = at_epoch(1_000 + 366 * DAY);
    assert_eq!(store.prune(&Keep::default(), now, 100).expect("writable"), 0, "not older than a year");
    assert_eq!(store.prune(&Keep::default(), shift(now, 1), 100).expect("writable"), 4);
    assert_eq!((count(&store, "journal"), count(&store, "decisions")), (0, 2));
    assert_eq!(store.open_decisions().expect("readable").len(), 2);
}

#[test]
fn daily_scores_go_after_demand_and_other_settings_never() {
    let mut store = store();
    store.save_score("web", at_epoch(0), &Default::default()).expect("writable");
    store.save_score("web", at_epoch(500 * DAY), &Default::default()).expect("writable");
    store.set(&keys::brake(), &true).expect("writable");
    store.prune(&Keep::default(), at_epoch(900 * DAY), 100).expect("writable");
    assert_eq!(store.scores("web").expect("readable").len(), 1);
    assert_eq!(store.get(&keys::brake()).expect("readable"), Some(true));
}

#[test]
fn the_file_becomes_smaller() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let mut store = Store::open(&path).expect("a new file");
    let minutes = Series::from_values(at_epoch(0), 60, (0..100_000).map(|i| Some(f64::from(i))));
    store.append("web", Metric::Cpu, &minutes).expect("writable");
    let pages = |store: &Store| -> i64 {
        store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("always there")
    };
    let before = pages(&store);
    while store.prune(&Keep::default(), at_epoch(100 * DAY), 20_000).expect("writable") > 0 {}
    assert!(pages(&store) < before / 10, "{before} pages, then {}", pages(&store));
}

/// A subquery that speaks of the table from which it deletes is run for each of its rows.
#[test]
fn no_list_is_made_anew_for_each_row() {
    let store = store();
    for sql in [OLD_LINES, OLD_DECISIONS] {
        let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("valid SQL");
        let steps = plan.query_map(params![0, 0], |row| row.get::<_, String>(3)).expect("two parameters");
        let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("text");
        assert!(steps.iter().any(|step| step.contains("LIST SUBQUERY")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("CORRELATED LIST")), "{steps:?}");
    }
}
