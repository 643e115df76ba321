//! What a scrape says, and what it costs.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    http::tests::fixture::{fleet, parse},
    link::{Level, LoopView, Notice, SourceView, Usage},
};

const AGE: Duration = Duration::from_secs(7);

fn scrape(view: &View, format: MetricFormat) -> String {
    exposition(Arc::new(view.clone()), AGE, format).expect("it is written into memory")
}

/// Every family of a scrape.
fn families(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
}

#[test]
fn a_scrape_says_what_the_view_shows() {
    let mut view = fleet(2);
    view.brake = true;
    view.usage = Some(Usage { calls: 12, most_calls: 600, total_calls: 3_456, monthly: Some(3.024) });
    view.engine_loop = LoopView { minutes: 90, took: 0.25, late: 1.5, store_bytes: 4_096 };
    let values = parse(&scrape(&view, MetricFormat::Prometheus));
    let is = |name: &str, wanted: f64| assert_eq!(values.get(name), Some(&wanted), "{name}");
    is("prescale_brake", 1.0);
    is("prescale_view_age_seconds", 7.0);
    is("prescale_groups", 2.0);
    is("prescale_loop_minutes_total", 90.0);
    is("prescale_loop_minute_seconds", 0.25);
    is("prescale_loop_lag_seconds", 1.5);
    is("prescale_store_bytes", 4_096.0);
    is("prescale_api_calls_total", 3_456.0);
    is("prescale_api_calls_per_minute", 12.0);
    is("prescale_cloudwatch_monthly_dollars", 3.024);
    is("prescale_demand{group=\"web-0001\"}", 1_234.5);
    is("prescale_desired{group=\"web-0001\"}", 12.0);
    is("prescale_objective_ratio{group=\"web-0001\"}", 0.005);
    is("prescale_error_budget_spent_ratio{group=\"web-0001\"}", 0.25);
    is("prescale_error_budget_burn_rate{group=\"web-0001\",window=\"1h\"}", 14.5);
    is("prescale_objective_quantile{group=\"web-0001\"}", 0.973);
    is("prescale_planned{group=\"web-0001\"}", 14.0);
    is("prescale_mode{group=\"web-0001\",mode=\"approve\"}", 1.0);
    is("prescale_blocked{group=\"web-0001\",check=\"fresh data\"}", 1.0);
    is("prescale_forecast{group=\"web-0001\",lead=\"plan\",quantile=\"0.95\"}", 1_543.2);
    is("prescale_forecast_wape{group=\"web-0001\",lead=\"plan\"}", 0.081_235);
    is("prescale_forecast_p95_coverage{group=\"web-0001\",lead=\"hour\"}", 0.941);
}

#[test]
fn several_sources_have_a_label_and_one_alone_has_none() {
    let mut view = fleet(2);
    let source = |name: &str, calls, problem: Option<Notice>| SourceView {
        name: name.into(),
        place: format!("aws {name}"),
        groups: 1,
        usage: Usage { calls, most_calls: 600, total_calls: 10 * u64::from(calls), monthly: None },
        groups_read: problem.is_none(),
        some_metrics_read: problem.is_none(),
        problem,
    };
    let problem = Notice { level: Level::Critical, text: "ExpiredToken".into() };
    view.usage = Some(Usage { calls: 19, most_calls: 600, total_calls: 190, monthly: None });
    view.sources = vec![source("eu", 12, None), source("us", 7, Some(problem))];
    view.groups[0].source = "eu".into();
    let values = parse(&scrape(&view, MetricFormat::OpenMetrics));
    let is = |name: &str, wanted: f64| assert_eq!(values.get(name), Some(&wanted), "{name}");
    is("prescale_source_up{source=\"eu\"}", 1.0);
    is("prescale_source_up{source=\"us\"}", 0.0);
    is("prescale_api_calls_total{source=\"us\"}", 70.0);
    is("prescale_api_calls_per_minute{source=\"eu\"}", 12.0);
    is("prescale_group_source{group=\"web-0001\",source=\"eu\"}", 1.0);
    assert_eq!(values.get("prescale_api_calls_total"), None, "or a sum would count each call twice");
    let alone = parse(&scrape(&View { sources: Vec::new(), ..view }, MetricFormat::Prometheus));
    assert_eq!(alone.get("prescale_api_calls_total"), Some(&190.0));
}

#[test]
fn what_is_unknown_is_absent_and_its_family_stays() {
    let mut view = fleet(1);
    let row = &mut view.groups[0];
    (row.demand, row.planned, row.data_age) = (None, None, None);
    (row.forecasts, row.accuracy) = (Vec::new(), Vec::new());
    let page = scrape(&view, MetricFormat::Prometheus);
    let values = parse(&page);
    for name in
        ["prescale_demand", "prescale_planned", "prescale_data_age_seconds", "prescale_api_calls_total"]
    {
        assert!(!values.keys().any(|key| key.split('{').next() == Some(name)), "{name} has a value");
        assert!(page.contains(&format!("# TYPE {name} ")), "{name} has no family");
    }
    assert_eq!(families(&page), families(&scrape(&fleet(3), MetricFormat::Prometheus)));
}

#[test]
fn both_formats_say_the_same_and_a_name_cannot_break_out_of_its_label() {
    let mut view = fleet(2);
    view.groups[0].name = "a\"b\\c\nprescale_brake 7".into();
    let of = |format| parse(&scrape(&view, format));
    let (open, plain) = (of(MetricFormat::OpenMetrics), of(MetricFormat::Prometheus));
    assert_eq!(open, plain);
    assert_eq!(plain["prescale_brake"], 0.0);
    assert!(scrape(&view, MetricFormat::OpenMetrics).ends_with("# EOF\n"));
}

#[test]
fn the_documentation_lists_every_metric_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let text = std::fs::read_to_string(path).expect("a document of ours");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `prescale_"));
    let listed: BTreeSet<String> =
        rows.filter_map(|row| Some(format!("prescale_{}", row.split('`').next()?))).collect();
    let page = scrape(&fleet(1), MetricFormat::Prometheus);
    assert_eq!(listed, families(&page));
}

/// A scrape of a thousand groups with names as long as those of production.
#[test]
fn a_thousand_groups_are_less_than_a_megabyte() {
    let mut view = fleet(1_000);
    let packed = |view: &View| {
        page(Arc::new(view.clone()), AGE, MetricFormat::OpenMetrics, true).expect("into memory").len()
    };
    let plain = scrape(&view, MetricFormat::OpenMetrics);
    println!("1000 groups: {} bytes, {} bytes packed", plain.len(), packed(&view));
    assert!(plain.len() < 1_000_000, "{} bytes", plain.len());
    assert!(packed(&view) < 150_000, "{} bytes packed", packed(&view));
    for row in &mut view.groups {
        row.name = format!("awseb-e-production-{}-stack-AWSEBAutoScalingGroup-K3J9", row.name);
    }
    assert!(packed(&view) < 200_000, "{} bytes packed", packed(&view));
    let samples: BTreeMap<String, f64> = parse(&plain);
    assert!(samples.len() > 18_000, "{} samples", samples.len());
}

#[test]
fn the_format_is_one_that_the_client_takes() {
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4";
    assert_eq!(MetricFormat::accepted(prometheus), MetricFormat::OpenMetrics);
    assert_eq!(MetricFormat::accepted("*/*"), MetricFormat::Prometheus);
}
