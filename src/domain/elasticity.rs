//! The elasticity metrics of the SPEC Research Group, tick by tick.
//!
//! Source: N. Herbst et al., "Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics" (SPEC-RG-2016-01),
//! section on elasticity. Demand is the number of instances that the load needs at the SLO, supply the number in service.

use serde::{Deserialize, Serialize};

/// How closely supply followed demand. Lower is better; all but `jitter_per_hour` are percentages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Elasticity {
    /// Mean shortage, relative to demand (theta U).
    pub shortage_percent: f64,
    /// Mean surplus, relative to demand (theta O).
    pub surplus_percent: f64,
    /// Time with too few instances (tau U).
    pub time_short_percent: f64,
    /// Time with too many (tau O).
    pub time_over_percent: f64,
    /// Changes of supply less changes of demand, an hour: below zero it lags, above zero it swings.
    pub jitter_per_hour: f64,
}

impl Elasticity {
    /// Of `(demand, supply)` in each tick of a minute.
    pub fn of(ticks: &[(u32, u32)]) -> Elasticity {
        let n = ticks.len().max(1) as f64;
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            100.0 * ticks.iter().map(|(d, s)| of(f64::from(*d), f64::from(*s))).sum::<f64>() / n
        };
        let changes = |of: &dyn Fn(&(u32, u32)) -> u32| {
            ticks.windows(2).filter(|pair| of(&pair[0]) != of(&pair[1])).count() as f64
        };
        Elasticity {
            shortage_percent: mean(&|d, s| (d - s).max(0.0) / d.max(1.0)),
            surplus_percent: mean(&|d, s| (s - d).max(0.0) / d.max(1.0)),
            time_short_percent: mean(&|d, s| f64::from(u8::from(d > s))),
            time_over_percent: mean(&|d, s| f64::from(u8::from(s > d))),
            jitter_per_hour: (changes(&|t| t.1) - changes(&|t| t.0)) / (n / 60.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let said = Elasticity::of(&[(2, 2), (4, 2), (4, 4), (2, 4)]);
        let expected = Elasticity {
            shortage_percent: 12.5,
            surplus_percent: 25.0,
            time_short_percent: 25.0,
            time_over_percent: 25.0,
            jitter_per_hour: -15.0,
        };
        assert_eq!(said, expected);
        assert_eq!(Elasticity::of(&[]), Elasticity::default());
    }
}
