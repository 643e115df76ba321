//! Cost and risk of a change: its price an hour, and the risk of not making it.

use crate::domain::{
    Time,
    cost_and_risk::{CostAndRisk, HourlyPrice, Risk},
    forecast::{Forecast, exceedance},
    shift,
};

/// What [`cost_and_risk`] looks at.
#[derive(Debug, Clone, Copy)]
pub struct CostInputs<'a> {
    /// The newest forecast.
    pub forecast: Option<&'a Forecast>,
    /// The moment.
    pub now: Time,
    /// End of the lead time.
    pub until: Time,
    /// Load per step that one instance carries at the utilisation not to exceed.
    pub carries: Option<f64>,
    /// Price of an instance-hour.
    pub price: Option<HourlyPrice>,
}

/// Price and risk of going from `from` to `to` instances.
pub fn cost_and_risk(from: u32, to: u32, inputs: &CostInputs<'_>) -> CostAndRisk {
    let instances = i64::from(to) - i64::from(from);
    CostAndRisk {
        instances,
        cost_per_hour: inputs.price.map(|price| price.amount * instances as f64),
        list_price: inputs.price.and_then(|price| price.list),
        ignored: risk(from, inputs),
        done: risk(to, inputs),
    }
}

/// The risk that `instances` are too few for some step before the end of the lead time.
fn risk(instances: u32, inputs: &CostInputs<'_>) -> Option<Risk> {
    let forecast = inputs.forecast?;
    let capacity = inputs.carries? * f64::from(instances);
    let mut found: Option<Risk> = None;
    for (index, row) in forecast.rows.iter().enumerate() {
        let start = forecast.target(index);
        let overlap = shift(start, forecast.step).min(inputs.until) - start.max(inputs.now);
        if overlap.num_seconds() <= 0 {
            continue;
        }
        let above = exceedance(row, capacity);
        let so_far = found.unwrap_or(Risk { probability: 0.0, minutes: 0.0 });
        found = Some(Risk {
            probability: so_far.probability.max(above),
            minutes: so_far.minutes + above * overlap.num_seconds() as f64 / 60.0,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, forecast::LEVELS};
    use proptest::prelude::*;

    fn forecast(tops: &[f64]) -> Forecast {
        let rows = tops.iter().map(|top| LEVELS.map(|l| l * top)).collect();
        Forecast { origin: at_epoch(0), step: 300, model: "test".into(), rows, first: at_epoch(0) }
    }

    #[test]
    fn the_worst_step_within_the_lead_time_counts() {
        let f = forecast(&[100.0, 200.0, 9_000.0]);
        let inputs = CostInputs {
            forecast: Some(&f),
            now: at_epoch(0),
            until: at_epoch(600),
            carries: Some(50.0),
            price: Some(HourlyPrice { amount: 0.25, list: None }),
        };
        let inputs = cost_and_risk(2, 3, &inputs);
        assert_eq!((inputs.instances, inputs.cost_per_hour), (1, Some(0.25)));
        let ignored = inputs.ignored.expect("a forecast and a capacity are known");
        // 100 is the 0.5 quantile of the second step, and beyond the 0.99 quantile of the first.
        assert!((ignored.probability - 0.5).abs() < 1e-9, "{ignored:?}");
        assert!((ignored.minutes - 5.0 * (0.01 + 0.5)).abs() < 1e-9, "{ignored:?}");
        let done = inputs.done.expect("as before");
        assert!((done.probability - 0.25).abs() < 1e-9, "{done:?}");
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let f = forecast(&[100.0]);
        let blind = CostInputs {
            forecast: Some(&f),
            now: at_epoch(0),
            until: at_epoch(300),
            carries: None,
            price: None,
        };
        let found = cost_and_risk(4, 2, &blind);
        assert_eq!((found.instances, found.cost_per_hour, found.ignored), (-2, None, None));
        let late = CostInputs { now: at_epoch(300), until: at_epoch(600), carries: Some(1.0), ..blind };
        assert_eq!(cost_and_risk(4, 2, &late).done, None);
    }

    proptest! {
        #[test]
        fn more_instances_never_risk_more(top in 0.0..1e6f64, n in 0u32..100, until in 60i64..900) {
            let f = forecast(&[top, 0.5 * top, 2.0 * top]);
            let inputs = CostInputs {
                forecast: Some(&f), now: at_epoch(0), until: at_epoch(until), carries: Some(100.0), price: None,
            };
            let both = cost_and_risk(n, n + 1, &inputs);
            let (less, more) = (both.ignored.expect("known"), both.done.expect("known"));
            prop_assert!(more.probability <= less.probability + 1e-12 && more.minutes <= less.minutes + 1e-9);
            prop_assert!((0.0..=0.9 + 1e-12).contains(&less.probability));
        }
    }
}
