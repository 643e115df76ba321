//! How good forecasts were, as sums that add up over time: what remains of forecasts that are no longer kept.

use serde::{Deserialize, Serialize};

use super::{
    Seconds,
    forecast::{Forecast, MEDIAN, P95},
    series::Series,
    shift,
};

/// Minutes ahead that are scored, or the nearest steps.
const MINUTES: [i64; 4] = [5, 15, 30, 60];

/// Forecasts of one lead against what came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ForecastScore {
    /// Seconds from the end of what was known to the end of the step spoken of.
    pub ahead: Seconds,
    /// Forecasts whose target is known.
    pub count: u64,
    /// Targets at or below the .95 quantile.
    pub below: u64,
    /// Sum of demand.
    pub demand: f64,
    /// Sum of the median's absolute errors.
    pub error: f64,
    /// The same of the last value known.
    pub last_error: f64,
}

impl ForecastScore {
    /// One for each lead of which anything is known.
    pub fn of(forecasts: &[Forecast], actual: &Series) -> Vec<ForecastScore> {
        let lead = |minutes: i64| ((60 * minutes + actual.step() / 2) / actual.step()).max(1);
        let mut leads: Vec<i64> = MINUTES.iter().map(|minutes| lead(*minutes)).collect();
        leads.dedup();
        leads.into_iter().map(|lead| of_lead(forecasts, actual, lead)).filter(|s| s.count > 0).collect()
    }

    /// Adds `others` to those of `all` with the same lead.
    pub fn add(all: &mut Vec<ForecastScore>, others: &[ForecastScore]) {
        for other in others {
            match all.iter_mut().find(|score| score.ahead == other.ahead) {
                Some(score) => {
                    score.count = score.count.saturating_add(other.count);
                    score.below = score.below.saturating_add(other.below);
                    score.demand += other.demand;
                    score.error += other.error;
                    score.last_error += other.last_error;
                }
                None => all.push(*other),
            }
        }
        all.sort_by_key(|score| score.ahead);
    }
}

/// Of the step `lead` steps ahead of what was known.
fn of_lead(forecasts: &[Forecast], actual: &Series, lead: i64) -> ForecastScore {
    let mut score = ForecastScore { ahead: lead * actual.step(), ..ForecastScore::default() };
    let index = usize::try_from(lead - 1).unwrap_or(usize::MAX);
    for forecast in forecasts.iter().filter(|forecast| forecast.step == actual.step()) {
        let Some(row) = forecast.rows.get(index) else { continue };
        let last = actual.at(shift(forecast.first, -forecast.step));
        let (Some(came), Some(last)) = (actual.at(forecast.target(index)), last) else { continue };
        score.count += 1;
        score.below += u64::from(came <= row[P95]);
        score.demand += came.abs();
        score.error += (row[MEDIAN] - came).abs();
        score.last_error += (last - came).abs();
    }
    score
}
