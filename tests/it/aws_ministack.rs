//! The journey on a second emulated AWS, ministack: an outside witness that speaks CBOR to CloudWatch's clients by itself,
//! where `tests/moto/server.py` translates for moto. It does not tell the target groups of a group, so demand is a metric of
//! the operator's own there.
//!
//! The first run makes a virtual environment under `target/` from `tests/ministack/requirements.txt`.

use std::sync::Arc;

use prescale::{
    cloud::{MetricQuery, MetricSource, aws::connect},
    domain::{
        Time, floor_to,
        metric::{CustomMetric, Metric, Missing, Statistic},
        shift,
    },
    engine::options::{CloudAccess, DemandMeasure},
};

use crate::support::{emulated_aws::EmulatedAws, scenario};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journey_on_a_second_emulated_aws() {
    let aws = EmulatedAws::ministack();
    let now: Time = std::time::SystemTime::now().into();
    let start = floor_to(now, 60);
    aws.create_group(scenario::GROUP, (scenario::OWN as i32, scenario::MOST as i32, 2), None).await;
    aws.publish_history("Shop", "Orders", &[("Service", scenario::GROUP)], start).await;
    let orders = CustomMetric {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: [("Service".to_owned(), scenario::GROUP.to_owned())].into(),
        statistic: Statistic::Sum,
        missing: Missing::Zero,
    };
    let connection =
        connect(&aws.options(vec![scenario::GROUP.into()])).await.expect("keys and region are given");
    let mut source = connection.source();
    source.define(scenario::GROUP, &orders);
    let ask = |metric| MetricQuery {
        group: scenario::GROUP.into(),
        metric,
        from: shift(floor_to(start, 300), -3_600),
        until: start,
        period: 300,
    };
    let read = source
        .metrics(start, &[ask(Metric::Custom), ask(Metric::Requests)])
        .await
        .expect("it answers in CBOR");
    let expected: Vec<f64> = (-12..0).map(scenario::load).collect();
    assert_eq!(read[0].known().collect::<Vec<_>>(), expected);
    let complete =
        [Metric::Custom, Metric::Requests].map(|metric| source.is_complete(scenario::GROUP, metric));
    assert_eq!(complete, [true, false], "nothing stands behind its requests");
    let world = CloudAccess {
        source: Box::new(source),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    };
    scenario::travel(world, DemandMeasure::Metric(Arc::new(orders)), start, &mut |_| {}).await;
}
