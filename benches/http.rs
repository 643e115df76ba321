//! What a scrape costs: the text of `/metrics` for a fleet of 1,000 groups, made anew from the view, as it is and packed.
//!
//!     cargo bench --bench http

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use prescale::{
    domain::{decision::Mode, forecast::LEVELS},
    http::{MetricFormat, metrics_page},
    link::{ForecastLead, GroupRow, LeadForecast, LeadScore, View},
};

const GROUPS: usize = 1_000;
const AGE: Duration = Duration::from_secs(7);

fn row(number: usize) -> GroupRow {
    let size = 1_000.0 + number as f64 * 1.234_567;
    let forecast = |lead, ahead: i64| LeadForecast {
        lead,
        ahead,
        quantiles: LEVELS.map(|level| (level, size * (0.8 + 0.4 * level) + ahead as f64 * 0.01)).into(),
    };
    let score = |ahead: i64| LeadScore {
        ahead,
        wape: 0.05 + ahead as f64 * 1e-5,
        naive_wape: 0.124_567,
        last_wape: 0.1,
        lately: 0.06,
        held: LEVELS.map(|level| (level, 0.99 * level)).into(),
    };
    GroupRow {
        source: String::new(),
        tag: None,
        name: format!("checkout-web-{number:04}"),
        mode: Mode::Approve,
        policy: "capacity".into(),
        min: 2,
        max: 40,
        desired: 12,
        in_service: 11,
        pending: 1,
        cpu: Some(61.4),
        demand: Some(size),
        demand_unit: "requests / 5 min".into(),
        predicted: Some(size),
        spark: vec![Some(size); 48],
        badges: Vec::new(),
        next_event: None,
        budget: None,
        proposal: None,
        model: "blend".into(),
        wape: Some((0.08, 0.12)),
        coverage: Some(0.94),
        accuracy: [300, 600, 900, 1_200, 1_800, 2_700, 3_600].map(score).into(),
        forecasts: vec![forecast(ForecastLead::LeadTime, 900), forecast(ForecastLead::Hour, 3_600)],
        planned: Some(14),
        blocked: if number.is_multiple_of(3) { vec!["fresh data".into()] } else { Vec::new() },
        data_age: Some(137),
        late: false,
        acts_by_itself: Vec::new(),
        lead: 780,
    }
}

fn scrapes(criterion: &mut Criterion) {
    let view = Arc::new(View { serial: 1, groups: (0..GROUPS).map(row).collect(), ..View::default() });
    for (name, gzip) in [("scrape of 1000 groups", false), ("scrape of 1000 groups, packed", true)] {
        let make =
            || metrics_page(Arc::clone(&view), AGE, MetricFormat::OpenMetrics, gzip).map(|page| page.len());
        println!("{name}: {} bytes", make().unwrap_or(0));
        criterion.bench_function(name, |bencher| bencher.iter(|| black_box(make())));
    }
}

criterion_group!(benches, scrapes);
criterion_main!(benches);
