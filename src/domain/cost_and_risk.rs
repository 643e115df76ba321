//! What a change is worth: its price, and what may happen without it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The quantile of demand worth buying when an instance-hour costs `price` and a minute in which one instance too few
/// serves costs `shortage`: the newsvendor's critical ratio `Cu / (Cu + Co)`, with `Cu` the price of a missing
/// instance-hour (60 such minutes) and `Co` that of one too many (K. Arrow, T. Harris, J. Marschak, "Optimal Inventory
/// Policy", Econometrica 19, 1951). To four digits, within what forecasts can say: 0.5 to 0.995.
pub fn worthwhile(price: f64, shortage: f64) -> f64 {
    let (under, over) = (60.0 * shortage.max(0.0), price.max(0.0));
    let ratio = if under > 0.0 { under / (under + over) } else { 0.0 };
    ((ratio * 1e4).round() / 1e4).clamp(0.5, 0.995)
}

/// How likely too few instances are, within the lead time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// Probability that demand passes the capacity in the worst step, 0.01 to 0.9: quantiles say no more.
    pub probability: f64,
    /// Minutes of it to be expected.
    pub minutes: f64,
}

/// Price of an instance-hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HourlyPrice {
    /// In the currency of the configuration; of a list price, US dollars.
    pub amount: f64,
    /// The date of AWS's list price that it is; `None` where the configuration says it.
    pub list: Option<NaiveDate>,
}

/// Price and risk of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CostAndRisk {
    /// Instances more (or, below zero, fewer) that run because of it.
    pub instances: i64,
    /// What they cost an hour, in the unit of the price; `None` where no price is set or known.
    pub cost_per_hour: Option<f64>,
    /// The date of AWS's list price that it rests on; `None` where the price is configured.
    #[serde(default)]
    pub list_price: Option<NaiveDate>,
    /// Risk if it is ignored.
    pub ignored: Option<Risk>,
    /// Risk after it is done.
    pub done: Option<Risk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_shortage_price_raises_the_quantile() {
        assert_eq!(worthwhile(0.096, 0.0384), 0.96);
        assert_eq!([0.0, 0.001, 0.01, 1.0].map(|s| worthwhile(0.6, s)), [0.5, 0.5, 0.5, 0.9901]);
        assert_eq!((worthwhile(0.0, 1.0), worthwhile(0.0, 0.0)), (0.995, 0.5));
    }
}
