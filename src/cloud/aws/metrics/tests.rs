//! What is asked of CloudWatch, and what its answers mean.

use super::*;
use crate::{
    cloud::aws::targets::{TargetContext, targets},
    domain::at_epoch,
};
use proptest::prelude::*;

fn query(metric: Metric, from: i64, until: i64, period: Seconds) -> MetricQuery {
    MetricQuery { group: "web".into(), metric, from: at_epoch(from), until: at_epoch(until), period }
}

fn found(query: &MetricQuery, points: &[(i64, f64)]) -> Series {
    let mut series = blank(at_epoch(9_000), query).expect("a plain query");
    for (at, value) in points {
        series.insert(at_epoch(*at), *value);
    }
    series
}

#[test]
fn an_incomplete_period_is_not_returned() {
    let q = query(Metric::Cpu, 0, 3_000, 300);
    assert_eq!(blank(at_epoch(899), &q).map(|s| s.len()), Ok(2));
    assert_eq!(blank(at_epoch(900), &q).map(|s| s.len()), Ok(3));
}

#[test]
fn periods_that_cloudwatch_lacks_and_endless_ranges_are_refused() {
    let now = at_epoch(2_000_000_000);
    assert!(matches!(blank(now, &query(Metric::Cpu, 0, 600, 30)), Err(CloudError::Stop(_))));
    assert!(matches!(blank(now, &query(Metric::Cpu, 0, 600, 90)), Err(CloudError::Stop(_))));
    assert!(matches!(blank(now, &query(Metric::Cpu, 0, 2_000_000_000, 60)), Err(CloudError::Stop(_))));
    assert_eq!(blank(now, &query(Metric::Cpu, 600, 0, 60)).map(|s| s.len()), Ok(0));
}

#[test]
fn network_sums_become_bytes_per_minute() {
    let q = query(Metric::NetworkIn, 0, 900, 300);
    let mut series = blank(at_epoch(9_000), &q).expect("a plain query");
    add(&mut series, &q, &found(&q, &[(300, 1_500.0)]));
    assert_eq!(series.iter().map(|(_, v)| v).collect::<Vec<_>>(), [None, Some(300.0), None]);
}

#[test]
fn requests_of_several_balancers_add_up_and_a_common_gap_stays() {
    let q = query(Metric::Requests, 0, 900, 300);
    let mut series = blank(at_epoch(9_000), &q).expect("a plain query");
    add(&mut series, &q, &found(&q, &[(0, 5.0), (300, 7.0)]));
    add(&mut series, &q, &found(&q, &[(0, 6.0)]));
    assert_eq!(series.iter().map(|(_, v)| v).collect::<Vec<_>>(), [Some(11.0), Some(7.0), None]);
}

#[test]
fn a_batch_holds_at_most_500_and_questions_of_one_hour_share_it() {
    let queries: Vec<_> = (0..1_203)
        .map(|i| {
            query(Metric::Cpu, if i % 400 == 0 { 0 } else { 600 }, 1_200 + i % 7, [60, 300][i as usize % 2])
        })
        .collect();
    let all: Vec<_> =
        queries.iter().enumerate().flat_map(|(i, q)| targets(i, q, TargetContext::default())).collect();
    let sizes: Vec<_> =
        batches(at_epoch(9_000), &queries, &all).iter().map(|(_, batch)| batch.len()).collect();
    assert_eq!(sizes, [500, 500, 203]);
    let odd = [query(Metric::Cpu, 420, 1_200, 420), query(Metric::Cpu, 420, 1_200, 60)];
    assert_eq!(asked(at_epoch(9_000), &odd[0]), (at_epoch(420), at_epoch(1_260)), "hours hold no sevens");
    assert_eq!(asked(at_epoch(9_000), &odd[1]), (at_epoch(0), at_epoch(3_600)));
}

#[test]
fn what_cloudwatch_has_forgotten_is_not_asked_for() {
    let now = 500 * 86_400;
    let days = |period| {
        let (from, _) = asked(at_epoch(now), &query(Metric::Cpu, now - 70 * 86_400, now, period));
        (at_epoch(now) - from).num_hours() / 24
    };
    assert_eq!([days(60), days(300), days(3_600)], [14, 62, 70]);
}

#[test]
fn basic_monitoring_is_seen_and_its_bytes_are_those_of_five_minutes() {
    let q = query(Metric::NetworkIn, 0, 1_200, 60);
    let every = |q: &MetricQuery, seconds: i64| found(q, &[0, 1, 2, 3].map(|i| (i * seconds, 1_500.0)));
    let kept = |seconds| {
        let mut series = blank(at_epoch(9_000), &q).expect("a plain query");
        add(&mut series, &q, &every(&q, seconds));
        series.known().collect::<Vec<_>>()
    };
    assert_eq!((kept(300), kept(60)), (vec![300.0; 4], vec![1_500.0; 4]));
    let cpu = query(Metric::Cpu, 0, 1_200, 60);
    let of = |series: Series| basic(std::slice::from_ref(&cpu), &[series]).len();
    assert_eq!([of(every(&cpu, 300)), of(every(&cpu, 60)), of(found(&cpu, &[]))], [1, 0, 0]);
}

proptest! {
    #[test]
    fn every_step_lies_in_the_question_and_has_ended(from in -9_000i64..9_000, length in -900i64..90_000,
                                                     now in -9_000i64..90_000, minutes in 1i64..60) {
        let q = query(Metric::Cpu, from, from + length, minutes * 60);
        let series = blank(at_epoch(now), &q).expect("a plain query");
        for (start, value) in series.iter() {
            prop_assert!(start >= q.from && start < q.until);
            prop_assert!(shift(start, q.period) <= at_epoch(now));
            prop_assert_eq!(value, None);
        }
        let whole = (from..from + length).filter(|t| t % q.period == 0 && t + q.period <= now).count();
        prop_assert_eq!(series.len(), whole);
    }
}
